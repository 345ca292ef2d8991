"""Corporate, liability: what falls due by the repayment schedules, and how the company pays."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate import _credit as credit
from tests.naive.fold import divided, inside, per_customer
from tests.naive.tally import days, first, last, number, total


def tags(bank: Bank) -> pd.DataFrame:
    customers = bank.customers("corporate")
    notes = credit.notes_at(bank, bank.day)
    plan = bank.dwd("loan_schedule").rename(columns={"due_date": "term_date"})
    plan = plan.assign(
        open_prin=plan.prin_amt - plan.paid_prin_amt,
        open_int=plan.int_amt - plan.paid_int_amt,
    )
    plan = plan.assign(open_amt=plan.open_prin + plan.open_int)
    running = plan.merge(notes[["note_no", "customer_id"]], on="note_no")
    ever = plan.merge(credit.notes_on_record(bank)[["note_no", "customer_id"]], on="note_no")
    found = coming(bank, running, customers) | ending(notes, bank.day, customers)
    found |= discipline(ever, bank.day, customers) | payments(bank, customers)
    return pd.DataFrame(found, index=customers)


def coming(bank: Bank, plan: pd.DataFrame, customers: pd.Index) -> dict[str, pd.Series]:
    """Instalments of the notes at the day that are not paid: those to come and those late."""
    day, found = bank.day, {}
    for name in ["next7d", "next30d", "next60d", "next90d"]:
        then = inside(plan, "term_date", name, day)
        found[f"loan_due_amt_{name}"] = total(then, "open_amt", customers)
        found[f"loan_due_prin_amt_{name}"] = total(then, "open_prin", customers)
        if name in ("next30d", "next90d"):
            found[f"loan_due_int_amt_{name}"] = total(then, "open_int", customers)
    unpaid = plan[plan.open_amt > 0]
    ahead, late = unpaid[unpaid.term_date > day], unpaid[unpaid.term_date < day]
    next_date = first(ahead, "term_date", customers)
    on_it = ahead[ahead.term_date == ahead.customer_id.map(next_date)]
    return found | {
        "loan_due_next_date": next_date,
        "loan_due_next_days": days(day, next_date),
        "loan_due_next_amt": per_customer(on_it, "open_amt", "sum", customers),
        "loan_late_term_cnt": number(late, customers),
        "loan_late_amt": total(late, "open_amt", customers),
        "loan_due_cover_ratio_next30d": divided(credit.free_demand(bank, customers), found["loan_due_amt_next30d"], 4),
    }


def ending(notes: pd.DataFrame, day: pd.Timestamp, customers: pd.Index) -> dict[str, pd.Series]:
    """Notes whose own term ends."""
    owing = notes[notes.principal_amt > 0]
    final_date = first(owing[owing.due_date > day], "due_date", customers)
    found = {
        f"loan_final_due_amt_{name}": total(inside(notes, "due_date", name, day), "principal_amt", customers)
        for name in ["next30d", "next60d", "next90d"]
    }
    return found | {
        "loan_final_due_cnt_next90d": number(inside(owing, "due_date", "next90d", day), customers),
        "loan_final_due_date": final_date,
        "loan_final_due_days": days(day, final_date),
    }


def discipline(plan: pd.DataFrame, day: pd.Timestamp, customers: pd.Index) -> dict[str, pd.Series]:
    """Instalments of the last 12 complete months: in time, late, how late."""
    due = inside(plan, "term_date", "l12m", day)
    in_time = due[(due.paid_date <= due.term_date).astype("boolean").fillna(False)]
    late_days = days(due.term_date, due.paid_date.fillna(day)).clip(lower=0)
    number_due = number(due, customers)
    return {
        "loan_term_cnt_l12m": number_due,
        "loan_ontime_ratio_l12m": divided(number(in_time, customers), number_due, 4),
        "loan_late_cnt_l12m": number_due - number(in_time, customers),
        "loan_late_days_max_l12m": per_customer(due.assign(late=late_days), "late", "max", customers),
    }


def payments(bank: Bank, customers: pd.Index) -> dict[str, pd.Series]:
    """Payments of the last 365 days."""
    paid = bank.dwd("loan_repayment").merge(credit.notes_on_record(bank)[["note_no", "customer_id"]], on="note_no")
    paid = inside(paid.assign(all_amt=paid.prin_amt + paid.int_amt + paid.penalty_amt), "acct_date", "365d", bank.day)
    early, collected = paid[paid.kind_code.isin(["early_part", "early_full"])], paid[paid.kind_code == "collect"]
    return {
        "loan_early_amt_365d": total(early, "prin_amt", customers),
        "loan_early_cnt_365d": number(early, customers),
        "loan_collect_cnt_365d": number(collected, customers),
        "loan_collect_amt_365d": total(collected, "all_amt", customers),
        "loan_penalty_amt_365d": total(paid, "penalty_amt", customers),
        "loan_repay_last_date": last(paid, "acct_date", customers),
    }
