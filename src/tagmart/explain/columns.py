"""From which columns a query makes each of its columns: read from compiled SQL with sqlglot, one model at a time.

Two kinds of origin are told apart. A column's own (`value`): what its expression reads. The rows' (`rows`): what decides
which rows there are and which belong together — conditions, joins, groupings — and so stands behind every column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp, parse_one
from sqlglot.errors import ParseError

from tagmart.core.errors import TagmartError

DIALECT = "duckdb"


@dataclass(frozen=True, order=True)
class Origin:
    """A column of a table, as `dwd.transaction` and `amt`."""

    table: str
    column: str


Origins = frozenset[Origin]
NOTHING: Origins = frozenset()


@dataclass(frozen=True)
class Relation:
    """What a query gives: each of its columns with the origins of its value, and the origins of its rows."""

    columns: Mapping[str, Origins]
    rows: Origins = NOTHING

    def whole(self) -> Origins:
        """Every origin of the relation."""
        return frozenset().union(self.rows, *self.columns.values())


@dataclass
class _Sources:
    """The relations that one select reads, by the name that it gives them; and what it has named itself so far."""

    relations: dict[str, Relation] = field(default_factory=dict)
    aliases: dict[str, Origins] = field(default_factory=dict)

    def find(self, name: str, table: str) -> Origins | None:
        if table:
            relation = self.relations.get(table)
            return None if relation is None else relation.columns.get(name)
        for relation in self.relations.values():
            if name in relation.columns:
                return relation.columns[name]
        return self.aliases.get(name)


def columns_of(sql: str, table_columns: Callable[[str], tuple[str, ...]], where: str) -> Relation:
    """The origins of every column of a query, in the tables that it reads.

    Args:
        sql: one select statement in DuckDB's dialect, without Jinja.
        table_columns: the columns of a table `schema.name`; empty where it is not known.
        where: the model, for errors.

    Raises:
        TagmartError: if the query cannot be read, or names a column that none of its tables has.
    """
    try:
        tree = parse_one(sql, dialect=DIALECT)
    except ParseError as error:
        seen = str(error.errors[0]["description"])
        raise TagmartError("the compiled SQL cannot be read", where=where, seen=seen) from None
    # DuckDB tells no upper from lower case in names.
    for name in tree.find_all(exp.Identifier):
        name.set("this", name.this.lower())
    return _Reader(lambda table: tuple(map(str.lower, table_columns(table))), where).query(tree, {}, _Sources())


class _Reader:
    """Walks one statement. `known` are the CTEs in force, `outer` the sources of the query around a subquery."""

    def __init__(self, table_columns: Callable[[str], tuple[str, ...]], where: str) -> None:
        self.table_columns = table_columns
        self.where = where

    def query(self, tree: exp.Expression, known: Mapping[str, Relation], outer: _Sources) -> Relation:
        known = dict(known)
        clause = tree.args.get("with_")
        for cte in clause.expressions if clause else ():
            known[cte.alias] = self._cte(cte, known, outer, recursive=bool(clause.args.get("recursive")))
        if isinstance(tree, exp.Subquery):
            return self.query(tree.this, known, outer)
        if isinstance(tree, exp.SetOperation):
            return self._union(tree, known, outer)
        if isinstance(tree, exp.Values):
            return Relation(dict.fromkeys(tree.alias_column_names, NOTHING))
        return self._select(tree, known, outer)

    def _cte(
        self, cte: exp.CTE, known: Mapping[str, Relation], outer: _Sources, recursive: bool
    ) -> Relation:
        names = cte.alias_column_names
        if not recursive or not isinstance(cte.this, exp.SetOperation):
            return _renamed(self.query(cte.this, known, outer), names)
        # A recursive one reads itself: its first half gives the columns, then both give the origins until they stay.
        relation = _renamed(self.query(cte.this.this, known, outer), names)
        while True:
            again = _renamed(self.query(cte.this, {**known, cte.alias: relation}, outer), names)
            if again == relation:
                return relation
            relation = again

    def _union(self, tree: exp.SetOperation, known: Mapping[str, Relation], outer: _Sources) -> Relation:
        left, right = self.query(tree.this, known, outer), self.query(tree.expression, known, outer)
        if tree.args.get("by_name"):
            names = {**left.columns, **right.columns}
            merged = {
                name: left.columns.get(name, NOTHING) | right.columns.get(name, NOTHING) for name in names
            }
        else:
            merged = {
                name: own | other
                for (name, own), other in zip(left.columns.items(), right.columns.values(), strict=False)
            }
        return Relation(merged, left.rows | right.rows)

    def _select(self, tree: exp.Expression, known: Mapping[str, Relation], outer: _Sources) -> Relation:
        sources = _Sources(aliases=dict(outer.aliases))
        rows: set[Origin] = set()
        start = tree.args.get("from_")
        for part in [*([start.this] if start else []), *(join.this for join in tree.args.get("joins") or ())]:
            self._source(part, known, sources)
        for lateral in tree.args.get("laterals") or ():
            self._source(lateral, known, sources)
        for relation in sources.relations.values():
            rows |= relation.rows
        visible = _Sources({**outer.relations, **sources.relations}, sources.aliases)
        columns: dict[str, Origins] = {}
        for projection in tree.expressions:
            columns |= self._projection(projection, known, sources, visible)
        for join in tree.args.get("joins") or ():
            rows |= self._origins(join.args.get("on"), known, visible)
            for name in join.args.get("using") or ():
                rows |= self._using(name.name, sources)
        for clause in ("where", "group", "having", "qualify", "distinct"):
            rows |= self._origins(tree.args.get(clause), known, visible)
        return Relation(columns, frozenset(rows))

    def _source(self, part: exp.Expression, known: Mapping[str, Relation], sources: _Sources) -> None:
        """Read one item of the from clause. What a table function unnests belongs to the select around it."""
        if isinstance(part, exp.Table) and isinstance(part.this, exp.Identifier):
            name = part.alias or part.name
            if part.name in known and not part.db:
                sources.relations[name] = known[part.name]
            else:
                table = f"{part.db}.{part.name}"
                found = self.table_columns(table)
                if not found:
                    raise TagmartError("the compiled SQL reads a table that is not there", where=self.where, seen=table)
                sources.relations[name] = Relation({column: frozenset({Origin(table, column)}) for column in found})
        elif isinstance(part, exp.Subquery):
            sources.relations[part.alias] = _renamed(self.query(part.this, known, sources), part.alias_column_names)
        else:
            origins = self._origins(part, known, sources)
            names = part.alias_column_names or [part.alias]
            sources.relations[part.alias or f"#{len(sources.relations)}"] = Relation(dict.fromkeys(names, origins))
        for join in part.args.get("joins") or ():
            self._source(join.this, known, sources)

    def _projection(
        self, projection: exp.Expression, known: Mapping[str, Relation], sources: _Sources, visible: _Sources
    ) -> dict[str, Origins]:
        """The columns that one item of the select list gives: one, or all of a star."""
        star = projection.this if isinstance(projection, exp.Column) else projection
        if isinstance(star, exp.Star):
            table = projection.table if isinstance(projection, exp.Column) else ""
            left_out = {entry.name for entry in star.args.get("except_") or ()}
            return {
                name: origins
                for alias, relation in sources.relations.items()
                if table in ("", alias)
                for name, origins in relation.columns.items()
                if name not in left_out
            }
        origins = self._origins(projection, known, visible)
        sources.aliases[projection.alias_or_name] = origins
        return {projection.alias_or_name: origins}

    def _origins(self, part: exp.Expression | None, known: Mapping[str, Relation], visible: _Sources) -> Origins:
        """What an expression reads: its columns, and everything of the queries inside it."""
        found: set[Origin] = set()
        waiting = [part] if part is not None else []
        while waiting:
            node = waiting.pop()
            if isinstance(node, exp.Query):
                found |= self.query(node, known, visible).whole()
            elif isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
                found |= self._column(node, visible)
            else:
                waiting.extend(node.iter_expressions())
        return frozenset(found)

    def _column(self, node: exp.Column, visible: _Sources) -> Origins:
        # `relation.column` may also be a field of a struct: then the first word is the column.
        origins = visible.find(node.name, node.table)
        if origins is None and node.table:
            origins = visible.find(node.table, "")
        if origins is None:
            if node.name in visible.relations and not node.table:
                return visible.relations[node.name].whole()
            if isinstance(node.parent, exp.Lambda) or node.find_ancestor(exp.Lambda):
                return NOTHING
            raise TagmartError(
                "the compiled SQL names a column that no table of its query has", where=self.where, seen=node.sql(DIALECT)
            )
        return origins

    def _using(self, name: str, sources: _Sources) -> Origins:
        return frozenset().union(*(relation.columns.get(name, NOTHING) for relation in sources.relations.values()))


def _renamed(relation: Relation, names: list[str]) -> Relation:
    """The relation with the column names that its alias gives."""
    if not names:
        return relation
    return Relation(dict(zip(names, relation.columns.values(), strict=False)), relation.rows)
