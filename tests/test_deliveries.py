"""Control files of every form: what they say is verified, and each thing that does not agree is refused in its own words."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tagmart.contracts import load_contracts
from tagmart.core.errors import TagmartError
from tagmart.ingest.control import Counted, frame_facts, read_manifest, reconcile, verify_content
from tagmart.ingest.landing import Delivery, find_daily, names_in, strangers
from tests.tiny_bank import FIRST, FULL, HEADER, SECOND, THIRD, Bank, rows

PAY = """
feed: pay
title: {{zh: 代发, en: Payroll}}
description: One row is a payment.
load: journal
owner: payroll system
files:
  name: "pay_{{biz_date}}_{{kind}}_{{part}}.dat{packed}"
  control: "pay_{{biz_date}}_{{kind}}.{ending}"
  delivery: daily
  control_form: {form}
  sums: {sums}
form: {{encoding: utf-8, separator: "|", quote: none, header: {header}{frame}}}
key: [pay_no]
columns:
  - {{name: pay_no, type: string(8), required: true}}
  - {{name: amt, type: "decimal(9,2)"}}
"""
ENDINGS = {"list": "ok", "keys": "ctl", "flag": "flg"}


@dataclass
class Sent:
    """A delivery of `pay` as its source writes it; what a test changes is wrong with it."""

    bank: Bank
    day: date = FIRST
    kind: str = "I"
    parts: tuple[str, ...] = ("pay_no|amt\n1|1.50\n2|2.50\n", "pay_no|amt\n3|3.00\n")
    form: str = "keys"
    packed: str = ""
    sums: tuple[str, ...] = ()
    frame: str = ""
    header: bool = True
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.bank.folder(self.day)

    def path(self, number: int) -> Path:
        return self.folder / f"pay_{self.day:%Y%m%d}_{self.kind}_{number:03d}.dat{self.packed}"

    @property
    def control(self) -> Path:
        return self.folder / f"pay_{self.day:%Y%m%d}_{self.kind}.{ENDINGS[self.form]}"

    @property
    def counts(self) -> list[int]:
        return [len(text.splitlines()) - self.header for text in self.parts]

    def contract(self):
        self.bank.contract(PAY.format(form=self.form, ending=ENDINGS[self.form], packed=self.packed, frame=self.frame,
                                      sums=f"[{', '.join(self.sums)}]", header=str(self.header).lower()))
        return load_contracts(self.bank.settings.contracts_dir)["pay"]

    def send(self) -> Sent:
        self.contract()
        for number, text in enumerate(self.parts, start=1):
            content = text.encode()
            self.path(number).write_bytes(gzip.compress(content, mtime=0) if self.packed else content)
        contents = [self.path(number).read_bytes() for number in range(1, len(self.parts) + 1)]
        facts = [(self.path(number + 1).name, len(content), self.counts[number], hashlib.md5(content).hexdigest())  # noqa: S324
                 for number, content in enumerate(contents)]
        totals = {"amt": Decimal("7.00")} if self.sums else {}
        if self.form == "list":
            lines = [f"{name}|{size}|{count}|{digest}" for name, size, count, digest in facts]
            lines += [f"SUM|{name}|{total}|" for name, total in totals.items()]
            lines += [f"TOTAL|{sum(one[1] for one in facts)}|{sum(one[2] for one in facts)}|"]
        elif self.form == "keys":
            says = {"BANK": "tiny", "FEED": "pay", "BIZ_DATE": f"{self.day:%Y%m%d}", "KIND": self.kind, "BATCH": "1",
                    "PARTS": str(len(facts))} | self.keys
            lines = [f"{key}={value}" for key, value in says.items()]
            lines += [f"{key}={value}" for one in facts
                      for key, value in zip(("FILE", "BYTES", "ROWS", "MD5"), one, strict=True)]
            lines += [f"SUM.{name}={total}" for name, total in totals.items()]
        else:
            lines = [str(sum(self.counts))]
        self.control.write_text("\n".join(lines) + "\n", "utf-8")
        return self

    def delivery(self) -> Delivery:
        return find_daily(self.contract(), self.bank.settings.landing, self.day, names_in(self.bank.settings.landing, self.day))

    def read(self, bank: str = "tiny"):
        return read_manifest(self.contract(), self.delivery(), bank)

    def check(self, **found: object) -> None:
        """Verify and reconcile, with what reading the parts would have found."""
        manifest = self.read()
        verify_content(manifest)
        counted = {"rows": tuple(self.counts), "sums": {"amt": Decimal("7.00")} if self.sums or "sum:" in self.frame else {}}
        reconcile(self.contract(), self.delivery(), manifest, Counted(**counted | found))

    def edit(self, before: str, after: str) -> None:
        text = self.control.read_text("utf-8")
        assert before in text
        self.control.write_text(text.replace(before, after, 1), "utf-8")


@pytest.fixture
def bank(tmp_path, monkeypatch) -> Bank:
    monkeypatch.delenv("TAGMART_LANDING", raising=False)
    return Bank(tmp_path)


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("sums", [(), ("amt",)])
@pytest.mark.parametrize("form", ENDINGS)
def test_every_form_is_read_and_agrees(bank, form, sums, packed):
    sent = Sent(bank, form=form, sums=sums, packed=packed).send()
    sent.check()
    manifest = sent.read()
    assert manifest.rows_declared == 3
    assert manifest.rows == ((None, None) if form == "flag" else (2, 1))
    assert manifest.batch_no == (1 if form == "keys" else None)
    assert manifest.sums == ({"amt": Decimal("7.00")} if sums and form != "flag" else {})
    assert manifest.size == sum(sent.path(number).stat().st_size for number in (1, 2))
    # The same files have the same md5, whichever form declares it.
    digests = [hashlib.md5(sent.path(number).read_bytes()).hexdigest() for number in (1, 2)]  # noqa: S324
    assert manifest.md5 == hashlib.md5("\n".join(digests).encode()).hexdigest()  # noqa: S324


def test_a_flag_may_be_empty(bank):
    sent = Sent(bank, form="flag").send()
    sent.control.write_text("")
    sent.check(rows=(2, 1))
    assert sent.read().rows_declared is None


# form, what is done to the control file (before → after), what is said
GARBLED = [
    ("keys", "BANK=tiny", "BANK=other", "the control file is another bank's. Seen: bank 'other', expected 'tiny'"),
    ("keys", "FEED=pay", "FEED=payment", "of another feed than pay"),
    ("keys", "BIZ_DATE=20260628", "BIZ_DATE=20260627", "of another date than its folder (a stale file?)"),
    ("keys", "KIND=I", "KIND=J", "of another kind than its name"),
    ("keys", "PARTS=2", "PARTS=3", "2 listed, PARTS=3"),
    ("keys", "BATCH=1\n", "", "cut off: it has no BATCH"),
    ("keys", "BATCH=1", "BATCH=one", "line 5: the control file is corrupted"),
    ("keys", "ROWS=2\n", "", "cut off: it has no ROWS. Seen: pay_20260628_I_001.dat"),
    ("keys", "ROWS=2", "ROWS=2\nROWS=2", "line 10: the control file is corrupted"),
    ("keys", "ROWS=2", "WORS=2", "the control file is corrupted"),
    ("keys", "ROWS=2", "ROWS 2", "the control file is corrupted"),
    ("keys", "_002.dat", "_001.dat", "lists a file twice. Seen: pay_20260628_I_001.dat"),
    ("keys", "pay_20260628_I_002", "pay_20260627_I_002", "lists a file of another delivery"),
    ("keys", "pay_20260628_I_002", "txn_20260628_I_002", "lists a file of another feed than pay"),
    ("keys", "_002.dat", "_003.dat", "a file that the control file lists is missing"),
    ("keys", "SUM.amt=7.00\n", "", "declares no total of column amt"),
    ("keys", "SUM.amt=7.00", "SUM.amt=x", "the control file is corrupted"),
    ("keys", "SUM.amt=7.00", "SUM.atm=7.00", "declares no total of column amt"),
    ("keys", "SUM.amt=7.00", "SUM.amt=7.00\nSUM.fee=1", "the total of a column that the contract does not know. Seen: fee"),
    ("keys", "SUM.amt=7.00", "SUM.amt=7.01", "the total of column amt is not what the control file declares. Seen: 7.00, declared 7.01"),
    ("keys", "ROWS=2", "ROWS=3", "the file has fewer rows than the control file declares. Seen: 2 of 3 rows"),
    ("list", "SUM|amt|7.00|\n", "", "declares no total of column amt"),
    ("list", "SUM|amt|7.00|", "SUM|amt|6.00|", "the total of column amt is not what the control file declares"),
    ("list", "SUM|amt|7.00|", "SUM|amt|x|", "line 3: the control file is corrupted"),
    ("flag", "3", "4", "the delivery has fewer rows than the control file declares. Seen: 3 of 4 rows"),
    ("flag", "3", "2", "the delivery has more rows than the control file declares. Seen: 3 of 2 rows"),
    ("flag", "3", "1|王小明", "the flag file is corrupted"),
]


@pytest.mark.parametrize(("form", "before", "after", "words"), GARBLED)
def test_what_a_control_file_says_wrongly_is_told(bank, form, before, after, words):
    sent = Sent(bank, form=form, sums=("amt",)).send()
    sent.edit(before, after)
    with pytest.raises(TagmartError) as raised:
        sent.check()
    assert words in str(raised.value)
    assert "王小明" not in str(raised.value)


def test_an_md5_may_be_left_out_and_is_then_read(bank):
    sent = Sent(bank).send()
    whole = sent.read().md5
    digests = [line for line in sent.control.read_text("utf-8").splitlines() if line.startswith("MD5=")]
    for line in digests:
        sent.edit(line + "\n", "")
    sent.check()
    assert sent.read().md5 == whole


@pytest.mark.parametrize("form", ["keys", "list"])
@pytest.mark.parametrize(("spoil", "words"), [
    (lambda path: path.write_bytes(path.read_bytes()[:-1]), "the file is truncated"),
    (lambda path: path.write_bytes(path.read_bytes() + b"x"), "the file is longer than declared"),
    (lambda path: path.write_bytes(path.read_bytes()[::-1]), "(md5)"),
    (lambda path: path.unlink(), "a file that the control file lists is missing"),
])
def test_a_file_is_as_declared(bank, form, spoil, words):
    sent = Sent(bank, form=form).send()
    spoil(sent.path(2))
    with pytest.raises(TagmartError) as raised:
        sent.check()
    assert words in str(raised.value)


@pytest.mark.parametrize("form", ENDINGS)
def test_a_part_that_has_come_twice(bank, form):
    twice = "pay_no|amt\n1|1.50\n2|2.50\n"
    sent = Sent(bank, form=form, parts=(twice, twice)).send()
    with pytest.raises(TagmartError, match=r"a part has come twice: two parts have the same content.*_001.dat and .*_002.dat"):
        sent.check()
    # Two parts without rows are no harm.
    Sent(bank, form=form, parts=("pay_no|amt\n", "pay_no|amt\n")).send().check()


def test_a_part_that_lies_there_packed_and_not(bank):
    sent = Sent(bank, packed=".gz").send()
    sent.path(1).with_suffix("").write_text("pay_no|amt\n")
    with pytest.raises(TagmartError, match=r"a part has come twice, packed and not packed.*_001.dat"):
        sent.delivery()


def test_a_part_that_is_missing_where_nothing_lists_the_parts(bank):
    sent = Sent(bank, form="flag", parts=("pay_no|amt\n1|1\n", "pay_no|amt\n2|2\n", "pay_no|amt\n3|3\n")).send()
    sent.path(2).unlink()
    with pytest.raises(TagmartError, match="part 002 is missing"):
        sent.read()


def test_a_flag_without_data(bank):
    sent = Sent(bank, form="flag").send()
    for number in (1, 2):
        sent.path(number).unlink()
    with pytest.raises(TagmartError, match="the control file is there, and no data file"):
        sent.read()


FRAMED = ', head: ["=HDR", bank, feed, biz_date, batch_no], tail: ["=TRL", rows, "sum:amt"]'
HEAD = {"bank": "tiny", "feed": "pay", "biz_date": "20260628", "batch_no": "7"}
TAIL = {"rows": "2", "sum:amt": "7.00"}


def framed(bank: Bank, **change: object) -> Sent:
    return replace(Sent(bank, form="flag", frame=FRAMED, header=False, parts=(
        "HDR|tiny|pay|20260628|7\n1|3.00\n2|4.00\nTRL|2|7.00\n",)), **change)


@pytest.mark.parametrize(("head", "tail", "words"), [
    ({}, {}, None),
    ({"bank": "other"}, {}, "the file is another bank's. Seen: bank 'other', expected 'tiny'"),
    ({"feed": "txn"}, {}, "the file is of another feed than pay"),
    ({"biz_date": "20260627"}, {}, "of another date than the delivery (a stale file?). Seen: 20260627, expected 20260628"),
    ({"batch_no": "8"}, {}, "of another batch than the delivery. Seen: 8, expected 7"),
    ({"batch_no": "x"}, {}, "the batch number is not a whole number"),
    ({}, {"rows": "3"}, "tail record: the file has fewer rows than the record declares. Seen: 2 of 3 rows"),
    ({}, {"sum:amt": "7.01"}, "the total of column amt is not what the head or tail record declares. Seen: 7.00, declared 7.01"),
    ({}, {"sum:amt": "1e3"}, "in the head or tail record is not a number"),
])
def test_head_and_tail_records_are_reconciled(bank, head, tail, words):
    sent = framed(bank).send()
    sent.control.write_text("2")
    found = {"rows": (2,), "heads": (HEAD | head,), "tails": (TAIL | tail,)}
    if words is None:
        sent.check(**found)
        assert sent.read().batch_no == 7
        return
    with pytest.raises(TagmartError) as raised:
        sent.check(**found)
    assert words in str(raised.value)


def test_a_total_over_values_that_could_not_be_read_is_said_to_be_one(bank):
    sent = framed(bank).send()
    sent.control.write_text("2")
    found = {"rows": (2,), "heads": (HEAD,), "tails": (TAIL,), "sums": {"amt": None}}
    with pytest.raises(TagmartError, match=r"Seen: 3.00, declared 7.00; some values could not be read and count as 0"):
        sent.check(**found, partial_sums={"amt": Decimal("3.00")})
    sent.check(**found, partial_sums={"amt": Decimal("7.00")})


@pytest.mark.parametrize("fields", [["HDR", "tiny"], ["TRL", "tiny", "pay", "20260628", "7"], ["1", "王小明", "pay", "x", "7"]])
def test_another_record_is_no_head_and_is_not_shown(bank, fields):
    contract = framed(bank).contract()
    with pytest.raises(TagmartError, match="the head record is missing or is not as agreed") as raised:
        frame_facts(contract, contract.form.head, fields, "x.dat, line 1")
    assert "王小明" not in str(raised.value)


def test_another_banks_file_is_known_by_its_head(bank):
    sent = framed(bank).send()
    sent.control.write_text("2")
    with pytest.raises(TagmartError, match="another bank's"):
        reconcile(sent.contract(), sent.delivery(), sent.read("berka"), Counted(rows=(2,), heads=(HEAD,), tails=(TAIL,)))


def test_a_batch_that_was_sent_again_replaces_the_one_of_its_date_and_is_recorded(bank):
    Sent(bank, day=FIRST, kind="I").send()
    Sent(bank, day=SECOND, kind="J", parts=("pay_no|amt\n4|4.00\n",)).send()
    bank.night(SECOND)
    Sent(bank, day=FIRST, kind="I", parts=("pay_no|amt\n9|9.00\n",), keys={"BATCH": "2"}).send()
    (bank.folder(FIRST) / "pay_20260628_I_002.dat").unlink()
    fact = bank.night(SECOND)["pay"]
    assert fact.status == "loaded"
    assert "delivery of 2026-06-28: batch 2 replaces batch 1 of " in fact.notes
    assert fact.notes.endswith(", 3 → 1 rows")
    assert bank.ods("select pay_no from ods.pay order by 1") == [("4",), ("9",)]
    assert bank.state.rows("select biz_date, batch_no, replaced from arrival order by 1") == [
        {"biz_date": "2026-06-28", "batch_no": 2, "replaced": 1}, {"biz_date": "2026-06-29", "batch_no": 1, "replaced": 0},
    ]
    # An older batch that comes late is not the truth any more.
    Sent(bank, day=FIRST, kind="I", parts=("pay_no|amt\n1|1.00\n",), keys={"BATCH": "1"}).send()
    fact = bank.night(SECOND)["pay"]
    assert fact.status == "refused"
    assert "the batch is older than the one that is loaded (a stale file?). Seen: batch 1, loaded is batch 2" in fact.message
    assert bank.ods("select pay_no from ods.pay order by 1") == [("4",), ("9",)]


def test_a_batch_that_was_not_counted_up_is_taken_with_a_note(bank):
    Sent(bank, parts=("pay_no|amt\n1|1.00\n",)).send()
    bank.night(FIRST)
    Sent(bank, parts=("pay_no|amt\n2|2.00\n",)).send()
    fact = bank.night(FIRST)["pay"]
    assert (fact.status, fact.rows_loaded) == ("loaded", 1)
    assert "the source has not counted the batch up" in fact.notes


def test_a_flag_that_changes_its_mind_is_heard(bank):
    sent = Sent(bank, form="flag", parts=("pay_no|amt\n1|1.00\n",)).send()
    bank.night(FIRST)
    sent.control.write_text("2")
    fact = bank.night(FIRST)["pay"]
    assert fact.status == "refused"
    assert "1 of 2 rows" in fact.message


def test_a_file_that_belongs_to_no_feed_is_told_with_the_nearest(bank):
    bank.journal()
    bank.contract(FULL)
    bank.deliver("branch", FIRST, "I", "branch_id|branch_name\n1|总行\n")
    for path in bank.deliver("posting", FIRST, "I", rows(FIRST, 1)):
        path.rename(path.with_name(path.name.upper()))
    for name in ("notes.txt", "postin_20260628_I_001.dat", ".hidden"):
        (bank.folder(FIRST) / name).write_text(HEADER)
    fact = bank.night(FIRST)["posting"]
    assert fact.status == "missing"
    assert "The file POSTING_20260628_I.OK lies there and belongs to no feed: is it meant?" in fact.message
    told = {row["file"]: row["message"] for row in bank.state.rows("select * from strange_file")}
    assert {name: text.partition("contracts.")[2].strip() for name, text in told.items()} == {
        "POSTING_20260628_I.OK": "Did you mean 'posting'?", "POSTING_20260628_I_001.DAT": "Did you mean 'posting'?",
        "notes.txt": "", "postin_20260628_I_001.dat": "Did you mean 'posting'?",
    }
    bank.night(THIRD)
    assert bank.state.row("select count(*) as n from strange_file where run_id = 'run-2'") == {"n": 0}


def test_the_longest_feed_name_is_the_nearest(bank):
    contracts = {}
    for feed in ("pay", "pay_detail"):
        bank.contract(FULL.replace("branch", feed))
        contracts = load_contracts(bank.settings.contracts_dir)
    assert strangers(contracts, ["pay_detail_20260630.dat", "pay_2026.dat"]) == {
        "pay_detail_20260630.dat": "pay_detail", "pay_2026.dat": "pay",
    }
