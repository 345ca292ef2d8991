"""History tables against a naive model: whatever order deliveries come in, the table is the shortest form of what they say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagmart.contracts.model import Column, ColumnType, Contract, Files, Form
from tagmart.core.duck import literal
from tagmart.ingest import store as storing
from tagmart.ingest.history import FOREVER
from tagmart.ingest.landing import Delivery
from tagmart.ingest.store import change_of, prepare_table, store

START = date(2026, 6, 1)
TEXT = ColumnType("string", 8)
KEY = ("party_no", "seq")
COLUMNS = (
    Column("party_no", TEXT, required=True), Column("seq", ColumnType("integer"), required=True),
    Column("name", TEXT), Column("amt", ColumnType("decimal", 9, 2)),
)
OP = Column("op", ColumnType("string", 1), required=True, values=("I", "U", "D"))
# Columns of a row: party_no, seq, name, amt; before them, in a delta, op.
Row = tuple


def contract(load: str, columns: tuple[Column, ...] = COLUMNS) -> Contract:
    return Contract(
        feed="party", system="core", title_zh="客户", title_en="Parties", description="One row is a party.", load=load,
        owner="core banking", provides=("party",), files=Files("party_{biz_date}_{kind}_{part}.dat", None, "daily"),
        form=Form(), key=KEY, columns=(OP, *columns) if load == "delta" else columns,
    )


def warehouse(load: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    assert prepare_table(connection, contract(load)) is True
    return connection


@dataclass(frozen=True)
class Sent:
    """A delivery: its day, its rows, after how many of them the second part begins, and the keys of rows in quarantine.

    Of the last `unread` of these only the texts of the key could be read.
    """

    day: int
    rows: tuple[Row, ...]
    split: int = 99
    bad: tuple[tuple, ...] = ()
    unread: int = 0

    @property
    def date(self) -> date:
        return START + timedelta(days=self.day)

    def places(self) -> dict[tuple, tuple[Row, str, int]]:
        """Key → row without op, file, line."""
        placed = [(row, 1 + (at >= self.split), at % 50 + 2) for at, row in enumerate(self.rows)]
        return {row[-4:-2]: (row, f"{self.date:%Y%m%d}_{part}", line) for row, part, line in placed}


def send(connection: duckdb.DuckDBPyConnection, of: Contract, sent: Sent) -> tuple[str, ...]:
    """Store a delivery as the loader does; the table `taken` is what judging leaves."""
    there = of.at(sent.date)
    shape = ", ".join(f'"{column.name}" {column.type.sql}' for column in there.columns)
    connection.execute(f"create or replace temp table taken (part integer, src_line bigint, {shape}, fault integer)")
    placed = [(int(file[-1]) - 1, line, *row) for row, file, line in sent.places().values()]
    typed = sent.bad[: len(sent.bad) - sent.unread]
    broken = [*placed[:1], *((0, 99, *("U" for _ in range(of.load == "delta")), *key, "?", None) for key in typed)]
    for fault, rows in ((None, placed), (0, broken)):
        for row in rows:
            connection.execute(f"insert into taken values ({', '.join(map(literal, (*row, fault)))})")
    delivery = Delivery(sent.date, "F", (), None)
    stored = store(connection, of, delivery, (Path(f"{sent.date:%Y%m%d}_1"), Path(f"{sent.date:%Y%m%d}_2")),
                   unread=[(key[0], str(key[1])) for key in sent.bad[len(typed) :]])
    assert stored.rows == len(sent.rows)
    return stored.notes


def table(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    return sorted(connection.execute(
        "select party_no, seq, name, amt, valid_from, valid_to, src_file, src_line from hist.party"
        " where biz_date = valid_from and valid_from < valid_to"
    ).fetchall(), key=lambda row: (row[0], row[1], row[4]))


def as_of(history: list[tuple], day: date) -> list[tuple]:
    """What the history says of a day, with what a night of that day can see: not until when a state will hold."""
    return [(*row[:5], *row[6:]) for row in history if row[4] <= day < row[5]]


def model(load: str, loaded: dict[int, Sent]) -> list[tuple]:
    """The function day → state, day by day, then its shortest form."""
    state: dict[tuple, tuple] = {}
    intervals: list[list] = []
    latest: dict[tuple, list] = {}
    for day in sorted(loaded):
        sent = loaded[day]
        said = sent.places()
        if load == "full":
            state = {key: state[key] for key in sent.bad if key in state} | said
        else:
            for key, (row, file, line) in said.items():
                state.pop(key, None)
                if row[0] != "D":
                    state[key] = (row[1:], file, line)
        for key in [key for key in latest if key not in state or latest[key][0] != state[key][0]]:
            latest.pop(key)[2] = sent.date
        for key, (row, file, line) in state.items():
            if key not in latest:
                latest[key] = [row, sent.date, FOREVER, file, line]
                intervals.append(latest[key])
    return sorted([(*row, begin, end, file, line) for row, begin, end, file, line in intervals],
                  key=lambda row: (row[0], row[1], row[4]))


keys = st.tuples(st.sampled_from("AB"), st.integers(1, 2))
values = st.tuples(st.sampled_from([None, "x", "y"]), st.sampled_from([None, 1]))


def deliveries(load: str) -> st.SearchStrategy[list[Sent]]:
    row = st.tuples(st.sampled_from("IUD"), keys, values).map(lambda parts: (parts[0], *parts[1], *parts[2]))
    if load == "full":
        row = row.map(lambda whole: whole[1:])
    rows = st.lists(row, max_size=4, unique_by=lambda whole: whole[-4:-2]).map(tuple)
    bad = st.lists(keys, max_size=3, unique=True).map(tuple)
    return st.lists(
        st.builds(Sent, day=st.integers(0, 6), rows=rows, split=st.integers(0, 4), bad=bad, unread=st.integers(0, 1)),
        min_size=1, max_size=7,
    )


@pytest.mark.parametrize("load", ["full", "delta"])
@settings(max_examples=35, deadline=None)
@given(st.data())
def test_the_table_depends_only_on_what_is_loaded_and_the_past_never_changes(load, data):
    """Late days, repeats, days sent again with changes, keys that come back, rows in quarantine, empty deliveries, parts."""
    sequence = data.draw(deliveries(load))
    connection, of, loaded = warehouse(load), contract(load), {}
    try:
        for sent in sequence:
            days = [START + timedelta(days=offset) for offset in range(-1, sent.day)]
            before = table(connection)
            send(connection, of, sent)
            loaded[sent.day] = sent
            after = table(connection)
            assert [as_of(before, day) for day in days] == [as_of(after, day) for day in days]
            expected, newest = model(load, loaded), sorted(loaded)[-storing.KEPT_FULLS:]
            for seen, wanted in zip(after, expected, strict=True):
                unknown = load == "full" and seen[6:] == (None, None) and (wanted[4] - START).days not in newest
                assert seen == wanted or (unknown and seen[:6] == wanted[:6])
        kept = {row[0] for row in connection.execute("select distinct biz_date from ods.party").fetchall()}
        there = {sent.date for sent in loaded.values() if sent.rows}
        assert kept == ({day for day in there if (day - START).days in newest} if load == "full" else there)
    finally:
        connection.close()


def test_intervals_are_half_open_and_a_key_that_comes_back_opens_again():
    connection, of = warehouse("full"), contract("full")
    send(connection, of, Sent(0, (("A", 1, "x", None), ("B", 1, "x", 1))))
    send(connection, of, Sent(1, (("A", 1, "x", None), ("B", 1, "y", 1))))
    send(connection, of, Sent(2, (("B", 1, "y", 1),)))
    send(connection, of, Sent(4, (("A", 1, "x", None), ("B", 1, "y", 1))))
    day = [START + timedelta(days=offset) for offset in range(5)]
    assert [row[:6] for row in table(connection)] == [
        ("A", 1, "x", None, day[0], day[2]), ("A", 1, "x", None, day[4], FOREVER),
        ("B", 1, "x", 1, day[0], day[1]), ("B", 1, "y", 1, day[1], FOREVER),
    ]


@settings(max_examples=25, deadline=None)
@given(deliveries("full"), st.randoms(use_true_random=False))
def test_a_replay_gives_the_history_of_a_clean_delivery(sequence, random):
    """Each day is sent with some rows in quarantine and taken again when they are mended, in any order."""
    spoiled, clean, of = warehouse("full"), warehouse("full"), contract("full")
    newest = {sent.day: sent for sent in sequence}
    try:
        for sent in sequence:
            bad = tuple(row[-4:-2] for row in sent.rows if random.random() < 0.4)
            send(spoiled, of, replace(sent, rows=tuple(row for row in sent.rows if row[-4:-2] not in bad), bad=bad))
        for sent in random.sample(list(newest.values()), len(newest)):
            send(spoiled, of, replace(sent, bad=()))
        for day in sorted(newest):
            send(clean, of, replace(newest[day], bad=()))
        assert [row[:6] for row in table(spoiled)] == [row[:6] for row in table(clean)]
        assert spoiled.execute("select count(*) from hist._withheld").fetchone() == (0,)
    finally:
        spoiled.close()
        clean.close()


def test_a_key_whose_row_is_in_quarantine_stays_until_a_good_row_says_otherwise():
    connection, of = warehouse("full"), contract("full")
    day = [START + timedelta(days=offset) for offset in range(5)]
    assert send(connection, of, Sent(0, (("A", 1, "x", None), ("B", 1, "x", 1)))) == ()
    assert send(connection, of, Sent(1, (("A", 1, "x", None),), bad=(("B", 1), ("B", 2)))) == (
        "2 keys came only in rows that are in quarantine: they stay as before",)
    send(connection, of, Sent(2, (("A", 1, "x", None),), bad=(("B", 1),)))
    assert table(connection)[1][2:6] == ("x", 1, day[0], FOREVER)
    # A day that comes late changes what the days after it leave as it was.
    send(connection, of, Sent(4, (("A", 1, "x", None), ("B", 1, "z", 1))))
    send(connection, of, Sent(0, (("A", 1, "x", None), ("B", 1, "y", 1))))
    assert [row[2:6] for row in table(connection)[1:]] == [("y", 1, day[0], day[4]), ("z", 1, day[4], FOREVER)]
    # The good row, once it is there, says that the key is gone.
    send(connection, of, Sent(2, (("A", 1, "x", None),)))
    assert [row[2:6] for row in table(connection)[1:]] == [("y", 1, day[0], day[2]), ("z", 1, day[4], FOREVER)]


def test_changes_that_do_not_fit_are_taken_and_told():
    connection, of = warehouse("delta"), contract("delta")
    assert send(connection, of, Sent(0, (("I", "A", 1, "x", None),))) == ()
    assert send(connection, of, Sent(1, (("I", "A", 1, "y", None), ("U", "B", 1, "x", None), ("D", "B", 2, None, None)))) == (
        "1 row: insert a key that was there already; taken as its new state",
        "1 row: change a key that was not there; taken as new",
        "1 row: delete a key that was not there; nothing to delete",
    )
    assert [row[:3] for row in table(connection)] == [("A", 1, "x"), ("A", 1, "y"), ("B", 1, "x")]


def test_a_column_that_begins_later_is_added_and_others_rebuild():
    connection, of = warehouse("full"), contract("full")
    send(connection, of, Sent(0, (("A", 1, "x", None),)))
    later = replace(Column("grade", TEXT), since=START + timedelta(days=2))
    grown = contract("full", (*COLUMNS[:2], later, *COLUMNS[2:]))
    assert (change_of(connection, grown), prepare_table(connection, grown)) == ("added", False)
    send(connection, grown, Sent(1, (("A", 1, "x", None),)))
    send(connection, grown, Sent(2, (("A", 1, "g", "x", None),)))
    assert connection.execute("select grade, valid_from from hist.party order by 2").fetchall() == [
        (None, START), ("g", START + timedelta(days=2))]
    assert change_of(connection, grown) == "none"
    # The files of days that are loaded had this column: its values must be read.
    past = replace(Column("area", TEXT), since=START + timedelta(days=1))
    for other in (
        contract("full", (*grown.columns, past)), contract("full", grown.columns[:-1]),
        replace(grown, key=KEY[:1]), replace(grown, row_date="day"),
    ):
        assert change_of(connection, other) == "rebuild"
    assert prepare_table(connection, contract("full", grown.columns[:-1])) is True
    assert connection.execute("select count(*) from hist.party").fetchone() == (0,)
    assert connection.execute("select count(*) from ods.party").fetchone() == (0,)
