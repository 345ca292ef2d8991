"""What an operator sees of published runs: the list, and one of them."""

from __future__ import annotations

from rich import box
from rich.markup import escape
from rich.table import Table

from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.core.mart import MART_FILE, QUALITY_STAMP, RUN_MANIFEST, qualified, table_columns
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.night.show import console
from tagmart.publish.parquet import folder_of
from tagmart.publish.retention import Policy, holds, kept_because
from tagmart.publish.store import Published, list_published

MEGABYTE = 1_000_000


def listing(settings: Settings) -> None:
    """Published runs, newest business date first; the current one is marked, and why each is kept."""
    state = State(settings.state_db)
    runs = list_published(settings, state)
    kept = kept_because(runs, Policy.load(), holds(state))
    table = Table(box=box.SIMPLE)
    for name in ("", "date", "run", "published", "MB", "kept because"):
        table.add_column(name, no_wrap=name != "kept because", overflow="fold", justify="right" if name == "MB" else "left")
    for run in runs:
        why = escape(kept.get(run.run_id, "goes with the next publishing"))
        table.add_row(
            "→" if run.is_current else "", str(run.biz_date), run.run_id, _moment(run.published_at), f"{_size(settings, run):.1f}",
            f"[yellow]withdrawn[/]; {why}" if run.withdrawn else why,
        )  # fmt: skip
    console.print(table)
    _last_switch(state)


def page(settings: Settings, run_id: str) -> None:
    """One published run: its manifest, seconds, tables, sizes, gates.

    Raises:
        TagmartError: if no such run is published.
    """
    state = State(settings.state_db)
    runs = list_published(settings, state)
    run = next((one for one in runs if one.run_id == run_id), None)
    if run is None:
        raise TagmartError("no such run is published", where=run_id, do="choose one of `tagmart published list`")
    kept = kept_because(runs, Policy.load(), holds(state)).get(run_id, "goes with the next publishing")
    console.print(f"[bold]{settings.bank} · {run.biz_date} · {run_id}[/]" + (" · [green]current[/]" if run.is_current else "")
                  + (" · [yellow]withdrawn[/]" if run.withdrawn else ""))
    console.print(f"kept       {escape(kept)}", soft_wrap=True)
    with connect(run.path / MART_FILE, read_only=True) as mart:
        rows = mart.execute(
            f"select kind, name, row_cnt, content_hash, value from {qualified(RUN_MANIFEST.name)} order by kind, name"
        ).fetchall()
        stamp = None
        if table_columns(mart, QUALITY_STAMP.name):
            stamp = mart.execute(f"select quality, zh, en from {qualified(QUALITY_STAMP.name)}").fetchone()
    if stamp:
        console.print(f"quality    {stamp[0]} · {stamp[1]} · {stamp[2]}", soft_wrap=True)
    _facts(rows)
    _gates(state, run_id)
    console.print(f"files      {_files(settings, run)}", soft_wrap=True)
    table = Table(box=box.SIMPLE)
    for name in ("table", "rows", "content hash"):
        table.add_column(name, justify="right" if name == "rows" else "left", no_wrap=True)
    for kind, name, count, digest, _ in rows:
        if kind == "table":
            table.add_row(name, f"{count:,}", digest)
    console.print(table)


def _facts(rows: list[tuple]) -> None:
    """What the run was made with and of, and how long it took."""
    said = {name: value for kind, name, _, _, value in rows if kind == "run" and value}
    for name in ("code_revision", "yesterday"):
        if name in said:
            console.print(f"{name.replace('_revision', ''):<10} {said[name]}")
    versions = [f"{name.removesuffix('_version')} {value}" for name, value in said.items() if name.endswith("_version")]
    console.print(f"versions   {' · '.join(versions)}", soft_wrap=True)
    stages = {name: float(value) for kind, name, _, _, value in rows if kind == "stage"}
    console.print(f"seconds    {' · '.join(f'{name} {value:.0f}' for name, value in stages.items())} · all {sum(stages.values()):.0f}",
                  soft_wrap=True)
    files = [row for row in rows if row[0] == "file"]
    feeds = len({row[4].split()[0] for row in files})
    counts = " · ".join(f"{sum(row[0] == kind for row in rows)} {kind}s" for kind in ("seed", "spec"))
    console.print(f"made of    {len(files):,} deliveries of {feeds} feeds, {sum(row[2] or 0 for row in files):,} rows · {counts}"
                  f" · {sum(row[0] == 'code' for row in rows)} folders of code", soft_wrap=True)
    changed = [row[1] for row in rows if row[0] in ("code", "seed", "spec") and row[4]]
    if changed:
        console.print(f"[yellow]changed while the run went on[/]  {escape(', '.join(changed))}", soft_wrap=True)


def _gates(state: State, run_id: str) -> None:
    found = state.rows(
        "select gate, count(*) as checks, sum(success) as good from gate_result where run_id = ? and subject = ''"
        " group by gate order by gate", run_id,
    )  # fmt: skip
    said = " · ".join(f"{row['gate']} {row['good']} of {row['checks']} green" for row in found)
    console.print(f"gates      {said}; `tagmart gate show {run_id}`", soft_wrap=True)


def _files(settings: Settings, run: Published) -> str:
    """The sizes of the run's files, in words."""
    said = [f"{path.name} {path.stat().st_size / MEGABYTE:.1f} MB" for path in sorted(run.path.iterdir())]
    parquet = folder_of(settings, run)
    if parquet.is_dir():
        said.append(f"Parquet {sum(path.stat().st_size for path in parquet.iterdir()) / MEGABYTE:.1f} MB")
    return f"{run.path}: {' · '.join(said)}"


def _size(settings: Settings, run: Published) -> float:
    """Megabytes of the run's files, Parquet included."""
    parquet = folder_of(settings, run)
    files = [*run.path.iterdir(), *(parquet.iterdir() if parquet.is_dir() else ())]
    return sum(path.stat().st_size for path in files) / MEGABYTE


def _last_switch(state: State) -> None:
    """Why readers are where they are, where somebody led them back."""
    last = state.row("select * from current_switch order by rowid desc limit 1")
    if last and last["kind"] == "rollback":
        console.print(f"rolled back {_moment(last['switched_at'])} from {last['from_run_id']} to {last['to_run_id']}:"
                      f" {escape(last['reason'] or 'no reason was given')}", soft_wrap=True)


def _moment(text: str) -> str:
    return text[:16].replace("T", " ")
