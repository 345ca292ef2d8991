"""Verbs about a home as a whole: keep a copy, put one back, bring it up to the code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tagmart.cli.options import BankOption, settings_for


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command("backup")(backup)
    app.command("restore")(restore)
    app.command("upgrade")(upgrade)


def backup(
    to: Annotated[Path, typer.Option("--to", help="A folder that does not exist yet, best on another disk.")],
    bank: BankOption = None,
) -> None:
    """Copy a home, with hashes: warehouse, state, published runs, logs, quarantine, contracts. Not while a night is writing."""
    from tagmart.night.backup import backup as make

    print(f"{make(settings_for(bank), to).summary} → {to}")


def restore(
    source: Annotated[Path, typer.Option("--from", help="The folder of a backup.")],
    replace: Annotated[bool, typer.Option("--replace", help="Though there is a home with nights: it is kept beside the new one.")] = False,
    bank: BankOption = None,
) -> None:
    """Put a backup in the place of a home, after every file has been compared with its hash."""
    from tagmart.night.restore import restore as put_back

    settings = settings_for(bank)
    done = put_back(settings, source, replace)
    print(f"{done.backup.summary} → {settings.home}")
    if done.before:
        print(f"what was there before: {done.before}")
    if done.contracts:
        print(f"contracts of this checkout that are not those of the backup ({done.backup.code_revision}): {', '.join(done.contracts)}")


def upgrade(
    to: Annotated[Path | None, typer.Option("--backup", help="Where the backup goes; else beside the home.")] = None,
    bank: BankOption = None,
) -> None:
    """Bring a home that older code has made up to this code: a backup first, then all steps in one transaction."""
    from tagmart.night.restore import upgrade as bring_up

    done, kept = bring_up(settings_for(bank), to)
    for step in done:
        print(f"version {step.to}: {step.what}")
    print(f"the home as it was: {kept}" if done else "the home is up to date")
