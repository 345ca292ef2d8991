"""Sales, refunds and failures of merchants by window, by kind of payment, hour and day; fees and their costs."""

from __future__ import annotations

from functools import cache

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.merchant._rows import day_kinds, in_window, sales, takings, tried, whole
from tests.naive.tally import number, total

PAYMENTS = {"debit": "debit", "credit": "credit", "wallet": "wallet", "ecny": "ecny", "payother": "other"}


@cache
def tags(bank: Bank) -> pd.DataFrame:
    """mer_… of the rows themselves."""
    return pd.DataFrame(_all_sales(bank) | _parts(bank) | _fees(bank), index=bank.customers("merchant"))


def _all_sales(bank: Bank) -> dict[str, pd.Series]:
    customers, sold, taken = bank.customers("merchant"), sales(bank), takings(bank)
    refunds, failed = taken[taken.is_refund], tried(bank)[~tried(bank).is_ok]
    found = {}
    for name in ("7d", "30d", "90d", "180d", "mtd", "ytd", "lm", "lq", "l3m", "l12m"):
        found[f"mer_amt_sum_{name}"] = total(in_window(bank, taken, name), "amt", customers)
    for name in ("7d", "30d", "90d", "180d", "mtd", "ytd", "lm", "lq", "l3m", "l12m", "ltd"):
        found[f"mer_cnt_{name}"] = number(in_window(bank, sold, name), customers)
    for name in ("30d", "90d", "l12m"):
        found[f"mer_amt_max_{name}"] = in_window(bank, sold, name).groupby("customer_id").amt.max().reindex(customers).fillna(0)
    for name in ("30d", "90d", "lm", "l12m"):
        days = in_window(bank, sold, name).groupby("customer_id").acct_date.nunique()
        found[f"mer_day_cnt_{name}"] = days.reindex(customers, fill_value=0)
        found[f"mer_refund_amt_sum_{name}"] = -total(in_window(bank, refunds, name), "amt", customers)
    for name in ("30d", "90d"):
        found[f"mer_refund_cnt_{name}"] = number(in_window(bank, refunds, name), customers)
        found[f"mer_fail_cnt_{name}"] = number(in_window(bank, failed, name), customers)
    days = sold.groupby("customer_id").acct_date
    return found | {"mer_first_date_ltd": days.min().reindex(customers), "mer_last_date_ltd": days.max().reindex(customers)}


def _parts(bank: Bank) -> dict[str, pd.Series]:
    """Sales less refunds, and the number of sales, of a part of the rows."""
    customers, found = bank.customers("merchant"), {}
    for name in ("30d", "90d"):
        taken = in_window(bank, takings(bank), name)
        night = (taken.txn_hour >= whole(bank, "mer_night_from_hour")) | (taken.txn_hour < whole(bank, "mer_night_to_hour"))
        kind = taken.acct_date.map(day_kinds(bank))
        parts = {word: taken.pay == pay for word, pay in PAYMENTS.items()}
        parts |= {"night": night, "daytime": ~night}
        parts |= {word: kind == word for word in ("workday", "weekend", "holiday")}
        for word, holds in parts.items():
            found[f"mer_{word}_amt_sum_{name}"] = total(taken[holds], "amt", customers)
            found[f"mer_{word}_cnt_{name}"] = number(taken[holds & ~taken.is_refund], customers)
    return found


def _fees(bank: Bank) -> dict[str, pd.Series]:
    customers, sold, found = bank.customers("merchant"), sales(bank), {}
    for name in ("30d", "lm", "l3m", "l12m", "ytd"):
        rows = in_window(bank, sold, name)
        fee = total(rows, "fee_amt", customers)
        cost = sum(total(rows, column, customers) for column in ("interchange_amt", "network_amt", "subsidy_amt"))
        found[f"mer_fee_amt_sum_{name}"], found[f"mer_fee_cost_amt_sum_{name}"] = fee, cost
        found[f"mer_fee_net_amt_sum_{name}"] = fee - cost
    return found
