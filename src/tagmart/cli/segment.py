"""Verbs of customer groups: try a rule, save it, see what a change moves, and how segments lie over each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tagmart.cli.options import BankOption, DateOption, settings_for

if TYPE_CHECKING:
    from tagmart.core.settings import Settings
    from tagmart.explain.selection import Night

ENTITIES = ("retail", "corporate", "merchant")
EntityOption = Annotated[str, typer.Option("--entity", help="retail, corporate or merchant.")]
PurposeOption = Annotated[str, typer.Option("--purpose", help="marketing, service, risk, management or statutory.")]
RuleArgument = Annotated[str, typer.Argument(help="The rule, in quotes.")]


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    segment = typer.Typer(help="Customer groups: try a rule, save it, compare.", no_args_is_help=True)
    segment.command("preview")(preview_rule)
    segment.command("save")(save_rule)
    segment.command("import")(import_file)
    segment.command("diff")(diff_rule)
    segment.command("overlap")(overlap_segments)
    app.add_typer(segment, name="segment")


def preview_rule(
    rule: RuleArgument, entity: EntityOption = "retail", purpose: PurposeOption = "marketing", date: DateOption = None,
    bank: BankOption = None,
) -> None:
    """Whom a rule selects on a published night: size, profile by theme, overlap with live segments, ten customers (masked)."""
    from tagmart.explain.preview import preview
    from tagmart.explain.segment_page import preview_page
    from tagmart.explain.selection import rule_to_try

    with night_of(settings_for(bank), date) as night:
        _print(preview_page(preview(night, rule_to_try(rule, entity, purpose)), night.biz_date))


def save_rule(
    rule: RuleArgument,
    key: Annotated[str, typer.Option(help="The name by which other rules call it.")],
    zh: Annotated[str, typer.Option(help="Chinese label.")],
    en: Annotated[str, typer.Option(help="English label.")],
    line: Annotated[str, typer.Option(help="Business line: the folder.")],
    owner: Annotated[str, typer.Option(help="Department that answers for it.")],
    says_zh: Annotated[str, typer.Option(help="One sentence in Chinese.")],
    says_en: Annotated[str, typer.Option(help="One sentence in English.")],
    entity: EntityOption = "retail",
    purpose: PurposeOption = "marketing",
) -> None:
    """Write a rule's file for review, with the next free number, after checking it against tags and rules."""
    from tagmart.rules.saving import save

    fields = {"key": key, "zh": zh, "en": en, "entity": entity, "line": line, "owner": owner, "purpose": purpose,
              "description": {"zh": says_zh, "en": says_en}, "rule": rule}  # fmt: skip
    print(save(settings_for(None), fields))
    print("next: have it reviewed, then `tagmart rules generate`, and commit both")


def import_file(
    source: Annotated[Path, typer.Argument(help="CSV or XLSX with a header row.")],
    key: Annotated[str, typer.Option(help="The name by which rules call it: `in segment <key>`.")],
    owner: Annotated[str, typer.Option(help="Department that answers for it.")],
    expires: Annotated[str, typer.Option(help="The last business date on which it holds.")],
    zh: Annotated[str, typer.Option(help="Chinese label.")],
    en: Annotated[str, typer.Option(help="English label.")],
    column: Annotated[str, typer.Option(help="The column with customer numbers.")] = "customer_id",
    entity: EntityOption = "retail",
    purpose: PurposeOption = "marketing",
    bank: BankOption = None,
) -> None:
    """Take in a list of customers: its rows into the home, its declaration into models/lists for review."""
    from tagmart.core import clock
    from tagmart.rules.lists import import_list

    settings = settings_for(bank)
    with night_of(settings, None) as night:
        rows = night.mart.execute(f"select customer_id from mart.tags_{entity}").fetchall() if entity in ENTITIES else []
    fields = {"key": key, "zh": zh, "en": en, "entity": entity, "owner": owner, "purpose": purpose,
              "expires": clock.parse_biz_date(expires)}  # fmt: skip
    path, count, strangers = import_list(settings, source, fields, column, frozenset(one for (one,) in rows), clock.now().date())
    print(f"{path}: {count:,} rows, {count - len(strangers):,} of them customers of {night.biz_date}")
    if strangers:
        print(f"{len(strangers):,} rows match no customer; they are kept, and every night asks anew: {settings.lists_home / f'{key}.unmatched.csv'}")
    print("next: have it reviewed, then `tagmart rules generate`, and commit both; the rows stay in the home")


def diff_rule(
    key: Annotated[str, typer.Argument(help="The segment's key, whose file has been changed.")], date: DateOption = None,
    bank: BankOption = None,
) -> None:
    """What the changed file of a rule would move on a published night: who enters, who leaves, and the money with them."""
    from tagmart.explain.segment_diff import diff_segment
    from tagmart.explain.segment_page import diff_page

    with night_of(settings_for(bank), date) as night:
        _print(diff_page(diff_segment(night, key)))


def overlap_segments(
    least: Annotated[float, typer.Option("--least", help="Leave out pairs that share less than this part, 0 to 1.")] = 0.5,
    date: DateOption = None, bank: BankOption = None,
) -> None:
    """Segments that are the same, that lie inside another, or that share many customers."""
    from tagmart.explain.overlap import overlaps
    from tagmart.explain.segment_page import overlap_page

    with night_of(settings_for(bank), date) as night:
        _print(overlap_page(overlaps(night.mart, least), {rule.segment_id: rule for rule in night.live.values()}))


@contextmanager
def night_of(settings: Settings, text: str | None) -> Iterator[Night]:
    """The published night that is asked about, open: the current one, or the last good one of a date."""
    from tagmart.cli.why import published_folder
    from tagmart.explain.selection import open_night

    folder = published_folder(settings, text)
    with open_night(settings, folder, past_of(settings, date.fromisoformat(folder.parent.name))) as night:
        yield night


def nights_before(settings: Settings, biz_date: date) -> Iterator[AbstractContextManager[Night]]:
    """The published nights before a date, the latest first, day by day until one was not published."""
    from tagmart.explain.selection import open_night

    folder_of, days = past_of(settings, biz_date), 1
    while (folder := folder_of(days)) is not None:
        day = biz_date - timedelta(days=days)
        yield open_night(settings, folder.resolve(), past_of(settings, day))
        days += 1


def past_of(settings: Settings, biz_date: date) -> Callable[[int], Path | None]:
    """Finds the folder of the good run so many days before a date."""
    from tagmart.core.state import State
    from tagmart.publish.store import latest_good

    def folder(days: int) -> Path | None:
        return latest_good(State(settings.state_db), biz_date - timedelta(days=days))

    return folder


def _print(page: object) -> None:
    from rich.console import Console

    console = Console(soft_wrap=True)
    (console if console.is_terminal else Console(soft_wrap=True, width=200)).print(page)
