"""What a fault is, and where one was planted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from tagmart.contracts import Contract
from tagmart.core.errors import TagmartError
from tagmart.synth.faults.edit import Opened

# What a night makes of a fault, by its name in the catalogue.
OUTCOMES = {
    "refused": "nothing of the delivery is stored, gate 1 stops the night",
    "quarantined": "the bad rows are set aside, the others are loaded, the night goes on",
    "late": "the night stops at gate 1 until the delivery has come",
    "held": "the tags made of the feed keep their last good values, each with its date, and the rest of the night is on time",
    "carried": "the last state is carried forward, marked stale, and the night goes on",
    "warned": "the delivery is taken in, somebody is told, the night goes on",
}


@dataclass(frozen=True)
class Site:
    """A delivery in which a fault is planted.

    Attributes:
        landing: folder of the dated folders.
        contract: of the feed.
        days: the dates of all its deliveries in the landing, oldest first.
        day: the date of the delivery: its last one.
        rng: where in the file the fault goes.
    """

    landing: Path
    contract: Contract
    days: tuple[date, ...]
    day: date
    rng: np.random.Generator

    def opened(self, day: date | None = None) -> Opened:
        """The delivery of that date (None: the one that the fault is for), to be changed and written back."""
        return Opened.read(self.landing, self.contract, day or self.day)

    @property
    def day_before(self) -> date:
        """The date of the delivery before the last one.

        Raises:
            TagmartError: if there is only one.
        """
        if len(self.days) < 2:
            raise TagmartError("the feed has only one delivery", where=f"{self.landing.name}/{self.contract.feed}",
                               seen=f"{self.day}", do="choose another feed: NAME@FEED, or make more days")
        return self.days[-2]


@dataclass(frozen=True)
class Mark:
    """Where a fault went.

    Attributes:
        file: name of the file, or of the one that is not there.
        line: line in the file, where the fault is in one.
        column: the column, where it is in one.
        day: date of the delivery, where it is not the last one of the feed.
        says: words of the message that only the planting knows.
    """

    file: str
    line: int | None = None
    column: str | None = None
    day: date | None = None
    says: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """A kind of fault.

    Attributes:
        name: what it is called on the command line.
        feed: where it is planted unless somebody says otherwise.
        outcome: one of OUTCOMES.
        says: words that the night's message must have.
        done: what is done to the files.
        do: what the operator does about it.
        plant: does it.
        fits: whether a feed can have it; else `needs` says why not.
        needs: what a feed must have.
    """

    name: str
    feed: str
    outcome: str
    says: tuple[str, ...]
    done: str
    do: str
    plant: Callable[[Site], Mark]
    fits: Callable[[Contract], bool] = lambda contract: True
    needs: str = ""


@dataclass(frozen=True)
class Planted:
    """A fault that lies in a landing, as the answer file tells it."""

    fault: str
    feed: str
    biz_date: date
    file: str
    line: int | None
    column: str | None
    outcome: str
    says: tuple[str, ...]
    done: str
    do: str

    def record(self) -> Mapping[str, object]:
        """As JSON has it."""
        return {**self.__dict__, "biz_date": self.biz_date.isoformat(), "says": list(self.says)}
