"""Which stored rows made a value: a model's query, rewritten so that each of its rows brings its receipt along.

A receipt is a list: of a stored row itself alone; of a row of a query those of the rows that its *asked* columns were made
of. Conditions and joins that only decide which rows there are bring none. Of an aggregate come the rows that it counted:
those for which its argument is there, and of a sum those that are not 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import exp, parse_one
from sqlglot.errors import ParseError

from tagmart.explain.selects import (
    DIALECT,
    NOTHING,
    RECEIPT,
    WHOLE,
    Asked,
    Scope,
    Source,
    UnfoldableError,
    aggregates_in,
    argument_of,
    entered,
    gathered,
    is_aggregated,
    listed,
    rows_of,
    star_of,
    whole,
    without,
)

__all__ = ["RECEIPT", "Stored", "UnfoldableError", "with_receipts"]



@dataclass(frozen=True)
class Stored:
    """What the rewriting asks about tables.

    Attributes:
        columns: the columns of a table `schema.name`.
        slip: the receipt of one stored row, as a SQL expression over its columns; None for tables that need none.
        model: the compiled query of a table that is looked through; None for those that are not.
        instead: queries that are read in place of tables, by their `schema.name`.
        day_by_day: true where a history is read as a state for each day; else its states have the rows of their first days.
    """

    columns: Callable[[str], tuple[str, ...]]
    slip: Callable[[str], str | None]
    model: Callable[[str], str | None]
    instead: Mapping[str, str] = field(default_factory=dict)
    day_by_day: bool = False


def with_receipts(sql: str, columns: tuple[str, ...], stored: Stored) -> str:
    """The query with one column more, `receipt`: the stored rows that made these columns of the row.

    Args:
        sql: one select statement in DuckDB's dialect, without Jinja.
        columns: those of its columns that are asked about.
        stored: the tables.

    Raises:
        UnfoldableError: if the query has a shape that cannot be followed, such as recursion.
    """
    return _Rewriter(stored).query(_parsed(sql, stored.instead), frozenset(columns), Scope(None)).sql(DIALECT)


def _parsed(sql: str, instead: Mapping[str, str]) -> exp.Expression:
    try:
        tree = parse_one(sql, dialect=DIALECT)
    except ParseError:
        raise UnfoldableError("a query cannot be read") from None
    for name in tree.find_all(exp.Identifier):
        name.set("this", name.this.lower())
    for table in list(tree.find_all(exp.Table)):
        if text := instead.get(f"{table.db}.{table.name}"):
            body = parse_one(text, dialect=DIALECT)
            table.replace(exp.Subquery(this=body, alias=exp.TableAlias(this=exp.to_identifier(table.alias_or_name))))
    return tree


class _Rewriter:
    def __init__(self, stored: Stored) -> None:
        self.stored = stored
        self.models: dict[str, exp.Expression | None] = {}

    def query(self, tree: exp.Expression, asked: Asked, scope: Scope) -> exp.Expression:
        """The query, rewritten; the tree that is given stays as it is."""
        if isinstance(tree, exp.Subquery):
            return self.query(tree.this, asked, scope)
        scope = entered(tree, scope)
        clause = tree.args.get("with_")
        if isinstance(tree, exp.SetOperation):
            made = self._union(tree, asked, scope)
        elif isinstance(tree, exp.Select):
            made = self._select(tree, asked, scope)
        else:
            raise UnfoldableError("neither a select nor a union")
        if clause:
            named = [*(cte.copy() for cte in clause.expressions), *scope.added]
            for cte in named:
                # They are read for one customer: what is kept whole first would be made for all of them.
                cte.set("materialized", False)
            made.set("with_", exp.With(expressions=named))
        return made

    def _union(self, tree: exp.SetOperation, asked: Asked, scope: Scope) -> exp.Expression:
        if not isinstance(tree, exp.Union):
            raise UnfoldableError("except or intersect")
        left, right = tree.this, tree.expression
        mine, theirs = self.names(left, scope), self.names(right, scope)
        over = asked
        if asked is not WHOLE and not tree.args.get("by_name"):
            over = frozenset(name for own, name in zip(mine, theirs, strict=False) if own in asked)
        made = tree.copy()
        made.set("with_", None)
        made.set("this", self.query(left, asked, scope))
        made.set("expression", self.query(right, over, scope))
        return made if not tree.args.get("distinct") else gathered(made, mine)

    def _select(self, tree: exp.Select, asked: Asked, scope: Scope) -> exp.Expression:
        made = tree.copy()
        made.set("with_", None)
        sources = dict(self._sources(made, scope))
        own = [item for item in made.expressions if star_of(item) is None]
        chosen = [item for item in own if asked is not WHOLE and item.alias_or_name in asked]
        passed: dict[str, None] = {}
        for item in made.expressions:
            star = star_of(item)
            if star is not None:
                passed |= dict.fromkeys(self._pass(item, star, asked, sources))
        if asked is WHOLE:
            receipts = [rows_of(whole(sources))]
            if is_aggregated(made):
                receipts = [listed(receipts[0], None)]
        elif is_aggregated(made):
            receipts = list(self._of_groups(made, chosen, sources))
        else:
            receipts = [self._of_rows(item, made, sources) for item in chosen]
        receipts += [rows_of([alias for alias in passed if sources[alias].is_asked])] if passed else []
        self._leave_out(made, sources)
        for alias, source in sources.items():
            if source.is_asked:
                source.node.replace(self._relation(source, alias, scope))
        receipts = list(dict.fromkeys(text for text in receipts if text))
        text = f"list_concat({', '.join(receipts)})" if len(receipts) > 1 else receipts[0] if receipts else NOTHING
        made.append("expressions", exp.alias_(parse_one(text, dialect=DIALECT), RECEIPT))
        if tree.args.get("distinct"):
            made.set("distinct", None)
            return gathered(made, self.names(tree, scope))
        return made

    def _sources(self, tree: exp.Expression, scope: Scope) -> Iterator[tuple[str, Source]]:
        start = tree.args.get("from_")
        waiting = [*([start.this] if start else []), *(join.this for join in tree.args.get("joins") or ())]
        for part in waiting:
            waiting += [join.this for join in part.args.get("joins") or ()]
            if isinstance(part, exp.Subquery) and not part.alias:
                part.set("alias", exp.TableAlias(this=exp.to_identifier(f"unnamed_{len(waiting)}")))
            alias = part.alias_or_name
            if isinstance(part, exp.Table) and isinstance(part.this, exp.Identifier):
                yield alias, Source(part, self._columns(part, scope), self._is_stored(part, scope))
            elif isinstance(part, exp.Subquery):
                names = part.alias_column_names
                if names:
                    raise UnfoldableError("a subquery whose columns are renamed by its alias")
                yield alias, Source(part, self.names(part.this, scope), self._is_stored(part, scope))
            else:
                yield alias, Source(part, tuple(part.alias_column_names or [alias]), False)

    def _columns(self, table: exp.Table, scope: Scope) -> tuple[str, ...]:
        holder = None if table.db else scope.holder(table.name)
        if holder:
            return self.names(holder.named[table.name], holder)
        found = self.stored.columns(f"{table.db}.{table.name}")
        if not found:
            model = self._model(table)
            found = self.names(model, Scope(None)) if model is not None else ()
        return tuple(name.lower() for name in found)

    def _model(self, table: exp.Table) -> exp.Expression | None:
        name = f"{table.db}.{table.name}"
        if name not in self.models:
            sql = self.stored.model(name)
            self.models[name] = None if sql is None else _parsed(sql, self.stored.instead)
        return self.models[name]

    def _is_stored(self, node: exp.Expression, scope: Scope) -> bool:
        """Whether rows with receipts stand behind a source."""
        for table in node.find_all(exp.Table):
            holder = None if table.db else scope.holder(table.name)
            if holder:
                if self._is_stored(holder.named[table.name], Scope(holder.parent, without(holder.named, table.name))):
                    return True
            elif self.stored.slip(f"{table.db}.{table.name}") is not None:
                return True
            else:
                model = self._model(table)
                if model is not None and self._is_stored(model, entered(model, Scope(None))):
                    return True
        return False

    def _relation(self, source: Source, alias: str, scope: Scope) -> exp.Expression:
        """What stands in the from clause instead of a source: the same rows with their receipts."""
        node, asked = source.node, WHOLE if source.is_whole else frozenset(source.asked)
        if isinstance(node, exp.Subquery):
            return exp.Subquery(this=self.query(node.this, asked, scope), alias=node.args.get("alias"))
        joins = node.args.get("joins")
        holder = None if node.db else scope.holder(node.name)
        if holder:
            made = exp.to_table(self._named(node.name, asked, holder))
            made.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
        else:
            name = f"{node.db}.{node.name}"
            slip = self.stored.slip(name)
            if slip is not None:
                bare = node.copy()
                bare.set("alias", None)
                bare.set("joins", None)
                body = parse_one(f"select *, {slip} as {RECEIPT} from {bare.sql(DIALECT)}", dialect=DIALECT)
            else:
                body = self._looked_through(name, self._model(node), source)
            made = exp.Subquery(this=body, alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
        made.set("joins", joins)
        return made

    def _looked_through(self, name: str, model: exp.Expression, source: Source) -> exp.Expression:
        """A model's own query in place of its table; the states of a history have the rows of their first days."""
        given, kept = self.names(model, Scope(None)), source.columns
        body = self.query(model, WHOLE if source.is_whole else frozenset(source.asked & set(given)), Scope(None))
        turned = [column for column in given if column not in kept]
        if len(turned) != 1 or not {"valid_from", "valid_to"} <= set(kept):
            return body
        day = exp.to_identifier(turned[0], quoted=True).sql(DIALECT)
        days = f"({body.sql(DIALECT)})"
        if self.stored.day_by_day:
            text = f"select * exclude ({day}), {day} as valid_from, {day} + 1 as valid_to from {days} as by_day"
        else:
            same = [exp.to_identifier(column, quoted=True).sql(DIALECT) for column in given if column in kept]
            tests = " and ".join(f"state.{column} is not distinct from by_day.{column}" for column in same)
            text = (
                f"select state.*, by_day.{RECEIPT} from {name} as state left join {days} as by_day"
                f" on state.valid_from = by_day.{day} and {tests}"
            )
        return parse_one(text, dialect=DIALECT)

    def _named(self, name: str, asked: Asked, holder: Scope) -> str:
        """The named query that gives receipts for what is asked; made once for every different question."""
        known = holder.made.get((name, asked))
        if known is None:
            body = self.query(holder.named[name], asked, holder)
            known = holder.made[name, asked] = f"{name}__{len(holder.made) + 1}"
            holder.added.append(exp.CTE(this=body, alias=exp.TableAlias(this=exp.to_identifier(known, quoted=True))))
        return known

    def names(self, tree: exp.Expression, scope: Scope) -> tuple[str, ...]:
        """The columns that a query gives, in order."""
        if isinstance(tree, exp.Subquery):
            return self.names(tree.this, scope)
        scope = entered(tree, scope)
        if isinstance(tree, exp.SetOperation):
            left = self.names(tree.this, scope)
            also = self.names(tree.expression, scope) if tree.args.get("by_name") else ()
            return tuple(dict.fromkeys([*left, *also]))
        if not isinstance(tree, exp.Select):
            return tuple(getattr(tree, "alias_column_names", ()))
        sources = dict(self._sources_of_names(tree, scope))
        made: dict[str, None] = {}
        for item in tree.expressions:
            star = star_of(item)
            if star is None:
                made[item.alias_or_name] = None
                continue
            left_out = {entry.name for entry in star.args.get("except_") or ()}
            for alias, columns in sources.items():
                if not isinstance(item, exp.Column) or item.table == alias:
                    made |= dict.fromkeys(column for column in columns if column not in left_out)
        return tuple(made)

    def _sources_of_names(self, tree: exp.Select, scope: Scope) -> Iterator[tuple[str, tuple[str, ...]]]:
        if any(star_of(item) is not None for item in tree.expressions):
            for alias, source in self._sources(tree, scope):
                yield alias, source.columns

    def _pass(
        self, item: exp.Expression, star: exp.Star, asked: Asked, sources: dict[str, Source]
    ) -> Iterator[str]:
        """Ask the sources behind a star for what is asked; gives those that were asked."""
        reached = [alias for alias in sources if not isinstance(item, exp.Column) or item.table == alias]
        left_out = {entry.name for entry in star.args.get("except_") or ()}
        replaced = {entry.alias_or_name for entry in star.args.get("replace") or ()}
        taken: set[str] = set()
        for alias in reached:
            source = sources[alias]
            if asked is WHOLE:
                source.is_whole = True
                continue
            mine = (asked & set(source.columns)) - left_out - replaced - taken
            taken |= mine
            source.asked |= mine
            if mine:
                yield alias

    def _leave_out(self, tree: exp.Select, sources: dict[str, Source]) -> None:
        """A star hands on no receipts: the select has its own."""
        for item in tree.expressions:
            star = star_of(item)
            reached = [source for alias, source in sources.items() if not isinstance(item, exp.Column) or item.table == alias]
            if star is not None and any(source.is_asked for source in reached):
                star.set("except_", [*(star.args.get("except_") or ()), exp.to_identifier(RECEIPT)])

    def _of_rows(self, item: exp.Expression, tree: exp.Expression, sources: dict[str, Source]) -> str:
        """The receipts of one item of a select list without grouping; a running total has those of its rows so far."""
        windows = [
            window for window in item.find_all(exp.Window) if isinstance(window.this, exp.Sum | exp.Count | exp.Max | exp.Min)
        ]
        rows = rows_of(self._ask(item, tree, sources))
        if not windows or not rows:
            return rows
        frame = windows[0].copy()
        frame.set("this", parse_one(f"list({rows})", dialect=DIALECT))
        return f"flatten({frame.sql(DIALECT)})"

    def _of_groups(self, tree: exp.Select, chosen: list[exp.Expression], sources: dict[str, Source]) -> Iterator[str]:
        """The receipts of the asked items of a grouped select, each aggregate with the rows that it counted."""
        aggregates = [aggregate for item in chosen for aggregate in aggregates_in(item)]
        for aggregate in aggregates:
            counted, also = argument_of(aggregate)
            tests = [part.sql(DIALECT) for part in also]
            if counted is not None:
                tests.append(f"{counted.sql(DIALECT)} is not null")
            if counted is not None and isinstance(aggregate, exp.Sum):
                tests.append(f"{counted.sql(DIALECT)} <> 0")
            rows = rows_of(self._ask(counted if counted is not None else exp.Star(), tree, sources))
            if rows:
                yield listed(rows, " and ".join(f"({test})" for test in tests) or None)
        if chosen and not aggregates:
            for item in chosen:
                if rows := rows_of(self._ask(item, tree, sources)):
                    yield listed(rows, None)

    def _ask(self, part: exp.Expression, tree: exp.Expression, sources: dict[str, Source]) -> list[str]:
        """Ask the sources for the columns of an expression; where it has none it speaks of the rows as such."""
        found: dict[str, None] = {}
        aliases = {item.alias: item.this for item in tree.expressions if isinstance(item, exp.Alias)}
        waiting, seen = [part], set()
        while waiting:
            node = waiting.pop()
            if isinstance(node, exp.Query):
                continue
            if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
                owner = node.table if node.table in sources else next(
                    (alias for alias, source in sources.items() if node.name in source.columns), ""
                )  # fmt: skip
                if owner:
                    sources[owner].asked.add(node.name)
                    found[owner] = None
                elif node.name in aliases and node.name not in seen:
                    seen.add(node.name)
                    waiting.append(aliases[node.name])
            else:
                waiting += list(node.iter_expressions())
        stored = [alias for alias in found if sources[alias].is_stored]
        if stored or isinstance(part.unalias(), exp.Null):
            return stored
        # It counts rows, or says what a list has about them: then it is made of the rows as such.
        return whole(sources)
