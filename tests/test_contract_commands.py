"""The commands around contracts: a draft from a sample that accepts the sample, a file tried, pages that are current."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn.ric import calc_check_digit
from typer.testing import CliRunner

from tagmart.cli import app
from tagmart.contracts import load_contracts
from tagmart.contracts.docs import write_docs
from tagmart.core.errors import TagmartError
from tagmart.ingest.infer import draft_contract
from tagmart.ingest.trial import contract_for, try_file
from tests.tiny_bank import FIRST, SECOND, Bank, rows

NAMES = ["acct_no", "cust_name", "id_no", "amt", "open_date", "close_date", "upd_time", "is_own", "status_code", "remark"]
PEOPLE = ["王小㛃", "𠮷田示例", "㐀㐁", "阿·买买提", "李　四"]
# Of a region that is given to nobody; the last is the check character.
IDS = [first + calc_check_digit(first + "0") for first in ("99010119900101001", "99010119900101002", "99010119900101003")]


def good_rows(count: int = 60, date: str = "%Y-%m-%d") -> list[list[str]]:
    return [
        [f"A{number:06d}", PEOPLE[number % 5], IDS[number % 3], f"{number}.{number % 100:02d}", f"{FIRST:{date}}",
         "" if number % 2 else "99991231" if date == "%Y%m%d" else "9999-12-31", f"2026-06-28 10:00:{number % 60:02d}",
         "YN"[number % 2], ["open", "closed"][number % 2], "" if number % 7 else "x y"]
        for number in range(1, count + 1)
    ]


def written(records: list[list[str]], separator: str, *, quote: bool = False, trailing: bool = False, end: str = "\n") -> str:
    if quote:
        out = io.StringIO()
        csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator=end).writerows(records)
        return out.getvalue()
    return "".join(separator.join(record) + (separator if trailing else "") + end for record in records)


def inferred(folder: Path, name: str, content: bytes, feed: str | None = None):
    """The contract drafted from a file, loaded, and the trial of the file under it."""
    sample = folder / name
    sample.write_bytes(content)
    text = draft_contract(sample, feed)
    draft = folder / "contracts" / "core" / f"{text.split('feed: ', 1)[1].splitlines()[0]}.yml"
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text(text, encoding="utf-8")
    contracts = load_contracts(folder / "contracts")
    contract = contract_for(contracts, sample)
    return contract, try_file(contract, sample)


@pytest.mark.parametrize(("encoding", "separator", "options"), [
    ("utf-8", "|", {}), ("utf-8-sig", "\t", {}), ("gb18030", "|@|", {}), ("gb18030", "|!|", {"trailing": True}),
    ("gb18030", "@|$|@", {}), ("utf-8", ",", {"quote": True}), ("utf-8", "\x1d", {"header": False}),
    ("gb18030", "\x03", {"header": False, "frame": True, "date": "%Y%m%d"}), ("utf-8", "|", {"trailing": True, "end": "\r\n"}),
    ("utf-8", "#~#", {}), ("utf-8", "|", {"packed": True}),
])
def test_a_draft_loads_and_accepts_its_sample(tmp_path, encoding, separator, options):
    date = options.pop("date", "%Y-%m-%d")
    header, frame, packed = options.pop("header", True), options.pop("frame", False), options.pop("packed", False)
    records = ([NAMES] if header else []) + good_rows(date=date)
    if frame:
        records = [["HDR", "demo", "20260628"], *records, ["TRL", "60"]]
    content = written(records, separator, **options).encode(encoding)
    name = "acct_20260628_F_001.dat" + (".gz" if packed else "")
    contract, trial = inferred(tmp_path, name, gzip.compress(content) if packed else content)
    assert (trial.taken.rows_in, trial.taken.rows_loaded, trial.bad) == (60, 60, {})
    assert (contract.feed, contract.load, contract.form.encoding, contract.form.separator) == ("acct", "full", encoding, separator)
    assert (contract.form.header, contract.form.trailing) == (header, options.get("trailing", False))
    assert contract.files.name == "acct_{biz_date}_{kind}_{part}.dat" + (".gz" if packed else "")
    assert [str(column.type) for column in contract.columns] == [
        "string(8)", "string(8)", "string(32)", "decimal(18,2)", "date", "date", "timestamp", "boolean", "string(8)", "string(4)"]
    assert [column.check for column in contract.columns][2] == "resident_id"
    assert [column.personal for column in contract.columns][1:3] == ["C2", "C2"]
    assert contract.columns[8].values == ("closed", "open")
    assert contract.key == (contract.columns[0].name,)
    assert contract.row_date == contract.columns[4].name
    assert contract.form.no_date == (("99991231",) if date == "%Y%m%d" else ("9999-12-31",))
    if frame:
        assert [one.says for one in contract.form.head] == ["=HDR", "any", "biz_date"]
        assert [one.says for one in contract.form.tail] == ["=TRL", "rows"]


def test_a_delta_a_header_in_chinese_and_a_file_that_comes_once(tmp_path):
    delta = written([["op", *NAMES], *(["U", *row] for row in good_rows())], "|").encode()
    assert inferred(tmp_path, "acct_20260629_D_001.dat", delta)[0].load == "delta"
    chinese = written([["账号", "户名"], *([f"A{number}", "王小明"] for number in range(9))], "|").encode("gb18030")
    contract, trial = inferred(tmp_path, "客户表.txt", chinese, "party")
    assert (contract.load, trial.taken.rows_loaded, contract.columns[0].description) == ("static", 9, "账号")
    with pytest.raises(TagmartError, match="never takes in a password"):
        inferred(tmp_path, "user_20260629_F_001.dat", b"user_id|login_pwd\nA1|x\nA2|y\n")
    with pytest.raises(TagmartError, match="they are not of one length in bytes"):
        inferred(tmp_path, "fixed_20260629_F_001.dat", b"A0001 12\nA0002 130\nA003 7\n")


def test_a_draft_of_fixed_width_says_what_it_sees_and_what_is_a_guess(tmp_path):
    names = ["王小明", "李㛃", "欧阳𠮷", "陈䶮"]
    lines = ["HDR20260628"]
    for number in range(60):
        name = names[number % 4].encode("gb18030").ljust(20).decode("gb18030")
        amount = f"{'-' if number % 7 == 0 else ''}{number * 37 % 5000}.{number % 100:02d}"
        lines.append(f"{6222000 + number:<12}{name}20260628{amount:>18}{'open  ' if number % 3 else 'closed'}{'YN'[number % 2]}{number % 13:>4}")
    lines.append("TRL          60")
    contract, trial = inferred(tmp_path, "acct_20260628_F_001.dat", "".join(f"{line}\r\n" for line in lines).encode("gb18030"))
    assert (trial.taken.rows_in, trial.taken.rows_loaded, trial.bad) == (60, 60, {})
    assert (contract.form.is_fixed, contract.form.crlf, contract.form.encoding) == (True, True, "gb18030")
    assert [(column.width, str(column.type)) for column in contract.columns] == [
        (12, "integer"), (20, "string(4)"), (8, "date"), (18, "decimal(18,2)"), (6, "string(8)"), (1, "boolean"), (4, "integer")]
    assert [(one.says, one.width) for one in contract.form.head] == [("=HDR", 3), ("biz_date", 8)]
    assert [(one.says, one.width) for one in contract.form.tail] == [("=TRL", 3), ("rows", 12)]
    assert (contract.key, contract.row_date) == (("c01",), "c03")
    drafted = draft_contract(tmp_path / "acct_20260628_F_001.dat")
    assert "a record is 69 bytes, that is certain; where its fields begin and end is guessed" in drafted


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_sample_of_fixed_width_is_accepted_by_its_draft(tmp_path_factory, data):
    """Wherever the draft cuts, in whatever encoding, every row of the sample comes in."""
    encoding = data.draw(st.sampled_from(["utf-8", "gb18030"]))
    kinds = data.draw(st.lists(st.sampled_from(["1", "007", "-3.50", "12.5-", "20260628", "99991231", "Y", "", "a b", "㐀𠮷", "9" * 12]), max_size=6))
    widths = [len(kind.encode(encoding)) + data.draw(st.integers(0, 5)) for kind in kinds]
    rows = []
    for number in range(data.draw(st.integers(2, 8))):
        record = f"K{number:05d}".encode()
        for kind, width in zip(kinds, widths, strict=True):
            cell = data.draw(st.sampled_from([kind, kind, ""])).encode(encoding)
            record += data.draw(st.sampled_from([cell.ljust(width), cell.rjust(width)]))
        rows.append(record)
    _, trial = inferred(tmp_path_factory.mktemp("sample"), "any_20260628_F_001.dat", b"\n".join(rows) + b"\n")
    assert (trial.taken.rows_loaded, trial.bad) == (len(rows), {})


@settings(max_examples=40, deadline=None)
@given(
    columns=st.lists(st.sampled_from(["1", "007", "-3.50", "12.5-", "2026-02-30", "2026-06-28", "20260628", "99991231", "Y", "", "a b", "㐀𠮷",
                              "9" * 12]), min_size=1, max_size=6),
    values=st.data(), separator=st.sampled_from(["|", "|@|", "\t", "\x03", ","]), encoding=st.sampled_from(["utf-8", "gb18030"]),
)
def test_any_sample_is_accepted_by_its_draft(tmp_path_factory, columns, values, separator, encoding):
    """Whatever stands in the columns, the draft must not say more than the sample shows."""
    cells = [st.sampled_from([value, value, ""]) if at else st.just(value) for at, value in enumerate(columns)]
    records = [[f"K{number}", *(values.draw(cell) for cell in cells)] for number in range(values.draw(st.integers(2, 8)))]
    folder = tmp_path_factory.mktemp("sample")
    header = ["key_no", *(f"col_{at}" for at, _ in enumerate(columns))]
    content = written([header, *records], separator).encode(encoding)
    _, trial = inferred(folder, "any_20260628_F_001.dat", content)
    assert (trial.taken.rows_loaded, trial.bad) == (len(records), {})


@pytest.fixture
def bank(tmp_path, monkeypatch) -> Bank:
    monkeypatch.setenv("TAGMART_ROOT", str(tmp_path))
    bank = Bank(tmp_path)
    bank.journal(bad_share=0.3)
    return bank


def test_check_tells_place_and_rule_and_stores_nothing(bank, monkeypatch):
    monkeypatch.setattr("tagmart.cli.contract.settings_for", lambda bank_name: bank.settings)
    text = rows(SECOND, 1, 2, 3, 4).replace("2.50", "two")
    [data, _] = bank.deliver("posting", SECOND, "J", text)
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["contract", "check", str(data)])
    assert done.exit_code == 0, done.output
    assert "feed posting, 2026-06-29, kind J; 4 rows, 1 bad" in done.output
    offset = text.encode().index(b"P2|")
    assert all(word in done.output for word in ("amt", "decimal(9,2)", "two", f"{offset}", "would be loaded"))
    assert not bank.settings.warehouse.exists()
    refused = CliRunner().invoke(app, ["contract", "check", str(data), "--date", "2026-06-30"])
    assert refused.exit_code == 1
    bank.journal(bad_share=0)
    over = CliRunner().invoke(app, ["contract", "check", str(data)])
    assert (over.exit_code, "would be refused" in over.output) == (1, True)
    with pytest.raises(TagmartError, match="of no feed"):
        contract_for(load_contracts(bank.settings.contracts_dir), Path("postings.csv"))


def test_pages_are_made_of_every_contract_and_others_removed(tmp_path):
    root = Path(__file__).parents[1]
    (tmp_path / "expectations").mkdir()
    (tmp_path / "expectations" / "contracts").symlink_to(root / "expectations" / "contracts")
    left = tmp_path / "docs" / "feeds" / "demo" / "gone.md"
    left.parent.mkdir(parents=True)
    left.write_text("a feed that is no more")
    assert write_docs(tmp_path).stale
    assert not left.exists()
    assert write_docs(tmp_path, check=True).stale == ()
    for page in (tmp_path / "docs" / "feeds").rglob("*.md"):
        tables = [line.replace("\\|", "") for line in page.read_text("utf-8").splitlines() if line.startswith("| ")]
        assert all(line.endswith(" |") for line in tables), page
