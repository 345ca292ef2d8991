"""Customer assets: what AUM is made of, and how it went over months."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import base, divided, inside
from tests.naive.retail import _assets as assets
from tests.naive.retail._assets import summed

MONTHS = 6


def tags(bank: Bank) -> pd.DataFrame:
    """aum_<kind>_ratio and what else is said of the kinds; aum_davg_…_l6m, aum_peak_…, aum_swell_…, aum_zero_…"""
    return pd.DataFrame(_kinds(bank) | _months(bank) | _days(bank), index=bank.customers("retail"))


def _kinds(bank: Bank) -> dict[str, pd.Series]:
    bal = pd.DataFrame({kind: assets.balance(assets.totals(bank, (kind,)), bank.day, bank) for kind in assets.KINDS})
    aum = bal.sum(axis=1)
    groups = {kind: [kind] for kind in ("demand", "term", "wm", "fund", "pm", "tb", "trust", "transit")}
    groups |= {"dep": assets.DEPOSITS, "inv": [*assets.HOLDINGS, "transit"]}
    found = {f"aum_{name}_ratio": divided(bal[kinds].sum(axis=1), aum, 4) for name, kinds in groups.items()}
    found["aum_top_ratio"] = divided(bal.max(axis=1), aum, 4)
    found["aum_hhi"] = divided((bal * bal).sum(axis=1), aum * aum, 4)
    found["aum_prod_cnt"] = (bal > 0).sum(axis=1)
    by_code = bank.seed("code_value").query("list == 'asset_prod'").sort_values("code")["code"]
    found["aum_main_code"] = bal[list(by_code)].astype("int64").idxmax(axis=1).where(aum > 0)
    return found


def _months(bank: Bank) -> dict[str, pd.Series]:
    """Day averages of the last complete months, the oldest first; one more than six, to compare the first with."""
    rows, running = assets.totals(bank), bank.day.to_period("M")
    averages = pd.DataFrame(
        {
            month: divided(summed(rows[rows.day.dt.to_period("M") == month], "bal", bank), month.days_in_month)
            for month in pd.period_range(running - MONTHS - 1, running - 1, freq="M")
        }
    )
    last = averages.iloc[:, 1:]
    has_any = (last > 0).any(axis=1)
    std = pd.Series([_std([int(value) for value in row]) for row in last.to_numpy()], index=last.index)
    mean = [Decimal(int(value)) / MONTHS for value in last.sum(axis=1)]
    volatility = [_whole(each / average * 10_000) if average else pd.NA for each, average in zip(std, mean, strict=True)]
    season = base("boq", bank.day).to_period("M")
    quarter_end = assets.balance(rows, base("boq", bank.day), bank)
    quarter_average = divided(
        summed(rows[rows.day.dt.to_period("M") == season], "bal", bank), season.days_in_month
    )
    return {
        "aum_davg_max_amt_l6m": last.max(axis=1),
        "aum_davg_min_amt_l6m": last.min(axis=1),
        "aum_davg_std_l6m": std.map(_whole).astype("Int64").where(has_any),
        "aum_vol_ratio_l6m": pd.Series(volatility, index=last.index),
        "aum_rise_month_cnt_l6m": (averages.diff(axis=1).iloc[:, 1:] > 0).sum(axis=1),
        "aum_swell_ratio_boq": divided(quarter_end, quarter_average, 4),
    }


def _std(values: list[int]) -> Decimal:
    """Population standard deviation of cents, unrounded."""
    count = len(values)
    return Decimal(count * sum(value * value for value in values) - sum(values) ** 2).sqrt() / count


def _whole(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _days(bank: Bank) -> dict[str, pd.Series]:
    rows, customers = assets.totals(bank), bank.customers("retail")
    year = inside(rows, "day", "l12m", bank.day)
    peak = year.groupby("customer_id")["bal"].max()
    at_peak = year[(year.bal > 0) & (year.bal == year.customer_id.map(peak))]
    recent = inside(rows, "day", "90d", bank.day)
    filled = recent[recent.bal >= 100].groupby("customer_id")["day"].count().reindex(customers).fillna(0)
    return {
        "aum_peak_date_l12m": at_peak.groupby("customer_id")["day"].min().reindex(customers),
        "aum_peak_ratio_l12m": divided(assets.balance(rows, bank.day, bank), peak.reindex(customers), 4),
        "aum_zero_day_cnt_90d": 90 - filled,
    }
