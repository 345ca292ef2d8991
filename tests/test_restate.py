"""Restatement: which nights stand on a delivery that was sent again, and the receipt of what another run of a date changed."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.ingest import resent
from tagmart.night.restate import nights_to_restate, receipt_lines, receipt_of, restate, write_receipt
from tagmart.publish import publish
from tagmart.publish.restated import write_restatement
from tests.publishing import D, candidate, night
from tests.tiny_bank import FIRST, SECOND, THIRD, Bank
from tests.tiny_bank import rows as rows_of

BEFORE = date(2026, 6, 29)
OLD, NEW = "20260630-001", "20260630-002"


@pytest.fixture
def home(small_home):
    """Two published dates, each made once."""
    night(small_home, "20260629-001", BEFORE)
    night(small_home, OLD)
    small_home[1].do("update run set status = 'published'")
    return small_home


def change(home, run_id: str, *statements: str) -> None:
    candidate(home, run_id)
    with connect(home[0].run_dir(run_id) / "tagmart.duckdb") as mart:
        for statement in statements:
            mart.execute(statement)


def rows(folder: Path) -> list[tuple]:
    with connect(folder / "tagmart.duckdb", read_only=True) as mart:
        return mart.execute(
            "select kind, name, rows_before, rows_after, changed_cnt, filled_cnt, emptied_cnt, difference::integer, old_run_id"
            " from mart.restatement where name <> 'made_by' order by kind, name"
        ).fetchall()


def test_the_receipt_lists_what_changed_and_by_how_much(home):
    settings, state, _ = home
    change(
        home, NEW, "update mart.tags_retail set made_by = '20260630-001'",
        "update mart.tags_retail set txn_cnt_30d = 25 where customer_id = 'C1'",
        "update mart.tags_retail set txn_channel = null where customer_id = 'C1'",
        "insert into mart.tags_retail values ('C9', date '2026-06-30', 1, 'mbank', '20260630-001')",
        "update mart.segment_member set customer_id = 'C0'", "insert into mart.segment_member values ('S-R-0001', 'C9', date '2026-06-30')",
        "create table mart.event_lead as select 'big_in' as lead_code, 'C9' as customer_id",
    )  # fmt: skip
    folder = publish(settings, state, NEW, D)
    assert rows(folder) == [
        ("customer", "C1", 1, 1, 2, 0, 0, None, OLD), ("customer", "C9", 0, 1, 0, 1, 0, None, OLD),
        # C1 has left, C0 and C9 have come.
        ("segment", "S-R-0001", 1, 2, 3, 2, 1, None, OLD),
        ("tag", "txn_channel", 2, 1, 1, 0, 1, None, OLD), ("tag", "txn_cnt_30d", 2, 2, 1, 0, 0, 15, OLD),
    ]
    receipt = receipt_of(settings, state, NEW)
    assert receipt.line() == f"2026-06-30 {NEW} against {OLD}: 2 tags · 1 segments · 0 kinds of leads · 2 customers changed"
    assert any("txn_cnt_30d" in line and "sum 10.00 → 25.00 (+15.00)" in line for line in receipt_lines(receipt))
    page = write_receipt(settings, receipt)
    assert page.stat().st_mode & 0o077 == 0
    assert "txn_cnt_30d" in page.read_text(encoding="utf-8")


def test_leads_that_came_went_or_have_another_amount_are_counted_by_kind(tmp_path, empty_run):
    old = [("big_in", "C1", "A1", 10), ("big_in", "C2", "A1", 20), ("doc_due", "C1", "card", None), ("wake", "C5", "", 7), ("wake", "C5", "x", 1)]
    new = [("big_in", "C2", "A1", 25), ("big_in", "C2", "A2", 1), ("big_in", "C3", "A1", 2), ("doc_due", "C1", "card", None), ("doc_due", "C2", "card", None),
           ("wake", "C5", "", 7), ("wake", "C5", "x", 1)]
    for name, leads in (("old", old), ("new", new)):
        shutil.copytree(empty_run, tmp_path / name)
        with connect(tmp_path / name / "tagmart.duckdb") as mart:
            # As the mart has it: lead_id is a digest of the key, and tells nobody which kind of lead it is.
            mart.execute("create table mart.event_lead (lead_id varchar, lead_code varchar, customer_id varchar, dedupe_part varchar, amt decimal(18,2))")
            for code, customer, part, amount in leads:
                mart.execute(f"insert into mart.event_lead values (md5('{code}{customer}{part}'), '{code}', '{customer}', '{part}', {amount or 'null'})")
    write_restatement(tmp_path / "new", tmp_path / "old")
    # One came, one went, one has another amount; and a kind without amounts. What is as it was is not listed.
    assert rows(tmp_path / "new") == [("lead", "big_in", 2, 3, 4, 2, 1, -2, "old"), ("lead", "doc_due", 1, 2, 1, 1, 0, None, "old")]


def test_a_first_run_and_one_that_changes_nothing_have_an_empty_receipt_and_say_which_they_are(home):
    settings, state, _ = home
    assert rows(settings.published / "2026-06-30" / OLD) == []
    first = f"2026-06-30 {OLD}: the first good run of its date, there is nothing to compare it with"
    assert list(receipt_lines(receipt_of(settings, state, OLD))) == [first]
    assert first in write_receipt(settings, receipt_of(settings, state, OLD)).read_text(encoding="utf-8")
    change(home, NEW, "update mart.tags_retail set made_by = '20260630-001'")
    assert rows(publish(settings, state, NEW, D)) == []
    assert receipt_of(settings, state, NEW).line() == f"2026-06-30 {NEW} against {OLD}: nothing changed"
    # The run before the withdrawn one is what counts.
    with pytest.raises(TagmartError, match="no such run is published"):
        receipt_of(settings, state, "20260630-009")


def run(state, run_id: str, started: str) -> None:
    state.put("run", {"run_id": run_id, "bank": "tiny", "biz_date": f"{run_id[:4]}-{run_id[4:6]}-{run_id[6:8]}", "status": "published",
                      "started_at": started})


def test_the_night_that_takes_a_day_again_says_which_nights_stand_on_the_old_one(tmp_path, monkeypatch):
    monkeypatch.delenv("TAGMART_LANDING", raising=False)
    bank = Bank(tmp_path)
    bank.journal()
    for day, kind in ((FIRST, "I"), (SECOND, "J"), (THIRD, "J")):
        bank.deliver("posting", day, kind, rows_of(day, 1))
    for number, day in enumerate((FIRST, SECOND)):
        run(bank.state, f"{day:%Y%m%d}-001", f"2026-07-01T0{number}")
    bank.night(SECOND)
    assert resent(bank.state) == []
    bank.deliver("posting", FIRST, "I", rows_of(FIRST, 1, 2))
    bank.state.put("run", {"run_id": f"run-{bank.runs + 1}", "bank": "tiny", "biz_date": THIRD.isoformat(), "status": "running",
                           "started_at": "2026-07-01T05"})
    fact = bank.night(THIRD)["posting"]
    taker = bank.state.row("select run_id from arrival where biz_date = ?", FIRST.isoformat())["run_id"]
    assert taker == f"run-{bank.runs}"
    assert "published on the earlier one: 2026-06-28, 2026-06-29. Make them anew: `tagmart restate --from 2026-06-28`" in fact.notes
    [one] = resent(bank.state)
    assert (one.feed, one.delivered, one.nights) == ("posting", FIRST, (FIRST, SECOND))
    # A night that was made anew is no longer affected.
    run(bank.state, f"{FIRST:%Y%m%d}-002", "2026-07-01T06")
    assert [one.nights for one in resent(bank.state)] == [(SECOND,)]


def test_nights_are_made_anew_in_order_as_new_runs_and_readers_stay_at_the_newest_date(home, monkeypatch):
    settings, state, _ = home
    seen = []

    def step(*words: str, environment) -> str:
        """A stage, without its process: the last one publishes the run."""
        seen.append(words[:3])
        if words[0] == "begin":
            return f"{words[2].replace('-', '')}-002"
        if words[0] == "publish":
            day = date.fromisoformat(f"{words[2][:4]}-{words[2][4:6]}-{words[2][6:8]}")
            assert environment["TAGMART_HOME"] == str(settings.home)
            publish_again(day, words[2])
        return ""

    def publish_again(day: date, run_id: str) -> None:
        candidate(home, run_id, day)
        publish(settings, state, run_id, day)
        assert (settings.published / "current").resolve().name == (OLD if day == BEFORE else NEW)

    monkeypatch.setattr("tagmart.night.restate.step", step)
    nights = nights_to_restate(settings, state, BEFORE, None)
    assert nights == [BEFORE, D] == nights_to_restate(settings, state, BEFORE, D)
    receipts = list(restate(settings, state, nights))
    assert [receipt.run_id for receipt in receipts] == ["20260629-002", NEW]
    assert [receipt.old_run_id for receipt in receipts] == ["20260629-001", OLD]
    assert [words for words in seen if words[0] == "begin"] == [("begin", "--date", "2026-06-29"), ("begin", "--date", "2026-06-30")]
    assert (settings.published / "2026-06-29" / "20260629-001" / "tagmart.duckdb").is_file()
    for first, last, message in ((None, None, "or was sent again, since"), (date(2026, 7, 5), None, "nothing is published in this range")):
        with pytest.raises(TagmartError, match=message):
            nights_to_restate(settings, state, first, last)
