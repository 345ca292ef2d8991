"""The folds and families of a block of customers: in arrays where they can be, by the database where not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

import pyarrow as pa

from tagmart.folding.customers import Customers
from tagmart.folding.family import family
from tagmart.folding.fold import Folded, fold
from tagmart.folding.partial import Partial
from tagmart.folding.plans import UnfitError

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
    _arrays: dict[tuple[str, int], Folded] = field(default_factory=dict)
    _tables: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def fold(self, cursor: duckdb.DuckDBPyConnection, relations: Sequence[str], part: int) -> None:
        """Fold a part of the customers, of one reading; what arrays cannot hold after all is left to the families that read it."""
        try:
            made = fold(cursor, [self.partials[relation] for relation in relations], self.parts[part])
        except UnfitError:
            for relation in relations if len(relations) > 1 else ():
                self.fold(cursor, [relation], part)
            return
        for relation, one in zip(relations, made, strict=True):
            self._arrays[relation, part] = one

    def family(self, cursor: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
        """The columns of a family, a row a customer in the order of their ids, once the folds that it reads are made.

        Where these do not lie in arrays the family is what its SQL says, and the folds become tables.
        """
        try:
            return pa.concat_tables([family(cursor, sql, customers, self._of_part(part, sql)) for part, customers in enumerate(self.parts)])
        except UnfitError:
            for relation in self.read_by(sql):
                self._make_table(cursor, relation)
            return cursor.execute(f"from ({sql}) order by customer_id").to_arrow_table()

    def read_by(self, sql: str) -> list[str]:
        """The folds that a statement reads."""
        return [relation for relation in self.folds if re.search(rf"\b{re.escape(relation)}\b", sql)]

    def _of_part(self, part: int, sql: str) -> dict[str, Folded]:
        """What a statement reads of the folds of a part that lie in arrays."""
        return {relation: self._arrays[relation, part] for relation in self.read_by(sql) if (relation, part) in self._arrays}

    def _make_table(self, cursor: duckdb.DuckDBPyConnection, relation: str) -> None:
        with self._lock:
            if relation not in self._tables:
                cursor.execute(f"create or replace table {relation} as {self.folds[relation]}")
                self._tables.add(relation)
