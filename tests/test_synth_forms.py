"""Files of any form: what the writer writes says the same values, whatever the contract asks for, and control files agree."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tagmart.contracts import Column, ColumnType, Contract, Files, Form, FrameField
from tagmart.contracts.model import Due
from tagmart.core.errors import TagmartError
from tagmart.core.settings import project_root
from tagmart.synth import generate
from tagmart.synth.calendar import horizon_for
from tagmart.synth.write import DATED, DELTA, JOURNAL, Feed, finish, integers, money, text, write_feed
from tests import demo_files

DAY = date(2026, 6, 30)
HORIZON = horizon_for(DAY)
LAST = HORIZON.index(DAY)
# Letters that only some encodings have, and letters whose second byte in GBK is | or @ or a digit's neighbour.
COMMON, RARE = "张伟示例公司·ＡＢ１２|亅倈@丂乗", "㛃𠮷㐀䶮€"

COLUMNS = (
    Column("no", ColumnType("string", 12), required=True, width=12),
    Column("name", ColumnType("string", 40), width=200),
    Column("amt", ColumnType("decimal", 18, 2), required=True, width=24),
    Column("cnt", ColumnType("integer"), width=9),
    Column("side", ColumnType("string", 1), values=("C", "D"), width=1),
    Column("day", ColumnType("date"), width=10),
    Column("moment", ColumnType("timestamp"), width=19),
)


@st.composite
def forms(draw: st.DrawFn) -> tuple[Form, str | None]:
    """A form that contracts allow, and a packing."""
    encoding = draw(st.sampled_from(["gb18030", "gbk", "utf-8", "utf-8-sig"]))
    separator = draw(st.sampled_from([None, "|", ",", "\t", "|@|", "|!|", "@|$|@", "\x03", "\x1d"]))
    quote = draw(st.sampled_from([None, '"'])) if separator in (",", "|", "\t") else None
    framed = not quote and draw(st.booleans())
    words = ["=HDR", "bank", "feed", "biz_date", "batch_no", "rows", "sum:amt"] if framed else []
    frame = tuple(FrameField(word, 24 if separator is None else None) for word in words)
    form = Form(
        encoding=encoding, separator=separator, quote=quote, header=separator is not None and draw(st.booleans()),
        date=draw(st.sampled_from(["%Y-%m-%d", "%Y%m%d"])),
        timestamp=draw(st.sampled_from(["%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S"])),
        trailing=bool(separator and not quote and draw(st.booleans())),
        no_date=draw(st.sampled_from([(), ("00010101", "99991231")])),
        head=frame, tail=frame, minus=draw(st.sampled_from(["leading", "trailing"])), crlf=not quote and draw(st.booleans()),
    )
    return form, draw(st.sampled_from([None, "gz", "zst"]))


@st.composite
def values(draw: st.DrawFn, form: Form) -> list[tuple]:
    """Rows that can be written in a form: without its separator where nothing is quoted, in letters of its encoding."""
    letters = COMMON if form.encoding == "gbk" else COMMON + RARE
    letters += '",\n' if form.quote else ""
    names = st.text(letters, max_size=12).filter(
        lambda name: form.quote is not None or not form.separator or not set(form.separator) & set(name))
    return draw(st.lists(st.tuples(
        st.none() | names, st.integers(-(10**15), 10**15), st.none() | st.integers(-99_999, 99_999),
        st.none() | st.sampled_from("CD"), st.none() | st.dates(date(1930, 1, 1), date(2090, 1, 1)),
        st.datetimes().filter(lambda moment: moment.year > 1000),
    ), max_size=8))


def contract_of(form: Form, packing: str | None = None, **more: object) -> Contract:
    """A contract of the journal `posting` in this form."""
    name = "posting_{biz_date}_{kind}_{part}.dat" + (f".{packing}" if packing else "")
    columns = COLUMNS if form.is_fixed else tuple(replace(column, width=None) for column in COLUMNS)
    given = {"load": "journal", "columns": columns} | more
    return Contract(feed="posting", system="core", title_zh="流水", title_en="Postings", description="", owner="core",
                    provides=("posting",), files=Files(name, "posting_{biz_date}_{kind}.ok", "daily", sums=("amt",)),
                    form=form, key=("no",), path="core/posting.yml", **given)


def written(folder: Path, contract: Contract, feed: Feed, days: int = 1) -> dict[date, list[Path]]:
    """Write the deliveries of a feed; the data files by date."""
    first = LAST - days
    finish(write_feed(feed, folder / "parts", HORIZON, first, LAST, contract), folder, HORIZON, {contract.feed: contract})
    return {day: paths for day, _, paths in demo_files.deliveries(contract, folder)}


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_form_gives_the_values_back(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    form, packing = data.draw(forms())
    rows = data.draw(values(form))
    names, cents, counts, sides, dates, moments = zip(*rows, strict=True) if rows else ((),) * 6
    contract = contract_of(form, packing)
    moments = [moment.replace(microsecond=0) for moment in moments]
    feed = Feed("posting", JOURNAL, {
        "no": text([f"N{number}" for number in range(len(rows))]), "name": pa.array(names, pa.string()),
        "amt": money(np.array(cents, np.int64)), "cnt": pa.array(counts, pa.int64()), "side": pa.array(sides, pa.string()),
        "day": pa.array(dates, pa.date32()), "moment": pa.array(moments, pa.timestamp("s")),
    }, np.full(len(rows), LAST))
    (path,) = written(tmp_path_factory.mktemp("form"), contract, feed)[DAY]
    found = demo_files.rows(contract, DAY, path)
    expected = [
        [f"N{number}", (name.strip(" ") if form.is_fixed else name) or None if name is not None else None,
         str(Decimal(amount).scaleb(-2)), None if count is None else str(count), side, day and str(day), str(moment)]
        for number, (name, amount, count, side, day, moment) in enumerate(zip(names, cents, counts, sides, dates, moments, strict=True))
    ]
    assert found == expected
    frames = [one for one, there in ((0 + form.header, form.head), (-1, form.tail)) if there]
    for at in frames:
        total = str(Decimal(sum(cents)).scaleb(-2))
        told = f"{total[1:]}-" if form.minus == "trailing" and sum(cents) < 0 else total
        assert [word.strip() for word in demo_files.records(contract, path)[at]] == [
            "HDR", "demo", "posting", "20260630", "1", str(len(rows)), told]


def test_what_a_form_cannot_say_is_refused(tmp_path: Path) -> None:
    """No file is written that would be read otherwise."""
    def feed(name: str) -> Feed:
        return Feed("posting", JOURNAL, {"no": text(["N1"]), "name": text([name])}, np.array([LAST]))

    columns = COLUMNS[:2]
    for form, name in ((Form(separator="|"), "a|b"), (Form(separator="|"), "a\nb"), (Form(encoding="gbk"), "㛃"),
                       (Form(separator=None, header=False), "x" * 201), (Form(separator=None, header=False), "x\n")):
        contract = contract_of(form)
        kept = columns if form.is_fixed else tuple(replace(column, width=None) for column in columns)
        with pytest.raises(TagmartError, match="cannot be written"):
            written(tmp_path, replace(contract, columns=kept, files=replace(contract.files, sums=())), feed(name))
    with pytest.raises(TagmartError, match="columns of the feed"):
        written(tmp_path, contract_of(Form()), feed("x"))


def test_a_delivery_that_is_not_due_every_day_brings_what_changed_since(tmp_path: Path) -> None:
    """A delta written on Mondays, applied, gives at every Monday the state that a daily delta gives."""
    rng = np.random.default_rng(4)
    size = 300
    columns = {"no": text([f"N{key}" for key in rng.integers(0, 40, size)]), "amt": money(np.arange(size))}
    keys = np.array([int(one[1:]) for one in columns["no"].to_pylist()])
    days = LAST - rng.integers(0, 40, size)
    feed = Feed("posting", DELTA, columns, days, keys)
    delta = (Column("op", ColumnType("string", 1)), *(replace(column, width=None) for column in (COLUMNS[0], COLUMNS[2])))
    states = {}
    for due in (Due("every_day"), Due("weekly", 1)):
        contract = contract_of(Form(), load="delta", columns=delta, due=due)
        state: dict[str, str] = {}
        for day, paths in written(tmp_path / due.when, contract, feed, days=30).items():
            for op, number, amount in demo_files.rows(contract, day, paths[0]):
                assert (op == "I") == (number not in state)
                state[number] = amount
            states[due.when, day] = dict(state)
    mondays = [day for when, day in states if when == "weekly"]
    assert [day.isoweekday() for day in mondays[1:]] == [1] * 5
    assert all(states["weekly", day] == states["every_day", day] for day in mondays)


def test_dated_columns_are_in_the_files_of_their_days(tmp_path: Path) -> None:
    contract = contract_of(Form(), columns=(
        replace(COLUMNS[0], width=None), replace(COLUMNS[2], width=None, since=DAY),
        Column("cnt", ColumnType("integer"), until=DAY)))
    feed = Feed("posting", JOURNAL, {"no": text(["a", "b"]), "amt": money(np.array([100, 200])),
                                     "cnt": integers(np.array([1, 2]))}, np.array([LAST - 1, LAST]))
    files = written(tmp_path, contract, feed)
    assert files[DAY - timedelta(days=1)][0].read_text("utf-8") == "no|cnt\na|1\n"
    assert files[DAY][0].read_text("utf-8") == "no|amt\nb|2.00\n"


def test_slices_and_blocks_are_parts_of_one_delivery(tmp_path: Path) -> None:
    """Empty parts go, the others are numbered through, and the control file sums them up."""
    contract = contract_of(Form(), columns=tuple(replace(column, width=None) for column in (COLUMNS[0], COLUMNS[2])))
    parts = []
    for block, days in enumerate(([LAST - 9, LAST], [], [LAST - 1])):
        feed = Feed("posting", DATED, {"no": text([f"{block}{day}" for day in days]), "amt": money(np.array(days, np.int64))},
                    np.array(days, np.int64))
        parts += write_feed(feed, tmp_path / f"{block}", HORIZON, LAST - 1, LAST, replace(contract, load="full"))
    finish(parts, tmp_path, HORIZON, {"posting": replace(contract, load="full")})
    assert sorted(path.name for path in tmp_path.glob("2*/*.dat")) == [
        "posting_20260629_I_001.dat", "posting_20260629_I_002.dat", "posting_20260630_F_001.dat"]
    words = (tmp_path / "20260629" / "posting_20260629_I.ok").read_text("utf-8").splitlines()
    size = sum(path.stat().st_size for path in tmp_path.glob("20260629/*.dat"))
    assert words[2:] == [f"SUM|amt|{Decimal(2 * LAST - 10).scaleb(-2)}|", f"TOTAL|{size}|2|"]


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small bank over three nights, as its contracts say."""
    folder = tmp_path_factory.mktemp("landing")
    generate(folder, customers=60, seed=5, biz_date=DAY, days=3, history_months=2)
    return folder


def test_every_delivery_is_as_contracted(landing: Path) -> None:
    """On due days there is a delivery whose control file tells names, bytes, rows, MD5 and totals of its files."""
    for contract in demo_files.contracts().values():
        found = list(demo_files.deliveries(contract, landing))
        assert found[0][:2] == (DAY - timedelta(days=3), "I"), contract.feed
        if contract.due.when == "every_day":
            assert len(found) == 4, contract.feed
        for day, kind, paths in found:
            rows = [demo_files.rows(contract, day, path) for path in paths]
            assert sum(map(len, rows)) or contract.allow_empty, f"{contract.feed} of {day} is empty"
            words = demo_files.control_values(paths[0].parent / contract.files.control_of(day, kind))
            expected = [str(sum(map(len, rows)))] if contract.files.control_form == "flag" else []
            if contract.files.control_form != "flag":
                for path, mine in zip(paths, rows, strict=True):
                    raw = path.read_bytes()
                    digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()
                    expected += [path.name, str(len(raw)), str(len(mine)), digest]
                names = contract.at(day).names
                for name in contract.files.sums:
                    amounts = [Decimal(row[names.index(name)]) for mine in rows for row in mine]
                    expected.append(str(sum(amounts, Decimal("0.00"))))
            assert not set(expected) - set(words), f"{contract.feed} of {day}"


def test_the_calendar_of_the_world_is_the_seed_by_which_deliveries_are_due() -> None:
    table = HORIZON.table
    known = {str(day): (bool(worked), bool(traded))
             for day, worked, traded in zip(table.dates, table.is_workday, table.is_trading_day, strict=True)}
    with (project_root() / "dbt_project" / "seeds" / "calendar_day.csv").open(encoding="utf-8", newline="") as rows:
        seed = {row["cal_date"]: (row["is_workday"] == "true", row["is_trading_day"] == "true") for row in csv.DictReader(rows)}
    differ = [day for day, facts in known.items() if day in seed and seed[day] != facts]
    assert not differ
    assert str(DAY) in seed
