"""What rules select, drawn as tiny tables, and what is written from them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tagmart.core.settings import Settings, project_root
from tagmart.rules import compile_rules, read_catalogue
from tagmart.rules.writing import generate, seed_files
from tests.rule_tables import CATALOGUE, D, members, rule, selects


@pytest.mark.parametrize(
    ("text", "column", "values", "selected"),
    [
        ("dep_bal = 100", "dep_bal", [99.99, 100, 100.01, None], [100]),
        ("dep_bal <> 100", "dep_bal", [99.99, 100, 100.01, None], [99.99, 100.01]),
        ("dep_bal != 100", "dep_bal", [99.99, 100, None], [99.99]),
        ("dep_bal > 100", "dep_bal", [99.99, 100, 100.01, None], [100.01]),
        ("dep_bal >= 100", "dep_bal", [99.99, 100, 100.01, None], [100, 100.01]),
        ("dep_bal < 100", "dep_bal", [99.99, 100, 100.01, None], [99.99]),
        ("dep_bal <= 100", "dep_bal", [99.99, 100, 100.01, None], [99.99, 100]),
        ("100 <= dep_bal", "dep_bal", [99.99, 100, None], [100]),
        ("txn_cnt between 2 and 4", "txn_cnt", [1, 2, 3, 4, 5, None], [2, 3, 4]),
        ("txn_cnt not between 2 and 4", "txn_cnt", [1, 2, 4, 5, None], [1, 5]),
        ("txn_cnt in (1, 3)", "txn_cnt", [1, 2, 3, None], [1, 3]),
        ("txn_cnt not in (1, 3)", "txn_cnt", [1, 2, 3, None], [2]),
        ("prof_status_code = 'normal'", "prof_status_code", ["normal", "closed", "", None], ["normal"]),
        ("prof_status_code = 'Frozen'", "prof_status_code", ["Frozen", "frozen"], ["Frozen"]),
        ("prof_status_code in ('normal', 'closed')", "prof_status_code", ["normal", "closed", "x", None], ["normal", "closed"]),
        ("prof_is_staff", "prof_is_staff", [True, False, None], [True]),
        ("not prof_is_staff", "prof_is_staff", [True, False, None], [False]),
        ("prof_is_staff is missing", "prof_is_staff", [True, False, None], [None]),
        ("prof_is_staff is not missing", "prof_is_staff", [True, False, None], [True, False]),
        ("not dep_bal is missing", "dep_bal", [1, None], [1]),
        # a missing value makes the comparison missing, and so is what `not` makes of it
        ("not dep_bal > 100", "dep_bal", [100, 101, None], [100]),
        ("not (dep_bal > 100)", "dep_bal", [100, 101, None], [100]),
        ("not (dep_bal > 100) or dep_bal is missing", "dep_bal", [100, 101, None], [100, None]),
        ("(dep_bal > 100) is missing", "dep_bal", [100, 101, None], [None]),
        # `or` is true when one side is, whatever is missing on the other; wm_bal is missing in every row here
        ("dep_bal > 100 or wm_bal > 0", "dep_bal", [100, 101, None], [101]),
        ("dep_bal > 100 and wm_bal > 0", "dep_bal", [100, 101, None], []),
        ("not (dep_bal > 100 and wm_bal > 0)", "dep_bal", [100, 101, None], [100]),
        ("not (dep_bal > 100 and not prof_is_staff)", "dep_bal", [100, 101, None], [100]),
        ("not (dep_bal > 100 or prof_is_staff)", "dep_bal", [100, 101, None], []),
        # what stands in the place of a missing value is never selected, however far a rule reaches
        ("dep_ratio >= -99999999999999.9999", "dep_ratio", [Decimal("-99999999999999.9999"), 0, None], [Decimal("-99999999999999.9999"), 0]),
        ("not dep_ratio > 99999999999999.9999", "dep_ratio", [Decimal("99999999999999.9999"), None], [Decimal("99999999999999.9999")]),
        ("dep_ratio < 100000000000000", "dep_ratio", [Decimal("99999999999999.9999"), None], [Decimal("99999999999999.9999")]),
        ("txn_cnt < 2147483647", "txn_cnt", [2147483646, 2147483647, None], [2147483646]),
        ("-2147483648 <= txn_cnt", "txn_cnt", [-2147483648, 0, None], [-2147483648, 0]),
        ("prof_mng_org = ''", "prof_mng_org", ["", "H000", None], [""]),
        ("prof_mng_org <> 'H000'", "prof_mng_org", ["", "H000", None], [""]),
        ("pay_start_date >= '1000-01-01'", "pay_start_date", [date(1000, 1, 1), date(999, 12, 31), None], [date(1000, 1, 1)]),
        ("pay_start_date < '9000-01-01'", "pay_start_date", [D, date(9000, 1, 1), None], [D]),
        # not before and, and before or
        ("dep_bal = 1 or dep_bal = 2 and txn_cnt = 0", "dep_bal", [1, 2], [1]),
        ("(dep_bal = 1 or dep_bal = 2) and txn_cnt = 0", "dep_bal", [1, 2], []),
        ("not dep_bal = 1 and dep_bal = 2", "dep_bal", [1, 2], [2]),
        ("dep_bal * 2 + 10 >= 30", "dep_bal", [9.99, 10, None], [10]),
        ("dep_bal - 0.25 * dep_bal = 7.5", "dep_bal", [10, 11], [10]),
        ("-dep_bal < -10", "dep_bal", [10, 11, None], [11]),
        ("dep_bal / dep_bal = 1", "dep_bal", [0, 5, None], [5]),
        ("(dep_bal / dep_bal) is missing", "dep_bal", [0, 5, None], [0, None]),
        # no number overflows
        ("dep_bal * 0.999999 * 0.999999 > dep_bal - 1", "dep_bal", [0, Decimal("9999999999999999.99")], [0]),
        ("dep_bal + dep_bal > 999999999999999", "dep_bal", [1, Decimal("9999999999999999.99")], [Decimal("9999999999999999.99")]),
        ("dep_bal * 999999999999999 * 9.99 > 0.000001", "dep_bal", [0, Decimal("9999999999999999.99")], [Decimal("9999999999999999.99")]),
        ("txn_cnt * 1000000000 > 2000000000", "txn_cnt", [2, 2147483647], [2147483647]),
        ("pay_start_date > D - 90", "pay_start_date", [D, D - timedelta(89), D - timedelta(90), None], [D, D - timedelta(89)]),
        ("D - pay_start_date <= 90", "pay_start_date", [D - timedelta(90), D - timedelta(91), None], [D - timedelta(90)]),
        ("pay_start_date >= '2026-06-01'", "pay_start_date", [date(2026, 6, 1), date(2026, 5, 31)], [date(2026, 6, 1)]),
        ("pay_start_date between D - 1 and D", "pay_start_date", [D, D - timedelta(2)], [D]),
        ("month(D) = 6 and dep_bal > 0", "dep_bal", [1, 0], [1]),
        ("month(D) >= 10 and dep_bal > 0", "dep_bal", [1, 0], []),
        ("month(pay_start_date) = 2", "pay_start_date", [date(2024, 2, 29), D, None], [date(2024, 2, 29)]),
        ("IN SEGMENT the_rule2 AND dep_bal IS NOT MISSING", "dep_bal", [1, None], [1]),
    ],
)  # fmt: skip
def test_operator(text, column, values, selected):
    rules = [rule(text)] + ([rule("dep_bal >= 0 or dep_bal is missing", "the_rule2", 2)] if "the_rule2" in text else [])
    found = members(rules, [{column: value} for value in values])["the_rule"]
    assert [value for number, value in enumerate(values) if f"c{number}" in found] == selected


def test_more_rules_than_a_word_has_bits():
    """The eighth rule is the sign of its word; those above are read from the bits of those below."""
    low = [rule(f"dep_bal >= {number}", f"least_{number}", number) for number in range(1, 18)]
    high = [rule(f"not in segment least_{number} or dep_bal = 17", f"less_{number}", 100 + number) for number in range(1, 18)]
    found = members([*low, *high], [{"dep_bal": value} for value in (*range(1, 18), None)])
    for number in range(1, 18):
        assert found[f"least_{number}"] == {f"c{value - 1}" for value in range(number, 18)}
        assert found[f"less_{number}"] == {f"c{value - 1}" for value in range(1, number)} | {"c16", "c17"}


def test_segments_stand_on_segments():
    rules = [
        rule("in segment second and not in segment first", "third", 3),
        rule("dep_bal > 10", "first", 1),
        rule("dep_bal > 100 or in segment first or wm_bal > 0", "second", 2),
    ]
    assert {item.rule.key: item.storey for item in compile_rules(rules, CATALOGUE)} == {"first": 0, "second": 1, "third": 2}
    found = members(rules, [{"dep_bal": 11}, {"dep_bal": 1, "wm_bal": 5}, {"dep_bal": None}, {"dep_bal": None, "wm_bal": 5}])
    # what is missing in a lower rule is "not a member" for the upper one: membership is always known
    assert found == {"first": {"c0"}, "second": {"c0", "c1", "c3"}, "third": {"c1", "c3"}}


def test_union_and_minus_of_segments():
    rules = [
        rule("in any segment (small, large)", "either", 3), rule("not in any segment (small, large)", "neither", 4),
        rule("in any segment (small) and not in segment large", "only_small", 5),
        rule("dep_bal < 10", "small", 1), rule("dep_bal > 5", "large", 2),
    ]  # fmt: skip
    found = members(rules, [{"dep_bal": 1}, {"dep_bal": 7}, {"dep_bal": 20}, {"dep_bal": None}])
    assert found["either"] == {"c0", "c1", "c2"}
    assert found["neither"] == {"c3"}, "membership is always known: whose balance is missing is in neither"
    assert found["only_small"] == {"c0"}


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("chg(dep_bal, 30d) > 0", {"c0"}),
        ("chg(dep_bal, 30d) <= -0.5 * before(dep_bal, 30d)", {"c1"}),
        ("chg(dep_bal, 30d) * 2 = 10", {"c0"}),
        ("not (chg(dep_bal, 30d) > 0)", {"c1"}),
        # c2 has no value now, c3 had none then, c4 was no customer then
        ("chg(dep_bal, 30d) is missing", {"c2", "c3", "c4"}),
        ("before(dep_bal, 30d) = 4", {"c1", "c2"}),
        ("before(dep_bal, 30d) is missing", {"c3", "c4"}),
        ("prof_is_staff and not before(prof_is_staff, 1d)", {"c1"}),
        ("before(pay_start_date, 1d) <> pay_start_date", {"c0"}),
        # no night of that day was published, though those around it were
        ("before(dep_bal, 29d) is missing", {"c0", "c1", "c2", "c3", "c4"}),
        ("chg(dep_bal, 29d) >= 0 or chg(dep_bal, 29d) < 0", set()),
    ],
)
def test_past_values(text, selected):
    rows = [
        {"dep_bal": 10, "prof_is_staff": True, "pay_start_date": D}, {"dep_bal": 1, "prof_is_staff": True},
        {"dep_bal": None, "prof_is_staff": False}, {"dep_bal": 3, "prof_is_staff": True}, {"dep_bal": 3, "prof_is_staff": True},
    ]  # fmt: skip
    yesterday = [
        {"prof_is_staff": True, "pay_start_date": D - timedelta(1)}, {"prof_is_staff": False}, {"prof_is_staff": False},
        {"prof_is_staff": None},
    ]  # fmt: skip
    past = {30: [{"dep_bal": 5}, {"dep_bal": 4}, {"dep_bal": 4}, {"dep_bal": None}], 1: yesterday}
    assert members([rule(text)], rows, past=past)["the_rule"] == selected


def test_a_branch_sees_its_own_customers_and_those_below_it():
    rows = [{"prof_mng_org": code, "dep_bal": 1} for code in ("B101", "B100", "B201", "B1", None)]
    for scope, seen in (("B101", {"c0"}), ("B100", {"c0", "c1"}), ("B201", {"c2"}), ("B999", set())):
        assert members([rule("dep_bal = 1 or dep_bal = 2", scope=scope)], rows)["the_rule"] == seen
    assert members([rule("not in segment own", "outside", 2), rule("dep_bal > 0", "own", 1, scope="B100")], rows)[
        "outside"
    ] == {"c2", "c3", "c4"}


@pytest.mark.parametrize(
    ("top", "selected"),
    [
        # c1 and c2 tie: the smaller number goes first; c4 has no balance, c5 is not selected by the rule
        ({"n": 2, "by": "dep_bal"}, {"c0", "c1"}),
        ({"n": 3, "by": "dep_bal"}, {"c0", "c1", "c2"}),
        ({"n": 1, "by": "dep_bal", "order": "asc"}, {"c3"}),
        ({"n": 99, "by": "dep_bal"}, {"c0", "c1", "c2", "c3"}),
        ({"n": 1, "by": "dep_bal", "within": "branch"}, {"c0", "c2"}),
        # c0 has no manager
        ({"n": 1, "by": "dep_bal", "within": "manager"}, {"c1", "c3"}),
    ],
)
def test_the_first_so_many(top, selected):
    rows = [
        {"dep_bal": 9, "prof_mng_org": "B101", "prof_manager_id": None}, {"dep_bal": 8, "prof_mng_org": "B101", "prof_manager_id": "m1"},
        {"dep_bal": 8, "prof_mng_org": "B201", "prof_manager_id": "m1"}, {"dep_bal": 7, "prof_mng_org": "B201", "prof_manager_id": "m2"},
        {"dep_bal": None, "prof_mng_org": "B201", "prof_manager_id": "m2"},
        {"dep_bal": 99, "prof_mng_org": "B101", "prof_manager_id": "m2", "prof_is_staff": True},
    ]  # fmt: skip
    rules = [rule("prof_is_staff is missing", top=top), rule("in segment the_rule", "above", 2)]
    found = members(rules, rows)
    assert found == {"the_rule": selected, "above": selected}


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "holds"),
    [(None, None, True), (D, D, True), (D + timedelta(1), None, False), (None, D - timedelta(1), False)],
)
def test_a_rule_holds_between_its_dates(valid_from, valid_to, holds):
    assert selects("dep_bal = 1", "dep_bal", [1], valid_from=valid_from, valid_to=valid_to) == ([1] if holds else [])


def test_the_catalogue_leaves_out_what_rules_may_not_know(tmp_path):
    path = tmp_path / "tag_catalog.csv"
    path.write_text(
        "tag_id,tag_name,entity,data_type,purposes,status,unit\n"
        'R-A-1,a_bal,retail,"decimal(18,2)",service|marketing,active,cny\n'
        "R-A-2,a_cnt,retail,integer,service,deprecated,items\n"
        "R-A-3,a_draft,retail,boolean,service,draft,\n",
        encoding="utf-8",
    )
    tags = read_catalogue(path).of("retail")
    assert sorted(tags) == ["a_bal", "a_cnt"]
    assert (tags["a_bal"].kind, tags["a_bal"].purposes) == ("number", frozenset({"service", "marketing"}))
    assert (tags["a_bal"].scale, tags["a_cnt"].scale) == (2, 0)


def test_the_segment_catalogue_names_tags_by_number():
    compiled = compile_rules(
        [rule("in segment lower and wm_bal > 0 and dep_bal > 0"), rule("prof_is_staff", "lower", 2)], CATALOGUE
    )
    text = seed_files(compiled)["segment_catalog.csv"]
    assert "in segment lower and wm_bal > 0 and dep_bal > 0,1,,,R-DEP-00001|R-WM-00001,lower" in text


def test_generated_files_are_current():
    root = project_root()
    result = generate(Settings(root=root, bank="demo", home=root / "var" / "demo"), check=True)
    assert [path.relative_to(root).as_posix() for path in result.stale] == [], "run `tagmart rules generate`"
