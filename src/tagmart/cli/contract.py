"""Verbs around contracts: which feeds there are, whether a file is good, a first draft from a sample, the pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tagmart.cli.options import BankOption, settings_for
from tagmart.core.clock import parse_biz_date
from tagmart.core.errors import TagmartError

if TYPE_CHECKING:
    from tagmart.ingest.trial import Trial


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    contract = typer.Typer(help="Contracts of the feeds: what a source must send.", no_args_is_help=True)
    contract.command("list")(contract_list)
    contract.command("check")(contract_check)
    contract.command("infer")(contract_infer)
    contract.command("docs")(contract_docs)
    app.add_typer(contract, name="contract")


def contract_list(bank: BankOption = None) -> None:
    """The feeds of a bank: load kind, delivery, columns."""
    from rich.console import Console
    from rich.table import Table

    from tagmart.contracts import load_contracts

    table = Table("feed", "名称", "load", "delivery", "columns", "key")
    for contract in load_contracts(settings_for(bank).contracts_dir).values():
        table.add_row(contract.feed, contract.title_zh, contract.load, contract.files.delivery,
                      str(len(contract.columns)), ", ".join(contract.key))
    Console().print(table)


def contract_check(
    file: Annotated[Path, typer.Argument(help="A data file as the source sends it.")],
    feed: Annotated[str | None, typer.Option(help="The feed; else the one whose file names look like this one.")] = None,
    date: Annotated[str | None, typer.Option("--date", help="Business date; else that in the file's name.")] = None,
    bank: BankOption = None,
) -> None:
    """Try one file against its contract, with all that the loader checks; nothing is stored. Exit code 1 if it would be refused."""
    from tagmart.contracts import load_contracts
    from tagmart.ingest.trial import contract_for, try_file

    contract = contract_for(load_contracts(settings_for(bank).contracts_dir), file, feed)
    trial = try_file(contract, file, parse_biz_date(date) if date else None)
    _show(file, trial)
    if not trial.is_good:
        raise typer.Exit(1)


def contract_infer(
    file: Annotated[Path, typer.Argument(help="A sample, the longer the better.")],
    feed: Annotated[str | None, typer.Option(help="The feed's name; else from the file's name.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the draft there instead of showing it.")] = None,
) -> None:
    """A first draft of a contract from a sample file. It says what the sample shows; read every line of it."""
    from tagmart.ingest.infer import draft_contract

    text = draft_contract(file, feed)
    if out is None:
        print(text, end="")
    else:
        if out.exists():
            raise TagmartError("there is a file of this name", where=str(out), do="choose another name: a draft replaces nothing")
        out.write_text(text, encoding="utf-8")
        print(f"draft → {out}")


def contract_docs(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if a page is stale.")] = False,
) -> None:
    """Write a page per feed to docs/feeds, from the contracts of all banks."""
    from tagmart.contracts.docs import write_docs

    made = write_docs(settings_for(None).root, check=check)
    if check and made.stale:
        raise TagmartError(f"{len(made.stale)} page(s) of feeds are stale", where=made.stale[0], seen=", ".join(made.stale[:5]),
                           do="run `tagmart contract docs` and commit what it writes")
    print(f"{made.pages} pages; " + (f"{len(made.stale)} file(s) changed" if made.stale else "all current"))


def _show(file: Path, trial: Trial) -> None:
    """What the loader would make of a file, on the screen."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console, taken = Console(soft_wrap=True), trial.taken
    console.print(f"{file.name}: feed {trial.contract.feed}, {trial.delivery.label}, kind {trial.delivery.kind};"
                  f" {taken.rows_in:,} rows, {taken.rows_quarantined:,} bad", highlight=False)
    if trial.bad:
        table = Table("column", "rule", "rows", "first line", "at byte", "seen")
        for (column, rule), rows in trial.bad.items():
            table.add_row(column, rule, f"{len(rows):,}", f"{rows[0].line:,}", f"{rows[0].offset:,}", escape(rows[0].seen[:40]))
        console.print(table)
    for note in taken.notes:
        console.print(f"note: {escape(note)}", highlight=False)
    console.print("[green]would be loaded[/]" if trial.is_good else f"[red]would be refused[/]: {escape(taken.over_limit)}",
                  highlight=False)
