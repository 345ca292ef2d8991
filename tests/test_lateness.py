"""Deliveries that have not come: what is due when, what is carried and for how long, what queues, what stops the night."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest

from tagmart.contracts.model import Due
from tagmart.core import clock
from tagmart.core.errors import TagmartError
from tagmart.core.settings import project_root
from tagmart.core.state import State
from tagmart.gates.alarms import Told
from tagmart.ingest import accept_delivery
from tagmart.ingest.due import Calendar, expected, last_due, read_calendar
from tagmart.night.needs import needs
from tagmart.night.restate import stale_nights
from tagmart.synth.calendar_seed import lines
from tests.tiny_bank import FIRST, FULL, JOURNAL, SECOND, THIRD, Bank, rows

SEEDS = project_root() / "dbt_project" / "seeds"
FOURTH, FIFTH = date(2026, 7, 1), date(2026, 7, 2)

STATE = """
feed: {feed}
title: {{zh: 状态, en: States}}
description: One row is a state.
load: {load}
owner: back office
files: {{name: "{feed}_{{biz_date}}_{{kind}}_{{part}}.dat", control: "{feed}_{{biz_date}}_{{kind}}.ok", delivery: daily}}
form: {{encoding: utf-8, separator: "|", quote: none, header: true}}
key: [id]
due: {due}
late: {late}
columns: [{op}{{name: id, type: string(4), required: true}}, {{name: word, type: string(20)}}]
"""


@pytest.fixture
def bank(tmp_path, monkeypatch) -> Bank:
    monkeypatch.delenv("TAGMART_LANDING", raising=False)
    return Bank(tmp_path)


def state_feed(bank: Bank, feed: str, load: str, due: str = "every_day", late: str = "stop") -> None:
    op = "{name: op, type: string(1), required: true, values: [I, U, D]}, " if load == "delta" else ""
    bank.contract(STATE.format(feed=feed, load=load, due=due, late=late, op=op))


def full(*ids: int) -> str:
    return "\n".join(["id|word", *(f"{number}|w" for number in ids)]) + "\n"


def delta(*ids: int) -> str:
    return "\n".join(["op|id|word", *(f"I|{number}|w" for number in ids)]) + "\n"


def days(text: str) -> list[date]:
    return [date.fromisoformat(f"2026-{word}") for word in text.split()]


@pytest.mark.parametrize(("due", "first", "last", "wanted"), [
    (Due("every_day"), "06-19", "06-22", "06-19 06-20 06-21 06-22"),
    # 19 June 2026 is the Dragon Boat Festival, a Friday; 14 February is a Saturday that is worked.
    (Due("workday"), "06-17", "06-23", "06-17 06-18 06-22 06-23"),
    (Due("workday"), "02-12", "02-25", "02-12 02-13 02-14 02-24 02-25"),
    (Due("trading_day"), "02-12", "02-25", "02-12 02-13 02-24 02-25"),
    (Due("weekly", 1), "06-10", "06-30", "06-15 06-22 06-29"),
    # 8 August 2026 is a Saturday; 8 February is a Sunday.
    (Due("monthly", 8), "06-01", "08-31", "06-08 07-08 08-10"),
    (Due("monthly", 8), "02-01", "02-28", "02-09"),
    (Due("on_issue"), "01-01", "12-31", ""),
])
def test_days_on_which_a_feed_is_due(due, first, last, wanted):
    calendar = read_calendar(SEEDS)
    assert [one.due for one in expected(due, calendar, *days(f"{first} {last}"))] == days(wanted)


def test_every_day_is_due_that_the_calendar_does_not_know():
    first = date(1993, 1, 1)
    assert len(expected(Due("workday"), Calendar(), first, first + timedelta(days=9))) == 10


def test_a_monthly_delivery_may_be_dated_before_its_due_day_and_after_it():
    [one] = expected(Due("monthly", 8), read_calendar(SEEDS), *days("08-01 08-31"))
    assert (one.since, one.due, one.until) == tuple(days("08-08 08-10 09-07"))
    assert [one.is_met(days(text)) for text in ("08-07", "08-08", "08-25", "09-07", "09-08")] == [False, True, True, True, False]


def test_the_calendar_seed_is_what_the_demo_bank_lives_by_and_the_state_council_has_published():
    assert (SEEDS / "calendar_day.csv").read_text(encoding="utf-8").splitlines() == list(lines())
    for day, (worked, traded) in read_calendar(SEEDS).days.items():
        if day.year <= 2026:
            assert worked == chinese_calendar.is_workday(day), day
        assert not traded or (worked and day.weekday() < 5), day


def test_a_full_state_is_carried_for_as_long_as_its_contract_says(bank):
    state_feed(bank, "branch", "full", late="{carry: 2}")
    bank.deliver("branch", FIRST, "I", full(1, 2))
    assert bank.night(FIRST)["branch"].status == "loaded"
    seen = {day: bank.night(day)["branch"] for day in (SECOND, THIRD, FOURTH)}
    assert {day: (fact.status, fact.stale_days, fact.as_of) for day, fact in seen.items()} == {
        SECOND: ("carried", 1, "2026-06-28"), THIRD: ("carried", 2, "2026-06-28"), FOURTH: ("missing", 3, "2026-06-28"),
    }
    assert "no delivery for 2026-06-29. The state of 2026-06-28 is carried, day 1 of at most 2" in seen[SECOND].message
    assert "cannot be carried for 3 days: the contract allows 2" in seen[FOURTH].message
    assert bank.ods("select id from ods.branch order by id") == [("1",), ("2",)]
    # A newer full delivery says all that the missing ones would have said.
    bank.deliver("branch", FOURTH, "F", full(1, 2, 3))
    fact = bank.night(FOURTH)["branch"]
    assert (fact.status, fact.stale_days, fact.as_of, fact.message) == ("loaded", 0, "2026-07-01", "")


def test_a_delta_waits_for_its_missing_day_and_later_days_queue(bank):
    state_feed(bank, "party", "delta", late="{carry: 2}")
    bank.deliver("party", FIRST, "I", delta(1))
    bank.deliver("party", THIRD, "D", delta(3))
    fact = bank.night(THIRD)["party"]
    assert (fact.status, fact.as_of, fact.stale_days, fact.rows_in) == ("carried", "2026-06-28", 2, None)
    assert "Later deliveries wait for it (2026-06-30)" in fact.message
    assert bank.ods("select id from ods.party") == [("1",)]
    bank.deliver("party", FOURTH, "D", delta(4))
    assert bank.night(FOURTH)["party"].status == "missing"
    bank.deliver("party", SECOND, "D", delta(2))
    fact = bank.night(FOURTH)["party"]
    assert (fact.status, fact.as_of, fact.stale_days) == ("loaded", "2026-07-01", 0)
    assert bank.ods("select id, biz_date::varchar from ods.party order by id") == [
        ("1", "2026-06-28"), ("2", "2026-06-29"), ("3", "2026-06-30"), ("4", "2026-07-01"),
    ]


def test_a_full_feed_that_stops_waits_for_its_missing_day_too(bank):
    state_feed(bank, "branch", "full")
    bank.deliver("branch", FIRST, "I", full(1))
    bank.deliver("branch", THIRD, "F", full(1, 2))
    fact = bank.night(THIRD)["branch"]
    assert (fact.status, fact.as_of, fact.stale_days) == ("missing", "2026-06-28", 2)
    assert "no delivery for 2026-06-29. Later deliveries wait for it (2026-06-30)" in fact.message


@pytest.mark.parametrize("late", ["{carry: 3}", "stop"])
def test_a_delivery_without_its_control_file_is_not_complete_yet(bank, late):
    state_feed(bank, "branch", "full", late=late)
    bank.deliver("branch", FIRST, "I", full(1))
    *_, control = bank.deliver("branch", SECOND, "F", full(1, 2))
    said = control.read_bytes()
    control.unlink()
    fact = bank.night(SECOND)["branch"]
    assert fact.status == ("missing" if late == "stop" else "carried")
    assert "not complete yet, the control file has not come: 20260629/branch" in fact.message
    assert "no delivery" not in fact.message
    control.write_bytes(said)
    assert bank.night(SECOND)["branch"].status == "loaded"


def test_an_initial_load_without_its_control_file_is_waited_for(bank):
    bank.journal()
    *_, control = bank.deliver("posting", FIRST, "I", rows(FIRST, 1))
    said = control.read_bytes()
    control.unlink()
    bank.deliver("posting", SECOND, "J", rows(SECOND, 2))
    fact = bank.night(SECOND)["posting"]
    assert (fact.status, fact.as_of) == ("missing", None)
    assert "not complete yet" in fact.message
    control.write_bytes(said)
    assert bank.night(SECOND)["posting"].status == "loaded"


@pytest.mark.parametrize(("load", "text"), [("full", full), ("delta", delta)])
def test_a_weekly_feed_is_up_to_date_until_its_next_due_day(bank, load, text):
    state_feed(bank, "register", load, due="{weekly: 1}", late="{carry: 2}")
    bank.deliver("register", days("06-22")[0], "I", text(1))
    seen = {f"{day:%m-%d}": bank.night(day)["register"] for day in days("06-22 06-25 06-28 06-29 06-30 07-01")}
    assert {day: (fact.status, fact.stale_days, fact.due) for day, fact in seen.items()} == {
        "06-22": ("loaded", 0, "2026-06-22"), "06-25": ("unchanged", 0, "2026-06-22"),
        "06-28": ("unchanged", 0, "2026-06-22"), "06-29": ("carried", 1, "2026-06-29"),
        "06-30": ("carried", 2, "2026-06-29"), "07-01": ("missing", 3, "2026-06-29"),
    }
    bank.deliver("register", days("07-01")[0], "F" if load == "full" else "D", text(1))
    fact = bank.night(days("07-02")[0])["register"]
    assert (fact.status, fact.stale_days, fact.as_of) == ("loaded", 0, "2026-07-01")


def test_a_feed_on_issue_is_never_late_once_it_has_begun(bank):
    state_feed(bank, "listing", "full", due="on_issue")
    assert bank.night(FIRST)["listing"].status == "missing"
    bank.deliver("listing", FIRST, "I", full(1))
    assert [bank.night(day)["listing"].status for day in (FIRST, FIFTH, date(2027, 1, 1))] == ["loaded", "unchanged", "unchanged"]
    assert bank.night(FIFTH)["listing"].due is None


def test_a_workday_feed_is_not_missed_on_a_weekend(bank):
    state_feed(bank, "branch", "full", due="workday")
    seeds = bank.root / "dbt_project" / "seeds"
    seeds.mkdir(parents=True)
    (seeds / "calendar_day.csv").write_bytes((SEEDS / "calendar_day.csv").read_bytes())
    thursday, holiday, monday = days("06-18 06-20 06-22")
    bank.deliver("branch", thursday, "I", full(1))
    seen = [bank.night(day)["branch"] for day in (thursday, holiday, monday)]
    assert [(fact.status, fact.stale_days) for fact in seen] == [("loaded", 0), ("unchanged", 0), ("missing", 1)]


def test_a_refused_delivery_is_not_carried_over(bank):
    state_feed(bank, "branch", "full", late="{carry: 5}")
    bank.deliver("branch", FIRST, "I", full(1))
    data, _ = bank.deliver("branch", SECOND, "F", full(1, 2))
    data.write_bytes(b"")
    assert bank.night(SECOND)["branch"].status == "refused"


@pytest.mark.parametrize(("control", "status"), [("list", "refused"), ("flag", "refused")])
def test_a_full_delivery_that_has_shrunk_is_refused_with_both_numbers(bank, control, status):
    state_feed(bank, "branch", "full")
    if control == "flag":
        path = bank.settings.contracts_dir / "core" / "branch.yml"
        path.write_text(path.read_text("utf-8").replace("delivery: daily", "delivery: daily, control_form: flag"), "utf-8")

    def deliver(day: date, kind: str, text: str) -> None:
        *_, ok = bank.deliver("branch", day, kind, text)
        ok.write_bytes(b"") if control == "flag" else None

    deliver(FIRST, "I", full(*range(100)))
    deliver(SECOND, "F", full(*range(80)))
    assert bank.night(SECOND)["branch"].status == "loaded"
    deliver(THIRD, "F", full(*range(63)))
    fact = bank.night(THIRD)["branch"]
    assert (fact.status, fact.as_of) == (status, "2026-06-29")
    assert "has shrunk" in fact.message
    assert "63 rows, 80 on 2026-06-29; it may lose 20%" in fact.message
    assert 'tagmart accept branch 20260630 --reason' in fact.message
    assert bank.ods("select count(*) from ods.branch where biz_date = date '2026-06-30'") == [(0,)]
    accept_delivery(bank.settings, bank.state, "branch", THIRD, "two branches were closed")
    fact = bank.night(THIRD)["branch"]
    assert (fact.status, fact.rows_loaded) == ("loaded", 63)
    assert "a person has accepted it" in fact.notes
    # Accepted once: another delivery of that date is measured again.
    deliver(THIRD, "F", full(*range(10)))
    assert "10 rows, 80 on 2026-06-29" in bank.night(THIRD)["branch"].message


def test_an_initial_load_of_dated_rows_is_no_measure_of_a_day(bank):
    bank.contract(FULL.replace("key: [branch_id]", "row_date: day\nkey: [branch_id, day]").replace(
        "columns:", "columns:\n  - {name: day, type: date, required: true}"))
    lines = "".join(f"{day}|{number}|行\n" for day in (FIRST, FIRST - timedelta(days=1)) for number in range(50))
    bank.deliver("branch", FIRST, "I", "day|branch_id|branch_name\n" + lines)
    bank.deliver("branch", SECOND, "F", "day|branch_id|branch_name\n" + f"{SECOND}|1|行\n")
    assert bank.night(SECOND)["branch"].status == "loaded"


@pytest.mark.parametrize(("feed", "reason", "said"), [
    ("branhc", "x", "Did you mean 'branch'"), ("party", "x", "only full deliveries"), ("branch", " ", "needs a reason"),
])
def test_only_a_guarded_feed_can_be_accepted_and_with_a_reason(bank, feed, reason, said):
    state_feed(bank, "branch", "full")
    state_feed(bank, "party", "delta")
    with pytest.raises(TagmartError, match=said):
        accept_delivery(bank.settings, bank.state, feed, SECOND, reason)


def test_last_due_day_is_none_for_feeds_that_come_once_or_on_issue(bank):
    from tagmart.contracts import load_contracts

    state_feed(bank, "branch", "full", due="{monthly: 8}")
    contract = load_contracts(bank.settings.contracts_dir)["branch"]
    assert last_due(contract, read_calendar(SEEDS), date(2026, 8, 9)) == date(2026, 7, 8)
    assert last_due(contract, read_calendar(SEEDS), date(2026, 8, 10)) == date(2026, 8, 10)


def published(bank: Bank, *days_of: date) -> None:
    """Nights of the loader, as if each had gone on to the end."""
    for day in days_of:
        bank.night(day)
        bank.state.put("run", {"run_id": f"run-{bank.runs}", "bank": "tiny", "biz_date": day.isoformat(), "status": "published",
                               "started_at": f"2026-07-0{bank.runs}T02:00:00+08:00"})


def status_of(bank: Bank, capsys: pytest.CaptureFixture) -> list[str]:
    """What `tagmart status` says of deliveries that came too late."""
    from tagmart.night import show

    capsys.readouterr()
    show.status(bank.settings)
    return [line.strip() for line in capsys.readouterr().out.splitlines() if line.startswith("late ") or "tagmart restate" in line]


def test_status_says_what_came_after_its_night_and_which_nights_to_make_anew(bank, capsys):
    state_feed(bank, "branch", "full", late="{carry: 5}")
    bank.deliver("branch", FIRST, "I", full(1, 2))
    published(bank, FIRST, SECOND, THIRD)
    assert status_of(bank, capsys) == []
    *_, control = bank.deliver("branch", SECOND, "F", full(1, 2, 3))
    said = control.read_bytes()
    control.unlink()
    # Not complete yet: the night would carry again.
    assert status_of(bank, capsys) == []
    control.write_bytes(said)
    late = "late       branch of 2026-06-29 has come; published without it, on the state of 2026-06-28: "
    assert status_of(bank, capsys) == [
        f"{late}2026-06-29, 2026-06-30", "make them anew: tagmart restate --bank tiny --from 2026-06-29"]
    # The board and `tagmart restate` without dates speak of the same nights.
    [need] = needs(bank.settings, bank.state, None, {}, Told((), {}, 0, 0), None, clock.now(), look=True)
    assert (need.command, need.said) == ("tagmart restate --from 2026-06-29", "published without it: 2026-06-29, 2026-06-30")
    assert stale_nights(bank.settings, bank.state) == [SECOND, THIRD]
    # A later night takes it in, which does not mend the nights before.
    published(bank, FOURTH)
    assert status_of(bank, capsys)[0] == f"{late}2026-06-29, 2026-06-30"
    published(bank, SECOND)
    assert status_of(bank, capsys) == [f"{late}2026-06-30", "make them anew: tagmart restate --bank tiny --from 2026-06-30"]
    # A run that is not published yet mends nothing.
    bank.night(THIRD)
    assert len(status_of(bank, capsys)) == 2
    published(bank, THIRD)
    assert status_of(bank, capsys) == []


def test_of_a_delta_status_waits_for_the_day_that_is_missing(bank, capsys):
    state_feed(bank, "party", "delta", late="{carry: 5}")
    bank.deliver("party", FIRST, "I", delta(1))
    bank.deliver("party", THIRD, "D", delta(3))
    published(bank, SECOND, THIRD)
    assert status_of(bank, capsys) == []
    bank.deliver("party", SECOND, "D", delta(2))
    assert status_of(bank, capsys) == [
        "late       party of 2026-06-29 has come; published without it, on the state of 2026-06-28: 2026-06-29, 2026-06-30",
        "make them anew: tagmart restate --bank tiny --from 2026-06-29"]


def test_a_weekly_delivery_of_a_later_date_mends_no_earlier_night(bank, capsys):
    state_feed(bank, "register", "delta", due="{weekly: 1}", late="{carry: 5}")
    bank.deliver("register", days("06-22")[0], "I", delta(1))
    published(bank, *days("06-29 06-30 07-01"))
    bank.deliver("register", days("06-30")[0], "D", delta(1))
    assert status_of(bank, capsys) == [
        "late       register of 2026-06-30 has come; published without it, on the state of 2026-06-22: 2026-06-30, 2026-07-01",
        "make them anew: tagmart restate --bank tiny --from 2026-06-30"]


def test_status_shows_the_runs_even_if_a_contract_cannot_be_read(bank, capsys):
    state_feed(bank, "branch", "full", late="{carry: 5}")
    bank.deliver("branch", FIRST, "I", full(1, 2))
    published(bank, FIRST, SECOND)
    (bank.settings.contracts_dir / "core" / "branch.yml").write_text("feed: branch", "utf-8")
    [line] = status_of(bank, capsys)
    assert line.startswith("late       not known: ") and "is missing" in line


def test_an_older_home_gets_the_columns_that_came_later(tmp_path):
    import sqlite3

    path = tmp_path / "state.sqlite"
    with sqlite3.connect(path) as old:
        old.execute("create table arrival (feed text, biz_date text, kind text, primary key (feed, biz_date))")
        old.execute("insert into arrival values ('branch', '2026-06-28', 'I')")
    assert State(path).row("select feed, batch_no from arrival") == {"feed": "branch", "batch_no": None}
    assert State(path).row("select count(*) as n from feed_fact where stale_days > 0") == {"n": 0}


def test_tags_of_a_late_or_refused_journal_are_held_for_as_long_as_its_contract_says(bank):
    bank.contract(JOURNAL.format(encoding="utf-8", quote="none", bad_share=0, allow_empty="false") + "late: {hold: 2}\n")
    bank.deliver("posting", FIRST, "I", rows(FIRST, 1))
    assert bank.night(FIRST)["posting"].status == "loaded"
    fact = bank.night(SECOND)["posting"]
    assert (fact.status, fact.as_of, fact.stale_days, fact.carry_days) == ("held", "2026-06-28", 1, 2)
    assert "no delivery for 2026-06-29" in fact.message
    assert "keep their last good values, day 1 of at most 2" in fact.message
    # The next day waits behind the missing one: windows have no hole, and the day is not taken for an empty one.
    bank.deliver("posting", THIRD, "J", rows(THIRD, 3))
    fact = bank.night(THIRD)["posting"]
    assert (fact.status, fact.stale_days) == ("held", 2)
    assert bank.ods("select count(*) from ods.posting") == [(1,)]
    assert bank.night(FOURTH)["posting"].status == "missing"
    bank.deliver("posting", SECOND, "J", rows(SECOND, 2))
    assert bank.night(THIRD)["posting"].status == "loaded"
    assert bank.ods("select day::varchar from ods.posting order by 1") == [("2026-06-28",), ("2026-06-29",), ("2026-06-30",)]
    # A delivery that is refused says nothing either, and leaves nothing behind.
    [data, _] = bank.deliver("posting", FOURTH, "J", rows(FOURTH, 4))
    data.write_bytes(data.read_bytes()[:-5])
    fact = bank.night(FOURTH)["posting"]
    assert (fact.status, fact.as_of, fact.stale_days) == ("held", "2026-06-30", 1)
    assert "day 1 of at most 2" in fact.message
    assert bank.ods("select count(*) from ods.posting") == [(3,)]


@pytest.mark.parametrize(("late", "message"), [
    ("{hold: 2, carry: 2}", "a late feed has one policy"), ("{carry: 2}", "a journal is never carried"), ("{hold: 0}", "late.hold"),
])
def test_what_a_journal_may_not_say_of_lateness(bank, late, message):
    bank.contract(JOURNAL.format(encoding="utf-8", quote="none", bad_share=0, allow_empty="false") + f"late: {late}\n")
    with pytest.raises(TagmartError, match=message):
        bank.night(FIRST)
