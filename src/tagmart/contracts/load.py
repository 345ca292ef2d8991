"""Reading contracts. Every mistake is answered with the file, the key, what was seen and the nearest right word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from tagmart.contracts.model import DAILY_KIND, Contract
from tagmart.contracts.parts import read_columns, read_drift, read_due, read_files, read_form, read_late, read_limits
from tagmart.contracts.refers import read_refers, resolved
from tagmart.contracts.words import fail, flag_of, known, list_of, name_of, one_of, text_of
from tagmart.core.errors import TagmartError, nearest

LOADS = ("full", "delta", "journal", "static")
CALENDARS = ("workdays", "day_of_month")
PLACEHOLDERS = {"biz_date", "kind", "part"}

NEEDED = ("feed", "title", "description", "load", "owner", "files", "form", "key", "columns")
ALLOWED = (*NEEDED, "provides", "row_date", "limits", "allow_empty", "follows", "due", "late", "drift", "refers")


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
            fail(contract.path, "feed", "the feed has two contracts", contract.feed,
                  f"keep this one or {contracts[contract.feed].path}")
        for name in contract.provides:
            if name in providers:
                fail(contract.path, "provides", f"'{name}' is already provided by {providers[name]}", name,
                      "let one contract provide it")
            providers[name] = contract.path
        contracts[contract.feed] = contract
    if not contracts:
        raise TagmartError("the bank has no contracts", where=str(contracts_dir), do="add <system>/<feed>.yml files")
    return {feed: resolved(contract, contracts) for feed, contract in sorted(contracts.items())}


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
    known(where, "", raw, NEEDED, ALLOWED)
    if raw["feed"] != path.stem:
        fail(where, "feed", "the feed is not named like its file", raw["feed"], f"write {path.stem}")

    title = known(where, "title", raw["title"], ("zh", "en"), ("zh", "en"))
    contract = Contract(
        feed=name_of(where, "feed", raw["feed"]),
        system=path.parent.name,
        title_zh=text_of(where, "title.zh", title["zh"]),
        title_en=text_of(where, "title.en", title["en"]),
        description=text_of(where, "description", raw["description"]),
        load=one_of(where, "load", raw["load"], LOADS),
        owner=text_of(where, "owner", raw["owner"]),
        provides=tuple(name_of(where, "provides", name) for name in list_of(where, "provides", raw.get("provides", [raw["feed"]]))),
        files=read_files(where, raw["files"]),
        form=read_form(where, raw["form"]),
        key=tuple(list_of(where, "key", raw["key"])),
        columns=read_columns(where, raw["feed"], raw["columns"]),
        row_date=raw.get("row_date"),
        limits=read_limits(where, raw.get("limits") or {}),
        allow_empty=flag_of(where, "allow_empty", raw.get("allow_empty", False)),
        follows=one_of(where, "follows", raw.get("follows", "workdays"), CALENDARS),
        due=read_due(where, raw.get("due", "every_day")),
        late=read_late(where, raw.get("late", "stop")),
        drift=read_drift(where, raw.get("drift") or {}),
        refers=read_refers(where, raw.get("refers", [])),
        path=where,
    )
    _check_whole(where, contract)
    return contract


def _check_whole(where: str, contract: Contract) -> None:
    """What can only be judged over several keys."""
    by_name = {column.name: column for column in contract.columns}
    for name in (*contract.key, *([contract.row_date] if contract.row_date else [])):
        if name not in by_name:
            fail(where, "key" if name in contract.key else "row_date", "there is no such column", name,
                  nearest(str(name), set(by_name)) or "name a column of the contract")
    if not contract.key:
        fail(where, "key", "a feed needs a key", "none", "name the columns that are unique within a delivery")
    for name in contract.key:
        if not by_name[name].required:
            fail(where, f"columns.{name}.required", "a column of the key may be empty", "required: false",
                  "write required: true")
    if contract.row_date and by_name[contract.row_date].type.kind != "date":
        fail(where, "row_date", "the column is not a date", str(by_name[contract.row_date].type), "name a date column")
    if (contract.load == "static") != contract.is_static:
        fail(where, "files.delivery", "load and delivery disagree",
              f"load {contract.load}, delivery {contract.files.delivery}", "make both static, or neither")
    if contract.load == "delta":
        first = contract.columns[0]
        if first.name != "op" or set(first.values) != {"I", "U", "D"} or not first.required:
            fail(where, "columns", "a delta says with each row what became of it", f"first column {first.name}",
                  "begin with {name: op, type: string(1), required: true, values: [I, U, D]}")
    _check_late(where, contract)
    _check_form(where, contract)
    _check_file_names(where, contract)


def _check_late(where: str, contract: Contract) -> None:
    """What may be carried or held depends on the load: a state may be carried, a journal only held."""
    if contract.late.policy == "carry" and contract.load not in ("full", "delta"):
        fail(where, "late", f"a {contract.load} is never carried: an empty day would be a lie in every window over it",
             f"carry: {contract.late.carry_days}", "write late: stop, or {hold: 2}")
    if contract.late.policy == "hold" and contract.is_static:
        fail(where, "late", "a static feed is delivered once", f"hold: {contract.late.carry_days}", "write late: stop")
    if contract.is_static and contract.due.when != "every_day":
        fail(where, "due", "a static feed is delivered once", contract.due.when, "drop due")


def _check_form(where: str, contract: Contract) -> None:
    """Widths, sums and check digits that the columns and the form must agree on."""
    for column in contract.columns:
        if contract.form.is_fixed != (column.width is not None):
            fail(where, f"columns.{column.name}.width", "columns have widths in a file of fixed width, and only there",
                 str(column.width), "write width: <bytes>" if contract.form.is_fixed else "drop width")
        if column.name in contract.key and (column.since or column.until):
            fail(where, f"columns.{column.name}", "a column of the key is always there", "since or until", "drop it")
    framed = [one.says[4:] for one in (*contract.form.head, *contract.form.tail) if one.says.startswith("sum:")]
    for key, names in (("files.sums", contract.files.sums), ("form", framed)):
        for name in names:
            kinds = {column.name: column.type.kind for column in contract.columns}
            if kinds.get(name) != "decimal":
                fail(where, key, "a total is of a decimal column", name,
                     nearest(name, [one for one, kind in kinds.items() if kind == "decimal"]) or "name a decimal column")


def _check_file_names(where: str, contract: Contract) -> None:
    """A daily file name says its date, and its kind where an initial load is to be told from a day."""
    for key, name in (("files.name", contract.files.name), ("files.control", contract.files.control)):
        if name is None:
            continue
        used = set(re.findall(r"\{(\w*)\}", name))
        if unknown := used - PLACEHOLDERS:
            word = sorted(unknown)[0]
            fail(where, key, "unknown placeholder", "{" + word + "}",
                  nearest(word, PLACEHOLDERS) or "use {biz_date}, {kind} and {part}")
        if contract.is_static and used:
            fail(where, key, "a static file has one name", name, "write the name as it is, without placeholders")
        if contract.load in DAILY_KIND and not {"biz_date", "kind"} <= used:
            fail(where, key, "a daily file says its date and its kind", name, "use {biz_date} and {kind}")
    if contract.files.control and "{part}" in contract.files.control:
        fail(where, "files.control", "one control file speaks for all parts", contract.files.control, "drop {part}")
