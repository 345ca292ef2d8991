"""How the sales of merchants change and what they are made of."""

from __future__ import annotations

from functools import cache

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, divided, window
from tests.naive.merchant._rows import cents, day_kinds, in_window, merchants, net_sales, sales, takings, tried, whole
from tests.naive.tally import number, total


@cache
def tags(bank: Bank) -> pd.DataFrame:
    """mer_…_ratio and what stands beside them."""
    customers, sold = bank.customers("merchant"), sales(bank)
    found = _changes(bank)
    for name in ("30d", "90d"):
        found |= _made_of(bank, name)
    rows = in_window(bank, sold, "30d")
    found["mer_night_cnt_ratio_30d"] = divided(number(rows[_night(bank, rows)], customers), number(rows, customers), 4)
    rows = in_window(bank, tried(bank), "30d")
    found["mer_fail_ratio_30d"] = divided(number(rows[~rows.is_ok], customers), number(rows, customers), 4)
    found["mer_idle_days"] = (bank.day - sold.groupby("customer_id").acct_date.max().reindex(customers)).dt.days
    rows = in_window(bank, sold, "l12m")
    months = rows.acct_date.dt.to_period("M").groupby(rows.customer_id).nunique()
    found["mer_month_cnt_l12m"] = months.reindex(customers, fill_value=0)
    kinds = in_window(bank, sold, "90d").groupby("customer_id").pay.nunique()
    found["mer_pay_cnt_90d"] = kinds.reindex(customers, fill_value=0)
    return pd.DataFrame(found, index=customers)


def _change(now: pd.Series, before: pd.Series, least: int) -> pd.Series:
    """now ÷ before - 1; empty where `before` is below `least` cents."""
    return divided(now - before, before, 4).where(before >= least)


def _changes(bank: Bank) -> dict[str, pd.Series]:
    day, least = bank.day, cents(bank, "mer_chg_base_amt")
    now, before = net_sales(bank, day - 27 * DAY, day), net_sales(bank, day - 55 * DAY, day - 28 * DAY)
    found = {"mer_amt_chg_ratio_28d": _change(now, before, least)}
    now, before = net_sales(bank, day - 6 * DAY, day), net_sales(bank, day - 34 * DAY, day - 7 * DAY)
    # A quarter of the 28 days before: both sides times four stay whole.
    found["mer_amt_chg_ratio_7d"] = _change(4 * now, before, 4 * cents(bank, "mer_week_base_amt"))
    for name in ("lm", "l3m"):
        first, last = window(name, day)
        now, before = net_sales(bank, first, last), net_sales(bank, *window(name, first))
        found[f"mer_amt_chg_ratio_{name}"] = _change(now, before, least)
    last_month = day.to_period("M") - 1
    year_ago = last_month - 12
    now = net_sales(bank, last_month.start_time, last_month.end_time)
    ratio = _change(now, net_sales(bank, year_ago.start_time, year_ago.end_time), least)
    on_record = (merchants(bank).start_date <= year_ago.start_time) & (sales(bank).acct_date.min() <= year_ago.start_time)
    return found | {"mer_amt_yoy_lm": ratio.where(on_record)}


def _night(bank: Bank, rows: pd.DataFrame) -> pd.Series:
    return (rows.txn_hour >= whole(bank, "mer_night_from_hour")) | (rows.txn_hour < whole(bank, "mer_night_to_hour"))


def _made_of(bank: Bank, name: str) -> dict[str, pd.Series]:
    customers, rows, taken = bank.customers("merchant"), in_window(bank, sales(bank), name), in_window(bank, takings(bank), name)
    refunds, sold = taken[taken.is_refund], total(rows, "amt", customers)
    found = {
        f"mer_ticket_amt_mean_{name}": divided(sold, number(rows, customers)),
        f"mer_refund_amt_ratio_{name}": divided(-total(refunds, "amt", customers), sold, 4),
        f"mer_refund_cnt_ratio_{name}": divided(number(refunds, customers), number(rows, customers), 4),
    }
    kind = rows.acct_date.map(day_kinds(bank))
    parts = {"night": _night(bank, rows), "weekend": kind == "weekend", "holiday": kind == "holiday"}
    parts |= {pay: rows.pay == pay for pay in ("debit", "credit", "wallet", "ecny")}
    return found | {f"mer_{part}_ratio_{name}": divided(total(rows[holds], "amt", customers), sold, 4) for part, holds in parts.items()}
