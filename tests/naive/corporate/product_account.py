"""Corporate, product: deposit accounts by nature and kind, opened, closed, in use and dormant."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate import _credit as credit
from tests.naive.fold import inside, per_customer
from tests.naive.tally import days, different, first, has, last, number, total

DEMAND, TERM = ["demand", "call"], ["term", "cd", "structured"]


def accounts(bank: Bank) -> pd.DataFrame:
    """Deposit accounts of companies, closed ones included."""
    every = bank.dwd("account")
    return every[every.entity == "corporate"]


def open_at(every: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Accounts open at the end of a day."""
    return every[(every.open_date <= day) & (every.close_date.isna() | (every.close_date > day))]


def tags(bank: Bank) -> pd.DataFrame:
    day, customers, every = bank.day, bank.customers("corporate"), accounts(bank)
    live, closed = open_at(every, day), every[every.close_date <= day]
    found = natures(live, day, customers) | {
        "acct_cnt": number(live, customers),
        "acct_demand_cnt": number(live[live.kind_code.isin(DEMAND)], customers),
        "acct_term_cnt": number(live[live.kind_code.isin(TERM)], customers),
        "acct_closed_cnt": number(closed, customers),
        "acct_opened_cnt_365d": number(inside(every, "open_date", "365d", day), customers),
        "acct_closed_cnt_365d": number(inside(closed, "close_date", "365d", day), customers),
        "acct_org_cnt": different(live, "open_org", customers),
        "acct_first_open_date": first(every, "open_date", customers),
        "acct_last_open_date": last(every, "open_date", customers),
        "acct_last_close_date": last(closed, "close_date", customers),
        "acct_is_all_closed": has(every, customers) & ~has(live, customers),
    }
    found["acct_recon_overdue_cnt"] = different(unanswered(bank, live), "acct_no", customers)
    return pd.DataFrame(found | use(bank, live[live.kind_code.isin(DEMAND)], customers), index=customers)


def unanswered(bank: Bank, live: pd.DataFrame) -> pd.DataFrame:
    """The open accounts, once a statement of them that should have been confirmed before the day and was not."""
    sent = bank.dwd("reconciliation")
    late = sent[(sent.due_date < bank.day) & ~(sent.reply_date <= bank.day)]
    return live.merge(late[["acct_no", "stmt_date"]], on="acct_no")


def natures(live: pd.DataFrame, day: pd.Timestamp, customers: pd.Index) -> dict[str, pd.Series]:
    """Open accounts of each nature; there can be but one basic account."""
    found = {}
    for nature in ["basic", "general", "special", "temporary", "margin"]:
        of_nature = live[live.nature_code == nature]
        found[f"acct_has_{nature}"] = has(of_nature, customers)
        found[f"acct_{nature}_date"] = first(of_nature, "open_date", customers)
        if nature != "basic":
            found[f"acct_{nature}_cnt"] = number(of_nature, customers)
    return found | {"acct_basic_days": days(found["acct_basic_date"], day)}


def use(bank: Bank, demand: pd.DataFrame, customers: pd.Index) -> dict[str, pd.Series]:
    """When the open demand and call accounts were last moved by the customer or a payer."""
    day, legs = bank.day, bank.dwd("corporate_flow")
    moved = legs[legs.init_code.isin(["C", "P"]) & ~legs.is_reversal & ~legs.is_void]
    latest = demand.acct_no.map(moved.groupby("acct_no")["acct_date"].max())
    demand = demand.assign(idle=days(latest.fillna(demand.open_date), day))
    recent = demand.acct_no.isin(inside(moved, "acct_date", "90d", day).acct_no) | demand.open_date.isin(
        inside(demand, "open_date", "90d", day).open_date
    )
    dormant = number(demand[demand.idle >= int(bank.parameter("acct_dormant_days"))], customers)
    business = credit.off_balance(bank)
    owes = (total(credit.notes_at(bank, day), "principal_amt", customers) > 0) | has(
        business[business.status_code != "settled"], customers
    )
    return {
        "acct_active_cnt_90d": number(demand[recent], customers),
        "acct_idle_days": days(last(moved, "acct_date", customers), day),
        "acct_idle_max_days": per_customer(demand, "idle", "max", customers),
        "acct_dormant_cnt": dormant,
        "acct_is_dormant_notice": (dormant > 0) & ~owes,
    }
