"""The family txn: money in and out, in all, by direction, and by direction with mode, purpose, channel or counterparty."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.retail._flows import Tags, folded, sliced
from tests.naive.retail._postings import flows

DAYS = ["30d", "90d", "180d", "365d"]
MONTHS = ["lm", "l3m", "l12m"]

CHANNELS = ["mbank", "ebank", "counter", "smart", "atm", "pos", "qpay", "phone", "agent", "batch", "other"]
# code: the word in the tag's name
MODES = {"cash": "cash", "transfer": "transfer", "other": "modeother"}
COUNTERPARTIES = {
    "same_bank_other": "samebank",
    "other_bank_same_name": "samename",
    "other_bank_other": "otherbank",
    "third_pay": "thirdpay",
    "securities": "sec",
    "fund_insurance": "fundins",
    "government": "gov",
    "merchant": "merchant",
    "cash": "cpcash",
    "bank_gl": "bank",
    "other": "cpother",
}
# Some purposes make sense one way only; what comes the other way is money of another purpose.
_BOTH_WAYS = {"invest": "invest", "transfer": "remit", "other": "other"}
PURPOSES = {
    "in": {code: code for code in ["wage", "pension", "interest"]} | _BOTH_WAYS,
    "out": {code: code for code in ["fee", "penalty", "insurance", "household", "loan", "tax", "consume"]} | _BOTH_WAYS,
}


def tags(bank: Bank) -> pd.DataFrame:
    """All tags that fold the postings of a customer over a window."""
    rows = flows(bank)
    found = folded(bank, rows, "txn", ["cnt", "day_cnt", "self_cnt"], ["7d", *DAYS, *MONTHS])
    for direction in ("in", "out"):
        found |= _of_direction(bank, rows[rows.direction == direction], direction)
    return pd.DataFrame(found)


def _of_direction(bank: Bank, rows: pd.DataFrame, direction: str) -> Tags:
    """Money of one direction, whole and in slices."""
    way, purposes = f"txn_{direction}", PURPOSES[direction]
    found = folded(bank, rows, way, ["amt_sum", "amt_max", "cnt", "day_cnt"], ["7d", *DAYS, "mtd", *MONTHS])
    found |= folded(bank, rows, way, ["amt_sum", "cnt", "first_date", "last_date"], ["ltd"])
    for mode, word in MODES.items():
        part = sliced(rows, "mode", mode, MODES)
        found |= folded(bank, part, f"{way}_{word}", ["amt_sum", "amt_max", "cnt"], DAYS)
    for purpose, word in purposes.items():
        found |= folded(bank, sliced(rows, "purpose", purpose, purposes), f"{way}_{word}", ["amt_sum", "cnt"], DAYS)
    for channel in CHANNELS:
        part = sliced(rows, "channel", channel, CHANNELS)
        found |= folded(bank, part, f"txn_{channel}_{direction}", ["amt_sum", "cnt"], ["30d", "90d"])
    for kind, word in COUNTERPARTIES.items():
        part = sliced(rows, "cp_class", kind, COUNTERPARTIES)
        found |= folded(bank, part, f"{way}_{word}", ["amt_sum", "cnt"], ["30d", "90d"])
    return found
