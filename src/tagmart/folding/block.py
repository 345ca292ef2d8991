"""The folds and families of a block of customers: in arrays where they can be, by the database where not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from tagmart.folding.family import family
from tagmart.folding.fold import Folded, fold
from tagmart.folding.read import UnfitError
from tagmart.folding.rows import Customers

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


@dataclass(frozen=True)
class Block:
    """The folds of a block, and the families made of them. Several threads may ask at once, each with a cursor of its own.

    Attributes:
        customers: the customers of the block.
        folds: the rendered SQL of every shared fold, by the relation that families read.
    """

    customers: Customers
    folds: Mapping[str, str]
    _arrays: dict[str, Folded] = field(default_factory=dict)
    _tables: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def fold(self, cursor: duckdb.DuckDBPyConnection, relation: str) -> None:
        """Fold a partial; what arrays cannot hold becomes the table that its SQL says."""
        try:
            self._arrays[relation] = fold(cursor, self.folds[relation], self.customers)
        except UnfitError:
            self._make_table(cursor, relation)

    def family(self, cursor: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
        """The columns of a family, a row a customer in the order of their ids, once the folds that it reads are made."""
        try:
            return family(cursor, sql, self.customers, self._arrays)
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
