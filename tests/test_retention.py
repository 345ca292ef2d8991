"""What is kept: days, month and year ends, what somebody holds or reads; and the folders of runs."""

from __future__ import annotations

import shutil
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagmart.core.errors import TagmartError
from tagmart.publish import Policy, current, held, hold, let_go, list_published, rotate_runs, settle, store
from tagmart.publish.retention import kept_because
from tagmart.publish.store import Published
from tests.publishing import D, candidate, night


def published(home, run_id: str, day: date) -> None:
    """A published run without its night."""
    where, state, empty_run = home
    folder = where.published / day.isoformat() / run_id
    shutil.copytree(empty_run, folder)
    store.record(state, run_id, day, folder.relative_to(where.home).as_posix())
    store.move_forward(where, state, run_id)


def left(home) -> set[str]:
    return {run.run_id for run in list_published(*home[:2])}


def test_days_month_ends_three_runs_and_the_current_one_are_kept(small_home):
    where, state, _ = small_home
    for day in (date(2026, 5, 20), date(2026, 5, 31), date(2026, 6, 1), date(2026, 6, 2), date(2026, 7, 4)):
        published(small_home, f"{day:%Y%m%d}-001", day)
    for number in range(1, 6):
        published(small_home, f"20260705-{number:03d}", date(2026, 7, 5))
    store._lead_to(where, state, where.published / "2026-07-05" / "20260705-001", "rollback")
    removed = {run.run_id for run in settle(where, state, policy=Policy(days=30))}
    # Of June no night of its end is there: its last one stands for it. -005 is where readers were a moment ago.
    assert removed == {"20260520-001", "20260601-001", "20260705-002"}
    assert left(small_home) == {
        "20260531-001", "20260602-001", "20260704-001", "20260705-001", "20260705-003", "20260705-004", "20260705-005",
    }  # fmt: skip
    assert current(where).name == "20260705-001"
    assert settle(where, state, policy=Policy(days=30)) == []
    assert state.row("select removed_at from publish where run_id = '20260520-001'")["removed_at"]


def test_a_run_that_somebody_holds_or_reads_stays(small_home):
    where, state, _ = small_home
    first = D - timedelta(days=100)
    for number in range(4):
        published(small_home, f"{first + timedelta(days=number):%Y%m%d}-001", first + timedelta(days=number))
    published(small_home, "20260630-001", D)
    policy = Policy(days=5, month_ends=0, year_ends=0)
    asked, read, killed, before = (f"{first + timedelta(days=number):%Y%m%d}-001" for number in range(4))
    hold(where, state, asked, "the auditor looks at it until August")
    state.put("hold", {"run_id": killed, "reader": "process 0", "reason": "built again", "held_at": "2026-07-01T00:00:00", "pid": 2**22 + 1})
    with held(state, read, "exported"):
        assert {run.run_id for run in settle(where, state, policy=policy)} == {killed}
    assert left(small_home) == {asked, read, before, "20260630-001"}
    assert let_go(where, state, asked)
    assert not let_go(where, state, asked)
    assert {run.run_id for run in settle(where, state, policy=policy)} == {asked, read}
    with pytest.raises(TagmartError, match="no such run"):
        hold(where, state, killed, "too late")


@given(
    days=st.sets(st.integers(0, 900), min_size=1, max_size=60), keep=st.integers(1, 40), months=st.integers(0, 30), years=st.integers(0, 4),
    at=st.integers(0, 59), held_at=st.integers(0, 59),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_whatever_the_policy_what_readers_see_is_kept_and_every_reason_is_true(days, keep, months, years, at, held_at):
    dates = sorted(date(2024, 1, 1) + timedelta(days=number) for number in days)
    here, wanted = dates[at % len(dates)], dates[held_at % len(dates)]
    runs = [Published(f"{day:%Y%m%d}-001", day, None, f"{day}T03:00:00+08:00", day == here, False, number) for number, day in enumerate(dates)]
    kept = kept_because(runs, Policy(days=keep, month_ends=months, year_ends=years), {f"{wanted:%Y%m%d}-001": "held: why"})
    newest = dates[-1]

    def name(day: date) -> str:
        return f"{day:%Y%m%d}-001"

    assert kept[name(here)].startswith("current")
    assert "held: why" in kept[name(wanted)]
    for day in dates:
        why = kept.get(name(day), "")
        assert ("last" in why) == ((newest - day).days < keep)
        later = [other for other in dates if other > day and (other.year, other.month) == (day.year, day.month)]
        over = (newest.year, newest.month) != (day.year, day.month) or (day + timedelta(days=1)).day == 1
        months_back = 12 * (newest.year - day.year) + newest.month - day.month
        assert ("month end" in why) == (not later and over and months_back < months)


def test_a_number_that_is_none_is_refused():
    assert Policy.load({"TAGMART_KEEP_DAYS": "10", "TAGMART_KEEP_MONTH_ENDS": "0"}) == Policy(days=10, month_ends=0)
    for text in ("0", "-3", "many"):
        with pytest.raises(TagmartError, match="TAGMART_KEEP_DAYS"):
            Policy.load({"TAGMART_KEEP_DAYS": text})


def test_the_files_of_failed_nights_go_before_their_logs(small_home):
    where, state, _ = small_home
    names = [f"20260630-{number:03d}" for number in range(1, 7)]
    for number, run_id in enumerate(names):
        candidate(small_home, run_id)
        state.do("update run set status = 'failed', started_at = ? where run_id = ?", f"2026-07-01T0{number}:00:00+08:00", run_id)
        (where.run_dir(run_id) / "night.html").write_text("page", encoding="utf-8")
    where.candidate.symlink_to(f"runs/{names[2]}")
    assert rotate_runs(where, state, Policy(failed=2, folders=5)) == [names[3], names[1], names[0]]
    assert {name for name in names if (where.run_dir(name) / "tagmart.duckdb").exists()} == {names[5], names[4], names[2]}
    assert not where.run_dir(names[0]).exists()
    assert (where.run_dir(names[1]) / "night.html").exists()
    assert rotate_runs(where, state, Policy(failed=2, folders=5)) == []


def test_what_readers_of_many_dates_name_goes_a_day_later(small_home):
    """The Parquet files of a removed run stay for a day: a report that opened `across.duckdb` before still names them."""
    where, state, _ = small_home
    old = D - timedelta(days=29)
    for day in (old, old + timedelta(days=1), D):
        night(small_home, f"{day:%Y%m%d}-001", day)
    settle(where, state)
    file = where.parquet / f"biz_date={old}"
    assert file.is_dir()
    policy = Policy(days=10, month_ends=0, year_ends=0)
    assert [run.biz_date for run in settle(where, state, policy=policy)] == [old]
    assert file.is_dir()
    killed = where.parquet / f"biz_date={D}" / f".20260630-009.{2**22 + 1}.part"
    killed.mkdir()
    state.do("update publish set removed_at = '2026-01-01T00:00:00+08:00' where removed_at is not null")
    settle(where, state, policy=policy)
    assert not file.exists()
    assert not killed.exists()
