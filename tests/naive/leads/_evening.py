"""What the readings of leads share: the day that is asked, the dated numbers, and the tags of the day before."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from hashlib import sha256

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, divided, lower_median
from tests.naive.retail._pay import wages
from tests.naive.retail._wealth import ends, weighted

Told = set[tuple[str, str, str]]


@dataclass(frozen=True)
class Evening:
    """The evening of a day in the history of a bank; `bank` is the night of a later day, or of this one."""

    bank: Bank
    day: pd.Timestamp

    def tags(self) -> pd.DataFrame:
        """Tags of retail customers on the day before, a row a customer: those of the tier, `txn_self_idle_days`, `pay_amt_median_l3m`."""
        return _tags(self.bank, self.day - DAY)

    def lines(self) -> pd.Series:
        """What is a large sum for each retail customer, in cents, by the tier of the day before."""
        seed = self.bank.seed("lead_threshold").query("name == 'large_amt'")
        return self.tags().tier_code.map({row.tier: int(Decimal(row.value) * 100) for row in seed.itertuples()})

    def assets(self) -> pd.Series:
        """What each retail customer has at the end of the day, in cents."""
        return _ends(self.bank).loc[self.day]

    def of_day(self, rows: pd.DataFrame, column: str) -> pd.DataFrame:
        """The rows of the day."""
        return rows[rows[column] == self.day]

    def lately(self, rows: pd.DataFrame, column: str, days: int) -> pd.DataFrame:
        """The rows of so many days, of which the day is the last."""
        return rows[(rows[column] > self.day - days * DAY) & (rows[column] <= self.day)]

    def before(self, rows: pd.DataFrame, column: str, days: int) -> pd.DataFrame:
        """The rows of so many days, of which the day before is the last."""
        return rows[(rows[column] >= self.day - days * DAY) & (rows[column] < self.day)]

    def number(self, name: str) -> Decimal:
        """A dated number of the leads that is the same for every tier."""
        return _number(self.bank, name)

    def days(self, name: str) -> int:
        """One that counts days, weeks or months."""
        return int(self.number(name))

    def cents(self, name: str) -> int:
        """One that is an amount."""
        return int(self.number(name) * 100)


def digest(kind: str, key: str) -> str:
    """A key that tells nobody what it is a key of: the first 16 digits of SHA-256 of what it is and the key."""
    return sha256(f"{kind}|{key}".encode()).hexdigest()[:16]


@cache
def workdays(bank: Bank) -> list[pd.Timestamp]:
    """Every workday of the calendar, in their order."""
    days = bank.seed("calendar_day").query("is_workday == 'true'").cal_date
    return sorted(pd.to_datetime(days))


@cache
def legs(bank: Bank) -> pd.DataFrame:
    """Movements on accounts of retail customers but for pairs that undo each other on a day; one that is undone later is below 0."""
    rows = bank.dwd("transaction")
    return rows[(rows.entity == "retail") & ~rows.is_void]


@cache
def _number(bank: Bank, name: str) -> Decimal:
    [value] = bank.seed("lead_threshold").query("name == @name and tier == 'all'")["value"]
    return Decimal(value)


@cache
def _ends(bank: Bank) -> pd.DataFrame:
    return ends(bank)


@cache
def _worth(bank: Bank) -> pd.DataFrame:
    """What counts for the tier at the end of each day, in ten-thousandths of a cent."""
    weights = bank.seed("tier_weight").query("entity == 'retail'")
    return weighted(bank, {row.prod: int(Decimal(row.weight) * 10_000) for row in weights.itertuples()})


@cache
def _tags(bank: Bank, day: pd.Timestamp) -> pd.DataFrame:
    """The tags at the end of a day. Tiers and their watch are those of the last evaluation (mass where there was none)."""
    customers = bank.customers("retail")
    rules = bank.seed("tier_rule").query("entity == 'retail'").astype({"tier_no": int}).sort_values("tier_no")
    code = dict(zip(rules.tier_no, rules.tier, strict=True))
    line = {row.tier_no: int(Decimal(row.lower_bound) * 100) for row in rules.itertuples()}
    judged = bank.evaluations().query("eval_date == @day.replace(day=1)").set_index("customer_id").reindex(customers)
    tier = judged.tier_no.fillna(1).astype(int)
    month = _worth(bank).loc[day.replace(day=1) : day]
    stays = month.iloc[-1] * (day.days_in_month - day.day)
    last = _acts(bank)[_acts(bank).acct_date <= day].groupby("customer_id").acct_date.max().reindex(customers)
    return pd.DataFrame({
        "tier_code": tier.map(code),
        "tier_own_amt": tier.map(line).astype("Int64"),
        "tier_next_amt": (tier + 1).map(line).astype("Int64"),
        "tier_watch_months": judged.watch_months.astype("Int64"),
        "tier_forecast_amt": divided(month.sum() + stays, day.days_in_month * 10_000),
        "aum_davg_lm": judged.measure_amt.fillna(0).astype("Int64"),
        "txn_self_idle_days": (day - last).dt.days.astype("Int64"),
        "pay_amt_median_l3m": _median_wage(bank, day.to_period("M")),
    })  # fmt: skip


@cache
def _acts(bank: Bank) -> pd.DataFrame:
    """Days on which customers moved money themselves, on any account and card."""
    moved, cards = legs(bank), bank.dwd("credit_card_transaction")
    own = [moved[(moved.init_code == "C") & ~moved.is_reversal], cards[cards.is_self]]
    return pd.concat([rows[["customer_id", "acct_date"]] for rows in own]).drop_duplicates()


@cache
def _median_wage(bank: Bank, running: pd.Period) -> pd.Series:
    """The median of the wages of the three months before the running one, of those that had any."""
    paid = wages(bank)
    paid = paid[(paid.month >= running - 3) & (paid.month < running)]
    months = paid.groupby(["customer_id", "month"]).amt.sum()
    return months.groupby("customer_id").agg(lower_median).reindex(bank.customers("retail")).astype("Int64")
