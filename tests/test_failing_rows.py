"""What broke a gate is kept row by row: customers of tags and accounts of ties, found by one query, masked for readers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.gates.expect import Checked
from tagmart.gates.failing_tags import failing_tags
from tagmart.gates.suite import load_suite
from tests.gate_cases import RUN, SUITES, new_home
from tests.test_gate_facts import make_night

GATE2 = {item.id: item for item in load_suite(SUITES, "gate2").expectations}


@pytest.fixture
def home(tmp_path: Path) -> tuple[Settings, State]:
    return new_home(tmp_path)


@pytest.mark.parametrize(("expectation", "subject", "customers", "reason"), [
    ("zero_means_never_empty", "txn_cnt_30d", [], "is empty"),
    ("zero_means_never_empty", "prof_age", ["C2"], "is empty"),
    ("absent_feed_is_empty", "dep_bal", ["C1", "C2", "C3", "C4"], "has a value"),
    ("counts_not_negative", "aum_bal", ["C3"], "out of range"),
    ("ages_not_too_high", "prof_age", [], "out of range"),
    ("codes_in_list", "prof_gender_code", ["C3"], "a code that its list does not have"),
    ("slices_add_up", "txn_cnt_30d by direction", ["C3"], "parts are not the total"),
    ("aum_parts_add_up", "aum_bal by named in the suite", ["C3"], "parts are not the total"),
    ("longer_window_not_smaller", "txn_cnt_30d ≤ txn_cnt_90d", ["C4"], "more in the shorter window"),
    # Everybody is empty: that is about the tag, and would name every customer of the bank.
    ("fed_tags_say_something", "wm_bal", [], ""),
    ("narrow_types", "aum_bal", [], ""),
])  # fmt: skip
def test_customers_that_break_an_expectation_over_tags(home, expectation: str, subject: str, customers: list[str], reason: str):
    given = make_night(home)
    rows = failing_tags(given, [Checked(GATE2[expectation], False, "1 of 4", ((subject, ""),))])
    assert [row.key for row in rows] == customers
    assert {row.reason for row in rows} <= {reason}
    assert [row.place for row in rows] == list(range(1, len(customers) + 1))


def test_nothing_is_looked_up_while_all_is_well(home):
    """There is no candidate here: a query would be an error."""
    given = make_night(home)
    (given.settings.run_dir(RUN) / "tagmart.duckdb").unlink()
    assert failing_tags(given, []) == []
