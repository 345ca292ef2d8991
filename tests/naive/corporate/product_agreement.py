"""Corporate, product: agreements in force, and the channels that the company itself uses."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside
from tests.naive.tally import days, different, first, has, last, number

KINDS = ["ebank", "direct_link", "cashmgmt", "payroll", "pos", "fx", "sms", "autopay"]


def agreements(bank: Bank) -> pd.DataFrame:
    """Agreements of companies begun by the day, ended ones included."""
    every = bank.dwd("agreement")
    return every[(every.entity == "corporate") & (every.from_date <= bank.day)]


def tags(bank: Bank) -> pd.DataFrame:
    day, customers, every = bank.day, bank.customers("corporate"), agreements(bank)
    live, ended = every[every.to_date.isna() | (every.to_date > day)], every[every.to_date <= day]
    legs = bank.dwd("corporate_flow")
    legs = legs[~legs.is_void & ~legs.is_reversal]
    found = {}
    for kind in KINDS:
        signed = live[live.agr_type == kind]
        # Payroll and foreign exchange count as held only where they are used.
        found[f"prod_{kind}_is_signed" if kind in ("payroll", "fx") else f"prod_has_{kind}"] = has(signed, customers)
        found[f"prod_{kind}_date"] = first(signed, "from_date", customers)
        found[f"prod_{kind}_days"] = days(found[f"prod_{kind}_date"], day)
    paid = bank.dwd("pay_detail").drop(columns="customer_id").rename(columns={"payer_customer_id": "customer_id"})
    paid = inside(paid[paid.result_code == "ok"], "pay_date", "365d", day)
    foreign = inside(legs[legs.ccy != "CNY"], "acct_date", "365d", day)
    found |= {
        "prod_has_payroll": found["prod_payroll_is_signed"] & has(paid, customers),
        "prod_has_fx": found["prod_fx_is_signed"] & has(foreign, customers),
        "prod_agr_cnt": different(live, "agr_type", customers),
        "prod_agr_new_cnt_365d": number(inside(live, "from_date", "365d", day), customers),
        "prod_agr_ended_cnt_365d": number(inside(ended, "to_date", "365d", day), customers),
        "prod_agr_ended_date": last(ended, "to_date", customers),
        "prod_agr_first_date": first(every, "from_date", customers),
        "prod_agr_last_date": last(every, "from_date", customers),
    }
    for channel in ["ebank", "mbank", "direct", "counter"]:
        used = legs[(legs.channel == channel) & legs.is_self]
        found[f"prod_{channel}_is_active_90d"] = has(inside(used, "acct_date", "90d", day), customers)
        found[f"prod_{channel}_last_date"] = last(used, "acct_date", customers)
    return pd.DataFrame(found, index=customers)
