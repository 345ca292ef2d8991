"""Insurance policies: in force, lapsed, ended, and what they ask for next."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside
from tests.naive.tally import days, first, has, last, number, total

KINDS = {"protect": "protect", "annuity": "annuity", "endow": "endow", "unit_linked": "unitlinked"}


def policies(bank: Bank) -> pd.DataFrame:
    """All policies, with whether they are in force: live, in effect by the business date, and not ended before it."""
    rows, day = bank.dwd("insurance_policy"), bank.day
    is_live = (rows.status_code == "live") & (rows.effect_date <= day) & ~(rows.end_date < day)
    return rows.assign(is_live=is_live)


def tags(bank: Bank) -> pd.DataFrame:
    customers, day, ever = bank.customers("retail"), bank.day, policies(bank)
    live, lapsed = ever[ever.is_live], ever[ever.status_code == "lapsed"]
    regular, in_effect = live[live.pay_mode.isin(["annual", "monthly"])], ever[ever.effect_date <= day]
    ended = ever[(ever.status_code == "ended") | ((ever.status_code == "live") & (ever.end_date < day))]
    a_year = regular.assign(a_year=regular.premium_amt * regular.pay_mode.map({"annual": 1, "monthly": 12}))
    told = {
        "ins_policy_cnt": number(live, customers),
        "prod_has_ins_policy": has(live, customers),
        "ins_regular_policy_cnt": number(regular, customers),
        "ins_single_policy_cnt": number(live[live.pay_mode == "single"], customers),
        "ins_premium_year_amt": total(a_year, "a_year", customers),
        "ins_paid_amt_ltd": total(live, "paid_amt", customers),
        "ins_cash_value_amt": total(live, "cash_value", customers),
        "ins_first_date": first(in_effect, "effect_date", customers),
        "ins_last_date": last(in_effect, "effect_date", customers),
        "ins_policy_cnt_ltd": number(in_effect, customers),
        "ins_new_cnt_365d": number(inside(ever, "effect_date", "365d", day), customers),
        "ins_lapsed_cnt": number(lapsed, customers),
        "ins_lapsed_cnt_365d": number(inside(lapsed, "lapse_date", "365d", day), customers),
        "ins_lapse_date": last(lapsed, "lapse_date", customers),
        "ins_ended_cnt": number(ended, customers),
        "ins_next_pay_date": first(live[live.next_pay_date >= day], "next_pay_date", customers),
        "ins_next_pay_amt_next30d": total(inside(live, "next_pay_date", "next30d", day), "premium_amt", customers),
        "ins_end_cnt_next90d": number(inside(live, "end_date", "next90d", day), customers),
        "ins_next_end_days": days(day, first(live, "end_date", customers)),
    }
    for kind, name in KINDS.items():
        told[f"ins_{name}_policy_cnt"] = number(live[live.kind_code == kind], customers)
    return pd.DataFrame(told)
