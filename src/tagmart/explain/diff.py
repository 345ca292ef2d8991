"""What a changed definition changes: the working tree beside the published night of the same date, tag by tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tagmart.core.duck import identifier, literal
from tagmart.core.errors import TagmartError
from tagmart.core.mart import MART_FILE, TAGS_PREFIX, qualified
from tagmart.core.settings import Settings
from tagmart.explain.trial import compute, read_tree, workbench
from tagmart.tagspec.model import TagModel

if TYPE_CHECKING:
    import duckdb
    from rich.console import RenderableType

EXAMPLES = 10


@dataclass(frozen=True)
class Change:
    """How one tag differs between two builds of one date.

    Attributes:
        name: the tag.
        is_new: true where the earlier build does not have it; then nothing is compared.
        customers: customers of both builds.
        changed: those with another value; `filled` had none before, `emptied` have none now.
        before, after: sums of the values, of numbers only.
        examples: customer, value before, value after; the largest changes of numbers first.
    """

    name: str
    is_new: bool
    customers: int = 0
    changed: int = 0
    filled: int = 0
    emptied: int = 0
    before: object = None
    after: object = None
    examples: tuple[tuple[str, object, object], ...] = ()


def diff_tags(settings: Settings, word: str, run_id: str = "") -> list[Change]:
    """Compare what a word names, computed from the working tree, with what a published run says.

    Args:
        settings: whose checkout, warehouse and published files are read.
        word: a family, a tag model or a tag.
        run_id: the published run; else the newest of the date at which the warehouse stands.

    Raises:
        TagmartError: if no such run is published, or it is of another date than the warehouse.
    """
    tree = read_tree(settings)
    models = tree.find(word)
    with workbench(settings) as (connection, biz_date):
        folder = settings.published / biz_date.isoformat()
        runs = sorted(path.name for path in folder.glob("*") if (path / MART_FILE).is_file())
        if not runs or (run_id and run_id not in runs):
            raise TagmartError(
                "there is no published run to compare with", where=str(folder), seen=", ".join(runs) or "nothing",
                do=f"publish {biz_date} first, or name one of the runs of that date",
            )  # fmt: skip
        published = folder / (run_id or runs[-1]) / MART_FILE
        connection.execute(f"attach {literal(str(published))} as earlier (read_only)")
        tables = compute(settings, tree, connection, models)
        return [change for model in models for change in _changes(connection, model, tables[model.name])]


def _changes(connection: duckdb.DuckDBPyConnection, model: TagModel, table: str) -> list[Change]:
    earlier = f"earlier.{qualified(TAGS_PREFIX + model.entity)}"
    names = connection.execute(f"select column_name from (describe select * from {earlier})").fetchall()
    known = {name for (name,) in names}
    return [
        _change(connection, tag.name, table, earlier, tag.data_type) if tag.name in known else Change(tag.name, True)
        for tag in model.tags
        if not tag.restricted
    ]


def _change(
    connection: duckdb.DuckDBPyConnection, name: str, table: str, earlier: str, data_type: str
) -> Change:
    """One tag, customer by customer."""
    is_number = data_type.startswith(("decimal", "integer"))
    pairs = (
        f"select customer_id, older.{identifier(name)} as before, newer.{identifier(name)} as after"
        f" from {table} as newer inner join {earlier} as older using (customer_id)"
    )
    sums = "sum(before), sum(after)" if is_number else "null, null"
    figures = connection.execute(
        "select count(*), sum((before is distinct from after)::integer),"
        " sum((before is null and after is not null)::integer), sum((before is not null and after is null)::integer),"
        f" {sums} from ({pairs})"
    ).fetchone()
    order = "abs(coalesce(after, 0) - coalesce(before, 0)) desc, customer_id" if is_number else "customer_id"
    examples = connection.execute(
        f"select * from ({pairs}) where before is distinct from after order by {order} limit {EXAMPLES}"
    ).fetchall()
    customers, changed, filled, emptied, before, after = figures
    return Change(name, False, customers, changed or 0, filled or 0, emptied or 0, before, after, tuple(examples))


def diff_page(changes: Sequence[Change]) -> RenderableType:
    """The changes for people: what did not change is one line."""
    from rich.console import Group
    from rich.text import Text

    from tagmart.explain.trial import text_table

    same = [change for change in changes if not change.is_new and not change.changed]
    new = [change.name for change in changes if change.is_new]
    pages: list[RenderableType] = []
    for change in changes:
        if change.changed:
            share = 100 * change.changed / change.customers
            pages.append(Text(f"{change.name}: {change.changed} of {change.customers} customers change ({share:.1f} %)", style="bold"))
            about = f"  {change.filled} had no value before, {change.emptied} have none now"
            pages.append(Text(about + ("" if change.before is None else f"; sum {change.before:,} → {change.after:,}")))
            table = text_table("  customer_id", "before", "after")
            for customer, before, after in change.examples:
                table.add_row(f"  {customer}", *("" if value is None else str(value) for value in (before, after)))
            pages.append(table)
    if new:
        pages.append(Text(f"new: {', '.join(new)}"))
    pages.append(Text(f"{len(same)} tag(s) unchanged for every customer"))
    return Group(*pages)
