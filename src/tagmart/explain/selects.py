"""Pieces of selects, read and written: what the rewriting of receipts (receipt.py) is put together from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import exp, parse_one

DIALECT = "duckdb"
RECEIPT = "receipt"
# The type of a receipt: one slip per stored row, with what is shown of it.
SLIP = "struct(source varchar, src_file varchar, src_line bigint, seen varchar[])"
NOTHING = f"cast(null as {SLIP}[])"


# What is asked of a query: some of its columns, or its rows as a whole.
Asked = frozenset[str] | None
WHOLE: Asked = None


class UnfoldableError(Exception):
    """A query of a shape that cannot be rewritten; the caller shows all rows of the customer instead."""


@dataclass
class Scope:
    """The named queries in force, and what has been made of them so far."""

    parent: Scope | None
    named: dict[str, exp.Expression] = field(default_factory=dict)
    made: dict[tuple[str, Asked], str] = field(default_factory=dict)
    added: list[exp.CTE] = field(default_factory=list)

    def holder(self, name: str) -> Scope | None:
        """The scope that names a query."""
        scope: Scope | None = self
        while scope and name not in scope.named:
            scope = scope.parent
        return scope


@dataclass
class Source:
    """One item of a from clause: where it stands, its columns, and what is asked of it."""

    node: exp.Expression
    columns: tuple[str, ...]
    is_stored: bool
    asked: set[str] = field(default_factory=set)
    is_whole: bool = False

    @property
    def is_asked(self) -> bool:
        """Whether the source must bring receipts."""
        return self.is_stored and (self.is_whole or bool(self.asked))


def entered(tree: exp.Expression, scope: Scope) -> Scope:
    """The scope inside a query that names queries of its own."""
    clause = tree.args.get("with_")
    if not clause:
        return scope
    if clause.args.get("recursive"):
        raise UnfoldableError("a recursive query")
    return Scope(scope, {cte.alias: cte.this for cte in clause.expressions})


def without(named: dict[str, exp.Expression], name: str) -> dict[str, exp.Expression]:
    """Named queries that a named query can read: not itself."""
    return {other: body for other, body in named.items() if other != name}


def whole(sources: dict[str, Source]) -> list[str]:
    """Ask the sources for their rows as such; gives those that have receipts."""
    for source in sources.values():
        source.is_whole = True
    return [alias for alias, source in sources.items() if source.is_stored]


def star_of(item: exp.Expression) -> exp.Star | None:
    """The star of `*` or `table.*`; None of any other item of a select list."""
    if isinstance(item, exp.Star):
        return item
    return item.this if isinstance(item, exp.Column) and isinstance(item.this, exp.Star) else None


def aggregates_in(item: exp.Expression) -> Iterator[exp.Expression]:
    """The aggregates of an expression over its group; what stands in a window or a subquery is none."""
    waiting = [item]
    while waiting:
        node = waiting.pop()
        if isinstance(node, exp.AggFunc) or (isinstance(node, exp.Filter) and isinstance(node.this, exp.AggFunc)):
            yield node
        elif not isinstance(node, exp.Window | exp.Query):
            waiting += list(node.iter_expressions())


def is_aggregated(tree: exp.Select) -> bool:
    """Whether a row of the select stands for a group of rows."""
    return bool(tree.args.get("group")) or any(True for item in tree.expressions for _ in aggregates_in(item))


def argument_of(aggregate: exp.Expression) -> tuple[exp.Expression | None, list[exp.Expression]]:
    """The argument of an aggregate, None of `count(*)`; and the condition of its filter."""
    also = []
    if isinstance(aggregate, exp.Filter):
        also, aggregate = [aggregate.expression.this], aggregate.this
    counted = aggregate.this
    while isinstance(counted, exp.Distinct | exp.Order):
        counted = counted.expressions[0] if isinstance(counted, exp.Distinct) else counted.this
    return (None if counted is None or isinstance(counted, exp.Star | exp.Literal) else counted), also


def rows_of(aliases: list[str]) -> str:
    """The receipts of one row: those of the sources named."""
    parts = [f"coalesce({exp.to_identifier(alias, quoted=True).sql(DIALECT)}.{RECEIPT}, [])" for alias in dict.fromkeys(aliases)]
    return "" if not parts else parts[0] if len(parts) == 1 else f"list_concat({', '.join(parts)})"


def listed(rows: str, test: str | None) -> str:
    """The receipts of a group."""
    if not rows:
        return ""
    return f"flatten(coalesce(list({rows})" + (f" filter (where {test})" if test else "") + ", []))"


def gathered(body: exp.Expression, names: tuple[str, ...]) -> exp.Expression:
    """Equal rows as one, with the receipts of all of them."""
    columns = ", ".join(exp.to_identifier(name, quoted=True).sql(DIALECT) for name in names)
    text = (
        f"select {columns}, flatten(list(coalesce({RECEIPT}, []))) as {RECEIPT} from ({body.sql(DIALECT)}) as alike group by all"
    )
    return parse_one(text, dialect=DIALECT)
