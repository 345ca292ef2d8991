"""Agreements that persons signed: which are in force, since when, and which were given up."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside
from tests.naive.tally import days, different, first, has, last, number, of

DATED = ["mbank", "ebank", "sms", "wm", "fund", "ins", "stock_custody", "etc", "pension", "ecny", "ssc", "payroll", "pb"]
KINDS = [*DATED, "autopay"]
GIVEN_UP = ["mbank", "ebank", "etc", "payroll"]
# Names that were there before the families were.
HAS = {"pb": "prod_has_pb_contract"}
SINCE = {"mbank": "prod_mbank_date"}


def signed(bank: Bank) -> pd.DataFrame:
    """The agreements of persons begun by the business date, with whether they are in force."""
    rows = of("retail", bank.dwd("agreement"))
    rows = rows[rows.from_date <= bank.day]
    return rows.assign(is_live=(rows.status_code == "live") & ~(rows.to_date <= bank.day))


def tags(bank: Bank) -> pd.DataFrame:
    customers, day, ever = bank.customers("retail"), bank.day, signed(bank)
    live, ended = ever[ever.is_live], ever[~ever.is_live]
    newest = last(ever, "from_date", customers)
    told = {
        "prod_agr_cnt": different(live, "agr_type", customers),
        "agr_cnt_ltd": different(ever, "agr_type", customers),
        "agr_ended_cnt": number(ended, customers),
        "agr_ended_cnt_365d": number(inside(ever, "to_date", "365d", day), customers),
        "agr_end_last_date": last(ever[ever.to_date <= day], "to_date", customers),
        "agr_signed_cnt_365d": number(inside(ever, "from_date", "365d", day), customers),
        "agr_first_date": first(ever, "from_date", customers),
        "agr_last_date": newest,
        "agr_last_days": days(newest, day),
        "agr_mbank_channel_cnt": number(live[live.channel_code == "mbank"], customers),
        "agr_counter_channel_cnt": number(live[live.channel_code == "counter"], customers),
    }
    for kind in KINDS:
        told[HAS.get(kind, f"prod_has_{kind}")] = has(live[live.agr_type == kind], customers)
    for kind in DATED:
        since = first(live[live.agr_type == kind], "from_date", customers)
        told[SINCE.get(kind, f"agr_{kind}_date")] = since
        told[f"agr_{kind}_days"] = days(since, day)
    for kind in GIVEN_UP:
        signed_once, holds = has(ever[ever.agr_type == kind], customers), has(live[live.agr_type == kind], customers)
        told[f"agr_{kind}_is_lapsed"] = signed_once & ~holds
    return pd.DataFrame(told | _first_and_last(ever, customers))


def _first_and_last(ever: pd.DataFrame, customers: pd.Index) -> dict[str, pd.Series]:
    # Of the agreements of one day the one with the lowest code stands for the day.
    by_day = ever.sort_values(["from_date", "agr_type", "seq"])
    oldest = by_day.drop_duplicates("customer_id").set_index("customer_id")
    newest_day = by_day[by_day.from_date == by_day.customer_id.map(by_day.groupby("customer_id")["from_date"].max())]
    return {
        "agr_first_code": oldest.agr_type.reindex(customers),
        "agr_first_channel_code": oldest.channel_code.reindex(customers),
        "agr_last_code": first(newest_day, "agr_type", customers),
    }
