"""Value: contacts of marketing and what came of them, complaints, consent."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import divided, inside, per_customer
from tests.naive.retail._person import counted, days_since, flag

CHANNELS = ["sms", "call", "push", "mbox", "wecom"]


def tags(bank: Bank) -> pd.DataFrame:
    return pd.DataFrame(_contacts(bank) | _complaints(bank) | _consent(bank))


def _contacts(bank: Bank) -> dict[str, pd.Series]:
    customers, day = bank.customers("retail"), bank.day
    log = bank.dwd("marketing_contact")
    log = log[log.customer_id.isin(customers) & (log.contact_date <= day) & (log.log_status != "void")]
    incoming = log[log.channel_code == "phone_in"]
    contact = log[~log.is_holdout & (log.channel_code != "phone_in")]
    response = contact[contact.result_code.isin(["interested", "applied"])]
    found = {}
    for name in ("30d", "90d", "365d"):
        found[f"val_contact_cnt_{name}"] = counted(inside(contact, "contact_date", name, day), customers)
        found[f"val_response_cnt_{name}"] = counted(inside(response, "contact_date", name, day), customers)
    year = inside(contact, "contact_date", "365d", day)
    wished = inside(log, "contact_date", "365d", day).dropna(subset=["wish_product"]).sort_values(["contact_time", "contact_no"])
    return found | {
        "val_response_ratio_365d": divided(found["val_response_cnt_365d"], found["val_contact_cnt_365d"], 4),
        "val_apply_cnt_365d": counted(year[year.result_code == "applied"], customers),
        "val_refuse_cnt_365d": counted(year[year.result_code == "refused"], customers),
        "val_contact_channel_cnt_365d": counted(year, customers, "channel_code"),
        "val_contact_last_date": per_customer(contact, "contact_date", "max", customers),
        "val_response_last_date": per_customer(response, "contact_date", "max", customers),
        "val_contact_in_cnt_90d": counted(inside(incoming, "contact_date", "90d", day), customers),
        "val_wish_product_code": per_customer(wished, "wish_product", "last", customers),
    }


def _complaints(bank: Bank) -> dict[str, pd.Series]:
    customers, day = bank.customers("retail"), bank.day
    case = bank.dwd("complaint")
    case = case[case.open_date <= day]
    last = per_customer(case, "open_date", "max", customers)
    return {
        "val_complaint_open_cnt": counted(case[case.close_date.isna() | (case.close_date > day)], customers),
        "val_complaint_cnt_180d": counted(inside(case, "open_date", "180d", day), customers),
        "val_complaint_cnt_l12m": counted(inside(case, "open_date", "l12m", day), customers),
        "val_complaint_last_date": last,
        "val_complaint_idle_days": days_since(last, day),
    }


def _not_capped(bank: Bank, granted: pd.DataFrame) -> pd.Series:
    """Who may still be approached by a channel that was granted: neither it nor all channels together are used up."""
    log = bank.dwd("marketing_contact")
    log = log[(log.log_status != "void") & ~log.is_holdout & (log.channel_code != "phone_in")]

    def used_up(rows: pd.DataFrame, cap: str) -> pd.Index:
        lately = inside(rows, "contact_date", f"{bank.parameter(f'reach_cap_{cap}_days')}d", bank.day)
        number = lately.groupby("customer_id").size()
        return number.index[number >= int(bank.parameter(f"reach_cap_{cap}_cnt"))]

    rest = granted[granted.channel_code.isin(CHANNELS) & ~granted.customer_id.isin(used_up(log, "any"))]
    for channel in ("sms", "call", "push"):
        full = used_up(log[log.channel_code == channel], channel)
        rest = rest[~((rest.channel_code == channel) & rest.customer_id.isin(full))]
    return rest.customer_id


def _consent(bank: Bank) -> dict[str, pd.Series]:
    """The last word of a customer on a channel and a purpose is what holds; of one instant the withdrawal."""
    customers = bank.customers("retail")
    word = bank.dwd("consent").sort_values(["event_time", "action_code"])
    word = word[word.event_time < bank.day + pd.Timedelta(days=1)]
    word = word.drop_duplicates(["customer_id", "channel_code", "purpose_code"], keep="last")
    word = word.assign(day=word.event_time.dt.normalize())
    granted, withdrawn = (word[word.action_code == action] for action in ("grant", "withdraw"))
    marketing = granted[granted.purpose_code == "marketing"]
    refused = withdrawn[withdrawn.purpose_code == "marketing"]
    by = {channel: marketing.customer_id[marketing.channel_code == channel] for channel in CHANNELS}
    return {f"reach_{channel}_is_ok": flag(customers, who) for channel, who in by.items()} | {
        "reach_any_is_ok": flag(customers, _not_capped(bank, marketing)),
        "reach_service_is_ok": flag(customers, granted.customer_id[granted.purpose_code == "service"]),
        "reach_channel_cnt": counted(marketing, customers, "channel_code"),
        "reach_is_withdrawn": flag(customers, refused.customer_id),
        "reach_grant_date": per_customer(marketing, "day", "max", customers),
        "reach_withdraw_date": per_customer(refused, "day", "max", customers),
    }
