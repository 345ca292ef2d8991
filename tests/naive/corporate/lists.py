"""The public lists that a company stands on: in force, newest batch of each, the ladder of specialised companies."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside
from tests.naive.tally import days, different, has, in_force

# The word of a tag and the code of the list.
LISTS = {
    "above_scale": "above_scale", "hightech": "high_tech", "innovative": "innovative",
    "listed": "listed", "littlegiant": "little_giant", "srdi": "srdi",
}
LADDER = {3: "littlegiant", 2: "srdi", 1: "innovative"}


def tags(bank: Bank) -> pd.DataFrame:
    """Where the company stands on each list at the business date, and what ends or ended."""
    customers, rows = bank.customers("corporate"), bank.dwd("company_list")
    held = in_force(rows, bank.day).sort_values("batch").groupby(["customer_id", "list_code"]).tail(1)
    found, ends = pd.DataFrame(index=customers), pd.DataFrame(index=customers)
    for word, code in LISTS.items():
        newest = held[held.list_code == code].set_index("customer_id").reindex(customers)
        found[f"corp_is_{word}"] = newest.batch.notna().astype("boolean")
        found[f"list_{word}_batch"] = newest.batch
        found[f"list_{word}_date"] = newest.from_date
        ends[word] = days(pd.Series(bank.day, index=customers), newest.to_date)
        found[f"list_{word}_expiry_days"] = ends[word]
    step = pd.Series(0, index=customers, dtype="Int64")
    for number in sorted(LADDER):
        step = step.mask(found[f"corp_is_{LADDER[number]}"], number)
    found["list_ladder_code"] = step
    found["list_cnt"] = different(held, "list_code", customers)
    found["list_first_date"] = rows.groupby("customer_id").from_date.min().reindex(customers)
    found["list_has_nation"] = has(held[held.level_code == "nation"], customers)
    found["list_next_expiry_days"] = ends.min(axis=1).astype("Int64")
    found["list_lapsed_cnt_365d"] = different(_lapsed(rows, held, bank), "list_code", customers)
    return found


def _lapsed(rows: pd.DataFrame, held: pd.DataFrame, bank: Bank) -> pd.DataFrame:
    """Rows that ended within 365 days, of lists that the company is no longer on."""
    ended = inside(rows, "to_date", "365d", bank.day)
    still = set(zip(held.customer_id, held.list_code, strict=True))
    return ended[[pair not in still for pair in zip(ended.customer_id, ended.list_code, strict=True)]]
