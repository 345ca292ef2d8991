"""What an operator sees in the terminal: the night while it runs, and what came of it."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.core.mart import qualified, tag_tables
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.night.stages import STAGES, rows_taken_in

console = Console(highlight=False)
# One query worth trying, as a command that runs as it stands.
QUERY = (
    """.venv/bin/python -c "import duckdb; duckdb.connect('{path}', read_only=True).sql('select zh, en, size from"""
    """ mart.segment_daily join mart.segment_catalog using (segment_id) order by size desc limit 10').show()\""""
)
MARKS = {"done": "[green]✓[/]", "failed": "[red]✗[/]", "running": "[yellow]…[/]"}
RUN_COLOURS = {"published": "green", "failed": "red", "superseded": "dim", "running": "yellow"}


def waiting(what: str) -> AbstractContextManager:
    """Something that takes seconds and shows nothing of itself."""
    return console.status(what)


class Watcher:
    """Prints each stage of a night as it starts and ends, from the state that the stages write.

    Args:
        settings: of the bank whose night it is.
        biz_date: of the night.
    """

    def __init__(self, settings: Settings, biz_date: date) -> None:
        self.state = State(settings.state_db)
        self.biz_date = biz_date
        self.before = {row["run_id"] for row in self.state.rows("select run_id from run")}
        self.run_id: str | None = None
        self.printed: set[tuple[str, str]] = set()
        self.waited_for = ""
        console.print(f"[bold]{settings.bank}[/] · night of [bold]{biz_date}[/] · Airflow is starting")

    def look(self) -> None:
        """Print what has happened since the last look."""
        if self.run_id is None:
            runs = self.state.rows("select run_id from run where biz_date = ?", self.biz_date.isoformat())
            fresh = sorted(row["run_id"] for row in runs if row["run_id"] not in self.before)
            if not fresh:
                self._tell_waiting()
                return
            self.run_id = fresh[-1]
            console.print(f"run [bold]{self.run_id}[/]")
        stages = {row["stage"]: row for row in self.state.rows("select * from stage where run_id = ?", self.run_id)}
        for stage in STAGES:
            row = stages.get(stage.name)
            if row and (stage.name, row["status"]) not in self.printed:
                self.printed.add((stage.name, row["status"]))
                if row["status"] != "running":
                    console.print(
                        f"  {MARKS[row['status']]} {stage.name:<9} {row['seconds']:>6.1f} s  "
                        f"{escape((row['message'] or ' ').splitlines()[0][:400])}", soft_wrap=True,
                    )

    def _tell_waiting(self) -> None:
        """Say once what the night waits for."""
        turn = self.state.row("select reason from turn where biz_date = ? and granted_at is null", self.biz_date.isoformat())
        if turn and turn["reason"] != self.waited_for:
            self.waited_for = turn["reason"]
            console.print(f"  [yellow]…[/] waiting: {escape(self.waited_for)}", soft_wrap=True)


def summary(settings: Settings, run_id: str | None, good: bool) -> None:
    """What a person wants to know after a night: what came in, what went out, what the gates said, where to look."""
    state = State(settings.state_db)
    if run_id is None:
        raise TagmartError("the night did not begin", where="airflow", do=f"read the logs in {settings.home / 'airflow'}")
    run = state.row("select * from run where run_id = ?", run_id) or {}
    console.rule(f"{run['bank']} · {run['biz_date']} · {run_id} · [{RUN_COLOURS[run['status']]}]{run['status']}[/]")
    _feeds(state, run_id)
    _gate_counts(state, run_id)
    mart = settings.published / run["biz_date"] / run_id / "tagmart.duckdb"
    if mart.exists():
        _mart(mart)
    seconds = {row["stage"]: row["seconds"] or 0 for row in state.rows("select stage, seconds from stage where run_id = ?", run_id)}
    each = " · ".join(f"{stage.name} {seconds[stage.name]:.0f}" for stage in STAGES if stage.name in seconds)
    console.print(f"seconds    {each} · all {sum(seconds.values()):.0f}", soft_wrap=True)
    console.print(f"page       {_short(settings.run_dir(run_id) / 'night.html')}", soft_wrap=True)
    if not good:
        for row in state.rows("select stage, message from stage where run_id = ? and status = 'failed'", run_id):
            console.print(f"[red]{row['stage']}[/] {escape(row['message'])}", soft_wrap=True)
        console.print(f"published  {_current(settings)}", soft_wrap=True)
        return
    console.print(f"mart       {_short(mart)}", soft_wrap=True)
    console.print(f"try        {QUERY.format(path=_short(settings.published / 'current' / mart.name))}", soft_wrap=True)


def _short(path: Path) -> Path:
    """The path as one would type it from here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _feeds(state: State, run_id: str) -> None:
    facts = state.rows("select * from feed_fact where run_id = ?", run_id)
    bad = [fact for fact in facts if fact["status"] not in ("loaded", "unchanged", "carried", "held")]
    carried = [fact for fact in facts if fact["status"] in ("carried", "held")]
    quarantined = sum(fact["rows_quarantined"] or 0 for fact in facts)
    console.print(f"feeds      {len(facts)} · {rows_taken_in(state, run_id)} · {quarantined:,} in quarantine · {len(bad)} refused"
                  + (f" · {len(carried)} carried or held" if carried else ""), soft_wrap=True)
    for colour, some in (("red", bad), ("yellow", carried)):
        for fact in some:
            console.print(f"  [{colour}]{fact['feed']}[/] {fact['status']}: {escape(fact['message'])}", soft_wrap=True)


def _gate_counts(state: State, run_id: str) -> None:
    for row in state.rows(
        "select gate, count(*) as checks, sum(success) as good,"
        " sum(success = 0 and severity = 'fail') as failed, sum(success = 0 and severity <> 'fail') as warned"
        " from gate_result where run_id = ? and subject = '' group by gate order by gate", run_id,
    ):
        colour = "red" if row["failed"] else "yellow" if row["warned"] else "green"
        console.print(f"{row['gate']:<10} [{colour}]{row['good']} of {row['checks']} green[/]"
                      + (f" · {row['failed']} failed" if row["failed"] else "")
                      + (f" · {row['warned']} to look at" if row["warned"] else ""))


def _mart(mart: Path) -> None:
    with connect(mart, read_only=True) as opened:
        def one(query: str) -> int:
            return opened.execute(query).fetchone()[0]

        tags = one("select count(*) from mart.tag_catalog where status in ('active', 'deprecated')")
        empty = one("select count(*) from mart.tag_profile where null_cnt = row_cnt")
        customers = sum(one(f"select count(*) from {qualified(table)}") for table in tag_tables(opened).values())
        segments = one("select count(*) from mart.segment_catalog")
        members = one("select count(*) from mart.segment_member")
    console.print(f"tags       {tags} tags of {customers:,} customers" + (f" · {empty} of them have no value here" if empty else ""))
    console.print(f"segments   {segments} segments · {members:,} memberships")


def status(settings: Settings) -> None:
    """What is published, what came too late for its night, and the last ten runs with the stage that failed."""
    state = State(settings.state_db)
    console.print(f"published  {_current(settings)}", soft_wrap=True)
    _late(settings, state)
    table = _table("run", "status", "started", "stage", "seconds", "message")
    for run in state.rows("select * from run order by rowid desc limit 10"):
        last = state.row("select * from stage where run_id = ? order by rowid desc limit 1", run["run_id"]) or {}
        total = state.row("select sum(seconds) as seconds from stage where run_id = ?", run["run_id"]) or {}
        table.add_row(run["run_id"], f"[{RUN_COLOURS[run['status']]}]{run['status']}[/]",
                      run["started_at"][5:16].replace("T", " "), last.get("stage", ""), f"{total.get('seconds') or 0:.1f}",
                      escape((run["message"] or "")[:300]))
    console.print(table)


def _late(settings: Settings, state: State) -> None:
    """Deliveries that came, or came again, after nights had been published without them, and the command that mends these nights."""
    from tagmart.ingest import overtaken, resent
    from tagmart.night.restate import restate_command, stale_nights

    try:
        found = overtaken(settings, state)
    except TagmartError as error:
        # How the runs went is worth seeing all the more where a contract cannot be read.
        console.print(f"late       [red]not known:[/] {escape(str(error))}", soft_wrap=True)
        return
    for one in found:
        nights = ", ".join(map(str, one.nights))
        console.print(f"late       [yellow]{one.feed}[/] of {one.delivered} has come; published without it, on the state of"
                      f" {one.carried}: {nights}", soft_wrap=True)
    for one in resent(state):
        console.print(f"late       [yellow]{one.feed}[/] of {one.delivered} was sent again; published on the earlier one:"
                      f" {', '.join(map(str, one.nights))}", soft_wrap=True)
    if nights := stale_nights(settings, state):
        console.print(f"           make them anew: {restate_command(nights, settings.bank)}", soft_wrap=True)


def gates(settings: Settings, run_id: str) -> None:
    """What is red, by cause; then every expectation of a run, red ones with what they saw, what to do and the worst rows.

    Raises:
        TagmartError: if the run has no gate results.
    """
    rows = State(settings.state_db).rows(
        "select * from gate_result where run_id = ? order by gate, success, expectation, subject", run_id
    )
    if not rows:
        raise TagmartError("no gate has looked at this run", where="run_id", seen=repr(run_id), do="see `tagmart status`")
    _alarms(settings, run_id, rows)
    _held(settings, run_id)
    table = Table("gate", "expectation", "about", "", "owner", "seen", "what to do")
    for row in rows:
        red = "[red]fail[/]" if row["severity"] == "fail" else f"[yellow]{row['severity']}[/]"
        table.add_row(row["gate"], row["expectation"], escape(row["subject"]), "[green]ok[/]" if row["success"] else red,
                      row["owner"], "" if row["success"] else escape(row["message"]),
                      "" if row["success"] else escape(row["what_to_do"] or ""))
    console.print(table)


def _alarms(settings: Settings, run_id: str, results: list[dict]) -> None:
    """What is red, grouped by cause, and whether the night has more warnings than anybody reads."""
    from tagmart.gates.alarms import MOST_NAMED, alarms, budget

    found = alarms(results, State(settings.state_db).rows("select * from feed_fact where run_id = ?", run_id))
    warned, most = sum(alarm.severity == "warn" for alarm in found), budget(settings.suites_dir.parent / "alarms.yml")
    over = f" [red]more than {most}: too many to be read; mend, accept or freeze some[/]" if warned > most else f" of at most {most}"
    console.print(f"alarms     {len(found) - warned} fail · {warned} warn{over}", soft_wrap=True)
    for alarm in found:
        colour = "red" if alarm.severity == "fail" else "yellow"
        more = len(alarm.subjects) - MOST_NAMED
        named = ", ".join(alarm.subjects[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        console.print(f"  [{colour}]{escape(alarm.cause)}[/] ({alarm.owner}) {escape(alarm.message)}; about {escape(named)}. {escape(alarm.do)}", soft_wrap=True)


def _held(settings: Settings, run_id: str) -> None:
    """What keeps the values of an earlier night, and because of what."""
    for row in State(settings.state_db).rows("select * from held where run_id = ? order by gate, kind, name", run_id):
        counted = "their number is known after the next stage" if row["tags"] is None else f"{row['tags']} tag(s)"
        console.print(f"held       [yellow]{row['kind']} {escape(row['name'])}[/] ({escape(row['because'])}): {counted}"
                      + (f" as of {row['as_of']}" if row["as_of"] else ""), soft_wrap=True)


def _table(*names: str) -> Table:
    """A table whose last column alone may be broken into lines."""
    table = Table(box=box.SIMPLE)
    for name in names:
        table.add_column(name, no_wrap=name != names[-1], overflow="fold", min_width=30 if name == names[-1] else None)
    return table


def _current(settings: Settings) -> str:
    """What readers see now, in words."""
    path = settings.published / "status.json"
    if not path.exists():
        return "nothing yet"
    current = json.loads(path.read_text(encoding="utf-8"))["current"]
    return f"{current['biz_date']} · run {current['run_id']} · {_short(settings.published / 'current' / 'tagmart.duckdb')}"
