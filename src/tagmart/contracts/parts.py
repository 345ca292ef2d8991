"""The blocks of a contract: its files, their form, when they are due, and the columns."""

from __future__ import annotations

import re

from tagmart.contracts.forbidden import why_never
from tagmart.contracts.model import Column, ColumnType, Drift, Due, Files, Form, FrameField, Late, Limits
from tagmart.contracts.words import (
    date_of,
    fail,
    flag_of,
    known,
    list_of,
    name_of,
    one_of,
    share_of,
    text_of,
    whole_of,
)

DELIVERIES = ("daily", "static")
CONTROL_FORMS = ("list", "keys", "flag")
KINDS = ("string", "integer", "decimal", "date", "timestamp", "boolean")
CHECKS = ("resident_id", "uscc", "luhn")
# Encodings in which the byte 0x0A is always the end of a line: files are cut into lines before they are decoded.
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "gbk", "gb2312", "big5", "ascii", "latin-1", "cp1250", "cp1252")
FRAME_FACTS = ("feed", "bank", "biz_date", "rows", "batch_no", "any")
RESERVED = {"src_file", "src_line", "biz_date", "valid_from", "valid_to"}


def read_files(where: str, raw: object) -> Files:
    """The block `files`."""
    block = known(where, "files", raw, ("name", "control", "delivery"),
                  ("name", "control", "delivery", "control_form", "sums"))
    control = text_of(where, "files.control", block["control"])
    return Files(
        name=text_of(where, "files.name", block["name"]),
        control=None if control == "none" else control,
        delivery=one_of(where, "files.delivery", block["delivery"], DELIVERIES),
        control_form=one_of(where, "files.control_form", block.get("control_form", "list"), CONTROL_FORMS),
        sums=tuple(name_of(where, "files.sums", name) for name in list_of(where, "files.sums", block.get("sums", []))),
    )


def read_form(where: str, raw: object) -> Form:
    """The block `form`."""
    allowed = ("encoding", "separator", "quote", "header", "date", "timestamp", "century", "trailing", "no_date", "head", "tail",
               "minus", "crlf")
    block = known(where, "form", raw, ("encoding", "separator", "quote", "header"), allowed)
    quote = text_of(where, "form.quote", block["quote"])
    separator = text_of(where, "form.separator", block["separator"])
    form = Form(
        encoding=one_of(where, "form.encoding", block["encoding"], ENCODINGS),
        separator=None if separator == "fixed" else separator,
        quote=None if quote == "none" else quote,
        header=flag_of(where, "form.header", block["header"]),
        date=text_of(where, "form.date", block.get("date", Form.date)),
        timestamp=text_of(where, "form.timestamp", block.get("timestamp", Form.timestamp)),
        century=block.get("century"),
        trailing=flag_of(where, "form.trailing", block.get("trailing", False)),
        no_date=tuple(text_of(where, "form.no_date", one) for one in list_of(where, "form.no_date", block.get("no_date", []))),
        head=_frame(where, "form.head", block.get("head", [])),
        tail=_frame(where, "form.tail", block.get("tail", [])),
        minus=one_of(where, "form.minus", block.get("minus", Form.minus), ("leading", "trailing")),
        crlf=flag_of(where, "form.crlf", block.get("crlf", False)),
    )
    _check_quoting(where, form)
    _check_dates(where, form)
    return form


def _check_quoting(where: str, form: Form) -> None:
    """What a separator and a quote cannot be together."""
    if form.is_fixed and (form.quote or form.trailing or form.header):
        fail(where, "form", "a file of fixed width has no header, no quotes and no separators",
             f"header {form.header}, quote {form.quote!r}, trailing {form.trailing}",
             "write header: false, quote: none, and no trailing")
    if form.quote and (len(form.quote) != 1 or len(form.separator or "") != 1):
        fail(where, "form.quote", "a quoted file has a separator and a quote of one character each",
             f"separator {form.separator!r}, quote {form.quote!r}", "write quote: none where nothing is quoted")
    if form.quote and (form.head or form.tail or form.trailing):
        fail(where, "form.quote", "a quoted file has no head, tail or trailing separator", form.quote,
             "write quote: none where nothing is quoted")
    if form.separator and ("\n" in form.separator or "\r" in form.separator):
        fail(where, "form.separator", "a line end cannot separate fields", repr(form.separator), "name what stands between two fields")
    for field in (*form.head, *form.tail):
        if form.is_fixed != (field.width is not None):
            fail(where, "form.head" if field in form.head else "form.tail",
                 "fields have widths in a file of fixed width, and only there", field.says,
                 'write it like "rows:10"' if form.is_fixed else "leave the width out")


def _check_dates(where: str, form: Form) -> None:
    """Forms of dates, and the century of short ones."""
    for key, value in (("date", form.date), ("timestamp", form.timestamp)):
        if "%" not in value:
            fail(where, f"form.{key}", "this is no strftime form", value, 'write it like "%Y-%m-%d"')
        if ("%y" in value) != (form.century is not None):
            fail(where, "form.century", "years of two digits need their century, years of four have it",
                 f"{key} {value}, century {form.century}", "write %y with century: 1900, or %Y without")
    if form.century is not None and (form.century not in (1900, 2000) or not form.date.startswith("%y")):
        fail(where, "form.century", "a century is put before a year that comes first", str(form.century),
             "use 1900 or 2000, and forms that begin with %y")


def _frame(where: str, key: str, raw: object) -> tuple[FrameField, ...]:
    """The fields of a head or tail record: "=HDR", rows, "sum:amt", in files of fixed width "=HDR:3", "rows:10"."""
    fields = []
    for item in list_of(where, key, raw):
        text = text_of(where, key, item)
        found = re.fullmatch(r"(=[^:]*|[a-z_]+|sum:[A-Za-z]\w*)(?::(\d+))?", text)
        says = found.group(1) if found else text
        if not says.startswith(("=", "sum:")):
            one_of(where, key, says, FRAME_FACTS)
        fields.append(FrameField(says, int(found.group(2)) if found and found.group(2) else None))
    return tuple(fields)


def read_limits(where: str, raw: object) -> Limits:
    """The block `limits`."""
    block = known(where, "limits", raw, (), ("bad_share", "bad_rows", "shrink"))
    rows = block.get("bad_rows")
    return Limits(
        bad_share=share_of(where, "limits.bad_share", block.get("bad_share", Limits.bad_share)),
        bad_rows=None if rows is None else whole_of(where, "limits.bad_rows", rows, 0),
        shrink=share_of(where, "limits.shrink", block.get("shrink", Limits.shrink)),
    )


def read_due(where: str, raw: object) -> Due:
    """The key `due`: every_day, workday, trading_day, on_issue, {weekly: 1} or {monthly: 8}."""
    if isinstance(raw, dict):
        block = known(where, "due", raw, (), ("weekly", "monthly"))
        if len(block) != 1:
            fail(where, "due", "a delivery has one rhythm", repr(raw), "write {weekly: 1} or {monthly: 8}")
        when, day = next(iter(block.items()))
        return Due(when, whole_of(where, f"due.{when}", day, 1, 7 if when == "weekly" else 28))
    return Due(one_of(where, "due", raw, ("every_day", "workday", "trading_day", "on_issue")))


def read_late(where: str, raw: object) -> Late:
    """The key `late`: stop, {carry: <most days>} or {hold: <most days>}."""
    if isinstance(raw, dict):
        block = known(where, "late", raw, (), ("carry", "hold"))
        if len(block) != 1:
            fail(where, "late", "a late feed has one policy", repr(raw), "write {carry: 3} or {hold: 3}")
        policy, days = next(iter(block.items()))
        return Late(policy, whole_of(where, f"late.{policy}", days, 1, 366))
    one_of(where, "late", raw, ("stop",))
    return Late()


def read_drift(where: str, raw: object) -> Drift:
    """The block `drift`."""
    block = known(where, "drift", raw, (), ("added", "moved"))
    return Drift(
        added=one_of(where, "drift.added", block.get("added", Drift.added), ("refuse", "ignore")),
        moved=one_of(where, "drift.moved", block.get("moved", Drift.moved), ("refuse", "accept")),
    )


def read_columns(where: str, feed: str, raw: object) -> tuple[Column, ...]:
    """The block `columns`."""
    if not isinstance(raw, list) or not raw:
        fail(where, "columns", "a contract names its columns", repr(raw), "write a list of {name: ..., type: ...}")
    columns: list[Column] = []
    for at, item in enumerate(raw, start=1):
        allowed = ("name", "type", "required", "values", "personal", "description", "since", "until", "width",
                   "implied", "check")
        block = known(where, f"columns[{at}]", item, ("name", "type"), allowed)
        name = name_of(where, f"columns[{at}].name", block["name"])
        here = f"columns.{name}"
        if name.lower() in RESERVED:
            fail(where, here, "the loader adds a column of this name itself", name, "leave it out")
        if name.lower() in {column.name.lower() for column in columns}:
            fail(where, here, "the column is named twice", name, "keep one")
        column = Column(
            name=name,
            type=_type(where, f"{here}.type", block["type"]),
            required=flag_of(where, f"{here}.required", block.get("required", False)),
            values=_values(where, f"{here}.values", block.get("values", [])),
            personal=_personal(where, f"{here}.personal", block.get("personal")),
            description=str(block.get("description", "")),
            since=date_of(where, f"{here}.since", block.get("since")),
            until=date_of(where, f"{here}.until", block.get("until")),
            width=None if block.get("width") is None else whole_of(where, f"{here}.width", block["width"], 1, 4000),
            implied=flag_of(where, f"{here}.implied", block.get("implied", False)),
            check=None if block.get("check") is None else one_of(where, f"{here}.check", block["check"], CHECKS),
        )
        _check_column(where, here, column)
        if reason := why_never(feed, column):
            fail(where, here, f"tagmart never takes in {reason}", name, "have the source leave the column out")
        columns.append(column)
    return tuple(columns)


def _check_column(where: str, here: str, column: Column) -> None:
    """What the keys of one column cannot be together."""
    if column.since and column.until and column.since >= column.until:
        fail(where, f"{here}.until", "the column ends before it begins", f"since {column.since}, until {column.until}",
             "let until be the first day without the column")
    if column.implied and column.type.kind != "decimal":
        fail(where, f"{here}.implied", "only a decimal is written without its point", str(column.type), "drop implied")
    if column.check and column.type.kind != "string":
        fail(where, f"{here}.check", "a number with a check digit is a string", str(column.type), "write string(18)")


def _type(where: str, key: str, raw: object) -> ColumnType:
    """string(32), integer, decimal(18,2), date, timestamp, boolean."""
    found = re.fullmatch(r"(\w+)(?:\((\d+)(?:,\s*(\d+))?\))?", str(raw))
    kind = found.group(1) if found else str(raw)
    one_of(where, key, kind, KINDS)
    size, scale = (int(digits) if digits else None for digits in found.groups()[1:])
    sized = {"string": size is not None and scale is None, "decimal": size is not None and scale is not None}
    if not sized.get(kind, size is None and scale is None):
        fail(where, key, f"a {kind} is written otherwise", str(raw), "write string(32), decimal(18,2) or a bare word")
    if kind == "decimal" and not 0 <= scale <= size <= 38:
        fail(where, key, "a decimal has at most 38 digits, and no more behind the point", str(raw),
              "write decimal(18,2)")
    return ColumnType(kind=kind, size=size, scale=scale)


def _values(where: str, key: str, raw: object) -> tuple[str, ...]:
    """The only values a column may have, as text."""
    for value in list_of(where, key, raw):
        if isinstance(value, bool):
            fail(where, key, "YAML reads this word as true or false", str(value), "put the value in quotes")
    return tuple(str(value) for value in raw)


def _personal(where: str, key: str, raw: object) -> str | None:
    """C1, C2 or nothing; C3 stays at the source."""
    if raw is None or raw == "none":
        return None
    if raw == "C3":
        fail(where, key, "tagmart never takes in data of class C3", "C3", "have the source leave the column out")
    return one_of(where, key, raw, ("C1", "C2"))
