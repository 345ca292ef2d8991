"""What one night learned of one feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

from tagmart.contracts import Contract


@dataclass(frozen=True)
class FeedFact:
    """How a feed came in; a row of the state table `feed_fact`.

    Attributes:
        run_id: the run that learned it.
        feed: the feed.
        biz_date: the business date of the run, ISO.
        load: full, delta, journal or static.
        status: loaded | unchanged | carried | held | refused | missing | over_limit.
        rows_declared: what the control file says of the run's own delivery; None without a control file.
        rows_in: rows read of the run's own delivery.
        rows_loaded: of these, rows that are in ods.
        rows_quarantined: of these, rows that broke the contract.
        bad_share: rows_quarantined over rows_in; 0 for a delivery without rows.
        bad_share_limit: what the contract allows.
        files: names of the delivery's files, separated by blanks.
        message: what a person should know, empty if all is well.
        owner: who answers for the source.
        as_of: date of the last delivery in ods up to which none is missing, ISO; None for static feeds.
        due: the last date, up to the business date, on which a delivery was due, ISO; None for static feeds and feeds on
            issue.
        stale_days: days since the first due date whose delivery is missing, that date included; 0 if none is missing.
        carry_days: how many of them the contract allows; 0 where nothing is carried or held.
        notes: what was strange though it was taken in: a batch that replaced one, columns that moved by permission.
    """

    run_id: str
    feed: str
    biz_date: str
    load: str
    status: str
    rows_declared: int | None
    rows_in: int | None
    rows_loaded: int | None
    rows_quarantined: int | None
    bad_share: float | None
    bad_share_limit: float
    files: str
    message: str
    owner: str
    as_of: str | None
    due: str | None
    stale_days: int
    carry_days: int
    notes: str

    def record(self) -> dict:
        """The fact as a row."""
        return asdict(self)


def fact_of(
    contract: Contract,
    run_id: str,
    biz_date: date,
    status: str,
    message: str,
    arrival: Mapping | None,
    as_of: date | None,
    due: date | None,
    stale_days: int,
    notes: str,
) -> FeedFact:
    """Put a fact together.

    Args:
        contract: of the feed.
        run_id: the run.
        biz_date: of the run.
        status: see FeedFact.
        message: see FeedFact.
        arrival: the counts of the run's own delivery, a row shaped like the state table `arrival`; None if unknown.
        as_of: see FeedFact.
        due: see FeedFact.
        stale_days: see FeedFact.
        notes: see FeedFact.
    """
    seen = arrival or {}
    rows_in, bad = seen.get("rows_in"), seen.get("rows_quarantined")
    return FeedFact(
        run_id=run_id,
        feed=contract.feed,
        biz_date=biz_date.isoformat(),
        load=contract.load,
        status=status,
        rows_declared=seen.get("rows_declared"),
        rows_in=rows_in,
        rows_loaded=seen.get("rows_loaded"),
        rows_quarantined=bad,
        bad_share=None if rows_in is None else round(bad / rows_in, 6) if rows_in else 0.0,
        bad_share_limit=contract.limits.bad_share,
        files=seen.get("files", ""),
        message=message,
        owner=contract.owner,
        as_of=as_of.isoformat() if as_of else None,
        due=due.isoformat() if due else None,
        stale_days=stale_days,
        carry_days=contract.late.carry_days,
        notes=notes,
    )
