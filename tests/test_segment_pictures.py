"""What a run's page shows of segments: the line of their sizes, and which of them share customers."""

from __future__ import annotations

import duckdb

from tagmart.gates.segment_pictures import line_of, overlaps_shown


def test_a_line_runs_from_the_oldest_night_to_this_one():
    assert line_of([0, 5, 10]) == "0.0,18.0 60.0,10.0 120.0,2.0"
    assert line_of([0, 0]) == "0.0,18.0 120.0,18.0"
    assert line_of([7]) == ""


def test_pairs_are_told_once_the_closest_first_and_strangers_never():
    with duckdb.connect() as mart:
        mart.execute("""
            create schema mart;
            create table mart.segment_catalog as
            select segment_id, 'zh' || segment_id as zh, 'en' || segment_id as en, 'retail' as entity
            from (values ('a'), ('b'), ('c'), ('failed')) as segment (segment_id);
            create table mart.segment_member as
            select * from (values ('a', 1), ('a', 2), ('a', 3), ('a', 4), ('b', 3), ('b', 4), ('c', 9), ('c', 4)) as member (segment_id, customer_id);
            create table mart.segment_daily as
            select segment_id, count(customer_id) as size from mart.segment_member group by all union all select 'failed', null;
        """)
        shown = overlaps_shown(mart)
    assert [(pair["zh"], pair["shared"], pair["width"]) for pair in shown] == [
        ("zhb · zha", 2, 50.0), ("zhb · zhc", 1, 33.3), ("zhc · zha", 1, 20.0),
    ]  # fmt: skip
