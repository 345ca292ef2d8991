"""Verbs for the rooms that people edit: tag specs and rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from tagmart.cli.options import BankOption, settings_for
from tagmart.core.errors import TagmartError


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    tags = typer.Typer(help="Tags: from specs to SQL, and what a tag means.", no_args_is_help=True)
    tags.command("generate")(tags_generate)
    tags.command("explain")(tags_explain)
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
    from rich.console import Console

    from tagmart.explain import explain_tag

    Console(soft_wrap=True).print(explain_tag(settings_for(bank), name))


def rules_generate(check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if a file is stale.")] = False) -> None:
    """Write the segment models from the rules, after checking them against the catalogue."""
    from tagmart.rules import generate

    result = generate(settings_for(None), check=check)
    stale = [str(path) for path in result.stale]
    _report("rules", stale if check else [], len(stale), result.summary)


def _report(room: str, stale: Sequence[str], written: int, summary: str) -> None:
    """Say what was made; if anything is stale, fail and name it."""
    if stale:
        raise TagmartError(
            f"{len(stale)} generated file(s) are stale", where=stale[0], seen=", ".join(stale[:5]),
            do=f"run `tagmart {room} generate` and commit what it writes",
        )
    print(f"{summary}; " + (f"{written} file(s) changed" if written else "all current"))
