"""The rows of dwd of one night as pandas frames, and what the night made of them.

Decimals are whole numbers here, so that every sum is exact: an amount is in cents (Int64), a decimal(18,4) in ten-thousandths.
Flags are `boolean`, counts `Int64`, dates and times `datetime64[us]`, the rest strings; what is NULL is NA everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import duckdb
import pandas as pd

from tagmart.core.duck import identifier

SEEDS = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds"


@dataclass(frozen=True)
class Bank:
    """A night of `day` that has been run up to its wide tables: the warehouse, and the folder of the candidate's files."""

    warehouse: Path
    candidate: Path
    day: pd.Timestamp

    # One bank lives as long as the tests: its caches leak nothing.
    @cache  # noqa: B019
    def dwd(self, table: str) -> pd.DataFrame:
        """All rows of dwd.<table>, of every entity; treat as read-only (copy before you add a column)."""
        return _frame(self.warehouse, f"dwd.{identifier(table)}")

    @cache  # noqa: B019
    def evaluations(self) -> pd.DataFrame:
        """What the night judged of tiers, a row a retail customer and evaluation day (value_tier.py judges anew)."""
        return _frame(self.warehouse, "dws.retail_tier_month")

    @cache  # noqa: B019
    def seed(self, name: str) -> pd.DataFrame:
        """A seed in force on the day: rows whose valid_from, valid_to (its last day) hold it, if the seed is dated. All text."""
        frame = pd.read_csv(SEEDS / f"{name}.csv", dtype=str, keep_default_na=False)
        if "valid_from" in frame:
            day = self.day.strftime("%Y-%m-%d")
            frame = frame[(frame.valid_from <= day) & ((frame.valid_to == "") | (frame.valid_to >= day))]
        return frame

    def parameter(self, name: str) -> str:
        """The bank's dated number of a name (seeds/parameter.csv), as text."""
        [value] = self.seed("parameter").query("name == @name")["value"]
        return value

    @cache  # noqa: B019
    def customers(self, entity: str) -> pd.Index:
        """The customers of record of an entity at the day: every party that is neither merged nor erased."""
        party = self.dwd("party")
        kept = party[(party.entity == entity) & ~party.status_code.isin(["merged", "erased"])]
        return pd.Index(sorted(kept.customer_id), name="customer_id")

    @cache  # noqa: B019
    def said(self, entity: str) -> pd.DataFrame:
        """What the night says: the published and the restricted tags of an entity, a row a customer."""
        told = _frame(self.candidate / "tagmart.duckdb", f"mart.{identifier('tags_' + entity)}")
        kept = _frame(self.candidate / "restricted.duckdb", f"mart.{identifier('tags_' + entity)}")
        joined = told.merge(kept.drop(columns="biz_date"), on="customer_id", how="outer", validate="one_to_one")
        return joined.drop(columns="biz_date").set_index("customer_id").sort_index()


def bank_of(home: Path, candidate: Path, day: date) -> Bank:
    """The night of a day in a home."""
    return Bank(home / "warehouse.duckdb", candidate, pd.Timestamp(day))


def _frame(file: Path, table: str) -> pd.DataFrame:
    """A table, with its decimals as whole numbers of their last digit."""
    # Opened, not attached: a view of the warehouse names its catalogue, which is the file's own name.
    with duckdb.connect(str(file), read_only=True) as connection:
        columns = connection.execute(f"describe {table}").fetchall()
        read = connection.execute(f"select {', '.join(_read(name, kind) for name, kind, *_ in columns)} from {table}").df()
    for name, kind, *_ in columns:
        read[name] = read[name].astype(_dtype(kind))
    return read


def _read(column: str, kind: str) -> str:
    name = identifier(column)
    if kind.startswith("DECIMAL"):
        scale = int(kind.rstrip(")").split(",")[1])
        return f"cast({name} * {10**scale} as bigint) as {name}"
    return name


def _dtype(kind: str) -> str:
    if kind.startswith("DECIMAL") or kind.endswith("INT") or kind == "INTEGER":
        return "Int64"
    return {"BOOLEAN": "boolean", "DATE": "datetime64[us]", "TIMESTAMP": "datetime64[us]", "DOUBLE": "Float64"}.get(kind, "object")
