"""Verbs for operating the night: its stages, past dates, gates, Airflow."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from tagmart.cli.options import BankOption, settings_for
from tagmart.core.clock import parse_biz_date
from tagmart.core.errors import TagmartError, nearest


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command("night")(night)
    app.command("resume")(resume)
    app.command("board")(board)
    app.command("backfill")(backfill)
    app.command("accept")(accept)
    app.command("airflow")(serve)
    gate = typer.Typer(help="What the gates found.", no_args_is_help=True)
    gate.command("show")(gate_show)
    app.add_typer(gate, name="gate")


def night(
    stage: Annotated[str, typer.Argument(help="`begin`, or a stage of the run.")],
    run_id: Annotated[str | None, typer.Option("--run-id", help="The run; `begin` makes a new one.")] = None,
    date: Annotated[str | None, typer.Option("--date", help="Business date, for `begin`.")] = None,
    bank: BankOption = None,
) -> None:
    """Run one step of a night in this process, as Airflow does. `begin` prints the new run_id."""
    settings = settings_for(bank)
    if stage == "begin":
        if date is None:
            raise TagmartError("`begin` needs a date", where="--date", do="give the business date, such as 2026-06-30")
        from tagmart.night.begin import begin

        print(begin(settings, parse_biz_date(date)))
        return
    from tagmart.night.stages import BY_NAME, run_stage

    if stage not in BY_NAME:
        raise TagmartError("there is no such stage", where="stage", seen=repr(stage),
                           do=nearest(stage, list(BY_NAME)) or f"use one of {', '.join(BY_NAME)}")
    if run_id is None:
        raise TagmartError("which run?", where="--run-id", do="see `tagmart status`")
    print(f"{stage}: {run_stage(settings, run_id, stage)}")


def resume(
    run_id: Annotated[str | None, typer.Argument(help="The run; else the newest.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="The first stage to run; else the first that is not done.")] = None,
    bank: BankOption = None,
) -> None:
    """Go on with a run that failed or was killed, without Airflow: its stages from there to the end."""
    from tagmart.core.state import State
    from tagmart.night.resume import resume as go_on

    settings = settings_for(bank)
    settings.claim_home()
    go_on(settings, State(settings.state_db), run_id, start)


def board(
    html: Annotated[bool, typer.Option("--html", help="Write home/board.html and print where it is.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit code 1 if the night stands or is late: for a monitor.")] = False,
    bank: BankOption = None,
) -> None:
    """The night board: deliveries, the stage now, when it will be done, gates, what needs a person, what is published."""
    from tagmart.core.state import State
    from tagmart.night.board import board as look
    from tagmart.night.board import write_board

    settings = settings_for(bank)
    settings.claim_home()
    state = State(settings.state_db)
    if html:
        print(write_board(settings, state, look=True))
    now = look(settings, state)
    if not html:
        from tagmart.night.board_show import show_board

        show_board(now)
    if check and any(need.tone == "bad" for need in now.needs):
        raise typer.Exit(1)


def backfill(
    first: Annotated[str, typer.Option("--from", help="First business date.")],
    last: Annotated[str, typer.Option("--to", help="Last business date.")],
    queue: Annotated[bool, typer.Option(help="Hand the range to a running Airflow instead of running it here.")] = False,
    tags: Annotated[str, typer.Option(help="Only these tags, models or families, with commas, into files beside the mart.")] = "",
    bank: BankOption = None,
) -> None:
    """Run past nights in order of their dates, through Airflow; stops at the first that fails. With --tags, no night is run:
    these tags are made for the dates, from the deliveries as the nights of those dates would see them."""
    from tagmart.night import airflow, show

    settings, start, end = settings_for(bank), parse_biz_date(first), parse_biz_date(last)
    if end < start:
        raise TagmartError("the range ends before it starts", where="--to", seen=f"{start} to {end}", do="swap them")
    if tags:
        from tagmart.night.backfill import backfill_tags

        for line in backfill_tags(settings, start, end, [word.strip() for word in tags.split(",") if word.strip()]):
            print(line, flush=True)
        return
    with show.waiting("Preparing Airflow"):
        airflow.prepare(settings)
    if queue:
        airflow.queue_backfill(settings, start, end)
        return
    for offset in range((end - start).days + 1):
        biz_date = start + timedelta(days=offset)
        watcher = show.Watcher(settings, biz_date)
        good = airflow.run_night(settings, biz_date, watcher.look, backfill=True)
        if not good:
            show.summary(settings, watcher.run_id, good)
            raise typer.Exit(1)
    show.status(settings)


def accept(
    feed: Annotated[str, typer.Argument(help="The feed whose delivery was refused because it has shrunk.")],
    date: Annotated[str, typer.Argument(help="The delivery's business date.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is right; kept with the acceptance.")],
    bank: BankOption = None,
) -> None:
    """Accept, once, a full delivery with far fewer rows than the one before it; then run the night again."""
    from tagmart.core.state import State
    from tagmart.ingest import accept_delivery

    settings = settings_for(bank)
    settings.claim_home()
    accept_delivery(settings, State(settings.state_db), feed, parse_biz_date(date), reason)
    print(f"the next delivery of {feed} for {parse_biz_date(date)} is accepted with however few rows: run the night again")


def serve(bank: BankOption = None) -> None:
    """Start Airflow with its scheduler and web page on http://127.0.0.1:8080; Ctrl-C ends all of it."""
    from tagmart.night import airflow, show

    settings = settings_for(bank)
    with show.waiting("Preparing Airflow"):
        airflow.prepare(settings)
    raise typer.Exit(airflow.serve(settings, print))


def gate_show(run_id: Annotated[str, typer.Argument(help="The run.")], bank: BankOption = None) -> None:
    """Every expectation of a run's gates, the red ones with what to do."""
    from tagmart.night import show

    show.gates(settings_for(bank), run_id)
