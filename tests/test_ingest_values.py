"""Values as banks write them, and the rules over them: what is typed how, what is refused with which words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tagmart.contracts import load_contracts
from tagmart.core.errors import TagmartError
from tagmart.ingest.control import Manifest
from tagmart.ingest.deliver import Taken, take_delivery
from tagmart.ingest.landing import Delivery
from tagmart.ingest.quarantine import read_quarantine
from tagmart.ingest.store import prepare_table

DAY = date(2026, 6, 30)
CONTRACT = """
feed: f
title: {{zh: 表, en: Table}}
description: One row is a row.
load: {load}
owner: core banking
files: {{name: "f_{{biz_date}}_{{kind}}.dat", control: none, delivery: daily}}
form: {{encoding: utf-8, separator: "|", quote: none, header: {header}, {form}}}
key: [nr]
limits: {{bad_share: {bad_share}, {limits}}}
columns:
  - {{name: nr, type: string(9), required: true}}
{columns}
"""


@dataclass
class Desk:
    """A place to load one file at a time."""

    folder: Path
    warehouse: duckdb.DuckDBPyConnection

    def load(self, content: str, *columns: str, day: date = DAY, form: str = "", header: bool = False, load: str = "full",
             bad_share: float = 1, limits: str = "", **declared) -> Taken:
        """Load a file; `columns` stand behind the column `nr`."""
        path = self.folder / "contracts" / "core" / "f.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = "\n".join(f"  - {{{column}}}" for column in columns)
        path.write_text(CONTRACT.format(load=load, header=str(header).lower(), form=form, bad_share=bad_share, limits=limits, columns=lines))
        contract = load_contracts(self.folder / "contracts")["f"]
        part = self.folder / f"f_{day:%Y%m%d}_F.dat"
        part.write_text(content)
        prepare_table(self.warehouse, contract)
        manifest = Manifest((part,), (declared.pop("rows", None),), part.stat().st_size, "m", part_md5=(None,), is_declared=(False,), **declared)
        return take_delivery(self.warehouse, contract, Delivery(day, "F", (part,), None), manifest, self.folder / "quarantine")

    def bad(self) -> list[tuple]:
        """What is in quarantine."""
        return [(row.line, row.column, row.rule, row.seen) for row in read_quarantine(self.folder / "quarantine", "f", DAY.isoformat())]

    def stored(self, column: str = "v") -> list[str | None]:
        """A column of ods."""
        return [row[0] for row in self.warehouse.execute(f"select {column}::varchar from ods.f order by src_line").fetchall()]


@pytest.fixture
def desk(tmp_path) -> Desk:
    with duckdb.connect() as warehouse:
        yield Desk(tmp_path, warehouse)


def column_of(*values: str) -> str:
    """A file with a row for each value."""
    return "".join(f"{at}|{value}\n" for at, value in enumerate(values, start=1))


@pytest.mark.parametrize(("column", "form", "good", "bad"), [
    ('type: "decimal(9,2)"', "", {"1.5": "1.50", "123.45-": "-123.45", "-.5": "-0.50", "+7.": "7.00", "1.500": "1.50", ".5-": "-0.50", "0-": "0.00"},
     ["-1.5-", "+1-", "1.005", "1,000.00", "1e3", "NaN", "--1", " 1", "1 ", "-", ".", "1.5--", "1_0", "12345678.00", "infinity"]),
    ('type: "decimal(9,2)", implied: true', "", {"12345": "123.45", "5": "0.05", "-5": "-0.05", "12345-": "-123.45", "000": "0.00", "+99": "0.99"},
     ["1.5", "1e3", "-5-", " 5", "12345678901", "1-2", "1_0", "+-5"]),
    ('type: "decimal(9,0)", implied: true', "", {"12345": "12345", "5-": "-5"}, ["1.", "1.0"]),
    ("type: integer", "", {"7": "7", "+7": "7", "-07": "-7"}, ["7-", "1.5", " 7", "99999999999", "1_0", "0x1", "七", "７"]),
    ("type: date", "", {"2026-06-30": "2026-06-30", "0001-01-01": "0001-01-01"},
     ["2026-6-30", "2026-02-30", "infinity", "-infinity", "epoch", "20260630", "2026-06-30 ", "12026-06-30", "2026/06/30"]),
    ("type: date", 'date: "%Y%m%d", no_date: ["00010101", "99991231"]', {"20260630": "2026-06-30", "00010101": None, "99991231": None, "        ": None},
     ["2026-06-30", "20260230", "2026063", "202606301", " 2026630", "00000000"]),
    ("type: date", 'date: "%Y年%m月%d日"', {"2026年06月30日": "2026-06-30"}, ["2026年6月30日", "2026-06-30"]),
    ("type: date", 'date: "%y%m%d", timestamp: "%y%m%d%H%M%S", century: 1900', {"930101": "1993-01-01"}, ["931301", "19930101"]),
    ("type: timestamp", "", {"2026-06-30 23:59:59": "2026-06-30 23:59:59", "": None},
     ["2026-06-30", "2026-06-30T23:59:59", "2026-06-30 24:00:00", "infinity", "2026-06-30 23:59:60", "2026-06-30 1:00:00"]),
    ("type: timestamp", 'timestamp: "%Y%m%d%H%M%S", no_date: ["00010101000000"]', {"20260630235959": "2026-06-30 23:59:59", "00010101000000": None},
     ["2026063023595", "2026-06-30 23:59:59"]),
    ("type: boolean", "", {"Y": "true", "N": "false", "": None}, ["y", "1", "true", " "]),
    ("type: string(3)", "", {"王㛃𠮷": "王㛃𠮷", " a ": " a ", "'\"\\": "'\"\\", "NA": "NA", "": None}, ["abcd", "王㛃𠮷䶮"]),
    ("type: string(1), values: [C, D]", "", {"C": "C"}, ["c", "X"]),
    ("type: string(18), check: uscc", "", {"91110000600037341L": "91110000600037341L", "": None}, ["91110000600037341M", "9111000060003734"]),
    ("type: string(19), check: luhn", "", {"4111111111111111": "4111111111111111"}, ["4111111111111112", "X"]),
])
def test_values_are_typed_or_refused(desk, column, form, good, bad):
    # More good than bad ones, or the column would be taken for retyped.
    more = [next(iter(good))] * 20
    taken = desk.load(column_of(*good, *bad, *more), f"name: v, {column}", form=form)
    assert desk.stored()[: len(good)] == list(good.values())
    assert [row[0] for row in desk.bad()] == list(range(len(good) + 1, len(good) + len(bad) + 1))
    assert {row[1] for row in desk.bad()} <= {"v"}
    assert (taken.rows_loaded, taken.rows_quarantined) == (len(good) + 20, len(bad))


def test_a_required_date_may_not_be_none_in_other_words(desk):
    desk.load(column_of("99991231", "        ", "20260630"), "name: v, type: date, required: true",
              form='date: "%Y%m%d", no_date: ["99991231"]')
    assert [(row[0], row[2]) for row in desk.bad()] == [(1, "required"), (2, "required")]


def test_columns_come_and_go_with_the_dates_of_deliveries(desk):
    columns = ("name: old, type: integer, until: 2026-07-01", "name: new, type: integer, since: 2026-07-01", "name: v, type: integer")
    desk.load("nr|old|v\n1|5|6\n", *columns, header=True)
    desk.load("nr|new|v\n1|7|8\n", *columns, header=True, day=date(2026, 7, 1))
    assert desk.warehouse.execute("select old, new, v from ods.f order by biz_date").fetchall() == [(5, None, 6), (None, 7, 8)]


@pytest.mark.parametrize(("content", "total", "message"), [
    ("1|1.50\n2|2.50-\n3|\n", "-1.00", None),
    ("1|1.50\n2|2.50\n", "4.01", "the total of column v is not what"),
    ("1|1.50\n2|x\n", "4.00", "could not be read"),
    ("1|1.50\n2\n", "4.00", "could not be read"),
    ("1|1.50\n2|1.005\n", "1.50", None),
])
def test_totals_are_of_all_rows(desk, content, total, message):
    def load() -> Taken:
        return desk.load(content, 'name: v, type: "decimal(9,2)"', sums={"v": Decimal(total)})

    if message is None:
        assert load().rows_in == content.count("\n")
    else:
        with pytest.raises(TagmartError, match=message):
            load()


def test_more_bad_rows_than_the_limit_says_are_counted_and_the_first_are_kept(desk, monkeypatch):
    monkeypatch.setattr("tagmart.ingest.deliver.DETAILS", 10)
    good = [str(at) for at in range(40)]
    taken = desk.load(column_of(*good, *["x"] * 15) + "short\n" * 15, "name: v, type: integer", limits="bad_rows: 29", rows=70)
    assert (taken.rows_in, taken.rows_loaded, taken.rows_quarantined) == (70, 0, 30)
    assert "allowed are 100.00% and 29 rows; nothing was stored" in taken.over_limit
    assert "Most often: 15 × number of fields; 15 × integer of v." in taken.over_limit
    assert "the first 10 of them are in the quarantine" in taken.over_limit
    assert [row[0] for row in desk.bad()] == list(range(41, 51))
    assert desk.load(column_of(*good, *["x"] * 15) + "short\n" * 15, "name: v, type: integer", limits="bad_rows: 30", rows=70).rows_loaded == 40
    assert len(desk.bad()) == 30


def test_a_column_of_another_type_is_named_and_nothing_floods_the_quarantine(desk):
    with pytest.raises(TagmartError, match=r"column 'v' \(column 2\) looks retyped"):
        desk.load(column_of(*["2026-06-30"] * 20), "name: v, type: integer")
    assert desk.bad() == []


def test_keys_that_stand_twice_are_found_in_all_types(desk):
    content = "1|2026-06-30|x\n2|2026-06-30|x\n1|2026-06-30|y\n1|2026-06-29|z\n"
    desk.load(content, "name: day, type: date, required: true", "name: v, type: string(1)")
    assert [(row[0], row[2], row[3]) for row in desk.bad()] == [
        (1, "duplicate key", "1; also on line 4"), (3, "duplicate key", "1; also on line 1"), (4, "duplicate key", "1; also on line 1")]
