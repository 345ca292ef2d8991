"""What the repayment schedules of the notes on the books ask for, and how it was met."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import divided, inside, lower_median
from tests.naive.retail._debts import notes
from tests.naive.retail._pay import of_months
from tests.naive.tally import first, has, number, total


def tags(bank: Bank) -> pd.DataFrame:
    customers, day = bank.customers("retail"), bank.day
    plan = _instalments(bank)
    open_, settled = plan[~plan.is_settled], plan[plan.is_settled]
    before, after = plan[plan.due_date < day], plan[plan.due_date > day]
    open_after = open_[open_.due_date > day]
    told = {
        "loan_term_paid_cnt": number(settled[settled.due_date <= day], customers),
        "loan_term_left_cnt": number(open_after, customers),
        "loan_mtg_term_left_cnt": number(open_after[open_after.kind_code == "mtg"], customers),
        "loan_left_int_amt": total(after, "left_int_amt", customers),
        "loan_unpaid_term_cnt": number(open_[open_.due_date < day], customers),
        "loan_unpaid_due_amt": total(before, "left_amt", customers),
    }
    for ahead in ("next7d", "next30d", "next60d", "next90d"):
        told[f"loan_due_amt_{ahead}"] = total(inside(plan, "due_date", ahead, day), "left_amt", customers)
    month = inside(plan, "due_date", "next30d", day)
    told["loan_due_prin_amt_next30d"] = total(month, "left_prin_amt", customers)
    told["loan_due_int_amt_next30d"] = total(month, "left_int_amt", customers)
    for kind in ("mtg", "cons"):
        told[f"loan_{kind}_due_amt_next30d"] = total(month[month.kind_code == kind], "left_amt", customers)
    told |= _next(open_after, customers) | _kept(plan, bank)
    due = told["loan_due_amt_next30d"].where(has(plan, customers))
    told["loan_due_pay_ratio"] = divided(due, of_months(bank, lower_median, 3), 4)
    told["loan_due_demand_ratio"] = divided(due, _demand(bank), 4)
    return pd.DataFrame(told)


def _instalments(bank: Bank) -> pd.DataFrame:
    """The instalments of the notes on the books, with what is left of each and whether nothing is."""
    plan = bank.dwd("loan_schedule").merge(notes(bank)[["note_no", "customer_id", "kind_code"]], on="note_no")
    plan["all_amt"] = plan.prin_amt + plan.int_amt
    plan["left_prin_amt"] = plan.prin_amt - plan.paid_prin_amt
    plan["left_int_amt"] = plan.int_amt - plan.paid_int_amt
    plan["left_amt"] = plan.left_prin_amt + plan.left_int_amt
    plan["is_settled"] = (plan.left_prin_amt <= 0) & (plan.left_int_amt <= 0)
    return plan


def _next(open_after: pd.DataFrame, customers: pd.Index) -> dict[str, pd.Series]:
    """The next day on which something is due, and what is due on it over all notes."""
    date = first(open_after, "due_date", customers)
    of_the_day = open_after[open_after.due_date == open_after.customer_id.map(date)]
    return {"loan_due_next_date": date, "loan_due_next_amt": total(of_the_day, "left_amt", customers).where(date.notna())}


def _kept(plan: pd.DataFrame, bank: Bank) -> dict[str, pd.Series]:
    """What was asked for in complete months, and whether it was paid by its day."""
    customers, day = bank.customers("retail"), bank.day
    year = inside(plan, "due_date", "l12m", day)
    on_time = year[year.paid_date <= year.due_date]
    told = {}
    for window in ("lm", "l12m"):
        told[f"loan_due_amt_sum_{window}"] = total(inside(plan, "due_date", window, day), "all_amt", customers)
    told["loan_ontime_ratio_l12m"] = divided(number(on_time, customers), number(year, customers), 4)
    told["loan_late_cnt_l12m"] = number(year, customers) - number(on_time, customers)
    return told


def _demand(bank: Bank) -> pd.Series:
    """Demand deposits of the business date (call deposits stand in them)."""
    rows = bank.dwd("account_balance_daily")
    return total(rows[(rows.bal_date == bank.day) & (rows["prod"] == "demand")], "bal", bank.customers("retail"))
