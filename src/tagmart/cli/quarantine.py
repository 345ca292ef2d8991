"""Verbs around bad rows: what is in quarantine, which rows, and taking a delivery again once the cause is mended."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tagmart.cli.options import BankOption, settings_for
from tagmart.core.clock import parse_biz_date

if TYPE_CHECKING:
    from tagmart.contracts import Contract
    from tagmart.ingest.quarantine import QuarantinedRow

# A list of allowed values may be long; `show` has it whole.
RULE_WIDTH = 40

FeedArgument = Annotated[str, typer.Argument(help="The feed.")]
LabelArgument = Annotated[str, typer.Argument(metavar="DATE", help="The delivery's date, such as 2026-06-30; static for a static feed.")]


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    quarantine = typer.Typer(help="Rows that broke their contract.", no_args_is_help=True)
    quarantine.command("list")(quarantine_list)
    quarantine.command("show")(quarantine_show)
    quarantine.command("replay")(quarantine_replay)
    app.add_typer(quarantine, name="quarantine")


def quarantine_list(
    feed: Annotated[str | None, typer.Option(help="Only this feed.")] = None,
    date: Annotated[str | None, typer.Option("--date", help="Only deliveries of this date.")] = None,
    bank: BankOption = None,
) -> None:
    """What is in quarantine, by delivery, file and rule."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from tagmart.core.state import State

    found = State(settings_for(bank).state_db).rows(
        "select quarantine.*, arrival.rows_loaded from quarantine left join arrival using (feed, biz_date)"
        " where quarantine.feed = coalesce(?, quarantine.feed) and quarantine.biz_date = coalesce(?, quarantine.biz_date)"
        " order by quarantine.biz_date desc, quarantine.feed, file, first_line", feed, _label(date) if date else None,
    )
    if not found:
        print("nothing is in quarantine")
        return
    table = Table("date", "feed", "column", "rule", "rows", "first at", "rest of the delivery", box=None)
    for column in table.columns:
        column.no_wrap = True
    for row in found:
        rest = "nothing loaded" if row["rows_loaded"] is None else f"{row['rows_loaded']:,} rows loaded"
        rule = row["rule"] if len(row["rule"]) <= RULE_WIDTH else f"{row['rule'][:RULE_WIDTH]}…"
        table.add_row(row["biz_date"], row["feed"], row["column_name"], escape(rule), f"{row['rows']:,}",
                      f"{row['file']}, line {row['first_line']:,}", rest)
    Console(soft_wrap=True, width=max(160, Console().width)).print(table)


def quarantine_show(
    feed: FeedArgument,
    date: LabelArgument,
    rule: Annotated[str | None, typer.Option(help="Only rows that broke this rule.")] = None,
    limit: Annotated[int, typer.Option(help="Most rows to show.")] = 20,
    raw: Annotated[bool, typer.Option("--raw", help="Show the records as they are, with personal data in them.")] = False,
    bank: BankOption = None,
) -> None:
    """The bad rows of a delivery: where, why, what was seen. Personal values are masked, unless --raw."""
    from rich.console import Console
    from rich.markup import escape

    from tagmart.ingest.quarantine import read_quarantine
    from tagmart.ingest.replay import STATIC, feed_of

    settings, label = settings_for(bank), _label(date)
    contract = feed_of(settings, feed).at(None if label == STATIC else parse_biz_date(label))
    rows = [row for row in read_quarantine(settings.quarantine, feed, label) if rule is None or row.rule == rule]
    console = Console(soft_wrap=True)
    if not rows:
        console.print("nothing is in quarantine of this delivery" + (" under this rule" if rule else ""))
        return
    if raw:
        console.print("[bold yellow]These records hold personal data: for the source's owner only.[/]")
    for row in islice(rows, limit):
        column = f", column {row.column}" if row.column else ""
        console.print(f"{row.file}, line {row.line}, byte {row.offset}{column}: {escape(repr(row.seen[:60]))}, rule: {escape(row.rule)}",
                      highlight=False)
        console.print(f"    {escape(row.text if raw else _shown(contract, row))}", highlight=False)
    if len(rows) > limit:
        console.print(f"… and {len(rows) - limit:,} more (--limit)")


def quarantine_replay(
    feed: FeedArgument,
    date: LabelArgument,
    corrected: Annotated[Path | None, typer.Option(
        "--with", help="Corrected records in the feed's own form: one for each in quarantine, in the order of show --raw.")] = None,
    bank: BankOption = None,
) -> None:
    """Take a delivery again under the contract as it is now: rows that pass are loaded, the rest stays."""
    from tagmart.core.state import State
    from tagmart.ingest.replay import replay_delivery

    settings = settings_for(bank)
    done = replay_delivery(settings, State(settings.state_db), feed, _label(date), corrected)
    print(f"{feed} {_label(date)}: {done.loaded:,} rows loaded ({done.loaded_before:,} before),"
          f" {done.in_quarantine:,} in quarantine")
    for note in done.notes:
        print(f"note: {note}")
    if done.nights:
        print(f"published nights that were built without this: {', '.join(done.nights)};"
              f" make them anew: tagmart restate --bank {settings.bank} --from {done.nights[0]}")


def _label(date: str) -> str:
    """A delivery's date as the state writes it."""
    from tagmart.ingest.replay import STATIC

    return STATIC if date == STATIC else parse_biz_date(date).isoformat()


def _shown(contract: Contract, row: QuarantinedRow) -> str:
    """A record with its personal values masked; nothing of it where nobody can say which field is which."""
    from tagmart.ingest.quarantine import fields_of, masked

    fields = fields_of(contract, row)
    if fields is None:
        return f"({len(row.content):,} bytes whose fields cannot be told apart; --raw shows them)"
    pairs = zip(contract.columns, fields, strict=True)
    return " | ".join(f"{column.name}={masked(value) if column.personal else value}" for column, value in pairs)
