"""Drift: a header that is not the contract's, and columns whose values are no longer of their type; each has its own words."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagmart.contracts import Column, ColumnType, Contract, Files, Form
from tagmart.contracts.model import Drift
from tagmart.core.errors import TagmartError
from tagmart.ingest.drift import HeaderPlan, check_retyped, plan_header

NAMES = ("op", "card_ref", "Side", "amt", "open_date")


def contract(added: str = "refuse", moved: str = "refuse", header: bool = True, **change: object) -> Contract:
    columns = tuple(Column(name, ColumnType("string", 9), **change.get(name, {})) for name in NAMES)
    return Contract(
        feed="card_debit", system="card", title_zh="借记卡", title_en="Cards", description="", load="full", owner="cards",
        provides=("card_debit",), files=Files("card_debit_{biz_date}_{kind}.dat", None, "daily"), form=Form(header=header),
        key=("card_ref",), columns=columns, drift=Drift(added, moved), path="card/card_debit.yml",
    )


REFUSED = {
    "nothing": ("", "it has not even a header line"),
    "a row": ("I C1 C 5 2026-06-30", "the file has no header line: line 1 names none"),
    "removed": ("op card_ref amt open_date", "lacks column 'Side' (column 3 of the contract).*if the source has dropped it"),
    "removed and another added": ("op card_ref open_date branch memo2 x", "lacks column 'Side'.*and has 'branch'"),
    "added": ("op card_ref Side amt open_date colour", "a column 'colour' that the contract does not know (column 6)"),
    "added like a known one": ("op card_ref Side amt open_date amt2", "'amt2'.*Did you mean 'amt'"),
    "renamed": ("op card_ref Side amount open_date", "column 'amt' is not there, and column 4 is called 'amount': it seems to be renamed"),
    "moved": ("op Side card_ref amt open_date", "the columns have moved: column 2 is 'Side', not 'card_ref'"),
    "doubled": ("op card_ref Side amt open_date amt", "names column 'amt' twice. Seen: column 4 and column 6"),
    "case": ("op card_ref side amt open_date", "writes column 3 otherwise than the contract's 'Side'.*upper and lower case"),
    "full width": ("op card_ref Side ａｍｔ open_date", "writes column 4 otherwise than the contract's 'amt'.*unusual characters"),
    "byte order mark": ("\ufeffop card_ref Side amt open_date", r"a byte order mark \(BOM\) stands before column 'op'.*utf-8-sig"),
    "password": ("op card_ref Side amt open_date login_password", "column 'login_password' (column 6): tagmart never takes in a password"),
    "cvv in camel case": ("op card_ref Side amt open_date cardCvv2", "tagmart never takes in a card's verification number"),
    "expiry of a card": ("op card_ref Side amt open_date expiry_date", "tagmart never takes in a card's expiry date"),
    "password in Chinese": ("op card_ref Side amt open_date 查询密码", "column '查询密码' (column 6): tagmart never takes in a password"),
    "fingerprint for another": ("op card_ref Side amt fingerprint", "tagmart never takes in a person's biometric features"),
}


@pytest.mark.parametrize("added", ["refuse", "ignore"])
@pytest.mark.parametrize("case", REFUSED)
def test_every_drift_has_its_own_words(case, added):
    text, words = REFUSED[case]
    if added == "ignore" and case.startswith("added"):
        pytest.skip("let pass by this policy")
    pattern = words if r"\(" in words else words.replace("(", r"\(").replace(")", r"\)")
    with pytest.raises(TagmartError, match=pattern) as raised:
        plan_header(contract(added=added, moved="refuse" if case == "moved" else "accept"), "20260630/x.dat, line 1", text.split())
    assert str(raised.value).startswith("20260630/x.dat, line 1: ")
    assert "Do: " in str(raised.value)


def test_no_two_kinds_of_drift_say_the_same():
    messages = set()
    for text, _ in REFUSED.values():
        with pytest.raises(TagmartError) as raised:
            plan_header(contract(), "x", text.split())
        messages.add(raised.value.what)
    assert len(messages) == len(REFUSED)


def test_names_with_blanks_are_told():
    with pytest.raises(TagmartError, match="differs by blanks"):
        plan_header(contract(), "x", ["op", "card_ref ", "Side", "amt", "open_date"])


def test_values_of_a_row_are_never_shown():
    with pytest.raises(TagmartError) as raised:
        plan_header(contract(), "x", ["I", "王小明", "13800000000", "1", "2"])
    assert "王小明" not in str(raised.value)
    assert "13800000000" not in str(raised.value)


@given(st.permutations(NAMES), st.lists(st.sampled_from(["colour", "memo", "branch"]), unique=True), st.data())
def test_columns_are_found_by_their_names_where_the_policy_lets_them(names, extra, data):
    seen = list(names)
    for name in extra:
        seen.insert(data.draw(st.integers(0, len(seen))), name)
    plan = plan_header(contract(added="ignore", moved="accept"), "x", seen)
    assert [seen[place] for place in plan.places] == list(NAMES)
    assert plan.width == len(seen)
    assert sum("was left out" in note for note in plan.notes) == len(extra)
    assert any("have moved" in note for note in plan.notes) == (tuple(names) != NAMES)


@pytest.mark.parametrize(("day", "names"), [
    ("2026-05-31", "op card_ref Side amt"), ("2026-06-01", "op card_ref Side amt open_date"), ("2026-07-01", "op card_ref amt open_date"),
])
def test_a_date_has_its_own_columns(day, names):
    dated = contract(open_date={"since": date(2026, 6, 1)}, Side={"until": date(2026, 7, 1)})
    own = dated.at(date.fromisoformat(day))
    seen = names.split()
    assert plan_header(own, "x", seen) == HeaderPlan(tuple(range(len(seen))), len(seen))
    with pytest.raises(TagmartError):
        plan_header(own, "x", seen[:-1])


@pytest.mark.parametrize(("rows_in", "broken", "words"), [
    (1000, {("amt", "decimal(9,2)"): 501}, "column 'amt' (column 4) looks retyped: most of its values are not decimal(9,2). Seen: 501 of 1,000 rows"),
    (1000, {("amt", "decimal(9,2)"): 300, ("amt", "integer"): 300, ("Side", "Y or N"): 400}, "column 'amt'"),
    (1000, {("amt", "decimal(9,2)"): 500}, None),
    (9, {("amt", "decimal(9,2)"): 9}, None),
    (1000, {}, None),
])
def test_a_retyped_column_is_told_from_bad_rows(rows_in, broken, words):
    if words is None:
        check_retyped(contract(), "x", rows_in, broken)
        return
    with pytest.raises(TagmartError) as raised:
        check_retyped(contract(), "x", rows_in, broken)
    assert words in str(raised.value)


def test_without_a_header_moved_columns_may_look_retyped():
    with pytest.raises(TagmartError, match="columns that have moved look like this too"):
        check_retyped(contract(header=False), "x", 100, {("amt", "decimal(9,2)"): 100})
