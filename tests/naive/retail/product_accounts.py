"""Deposit accounts and term deposits: how many, since when, in which class, and who else may use them."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside
from tests.naive.tally import days, different, first, has, last, number, of

DEMAND, TERM = ["demand", "call"], ["term", "structured"]


def accounts(bank: Bank) -> pd.DataFrame:
    """The deposit accounts that persons own, opened by the business date, with whether they are open."""
    rows = of("retail", bank.dwd("account"))
    rows = rows[rows.open_date <= bank.day]
    return rows.assign(is_open=~((rows.status_code == "closed") | (rows.close_date <= bank.day)))


def tags(bank: Bank) -> pd.DataFrame:
    customers, day = bank.customers("retail"), bank.day
    ever = accounts(bank)
    open_ = ever[ever.is_open]
    first_class = open_[open_.class_code == "1"]
    closed = ever[~ever.is_open]
    opened = first(ever, "open_date", customers)
    at_home = open_[open_.open_org == open_.customer_id.map(bank.dwd("party").set_index("customer_id").mng_org)]
    told = {
        "prod_acct_cnt": number(open_, customers),
        "prod_has_dep_acct": has(open_, customers),
        "prod_first_open_date": opened,
        "prod_first_open_days": days(opened, day),
        "prod_last_open_date": last(ever, "open_date", customers),
        "acct_class1_cnt": number(first_class, customers),
        "acct_has_class1": has(first_class, customers),
        "acct_class1_first_date": first(first_class, "open_date", customers),
        "acct_class23_cnt": number(open_[open_.class_code.isin(["2", "3"])], customers),
        "acct_demand_cnt": number(open_[open_.kind_code.isin(DEMAND)], customers),
        "acct_term_cnt": number(open_[open_.kind_code.isin([*TERM, "cd"])], customers),
        "acct_closed_cnt": number(closed, customers),
        "acct_closed_cnt_365d": number(inside(ever, "close_date", "365d", day), customers),
        "acct_last_close_date": last(ever[ever.close_date <= day], "close_date", customers),
        "acct_opened_cnt_365d": number(inside(ever, "open_date", "365d", day), customers),
        "acct_org_cnt": different(open_, "open_org", customers),
        "acct_is_mng_org": has(at_home, customers),
        "acct_oldest_days": days(first(open_, "open_date", customers), day),
        "acct_newest_days": days(last(open_, "open_date", customers), day),
        "acct_nonface_limit_amt": _limit(bank),
    }
    return pd.DataFrame(told | _shared(open_, bank) | _demand(ever, bank) | _terms(bank))


def _shared(open_: pd.DataFrame, bank: Bank) -> dict[str, pd.Series]:
    customers, persons = bank.customers("retail"), of("retail", bank.dwd("account_person"))
    owners = open_[["acct_no", "customer_id"]]
    users = persons[persons.role_code != "owner"].merge(owners, on="acct_no", suffixes=("", "_owner"))
    of_others = users[users.customer_id != users.customer_id_owner]
    return {
        "acct_use_cnt": different(of_others, "acct_no", customers),
        "acct_shared_cnt": number(open_[open_.acct_no.isin(of_others.acct_no)], customers),
    }


def _limit(bank: Bank) -> pd.Series:
    """The lowest limit of non-counter business that the bank itself set and that holds at the business date."""
    rows, day = of("retail", bank.dwd("account_control")), bank.day
    ours = rows[(rows.ctrl_kind == "non_counter") & (rows.by_code == "bank")]
    holds = ours[(ours.from_date <= day) & ~(ours.to_date <= day)]
    return first(holds, "amt", bank.customers("retail")).fillna(0)


def _demand(ever: pd.DataFrame, bank: Bank) -> dict[str, pd.Series]:
    customers, rows = bank.customers("retail"), ever[ever.kind_code.isin(DEMAND)]
    return _since("demand", rows, "open_date", bank) | {"prod_demand_cnt_ltd": number(rows, customers)}


def _terms(bank: Bank) -> dict[str, pd.Series]:
    customers, day, told = bank.customers("retail"), bank.day, {}
    ever = of("retail", bank.dwd("term_deposit"))
    ever = ever[ever.start_date <= day]
    for name, kinds in {"term": TERM, "cd": ["cd"]}.items():
        rows = ever[ever.kind_code.isin(kinds)]
        live = rows[rows.status_code == "live"]
        matured = inside(rows[rows.status_code == "matured"], "due_date", "365d", day)
        told |= _since(name, rows, "start_date", bank) | {
            f"prod_{name}_cnt_ltd": number(rows, customers),
            f"prod_has_{name}": has(live, customers),
            f"prod_{name}_matured_cnt_365d": number(matured, customers),
            f"prod_{name}_is_lapsed": has(rows, customers) & ~has(live, customers),
        }
    return told


def _since(name: str, rows: pd.DataFrame, column: str, bank: Bank) -> dict[str, pd.Series]:
    customers = bank.customers("retail")
    return {
        f"prod_{name}_first_date": first(rows, column, customers),
        f"prod_{name}_last_date": last(rows, column, customers),
        f"prod_{name}_opened_cnt_365d": number(inside(rows, column, "365d", bank.day), customers),
    }
