"""Loading deliveries: each is in ods as a whole or not at all, once, and what is wrong with it is told in one message."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.ingest import ingest_night
from tests.tiny_bank import FIRST, FULL, HEADER, SECOND, THIRD, Bank, edit, rows


@pytest.fixture
def bank(tmp_path, monkeypatch) -> Bank:
    monkeypatch.delenv("TAGMART_LANDING", raising=False)
    bank = Bank(tmp_path)
    bank.journal()
    return bank


def test_an_initial_load_and_a_day_are_loaded_typed_and_with_their_lines(bank):
    bank.deliver("posting", FIRST, "I", rows(FIRST - timedelta(days=40), 1, 2), rows(FIRST, 3))
    bank.deliver("posting", SECOND, "J", rows(SECOND, 4))
    fact = bank.night(SECOND)["posting"]
    assert (fact.status, fact.rows_declared, fact.rows_in, fact.rows_loaded, fact.rows_quarantined) == ("loaded", 1, 1, 1, 0)
    assert (fact.as_of, fact.message, fact.files) == ("2026-06-29", "", "posting_20260629_J_001.dat")
    assert bank.ods("select post_no, amt::varchar, cnt, day::varchar, is_own, src_file, src_line, biz_date::varchar from ods.posting order by post_no") == [
        ("P1", "1.50", 1, "2026-05-19", True, "posting_20260628_I_001.dat", 2, "2026-06-28"),
        ("P2", "2.50", 2, "2026-05-19", True, "posting_20260628_I_001.dat", 3, "2026-06-28"),
        ("P3", "3.50", 3, "2026-06-28", True, "posting_20260628_I_002.dat", 2, "2026-06-28"),
        ("P4", "4.50", 4, "2026-06-29", True, "posting_20260629_J_001.dat", 2, "2026-06-29"),
    ]
    assert [row["kind"] for row in bank.state.rows("select kind from arrival order by biz_date")] == ["I", "J"]


def test_the_same_files_again_are_not_loaded_again(bank):
    bank.deliver("posting", FIRST, "I", rows(FIRST, 1, 2))
    bank.night(FIRST)
    arrivals = bank.state.rows("select * from arrival")
    fact = bank.night(FIRST)["posting"]
    assert (fact.status, fact.rows_in, fact.rows_loaded) == ("unchanged", 2, 2)
    assert bank.state.rows("select * from arrival") == arrivals


def test_a_new_delivery_replaces_only_its_day(bank):
    bank.deliver("posting", FIRST, "I", rows(FIRST, 1))
    bank.deliver("posting", SECOND, "J", rows(SECOND, 2, 3))
    bank.deliver("posting", THIRD, "J", rows(THIRD, 4))
    bank.night(THIRD)
    bank.deliver("posting", SECOND, "J", rows(SECOND, 5))
    assert bank.night(THIRD)["posting"].status == "loaded"
    assert bank.ods("select post_no from ods.posting order by post_no") == [("P1",), ("P4",), ("P5",)]
    assert bank.state.row("select replaced from arrival where biz_date = '2026-06-29'") == {"replaced": 1}


def test_a_night_for_an_older_date_leaves_later_deliveries_alone(bank):
    bank.deliver("posting", FIRST, "I", rows(FIRST, 1))
    (bank.folder(SECOND) / "posting_20260629_J.ok").write_text("garbage")
    fact = bank.night(FIRST)["posting"]
    assert (fact.status, fact.as_of) == ("loaded", "2026-06-28")


def test_a_day_without_rows_is_in_order_where_the_contract_says_so(bank):
    bank.journal(allow_empty="true")
    bank.deliver("posting", FIRST, "I", HEADER + "\n")
    fact = bank.night(FIRST)["posting"]
    assert (fact.status, fact.rows_in, fact.bad_share) == ("loaded", 0, 0.0)


def test_missing_days_are_named_and_later_ones_wait(bank):
    bank.deliver("posting", FIRST, "I", rows(FIRST, 1))
    bank.deliver("posting", THIRD, "J", rows(THIRD, 3))
    fact = bank.night(THIRD)["posting"]
    assert (fact.status, fact.rows_in, fact.as_of) == ("missing", None, "2026-06-28")
    assert "no delivery for 2026-06-29. Later deliveries wait" in fact.message
    assert bank.ods("select post_no from ods.posting") == [("P1",)]
    bank.deliver("posting", SECOND, "J", rows(SECOND, 2))
    assert bank.night(THIRD)["posting"].status == "loaded"
    assert len(bank.ods("select post_no from ods.posting")) == 3


def test_old_folders_may_be_cleared_away(bank):
    for path in bank.deliver("posting", FIRST, "I", rows(FIRST, 1)):
        bank.night(FIRST) if path.suffix == ".dat" else None
        path.unlink()
    bank.deliver("posting", SECOND, "J", rows(SECOND, 2))
    assert bank.night(SECOND)["posting"].status == "loaded"


def test_a_feed_needs_its_initial_load_once(bank):
    assert bank.night(FIRST)["posting"].status == "missing"
    bank.deliver("posting", FIRST, "J", rows(FIRST, 1))
    fact = bank.night(FIRST)["posting"]
    assert fact.status == "missing"
    assert "initial load is missing" in fact.message
    for path in bank.folder(FIRST).iterdir():
        path.unlink()
    bank.deliver("posting", FIRST, "I", rows(FIRST, 1))
    bank.deliver("posting", SECOND, "I", rows(SECOND, 2))
    fact = bank.night(SECOND)["posting"]
    assert fact.status == "refused"
    assert "second initial load" in fact.message


def corrupted_control(bank: Bank, data: Path, control: Path) -> None:
    control.write_bytes(b"\x00\xff garbage")


def garbled_line(bank: Bank, data: Path, control: Path) -> None:
    edit(control, "|2|", "|two|")


def control_cut_off(bank: Bank, data: Path, control: Path) -> None:
    control.write_text(control.read_text().splitlines()[0] + "\n")


def control_does_not_add_up(bank: Bank, data: Path, control: Path) -> None:
    edit(control, "TOTAL|", "TOTAL|1")


def part_missing(bank: Bank, data: Path, control: Path) -> None:
    data.unlink()


def part_too_many(bank: Bank, data: Path, control: Path) -> None:
    data.with_name(data.name.replace("001", "002")).write_text(rows(SECOND, 9))


def other_feed_listed(bank: Bank, data: Path, control: Path) -> None:
    edit(control, data.name, data.name.replace("posting", "payment"))


def truncated(bank: Bank, data: Path, control: Path) -> None:
    data.write_bytes(data.read_bytes()[:-5])


def changed_on_the_way(bank: Bank, data: Path, control: Path) -> None:
    data.write_bytes(data.read_bytes().replace(b"2.50", b"9.50"))


def rows_disagree(bank: Bank, data: Path, control: Path) -> None:
    text = control.read_text().replace("|2|", "|3|")
    control.write_text(text)


def column_missing(bank: Bank, data: Path, control: Path) -> None:
    text = "\n".join("|".join(field for at, field in enumerate(line.split("|")) if at != 4) for line in rows(SECOND, 2, 3).splitlines())
    bank.deliver("posting", SECOND, "J", text + "\n")


def column_unknown(bank: Bank, data: Path, control: Path) -> None:
    bank.deliver("posting", SECOND, "J", rows(SECOND, 2, 3).replace("is_own", "is_own|colour"))


def columns_moved(bank: Bank, data: Path, control: Path) -> None:
    bank.deliver("posting", SECOND, "J", rows(SECOND, 2, 3).replace("post_no|owner_name", "owner_name|post_no"))


def no_header(bank: Bank, data: Path, control: Path) -> None:
    bank.deliver("posting", SECOND, "J", rows(SECOND, 2, 3).split("\n", 1)[1])


def empty(bank: Bank, data: Path, control: Path) -> None:
    bank.deliver("posting", SECOND, "J", HEADER + "\n")


def nothing_at_all(bank: Bank, data: Path, control: Path) -> None:
    data.write_bytes(b"")
    control.write_text(f"{data.name}|0|0|{hashlib.md5(b'').hexdigest()}\nTOTAL|0|0|\n")  # noqa: S324


def date_in_the_name(bank: Bank, data: Path, control: Path) -> None:
    data.rename(data.with_name(data.name.replace("20260629", "20260628")))


def rows_of_another_day(bank: Bank, data: Path, control: Path) -> None:
    bank.deliver("posting", SECOND, "J", rows(FIRST, 2, 3))


def wrong_kind(bank: Bank, data: Path, control: Path) -> None:
    data.unlink()
    control.unlink()
    bank.deliver("posting", SECOND, "D", rows(SECOND, 2, 3))


REFUSALS = {
    corrupted_control: "20260629/posting_20260629_J.ok: the control file is corrupted",
    garbled_line: "posting_20260629_J.ok, line 1: the control file is corrupted",
    control_cut_off: "no TOTAL line",
    control_does_not_add_up: "does not add up",
    part_missing: "posting_20260629_J_001.dat",
    part_too_many: "posting_20260629_J_002.dat",
    other_feed_listed: "another feed than posting",
    truncated: "the file is truncated. Seen: ",
    changed_on_the_way: "(md5)",
    rows_disagree: "2 of 3 rows",
    column_missing: "posting_20260629_J_001.dat, line 1: the header lacks column 'side'",
    column_unknown: "a column 'colour' that the contract does not know",
    columns_moved: "the columns have moved: column 1 is 'owner_name', not 'post_no'",
    no_header: "the file has no header line",
    empty: "no rows",
    nothing_at_all: "not even a header",
    date_in_the_name: "the date in the file name is not the date of its folder",
    rows_of_another_day: "rows are of another date",
    wrong_kind: "no delivery of this kind",
}


@pytest.mark.parametrize("spoil", REFUSALS, ids=lambda spoil: spoil.__name__)
def test_a_spoiled_delivery_is_refused_with_one_message_and_nothing_is_stored(bank, spoil):
    bank.contract(FULL)
    for day, kind in ((FIRST, "I"), (SECOND, "F")):
        bank.deliver("branch", day, kind, "branch_id|branch_name\n1|总行\n")
    bank.deliver("posting", FIRST, "I", rows(FIRST, 1))
    bank.night(FIRST)
    data, control = bank.deliver("posting", SECOND, "J", rows(SECOND, 2, 3))
    spoil(bank, data, control)
    facts = bank.night(SECOND)
    fact = facts["posting"]
    assert fact.status == "refused"
    assert REFUSALS[spoil] in fact.message
    assert "Do: " in fact.message
    assert "\n" not in fact.message
    assert fact.as_of == "2026-06-28"
    assert bank.ods("select post_no from ods.posting") == [("P1",)]
    assert [row["biz_date"] for row in bank.state.rows("select biz_date from arrival where feed = 'posting'")] == ["2026-06-28"]
    assert facts["branch"].status == "loaded"


def test_a_control_file_may_name_its_columns(bank):
    _, control = bank.deliver("posting", FIRST, "I", rows(FIRST, 1))
    control.write_text("file|bytes|rows|md5\n" + control.read_text("utf-8"), "utf-8")
    assert bank.night(FIRST)["posting"].status == "loaded"


def test_the_runs_own_files_are_read_again(bank):
    data, _ = bank.deliver("posting", FIRST, "I", rows(FIRST, 1, 2))
    bank.night(FIRST)
    data.write_bytes(data.read_bytes().replace(b"2.50", b"9.50"))
    fact = bank.night(FIRST)["posting"]
    assert fact.status == "refused"
    assert bank.ods("select amt::varchar from ods.posting where post_no = 'P2'") == [("2.50",)]


def test_a_table_follows_its_contract_if_all_deliveries_are_there(bank):
    bank.deliver("posting", FIRST, "I", rows(FIRST, 1))
    bank.night(FIRST)
    path = bank.settings.contracts_dir / "core" / "posting.yml"
    edit(path, "{name: post_no, type: string(8)", "{name: number, type: string(8)")
    edit(path, "key: [post_no]", "key: [number]")
    bank.deliver("posting", FIRST, "I", rows(FIRST, 2).replace("post_no|", "number|", 1))
    assert bank.night(FIRST)["posting"].status == "loaded"
    assert bank.ods("select number from ods.posting") == [("P2",)]
    for file in bank.folder(FIRST).iterdir():
        file.unlink()
    edit(path, "type: integer", "type: string(9)")
    fact = bank.night(FIRST)["posting"]
    assert fact.status == "refused"
    assert "2026-06-28" in fact.message
    assert bank.ods("select number from ods.posting") == [("P2",)]


def test_what_a_killed_night_left_behind_is_removed(bank):
    left = bank.settings.home / "warehouse.duckdb.tmp"
    left.mkdir()
    (left / "duckdb_temp_storage_DEFAULT-0.tmp").write_text("王小明")
    bank.deliver("posting", FIRST, "I", rows(FIRST, 1))
    bank.night(FIRST)
    assert not left.exists()


def test_a_lost_warehouse_is_filled_again(bank):
    bank.deliver("posting", FIRST, "I", rows(FIRST, 1))
    bank.night(FIRST)
    bank.settings.warehouse.unlink()
    assert bank.night(FIRST)["posting"].status == "loaded"
    assert bank.ods("select post_no from ods.posting") == [("P1",)]


def test_the_real_files_of_berka_come_in_whole(real_data, tmp_path, monkeypatch):
    monkeypatch.setenv("TAGMART_LANDING", str(real_data / "berka" / "raw"))
    settings = Settings.load("berka", tmp_path / "home")
    settings.claim_home()
    facts = ingest_night(settings, State(settings.state_db), "run-1", date(1993, 12, 31))
    assert {fact.feed: (fact.status, fact.rows_loaded, fact.rows_quarantined) for fact in facts} == {
        feed: ("loaded", count, 0) for feed, count in {
            "account": 4500, "client": 5369, "disp": 5369, "loan": 682, "card": 892, "district": 77, "trans": 49102,
        }.items()
    }
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        symbols = warehouse.execute("select count(*) filter (k_symbol is null), count(*) filter (k_symbol = ' ') from ods.trans").fetchone()
        years = warehouse.execute("select min(date)::varchar, max(date)::varchar from ods.loan").fetchone()
    assert symbols == (26197, 1677)
    assert years == ("1993-07-05", "1998-12-08")
    again = ingest_night(settings, State(settings.state_db), "run-2", date(1993, 12, 31))
    assert {fact.status for fact in again} == {"unchanged"}
