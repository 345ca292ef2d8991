"""Terminals and code plates of merchants, and the kinds of payment that they take."""

from __future__ import annotations

from functools import cache

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, divided
from tests.naive.merchant._rows import in_window, merchants, sales, whole
from tests.naive.tally import number


@cache
def tags(bank: Bank) -> pd.DataFrame:
    """prod_… of the counter."""
    return pd.DataFrame(_terminals(bank) | _use(bank) | _payments(bank), index=bank.customers("merchant"))


def _ever(bank: Bank) -> pd.DataFrame:
    """Terminals bound by the day: whether they still are, and when they last sold."""
    every = bank.dwd("merchant_terminal")
    every = every[every.bind_date <= bank.day]
    last = sales(bank).groupby(["customer_id", "term_sn"]).acct_date.max().rename("last_sale")
    found = every.join(last, on=["customer_id", "sn"])
    return found.assign(is_bound=found.unbind_date.isna() | (found.unbind_date > bank.day))


def _terminals(bank: Bank) -> dict[str, pd.Series]:
    customers, day, every = bank.customers("merchant"), bank.day, _ever(bank)
    bound = every[every.is_bound]
    home = bound.customer_id.map(merchants(bank).region_code)
    pos, qr = (number(bound[bound.kind_code == kind], customers) for kind in ("pos", "qr"))
    binding = every.groupby("customer_id").bind_date
    return {
        "prod_term_cnt": number(bound, customers),
        "prod_term_pos_cnt": pos,
        "prod_term_qr_cnt": qr,
        "prod_has_pos": pos > 0,
        "prod_has_qr": qr > 0,
        "prod_term_cnt_ltd": number(every, customers),
        "prod_term_unbound_cnt_ltd": number(every[~every.is_bound], customers),
        "prod_term_first_date": binding.min().reindex(customers),
        "prod_term_last_date": binding.max().reindex(customers),
        "prod_term_new_cnt_90d": number(bound[bound.bind_date > day - 90 * DAY], customers),
        "prod_term_region_cnt": bound.groupby("customer_id").region_code.nunique().reindex(customers, fill_value=0),
        "prod_term_away_cnt": number(bound[bound.region_code != home], customers),
    }


def _use(bank: Bank) -> dict[str, pd.Series]:
    customers, day, every = bank.customers("merchant"), bank.day, _ever(bank)
    bound = every[every.is_bound]
    active = number(bound[bound.last_sale > day - 30 * DAY], customers)
    since = (day - bound.last_sale.fillna(bound.bind_date)).dt.days
    rows = in_window(bank, sales(bank), "90d")
    busiest = rows.groupby(["customer_id", "term_sn"]).size().groupby("customer_id").max().reindex(customers)
    placed = rows.merge(bank.dwd("merchant_terminal"), how="left", left_on=["customer_id", "term_sn"], right_on=["customer_id", "sn"])
    at_home = (placed.bind_date <= placed.acct_date) & (placed.unbind_date.isna() | (placed.unbind_date > placed.acct_date))
    return {
        "prod_term_active_cnt_30d": active,
        "prod_term_idle_cnt_30d": number(bound, customers) - active,
        "prod_term_active_ratio_30d": divided(active, number(bound, customers), 4),
        "prod_term_never_cnt": number(bound[bound.last_sale.isna()], customers),
        "prod_term_dormant_cnt": number(bound[since >= whole(bank, "mer_term_dormant_days")], customers),
        "prod_term_stray_cnt_90d": number(placed[~at_home], customers),
        "prod_term_top_ratio_90d": divided(busiest, number(rows, customers), 4),
    }


def _payments(bank: Bank) -> dict[str, pd.Series]:
    customers, rows = bank.customers("merchant"), in_window(bank, sales(bank), "90d")
    found = {f"prod_has_{pay}_90d": number(rows[rows.pay == pay], customers) > 0 for pay in ("debit", "credit", "wallet", "ecny")}
    first = sales(bank).query("pay == 'ecny'").groupby("customer_id").acct_date.min()
    return found | {"prod_ecny_first_date": first.reindex(customers)}
