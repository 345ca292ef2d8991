"""Verbs that answer why: the receipt of a value, the place of a customer in a segment, a lead."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tagmart.cli.options import BankOption, DateOption, settings_for
from tagmart.core.clock import parse_biz_date
from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    why = typer.Typer(help="Why a published value is what it is.", no_args_is_help=True)
    why.command("tag")(why_tag)
    why.command("segment")(why_segment)
    why.command("lead")(why_lead)
    app.add_typer(why, name="why")


def why_tag(
    customer: Annotated[str, typer.Argument(help="The customer's number.")],
    tag: Annotated[str, typer.Argument(help="The tag's name or number.")],
    date: DateOption = None,
    restricted: Annotated[bool, typer.Option("--restricted", help="Read the restricted file; only for those who may.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="All rows, not the first twenty of each table.")] = False,
    bank: BankOption = None,
) -> None:
    """The receipt of a value: definition, partials, dwd rows, files and lines that made it."""
    from rich.console import Console

    from tagmart.explain.why import why_tag as receipt_of
    from tagmart.explain.why_page import why_page

    settings = settings_for(bank)
    receipt = receipt_of(settings, published_folder(settings, date), customer, tag, restricted)
    console = Console(soft_wrap=True)
    (console if console.is_terminal else Console(soft_wrap=True, width=200)).print(why_page(receipt, everything))


def why_segment(
    customer: Annotated[str, typer.Argument(help="The customer's number.")],
    segment: Annotated[str, typer.Argument(help="The segment's key or number.")],
    date: DateOption = None,
    bank: BankOption = None,
) -> None:
    """Why a customer is in a segment, or is not: each condition with the customer's values, and since when it is so."""
    from rich.console import Console

    from tagmart.cli.segment import night_of, nights_before
    from tagmart.explain.segment_page import why_segment_page
    from tagmart.explain.segment_why import why_segment as answer_of

    settings = settings_for(bank)
    with night_of(settings, date) as night:
        answer = answer_of(night, customer, segment, lambda: nights_before(settings, night.biz_date))
    console = Console(soft_wrap=True)
    (console if console.is_terminal else Console(soft_wrap=True, width=200)).print(why_segment_page(answer))


def why_lead(
    customer: Annotated[str, typer.Argument(help="The customer's number.")],
    lead: Annotated[str, typer.Argument(help="The lead's code or number, such as big_in or L-R-0001.")],
    date: DateOption = None,
    bank: BankOption = None,
) -> None:
    """Why a customer has a lead: trigger, key, owner, reach, budget; and for one who has none, what was not met."""
    from rich.console import Console

    from tagmart.core.state import State
    from tagmart.explain.lead_page import why_lead_page
    from tagmart.explain.lead_why import why_lead as answer_of
    from tagmart.publish.store import good_runs_before

    settings = settings_for(bank)
    folder = published_folder(settings, date)
    runs = good_runs_before(State(settings.state_db), parse_biz_date(folder.parent.name))
    answer = answer_of(settings, folder, runs, customer, lead)
    console = Console(soft_wrap=True)
    (console if console.is_terminal else Console(soft_wrap=True, width=200)).print(why_lead_page(answer))


def published_folder(settings: Settings, text: str | None) -> Path:
    """The published run that is asked about: the current one, or the last good one of a date."""
    from tagmart.core.state import State
    from tagmart.publish.store import current, latest_good, list_published

    if not settings.state_db.is_file():
        raise TagmartError("nothing is published yet", where=str(settings.published), do="run a night first")
    state = State(settings.state_db)
    day = parse_biz_date(text) if text else None
    folder = latest_good(state, day) if day else current(settings)
    if folder is None:
        dates = sorted({f"{run.biz_date}" for run in list_published(settings, state)}, reverse=True)
        raise TagmartError(
            f"there is no good published run of {day}" if day else "nothing is published yet", where=str(settings.published),
            seen=", ".join(dates[:5]) or "no run", do="choose one of `tagmart published list`" if dates else "run a night first",
        )  # fmt: skip
    return folder.resolve()
