"""The warehouse's side of a receipt: rows of partials, and the dwd rows behind a query with the file and line of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

from tagmart.core.duck import identifier, literal
from tagmart.core.settings import Settings
from tagmart.explain.partial import Row, Span
from tagmart.explain.receipt import Stored, UnfoldableError, with_receipts
from tagmart.tagspec.model import Table
from tagmart.tagspec.render import relation_of

if TYPE_CHECKING:
    import duckdb

FILE, LINE = "src_file", "src_line"
# Layers whose rows a receipt shows, and those that it looks through.
SHOWN_LAYER, PARTIALS = "dwd", "dws"
PERSONAL = re.compile(r"name: *(\w+),[^\n]*personal: *C\d")
# Texts are shown where they are codes of a closed list: by these ends of a column's name, or as a slice of a partial.
CODE_ENDS = ("_code", "_type", "_kind", "_class")
MOST_COLUMNS = 10
# A customer's receipt is a question of a second; of a query that a bank's size makes longer all rows are shown instead.
PATIENCE = 20.0


@dataclass(frozen=True, order=True)
class Slip:
    """One dwd row on a receipt.

    Attributes:
        source: its table, as dwd.transaction.
        seen: what is shown of it, in the order of `Shelf.shown`.
    """

    source: str
    src_file: str
    src_line: int
    seen: tuple[str, ...]


@dataclass
class Shelf:
    """The warehouse as a receipt reads it: never a column that says who somebody is.

    Attributes:
        customer: whose receipt it is.
        biz_date: the date of the receipt, put in place of the warehouse's own.
        codes: columns that hold codes of a closed list, whatever their names.
        told: of each table the columns that are shown first: those that the tag is made of.
        withheld: tables whose rows disclose what only the restricted file may say; none of them is shown.
    """

    settings: Settings
    connection: duckdb.DuckDBPyConnection
    customer: str
    biz_date: date
    codes: frozenset[str]
    told: Mapping[str, frozenset[str]] = field(default_factory=dict)
    withheld: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        found = self.connection.execute(
            "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns()"
            " where database_name = current_database() order by 1, column_index"
        ).fetchall()
        self.types: dict[str, dict[str, str]] = {}
        for table, column, data_type in found:
            self.types.setdefault(table, {})[column] = data_type
        self.personal = personal_columns(self.settings)
        folder = self.settings.home / "dbt" / "compiled" / "tagmart" / "models"
        # Every tag stands on the spine; it makes no value.
        partials = (path for path in folder.glob(f"{PARTIALS}/*.sql") if not path.stem.endswith("_spine"))
        self.compiled = {relation_of(path.stem): path for path in partials}

    def shown(self, source: str) -> tuple[str, ...]:
        """The columns of a dwd table that a receipt shows: days, amounts, flags and codes; those the tag is made of first."""
        told, types = self.told.get(source, frozenset()), self.types[source]
        usable = [column for column in types if self._is_harmless(column, types[column])]
        also = [column for column in usable if column in self.codes or types[column].startswith(("DATE", "DECIMAL"))]
        chosen = list(dict.fromkeys([*(column for column in usable if column in told), *also]))[:MOST_COLUMNS]
        return tuple(column for column in types if column in chosen)

    def _is_harmless(self, column: str, data_type: str) -> bool:
        if column in self.personal or column in ("customer_id", FILE, LINE):
            return False
        return data_type != "VARCHAR" or column in self.codes or column.endswith(CODE_ENDS)

    def slip(self, table: str, whoever: bool = False) -> str | None:
        """The receipt of a stored row, as SQL (see selects.SLIP): of the customer's own rows, or with `whoever` of all.

        A row is the customer's own if one of its customer numbers is; rows without any belong to what names the customer.
        """
        if not table.startswith(f"{SHOWN_LAYER}.") or FILE not in self.types.get(table, ()) or table in self.withheld:
            return None
        seen = ", ".join(f"cast({identifier(column)} as varchar)" for column in self.shown(table))
        slip = (
            f"[{{'source': {literal(table)}, 'src_file': {FILE}, 'src_line': cast({LINE} as bigint),"
            f" 'seen': cast([{seen}] as varchar[])}}]"
        )
        owners = [column for column in self.types[table] if column.endswith("customer_id")]
        if whoever or not owners:
            return slip
        return f"case when {' or '.join(f'{owner} = {literal(self.customer)}' for owner in owners)} then {slip} end"

    def stored(self, whoever: bool = False, day_by_day: bool = False) -> Stored:
        """The warehouse for the rewriting of queries."""
        instead = f"select * replace ({literal(self.biz_date)}::date as biz_date) from ops.run_context"
        return Stored(
            columns=lambda table: tuple(self.types.get(table, ())),
            slip=lambda table: self.slip(table, whoever),
            model=lambda table: self.compiled[table].read_text(encoding="utf-8") if table in self.compiled else None,
            instead={"ops.run_context": instead},
            day_by_day=day_by_day,
        )

    def partial_rows(self, table: Table, of: str) -> list[Row]:
        """Every row of a customer in a partial."""
        days = f"{table.valid_from}, {table.valid_to} - 1" if table.form == "history" else f"{table.date}, {table.date}"
        slices = "".join(f", {identifier(code)}" for code in table.slices)
        found = self.connection.execute(
            f"select {days}, {identifier(of)}{slices} from {relation_of(table.name)} where customer_id = {literal(self.customer)}"
        ).fetchall()
        return [Row(first, last, dict(zip(table.slices, held, strict=True)), value) for first, last, value, *held in found]

    def behind_partial(
        self, table: Table, of: str, rows: Sequence[Row], spans: Iterable[Span]
    ) -> list[Slip]:
        """The dwd rows that rows of a partial were made of, of the days that are asked for.

        Raises:
            UnfoldableError: if the model of the partial has a shape that cannot be followed.
        """
        if not rows:
            return []
        begin, end = (table.valid_from, table.valid_to) if table.form == "history" else (table.date, f"{table.date} + 1")
        tests = []
        for span in spans:
            first = "" if span.first is None else f" and {end} > {literal(span.first)}::date"
            tests.append(f"({begin} <= {literal(span.last)}::date{first})")
        held = dict.fromkeys(f"({', '.join(literal(value) for value in row.slices.values())})" for row in rows)
        slices = ", ".join(identifier(code) for code in table.slices)
        sql = (
            f"select * from {relation_of(table.name)} where customer_id = {literal(self.customer)} and ({' or '.join(tests)})"
            f" and ({slices}) in ({', '.join(held)})"
        )
        found = self._ask(f"select receipt from ({with_receipts(sql, (of,), self.stored(day_by_day=True))}) as made")
        return _slips(receipt for (receipt,) in found)

    def behind_tag(self, sql: str, tag: str, whoever: bool = False) -> tuple[object, list[Slip]]:
        """The value of a tag of a hand-written model, computed again, and the dwd rows that it was made of.

        Args:
            whoever: true to have rows of other customers too: of an owner, of a group.

        Raises:
            UnfoldableError: if the model has a shape that cannot be followed, or takes too long for one customer.
        """
        made = with_receipts(sql, (tag,), self.stored(whoever))
        found = self._ask(
            f"select {identifier(tag)}, receipt from ({made}) as made where customer_id = {literal(self.customer)}"
        )
        return (found[0][0] if found else None), _slips(receipt for _, receipt in found)

    def of_customer(self, tables: Iterable[str]) -> list[Slip]:
        """All rows of the customer in the tables named, where they name customers."""
        slips: list[Slip] = []
        for table in tables:
            if (slip := self.slip(table)) and slip != self.slip(table, whoever=True):
                slips += _slips(receipt for (receipt,) in self._ask(f"select {slip} as slip from {table} where slip is not null"))
        return slips

    def _ask(self, sql: str) -> list[tuple]:
        from duckdb import Error, InterruptException

        timer = Timer(PATIENCE, self.connection.interrupt)
        timer.start()
        try:
            return self.connection.execute(sql).fetchall()
        except InterruptException:
            raise UnfoldableError(f"takes more than {PATIENCE:.0f} seconds") from None
        except Error as error:
            raise UnfoldableError(str(error).split("\n")[0]) from None
        finally:
            timer.cancel()


def _slips(receipts: Iterable[Sequence[Mapping[str, object]] | None]) -> list[Slip]:
    """The rows of several receipts, each once, by table, file and line."""
    made = {
        Slip(slip["source"], slip["src_file"] or "", slip["src_line"] or 0, tuple(value or "" for value in slip["seen"]))
        for receipt in receipts
        for slip in receipt or ()
    }
    return sorted(made)


def personal_columns(settings: Settings) -> frozenset[str]:
    """Columns that a contract of any bank calls personal. Two words are read of each line: parsing all files takes seconds."""
    folder = settings.contracts_dir.parent
    return frozenset(
        name for path in sorted(folder.rglob("*.yml")) for name in PERSONAL.findall(path.read_text(encoding="utf-8"))
    )


def model_files(settings: Settings) -> dict[str, Path]:
    """The SQL file of every model of the checkout, by its name."""
    return {path.stem: path for path in (settings.dbt_project / "models").rglob("*.sql")}


