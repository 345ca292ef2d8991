"""Loading rows: every row that was read is loaded or in quarantine, and text comes through unchanged."""

from __future__ import annotations

import base64
import hashlib
import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tagmart.ingest.quarantine import masked
from tests.tiny_bank import FIRST, HEADER, SECOND, Bank, rows


@pytest.fixture
def bank(tmp_path, monkeypatch) -> Bank:
    monkeypatch.delenv("TAGMART_LANDING", raising=False)
    bank = Bank(tmp_path)
    bank.journal()
    return bank


GOOD_ROW = ["P2", "王小明", "2.50", "2", "C", "2026-06-29", "Y"]


@pytest.mark.parametrize(("column", "value", "rule", "shown"), [
    (0, "", "required", "empty"),
    (0, "   ", "required", "'   '"),
    (0, "P23456789", "at most 8 characters", "'P23456789'"),
    (1, "十三个字的名字太长太长太长了", "at most 12 characters", "'十***'"),
    (2, "12O.50", "decimal(9,2)", "'12O.50'"),
    (2, "", "required", "empty"),
    (2, "1.005", "decimal(9,2)", "'1.005'"),
    (2, "1,000.00", "decimal(9,2)", "'1,000.00'"),
    (2, "12345678.00", "decimal(9,2)", "'12345678.00'"),
    (2, "1e3", "decimal(9,2)", "'1e3'"),
    (2, "NaN", "decimal(9,2)", "'NaN'"),
    (3, "1.5", "integer", "'1.5'"),
    (3, " 2", "integer", "' 2'"),
    (3, "99999999999", "integer", "'99999999999'"),
    (4, "X", "one of C, D", "'X'"),
    (5, "2026-02-30", "date %Y-%m-%d", "'2026-02-30'"),
    (5, "2026-6-29", "date %Y-%m-%d", "'2026-6-29'"),
    (5, "2026-06-29 ", "date %Y-%m-%d", "'2026-06-29 '"),
    (5, "2026-06-28", "the delivery's date 2026-06-29", "'2026-06-28'"),
    (6, "y", "Y or N", "'y'"),
])
def test_a_bad_value_is_named_by_file_line_column_value_and_rule(bank, column, value, rule, shown):
    bank.deliver("posting", FIRST, "I", rows(FIRST, 1))
    fields = [*GOOD_ROW]
    fields[column] = value
    bank.deliver("posting", SECOND, "J", rows(SECOND, 3) + "|".join(fields) + "\n")
    fact = bank.night(SECOND)["posting"]
    assert (fact.status, fact.rows_in, fact.rows_loaded, fact.rows_quarantined, fact.bad_share) == ("over_limit", 2, 0, 1, 0.5)
    name = HEADER.split("|")[column]
    assert f"First: posting_20260629_J_001.dat, line 3, column {name}: {shown}, rule: {rule}." in fact.message
    assert bank.ods("select post_no from ods.posting") == [("P1",)]
    [bad] = bank.quarantined("posting", "2026-06-29")
    record, before = ("|".join(fields) + "\n").encode(), rows(SECOND, 3).encode()
    assert bad == {
        "file": "posting_20260629_J_001.dat", "offset": len(before), "line": 3, "column": name, "rule": rule,
        "seen": masked(value) if name == "owner_name" else value, "text": record.decode().rstrip("\n"),
        "raw": base64.b64encode(record).decode(),
    }
    file = bank.settings.quarantine / "2026-06-29" / "posting.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(("value", "stored"), [
    ("5", "5.00"), ("-5.5", "-5.50"), ("+.5", "0.50"), ("7.", "7.00"), ("1.500", "1.50"), ("0009.90", "9.90"), ("-0", "0.00"),
])
def test_amounts_may_be_written_in_several_ways(bank, value, stored):
    bank.deliver("posting", FIRST, "I", rows(FIRST, 1).replace("1.50", value))
    assert bank.night(FIRST)["posting"].status == "loaded"
    assert bank.ods("select amt::varchar from ods.posting") == [(stored,)]


def test_rows_within_the_limit_are_set_aside_and_the_rest_is_loaded(bank):
    bank.journal(bad_share=0.25)
    bank.deliver("posting", FIRST, "I", rows(FIRST, 1, 2, 3).replace("2.50", "two") + "P9|short\n" + rows(FIRST, 4, 5, 6, 7, 8).split("\n", 1)[1])
    fact = bank.night(FIRST)["posting"]
    assert (fact.status, fact.rows_in, fact.rows_loaded, fact.rows_quarantined) == ("loaded", 9, 7, 2)
    assert fact.message == "2 rows are in the quarantine"
    assert [(str(row["line"]), row["column"], row["rule"], row["seen"]) for row in bank.quarantined("posting", "2026-06-28")] == [
        ("3", "amt", "decimal(9,2)", "two"), ("5", "", "number of fields", "2 of 7 fields")
    ]
    bank.deliver("posting", FIRST, "I", rows(FIRST, 1))
    bank.night(FIRST)
    assert bank.quarantined("posting", "2026-06-28") == []


def test_rows_with_the_same_key_are_set_aside_and_name_each_other(bank):
    bank.deliver("posting", FIRST, "I", rows(FIRST, 1, 2), rows(FIRST, 1, 3))
    fact = bank.night(FIRST)["posting"]
    assert (fact.status, fact.rows_quarantined) == ("over_limit", 2)
    assert "line 2" in fact.message
    assert "P1; also on line 2 of part 2" in fact.message
    assert "rule: duplicate key" in fact.message
    bank.journal(bad_share=0.5)
    assert bank.night(FIRST)["posting"].rows_loaded == 2
    assert bank.ods("select post_no from ods.posting order by post_no") == [("P2",), ("P3",)]
    assert [row["seen"] for row in bank.quarantined("posting", "2026-06-28")] == ["P1; also on line 2 of part 2", "P1; also on line 2 of part 1"]


@pytest.mark.parametrize(("damage", "rule", "seen"), [
    (b"\xff\xfe", "encoding", "byte 0xff at byte 4 of the line is not utf-8"),
    (b"\x00", "control character", "character 0x00 at character 4 of the line"),
    (b"\x1f", "control character", "character 0x1f at character 4 of the line"),
    (b"a\rb", "control character", "character 0x0d at character 5 of the line"),
])
def test_bytes_that_are_no_text_cost_one_line(bank, damage, rule, seen):
    bank.journal(bad_share=0.5)
    content = rows(FIRST, 1, 2, 3).encode().replace(b"P2|", b"P2|" + damage)
    bank.deliver("posting", FIRST, "I", content)
    rows_in_control = content.count(b"\n") - 1
    control = bank.folder(FIRST) / "posting_20260628_I.ok"
    control.write_text(
        f"posting_20260628_I_001.dat|{len(content)}|{rows_in_control}|{hashlib.md5(content).hexdigest()}\n"  # noqa: S324
        f"TOTAL|{len(content)}|{rows_in_control}|\n"
    )
    assert bank.night(FIRST)["posting"].rows_loaded == 2
    [bad] = bank.quarantined("posting", "2026-06-28")
    assert (bad["line"], bad["rule"], bad["seen"]) == (3, rule, seen)


def test_a_file_in_another_encoding_is_over_its_limit(bank):
    bank.deliver("posting", FIRST, "I", rows(FIRST, 1, 2), encoding="gb18030")
    fact = bank.night(FIRST)["posting"]
    assert fact.status == "over_limit"
    assert "is not utf-8" in fact.message


def test_a_deleted_row_needs_only_its_key(bank):
    bank.contract("""
feed: person
title: {zh: 客户, en: Persons}
description: One row is the latest state of a person.
load: delta
owner: ecif
files: {name: "person_{biz_date}_{kind}_{part}.dat", control: "person_{biz_date}_{kind}.ok", delivery: daily}
form: {encoding: utf-8, separator: "|@|", quote: none, header: true, date: "%Y年%m月%d日"}
key: [person_no]
columns:
  - {name: op, type: string(1), required: true, values: [I, U, D]}
  - {name: person_no, type: string(8), required: true}
  - {name: born, type: date, required: true}
""")
    bank.deliver("posting", FIRST, "I", rows(FIRST, 1))
    bank.deliver("person", FIRST, "I", "op|@|person_no|@|born\r\nI|@|1|@|1990年01月31日\r\nD|@|2|@|\r\n")
    assert bank.night(FIRST)["person"].status == "loaded"
    assert bank.ods("select op, person_no, born::varchar from ods.person order by 2") == [("I", "1", "1990-01-31"), ("D", "2", None)]


# Letters that break naive readers: beyond the first plane, between the code pages, next to separators and quotes.
NAME = st.text(st.one_of(st.sampled_from("王𠮷㛃龦€ \"'\\,;é⺁"), st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="|")), max_size=12)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(NAME, min_size=1, max_size=20), encoding=st.sampled_from(["utf-8", "gb18030"]), quoted=st.booleans())
def test_text_comes_through_unchanged(tmp_path_factory, names, encoding, quoted):
    bank = Bank(tmp_path_factory.mktemp("bank"))
    bank.journal(encoding=encoding, quote="'\"'" if quoted else "none")
    shown = [('"' + name.replace('"', '""') + '"') if quoted else name for name in names]
    lines = [HEADER, *(f"P{at}|{name}|1|1|C|{FIRST}|Y" for at, name in enumerate(shown))]
    content = ("\n".join(lines) + "\n").encode(encoding)
    bank.deliver("posting", FIRST, "I", content)
    assert bank.night(FIRST)["posting"].status == "loaded", bank.night(FIRST)["posting"].message
    assert bank.ods("select owner_name from ods.posting order by src_line") == [(name or None,) for name in names]


DAMAGE = st.sampled_from([
    lambda row: row, lambda row: row, lambda row: row,
    lambda row: row.replace(b".50", b".5x"), lambda row: row + b"|", lambda row: row.replace(b"|C|", b"|Q|"), lambda row: b"",
    lambda row: row.replace(b"2026-06", b"2026-13"), lambda row: b"\xc3" + row, lambda row: row.replace(b"|Y", b"|\x1d"),
    lambda row: b"P1|" + row.split(b"|", 1)[1], lambda row: row.replace(b"P", b""),
])


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damages=st.lists(DAMAGE, max_size=30), limit=st.sampled_from([0, 0.3, 1]))
def test_every_row_is_loaded_or_in_quarantine(tmp_path_factory, damages, limit):
    bank = Bank(tmp_path_factory.mktemp("bank"))
    bank.journal(bad_share=limit, allow_empty="true")
    good = [f"P{at}|王小明|{at}.50|1|C|{FIRST}|Y".encode() for at in range(len(damages))]
    content = b"\n".join([HEADER.encode(), *(damage(row) for damage, row in zip(damages, good, strict=True))]) + b"\n"
    [data, control] = bank.deliver("posting", FIRST, "I", content)
    control.write_text(f"{data.name}|{len(content)}|{len(damages)}|{hashlib.md5(content).hexdigest()}\nTOTAL|{len(content)}|{len(damages)}|\n")  # noqa: S324
    fact = bank.night(FIRST)["posting"]
    assert fact.rows_in == len(damages)
    quarantined = bank.quarantined("posting", "2026-06-28")
    loaded = bank.ods("select src_line from ods.posting")
    assert fact.rows_quarantined == len(quarantined)
    assert fact.rows_loaded == len(loaded)
    if fact.status == "loaded":
        assert fact.rows_loaded + fact.rows_quarantined == fact.rows_in
        assert sorted([row[0] for row in loaded] + [row["line"] for row in quarantined]) == list(range(2, len(damages) + 2))
    else:
        assert fact.status == "over_limit"
        assert fact.rows_quarantined > limit * fact.rows_in
        assert fact.rows_loaded == 0


def test_quoted_fields_may_hold_separators_quotes_and_line_ends(bank):
    bank.journal(quote="'\"'")
    content = f'{HEADER}\nP1|"a|b ""c""\nd"|1|1|C|{FIRST}|Y\nP2|"e\r\nf"|1|1|C|{FIRST}|Y\n'.encode()
    [data, control] = bank.deliver("posting", FIRST, "I", content)
    control.write_text(f"{data.name}|{len(content)}|2|{hashlib.md5(content).hexdigest()}\nTOTAL|{len(content)}|2|\n")  # noqa: S324
    assert bank.night(FIRST)["posting"].status == "loaded"
    assert bank.ods("select owner_name, src_line from ods.posting order by 2") == [('a|b "c"\nd', 2), ("e\r\nf", 4)]


def test_a_quote_that_is_never_closed_costs_rows_and_is_told(bank):
    bank.journal(quote="'\"'", bad_share=1)
    content = f'{HEADER}\nP1|"a"|1|1|C|{FIRST}|Y\nP2|"never|1|1|C|{FIRST}|Y\n'.encode()
    bank.deliver("posting", FIRST, "I", content)
    fact = bank.night(FIRST)["posting"]
    assert (fact.rows_loaded, fact.rows_quarantined) == (1, 1)
    assert bank.quarantined("posting", "2026-06-28")[0]["rule"] == "quoting"
