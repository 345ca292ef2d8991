"""Credit limits of persons (without cards), and what they repaid on their loans."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import divided, inside
from tests.naive.retail._debts import contracts
from tests.naive.tally import days, first, last, number, of, total


def tags(bank: Bank) -> pd.DataFrame:
    return pd.DataFrame(_limits(bank) | _consumer_limits(bank) | _repaid(bank))


def _in_force(bank: Bank) -> pd.DataFrame:
    """The live limits whose term holds the business date, with what can still be drawn on each."""
    rows = of("retail", bank.dwd("credit_limit"))
    rows = rows[(rows.status_code == "live") & (rows.from_date <= bank.day) & ~(rows.to_date < bank.day)]
    return rows.assign(avail_amt=(rows.amt - rows.used_amt - rows.frozen_amt).clip(lower=0))


def _limits(bank: Bank) -> dict[str, pd.Series]:
    customers, ever, live = bank.customers("retail"), of("retail", bank.dwd("credit_limit")), _in_force(bank)
    over = ever[(ever.to_date < bank.day) | (ever.status_code == "expired")]
    told = {
        "crd_limit_cnt": number(live, customers),
        "crd_limit_amt": total(live, "amt", customers),
        "crd_used_amt": total(live, "used_amt", customers),
        "crd_avail_amt": total(live, "avail_amt", customers),
        "crd_revolving_amt": total(live[live.is_revolving], "amt", customers),
        "crd_expired_cnt": number(over, customers),
        "crd_limit_last_date": last(ever[ever.from_date <= bank.day], "from_date", customers),
    }
    return told | {"crd_util_ratio": divided(told["crd_used_amt"], told["crd_limit_amt"], 4)}


def _consumer_limits(bank: Bank) -> dict[str, pd.Series]:
    customers, live, made = bank.customers("retail"), _in_force(bank), contracts(bank)
    drawn_for = made[made.kind_code == "cons"].limit_no
    rows = live[live.limit_no.isin(drawn_for) | (live.is_revolving & ~live.limit_no.isin(made.limit_no))]
    limit = total(rows, "amt", customers)
    return {
        "loan_cons_limit_amt": limit,
        "loan_cons_avail_amt": total(rows, "avail_amt", customers),
        "loan_cons_limit_age_days": days(first(rows, "from_date", customers), bank.day),
        "loan_cons_limit_left_days": days(bank.day, first(rows, "to_date", customers)),
        "loan_cons_util_ratio": divided(total(rows, "used_amt", customers), limit, 4),
    }


def _repaid(bank: Bank) -> dict[str, pd.Series]:
    customers, day = bank.customers("retail"), bank.day
    # A repayment names its note; whose that is the notes of all days say, for the last payment takes a note off the books.
    owners = of("retail", bank.dwd("loan_note"))[["note_no", "customer_id"]].drop_duplicates()
    paid = bank.dwd("loan_repayment").merge(owners, on="note_no")
    paid = paid[paid.acct_date <= day].assign(amt=paid.prin_amt + paid.int_amt + paid.penalty_amt)
    early = paid[paid.kind_code.isin(["early_part", "early_full"])]
    year, early_year = inside(paid, "acct_date", "l12m", day), inside(early, "acct_date", "l12m", day)
    told = {
        "loan_penalty_amt_sum_l12m": total(year, "penalty_amt", customers),
        "loan_repay_cnt_l12m": number(year, customers),
        "loan_repay_last_date": last(paid, "acct_date", customers),
        "loan_prepay_amt_sum_l12m": total(early_year, "prin_amt", customers),
        "loan_prepay_cnt_l12m": number(early_year, customers),
        "loan_prepay_last_date": last(early, "acct_date", customers),
        "loan_collect_cnt_l12m": number(year[year.kind_code.isin(["collect", "substitute"])], customers),
    }
    for window in ("lm", "l3m", "l12m", "ytd"):
        told[f"loan_repay_amt_sum_{window}"] = total(inside(paid, "acct_date", window, day), "amt", customers)
    for window in ("l12m", "ytd"):
        rows = inside(paid, "acct_date", window, day)
        told[f"loan_repay_int_amt_sum_{window}"] = total(rows, "int_amt", customers)
        told[f"loan_repay_prin_amt_sum_{window}"] = total(rows, "prin_amt", customers)
    return told
