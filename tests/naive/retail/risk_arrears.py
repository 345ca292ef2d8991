"""Risk: days and amounts past due, episodes, instalments, collection."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, divided, inside, per_customer
from tests.naive.retail._assets import summed
from tests.naive.retail._risk import LOANS, debts, note_owner, open_notes, retail_notes
from tests.naive.tally import code_of


def tags(bank: Bank) -> pd.DataFrame:
    """loan_…dpd…, cc_dpd…, risk_dpd_…, risk_overdue_…, risk_…term…, risk_collect_…"""
    return pd.DataFrame(_days_past_due(bank) | _overdue(bank) | _terms(bank) | _repaid(bank), index=bank.customers("retail"))


def _days_past_due(bank: Bank) -> dict[str, pd.Series]:
    rows, customers = debts(bank), bank.customers("retail")
    today = rows[rows.day == bank.day]

    def worst(some: pd.DataFrame) -> pd.Series:
        return per_customer(some, "dpd", "max", customers).fillna(0)

    def over(some: pd.DataFrame, name: str) -> pd.Series:
        return worst(inside(some, "day", name, bank.day))

    loans, cards = rows[rows.kind != "cc"], rows[rows.kind == "cc"]
    found = {
        "loan_dpd_max": worst(today[today.kind != "cc"]),
        "cc_dpd": worst(today[today.kind == "cc"]),
        "risk_dpd_max": worst(today),
        "risk_dpd_chg_30d": worst(today) - worst(rows[rows.day == bank.day - 30 * DAY]),
    }
    for name in ("30d", "90d", "l12m", "ltd"):
        found[f"loan_dpd_max_{name}"] = over(loans, name)
        found[f"cc_dpd_max_{name}"] = over(cards, name)
    for name in ("90d", "l12m"):
        found[f"risk_dpd_max_{name}"] = over(rows, name)
    for kind in LOANS:
        found[f"loan_{kind}_dpd"] = worst(today[today.kind == kind])
        found[f"loan_{kind}_dpd_max_l12m"] = over(rows[rows.kind == kind], "l12m")
    found["risk_dpd_band_code"] = code_of(bank, "dpd_band", found["risk_dpd_max"])
    found["risk_is_overdue"] = found["risk_dpd_max"] > 0
    found["risk_overdue_since_date"] = (bank.day - pd.to_timedelta(found["risk_dpd_max"], unit="D")).where(found["risk_is_overdue"])
    return found


def _overdue(bank: Bank) -> dict[str, pd.Series]:
    rows, customers = debts(bank), bank.customers("retail")
    today = rows[rows.day == bank.day]
    days = rows[rows.dpd > 0].drop_duplicates(["customer_id", "day"])[["customer_id", "day"]]
    year = inside(days, "day", "l12m", bank.day)
    # An episode begins on a day past due whose calendar day before was not.
    before = pd.MultiIndex.from_frame(year.assign(day=year.day - DAY))
    begins = year[~before.isin(pd.MultiIndex.from_frame(days))]
    amounts = inside(rows, "day", "l12m", bank.day).groupby(["customer_id", "day"], as_index=False)["overdue_amt"].sum()
    last = per_customer(days, "day", "max", customers)
    is_overdue = customers.isin(today[today.dpd > 0].customer_id)
    overdue_amt = summed(today, "overdue_amt", bank)
    kinds = today[(today.dpd > 0) & today.kind.isin([*LOANS, "cc"])]
    return {
        "risk_overdue_amt": overdue_amt,
        "risk_overdue_ratio": divided(overdue_amt, summed(today, "bal", bank), 4),
        "risk_overdue_amt_max_l12m": per_customer(amounts, "overdue_amt", "max", customers).fillna(0),
        "risk_overdue_int_amt": summed(retail_notes(bank).query("bal_date == @bank.day"), "overdue_int_amt", bank),
        "risk_overdue_prod_cnt": per_customer(kinds, "kind", "nunique", customers).fillna(0),
        "risk_overdue_first_date": per_customer(days, "day", "min", customers),
        "risk_last_overdue_date": last,
        "risk_cured_days": (bank.day - last).dt.days.where(~is_overdue),
        "risk_overdue_episode_cnt_l12m": per_customer(begins, "day", "count", customers).fillna(0),
        "risk_overdue_day_cnt_90d": per_customer(inside(days, "day", "90d", bank.day), "day", "count", customers).fillna(0),
        "risk_overdue_day_cnt_l12m": per_customer(year, "day", "count", customers).fillna(0),
        "risk_overdue_month_cnt_l12m": per_customer(
            year.assign(month=year.day.dt.to_period("M")), "month", "nunique", customers
        ).fillna(0),
    }


def _terms(bank: Bank) -> dict[str, pd.Series]:
    terms = bank.dwd("loan_schedule")
    terms = terms.assign(customer_id=terms.note_no.map(note_owner(bank)), one=1).dropna(subset=["customer_id"])
    terms["left"] = terms.prin_amt + terms.int_amt - terms.paid_prin_amt - terms.paid_int_amt
    unpaid = terms[terms.note_no.isin(open_notes(bank).note_no) & terms.paid_date.isna()]
    overdue = unpaid[unpaid.due_date < bank.day]
    year = inside(terms, "due_date", "l12m", bank.day)
    late = year[year.paid_date.isna() | (year.paid_date > year.due_date)]
    count = summed(year, "one", bank)
    return {
        "risk_overdue_term_cnt": summed(overdue, "one", bank),
        "risk_overdue_term_amt": summed(overdue, "left", bank),
        "risk_due_amt_next30d": summed(unpaid[unpaid.due_date <= bank.day + 30 * DAY], "left", bank),
        "risk_term_cnt_l12m": count,
        "risk_late_term_cnt_l12m": summed(late, "one", bank),
        "risk_ontime_ratio_l12m": divided(count - summed(late, "one", bank), count, 4),
    }


def _repaid(bank: Bank) -> dict[str, pd.Series]:
    repaid = bank.dwd("loan_repayment").query("acct_date <= @bank.day")
    repaid = repaid.assign(customer_id=repaid.note_no.map(note_owner(bank)), one=1).dropna(subset=["customer_id"])
    year = inside(repaid, "acct_date", "l12m", bank.day)
    collected = repaid[repaid.kind_code == "collect"]
    return {
        "risk_collect_cnt_l12m": summed(year[year.kind_code == "collect"], "one", bank),
        "risk_collect_last_date": per_customer(collected, "acct_date", "max", bank.customers("retail")),
        "risk_penalty_amt_sum_l12m": summed(year, "penalty_amt", bank),
    }
