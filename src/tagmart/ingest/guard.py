"""The shrink guard: what a full delivery is measured against, and a person's word that stands against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tagmart.contracts import Contract
from tagmart.contracts.model import INITIAL_KIND
from tagmart.core.state import State
from tagmart.ingest.control import Manifest, refuse_shrunk
from tagmart.ingest.landing import Delivery


@dataclass(frozen=True)
class Guard:
    """What the guard knows of a feed.

    Attributes:
        contract: of the feed.
        accepted: dates whose delivery a person has accepted with however few rows, each with the md5 of the delivery that
            was then taken in, None before.
    """

    contract: Contract
    accepted: Mapping[str, str | None]

    @classmethod
    def of(cls, state: State, contract: Contract) -> Guard:
        """What the state says."""
        rows = state.rows("select biz_date, md5 from accepted where feed = ?", contract.feed)
        return cls(contract, {row["biz_date"]: row["md5"] for row in rows})

    def measured(
        self, delivery: Delivery, manifest: Manifest, arrivals: Mapping[str, Mapping]
    ) -> tuple[Manifest, tuple[str, ...]]:
        """The manifest with the rows of the delivery before; unchanged where nothing guards it. And what should be noted.

        Args:
            delivery: that is to be taken in, for the first time or again.
            manifest: of the delivery.
            arrivals: rows of the state table `arrival` by date: what is loaded of the feed.

        Raises:
            TagmartError: if its control file already says that it has shrunk.
        """
        if self.contract.load != "full" or delivery.biz_date is None:
            return manifest, ()
        # An initial load of dated rows brings many days at once: no measure for one day.
        measure = [
            row for label, row in arrivals.items()
            if label < delivery.label and (row["kind"] != INITIAL_KIND or self.contract.row_date is None)
        ]
        if not measure:
            return manifest, ()
        if delivery.label in self.accepted and self.accepted[delivery.label] in (None, manifest.md5):
            return manifest, (f"delivery of {delivery.label}: a person has accepted it with however few rows",)
        last = max(measure, key=lambda row: row["biz_date"])
        measured = replace(manifest, rows_before=last["rows_loaded"], before=last["biz_date"])
        refuse_shrunk(self.contract, measured, measured.rows_declared)
        return measured, ()

    def used(self, state: State, delivery: Delivery, manifest: Manifest) -> None:
        """Tie an acceptance to the delivery that was taken in: another one of that date is measured again."""
        if delivery.label in self.accepted:
            state.do("update accepted set md5 = ? where feed = ? and biz_date = ?", manifest.md5, self.contract.feed, delivery.label)
