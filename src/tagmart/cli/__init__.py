"""The command line. Heavy libraries are imported by the verbs that need them, not before."""

from __future__ import annotations

import os
import signal
import sys

import typer

from tagmart.cli import bank, contract, night, published, quarantine, room, segment, why
from tagmart.core.errors import BusyError, TagmartError
from tagmart.night.launch import TRY_AGAIN

app = typer.Typer(
    name="tagmart", help="A bank's customer tags, built every night.", no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False,
)
bank.add_to(app)
night.add_to(app)
published.add_to(app)
room.add_to(app)
contract.add_to(app)
quarantine.add_to(app)
why.add_to(app)
segment.add_to(app)


def main() -> None:
    """Run a verb; an error meant for people is one red line and exit code 1, or 75 where a later try may do."""
    os.umask(0o077)
    # A task that is cleared or runs out of time is sent SIGTERM: the stage then ends by an exception and says so.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        app()
    except TagmartError as error:
        from rich.console import Console

        Console(stderr=True, soft_wrap=True).print(f"[bold red]error[/] {_plain(str(error))}", highlight=False)
        sys.exit(TRY_AGAIN if isinstance(error, BusyError) else 1)


def _plain(text: str) -> str:
    """Text with nothing in it that rich would take for markup."""
    from rich.markup import escape

    return escape(text)
