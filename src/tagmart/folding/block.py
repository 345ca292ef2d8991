"""The folds and families of a block of customers: in arrays where they can be, by the database where not."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

import pyarrow as pa

from tagmart.folding.family import family
from tagmart.folding.fold import Folded, fold
from tagmart.folding.partial import Partial
from tagmart.folding.plans import UnfitError
from tagmart.folding.rows import Customers

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Block:
    """The folds of a block, and the families made of them. Several threads may ask at once, each with a cursor of its own.

    Attributes:
        parts: the customers of the block, in the order of their ids; each part is folded for itself.
        folds: the rendered SQL of every shared fold, by the relation that families read.
        partials: what was looked up of those folds that arrays can hold.
    """

    parts: Sequence[Customers]
    folds: Mapping[str, str]
    partials: Mapping[str, Partial]
    _arrays: dict[int, dict[str, Folded]] = field(default_factory=lambda: defaultdict(dict))
    _tables: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def readings(self) -> list[list[str]]:
        """The relations of the folds in arrays, those together that can be read at once."""
        made = defaultdict(list)
        for relation, partial in self.partials.items():
            made[partial.plan.reads].append(relation)
        return list(made.values())

    def fold(self, cursor: duckdb.DuckDBPyConnection, relations: Sequence[str], part: int) -> None:
        """Fold a part of the customers, of one reading; what arrays cannot hold after all is left to the families that read it."""
        try:
            made = fold(cursor, [self.partials[relation] for relation in relations], self.parts[part])
        except UnfitError:
            return
        self._arrays[part] |= zip(relations, made, strict=True)

    def family(self, cursor: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
        """The columns of a family, a row a customer in the order of their ids, once the folds that it reads are made.

        Where these do not lie in arrays the family is what its SQL says, and the folds become tables.
        """
        try:
            return pa.concat_tables([family(cursor, sql, customers, self._arrays[part]) for part, customers in enumerate(self.parts)])
        except UnfitError:
            for relation in self.read_by(sql):
                self._make_table(cursor, relation)
            return cursor.execute(f"from ({sql}) order by customer_id").to_arrow_table()

    def read_by(self, sql: str) -> list[str]:
        """The folds that a statement reads."""
        return [relation for relation in self.folds if re.search(rf"\b{re.escape(relation)}\b", sql)]

    def _make_table(self, cursor: duckdb.DuckDBPyConnection, relation: str) -> None:
        with self._lock:
            if relation not in self._tables:
                cursor.execute(f"create or replace table {relation} as {self.folds[relation]}")
                self._tables.add(relation)
