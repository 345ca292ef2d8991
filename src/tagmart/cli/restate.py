"""Verbs for nights that are made anew because a source has sent a day late, or again."""

from __future__ import annotations

from typing import Annotated

import typer

from tagmart.cli.options import BankOption, settings_for
from tagmart.core.clock import parse_biz_date


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    verbs = typer.Typer(help="Make published nights anew after a day came late or was sent again, and show what that changed.", invoke_without_command=True)
    verbs.callback()(restate)
    verbs.command("show")(restate_show)
    app.add_typer(verbs, name="restate")


def restate(
    context: typer.Context,
    first: Annotated[str | None, typer.Option("--from", help="First business date; else the oldest night that a late or replaced delivery concerns.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last business date; else the newest that is published.")] = None,
    bank: BankOption = None,
) -> None:
    """Run published nights again, in order, as new runs; old runs stay, and readers are never led to an older date."""
    if context.invoked_subcommand is not None:
        return
    from tagmart.core.state import State
    from tagmart.night.restate import nights_to_restate
    from tagmart.night.restate import restate as restate_nights

    settings = settings_for(bank)
    settings.claim_home()
    state = State(settings.state_db)
    nights = nights_to_restate(settings, state, parse_biz_date(first) if first else None, parse_biz_date(last) if last else None)
    print(f"to be made anew: {', '.join(map(str, nights))}")
    receipts = list(restate_nights(settings, state, nights))
    for receipt in receipts:
        print(receipt.line())
    print(f"`tagmart restate show {receipts[-1].run_id}` lists what changed")


def restate_show(run_id: Annotated[str, typer.Argument(help="A published run.")], bank: BankOption = None) -> None:
    """What a run says otherwise than the last good run of the same date before it; also as a page."""
    from tagmart.core.state import State
    from tagmart.night.restate import receipt_lines, receipt_of, write_receipt

    settings = settings_for(bank)
    receipt = receipt_of(settings, State(settings.state_db), run_id)
    for line in receipt_lines(receipt):
        print(line)
    print(f"page  {write_receipt(settings, receipt)}")
