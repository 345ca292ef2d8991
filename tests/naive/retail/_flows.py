"""What happened on days, folded over windows: the measures that the families txn, pay and chn share.

A row has a customer, a `day`, perhaps an `amt`, and says whether it counts as an item (`is_item`; a later reversal brings its
negative amount and is no item) and whether the customer started it (`is_self`).
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside, per_customer

# measure: among which rows, of which column, folded how
_MEASURES = {
    "amt_sum": ("rows", "amt", "sum"),
    "amt_max": ("items", "amt", "max"),
    "cnt": ("items", "day", "count"),
    "self_cnt": ("acts", "day", "count"),
    "day_cnt": ("items", "day", "nunique"),
    "first_date": ("items", "day", "min"),
    "last_date": ("items", "day", "max"),
}


Tags = dict[str, pd.Series]


def folded(bank: Bank, rows: pd.DataFrame, name: str, measures: Iterable[str], windows: Iterable[str]) -> Tags:
    """`name`_measure_window of all retail customers, for these measures and windows; nothing is 0, no date is NA."""
    found = {}
    for window in windows:
        within = inside(rows, "day", window, bank.day)
        items = within[within.is_item]
        among = {"rows": within, "items": items, "acts": items[items.is_self]}
        for measure in measures:
            kind, column, how = _MEASURES[measure]
            told = per_customer(among[kind], column, how, bank.customers("retail"))
            found[f"{name}_{measure}_{window}"] = told if measure.endswith("_date") else or_zero(told)
    return found


def sliced(rows: pd.DataFrame, column: str, code: str, codes: Iterable[str]) -> pd.DataFrame:
    """The rows of one code of a slice; `other` is all that the codes of the slice do not name, so that slices add up."""
    if code == "other":
        return rows[~rows[column].isin([listed for listed in codes if listed != "other"])]
    return rows[rows[column] == code]


def or_zero(found: pd.Series) -> pd.Series:
    """What was counted or summed; 0 for customers of whom nothing was found."""
    return found.astype("Int64").fillna(0)
