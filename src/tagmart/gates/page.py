"""The page of a run: one HTML file that opens without a network and prints, for the morning meeting."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.core import clock
from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.core.mart import EVENT_LEAD, LEAD_CATALOG, MART_FILE, SEGMENT_DAILY, qualified, table_columns, tag_tables
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.gates.alarms import MOST_NAMED, alarms, budget, told
from tagmart.gates.frozen import CHANGED, IN_FORCE, NOT_SEEN, NOT_YET, THAWED, frozen
from tagmart.gates.segment_pictures import overlaps_shown, segments_shown

if TYPE_CHECKING:
    import duckdb
    from jinja2 import Environment

PAGE = "night.html"
TEMPLATES = Path(__file__).parent / "templates"
VERDICTS = {
    "published": ("good", "已发布", "Published"),
    "failed": ("bad", "已停止，未发布", "Stopped, not published"),
    "superseded": ("idle", "已被新批次取代", "Superseded by a newer run"),
    "running": ("idle", "运行中", "Still running"),
}
GATES = {
    "gate1": ("文件可用吗？", "May the files be used?"),
    "gate2": ("标签可用吗？", "May the tags be used?"),
    "ledger": ("账平吗？", "Do the books tie?"),
    "gate3": ("可以发布吗？", "May the night be published?"),
}
ACCEPTED = ("loaded", "unchanged", "carried", "held")
# What became of what is frozen tonight: how it is coloured, and in Chinese.
FROZEN = {IN_FORCE: ("idle", "放行"), NOT_SEEN: ("good", "未出现"), CHANGED: ("bad", "已变"), THAWED: ("warn", "已到期"), NOT_YET: ("idle", "未生效")}
# Of what breaks an expectation so many are written out; `tagmart gate show` has all.
MOST_BROKEN = 10
# So many segments are written out, the others folded away; what a run without a mart shows.
MOST_SEGMENTS = 25
NOTHING = {"customers": None, "tags": None, "segments": [], "overlaps": [], "late_segments": {}, "late_leads": [], "leads_degraded": 0}


def write_page(settings: Settings, state: State, run_id: str) -> Path:
    """Write runs/<run_id>/night.html from what the state and the run's mart say.

    Returns:
        The page's path; readable by the owner only.

    Raises:
        TagmartError: if there is no such run.
    """
    text = render("night.html.j2", page_facts(settings, state, run_id))
    return write_whole(settings.run_dir(run_id) / PAGE, text)


def render(template: str, facts: Mapping[str, object]) -> str:
    """A page of this project: everything that it shows is escaped, and a fact that is missing is an error.

    Args:
        template: the name of a file in gates/templates.
        facts: what it shows.
    """
    return _templates().get_template(template).render(facts)


@cache
def _templates() -> Environment:
    """The templates, each of which is compiled once: a stage writes the board when it begins and when it ends."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value: "" if value is None else f"{value:,.0f}"
    return environment


def write_whole(path: Path, text: str) -> Path:
    """Write a page in one step, so that nobody opens half of it; readable by the owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A name of its own: a stage that ends and a person may write the same page at once.
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:
        handle.write(text)
    os.replace(fresh, path)
    return path


def page_facts(settings: Settings, state: State, run_id: str) -> dict[str, object]:
    """Everything that the template shows; figures of the run and of groups, never of a person."""
    run = state.row("select * from run where run_id = ?", run_id)
    if run is None:
        raise TagmartError("there is no such run", where="run_id", seen=repr(run_id), do="see `tagmart status`")
    stages = state.rows("select * from stage where run_id = ? order by rowid", run_id)
    feeds = state.rows("select * from feed_fact where run_id = ? order by feed", run_id)
    results = state.rows("select * from gate_result where run_id = ? order by rowid", run_id)
    mart = _mart_figures(settings, state, run)
    tone, zh, en = VERDICTS[run["status"]]
    longest = max((stage["seconds"] or 0 for stage in stages), default=0)
    biggest = max((segment["size"] or 0 for segment in mart["segments"]), default=0)
    own = [result for result in results if not result["subject"]]
    said = told(alarms(results, feeds), budget(settings.suites_dir.parent / "alarms.yml"))
    return {
        "run": run,
        "tone": tone,
        "verdict_zh": zh,
        "verdict_en": en,
        "printed_at": clock.now().strftime("%Y-%m-%d %H:%M"),
        "seconds": sum(stage["seconds"] or 0 for stage in stages),
        "stages": [{**stage, "width": _percent(stage["seconds"], longest)} for stage in stages],
        "feeds": sorted(feeds, key=lambda feed: feed["status"] in ACCEPTED),
        "feeds_good": sum(feed["status"] in ACCEPTED for feed in feeds),
        "accepted": ACCEPTED,
        "rows_loaded": sum(feed["rows_loaded"] or 0 for feed in feeds),
        "rows_quarantined": sum(feed["rows_quarantined"] or 0 for feed in feeds),
        "checks": len(own),
        "checks_good": sum(result["success"] for result in own),
        "alarms": said,
        "fails": sum(alarm.severity == "fail" for alarm in said.alarms),
        "titles": titles(results),
        "most_named": MOST_NAMED,
        "most_broken": MOST_BROKEN,
        "held": state.rows("select kind, name, because, tags, as_of from held where run_id = ? order by rowid", run_id),
        "frozen": frozen(settings.suites_dir, settings.bank, results, date.fromisoformat(run["biz_date"])),
        "frozen_words": FROZEN,
        "gates": _gates(results),
        **mart,
        "most_segments": MOST_SEGMENTS,
        "segments": [{**segment, "width": _percent(segment["size"], biggest)} for segment in mart["segments"]],
    }


def titles(results: Iterable[Mapping[str, object]]) -> dict[str, str]:
    """Expectation → what must hold, in both languages: what stands before the colon of its message."""
    return {
        str(result["expectation"]): str(result["message"]).partition(": ")[0].replace("｜", " ")
        for result in results
        if not result["subject"]
    }


def _gates(results: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    """Gates in their order, each with its expectations, the red ones first, and who broke them."""
    results = list(results)
    gates = []
    order = list(GATES)
    for gate in sorted({result["gate"] for result in results}, key=lambda gate: order.index(gate) if gate in order else len(order)):
        own = [result for result in results if result["gate"] == gate]
        whole = [
            {
                **result,
                "tone": _tone(result),
                "broken": [
                    other for other in own if other["subject"] and other["expectation"] == result["expectation"]
                ],
            }
            for result in own
            if not result["subject"]
        ]
        zh, en = GATES.get(gate, ("", ""))
        gates.append(
            {
                "gate": gate,
                "zh": zh,
                "en": en,
                "good": sum(result["success"] for result in whole),
                "tone": "bad"
                if any(result["tone"] == "bad" for result in whole)
                else "warn"
                if any(result["tone"] == "warn" for result in whole)
                else "good",
                "expectations": sorted(whole, key=lambda result: ("bad", "warn", "good").index(result["tone"])),
            }
        )
    return gates


def _tone(result: Mapping[str, object]) -> str:
    return "good" if result["success"] else "bad" if result["severity"] == "fail" else "warn"


def _mart_figures(settings: Settings, state: State, run: Mapping[str, object]) -> dict[str, object]:
    """Customers, tags and segments, as far as the run has made them."""
    import duckdb

    figures: dict[str, object] = dict(NOTHING)
    places = (settings.published / str(run["biz_date"]) / str(run["run_id"]), settings.run_dir(str(run["run_id"])))
    path = next((place / MART_FILE for place in places if (place / MART_FILE).is_file()), None)
    if path is None:
        return figures
    try:
        opened = connect(path, read_only=True)
    except duckdb.Error:
        # A stage that failed inside dbt may still hold the file in this process: the page tells the failure without figures.
        return figures
    with opened as connection:
        for table in tag_tables(connection).values():
            rows = connection.execute(f"select count(*) from {qualified(table)}").fetchone()[0]
            figures["customers"] = (figures["customers"] or 0) + rows
            figures["tags"] = (figures["tags"] or 0) + len(table_columns(connection, table)) - 2
        figures["segments"] = segments_shown(settings, state, str(run["run_id"]), date.fromisoformat(run["biz_date"]), connection)
        figures["overlaps"] = overlaps_shown(connection)
        figures |= _late_figures(connection)
    return figures


def _late_figures(mart: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """What stands on an earlier night: segments by what becomes of them, and leads with their date and what is late."""
    figures: dict[str, object] = {}
    if "state" in table_columns(mart, SEGMENT_DAILY):
        figures["late_segments"] = dict(mart.execute(
            f"select state, count(*) from {qualified(SEGMENT_DAILY)} where is_degraded group by state").fetchall())
    if "late_because" in table_columns(mart, LEAD_CATALOG):
        figures["late_leads"] = mart.execute(
            f"select distinct lead_code, as_of, late_because from {qualified(LEAD_CATALOG)} where is_degraded order by lead_code").fetchall()
    if "is_degraded" in table_columns(mart, EVENT_LEAD):
        figures["leads_degraded"] = mart.execute(f"select count(*) from {qualified(EVENT_LEAD)} where is_degraded").fetchone()[0]
    return figures


def _percent(value: float | None, most: float) -> float:
    """The length of a bar; a thing that is there is never without one."""
    return max(0.6, round(100 * (value or 0) / most, 1)) if most else 0.0
