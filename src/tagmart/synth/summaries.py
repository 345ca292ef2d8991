"""Summary codes 摘要码: what the core prints beside a posting. Two digits for what it is, 01 for money in, 02 for out."""

from __future__ import annotations

import numpy as np

from tagmart.synth import ledger

CASH = "10"
# What a posting is for, by its first two digits; cash is cash, whatever for. Labels: seed code_value, list summary.
GROUPS = {
    "wage": "11",
    "pension": "12",
    "interest": "13",
    "fee": "14",
    "penalty": "15",
    "insurance": "16",
    "household": "17",
    "loan": "18",
    "invest": "19",
    "tax": "20",
    "consume": "21",
    "transfer": "22",
    "other": "29",
}
IN, OUT = "01", "02"
SUMMARIES = tuple(
    group + side for group in (CASH, *(GROUPS[purpose] for purpose in ledger.PURPOSES)) for side in (IN, OUT)
)


def summary_places(mode: np.ndarray | int, purpose: np.ndarray | int, sign: np.ndarray) -> np.ndarray:
    """For each leg the place of its summary code in SUMMARIES.

    Args:
        mode: places in ledger.MODES, or the one place of all.
        purpose: places in ledger.PURPOSES, or the one place of all.
        sign: 1 for money in, -1 for money out; a red entry has that of the entry that it undoes, and so its summary.
    """
    group = np.where(np.asarray(mode) == ledger.MODE["cash"], 0, np.asarray(purpose, dtype=np.int64) + 1)
    return group * 2 + (sign <= 0)
