"""The receipt of a value for people: what why.py found, as text and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tagmart.explain.rows import PARTIALS
from tagmart.explain.trial import text_table
from tagmart.explain.why import Receipt, said

if TYPE_CHECKING:
    from rich.console import RenderableType

SHOWN = 20


def why_page(receipt: Receipt, everything: bool = False) -> RenderableType:
    """The receipt for people.

    Args:
        everything: true to print all rows; else the first twenty of each table.
    """
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    value, row = receipt.value, receipt.value.row
    head = Table.grid(padding=(0, 2))
    head.add_column(style="bold", no_wrap=True)
    head.add_column(overflow="fold")
    for title, text in _facts(receipt):
        head.add_row(title, Text(text))
    pages: list[RenderableType] = [Text(f"{value.name}  {row['zh']}｜{row['en']}", style="bold"), head]
    for note in receipt.notes:
        pages.append(Text(note, style="yellow"))
    if receipt.partial:
        pages += _partial_page(receipt, everything)
    if receipt.proof:
        pages.append(Text(receipt.proof, style="green" if receipt.same else "red"))
    for source in receipt.columns:
        slips = [slip for slip in receipt.slips if slip.source == source]
        if slips:
            pages.append(Text(f"\n{source} · {len(slips)} row(s)", style="bold"))
            cells = [(slip.src_file or "?", str(slip.src_line or "?"), *slip.seen) for slip in slips]
            pages += _cut(("file", "line", *receipt.columns[source]), cells, everything)
    return Group(*pages)


def _facts(receipt: Receipt) -> list[tuple[str, str]]:
    value, row = receipt.value, receipt.value.row
    fingerprint, models = receipt.definition
    bases = "\n".join(f"{name} = {said(base)}" for name, base in value.bases.items())
    unit = f" {row['unit']}" if row["unit"] not in (None, "", "none") and value.value is not None else ""
    facts = [
        ("Value", f"{said(value.value)}{unit} · {row['entity']} customer {value.customer}"),
        ("Published", f"{value.biz_date} by run {value.run_id}" + (f", code {value.code}" if value.code else "")),
        ("Meaning", f"{row['sentence_zh']}\n{row['sentence_en']}"),
        ("Formula", str(row["formula"])),
        ("Days", receipt.window),
        ("Version", f"{row['tag_id']} · {row['status']} since {row['status_since']} · definition {fingerprint}"),
        ("", f"of the checkout: {', '.join(models)}"),
        ("Made of tags", bases),
    ]
    return [(title, text) for title, text in facts if text]


def _partial_page(receipt: Receipt, everything: bool) -> list[RenderableType]:
    from rich.text import Text

    table, of, *slices = receipt.partial
    is_state = any(row.first != row.last for row in receipt.rows)
    days = ("from", "to") if is_state else ("day",)
    cells = [
        (str(row.first), *([str(row.last) if row.last.year < 9999 else "…"] if is_state else []),
         *(row.slices[code] for code in slices), said(row.value))
        for row in receipt.rows
    ]
    title = Text(f"\n{PARTIALS}.{table.removeprefix(PARTIALS + '_')} · {len(receipt.rows)} row(s) of these days and slices", style="bold")
    return [title, *(_cut((*days, *slices, of), cells, everything) if cells else [])]


def _cut(titles: tuple[str, ...], cells: Sequence[tuple[str, ...]], everything: bool) -> list[RenderableType]:
    """A table of the first rows; the newest partial rows come last, so what is left out is said and not hidden."""
    from rich.text import Text

    table = text_table(*titles)
    shown = cells if everything else cells[:SHOWN]
    for row in shown:
        table.add_row(*map(Text, row))
    left = len(cells) - len(shown)
    return [table, *([Text(f"… and {left:,} more; --all prints them")] if left else [])]
