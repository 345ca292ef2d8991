"""Ties with the totals of other systems: who is in a line that is off, what is explained and listed, and which days are compared."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tagmart.gates.tie_facts import BROKEN, HOLDS
from tests.gate_cases import D as BIZ_DATE
from tests.tie_bank import TIES, YESTERDAY, D, Night, make_mart, make_warehouse


@pytest.fixture
def night(tmp_path: Path) -> Night:
    folder = tmp_path / "base"
    folder.mkdir()
    make_warehouse(folder / "warehouse.duckdb")
    make_mart(folder / "tagmart.duckdb")
    return Night(tmp_path, folder)


@pytest.mark.parametrize(("tie", "change", "line", "sides", "keys"), [
    ("t13_registry", "update dwd.registry_unit set units = 16", ("-", "F1", "units"), (15, 16), ["R1 F1"]),
    ("t26_class_report", "delete from dwd.class_report", ("B200", "class 1", "CNY"), (350, 0), ["****", "****"]),
    ("t28_contribution", "update dwd.management_profit set net_amt = 8", ("B100", "2026-05", "CNY"), (9, 8), ["****0001"]),
    ("t21_channel_clearing", "delete from dwd.network_clearing", ("-", "netsunion out", "CNY"), (37, 0), ["****0001", "****0003"]),
    ("t29_regulatory", "update dwd.regulatory_figure set amt = 350 where item_code = 'inclusive_loan'", ("B200", "S71 inclusive_loan", "CNY"),
     (300, 350), ["****"])])  # fmt: skip
def test_a_total_of_another_system_that_is_off_names_who_is_in_the_line(night: Night, tie: str, change: str, line: tuple, sides: tuple, keys: list[str]):
    mine = tuple(one for one in TIES if one.id == tie)
    assert night.states(mine) == {tie: HOLDS}
    night.change(change)
    found = next(fact for fact in night.facts(mine) if (fact.get("gl_org"), fact.get("gl_subject"), fact.get("ccy")) == line)
    assert (found["left_amount"], found["right_amount"], found["gap"]) == (*sides, sides[0] - sides[1])
    assert [row.shown for row in found["failing"]] == keys
    assert found["message"].startswith(f"org {line[0]}, subject {line[1]}, {line[2]}: {mine[0].left} {sides[0]}.00, {mine[0].right} {sides[1]}.00, difference ")


def _parts(facts: list[dict]) -> tuple[list[dict], dict]:
    """The lines of one tie that are off, and the tie as a whole."""
    return [fact for fact in facts if not fact["is_whole"]], next(fact for fact in facts if fact["is_whole"])


CUT = ("; 2 explained difference(s): - · netsunion out · CNY -12.00 (day-cut: posted on another day),"
       " - · netsunion out · CNY 7.00 (day-cut: cleared on another settle day)")


@pytest.mark.parametrize(("paid", "state", "listed"), [
    ("2026-06-29 23:30:00", HOLDS, CUT), ("2026-06-29 23:59:59", HOLDS, CUT), ("2026-06-30 00:00:00", BROKEN, " 1 explained difference(s): "),
])  # fmt: skip
def test_what_only_the_day_cut_parts_is_listed_and_no_break(night: Night, paid: str, state: str, listed: str):
    """The network says which moments are its settle day; the core posts what is paid late in the evening a day later."""
    tie = tuple(one for one in TIES if one.id == "t21_channel_clearing")
    night.change(f"update dwd.quick_pay_leg set txn_time = timestamp '{paid}' where txn_no = 'Q2'")
    lines, whole = _parts(night.facts(tie))
    assert whole["state"] == state and listed in whole["message"]
    # Behind the day-cut it is of the next settle day: what the network has cleared is then more than what was paid.
    said = "org -, subject netsunion out, CNY: quick-pay legs 37.00, clearing of the network 42.00, explained 7.00, difference -12.00"
    assert [line["message"].startswith(said) for line in lines] == [True] * (state == BROKEN)


def test_what_is_told_to_the_regulator_is_explained_to_the_cent(night: Night):
    """The differences that the extract explains are listed; a cent that it does not explain is a break, and names the line."""
    tie = tuple(one for one in TIES if one.id == "t29_regulatory")
    lines, whole = _parts(night.facts(tie))
    assert whole["state"] == HOLDS and not lines
    assert whole["message"].endswith(
        "; 3 explained difference(s): B100 · G01 loan · CNY -33.00 (card), B100 · G01 deposit · CNY -20.00 (margin),"
        " H000 · EAST retail_customer · heads 1.00 (prospect)"
    )
    night.change("update dwd.regulatory_figure set amt = -20.01 where reason_code = 'margin'")
    line = _parts(night.facts(tie))[0][0]
    assert (line["left_amount"], line["right_amount"], line["gap"]) == (1127, 1147, Decimal("0.01"))
    assert line["message"].startswith("org B100, subject G01 deposit, CNY: accounts, notes and customers 1,127.00, reported 1,147.00,"
                                      " explained -20.01, difference 0.01; account, note or customers: ****0002 977.00")  # fmt: skip


def test_month_ends_are_compared_on_month_ends_only(night: Night):
    """Classes are given, and figures drafted, on other days too; no report comes for them."""
    night.change("update dwd.loan_class set class_date = " + YESTERDAY)
    night.change("insert into dwd.loan_note by name select note_no, " + YESTERDAY + " as bal_date from dwd.loan_note where bal_date = " + D)
    night.change("update dwd.regulatory_figure set report_date = " + YESTERDAY)
    ties = tuple(one for one in TIES if one.id in ("t26_class_report", "t29_regulatory"))
    assert [(fact["state"], fact["line_cnt"]) for fact in night.facts(ties, BIZ_DATE - timedelta(days=1))] == [(HOLDS, 0)] * 2
