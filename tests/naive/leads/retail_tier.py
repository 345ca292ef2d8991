"""Leads about tiers: the next one is near, or the own one is in danger."""

from __future__ import annotations

import pandas as pd

from tests.naive.leads._evening import Evening, Told, workdays


def tier_near(evening: Evening) -> Told:
    """On day 20 or the last 5 workdays: the forecast is 90–100 % of the next line; or under the own line, watched for a month."""
    day, told = evening.day, set()
    month = [each for each in workdays(evening.bank) if each.to_period("M") == day.to_period("M")]
    if day.day != evening.days("tier_near_day") and day not in month[-evening.days("tier_near_workdays") :]:
        return told
    for row in evening.tags().itertuples():
        forecast, above = int(row.tier_forecast_amt), row.tier_next_amt
        is_watched = not pd.isna(row.tier_watch_months) and row.tier_watch_months >= evening.days("tier_fall_watch_months")
        if not pd.isna(above) and evening.number("tier_near_ratio") * int(above) <= forecast < above:
            told.add((row.Index, "main", f"{day:%Y-%m}"))
        elif forecast < row.tier_own_amt and is_watched:
            told.add((row.Index, "fall", f"{day:%Y-%m}"))
    return told
