"""From which columns a query makes each of its columns: read from compiled SQL with DuckDB's own parser, a model at a time.

Two kinds of origin are told apart. A column's own (`value`): what its expression reads. The rows' (`rows`): what decides
which rows there are and which belong together — conditions, joins, groupings — and so stands behind every column.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from tagmart.core.duck import connect, literal
from tagmart.core.errors import TagmartError

if TYPE_CHECKING:
    import duckdb

# A node of the parser's tree as JSON: what it leaves out is absent, empty or its default.
Node = dict[str, Any]


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
    tree = parsed(sql, where)
    return _Reader(lambda table: tuple(map(str.lower, table_columns(table))), where).query(tree, {}, _Sources())


def parsed(sql: str, where: str) -> Node:
    """The one select statement as the database that runs it has parsed it.

    A parser written in Python takes seven seconds for the models of a night, the database's own and its JSON one.

    Raises:
        TagmartError: if it is no select statement, or several.
    """
    options = "skip_default := true, skip_null := true, skip_empty := true"
    said = json.loads(_parser().execute(f"select json_serialize_sql({literal(sql)}, {options})").fetchone()[0])
    statements = said.get("statements", [])
    if len(statements) != 1:
        seen = said.get("error_message", f"{len(statements)} statements")
        raise TagmartError("the compiled SQL cannot be read", where=where, seen=seen)
    return statements[0]["node"]


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return connect()


class _Reader:
    """Walks one statement. `known` are the CTEs in force, `outer` the sources of the query around a subquery."""

    def __init__(self, table_columns: Callable[[str], tuple[str, ...]], where: str) -> None:
        self.table_columns = table_columns
        self.where = where

    def query(self, tree: Node, known: Mapping[str, Relation], outer: _Sources) -> Relation:
        known = dict(known)
        for cte in tree.get("cte_map", {}).get("map", ()):
            known[cte["key"].lower()] = self._cte(cte, known, outer)
        kind = tree["type"]
        if kind == "SELECT_NODE":
            return self._select(tree, known, outer)
        if kind == "SET_OPERATION_NODE":
            return self._union(tree, known, outer)
        raise self._unread(kind)

    def _cte(self, cte: Node, known: Mapping[str, Relation], outer: _Sources) -> Relation:
        names, tree = cte["value"].get("aliases", []), cte["value"]["query"]["node"]
        if tree["type"] != "RECURSIVE_CTE_NODE":
            return _renamed(self.query(tree, known, outer), names)
        # A recursive one reads itself: its first half gives the columns, then both give the origins until they stay.
        relation = _renamed(self.query(tree["left"], known, outer), names)
        while True:
            again = _renamed(self._union(tree, {**known, cte["key"].lower(): relation}, outer), names)
            if again == relation:
                return relation
            relation = again

    def _union(self, tree: Node, known: Mapping[str, Relation], outer: _Sources) -> Relation:
        left, right = self.query(tree["left"], known, outer), self.query(tree["right"], known, outer)
        if tree.get("setop_type") == "UNION_BY_NAME":
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

    def _select(self, tree: Node, known: Mapping[str, Relation], outer: _Sources) -> Relation:
        sources = _Sources(aliases=dict(outer.aliases))
        joins: list[Node] = []
        self._source(tree["from_table"], known, outer, sources, joins)
        rows: set[Origin] = set()
        for relation in sources.relations.values():
            rows |= relation.rows
        visible = _Sources({**outer.relations, **sources.relations}, sources.aliases)
        columns: dict[str, Origins] = {}
        for projection in tree["select_list"]:
            columns |= self._projection(projection, known, sources, visible, len(columns))
        for join in joins:
            rows |= self._origins(join.get("condition"), known, visible)
            for name in join.get("using_columns", ()):
                rows |= self._using(name.lower(), sources)
        for clause in ("where_clause", "group_expressions", "having", "qualify"):
            rows |= self._origins(tree.get(clause), known, visible)
        for modifier in tree.get("modifiers", ()):
            rows |= self._origins(modifier.get("distinct_on_targets"), known, visible)
        return Relation(columns, frozenset(rows))

    def _source(
        self, part: Node, known: Mapping[str, Relation], outer: _Sources, sources: _Sources, joins: list[Node]
    ) -> None:
        """Read the from clause, or an item of it, into `sources`; its joins are told to the select around it."""
        kind, names = part["type"], part.get("column_name_alias", [])
        alias = part.get("alias", "").lower()
        if kind == "JOIN":
            self._source(part["left"], known, outer, sources, joins)
            self._source(part["right"], known, outer, sources, joins)
            joins.append(part)
        elif kind == "BASE_TABLE":
            sources.relations[alias or part["table_name"].lower()] = _renamed(self._table(part, known), names)
        elif kind == "SUBQUERY":
            around = _Sources({**outer.relations, **sources.relations}, sources.aliases)
            name = alias or f"#{len(sources.relations)}"
            sources.relations[name] = _renamed(self.query(part["subquery"]["node"], known, around), names)
        elif kind == "TABLE_FUNCTION":
            # What it unnests belongs to the select around it.
            name = alias or part["function"]["function_name"]
            around = _Sources({**outer.relations, **sources.relations}, sources.aliases)
            origins = self._origins(part["function"], known, around)
            sources.relations[name] = Relation(dict.fromkeys(map(str.lower, names or [name]), origins))
        elif kind == "EXPRESSION_LIST":
            columns = [self._origins(column, known, outer) for column in map(list, zip(*part["values"], strict=True))]
            relation = Relation({f"col{number}": origins for number, origins in enumerate(columns)})
            sources.relations[alias] = _renamed(relation, names)
        elif kind != "EMPTY":
            raise self._unread(kind)

    def _table(self, part: Node, known: Mapping[str, Relation]) -> Relation:
        """A table of the database, or a CTE."""
        schema, name = part.get("schema_name", "").lower(), part["table_name"].lower()
        if name in known and not schema:
            return known[name]
        table = f"{schema}.{name}"
        found = self.table_columns(table)
        if not found:
            raise TagmartError("the compiled SQL reads a table that is not there", where=self.where, seen=table)
        return Relation({column: frozenset({Origin(table, column)}) for column in found})

    def _projection(
        self, projection: Node, known: Mapping[str, Relation], sources: _Sources, visible: _Sources, before: int
    ) -> dict[str, Origins]:
        """The columns that one item of the select list gives: one, or all of a star."""
        if projection["class"] == "STAR":
            return self._star(projection, known, sources, visible)
        origins = self._origins(projection, known, visible)
        # What has no name is still read, by a query around this one that asks whether there is a row.
        name = projection.get("alias") or projection.get("column_names", [f"#{before}"])[-1]
        sources.aliases[name.lower()] = origins
        return {name.lower(): origins}

    def _star(
        self, star: Node, known: Mapping[str, Relation], sources: _Sources, visible: _Sources
    ) -> dict[str, Origins]:
        for word in ("columns", "rename_list", "qualified_exclude_list"):
            if word in star:
                raise self._unread(f"a star with {word}")
        table = star.get("relation_name", "").lower()
        left_out = {name.lower() for name in star.get("exclude_list", ())}
        columns = {
            name: origins
            for alias, relation in sources.relations.items()
            if table in ("", alias)
            for name, origins in relation.columns.items()
            if name not in left_out
        }
        replaced = star.get("replace_list", ())
        return columns | {each["key"].lower(): self._origins(each["value"], known, visible) for each in replaced}

    def _origins(self, part: Node | list | None, known: Mapping[str, Relation], visible: _Sources) -> Origins:
        """What an expression reads: its columns, and everything of the queries inside it."""
        found: set[Origin] = set()
        for node, arguments in _leaves(part):
            if node["class"] == "SUBQUERY":
                found |= self.query(node["subquery"]["node"], known, visible).whole()
            elif node["class"] == "STAR":
                raise self._unread("a star inside an expression")
            else:
                found |= self._column([name.lower() for name in node["column_names"]], visible, arguments)
        return frozenset(found)

    def _column(self, names: list[str], visible: _Sources, arguments: frozenset[str]) -> Origins:
        # `relation.column` may also be a field of a struct: then the first word is the column.
        first, second = names[0], names[1] if len(names) > 1 else None
        origins = visible.find(first, "") if second is None else visible.find(second, first)
        if origins is None and second is not None:
            origins = visible.find(first, "")
        if origins is not None:
            return origins
        if second is None and first in visible.relations:
            return visible.relations[first].whole()
        if first in arguments:
            return NOTHING
        raise TagmartError(
            "the compiled SQL names a column that no table of its query has", where=self.where, seen=".".join(names)
        )

    def _using(self, name: str, sources: _Sources) -> Origins:
        return frozenset().union(*(relation.columns.get(name, NOTHING) for relation in sources.relations.values()))

    def _unread(self, what: str) -> TagmartError:
        return TagmartError("the compiled SQL says something whose columns cannot be traced", where=self.where, seen=what)


def _leaves(part: Node | list | None) -> Iterator[tuple[Node, frozenset[str]]]:
    """The columns, stars and subqueries of an expression, each with the names of the lambdas' arguments around it."""
    waiting: list[tuple[Any, frozenset[str]]] = [(part, frozenset())]
    while waiting:
        node, arguments = waiting.pop()
        if isinstance(node, list):
            waiting.extend((each, arguments) for each in node)
            continue
        if not isinstance(node, dict):
            continue
        kind = node.get("class")
        if kind in ("COLUMN_REF", "STAR", "SUBQUERY"):
            yield node, arguments
        if kind == "SUBQUERY":
            waiting.append((node.get("child"), arguments))
        elif kind == "LAMBDA":
            named = frozenset(each["column_names"][0].lower() for each, _ in _leaves(node["lhs"]))
            waiting.append((node["expr"], arguments | named))
        elif kind not in ("COLUMN_REF", "STAR", "CONSTANT"):
            waiting.extend((each, arguments) for each in node.values() if isinstance(each, dict | list))


def _renamed(relation: Relation, names: list[str]) -> Relation:
    """The relation with the column names that its alias gives; those that it does not name keep theirs."""
    if not names:
        return relation
    given = [*(name.lower() for name in names), *list(relation.columns)[len(names):]]
    return Relation(dict(zip(given, relation.columns.values(), strict=False)), relation.rows)
