"""Every form in which a bank writes its files: what was written is read, in blocks of any size, and faults are placed exactly."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tagmart.contracts import Column, ColumnType, Contract, Files, Form, FrameField
from tagmart.core.errors import TagmartError
from tagmart.ingest.decode import BadRow, Reading, raw_rows, read_parts
from tagmart.ingest.decode_block import GB_PRIVATE
from tagmart.ingest.decode_foreign import TELL

# Letters that break naive readers: beyond the first plane, new in GB 18030-2022, of the user-defined area once; and those
# whose second byte in GBK is | @ \ or a letter: 鍇 (E57C) 丂 (8140) 乗 (815C) 侤 (8261).
HARD = "王㛃𠮷㐀䶮·Ａ１鍇丂乗侤€ é"
PLAIN = "王鍇丂乗侤示例"
SEPARATORS = ["|@|", "|!|", "\x03", "\x1d", ",", "\t", "@|$|@", "|", ";", "||", "、"]
LETTERS = {"gb18030": HARD, "utf-8": HARD, "utf-8-sig": HARD, "gbk": PLAIN, "big5": "王示例功", "latin-1": "é ab", "ascii": "ab c"}


@dataclass(frozen=True)
class Written:
    """A file, and what it must be read as: line, then the fields; empty ones are NULL."""

    contract: Contract
    content: bytes
    rows: list[tuple]


def contract_of(form: Form, columns: int, name: str = "f.dat", **more) -> Contract:
    """A contract with text columns a, b, c, …"""
    names = [Column(chr(97 + at), ColumnType("string", 100), **more) for at in range(columns)]
    return Contract("f", "core", "表", "Table", "A row.", "full", "owner", ("f",), Files(name, None, "daily"), form, ("a",), tuple(names))


def packed(content: bytes, compression: str | None) -> bytes:
    """A content as the source packs it."""
    if compression == "zst":
        return pa.compress(content, codec="zstd", asbytes=True)
    return gzip.compress(content) if compression else content


def read(contract: Contract, *paths: Path, block_bytes: int = 1 << 20, workers: int = 0) -> tuple[list[tuple], list[BadRow], Reading]:
    """The rows of some parts (part, line, fields), the bad ones, and what else was learned."""
    reading = Reading()
    batches = list(read_parts(contract, paths, reading, block_bytes, workers))
    rows = [row for batch in batches for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)]
    return rows, reading.bad, reading


@st.composite
def written(draw: st.DrawFn) -> Written:
    """A file in some form."""
    encoding = draw(st.sampled_from([*LETTERS]))
    separator = draw(st.sampled_from([one for one in SEPARATORS if encoding in ("gb18030", "utf-8", "utf-8-sig", "gbk", "big5") or one.isascii()]))
    quoted = len(separator) == 1 and separator.isascii() and separator > "\x03" and separator != "\x1d" and draw(st.booleans())
    form = Form(encoding, separator, '"' if quoted else None, header=draw(st.booleans()), trailing=not quoted and draw(st.booleans()),
                head=() if quoted or draw(st.booleans()) else (FrameField("=HDR"), FrameField("batch_no")),
                tail=() if quoted or draw(st.booleans()) else (FrameField("=TRL"), FrameField("rows")))
    width = draw(st.integers(1, 4))
    # A value that ends with a part of the separator would move it: no source can write that without quotes.
    safe = [one for one in LETTERS[encoding] + "xyz'1" if one not in separator]
    hard = [separator, '"', "\n", "\r\n"] if quoted else []
    value = st.lists(st.sampled_from([*safe, *hard]), max_size=6).map("".join)
    records = draw(st.lists(st.lists(value, min_size=width, max_size=width), max_size=12))
    compression = draw(st.sampled_from([None, None, "gz", "zst"]))
    contract = contract_of(form, width, f"f.dat.{compression}" if compression else "f.dat")
    end = draw(st.sampled_from(["\n", "\r\n"]))

    def shown(field: str) -> str:
        if quoted and (draw(st.booleans()) or any(one in field for one in (separator, '"', "\n", "\r"))):
            return '"' + field.replace('"', '""') + '"'
        return field

    def line(fields: list[str]) -> str:
        return separator.join(fields) + (separator if form.trailing else "")

    lines = [line(list(contract.names))] if form.header else []
    lines += [line(["HDR", "7"])] if form.head else []
    rows, number = [], len(lines) + 1
    for fields in records:
        lines.append(line([shown(field) for field in fields]))
        rows.append((0, number, *(field or None for field in fields)))
        number += 1 + sum(field.count("\n") for field in fields)
    lines += [line(["TRL", str(len(records))])] if form.tail else []
    text = end.join(lines) + (end if lines and (not lines[-1] or draw(st.booleans())) else "")
    mark = b"\xef\xbb\xbf" if encoding.startswith("utf-8") and draw(st.booleans()) else b""
    content = mark + text.encode("utf-8" if encoding == "utf-8-sig" else encoding)
    return Written(contract, content, rows)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(file=written(), block_bytes=st.sampled_from([1, 7, 40, 300, 1 << 20]))
def test_what_was_written_is_read_whatever_the_form_and_the_size_of_blocks(tmp_path, file, block_bytes):
    path = tmp_path / file.contract.files.name
    path.write_bytes(packed(file.content, file.contract.files.compression))
    rows, bad, reading = read(file.contract, path, block_bytes=block_bytes)
    assert (rows, bad, reading.rows) == (file.rows, [], [len(file.rows)])
    assert reading.heads == ([{"batch_no": "7"}] if file.contract.form.head else [])
    assert reading.tails == ([{"rows": str(len(file.rows))}] if file.contract.form.tail else [])
    content = file.content if file.content.endswith(b"\n") else file.content + b"\n"
    raw = raw_rows(file.contract, path, {row[1] for row in rows})
    assert sorted(raw) == [row[1] for row in rows]
    for row in raw.values():
        assert content[row.offset :].startswith(row.raw)
        assert row.raw.endswith(b"\n") or row.offset + len(row.raw) == len(file.content)
    if rows and not file.contract.form.tail:
        assert b"".join(raw[row[1]].raw for row in rows) == file.content[raw[rows[0][1]].offset :]


DAMAGES = [b"\x80\xff", b"\x00", b"\x1f", b"|@|", b"\n", b'"', b"\r", b'"x', b"", "示例欧阳小明".encode()]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(file=written(), block_bytes=st.sampled_from([1, 9, 50]), data=st.data())
def test_a_damaged_file_gives_the_same_rows_and_faults_for_every_size_of_blocks(tmp_path, file, block_bytes, data):
    form = replace(file.contract.form, header=False, head=(), tail=())
    contract = replace(file.contract, form=form, files=Files("f.dat", None, "daily"))
    at = data.draw(st.lists(st.tuples(st.integers(0, len(file.content)), st.sampled_from(DAMAGES)), max_size=4))
    content = file.content
    for place, damage in at:
        content = content[:place] + damage + content[place + 1 :]
    path = tmp_path / "f.dat"
    path.write_bytes(content)
    whole, small = read(contract, path), read(contract, path, block_bytes=block_bytes)
    assert whole[:2] == small[:2]
    assert whole[2].rows == small[2].rows == [len(whole[0]) + len(whole[1])]
    if not form.quote:
        body = content.removeprefix(b"\xef\xbb\xbf" if form.encoding.startswith("utf-8") else b"")
        assert whole[2].rows == [body.count(b"\n") + bool(body and not body.endswith(b"\n"))]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.booleans(), st.text("王示例欧阳娟萍水果店鍇丂乗侤", min_size=3, max_size=8)), min_size=1, max_size=20),
    form=st.sampled_from([Form("gb18030", "|@|", header=False), Form("gbk", ",", '"', header=False), Form("gb18030", "\t", header=False)]),
    block_bytes=st.sampled_from([1, 200, 1 << 20]),
)
def test_lines_of_utf_8_among_gb18030_are_told_though_they_decode(tmp_path, rows, form, block_bytes):
    """All of them but those of three letters without a byte that is rare in GB2312; none of the others, rare letters or not."""
    separator = form.separator or ""
    lines = [separator.join((f"{number}x", name, "示" * (number % 2))).encode("utf-8" if is_foreign else form.encoding)
             for number, (is_foreign, name) in enumerate(rows)]
    (tmp_path / "f.dat").write_bytes(b"\n".join(lines) + b"\n")
    good, bad, reading = read(contract_of(form, 3), tmp_path / "f.dat", block_bytes=block_bytes)
    assert reading.rows == [len(rows)]
    native = [number for number, (is_foreign, _) in enumerate(rows, start=1) if not is_foreign]
    assert set(native) <= {row[1] for row in good}
    assert all(row[3] == rows[row[1] - 1][1] for row in good if row[1] in native)
    silent = [row[1] for row in good if row[1] not in native]
    assert all(not TELL.search(lines[number - 1]) for number in silent), [lines[number - 1] for number in silent]
    assert all(row.rule == "encoding" and "it is UTF-8" in row.seen for row in bad if TELL.search(lines[row.line - 1]))


def test_a_word_of_utf_8_beside_words_of_gb18030_is_told_with_its_place(tmp_path):
    line = "1|王鍇|".encode("gb18030") + "示例欧阳小明".encode() + b"|x"
    (tmp_path / "f.dat").write_bytes(line + b"\n" + "2|王鍇|示例|x\n".encode("gb18030"))
    form = Form("gb18030", "|", header=False)
    good, bad, _ = read(contract_of(form, 4), tmp_path / "f.dat")
    assert line.decode("gb18030").count("|") == 3, "nothing else would tell"
    assert [row[1] for row in good] == [2]
    assert [(row.line, row.rule, row.seen) for row in bad] == [(1, "encoding", "from byte 8 of the line on it is UTF-8, not gb18030")]


@st.composite
def fixed(draw: st.DrawFn) -> Written:
    """A file of fixed width, in bytes."""
    encoding = draw(st.sampled_from(["gbk", "gb18030", "utf-8"]))
    widths = draw(st.lists(st.integers(1, 9), min_size=1, max_size=4))
    is_text = draw(st.lists(st.booleans(), min_size=len(widths), max_size=len(widths)))
    letters = (HARD if encoding != "gbk" else PLAIN) + "x1"
    records, lines, end = [], [], draw(st.sampled_from([b"\n", b"\r\n"]))
    for number in range(draw(st.integers(0, 8))):
        fields, line = [], b""
        for width, text in zip(widths, is_text, strict=True):
            value = "".join(draw(st.lists(st.sampled_from(letters.replace(" ", "")), max_size=3)))
            while len(value.encode(encoding)) > width:
                value = value[:-1]
            fields.append(value or None)
            filling = b" " * (width - len(value.encode(encoding)))
            line += value.encode(encoding) + filling if text else filling + value.encode(encoding)
        lines.append(line)
        records.append((0, number + 1, *fields))
    columns = tuple(Column(chr(97 + at), ColumnType("string", 99) if text else ColumnType("integer"), width=width)
                    for at, (width, text) in enumerate(zip(widths, is_text, strict=True)))
    contract = replace(contract_of(Form(encoding, None, None, header=False), 1), columns=columns)
    return Written(contract, b"".join(line + end for line in lines), records)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(file=fixed(), block_bytes=st.sampled_from([1, 30, 1 << 20]))
def test_fixed_width_is_counted_in_bytes(tmp_path, file, block_bytes):
    path = tmp_path / "f.dat"
    path.write_bytes(file.content)
    assert read(file.contract, path, block_bytes=block_bytes)[:2] == (file.rows, [])


def test_a_fixed_line_of_another_length_and_a_letter_across_two_fields_are_told(tmp_path):
    columns = tuple(Column(name, ColumnType("string", 9), width=width) for name, width in (("a", 3), ("b", 4)))
    contract = replace(contract_of(Form("gbk", None, None, header=False), 1), columns=columns)
    path = tmp_path / "f.dat"
    path.write_bytes("x  王 \n".encode("gbk").replace(b"\n", b" \n") + "x王  王\n".encode("gbk") + b"x  y\n" + "xx王yyy\n".encode("gbk"))
    rows, bad, _ = read(contract, path)
    assert rows == [(0, 1, "x", "王"), (0, 2, "x王", "  王")]
    assert bad == [
        BadRow(0, 3, "", "length of the line", "4 of 7 bytes"),
        BadRow(0, 4, "a", "encoding", "byte 0xcd at byte 3 of the line is not gbk"),
    ]


@pytest.mark.parametrize(("line", "column", "rule", "seen"), [
    (b"1|@|\xff\xfe|@|z", "b", "encoding", "byte 0xff at byte 5 of the line is not gb18030"),
    ("1|@|王".encode("gb18030") + b"\x81", "b", "encoding", "byte 0x81 at byte 7 of the line is not gb18030"),
    (b"1|@|2|@|\x00", "c", "control character", "character 0x00 at character 9 of the line"),
    (b"1|@|2\r|@|3", "b", "control character", "character 0x0d at character 6 of the line"),
    (b"1|@|2", "", "number of fields", "2 of 3 fields"),
    (b"1|@|2|@|3|@|4", "", "number of fields", "4 of 3 fields"),
    (b"", "", "number of fields", "1 of 3 fields"),
])
def test_a_fault_costs_one_line_and_is_placed(tmp_path, line, column, rule, seen):
    contract = contract_of(Form("gb18030", "|@|", header=True), 3)
    path = tmp_path / "f.dat"
    path.write_bytes(b"a|@|b|@|c\n" + b"1|@|2|@|3\n" * 3 + line + b"\n" + b"4|@|5|@|6\n")
    rows, bad, reading = read(contract, path)
    assert [row[1] for row in rows] == [2, 3, 4, 6]
    assert bad == [BadRow(0, 5, column, rule, seen)]
    assert reading.counts == {(column, rule): 1}
    assert raw_rows(contract, path, {5})[5].raw == line + b"\n"
    assert raw_rows(contract, path, {5, 99})[5].offset == 10 + 30


def test_a_line_without_its_last_separator_may_be_cut(tmp_path):
    contract = contract_of(Form("utf-8", "|", header=False, trailing=True), 2)
    path = tmp_path / "f.dat"
    path.write_bytes(b"1|2|\n3|4\n5|6|7|\n8|9|")
    rows, bad, _ = read(contract, path)
    assert rows == [(0, 1, "1", "2"), (0, 4, "8", "9")]
    assert [(row.line, row.rule, row.seen) for row in bad] == [
        (2, "separator at the end of the line", "there is none: the line may be cut off"), (3, "number of fields", "3 of 2 fields")]


def test_head_and_tail_of_a_fixed_file_are_padded_or_short(tmp_path):
    form = Form("gbk", None, None, header=False, head=(FrameField("=H", 1), FrameField("bank", 4)), tail=(FrameField("=T", 1), FrameField("rows", 3)))
    contract = replace(contract_of(form, 1), columns=(Column("a", ColumnType("string", 9), width=6),))
    path = tmp_path / "f.dat"
    path.write_bytes(b"Hdemo \nabcdef\nT001")
    rows, _, reading = read(contract, path)
    assert (rows, reading.heads, reading.tails) == ([(0, 2, "abcdef")], [{"bank": "demo"}], [{"rows": "001"}])
    path.write_bytes(b"Hdemo \nabcdef\n")
    with pytest.raises(TagmartError, match="the tail record is missing"):
        read(contract, path)


@pytest.mark.parametrize("compression", ["gz", "zst"])
def test_an_archive_that_is_cut_or_corrupted_is_refused(tmp_path, compression):
    contract = contract_of(Form("utf-8", ","), 2, f"f.csv.{compression}")
    good = packed(b"a,b\n" + b"".join(b"%d,%d\n" % (at, at * 7919) for at in range(20_000)), compression)
    path = tmp_path / f"f.csv.{compression}"
    contents = [good[:-9], good[: len(good) // 2], b"", b"a,b\n1,2\n", good + b"rest"]
    # Without the checksum that zstd may leave out, a changed byte within is found by the md5 of the control file only.
    contents += [good[:50] + b"\xff" * 9 + good[59:]] if compression == "gz" else []
    for content in contents:
        path.write_bytes(content)
        with pytest.raises(TagmartError, match="archive is cut or corrupted") as refused:
            read(contract, path)
        assert refused.value.where == f"{tmp_path.name}/f.csv.{compression}"
    path.write_bytes(good)
    assert len(read(contract, path)[0]) == 20_000


def test_the_whole_of_gb_18030_2022_comes_through(tmp_path):
    letters = [chr(code) for code in [*range(0x20, 0xD800), *range(0xF900, 0x110000)] if code not in (0x2C, 0x7F)]
    path = tmp_path / "f.dat"
    path.write_bytes("\n".join(f"{at},{letter}" for at, letter in enumerate(letters)).encode("gb18030"))
    rows, bad, _ = read(contract_of(Form("gb18030", ",", header=False), 2), path)
    assert not bad
    assert [row[3] for row in rows] == letters
    # Two-byte codes that meant private-use characters in the first edition.
    codes = {"A6D9": "\ufe10", "A6F3": "\ufe19", "A8BC": "\u1e3f", "FE59": "\u9fb4", "FEA0": "\u9fbb", "FE51": "\U00020087", "FE9F": "䶮"}
    path.write_bytes(b"\n".join(bytes.fromhex(code) + b",x" for code in codes))
    assert [row[2] for row in read(contract_of(Form("gb18030", ",", header=False), 2), path)[0]] == list(codes.values())
    assert len(set(GB_PRIVATE.values())) == len(GB_PRIVATE) == 25


def test_several_parts_and_processes_give_the_same(tmp_path):
    contract = contract_of(Form("gb18030", "|@|"), 2)
    paths = []
    for part in range(3):
        lines = [f"{part}-{at}|@|示例㛃" if at % 97 else f"{part}-{at}" for at in range(1, 3000)]
        paths.append(tmp_path / f"f{part}.dat")
        paths[-1].write_bytes("\n".join(["a|@|b", *lines]).encode("gb18030") + b"\n")
    alone, together = read(contract, *paths), read(contract, *paths, block_bytes=5000, workers=2)
    assert alone[:2] == together[:2]
    assert alone[2].rows == together[2].rows == [2999] * 3
    assert len(alone[1]) == 90
    assert {row.seen for row in alone[1]} == {"1 of 2 fields"}


def test_a_process_that_dies_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", "/bin/false")
    path = tmp_path / "f.dat"
    path.write_bytes(b"a,b\n1,2\n")
    with pytest.raises(TagmartError, match="ended before its work was done"):
        read(contract_of(Form("utf-8", ","), 2), path, workers=1)


def test_columns_that_have_moved_are_found_by_their_names(tmp_path):
    contract = contract_of(Form("utf-8", ","), 3)
    contract = replace(contract, drift=replace(contract.drift, added="ignore", moved="accept"))
    path = tmp_path / "f.dat"
    path.write_bytes(b"c,x,a,b\n3,9,1,2\n3,\xff,1,2\n\xff,9,1,2\n3,9,1\n")
    rows, bad, reading = read(contract, path)
    assert rows == [(0, 2, "1", "2", "3")]
    assert [(row.line, row.column) for row in bad] == [(3, ""), (4, "c"), (5, "")]
    assert len(reading.notes) == 2


def test_quotes_out_of_place_cost_the_same_rows_as_line_by_line(tmp_path):
    contract = contract_of(Form("utf-8", ",", '"'), 2)
    path = tmp_path / "f.dat"
    path.write_bytes(b'a,b\n1,"x"\n2,"y"z\n3,q"r\n4,"s\nt"\n5,"never\n6,"u"\n7,v\n')
    results = [read(contract, path, block_bytes=size)[:2] for size in (1, 13, 1 << 20)]
    assert results[0] == results[1] == results[2]
    rows, bad = results[0]
    assert rows[:3] == [(0, 2, "1", "x"), (0, 4, "3", 'q"r'), (0, 5, "4", "s\nt")]
    assert [row.line for row in bad][:2] == [3, 7]
    assert {row.rule for row in bad} == {"quoting"}
    assert raw_rows(contract, path, {5})[5].raw == b'4,"s\nt"\n'
