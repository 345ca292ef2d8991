"""Customer assets: term deposits and large CDs one by one, what falls due when, and what stayed after it."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, divided, inside, per_customer
from tests.naive.retail import _assets as assets
from tests.naive.retail._assets import summed


def tags(bank: Bank) -> pd.DataFrame:
    """dep_term_…, dep_cd_…, the shares of deposits, what is above the insured amount, what stayed after maturity."""
    customers = bank.customers("retail")
    terms = bank.dwd("term_deposit").query("entity == 'retail'")
    live = terms[terms.status_code == "live"].assign(left=lambda rows: (rows.due_date - bank.day).dt.days)
    live = live.assign(
        rated=live.principal_amt * live.rate, waited=live.principal_amt * live.left, count=1,
    )
    found = {
        "dep_term_cnt": summed(live[live.kind_code != "cd"], "count", bank),
        "dep_cd_cnt": summed(live[live.kind_code == "cd"], "count", bank),
        "dep_term_max_amt": per_customer(live, "principal_amt", "max", customers).fillna(0),
        "dep_term_pledged_amt": summed(live[live.is_pledged], "principal_amt", bank),
        "dep_term_next_due_days": per_customer(live, "left", "min", customers),
        "dep_term_rate_max": per_customer(live, "rate", "max", customers),
    }
    principal = summed(live, "principal_amt", bank)
    found["dep_term_rate"] = divided(summed(live, "rated", bank), principal)
    found["dep_term_left_days"] = divided(summed(live, "waited", bank), principal)
    found["dep_term_roll_ratio"] = divided(summed(live[live.is_auto_roll], "principal_amt", bank), principal, 4)
    found["dep_term_long_ratio"] = divided(summed(live[live.left > 365], "principal_amt", bank), principal, 4)

    for name in ("next7d", "next30d", "next60d", "next90d"):
        due = inside(live, "due_date", name, bank.day)
        found[f"dep_term_due_amt_{name}"] = summed(due, "principal_amt", bank)
        found[f"dep_term_due_noroll_amt_{name}"] = summed(due[~due.is_auto_roll], "principal_amt", bank)
        if name != "next60d":
            found[f"dep_term_due_roll_amt_{name}"] = summed(due[due.is_auto_roll], "principal_amt", bank)
        if name == "next30d":
            found["dep_term_due_cnt_next30d"] = summed(due, "count", bank)

    matured = inside(terms.assign(count=1), "due_date", "l12m", bank.day)
    found["dep_term_matured_amt_sum_l12m"] = summed(matured, "principal_amt", bank)
    found["dep_term_matured_cnt_l12m"] = summed(matured, "count", bank)
    found["dep_due_stay_ratio_l12m"] = _stay_ratio(bank, matured)

    deposits = {kind: assets.balance(assets.totals(bank, (kind,)), bank.day, bank) for kind in assets.DEPOSITS}
    total = sum(deposits.values())
    found["dep_demand_ratio"] = divided(deposits["demand"], total, 4)
    found["dep_cd_ratio"] = divided(deposits["cd"], total, 4)
    insured = int(bank.parameter("deposit_insured_amt")) * 100
    interest = bank.dwd("account_interest")
    earned = summed(interest[interest.kind_code != "margin"], "accrued_amt", bank)
    found["dep_over_insured_amt"] = (total + earned - insured).clip(lower=0)
    return pd.DataFrame(found, index=customers)


def _stay_ratio(bank: Bank, matured: pd.DataFrame) -> pd.Series:
    """What stayed in the bank of the deposits that matured at least 7 days ago, divided by what matured."""
    old = matured[matured.due_date + 7 * DAY <= bank.day]
    days = old.groupby(["customer_id", "due_date"], as_index=False)["principal_amt"].sum()
    held = assets.totals(bank).set_index(["customer_id", "day"])["bal"]

    def aum(shift: int) -> pd.Series:
        at = pd.MultiIndex.from_arrays([days.customer_id, days.due_date + shift * DAY])
        return held.reindex(at).fillna(0).reset_index(drop=True)

    fall = (aum(-1) - aum(7)).clip(lower=0)
    days["stayed"] = (days.principal_amt - fall).clip(lower=0)
    return divided(summed(days, "stayed", bank), summed(days, "principal_amt", bank), 4)
