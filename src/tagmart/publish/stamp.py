"""The stamp of quality and freshness: one row that a dashboard shows beside its figures."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from tagmart.core import clock
from tagmart.core.mart import EVENT_LEAD, SEGMENT_CATALOG, SEGMENT_DAILY, qualified, table_columns
from tagmart.core.state import State

if TYPE_CHECKING:
    import duckdb

LATE = ("carried", "held")


def stamp(state: State, run_id: str, biz_date: date, mart: duckdb.DuckDBPyConnection) -> dict:
    """The row of `quality_stamp` for a run that is about to be published.

    Args:
        state: gates and feeds of the run.
        run_id: the run.
        biz_date: its date.
        mart: the candidate, whose segments and leads are counted.
    """
    run = state.row("select bank from run where run_id = ?", run_id) or {}
    checks = state.rows("select success from gate_result where run_id = ? and subject = ''", run_id)
    feeds = state.rows("select * from feed_fact where run_id = ? order by feed", run_id)
    late = [feed for feed in feeds if feed["status"] in LATE]
    warned = sum(not check["success"] for check in checks)
    held = state.rows("select * from held where run_id = ? and coalesce(tags, 0) > 0 order by kind, name", run_id)
    tags_held = sum(row["tags"] for row in held)
    segments, degraded = _segments(mart)
    leads = _late_leads(mart)
    quality = "degraded" if late or held or degraded or leads else "warned" if warned else "good"
    zh, en = _words(biz_date, quality, warned, len(late), tags_held, degraded, leads)
    return {
        "bank": run.get("bank"),
        "run_id": run_id,
        "biz_date": biz_date,
        "published_at": clock.now().replace(tzinfo=None, microsecond=0),
        "stale_after": clock.logical_date_of(biz_date + timedelta(days=1)).replace(tzinfo=None),
        "quality": quality,
        "gate_checks": len(checks),
        "gate_warned": warned,
        "feeds": len(feeds),
        "feeds_late": len(late),
        "late_feeds": ", ".join(f"{feed['feed']} ({feed['as_of']})" for feed in late) or None,
        "oldest_as_of": min([biz_date.isoformat(), *(feed["as_of"] for feed in late if feed["as_of"])]),
        "tags_held": tags_held,
        "held": ", ".join(f"{row['kind']} {row['name']}: {row['tags']} ({row['as_of']})" for row in held) or None,
        "rows_quarantined": sum(feed["rows_quarantined"] or 0 for feed in feeds),
        "segments": segments,
        "segments_degraded": degraded,
        "leads_degraded": leads,
        "zh": zh,
        "en": en,
    }


def _segments(mart: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """Segments of the candidate, and how many of them stand on an older state; a bank may have none."""
    if not table_columns(mart, SEGMENT_CATALOG) or not table_columns(mart, SEGMENT_DAILY):
        return 0, 0
    return mart.execute(
        f"select (select count(*) from {qualified(SEGMENT_CATALOG)}),"
        f" (select count(*) from {qualified(SEGMENT_DAILY)} where is_degraded)"
    ).fetchone()


def _late_leads(mart: duckdb.DuckDBPyConnection) -> int:
    """Leads of the candidate that read something of an earlier day; a bank may have none."""
    if "is_degraded" not in table_columns(mart, EVENT_LEAD):
        return 0
    return mart.execute(f"select count(*) from {qualified(EVENT_LEAD)} where is_degraded").fetchone()[0]


def _words(biz_date: date, quality: str, warned: int, late: int, held: int, degraded: int, leads: int) -> tuple[str, str]:
    """The stamp as a line, in both languages."""
    zh, en = [f"数据截至 {biz_date}"], [f"as of {biz_date}"]
    if late:
        zh.append(f"{late} 个供数接口沿用旧数")
        en.append(f"{late} feed(s) of an earlier day")
    if held:
        zh.append(f"{held} 个标签沿用旧值")
        en.append(f"{held} tag(s) keep earlier values")
    if degraded:
        zh.append(f"{degraded} 个客群降级")
        en.append(f"{degraded} segment(s) degraded")
    if leads:
        zh.append(f"{leads} 条线索降级")
        en.append(f"{leads} lead(s) degraded")
    if warned:
        zh.append(f"{warned} 项检查提醒")
        en.append(f"{warned} check(s) to look at")
    if quality == "good":
        zh.append("全部检查合格")
        en.append("all checks hold")
    return "，".join(zh), ", ".join(en)
