"""Why a customer has a lead or none, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from tagmart.explain.lead_steps import LAST, Step
from tagmart.explain.lead_why import LeadAnswer, Part, Raised

if TYPE_CHECKING:
    from rich.console import RenderableType

MARKS = {True: "✓", False: "✗", None: "·"}


def why_lead_page(found: LeadAnswer) -> RenderableType:
    """The leads with their parts; for one who has none the part that was not met, and how far the trigger came."""
    row = found.catalogue[0]
    head = f"{row['lead_id']} {row['lead_code']} {row['zh']}｜{row['en']} · {found.customer} · {found.biz_date}"
    if found.raised:
        pages: list[RenderableType] = [Text(f"{head}: {len(found.raised)} lead(s)", style="green")]
        for raised in found.raised:
            pages += _raised(raised, str(row["dedupe"]))
    else:
        pages = [Text(f"{head}: no lead. {_verdict(found.parts)}", style="yellow"), _table(found.parts)]
        pages += _steps(found.steps)
    pages += [Text(note, style="yellow") for note in found.notes]
    return Group(*pages)


def _verdict(parts: Sequence[Part]) -> str:
    """The first part that was not met."""
    missed = next((part for part in parts if part.holds is False), None)
    return f"Not met: {missed.name}" if missed else "What was not met cannot be told"


def _raised(raised: Raised, named: str) -> list[RenderableType]:
    lead = raised.lead
    key = "the customer alone" if named == "none" else f"{named} {lead['dedupe_part']}"
    amount = "" if lead["amt"] is None else f" · amount {lead['amt']:,}"
    state = "given to its owner" if lead["is_chosen"] and not lead["reason_code"] else f"not given: {lead['reason_code']}"
    return [
        Text(f"\n{lead['lead_id']} · {lead['variant_code']} · {lead['lead_kind']} · priority {lead['priority']}{amount}"
             f" · lives until {lead['expiry_date']} · {state}", style="bold"),
        Text(f"key: {lead['lead_code']}, customer, {key}"),
        _table(raised.parts),
    ]  # fmt: skip


def _table(parts: Sequence[Part]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for _ in range(3):
        table.add_column(overflow="fold")
    for part in parts:
        table.add_row(MARKS[part.holds], part.name, part.says)
    return table


def _steps(steps: Sequence[Step]) -> list[RenderableType]:
    if not steps:
        return []
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("step of the trigger", "rows of the customer", "what they say"):
        table.add_column(name, overflow="fold")
    for step in steps:
        says = "\n".join(", ".join(f"{column} = {value}" for column, value in row) for row in step.values)
        table.add_row("all of it" if step.name == LAST else step.name, f"{step.rows:,}", says)
    return [Text(""), table]
