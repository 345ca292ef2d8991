"""Restating: published nights made anew, in order, after a source has sent a day again; and the receipt of what that changed.

Every night is a new run; the old ones stay, and readers are never led back to an older date (decision 0004).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path

from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.core.mart import MART_FILE, RESTATEMENT, RUN_MANIFEST, qualified, table_columns
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.ingest import overtaken, resent
from tagmart.night.launch import step
from tagmart.night.stages import STAGES
from tagmart.publish import list_published
from tagmart.publish.store import write_file

PAGE = "restatement.html"
# Lines shown of a kind; the table has all.
MOST = 20
KINDS = {
    "tag": ("标签", "tags", "customers changed"), "segment": ("客群", "segments", "members in and out"),
    "lead": ("线索", "kinds of leads", "leads in and out, or of another amount"), "customer": ("客户", "customers", "tags changed"),
}  # fmt: skip


@dataclass(frozen=True)
class Receipt:
    """What a run says otherwise than the run of its date before it.

    Attributes:
        run_id: the run.
        biz_date: its date.
        old_run_id: the run that it is compared with; None for the first run of its date.
        counts: how many tags, segments, leads and customers changed.
        rows: of each kind the largest changes: name, before, after, changed, sums before and after, difference.
    """

    run_id: str
    biz_date: date
    old_run_id: str | None
    counts: dict[str, int]
    rows: dict[str, Sequence[tuple]]

    def line(self) -> str:
        """In one line."""
        if self.old_run_id is None:
            return f"{self.biz_date} {self.run_id}: the first good run of its date, there is nothing to compare it with"
        if not any(self.counts.values()):
            return f"{self.biz_date} {self.run_id} against {self.old_run_id}: nothing changed"
        counted = " · ".join(f"{self.counts[kind]:,} {en}" for kind, (_, en, _) in KINDS.items())
        return f"{self.biz_date} {self.run_id} against {self.old_run_id}: {counted} changed"


def stale_nights(settings: Settings, state: State) -> list[date]:
    """Published nights that stand on a delivery which has come since, or was sent again since; oldest first.

    Args:
        settings: where contracts, calendar and landing are.
        state: which nights were published, and what they took in.

    Raises:
        TagmartError: if the contracts are wrong.
    """
    return sorted({night for one in (*overtaken(settings, state), *resent(state)) for night in one.nights})


def restate_command(nights: Sequence[date], bank: str | None = None) -> str:
    """The command that makes these nights anew, and those after them: they compare their segments with the night before."""
    return "tagmart restate" + (f" --bank {bank}" if bank else "") + f" --from {nights[0]}"


def nights_to_restate(settings: Settings, state: State, first: date | None, last: date | None) -> list[date]:
    """The published dates that are to be made anew, oldest first.

    Args:
        settings: the home.
        state: its state.
        first: the first date; else the oldest night that stands on a delivery that came, or was sent again, since.
        last: the last one; else the newest that is published. Later nights compare their segments with the one before.

    Raises:
        TagmartError: if no published night is affected, or none lies in the range.
    """
    published = sorted({run.biz_date for run in list_published(settings, state) if not run.withdrawn})
    if first is None:
        known = stale_nights(settings, state)
        if not known:
            raise TagmartError("no published night stands on a delivery that came, or was sent again, since", where="--from",
                               do="name the first date with --from if it is to be made anew all the same")
        first = known[0]
    found = [day for day in published if first <= day and (last is None or day <= last)]
    if not found:
        raise TagmartError("nothing is published in this range", where="--from",
                           seen=f"{first} to {last or 'the newest'}; published: {', '.join(map(str, published)) or 'nothing'}",
                           do="choose dates of `tagmart published list`")
    return found


def restate(settings: Settings, state: State, nights: Sequence[date]) -> Iterator[Receipt]:
    """Make published nights anew, oldest first, and give the receipt of each as soon as it is published.

    Args:
        settings: the home.
        state: its state.
        nights: as `nights_to_restate` gives them.

    Raises:
        StepFailedError: at the first night that fails: those after it would stand on it.
        StepBusyError: if another process is writing.
    """
    environment = settings.environment()
    for day in nights:
        run_id = step("begin", "--date", day.isoformat(), "--bank", settings.bank, environment=environment)
        for stage in STAGES:
            step(stage.name, "--run-id", run_id, "--bank", settings.bank, environment=environment)
        receipt = receipt_of(settings, state, run_id)
        write_receipt(settings, receipt)
        yield receipt


def receipt_of(settings: Settings, state: State, run_id: str) -> Receipt:
    """The receipt of a published run.

    Raises:
        TagmartError: if no such run is published, or an earlier version published it, which wrote none.
    """
    run = next((one for one in list_published(settings, state) if one.run_id == run_id), None)
    if run is None:
        raise TagmartError("no such run is published", where=run_id, do="choose one of `tagmart published list`")
    with connect(run.path / MART_FILE, read_only=True) as mart:
        if not table_columns(mart, RESTATEMENT.name):
            raise TagmartError("the run has no receipt: it was published by an earlier version", where=run_id,
                               do=f"compare two runs yourself, or restate {run.biz_date}")
        table = qualified(RESTATEMENT.name)
        counts = dict(mart.execute(f"select kind, count(*) from {table} group by kind").fetchall())
        old = mart.execute(f"select max(value) from {qualified(RUN_MANIFEST.name)} where kind = 'run' and name = 'restates'").fetchone()[0]
        rows = {
            kind: mart.execute(
                "select name, rows_before, rows_after, changed_cnt, value_before, value_after, difference"
                f" from {table} where kind = '{kind}' order by changed_cnt desc, abs(coalesce(difference, 0)) desc, name limit {MOST}"
            ).fetchall()
            for kind in KINDS
        }
    return Receipt(run_id, run.biz_date, old, {kind: counts.get(kind, 0) for kind in KINDS}, rows)


def receipt_lines(receipt: Receipt) -> Iterator[str]:
    """The receipt for the terminal."""
    yield receipt.line()
    for kind, (_, en, about) in KINDS.items():
        if not receipt.counts[kind]:
            continue
        yield f"{en}, {about}:"
        for name, before, after, changed, was, now, difference in receipt.rows[kind]:
            sums = "" if difference is None else f"; sum {was:,.2f} → {now:,.2f} ({difference:+,.2f})"
            yield f"  {name:<40} {changed:>8,}   {before or 0:,} → {after or 0:,}{sums}"
        if (more := receipt.counts[kind] - len(receipt.rows[kind])) > 0:
            yield f"  … and {more:,} more: select * from mart.{RESTATEMENT.name} where kind = '{kind}'"


def write_receipt(settings: Settings, receipt: Receipt) -> Path:
    """Write runs/<run_id>/restatement.html: opens without a network, readable by its owner only.

    Returns:
        The page's path.
    """
    parts = []
    for kind, (zh, en, about) in KINDS.items():
        rows = "".join(
            f"<tr><td>{escape(str(name))}</td>" + "".join(f"<td class=n>{_shown(value)}</td>" for value in figures) + "</tr>"
            for name, *figures in receipt.rows[kind]
        )
        heads = "".join(f"<th>{text}</th>" for text in (f"{zh} {en}", "前 before", "后 after", f"变化 {about}", "原合计 sum before",
                                                       "新合计 sum after", "差额 difference"))
        parts.append(f"<h2>{zh} · {en}: {receipt.counts[kind]:,}</h2>" + (f"<table><tr>{heads}</tr>{rows}</table>" if rows else ""))
    text = (
        "<!doctype html><html lang=zh><meta charset=utf-8><title>重述回执 Restatement</title><style>"
        "body{font:15px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;margin:2em auto;max-width:70em;color:#1d2733}"
        "table{border-collapse:collapse;width:100%}th,td{padding:.25em .6em;border-bottom:1px solid #d9dee4;text-align:left}"
        "th{font-weight:600;color:#5a6672}.n{text-align:right;font-variant-numeric:tabular-nums}</style>"
        f"<h1>重述回执 · Restatement of {receipt.biz_date}</h1><p>{escape(receipt.line())}</p>{''.join(parts)}</html>\n"
    )
    path = settings.run_dir(receipt.run_id) / PAGE
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_file(path, text)
    return path


def _shown(value: object) -> str:
    return "" if value is None else f"{value:,.2f}".removesuffix(".00")
