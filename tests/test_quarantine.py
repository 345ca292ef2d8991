"""Bad rows: kept with place and bytes, shown without what is personal, taken in once the cause is mended."""

from __future__ import annotations

import stat

import pytest
from typer.testing import CliRunner

from tagmart.cli import app
from tagmart.core.errors import BusyError, TagmartError
from tagmart.core.locking import writer_lock
from tagmart.ingest import accept_delivery
from tagmart.ingest.quarantine import read_quarantine
from tagmart.ingest.replay import replay_delivery
from tests.tiny_bank import FIRST, FULL, HEADER, JOURNAL, SECOND, THIRD, Bank, rows

DAY = SECOND.isoformat()


@pytest.fixture
def bank(tmp_path, monkeypatch) -> Bank:
    monkeypatch.delenv("TAGMART_LANDING", raising=False)
    bank = Bank(tmp_path)
    monkeypatch.setattr("tagmart.cli.quarantine.settings_for", lambda name: bank.settings)
    bank.journal(bad_share=0.5)
    bank.deliver("posting", FIRST, "I", rows(FIRST, 1))
    bank.night(FIRST)
    return bank


def tagmart(*words: str) -> str:
    done = CliRunner(env={"COLUMNS": "300"}).invoke(app, ["quarantine", *words])
    assert done.exit_code == 0, done.output
    return done.output


def bad_day(bank: Bank) -> None:
    """Four rows in two parts: a side that the contract does not know, an amount that is none, a name that is too long."""
    first = rows(SECOND, 2, 3).replace("|3|C|", "|3|X|")
    second = rows(SECOND, 4, 5).replace("4.50", "four").replace("P5|王小明", "P5|" + "长" * 13)
    bank.deliver("posting", SECOND, "J", first, second + rows(SECOND, 6, 7, 8).split("\n", 1)[1])
    assert bank.night(SECOND)["posting"].rows_quarantined == 3


def test_every_row_is_kept_with_its_place_and_its_bytes(bank):
    bad_day(bank)
    found = list(read_quarantine(bank.settings.quarantine, "posting", DAY))
    assert [(row.file[-7:-4], row.line, row.column, row.seen) for row in found] == [
        ("001", 3, "side", "X"), ("002", 2, "amt", "four"), ("002", 3, "owner_name", "长***")]
    for row in found:
        content = (bank.folder(SECOND) / row.file).read_bytes()
        assert content[row.offset :].startswith(row.content)
        assert content[: row.offset].count(b"\n") == row.line - 1
    assert found[1].text == "P4|王小明|four|4|C|2026-06-29|Y"
    folder = bank.settings.quarantine / DAY
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "posting.jsonl")] == [0o700, 0o600]


def test_the_operator_sees_what_there_is_and_nothing_personal(bank):
    assert "nothing is in quarantine" in tagmart("list")
    bad_day(bank)
    listed = tagmart("list", "--feed", "posting", "--date", "20260629")
    assert all(word in listed for word in ("one of C, D", "decimal(9,2)", "at most 12 characters", "4 rows loaded"))
    assert "nothing is in quarantine" in tagmart("list", "--date", FIRST.isoformat())
    shown = tagmart("show", "posting", DAY)
    assert "posting_20260629_J_001.dat, line 3, byte" in shown
    assert "post_no=P4 | owner_name=王*** | amt=four" in shown
    assert "王小明" not in shown
    assert "长长" not in shown
    assert tagmart("show", "posting", DAY, "--rule", "one of C, D").count("line ") == 1
    assert "and 2 more" in tagmart("show", "posting", DAY, "--limit", "1")
    raw = tagmart("show", "posting", DAY, "--raw")
    assert "personal data" in raw
    assert "P4|王小明|four|4|C|2026-06-29|Y" in raw


def test_a_replay_takes_what_passes_now_and_says_which_nights_lack_it(bank):
    bad_day(bank)
    bank.state.put("run", {"run_id": "r1", "bank": "tiny", "biz_date": DAY, "status": "published", "started_at": "2026-06-30"})
    bank.contract(JOURNAL.format(encoding="utf-8", quote="none", bad_share=0.5, allow_empty="false")
                  .replace("values: [C, D]", "values: [C, D, X]"))
    said = tagmart("replay", "posting", DAY)
    assert "posting 2026-06-29: 5 rows loaded (4 before), 2 in quarantine" in said
    assert "built without this: 2026-06-29; make them anew: tagmart restate --bank tiny --from 2026-06-29" in said
    assert bank.ods("select count(*) from ods.posting where side = 'X'") == [(1,)]
    assert [row["column_name"] for row in bank.state.rows("select * from quarantine order by file, first_line")] == ["amt", "owner_name"]
    arrival = bank.state.row("select * from arrival where biz_date = ?", DAY)
    assert (arrival["rows_in"], arrival["rows_loaded"], arrival["rows_quarantined"], arrival["replaced"]) == (7, 5, 2, 0)
    assert bank.night(SECOND)["posting"].status == "unchanged"
    again = replay_delivery(bank.settings, bank.state, "posting", DAY)
    assert (again.loaded_before, again.loaded, again.nights) == (5, 5, ())


def test_corrected_records_take_the_place_of_the_quarantined_ones(bank, tmp_path):
    bad_day(bank)
    mended = tmp_path / "mended.txt"
    records = [f"P{number}|王小明|{number}.00|{number}|C|{SECOND}|Y\n" for number in (3, 4, 5)]
    mended.write_text("".join(records[:2]))
    with pytest.raises(TagmartError, match="2 records, 3 in quarantine"):
        replay_delivery(bank.settings, bank.state, "posting", DAY, mended)
    mended.write_text("".join(records).replace("5.00", "five"))
    with pytest.raises(TagmartError, match="do not all pass; nothing was changed"):
        replay_delivery(bank.settings, bank.state, "posting", DAY, mended)
    assert len(bank.quarantined("posting", DAY)) == 3
    mended.write_text("".join(records))
    assert "7 rows loaded (4 before), 0 in quarantine" in tagmart("replay", "posting", DAY, "--with", str(mended))
    assert bank.ods("select amt::int, src_file[-7:-5], src_line from ods.posting where post_no in ('P3', 'P4', 'P5') order by 1") == [
        (3, "001", 3), (4, "002", 2), (5, "002", 3)]
    assert (bank.quarantined("posting", DAY), bank.state.rows("select * from quarantine")) == ([], [])
    assert bank.night(SECOND)["posting"].status == "unchanged"
    [kept] = (bank.settings.quarantine / DAY).iterdir()
    assert (kept.read_text(), stat.S_IMODE(kept.stat().st_mode)) == ("".join(records), 0o600)


def test_a_replay_that_is_refused_changes_nothing(bank):
    bad_day(bank)
    before = bank.ods("select * from ods.posting order by all")
    bank.journal(bad_share=0.1)
    with pytest.raises(TagmartError, match="still over its limit"):
        replay_delivery(bank.settings, bank.state, "posting", DAY)
    with writer_lock(bank.settings.home, "run-9", "ingest"), pytest.raises(BusyError):
        replay_delivery(bank.settings, bank.state, "posting", DAY)
    with pytest.raises(TagmartError, match="no night has loaded"):
        bank.deliver("posting", SECOND.replace(day=30), "J", rows(SECOND.replace(day=30), 9))
        replay_delivery(bank.settings, bank.state, "posting", "2026-06-30")
    with pytest.raises(TagmartError, match="not in the landing folder"):
        replay_delivery(bank.settings, bank.state, "posting", "2026-06-27")
    with pytest.raises(TagmartError, match="Did you mean 'posting'"):
        replay_delivery(bank.settings, bank.state, "postings", DAY)
    bank.deliver("posting", SECOND, "J", rows(SECOND, 2), rows(SECOND, 3))
    with pytest.raises(TagmartError, match="another delivery lies there"):
        replay_delivery(bank.settings, bank.state, "posting", DAY)
    assert bank.ods("select * from ods.posting order by all") == before
    assert bank.state.row("select rows_loaded from arrival where biz_date = ?", DAY) == {"rows_loaded": 4}


def test_a_replay_passes_the_shrink_guard_like_any_delivery(bank):
    def branches(day, kind, *numbers):
        bank.deliver("branch", day, kind, "branch_id|branch_name\n" + "".join(f"B{number}|{'行' * (21 if number == 9 else 1)}\n" for number in numbers))

    bank.contract(FULL.replace("key:", "limits: {bad_share: 0.5, shrink: 0.5}\nkey:"))
    branches(FIRST, "I", 1, 2, 3, 4)
    branches(SECOND, "F", 1, 2, 9)
    assert bank.night(SECOND)["branch"].rows_quarantined == 1
    # The day before is sent again, and is larger than anybody knew.
    branches(FIRST, "I", 1, 2, 3, 4, 5, 6, 7)
    assert bank.night(SECOND)["branch"].status == "loaded"
    bank.contract(FULL.replace("string(20)", "string(40)").replace("key:", "limits: {bad_share: 0.5, shrink: 0.5}\nkey:"))
    before = bank.ods("select * from hist.branch order by all")
    with pytest.raises(TagmartError, match=r"has shrunk: .* 3 rows, 7 on 2026-06-28; it may lose 50%.*tagmart accept branch 20260629"):
        replay_delivery(bank.settings, bank.state, "branch", DAY)
    assert bank.ods("select * from hist.branch order by all") == before
    assert len(bank.quarantined("branch", DAY)) == 1
    accept_delivery(bank.settings, bank.state, "branch", SECOND, "four were closed")
    done = replay_delivery(bank.settings, bank.state, "branch", DAY)
    assert (done.loaded, done.in_quarantine, done.notes) == (3, 0, ("delivery of 2026-06-29: a person has accepted it with however few rows",))
    # The word stands for this delivery, so it can be taken again, and for no other of the date.
    assert replay_delivery(bank.settings, bank.state, "branch", DAY).loaded == 3
    branches(SECOND, "F", 1, 2)
    assert "has shrunk" in bank.night(SECOND)["branch"].message


def test_a_record_over_several_lines_is_kept_whole(bank):
    bank.journal(quote="'\"'", bad_share=1)
    record = f'P9|"a\nb|c"|none|1|C|{SECOND}|Y\n'
    bank.deliver("posting", SECOND, "J", f'{HEADER}\nP8|"x"|1|1|C|{SECOND}|Y\n{record}')
    [data] = (bank.folder(SECOND)).glob("*.dat")
    control = bank.folder(SECOND) / "posting_20260629_J.ok"
    control.write_text(control.read_text().replace("|3|", "|2|"))
    bank.night(SECOND)
    [row] = read_quarantine(bank.settings.quarantine, "posting", DAY)
    assert (row.content.decode(), row.line, row.column) == (record, 3, "amt")
    assert data.read_bytes()[row.offset :] == record.encode()


BROKEN = {
    "a value": b"B002|" + "长".encode() * 21, "bytes": b"B002|\xff\xfe", "a field too many": b"B002|x|y",
    "the key's bytes": b"B00\xff|x", "an empty key": b"|x",
}


@pytest.mark.parametrize(("broken", "stays"), zip(BROKEN, (True, True, True, False, False), strict=True))
def test_a_row_in_quarantine_closes_its_key_only_if_the_key_cannot_be_read(bank, broken, stays):
    bank.contract(FULL.replace("key:", "limits: {bad_share: 0.5, shrink: 1}\nkey:"))
    head = "branch_id|branch_name\n"
    bank.deliver("branch", FIRST, "I", head + "B001|一\nB002|二\nB003|三\n")
    bank.night(FIRST)
    bank.deliver("branch", SECOND, "F", f"{head}B001|一\n".encode() + BROKEN[broken] + b"\n")
    fact = bank.night(SECOND)["branch"]
    assert (fact.rows_loaded, fact.rows_quarantined) == (1, 1)
    held = [("B001", "一", "9999-12-31"), ("B002", "二", "9999-12-31" if stays else DAY), ("B003", "三", DAY)]
    states = "select branch_id, branch_name, valid_to::varchar from hist.branch order by branch_id, valid_from"
    assert bank.ods(states) == held
    assert ("1 key came only in a row that is in quarantine: it stays as before" if stays else "without a key that can be read") in fact.notes
    mended = bank.root / "mended"
    mended.write_text("B002|二二\n", "utf-8")
    assert replay_delivery(bank.settings, bank.state, "branch", DAY, mended).notes == ()
    assert bank.ods(states) == [held[0], ("B002", "二", DAY), ("B002", "二二", "9999-12-31"), held[2]]


@pytest.mark.parametrize("fields", ["quoted", "fixed"])
def test_keys_are_read_from_broken_records_of_other_forms_too(bank, fields):
    text = FULL.replace("key:", "limits: {bad_share: 0.5, shrink: 1}\nkey:").replace("utf-8", "gb18030")
    if fields == "quoted":
        text = text.replace('quote: none', "quote: '\"'")
        good, head, broken = '"B|01","一"\r\n'.replace(",", "|"), "branch_id|branch_name\r\n", '"B|02"|"二"|"三"\r\n'
    else:
        text = text.replace('separator: "|"', "separator: fixed").replace("header: true", "header: false").replace(
            "string(4), required: true}", "string(4), required: true, width: 4}").replace(
            "string(20), required: true}", "string(20), required: true, width: 6}")
        good, head, broken = "B|01一    \n", "", "B|02二\n"
    bank.contract(text)
    rows_of = len(head.splitlines())
    for day, kind, content in ((FIRST, "I", good + good.replace("01", "02")), (SECOND, "F", good + broken), (THIRD, "F", good)):
        *_, control = bank.deliver("branch", day, kind, head + content, encoding="gb18030")
        if not rows_of:
            control.write_text(control.read_text().replace(f"|{len(content.splitlines()) - 1}|", f"|{len(content.splitlines())}|"))
    facts = bank.night(THIRD)
    assert facts["branch"].status == "loaded", facts["branch"].message
    assert bank.ods("select branch_id, valid_to::varchar from hist.branch order by 1") == [
        ("B|01", "9999-12-31"), ("B|02", THIRD.isoformat())]
