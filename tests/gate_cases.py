"""Facts for gates: a good row of every frame, and what must turn red when one thing in it is changed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tagmart.core.settings import Settings, project_root
from tagmart.core.state import State

D, RUN = date(2026, 6, 30), "20260630-001"
SUITES = project_root() / "expectations" / "suites"

# One good row per frame; a row of RED below says what is changed in it and which expectations must then be red.
GOOD = {
    "feed": {
        "subject": "core_txn",
        "load": "journal",
        "status": "loaded",
        "message": "",
        "owner": "core banking",
        "in_contract": 1,
        "rows_declared": 10,
        "rows_in": 10,
        "rows_loaded": 10,
        "rows_quarantined": 0,
        "rows_accounted": 10,
        "bad_share": 0,
        "bad_share_limit": 0,
        "bad_share_over": 0,
        "as_of_lag_days": 0,
        "stale_days": 0,
        "stale_over": 0,
        "noted": 0,
    },
    "landing": {"subject": "core_txn_20260630_J_001.dat", "message": "", "belongs": 1},
    "table": {
        "subject": "tags_retail",
        "entity": "retail",
        "row_cnt": 5,
        "customer_cnt": 5,
        "null_customer_cnt": 0,
        "other_date_cnt": 0,
        "spine_cnt": 5,
        "party_cnt": 5,
        "column_cnt": 9,
        "bare_column_cnt": 0,
    },
    "tag": {
        "subject": "txn_cnt_30d",
        "entity": "retail",
        "data_type": "INTEGER",
        "base_type": "INTEGER",
        "unit": "items",
        "missing": "zero",
        "is_catalogued": 1,
        "is_profiled": 1,
        "feeds_present": 1,
        "row_cnt": 5,
        "spine_cnt": 5,
        "null_cnt": 0,
        "null_share": 0,
        "min_number": 0,
        "max_number": 7,
        "unknown_code_cnt": 0,
    },
    "additive": {
        "subject": "a by channel",
        "entity": "retail",
        "total": "a",
        "slice": "channel",
        "part_cnt": 2,
        "customer_cnt": 5,
        "broken_cnt": 0,
        "total_sum": 9,
        "parts_sum": 9,
        "gap": 0,
    },
    "monotone": {
        "subject": "a ≤ b",
        "entity": "retail",
        "shorter": "a",
        "longer": "b",
        "customer_cnt": 5,
        "broken_cnt": 0,
    },
    "segment": {
        "subject": "R-001",
        "entity": "retail",
        "message": "新客户",
        "owner": "retail banking",
        "is_catalogued": 1,
        "storey": 0,
        "size": 4,
        "member_cnt": 4,
        "distinct_cnt": 4,
        "stranger_cnt": 0,
        "prior_size": 3,
        "prior_seen": 3,
        "entered": 2,
        "entered_seen": 2,
        "left_cnt": 1,
        "left_seen": 1,
        "size_by_flow": 4,
        "spine_cnt": 10,
        "spine_share": 0.4,
    },
}
RED = [
    ("gate1", "feed", None, {"some_feed"}),
    ("gate1", "feed", {"status": "not_ingested"}, {"feed_seen"}),
    ("gate1", "feed", {"in_contract": 0}, {"feed_has_contract"}),
    ("gate1", "feed", {"status": "refused"}, {"feed_accepted"}),
    ("gate1", "feed", {"status": "missing", "rows_in": None, "rows_loaded": None}, {"feed_accepted"}),
    ("gate1", "feed", {"rows_declared": 11}, {"rows_as_declared"}),
    ("gate1", "feed", {"rows_accounted": 9}, {"rows_accounted_for"}),
    ("gate1", "feed", {"bad_share_over": 0.1}, {"bad_share_within_limit"}),
    ("gate1", "feed", {"as_of_lag_days": 1}, {"feed_up_to_date"}),
    ("gate1", "feed", {"rows_quarantined": 1}, {"rows_set_aside"}),
    ("gate1", "feed", {"status": "carried", "as_of_lag_days": 1, "stale_days": 1}, {"feed_not_carried"}),
    ("gate1", "feed", {"status": "carried", "stale_over": 1}, {"feed_not_carried", "carried_within_policy"}),
    ("gate1", "feed", {"noted": 1}, {"nothing_remarkable"}),
    ("gate1", "landing", {"belongs": 0}, {"no_strange_file"}),
    ("gate2", "table", None, {"some_wide_table"}),
    ("gate2", "table", {"row_cnt": 0, "customer_cnt": 0, "spine_cnt": 0, "party_cnt": 0}, {"some_customers"}),
    ("gate2", "table", {"customer_cnt": 4}, {"one_row_per_customer"}),
    ("gate2", "table", {"null_customer_cnt": 1}, {"every_row_has_a_customer"}),
    ("gate2", "table", {"spine_cnt": 6, "party_cnt": 6}, {"rows_equal_spine"}),
    ("gate2", "table", {"party_cnt": 6}, {"spine_equals_parties"}),
    ("gate2", "table", {"other_date_cnt": 1}, {"one_business_date"}),
    ("gate2", "table", {"bare_column_cnt": 1}, {"columns_explained"}),
    ("gate2", "tag", None, {"some_tags"}),
    ("gate2", "tag", {"is_catalogued": 0}, {"tag_in_catalogue"}),
    ("gate2", "tag", {"is_profiled": 0}, {"tag_in_wide_table"}),
    ("gate2", "tag", {"row_cnt": 4}, {"profile_is_of_the_spine"}),
    ("gate2", "tag", {"feeds_present": 0}, {"absent_feed_is_empty"}),
    ("gate2", "tag", {"null_share": 0.2}, {"zero_means_never_empty"}),
    ("gate2", "tag", {"null_share": 1, "missing": "unknown"}, {"fed_tags_say_something"}),
    ("gate2", "tag", {"base_type": "HUGEINT"}, {"narrow_types"}),
    ("gate2", "tag", {"min_number": -1}, {"counts_not_negative"}),
    ("gate2", "tag", {"unit": "year", "min_number": -1}, {"ages_possible"}),
    ("gate2", "tag", {"unit": "year", "max_number": 131}, {"ages_not_too_high"}),
    ("gate2", "tag", {"unit": "ratio", "max_number": 1e9}, {"ratios_sane"}),
    ("gate2", "tag", {"unknown_code_cnt": 1}, {"codes_in_list"}),
    ("gate2", "additive", {"broken_cnt": 2}, {"slices_add_up"}),
    ("gate2", "additive", {"broken_cnt": 2, "gap": 0.02}, {"slices_add_up", "column_sums_add_up"}),
    ("gate2", "monotone", {"broken_cnt": 1}, {"longer_window_not_smaller"}),
    ("gate3", "segment", None, {"some_segment"}),
    ("gate3", "segment", {"is_catalogued": 0}, {"segment_in_catalogue"}),
    ("gate3", "segment", {"stranger_cnt": 1}, {"members_are_customers"}),
    ("gate3", "segment", {"distinct_cnt": 3}, {"members_once"}),
    ("gate3", "segment", {"size": 5, "size_by_flow": 5}, {"size_is_members"}),
    ("gate3", "segment", {"size": None, "prior_size": None}, {"size_is_members"}),
    ("gate3", "segment", {"size_by_flow": 5}, {"size_follows_flow"}),
    ("gate3", "segment", {"prior_seen": 2}, {"prior_as_recounted"}),
    ("gate3", "segment", {"entered_seen": 1}, {"entered_as_recounted"}),
    ("gate3", "segment", {"left_seen": 2}, {"left_as_recounted"}),
    (
        "gate3",
        "segment",
        {"size": 0, "size_by_flow": 0, "member_cnt": 0, "distinct_cnt": 0},
        {"base_segments_not_empty"},
    ),
    ("gate3", "segment", {"spine_share": 0.95}, {"segments_select"}),
]


def new_home(tmp_path: Path) -> tuple[Settings, State]:
    """A home with one run in it."""
    settings = Settings(root=project_root(), bank="demo", home=tmp_path / "home")
    settings.claim_home()
    state = State(settings.state_db)
    state.put(
        "run",
        {
            "run_id": RUN,
            "bank": "demo",
            "biz_date": D.isoformat(),
            "status": "running",
            "code_revision": "abc",
            "started_at": "2026-07-01T02:00:00+08:00",
        },
    )
    return settings, state
