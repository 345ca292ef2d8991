"""Corporate, liability: balances and day averages of loans and off-balance business, and what is drawn and paid."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate import _credit as credit
from tests.naive.fold import DAY, base, days_of, divided, inside, window
from tests.naive.tally import highest, number, total


def tags(bank: Bank) -> pd.DataFrame:
    day, customers = bank.day, bank.customers("corporate")
    notes, business = credit.note_days(bank), credit.off_balance(bank)

    loans = note_balances(notes, day, customers)
    spans = ["30d", "90d", "365d", "mtd", "ytd", "lm"]
    found = balance_tags("loan", loans, day, ["bom", "boq", "boy"], ["bom", "boy", "30d"], spans)
    found |= {"loan_bal_max_365d": top(loans, "365d", day)}
    for kind in ["wcap", "fixed", "trade", "sole"]:
        of_kind = note_balances(notes[notes.kind_code == kind], day, customers)
        found |= balance_tags(f"loan_{kind}", of_kind, day, ["boy"], ["boy"], ["mtd", "ytd"])

    unused = face_amounts(business[business.kind_code.isin(credit.LIVE_KINDS)], day, customers)
    found |= balance_tags("obs", unused, day, ["boy"], ["boy", "30d"], ["mtd", "ytd", "lm"])
    found |= {"obs_bal_max_365d": top(unused, "365d", day)}
    for kind in ["accept", "guarantee", "lc", "discount", "commit"]:
        of_kind = face_amounts(business[business.kind_code == kind], day, customers)
        found |= balance_tags(f"obs_{kind}", of_kind, day, ["boy"], [], ["ytd"])
        found |= {f"obs_{kind}_bal_max_365d": top(of_kind, "365d", day)}

    for flow, rows in flows(bank).items():
        for name in ["30d", "90d", "365d", "ytd"]:
            then = inside(rows, "date", name, day)
            found[f"loan_{flow}_amt_sum_{name}"] = total(then, "amt", customers)
            found[f"loan_{flow}_cnt_{name}"] = number(then, customers)
        found[f"loan_{flow}_amt_max_365d"] = highest(inside(rows, "date", "365d", day), "amt", customers)
    return pd.DataFrame(found, index=customers)


def calendar(day: pd.Timestamp) -> pd.DatetimeIndex:
    """Days that any window or base point here may reach."""
    return pd.date_range(day - 400 * DAY, day)


def note_balances(notes: pd.DataFrame, day: pd.Timestamp, customers: pd.Index) -> pd.DataFrame:
    """Principal of notes, overdue included: a row a day, a column a customer."""
    daily = notes.pivot_table(index="bal_date", columns="customer_id", values="principal_amt", aggfunc="sum")
    return daily.reindex(index=calendar(day), columns=customers).astype("Int64").fillna(0)


def face_amounts(business: pd.DataFrame, day: pd.Timestamp, customers: pd.Index) -> pd.DataFrame:
    """Face amounts from the day of issue to the day before it falls due, without what was over before: a row a day."""
    daily = pd.DataFrame(0, index=calendar(day), columns=customers, dtype="Int64")
    early = (business.status_code != "live") & (business.due_date > day)
    for item in business[~early].itertuples():
        if item.customer_id in customers:
            daily.loc[item.start_date : item.due_date - DAY, item.customer_id] += item.face_amt
    return daily


def balance_tags(
    name: str, daily: pd.DataFrame, day: pd.Timestamp, bases: list[str], changes: list[str], averages: list[str]
) -> dict[str, pd.Series]:
    """Balance, balances at base points, changes since them, and day averages over every calendar day of a window."""
    found = {f"{name}_bal": daily.loc[day]}
    for point in bases:
        found[f"{name}_bal_{point}"] = daily.loc[base(point, day)]
    for point in changes:
        before = day - 30 * DAY if point == "30d" else base(point, day)
        found[f"{name}_chg_{point}"] = daily.loc[day] - daily.loc[before]
    for span in averages:
        first, last = window(span, day)
        found[f"{name}_davg_{span}"] = divided(daily.loc[first:last].sum(), days_of(span, day))
    return found


def top(daily: pd.DataFrame, span: str, day: pd.Timestamp) -> pd.Series:
    """The highest balance at the end of a day."""
    first, last = window(span, day)
    return daily.loc[first:last].max()


def flows(bank: Bank) -> dict[str, pd.DataFrame]:
    """What was drawn (all scheduled principal of a note, on the day it starts) and paid: customer, date, amount."""
    notes, schedule = credit.notes_on_record(bank), bank.dwd("loan_schedule")
    planned = schedule.groupby("note_no")["prin_amt"].sum()
    draw = notes.assign(date=notes.start_date, amt=notes.note_no.map(planned).astype("Int64"))
    paid = bank.dwd("loan_repayment").merge(notes[["note_no", "customer_id"]], on="note_no")
    prin = paid.assign(date=paid.acct_date, amt=paid.prin_amt)
    interest = paid.assign(date=paid.acct_date, amt=paid.int_amt + paid.penalty_amt)
    return {"draw": draw, "prin": prin[prin.amt > 0], "int": interest[interest.amt > 0]}
