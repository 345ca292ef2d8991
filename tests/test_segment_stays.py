"""A stay in a segment survives failed nights: which members of which night count as yesterday's."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tagmart.core.duck import connect, literal
from tagmart.core.settings import project_root
from tagmart.night.stays import nights_bridged, write_prior_members
from tests.drawn import night

D = date(2026, 6, 30)
LONG_AGO = date(2026, 1, 1)


def published(folder: Path, failed: str = "", **members: str) -> Path:
    """A published file: segments with their members, since long ago; `failed` names those that failed."""
    folder.mkdir(parents=True)
    with connect(folder / "tagmart.duckdb") as mart:
        mart.execute("create schema mart; create table mart.segment_daily (segment_id varchar, is_failed boolean)")
        mart.execute("create table mart.segment_member (segment_id varchar, customer_id varchar, first_date date)")
        for segment in {*members, *failed.split()}:
            mart.execute(f"insert into mart.segment_daily values ({literal(segment)}, {literal(segment in failed.split())})")
        for segment, customers in members.items():
            for customer in customers.split():
                mart.execute(f"insert into mart.segment_member values ({literal(segment)}, {literal(customer)}, {literal(LONG_AGO)})")
    return folder


def prior(tmp_path: Path, yesterday: Path | None, *before: Path | None) -> tuple[list[str], list[tuple]]:
    with connect(tmp_path / "warehouse.duckdb") as warehouse:
        warehouse.execute("create schema if not exists ops")
        if yesterday is not None:
            warehouse.execute(f"attach {literal(yesterday / 'tagmart.duckdb')} as yesterday (read_only)")
        asked = write_prior_members(warehouse, yesterday, before)
        return asked, warehouse.execute("select segment_id, customer_id, first_date from ops.prior_segment_member order by all").fetchall()


def test_a_failed_night_is_bridged_for_the_segment_that_failed_and_for_no_other(tmp_path: Path) -> None:
    before = published(tmp_path / "2", well="a b", broken="a b")
    yesterday = published(tmp_path / "1", failed="broken", well="a")
    assert prior(tmp_path, yesterday, before) == (["2"], [("broken", "a", LONG_AGO), ("broken", "b", LONG_AGO), ("well", "a", LONG_AGO)])


def test_each_segment_is_bridged_to_the_last_night_that_knew_it(tmp_path: Path) -> None:
    """One failed once, one twice, one always: the night stands on the runs that were asked, and on no older one than it needs."""
    yesterday = published(tmp_path / "1", failed="once twice always")
    before = [published(tmp_path / "2", failed="twice always", once="a"), published(tmp_path / "3", failed="always", once="x", twice="b"),
              published(tmp_path / "4", failed="always", twice="y")]  # fmt: skip
    assert prior(tmp_path, yesterday, *before) == (["2", "3", "4"], [("once", "a", LONG_AGO), ("twice", "b", LONG_AGO)])
    assert prior(tmp_path, yesterday, before[0]) == (["2"], [("once", "a", LONG_AGO)])
    assert nights_bridged(project_root() / "expectations" / "held.yml") == 3


def test_a_date_without_a_good_run_ends_the_stays_of_what_failed(tmp_path: Path) -> None:
    yesterday = published(tmp_path / "1", failed="broken", well="a")
    assert prior(tmp_path, yesterday, None, published(tmp_path / "3", broken="a")) == ([], [("well", "a", LONG_AGO)])


def test_a_night_without_failures_and_a_first_night_stand_on_no_other(tmp_path: Path) -> None:
    before, yesterday = published(tmp_path / "2", well="a b"), published(tmp_path / "1", well="a")
    assert prior(tmp_path, yesterday, before) == ([], [("well", "a", LONG_AGO)])
    assert prior(tmp_path, None, before) == ([], [])


def test_the_first_day_and_the_movement_go_on_over_the_failed_night(tmp_path: Path) -> None:
    """The models over what was bridged: who stayed keeps the first day, who came is new, who went has left."""
    before = published(tmp_path / "2", **{"S-1": "stays goes"})
    _, rows = prior(tmp_path, published(tmp_path / "1", failed="S-1"), before)
    with night("") as drawn:
        drawn.table("segment_catalog", {"segment_id": "varchar", "key": "varchar", "entity": "varchar", "valid_from": "date", "valid_to": "date"})
        drawn.draw("segment_catalog", segment_id="S-1", key="one", entity="retail")
        drawn.draw("segment_membership", *({"segment_id": "S-1", "customer_id": one, "entity": "retail"} for one in ("stays", "comes")))
        drawn.table("segment_fault")
        drawn.duck.execute("create table ops.prior_segment_member (segment_id varchar, customer_id varchar, first_date date)")
        drawn.duck.execute("create table ops.held_member (segment_id varchar, customer_id varchar, first_date date)")
        drawn.duck.execute("create table ops.late_segment (segment_id varchar, state varchar, as_of date)")
        for row in rows:
            drawn.duck.execute(f"insert into ops.prior_segment_member values ({', '.join(map(literal, row))})")
        drawn.build("segment_member")
        assert drawn.duck.execute("select customer_id, first_date from segment_member order by 1").fetchall() == [("comes", D), ("stays", LONG_AGO)]
        drawn.build("segment_daily")
        assert drawn.duck.execute("select size, entered, left_cnt, prior_size, is_failed from segment_daily").fetchall() == [(2, 1, 1, 2, False)]
