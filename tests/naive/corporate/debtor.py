"""The five-level class of companies: of each claim, of the debtor as a whole, and how it came about."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate._shared import notes, notes_at, of_companies
from tests.naive.fold import base, divided, inside, per_customer
from tests.naive.tally import days, has, number, total

KINDS = ["wcap", "fixed", "trade", "sole", "adv"]
CLASSES = [1, 2, 3, 4, 5]
SUBSTANDARD = 3


def tags(bank: Bank) -> pd.DataFrame:
    """Class of the claims at the business date, and the classifications of own notes over time."""
    return pd.concat([_claims_tags(bank), _history(bank)], axis=1)


def _claims(bank: Bank) -> pd.DataFrame:
    """Notes with principal and advances at the business date: kind, money, latest class, floor by days past due, class."""
    known = bank.dwd("loan_class").sort_values("class_date").groupby("note_no").tail(1)
    lent = notes_at(bank, bank.day).rename(columns={"principal_amt": "amt"})
    lent = lent.merge(known[["note_no", "class_code"]], on="note_no", how="left")
    advanced = of_companies(bank, "off_balance").rename(columns={"adv_amt": "amt"})
    # The bank paid on the due day: from then on the company is late.
    advanced = advanced.assign(kind_code="adv", class_code=pd.NA, dpd=days(advanced.due_date, bank.day))
    columns = ["customer_id", "kind_code", "amt", "dpd", "class_code"]
    rows = pd.concat([lent[columns], advanced[columns].astype(lent[columns].dtypes)], ignore_index=True)
    rows = rows[rows.amt > 0].assign(told=lambda row: row.class_code.fillna(1))
    rows = rows.assign(floor=[_floor(bank, kind, int(dpd)) for kind, dpd in zip(rows.kind_code, rows.dpd, strict=True)])
    return rows.assign(code=rows[["told", "floor"]].max(axis=1))


def _floor(bank: Bank, kind: str, dpd: int) -> int:
    floors = bank.seed("class_floor")
    steps = floors[floors["prod"] == (kind if kind in KINDS else "other")]
    reached = [int(code) for first, code in zip(steps.dpd_from, steps.class_code, strict=True) if int(first) <= dpd]
    return max(reached, default=1)


def _claims_tags(bank: Bank) -> pd.DataFrame:
    customers, rows = bank.customers("corporate"), _claims(bank)
    money = pd.DataFrame({code: total(rows[rows.code == code], "amt", customers) for code in CLASSES})
    all_of_it, bad = total(rows, "amt", customers), total(rows[rows.code >= SUBSTANDARD], "amt", customers)
    worst = per_customer(rows, "code", "max", customers).astype("Int64")
    limit = Fraction(bank.parameter("debtor_npl_ratio"))
    mostly_bad = pd.Series([part > limit * whole for part, whole in zip(bad, all_of_it, strict=True)], index=customers)
    # From the worst class down: of equal ones the first is the worse.
    heaviest = money[CLASSES[::-1]].idxmax(axis=1).astype("Int64")
    debtor = worst.where(mostly_bad, heaviest).mask(all_of_it == 0)
    found = pd.DataFrame({f"risk_class{code}_amt": money[code] for code in CLASSES})
    return found.assign(
        risk_class_worst_code=worst.fillna(0),
        risk_class_floor_cnt=number(rows[rows.floor > rows.told], customers),
        risk_debtor_class_code=debtor,
        risk_is_npl=(debtor >= SUBSTANDARD).fillna(False),
        risk_npl_amt=bad,
        risk_npl_ratio=divided(bad, all_of_it, 4),
    )


def _history(bank: Bank) -> pd.DataFrame:
    customers, day = bank.customers("corporate"), bank.day
    owner = notes(bank).sort_values("bal_date").groupby("note_no").customer_id.last()
    told = bank.dwd("loan_class").assign(customer_id=lambda row: row.note_no.map(owner))
    told = told[told.customer_id.notna()]
    known = told.sort_values("class_date").groupby("note_no").tail(1)
    lent = notes_at(bank, day)
    now = known[known.note_no.isin(lent[lent.principal_amt > 0].note_no)]
    last_month_end = base("bom", day)
    a_year_before = (last_month_end.to_period("M") - 12).end_time.normalize()
    year = inside(told, "class_date", "365d", day)
    end = per_customer(told[told.class_date == last_month_end], "class_code", "max", customers)
    start = per_customer(told[told.class_date == a_year_before], "class_code", "max", customers)
    return pd.DataFrame({
        "risk_class_code_bom": end.fillna(0),
        "risk_class_chg_l12m": end - start,
        "risk_class_date": per_customer(now, "class_date", "max", customers),
        "risk_class_monthly_code": per_customer(now, "class_code", "max", customers).fillna(0),
        "risk_class_worst_code_365d": per_customer(year, "class_code", "max", customers).fillna(0),
        "risk_is_restructured": has(now[now.is_restructured], customers),
        "risk_npl_first_date": per_customer(told[told.class_code >= SUBSTANDARD], "class_date", "min", customers),
    })
