"""Corporate, transaction: settlement with third parties compared, divided, and by day, month and hour."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate._settlement import amount, counted, settlements
from tests.naive.fold import divided, inside, lower_median, per_customer
from tests.naive.tally import days, first, has, last, number, total

ELECTRONIC = ["mbank", "ebank", "direct"]


def tags(bank: Bank) -> pd.DataFrame:
    day, customers = bank.day, bank.customers("corporate")
    money_in, money_out = settlements(bank, "in"), settlements(bank, "out")
    found = {
        f"stl_net_amt_sum_{name}": amount(money_in, name, day, customers) - amount(money_out, name, day, customers)
        for name in ["30d", "90d", "365d", "lm", "l12m"]
    }
    for direction, legs in {"in": money_in, "out": money_out}.items():
        found |= {f"stl_{direction}_{name}": tag for name, tag in one_way(legs, day, customers).items()}
    either = counted(pd.concat([money_in, money_out]))
    found |= {
        "stl_first_date": first(either, "acct_date", customers),
        "stl_idle_days": days(last(either, "acct_date", customers), day),
        "stl_retain_ratio_90d": divided(found["stl_net_amt_sum_90d"], amount(money_in, "90d", day, customers), 4),
    }
    found |= payments(bank, money_out, customers) | receipts(bank, money_in, customers)
    found |= taxes(bank, money_in, money_out, customers)
    return pd.DataFrame(found, index=customers)


def one_way(legs: pd.DataFrame, day: pd.Timestamp, customers: pd.Index) -> dict[str, pd.Series]:
    """What is said of money in and of money out alike."""
    month = day.to_period("M")
    by_month = {back: legs[legs.acct_date.dt.to_period("M") == month - back] for back in [*range(1, 7), 13]}

    def of_months(*back: int) -> pd.Series:
        return sum(total(by_month[count], "amt", customers) for count in back)

    last_month, year_before = of_months(1), of_months(13)
    quarter, quarter_before = of_months(1, 2, 3), of_months(4, 5, 6)
    recent = inside(legs, "acct_date", "90d", day)
    cash = recent[recent.cp == "cash"]
    return {
        "yoy_lm": divided(last_month - year_before, year_before, 4),
        "chg_ratio_l3m": divided(quarter - quarter_before, quarter_before, 4),
        "amt_median_90d": counted(recent).groupby("customer_id")["amt"].agg(lower_median).reindex(customers),
        "cash_ratio_90d": divided(total(cash, "amt", customers), total(recent, "amt", customers), 4),
        "last_date": last(counted(legs), "acct_date", customers),
    }


def payments(bank: Bank, legs: pd.DataFrame, customers: pd.Index) -> dict[str, pd.Series]:
    """How the company pays: large amounts, by which channel, at what time."""
    recent = inside(legs, "acct_date", "90d", bank.day)
    whole = total(recent, "amt", customers)
    large = counted(recent)[counted(recent).amt >= int(bank.parameter("stl_large_amt")) * 100]
    own = counted(recent)[counted(recent).is_self]
    begins, ends = int(bank.parameter("night_from_hour")), int(bank.parameter("night_to_hour"))
    night = own[(own.txn_time.dt.hour >= begins) | (own.txn_time.dt.hour < ends)]
    calendar = bank.dwd("calendar")
    holiday = own[own.acct_date.isin(calendar[~calendar.is_workday].cal_date)]
    electronic = recent[recent.channel.isin(ELECTRONIC)]
    by_channel = own.groupby(["customer_id", "channel"], as_index=False).size()
    most = by_channel.sort_values(["size", "channel"], ascending=[False, True])
    return {
        "stl_out_large_ratio_90d": divided(total(large, "amt", customers), whole, 4),
        "stl_out_electronic_ratio_90d": divided(total(electronic, "amt", customers), whole, 4),
        "stl_out_night_ratio_90d": divided(number(night, customers), number(own, customers), 4),
        "stl_out_holiday_ratio_90d": divided(number(holiday, customers), number(own, customers), 4),
        "stl_out_main_channel_code_90d": per_customer(most, "channel", "first", customers),
    }


def receipts(bank: Bank, legs: pd.DataFrame, customers: pd.Index) -> dict[str, pd.Series]:
    """The best day and month, and the months with receipts."""
    year = inside(legs, "acct_date", "l12m", bank.day)
    year = year.assign(month=year.acct_date.dt.to_period("M"))
    recent = inside(legs, "acct_date", "90d", bank.day)
    by_day = recent.groupby(["customer_id", "acct_date"], as_index=False)["amt"].sum()
    by_month = year.groupby(["customer_id", "month"], as_index=False)["amt"].sum()
    items = counted(year).groupby(["customer_id", "month"], as_index=False).size()
    active = items[items["size"] >= int(bank.parameter("stl_active_min_cnt"))]
    return {
        "stl_in_day_max_amt_90d": per_customer(by_day, "amt", "max", customers),
        "stl_in_month_max_amt_l12m": per_customer(by_month, "amt", "max", customers),
        "stl_active_month_cnt_l12m": number(active, customers),
        "stl_in_month_cnt_l12m": number(items, customers),
    }


def taxes(bank: Bank, money_in: pd.DataFrame, money_out: pd.DataFrame, customers: pd.Index) -> dict[str, pd.Series]:
    """Taxes paid from here, and the share of declared sales that is settled here."""
    paid = inside(money_out[money_out.purpose == "tax"], "acct_date", "l12m", bank.day)
    months = counted(paid).assign(month=counted(paid).acct_date.dt.to_period("M"))
    declared = inside(bank.dwd("company_tax"), "period", "l12m", bank.day)
    declared = declared[declared.is_authorised]
    declared = declared.assign(month=declared.period.dt.to_period("M"))
    received = money_in.assign(month=money_in.acct_date.dt.to_period("M"))
    received = received.merge(declared[["customer_id", "month"]], on=["customer_id", "month"])
    share = divided(total(received, "amt", customers), total(declared, "vat_sales_amt", customers), 4)
    cap = int(float(bank.parameter("stl_share_cap")) * 10**4)
    return {
        "stl_tax_month_cnt_l12m": per_customer(months, "month", "nunique", customers).astype("Int64").fillna(0),
        "stl_tax_amt_sum_l12m": total(paid, "amt", customers),
        "stl_share_ratio_l12m": share.clip(upper=cap).where(has(declared, customers)),
    }
