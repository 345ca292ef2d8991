"""Rows of a day beside those of earlier days of its own kind."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tagmart.core.duck import connect
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.gates.expect import check
from tagmart.gates.facts import GateInput, gather
from tagmart.gates.suite import load_suite
from tests.gate_cases import RUN, SUITES, new_home

WORKDAY, REST, INTEREST, MONTH_END = date(2026, 6, 25), date(2026, 6, 28), date(2026, 6, 21), date(2026, 6, 30)
FEED = "core_txn"


@pytest.fixture
def home(tmp_path: Path) -> tuple[Settings, State]:
    """Two hundred days of one feed: a hundred rows on workdays, ten on days of rest, ninety on month ends."""
    settings, state = new_home(tmp_path)
    with connect(settings.warehouse) as warehouse:
        warehouse.execute(f"""
            create schema dwd; create schema ods;
            create table dwd.calendar as
            select day::date as cal_date, isodow(day) < 6 as is_workday, null::varchar as holiday_code, 99 as festival_offset
            from unnest(generate_series(date '2025-12-01', date '2026-06-30', interval 1 day)) as days (day);
            create table ods.{FEED} as
            select cal_date as acct_date from dwd.calendar, range(200)
            where cal_date >= date '2025-12-15' and range < case
                when month(cal_date) % 3 = 0 and day(cal_date) = 21 then 200
                when cal_date = last_day(cal_date) and is_workday then 90 when is_workday then 100 else 10 end
        """)
    return settings, state


def volume(home: tuple[Settings, State], day: date) -> dict:
    (fact,) = gather("volume", GateInput(*home, RUN, day))
    return fact


@pytest.mark.parametrize(("day", "kind", "rows", "middle"), [(WORKDAY, "workday", 100, 100), (REST, "day of rest", 10, 10), (MONTH_END, "month end", 90, 90)])
def test_a_day_is_compared_with_its_own_kind(home, day: date, kind: str, rows: int, middle: int):
    fact = volume(home, day)
    assert (fact["kind"], fact["rows_cnt"], fact["is_judged"]) == (kind, rows, 1 if kind != "month end" else fact["is_judged"])
    if fact["is_judged"]:
        assert (fact["median_cnt"], fact["deviations"], fact["median_share"]) == (middle, 0, 1)


def test_too_few_days_say_nothing(home):
    fact = volume(home, INTEREST)
    assert (fact["kind"], fact["is_judged"]) == ("interest day", 0)
    assert fact["message"] == "only 2 interest day(s) before it to compare with"


def test_more_or_fewer_rows_are_told_and_a_collapse_stops(home, tmp_path: Path):
    suite = load_suite(SUITES, "gate1")

    def red(rows: int) -> set[str]:
        with connect(home[0].warehouse) as warehouse:
            warehouse.execute(f"delete from ods.{FEED} where acct_date = date '{WORKDAY}'")
            warehouse.execute(f"insert into ods.{FEED} select date '{WORKDAY}' from range({rows})")
        facts = {**{frame: [] for frame in suite.frames}, "volume": [volume(home, WORKDAY)]}
        return {result.expectation.id for result in check(tmp_path, suite, facts) if not result.success} - {"some_feed"}

    # The spread is a tenth of the middle, or its root, where days are all alike: six of them are let pass.
    assert red(155) == set()
    assert red(165) == {"volume_as_usual"}
    assert red(31) == {"volume_as_usual"}
    assert red(29) == {"volume_as_usual", "volume_not_collapsed"}


def test_a_feed_that_does_not_come_every_day_is_not_judged(home):
    with connect(home[0].warehouse) as warehouse:
        warehouse.execute(f"delete from ods.{FEED} where day(acct_date) % 3 = 0")
    assert volume(home, WORKDAY)["message"] == "does not come on every workday"


def test_a_feed_that_follows_the_day_of_the_month_is_compared_with_that_day_of_earlier_months(home):
    """Instalments: a hundred rows on each of the first 28 days, a few later. A 29th without rows is as ever, a 15th is not."""
    with connect(home[0].warehouse) as warehouse:
        warehouse.execute("""
            drop table ods.core_txn;
            create table ods.crd_repay as
            select cal_date as acct_date from dwd.calendar, range(100)
            where (day(cal_date) < 29 or range = 0) and cal_date not in (date '2026-06-15', date '2026-06-29')
        """)
    usual = volume(home, date(2026, 6, 29))
    assert (usual["kind"], usual["rows_cnt"], usual["median_cnt"], usual["deviations"]) == ("day 29 of a month", 0, 1, 1)
    assert volume(home, date(2026, 6, 16))["median_share"] == 1
    assert volume(home, date(2026, 6, 15))["median_share"] == 0


def test_a_late_feed_is_left_to_gate_1(home):
    home[1].put("feed_fact", {"run_id": RUN, "feed": FEED, "biz_date": "2026-06-25", "load": "journal", "status": "missing"})
    assert gather("volume", GateInput(*home, RUN, WORKDAY)) == []


def test_only_days_before_count(home):
    """A night that is run again for a past date does not know the days after it."""
    with connect(home[0].warehouse) as warehouse:
        later = WORKDAY + timedelta(days=1)
        warehouse.execute(f"insert into ods.{FEED} select date '{later}' from range(5000)")
    assert volume(home, WORKDAY)["deviations"] == 0
