"""Verbs about what readers see: published runs, going back, keeping one, Parquet for other engines, building one again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tagmart.cli.options import BankOption, settings_for
from tagmart.core.clock import parse_biz_date
from tagmart.core.errors import TagmartError

RunArgument = Annotated[str, typer.Argument(help="A published run, such as 20260630-001.")]


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    published = typer.Typer(help="What readers see.", no_args_is_help=True)
    published.command("list")(published_list)
    published.command("show")(published_show)
    published.command("rollback")(published_rollback)
    published.command("hold")(published_hold)
    published.command("settle")(published_settle)
    app.add_typer(published, name="published")
    app.command("export")(export)
    app.command("rebuild")(rebuild)


def published_list(bank: BankOption = None) -> None:
    """Published runs, newest business date first: the current one is marked, and why each is kept."""
    from tagmart.night import published

    published.listing(settings_for(bank))


def published_show(run_id: RunArgument, bank: BankOption = None) -> None:
    """One published run: what it was made of, how long its stages took, its tables, sizes and gates."""
    from tagmart.night import published

    published.page(settings_for(bank), run_id)


def published_rollback(
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the switch, and in status.json.")],
    run_id: Annotated[str | None, typer.Option("--to", help="The run to go back to; else the good run before.")] = None,
    bank: BankOption = None,
) -> None:
    """Point `current` at an earlier published run; the next good night moves it forward again."""
    from tagmart.core.locking import writer_lock
    from tagmart.core.state import State
    from tagmart.publish import roll_back

    settings = settings_for(bank)
    settings.claim_home()
    if not reason.strip():
        raise TagmartError("going back needs a reason", where="--reason", seen="nothing", do="say what is wrong with the run")
    with writer_lock(settings.home, run_id or "(rollback)", "rollback"):
        print(f"current is now {roll_back(settings, State(settings.state_db), run_id, reason.strip())}")


def published_hold(
    run_id: RunArgument,
    reason: Annotated[str | None, typer.Option("--reason", help="Why it must stay, for those who ask later.")] = None,
    release: Annotated[bool, typer.Option("--release", help="Leave it to the policy again.")] = False,
    bank: BankOption = None,
) -> None:
    """Keep a published run whatever its age, or let it go again."""
    from tagmart.core.state import State
    from tagmart.publish import hold, let_go

    settings = settings_for(bank)
    settings.claim_home()
    state = State(settings.state_db)
    if release:
        print(f"{run_id} is left to the policy again" if let_go(settings, state, run_id) else f"nobody held {run_id}")
        return
    if not (reason or "").strip():
        raise TagmartError("a hold needs a reason", where="--reason", seen="nothing", do="say who needs the run, and until when")
    hold(settings, state, run_id, reason.strip())
    print(f"{run_id} is held: {reason.strip()}")


def published_settle(bank: BankOption = None) -> None:
    """Make `across.duckdb` anew and remove what the policy lets go: what each publishing does, after a disk was mended or a
    home was moved."""
    from tagmart.core.locking import writer_lock
    from tagmart.core.state import State
    from tagmart.publish import settle

    settings = settings_for(bank)
    settings.claim_home()
    with writer_lock(settings.home, "(settle)", "settle"):
        removed = settle(settings, State(settings.state_db))
    print(f"{settings.published / 'across.duckdb'} · {len(removed)} run(s) removed" + "".join(f" · {run.run_id}" for run in removed))


def export(
    to: Annotated[Path | None, typer.Option("--to", help="The folder; else published/export of the home.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="First business date; else the current one.")] = None,
    last: Annotated[str | None, typer.Option("--until", help="Last business date; else the current one.")] = None,
    tables: Annotated[str, typer.Option(help="Only these tables, with commas; else all of the mart.")] = "",
    bank: BankOption = None,
) -> None:
    """Parquet for other engines: a folder per table, partitioned by biz_date, under one link that changes in one step."""
    from tagmart.core.state import State
    from tagmart.publish.export import export as export_runs

    settings = settings_for(bank)
    settings.claim_home()
    done = export_runs(
        settings, State(settings.state_db), (to or settings.published / "export").absolute(),
        parse_biz_date(first) if first else None, parse_biz_date(last) if last else None,
        [word.strip() for word in tables.split(",") if word.strip()],
    )  # fmt: skip
    days = list(done.runs)
    print(f"{len(done.tables)} tables of {len(days)} date(s), {days[0]} to {days[-1]} → {done.path}")
    if done.dropped:
        print(f"no longer published, and left out: {', '.join(done.dropped)}")


def rebuild(
    run_id: RunArgument,
    anyway: Annotated[bool, typer.Option("--anyway", help="Build although an input differs, to see what that changes.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the home that was built in; it holds personal data.")] = False,
    home: Annotated[Path | None, typer.Option(help="Where to build; else rebuild/RUN in the bank's home.")] = None,
    bank: BankOption = None,
) -> None:
    """Build a published night again in a home of its own, from the deliveries that are kept, and compare: identical hashes, or
    which input differs. Exit code 1 unless identical."""
    from tagmart.night.rebuild import rebuild as build_again

    settings = settings_for(bank)
    done = build_again(settings, run_id, (home or settings.home / "rebuild" / run_id).absolute(), anyway, keep)
    for line in done.lines():
        print(line)
    if not done.is_identical:
        raise typer.Exit(1)
