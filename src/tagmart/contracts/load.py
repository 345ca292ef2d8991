"""Reading contracts. Every mistake is answered with the file, the key, what was seen and the nearest right word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import yaml

from tagmart.contracts.forbidden import why_never
from tagmart.contracts.model import DAILY_KIND, Column, ColumnType, Contract, Files, Form, Limits
from tagmart.core.errors import TagmartError, nearest

LOADS = ("full", "delta", "journal", "static")
DELIVERIES = ("daily", "static")
KINDS = ("string", "integer", "decimal", "date", "timestamp", "boolean")
# Encodings in which the byte 0x0A is always the end of a line: files are cut into lines before they are decoded.
ENCODINGS = ("utf-8", "gb18030", "gbk", "gb2312", "big5", "ascii", "latin-1", "cp1250", "cp1252")
PLACEHOLDERS = {"biz_date", "kind", "part"}
RESERVED = {"src_file", "src_line", "biz_date"}

NEEDED = ("feed", "title", "description", "load", "owner", "files", "form", "key", "columns")
ALLOWED = (*NEEDED, "provides", "row_date", "limits", "allow_empty")


def load_contracts(contracts_dir: Path) -> dict[str, Contract]:
    """The contracts of one bank, by feed, in the order of their names.

    Args:
        contracts_dir: expectations/contracts/<bank>; below it <system>/<feed>.yml.

    Raises:
        TagmartError: for the first mistake found.
    """
    contracts: dict[str, Contract] = {}
    providers: dict[str, str] = {}
    for path in sorted(contracts_dir.glob("**/*.yml")):
        contract = _load_one(path, contracts_dir)
        if contract.feed in contracts:
            _fail(contract.path, "feed", "the feed has two contracts", contract.feed,
                  f"keep this one or {contracts[contract.feed].path}")
        for name in contract.provides:
            if name in providers:
                _fail(contract.path, "provides", f"'{name}' is already provided by {providers[name]}", name,
                      "let one contract provide it")
            providers[name] = contract.path
        contracts[contract.feed] = contract
    if not contracts:
        raise TagmartError("the bank has no contracts", where=str(contracts_dir), do="add <system>/<feed>.yml files")
    return dict(sorted(contracts.items()))


def canonical_feeds(contracts_root: Path) -> set[str]:
    """Every feed that any bank can deliver: what the contracts of all banks under `contracts_root` provide."""
    banks = [path for path in sorted(contracts_root.iterdir()) if path.is_dir() and any(path.glob("**/*.yml"))]
    return {name for bank in banks for name in present_feeds(load_contracts(bank))}


def present_feeds(contracts: Mapping[str, Contract]) -> set[str]:
    """The canonical feeds that these contracts provide."""
    return {name for contract in contracts.values() for name in contract.provides}


class _StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML that refuses a key written twice; YAML itself would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen: set[str] = set()
        for key_node, _ in node.value:
            if key_node.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"key '{key_node.value}' is written twice", problem_mark=key_node.start_mark
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)


def _load_one(path: Path, contracts_dir: Path) -> Contract:
    """One contract file, checked."""
    where = path.relative_to(contracts_dir).as_posix()
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), _StrictLoader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TagmartError("the contract is not valid YAML", where=where, seen=" ".join(str(error).split())) from None
    _known(where, "", raw, NEEDED, ALLOWED)
    if raw["feed"] != path.stem:
        _fail(where, "feed", "the feed is not named like its file", raw["feed"], f"write {path.stem}")

    title = _known(where, "title", raw["title"], ("zh", "en"), ("zh", "en"))
    limits = _known(where, "limits", raw.get("limits") or {}, (), ("bad_share",))
    columns = _columns(where, raw["feed"], raw["columns"])
    contract = Contract(
        feed=_name(where, "feed", raw["feed"]),
        system=path.parent.name,
        title_zh=_text(where, "title.zh", title["zh"]),
        title_en=_text(where, "title.en", title["en"]),
        description=_text(where, "description", raw["description"]),
        load=_one_of(where, "load", raw["load"], LOADS),
        owner=_text(where, "owner", raw["owner"]),
        provides=tuple(_name(where, "provides", name) for name in _list(where, "provides", raw, [raw["feed"]])),
        files=_files(where, raw["files"]),
        form=_form(where, raw["form"]),
        key=tuple(_list(where, "key", raw, [])),
        columns=columns,
        row_date=raw.get("row_date"),
        limits=Limits(bad_share=_share(where, "limits.bad_share", limits.get("bad_share", 0))),
        allow_empty=_flag(where, "allow_empty", raw.get("allow_empty", False)),
        path=where,
    )
    _check_whole(where, contract)
    return contract


def _check_whole(where: str, contract: Contract) -> None:
    """What can only be judged over several keys."""
    by_name = {column.name: column for column in contract.columns}
    for name in (*contract.key, *([contract.row_date] if contract.row_date else [])):
        if name not in by_name:
            _fail(where, "key" if name in contract.key else "row_date", "there is no such column", name,
                  nearest(str(name), set(by_name)) or "name a column of the contract")
    if not contract.key:
        _fail(where, "key", "a feed needs a key", "none", "name the columns that are unique within a delivery")
    for name in contract.key:
        if not by_name[name].required:
            _fail(where, f"columns.{name}.required", "a column of the key may be empty", "required: false",
                  "write required: true")
    if contract.row_date and by_name[contract.row_date].type.kind != "date":
        _fail(where, "row_date", "the column is not a date", str(by_name[contract.row_date].type), "name a date column")
    if (contract.load == "static") != contract.is_static:
        _fail(where, "files.delivery", "load and delivery disagree",
              f"load {contract.load}, delivery {contract.files.delivery}", "make both static, or neither")
    if contract.load == "delta":
        first = contract.columns[0]
        if first.name != "op" or set(first.values) != {"I", "U", "D"} or not first.required:
            _fail(where, "columns", "a delta says with each row what became of it", f"first column {first.name}",
                  "begin with {name: op, type: string(1), required: true, values: [I, U, D]}")
    _check_file_names(where, contract)


def _check_file_names(where: str, contract: Contract) -> None:
    """A daily file name says its date, and its kind where an initial load is to be told from a day."""
    for key, name in (("files.name", contract.files.name), ("files.control", contract.files.control)):
        if name is None:
            continue
        used = set(re.findall(r"\{(\w*)\}", name))
        if unknown := used - PLACEHOLDERS:
            word = sorted(unknown)[0]
            _fail(where, key, "unknown placeholder", "{" + word + "}",
                  nearest(word, PLACEHOLDERS) or "use {biz_date}, {kind} and {part}")
        if contract.is_static and used:
            _fail(where, key, "a static file has one name", name, "write the name as it is, without placeholders")
        if contract.load in DAILY_KIND and not {"biz_date", "kind"} <= used:
            _fail(where, key, "a daily file says its date and its kind", name, "use {biz_date} and {kind}")
    if contract.files.control and "part" in contract.files.control:
        _fail(where, "files.control", "one control file speaks for all parts", contract.files.control, "drop {part}")


def _files(where: str, raw: object) -> Files:
    """The block `files`."""
    block = _known(where, "files", raw, ("name", "control", "delivery"), ("name", "control", "delivery"))
    control = _text(where, "files.control", block["control"])
    return Files(
        name=_text(where, "files.name", block["name"]),
        control=None if control == "none" else control,
        delivery=_one_of(where, "files.delivery", block["delivery"], DELIVERIES),
    )


def _form(where: str, raw: object) -> Form:
    """The block `form`."""
    allowed = ("encoding", "separator", "quote", "header", "date", "timestamp", "century")
    block = _known(where, "form", raw, ("encoding", "separator", "quote", "header"), allowed)
    quote = _text(where, "form.quote", block["quote"])
    form = Form(
        encoding=_one_of(where, "form.encoding", block["encoding"], ENCODINGS),
        separator=_text(where, "form.separator", block["separator"]),
        quote=None if quote == "none" else quote,
        header=_flag(where, "form.header", block["header"]),
        date=_text(where, "form.date", block.get("date", Form.date)),
        timestamp=_text(where, "form.timestamp", block.get("timestamp", Form.timestamp)),
        century=block.get("century"),
    )
    if form.quote and (len(form.quote) != 1 or len(form.separator) != 1):
        _fail(where, "form.quote", "a quoted file has a separator and a quote of one character each",
              f"separator {form.separator!r}, quote {form.quote!r}", "write quote: none where nothing is quoted")
    for key, value in (("date", form.date), ("timestamp", form.timestamp)):
        if "%" not in value:
            _fail(where, f"form.{key}", "this is no strftime form", value, 'write it like "%Y-%m-%d"')
        if ("%y" in value) != (form.century is not None):
            _fail(where, "form.century", "years of two digits need their century, years of four have it",
                  f"{key} {value}, century {form.century}", "write %y with century: 1900, or %Y without")
    if form.century is not None and (form.century not in (1900, 2000) or not form.date.startswith("%y")):
        _fail(where, "form.century", "a century is put before a year that comes first", str(form.century),
              "use 1900 or 2000, and forms that begin with %y")
    return form


def _columns(where: str, feed: str, raw: object) -> tuple[Column, ...]:
    """The block `columns`."""
    if not isinstance(raw, list) or not raw:
        _fail(where, "columns", "a contract names its columns", repr(raw), "write a list of {name: ..., type: ...}")
    columns: list[Column] = []
    for at, item in enumerate(raw, start=1):
        allowed = ("name", "type", "required", "values", "personal", "description")
        block = _known(where, f"columns[{at}]", item, ("name", "type"), allowed)
        name = _name(where, f"columns[{at}].name", block["name"])
        here = f"columns.{name}"
        if name.lower() in RESERVED:
            _fail(where, here, "the loader adds a column of this name itself", name, "leave it out")
        if name.lower() in {column.name.lower() for column in columns}:
            _fail(where, here, "the column is named twice", name, "keep one")
        column = Column(
            name=name,
            type=_type(where, f"{here}.type", block["type"]),
            required=_flag(where, f"{here}.required", block.get("required", False)),
            values=_values(where, f"{here}.values", block.get("values", [])),
            personal=_personal(where, f"{here}.personal", block.get("personal")),
            description=str(block.get("description", "")),
        )
        if reason := why_never(feed, column):
            _fail(where, here, f"tagmart never takes in {reason}", name, "have the source leave the column out")
        columns.append(column)
    return tuple(columns)


def _type(where: str, key: str, raw: object) -> ColumnType:
    """string(32), integer, decimal(18,2), date, timestamp, boolean."""
    found = re.fullmatch(r"(\w+)(?:\((\d+)(?:,\s*(\d+))?\))?", str(raw))
    kind = found.group(1) if found else str(raw)
    _one_of(where, key, kind, KINDS)
    size, scale = (int(digits) if digits else None for digits in found.groups()[1:])
    sized = {"string": size is not None and scale is None, "decimal": size is not None and scale is not None}
    if not sized.get(kind, size is None and scale is None):
        _fail(where, key, f"a {kind} is written otherwise", str(raw), "write string(32), decimal(18,2) or a bare word")
    if kind == "decimal" and not 0 <= scale <= size <= 38:
        _fail(where, key, "a decimal has at most 38 digits, and no more behind the point", str(raw),
              "write decimal(18,2)")
    return ColumnType(kind=kind, size=size, scale=scale)


def _values(where: str, key: str, raw: object) -> tuple[str, ...]:
    """The only values a column may have, as text."""
    if not isinstance(raw, list):
        _fail(where, key, "this is not a list", repr(raw), "write [a, b]")
    for value in raw:
        if isinstance(value, bool):
            _fail(where, key, "YAML reads this word as true or false", str(value), "put the value in quotes")
    return tuple(str(value) for value in raw)


def _personal(where: str, key: str, raw: object) -> str | None:
    """C1, C2 or nothing; C3 stays at the source."""
    if raw is None or raw == "none":
        return None
    if raw == "C3":
        _fail(where, key, "tagmart never takes in data of class C3", "C3", "have the source leave the column out")
    return _one_of(where, key, raw, ("C1", "C2"))


def _fail(where: str, key: str, what: str, seen: object, do: str) -> NoReturn:
    """Refuse the contract."""
    raise TagmartError(what, where=f"{where}: {key}" if key else where, seen=str(seen), do=do)


def _known(where: str, key: str, raw: object, needed: tuple[str, ...], allowed: tuple[str, ...]) -> dict:
    """A block with all the keys it needs and none that is unknown."""
    if not isinstance(raw, dict):
        _fail(where, key, "this is not a block of keys", repr(raw), f"write {', '.join(needed or allowed)}")
    for name in raw:
        if name not in allowed:
            _fail(where, key, f"unknown key '{name}'", name,
                  nearest(str(name), set(allowed)) or f"use {', '.join(allowed)}")
    for name in needed:
        if raw.get(name) is None:
            _fail(where, key, f"key '{name}' is missing", ", ".join(map(str, raw)) or "nothing", f"write {name}: ...")
    return raw


def _one_of(where: str, key: str, raw: object, words: tuple[str, ...]) -> str:
    """One of a few words."""
    if raw not in words:
        _fail(where, key, "unknown word", repr(raw), nearest(str(raw), words) or f"use one of {', '.join(words)}")
    return str(raw)


def _text(where: str, key: str, raw: object) -> str:
    """A text that is not empty."""
    if not isinstance(raw, str) or not raw:
        _fail(where, key, "this is not a text", repr(raw), "write a text, in quotes where YAML needs them")
    return raw


def _name(where: str, key: str, raw: object) -> str:
    """A name that can be a table or a column."""
    if isinstance(raw, bool):
        _fail(where, key, "YAML reads this word as true or false", str(raw), "put the name in quotes")
    if not isinstance(raw, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,62}", raw):
        _fail(where, key, "this is no name", repr(raw), "use letters, digits and _, and begin with a letter")
    return raw


def _list(where: str, key: str, raw: dict, default: list) -> list:
    """A list, or the default where the key is not written."""
    value = raw.get(key, default)
    if not isinstance(value, list):
        _fail(where, key, "this is not a list", repr(value), "write [a, b]")
    return value


def _flag(where: str, key: str, raw: object) -> bool:
    """true or false."""
    if not isinstance(raw, bool):
        _fail(where, key, "this is neither true nor false", repr(raw), "write true or false")
    return raw


def _share(where: str, key: str, raw: object) -> float:
    """A share from 0 to 1."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw <= 1:
        _fail(where, key, "this is not a share", repr(raw), "write a number from 0 to 1: 0.001 is one row in a thousand")
    return float(raw)
