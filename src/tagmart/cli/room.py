"""Verbs for the rooms that people edit: tag specs and rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tagmart.cli.options import BankOption, settings_for
from tagmart.core.errors import TagmartError

if TYPE_CHECKING:
    from rich.console import Console


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    tags = typer.Typer(help="Tags: from specs to SQL, and what a tag means.", no_args_is_help=True)
    tags.command("generate")(tags_generate)
    tags.command("explain")(tags_explain)
    tags.command("new")(tags_new)
    tags.command("try")(tags_try)
    tags.command("diff")(tags_diff)
    app.add_typer(tags, name="tags")
    rules = typer.Typer(help="Rules: from the business's text to segments.", no_args_is_help=True)
    rules.command("generate")(rules_generate)
    app.add_typer(rules, name="rules")


def tags_generate(check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if a file is stale.")] = False) -> None:
    """Write the dbt models, their YAML and the catalogue from the tag specs."""
    from tagmart.tagspec import generate

    result = generate(settings_for(None), check=check)
    counts = " · ".join(f"{count} {entity} tags" for entity, count in result.tags.items())
    _report("tags", result.stale, len(result.written) + len(result.removed), f"{counts} · {result.restricted} restricted")


def tags_explain(name: Annotated[str, typer.Argument(help="A tag.")], bank: BankOption = None) -> None:
    """Sentence, formula, lineage, owner and figures of a tag."""
    from tagmart.explain import explain_tag

    _console().print(explain_tag(settings_for(bank), name))


def tags_new(
    name: Annotated[str, typer.Argument(help="The family, or with --one-off the tag model: tag_retail_<subject>.")],
    reads: Annotated[str, typer.Option("--from", help="The daily partial of a family; the dwd model of a one-off.")],
    entity: Annotated[str, typer.Option(help="retail, corporate or merchant.")] = "retail",
    theme: Annotated[str, typer.Option(help="The theme: of a family new to words.yml, or of a one-off.")] = "",
    zh: Annotated[str, typer.Option(help="The object of a new family's labels, in Chinese.")] = "",
    en: Annotated[str, typer.Option(help="The same in English.")] = "",
    one_off: Annotated[bool, typer.Option("--one-off", help="An ordinary dbt model with its YAML, not a family.")] = False,
) -> None:
    """Write the first draft of a family (a block of a spec) or of a one-off (SQL and YAML), ready to generate and try."""
    from tagmart.tagspec import new_family, new_one_off

    settings = settings_for(None)
    if one_off:
        paths = new_one_off(settings, name, entity, reads, theme)
    else:
        paths = new_family(settings, name, entity, reads, theme, zh, en)
    for path in paths:
        print(path)
    print(f"next: edit it, then `tagmart tags generate` and `tagmart tags try {name}`")


def tags_try(word: Annotated[str, typer.Argument(help="A family, a tag model or a tag.")], bank: BankOption = None) -> None:
    """Compute tags of the working tree over the last night's warehouse: ten customers, and how each is filled."""
    from tagmart.explain import try_tags

    _console().print(try_tags(settings_for(bank), word))


def tags_diff(
    word: Annotated[str, typer.Argument(help="A family, a tag model or a tag.")],
    run: Annotated[str, typer.Option(help="The published run; else the newest of the warehouse's date.")] = "",
    bank: BankOption = None,
) -> None:
    """What the working tree changes, customer by customer, against the published night of the same date."""
    from tagmart.explain import diff_page, diff_tags

    _console().print(diff_page(diff_tags(settings_for(bank), word, run)))


def rules_generate(check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if a file is stale.")] = False) -> None:
    """Write the segment models from the rules, after checking them against the catalogue."""
    from tagmart.rules import generate

    result = generate(settings_for(None), check=check)
    stale = [str(path) for path in result.stale]
    _report("rules", stale if check else [], len(stale), result.summary)


def _console() -> Console:
    """Where tables are printed: as wide as the terminal, and wide enough where the output goes to a file."""
    from rich.console import Console

    console = Console(soft_wrap=True)
    return console if console.is_terminal else Console(soft_wrap=True, width=200)


def _report(room: str, stale: Sequence[str], written: int, summary: str) -> None:
    """Say what was made; if anything is stale, fail and name it."""
    if stale:
        raise TagmartError(
            f"{len(stale)} generated file(s) are stale", where=stale[0], seen=", ".join(stale[:5]),
            do=f"run `tagmart {room} generate` and commit what it writes",
        )
    print(f"{summary}; " + (f"{written} file(s) changed" if written else "all current"))
