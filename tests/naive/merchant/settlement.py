"""What merchants are paid, when, and to which account."""

from __future__ import annotations

from functools import cache

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, base, days_of, divided, inside, window
from tests.naive.merchant._rows import merchants, settled, takings
from tests.naive.tally import number, total

DESTINATIONS = {"ownbank": "own", "destother": "other"}


@cache
def tags(bank: Bank) -> pd.DataFrame:
    """stl_… and mer_settle_…"""
    parts = _paid(bank) | _contract(bank) | _kept(bank) | _due(bank) | _lately(bank) | _balances(bank)
    return pd.DataFrame(parts, index=bank.customers("merchant"))


def _paid(bank: Bank) -> dict[str, pd.Series]:
    customers, rows, found = bank.customers("merchant"), settled(bank), {}
    for name in ("7d", "30d", "90d", "mtd", "lm", "l3m", "l12m"):
        paid = inside(rows, "settle_date", name, bank.day)
        found[f"stl_amt_sum_{name}"], found[f"stl_cnt_{name}"] = total(paid, "net_amt", customers), number(paid, customers)
    for name in ("30d", "90d", "l12m"):
        paid = inside(rows, "settle_date", name, bank.day)
        for word, dest in DESTINATIONS.items():
            found[f"stl_{word}_amt_sum_{name}"] = total(paid[paid.dest == dest], "net_amt", customers)
    recent = inside(rows, "settle_date", "90d", bank.day).groupby("customer_id")
    found["stl_amt_max_90d"] = recent.net_amt.max().reindex(customers).fillna(0)
    found["stl_day_cnt_90d"] = recent.settle_date.nunique().reindex(customers, fill_value=0)
    days = rows.groupby("customer_id").settle_date
    found["stl_first_date_ltd"], found["stl_last_date_ltd"] = days.min().reindex(customers), days.max().reindex(customers)
    return found


def _is_here(bank: Bank) -> pd.Series:
    return merchants(bank).settle_bank == "OWN"


def _contract(bank: Bank) -> dict[str, pd.Series]:
    shop, here = merchants(bank), _is_here(bank)
    holder = shop.settle_acct_no.map(bank.dwd("account").set_index("acct_no").customer_id)
    known = here & holder.notna() & shop.owner_customer_id.notna()
    account = shop.settle_acct_no.where(here)
    return {
        "mer_settle_is_own": here,
        "mer_settle_bank_code": shop.settle_bank,
        "mer_settle_is_owner_acct": (holder == shop.owner_customer_id).astype("boolean").where(known),
        "mer_settle_acct_mer_cnt": account.map(account.value_counts()),
    }


def _kept(bank: Bank) -> dict[str, pd.Series]:
    """What is kept of a settlement after seven days, as the mean of single shares with six decimals."""
    customers, rows = bank.customers("merchant"), settled(bank)
    asked = rows.settle_date.between(bank.day - 89 * DAY, bank.day - 7 * DAY) & rows.leg_acct_no.notna() & (rows.net_amt > 0)
    rows = rows[asked].reset_index(drop=True)
    daily = bank.dwd("account_balance_daily").set_index(["acct_no", "bal_date"]).bal
    seen = pd.DataFrame(
        {shift: _on(daily, rows.leg_acct_no, rows.settle_date + shift * DAY) for shift in range(-1, 8)}, index=rows.index
    )
    whole = seen.notna().all(axis=1)
    rows, seen = rows[whole], seen[whole]
    kept = (seen[range(8)].min(axis=1) - seen[-1]).clip(lower=0).astype("Int64")
    kept = kept.where(kept <= rows.net_amt, rows.net_amt)
    rows = rows.assign(share=divided(kept, rows.net_amt, 6))
    mean = divided(total(rows, "share", customers), 100 * number(rows, customers))
    return {"mer_settle_stay_ratio_7d": mean.where(_is_here(bank))}


def _on(daily: pd.Series, accounts: pd.Series, days: pd.Series) -> pd.Series:
    """The balance of each account on its day."""
    return daily.reindex(pd.MultiIndex.from_arrays([accounts, days])).set_axis(accounts.index)


def _due(bank: Bank) -> dict[str, pd.Series]:
    """Sales less refunds and fees by the day on which they are due."""
    customers, day = bank.customers("merchant"), bank.day
    calendar = bank.seed("calendar_day")
    open_days = pd.DatetimeIndex(sorted(calendar[calendar.is_settle_day == "true"].cal_date))
    rows = inside(takings(bank), "acct_date", "120d", day)
    following = open_days[open_days.searchsorted(rows.acct_date, side="right")]
    same_day = (rows.customer_id.map(merchants(bank).cycle_code) == "D0") & rows.acct_date.isin(open_days)
    rows = rows.assign(due=rows.acct_date.where(same_day, following), owed=rows.amt - rows.fee_amt)
    pending = total(rows[rows.due > day], "owed", customers).clip(lower=0)
    owed = rows.groupby(["customer_id", "due"]).owed.sum()
    owed = owed[owed > 0].reset_index()
    owed = inside(owed, "due", "90d", day)
    paid = settled(bank).rename(columns={"settle_date": "due"})[["customer_id", "due"]].drop_duplicates()
    kept = owed.merge(paid, on=["customer_id", "due"])
    ratio = divided(number(kept, customers), number(owed, customers), 4)
    return {"mer_settle_pending_amt": pending, "mer_settle_ontime_ratio_90d": ratio}


def _lately(bank: Bank) -> dict[str, pd.Series]:
    customers, every = bank.customers("merchant"), bank.dwd("merchant_settlement")
    last = settled(bank).groupby("customer_id").settle_date.max().reindex(customers)
    recent = inside(every, "settle_date", "90d", bank.day)
    back, paid = recent[recent.is_returned], recent[~recent.is_returned]
    amount = total(paid, "net_amt", customers)
    return {
        "mer_settle_last_date": last,
        "mer_settle_idle_days": (bank.day - last).dt.days,
        "mer_settle_returned_cnt_90d": number(back, customers),
        "mer_settle_returned_amt_sum_90d": total(back, "net_amt", customers),
        "mer_settle_own_ratio_90d": divided(total(paid[paid.dest == "own"], "net_amt", customers), amount, 4),
        "mer_settle_amt_mean_90d": divided(amount, number(paid, customers)),
    }


def _balances(bank: Bank) -> dict[str, pd.Series]:
    account = merchants(bank).settle_acct_no.where(_is_here(bank)).dropna()
    daily = bank.dwd("account_balance_daily")
    daily = daily[daily.acct_no.isin(account)]

    def at(day: pd.Timestamp) -> pd.Series:
        return account.map(daily[daily.bal_date == day].set_index("acct_no").bal).fillna(0)

    def mean(name: str) -> pd.Series:
        first, last = window(name, bank.day)
        held = daily[daily.bal_date.between(first, last)].groupby("acct_no").bal.sum()
        return divided(account.map(held).fillna(0), days_of(name, bank.day))

    now = at(bank.day)
    return {
        "mer_settle_acct_bal": now,
        "mer_settle_acct_bal_bom": at(base("bom", bank.day)),
        "mer_settle_acct_chg_30d": now - at(bank.day - 30 * DAY),
        "mer_settle_acct_davg_30d": mean("30d"),
        "mer_settle_acct_davg_lm": mean("lm"),
    }
