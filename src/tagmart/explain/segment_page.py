"""What preview, diff, overlap and why found, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from tagmart.explain.overlap import Pair
from tagmart.explain.preview import Preview, Trait
from tagmart.explain.segment_diff import Diff, Move
from tagmart.explain.segment_why import Answer, Condition
from tagmart.rules import Rule

if TYPE_CHECKING:
    from rich.console import RenderableType

PAIRS_SHOWN = 50
HOLDS = {True: "✓ true", False: "✗ false", None: "? missing"}


def preview_page(found: Preview, biz_date: date) -> RenderableType:
    """A rule that was tried."""
    rule, share = found.item.rule, found.size / found.of if found.of else 0.0
    parts: list[RenderableType] = [
        Text(f"{found.size:,} of {found.of:,} {rule.entity} customers ({share:.1%}) on {biz_date} · {found.seconds:.2f} s", style="bold")
    ]
    if found.traits:
        note = "" if found.profiled == found.size else f" (means of {found.profiled:,} members, chosen by hash)"
        table = Table(title=f"How they differ{note}", title_justify="left", box=None, padding=(0, 2, 0, 0))
        for name in ("theme", "tag", "", "members", "all"):
            table.add_column(name, justify="right" if name in ("members", "all") else "left")
        for trait in found.traits:
            table.add_row(trait.theme, trait.name, f"{trait.zh}｜{trait.en}", _figure(trait, trait.members), _figure(trait, trait.everybody))
        parts.append(table)
    if found.shared:
        table = Table(title="Live segments that share customers", title_justify="left", box=None, padding=(0, 2, 0, 0))
        for name in ("segment", "key", "", "size", "in both", "of the rule's"):
            table.add_column(name, justify="right" if name in ("size", "in both", "of the rule's") else "left")
        for one in found.shared:
            table.add_row(one.segment_id, one.key, one.zh, f"{one.size:,}", f"{one.both:,}", f"{one.both / found.size:.0%}")
        parts.append(table)
    parts.append(Text("ten of them: " + (" ".join(found.sample) or "nobody")))
    return Group(*parts)


def diff_page(found: Diff) -> RenderableType:
    """What a changed rule moves."""
    parts: list[RenderableType] = [Text(f"{found.rule.segment_id} {found.rule.zh}｜{found.rule.en}", style="bold")]
    parts.append(Text(f"published: {found.published.text if found.published else 'not a segment of this night'}"))
    parts.append(Text(f"the file:  {found.rule.text}"))
    parts += [Text(f"{field}: {before} → {after}", style="yellow") for field, before, after in found.changes]
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("", "customers", found.money_tag or "", "ten of them"):
        table.add_column(name, justify="right" if name and name != "ten of them" else "left")
    for side, move in (("enter", found.entering), ("leave", found.leaving), ("stay", found.staying)):
        table.add_row(side, f"{move.count:,}", _money(move), " ".join(move.sample))
    parts.append(table)
    if found.above:
        parts.append(Text(f"stands below {', '.join(found.above)}: these move too"))
    return Group(*parts)


def overlap_page(pairs: Sequence[Pair], rules: Mapping[str, Rule]) -> RenderableType:
    """Segments that lie over each other, the same and the nested ones first."""
    if not pairs:
        return Text("no two segments share so many customers")
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("", "first", "size", "second", "size", "in both", "share"):
        table.add_column(name, justify="right" if name in ("size", "in both", "share") else "left")
    for pair in pairs[:PAIRS_SHOWN]:
        first, second = (f"{one} {rules[one].key}" if one in rules else one for one in (pair.first, pair.second))
        table.add_row(pair.relation, first, f"{pair.first_size:,}", second, f"{pair.second_size:,}", f"{pair.both:,}", f"{pair.share:.0%}")
    counts = " · ".join(f"{sum(pair.relation == kind for pair in pairs):,} {kind}" for kind in ("identical", "nested", "overlapping"))
    return Group(table, Text(counts + (f"; the first {PAIRS_SHOWN} are shown" if len(pairs) > PAIRS_SHOWN else "")))


def why_segment_page(found: Answer) -> RenderableType:
    """Why a customer is in a segment, or is not."""
    rule = found.item.rule
    state = f"in it since {found.first_date}" if found.is_member else "not in it"
    parts: list[RenderableType] = [
        Text(f"{rule.segment_id} {rule.zh}｜{rule.en} · {found.biz_date}: {state}", style="green" if found.is_member else "yellow")
    ]
    if found.failure:
        parts.append(Text(f"the segment failed in this night and has no members: {found.failure}", style="red"))
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("", "condition", "the customer's values", "so since", "off by"):
        table.add_column(name, overflow="fold")
    _add_conditions(table, found.conditions, "")
    parts.append(table)
    parts += [Text(note, style="yellow") for note in found.notes]
    return Group(*parts)


def _add_conditions(table: Table, conditions: Sequence[Condition], indent: str) -> None:
    """Conditions line by line; under one that fails for the sake of a lower segment, that segment's."""
    for one in conditions:
        values = ", ".join(f"{tag} = {value}" for tag, value in one.values)
        table.add_row(HOLDS[one.holds], f"{indent}{one.text}", values, f"{one.since or ''}", "" if one.distance is None else f"{one.distance:.0%}")
        for below in one.below:
            rule = below.item.rule
            about = "; ".join([*([f"failed in this night: {below.failure}"] if below.failure else []), *below.notes])
            table.add_row("", f"{indent}  {rule.key} {rule.zh}｜{rule.en}", about, "", "")
            # An imported list has nothing below it: whoever is not on it is not in it.
            _add_conditions(table, () if rule.is_list else below.conditions, f"{indent}    ")


def _figure(trait: Trait, value: float) -> str:
    return f"{value:.1%}" if trait.kind == "flag" else f"{value:,.2f}"


def _money(move: Move) -> str:
    return "" if move.money is None else f"{move.money:,.2f}"
