"""The door to files: what a feed is, helpers for its columns, writing its parts, and bringing them to their deliveries."""

from tagmart.synth.files.columns import (
    DATED,
    DELTA,
    FULL,
    JOURNAL,
    Feed,
    Part,
    constant,
    day_dates,
    day_times,
    decimals,
    flags,
    integers,
    money,
    numbered,
    pick,
    text,
)
from tagmart.synth.files.finish import finish
from tagmart.synth.files.parts import write_feed

__all__ = [
    "DATED",
    "DELTA",
    "FULL",
    "JOURNAL",
    "Feed",
    "Part",
    "constant",
    "day_dates",
    "day_times",
    "decimals",
    "finish",
    "flags",
    "integers",
    "money",
    "numbered",
    "pick",
    "text",
    "write_feed",
]
