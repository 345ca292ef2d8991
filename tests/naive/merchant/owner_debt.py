"""What the owner of a merchant owes the bank: notes, and credit cards."""

from __future__ import annotations

from functools import cache

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import base, divided, inside, window
from tests.naive.merchant._rows import all_of_owner, net_sales_of, of_owner, settled
from tests.naive.tally import total


@cache
def tags(bank: Bank) -> pd.DataFrame:
    """owner_loan_… and owner_cc_…"""
    return pd.DataFrame(_loans(bank) | _cards(bank), index=bank.customers("merchant"))


def _loans(bank: Bank) -> dict[str, pd.Series]:
    customers, day, notes = bank.customers("merchant"), bank.day, bank.dwd("loan_note")
    live = notes[(notes.bal_date == day) & (notes.principal_amt > 0)]
    rated = bank.dwd("loan_class")
    latest = rated[rated.class_date <= day].sort_values("class_date").groupby("note_no").class_code.last()
    live = live.assign(class_code=live.note_no.map(latest))

    def owed(rows: pd.DataFrame) -> pd.Series:
        return of_owner(bank, rows.groupby("customer_id").principal_amt.sum())

    def of_notes(column: str, how: str, otherwise: object = None) -> pd.Series:
        return of_owner(bank, live.groupby("customer_id")[column].agg(how), otherwise)

    business = owed(live[~live.kind_code.isin(["mtg", "cons"])])
    due = {name: owed(inside(live, "due_date", name, day)) for name in ("next30d", "next90d")}
    first, last = window("l12m", day)
    a_year = notes[notes.bal_date.between(first, last)]
    sold = all_of_owner(bank, net_sales_of(bank, "l12m"))
    paid = all_of_owner(bank, total(inside(settled(bank), "settle_date", "30d", day), "net_amt", customers))
    balance = owed(live)
    ahead = live[live.due_date > day]
    return {
        "owner_loan_bal": balance,
        "owner_loan_cnt": of_notes("note_no", "nunique", 0),
        "owner_has_loan": (balance > 0).where(balance.notna()),
        "owner_loan_biz_bal": business,
        "owner_has_biz_loan": (business > 0).where(business.notna()),
        "owner_loan_mtg_bal": owed(live[live.kind_code == "mtg"]),
        "owner_loan_cons_bal": owed(live[live.kind_code == "cons"]),
        "owner_loan_chg_boy": balance - owed(notes[notes.bal_date == base("boy", day)]),
        "owner_loan_overdue_amt": of_notes("overdue_amt", "sum", 0),
        "owner_loan_dpd_max": of_notes("dpd", "max", 0),
        "owner_loan_dpd_max_l12m": of_owner(bank, a_year.groupby("customer_id").dpd.max()),
        "owner_loan_class_worst_code": of_notes("class_code", "max", 0),
        "owner_loan_due_amt_next30d": due["next30d"],
        "owner_loan_due_amt_next90d": due["next90d"],
        "owner_loan_next_due_date": of_owner(bank, ahead.groupby("customer_id").due_date.min(), None),
        "owner_loan_rate_max": of_notes("rate", "max"),
        "owner_loan_first_date": of_notes("start_date", "min"),
        "owner_loan_last_date": of_notes("start_date", "max"),
        "owner_loan_biz_sales_ratio_l12m": divided(business, sold.where(sold > 0), 4),
        "owner_loan_due_cover_ratio_30d": divided(paid, due["next30d"], 4),
    }


def _cards(bank: Bank) -> dict[str, pd.Series]:
    cards = bank.dwd("credit_card")
    open_ones = cards[(cards.bal_date == bank.day) & (cards.status_code != "closed")].groupby("customer_id")
    found = {
        "owner_cc_bal": open_ones.bal.sum(),
        "owner_cc_limit_amt": open_ones.limit_amt.sum(),
        "owner_cc_instal_bal": open_ones.instal_bal.sum(),
        "owner_cc_dpd": open_ones.dpd.max(),
    }
    return {name: of_owner(bank, values, None) for name, values in found.items()} | {"owner_cc_cnt": of_owner(bank, open_ones.size())}
