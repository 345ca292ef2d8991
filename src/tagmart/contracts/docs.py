"""Contracts as pages: what a source must send, in words, for those who read no YAML. Written to docs/feeds/<bank>."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from tagmart.contracts.load import load_contracts
from tagmart.contracts.model import DAILY_KIND, INITIAL_KIND, Column, Contract, FrameField, Reference

EXAMPLE = date(2026, 6, 30)
MOMENT = datetime(2026, 6, 30, 23, 59, 58)
GENERATED = "<!-- Written by `tagmart contract docs` from {source}. Do not edit. -->"
LOADS = {
    "full": "full: each delivery holds all rows",
    "delta": "delta: each delivery holds the rows that changed, with `op` I (new), U (changed) or D (deleted)",
    "journal": "journal: each delivery holds the day's new rows, which never change",
    "static": "static: one file, delivered once",
}
SEPARATORS = {"\t": "a tab", "\x03": "the byte 0x03", "\x1d": "the byte 0x1D", "\x01": "the byte 0x01", "\x1b": "the byte 0x1B"}
CHECKS = {"resident_id": "resident ID number", "uscc": "unified social credit code", "luhn": "Luhn"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FRAME_WORDS = {
    "feed": "the feed's name", "bank": "the bank", "biz_date": "the date, YYYYMMDD", "rows": "the number of rows",
    "batch_no": "the batch number", "any": "anything",
}


@dataclass(frozen=True)
class Pages:
    """What was made.

    Attributes:
        stale: files that differ, lack or are left over, relative to the root of the project.
        pages: pages of feeds.
    """

    stale: tuple[str, ...]
    pages: int


def write_docs(root: Path, *, check: bool = False) -> Pages:
    """Write a page per feed of every bank, an index per bank, and remove pages of feeds that are no more.

    Args:
        root: the project: its expectations/contracts are read, docs/feeds written.
        check: write nothing; only say what is stale.

    Raises:
        TagmartError: if a contract is wrong.
    """
    wanted: dict[Path, str] = {}
    folder = root / "docs" / "feeds"
    contracts_root = root / "expectations" / "contracts"
    count = 0
    for bank in sorted(path for path in contracts_root.iterdir() if any(path.glob("**/*.yml"))):
        contracts = load_contracts(bank)
        referrers = _referrers(contracts)
        readers = _readers(root / "dbt_project" / "models" / "staging" / bank.name)
        count += len(contracts)
        wanted[folder / bank.name / "README.md"] = _index(bank.name, contracts)
        for contract in contracts.values():
            wanted[folder / bank.name / f"{contract.feed}.md"] = page_of(
                contract, bank.name, readers.get(contract.feed, []), referrers.get(contract.feed, []))
    there = {path: path.read_text(encoding="utf-8") for path in folder.rglob("*.md")} if folder.exists() else {}
    stale = [path for path in sorted({*wanted, *there}) if wanted.get(path) != there.get(path)]
    if not check:
        for path in stale:
            if path in wanted:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(wanted[path], encoding="utf-8")
            else:
                path.unlink()
    return Pages(tuple(path.relative_to(root).as_posix() for path in stale), count)


def page_of(contract: Contract, bank: str, readers: list[str], referrers: list[str]) -> str:
    """The page of one feed.

    Args:
        contract: of the feed.
        bank: whose it is.
        readers: the staging models that read it.
        referrers: the feeds that refer to it.
    """
    facts = [
        ("Source system", contract.system),
        ("Owner", contract.owner),
        ("Load", LOADS[contract.load]),
        ("Due", _due(contract)),
        ("Late", _late(contract)),
        ("Key", ", ".join(f"`{name}`" for name in contract.key) + " (unique within a delivery)"),
        ("Date of the rows", f"`{contract.row_date}` is the delivery's date (at most it, in the initial load)" if contract.row_date else ""),
        ("History", f"`hist.{contract.feed}`, one row per key and state, with the dates on which it held" if contract.keeps_history else ""),
        ("Limits", _limits(contract)),
        ("Another header", _drift(contract)),
        ("Refers", "; ".join(_refers(one) for one in contract.refers)),
        ("Referred to by", ", ".join(f"[{name}]({name}.md)" for name in referrers)),
        ("Read by", ", ".join(f"`{name}`" for name in readers) or "no staging model yet"),
    ]
    lines = [
        GENERATED.format(source=f"expectations/contracts/{bank}/{contract.path}"), "",
        f"# {contract.feed}: {contract.title_zh} · {contract.title_en}", "", contract.description, "",
        "| | |", "|---|---|", *(f"| {name} | {_cell(text)} |" for name, text in facts if text), "",
        "## Files", "", *_files(contract, bank), "",
        "## Columns", "", *_columns(contract), "",
    ]
    return "\n".join(lines)


def _index(bank: str, contracts: Mapping[str, Contract]) -> str:
    """The list of a bank's feeds."""
    lines = [
        GENERATED.format(source=f"expectations/contracts/{bank}"), "", f"# The feeds of bank `{bank}`", "",
        "| feed | 名称 | title | system | load | due | columns |", "|---|---|---|---|---|---|---|",
    ]
    for one in contracts.values():
        lines.append(f"| [{one.feed}]({one.feed}.md) | {_cell(one.title_zh)} | {_cell(one.title_en)} | {one.system} | {one.load}"
                     f" | {'once' if one.is_static else _when(one)} | {len(one.columns)} |")
    return "\n".join([*lines, ""])


def _referrers(contracts: Mapping[str, Contract]) -> dict[str, list[str]]:
    """Feed → the other feeds that refer to it."""
    found: dict[str, list[str]] = {}
    for contract in contracts.values():
        for feed in sorted({target.feed for one in contract.refers for target in one.to} - {contract.feed}):
            found.setdefault(feed, []).append(contract.feed)
    return found


def _refers(one: Reference) -> str:
    """A reference, and above which share of rows that lead nowhere gate 1 speaks."""
    columns = ", ".join(f"`{name}`" for name in one.columns)
    targets = " or ".join(f"[{target.feed}]({target.feed}.md) ({', '.join(f'`{name}`' for name in target.columns)})" for target in one.to)
    above = f"above {one.limit:.2%} " if one.limit else ""
    return f"{columns} → {targets}, else gate 1 {above}{'stops the night' if one.severity == 'fail' else 'warns'}"


def _readers(staging: Path) -> dict[str, list[str]]:
    """Feed → the staging models of a bank that read its table."""
    readers: dict[str, list[str]] = {}
    for path in sorted(staging.glob("*.sql")):
        for feed in sorted(set(re.findall(r"\bods_\w+\('(\w+)'", path.read_text(encoding="utf-8")))):
            readers.setdefault(feed, []).append(path.stem)
    return readers


def _when(contract: Contract) -> str:
    """On which days a delivery is expected, in a few words."""
    due = contract.due
    if due.when == "weekly":
        return f"every {WEEKDAYS[(due.day or 1) - 1]}"
    if due.when == "monthly":
        return f"day {due.day} of each month"
    return {"on_issue": "whenever issued"}.get(due.when, due.when.replace("_", " "))


def _due(contract: Contract) -> str:
    """On which days a delivery is expected."""
    return "" if contract.is_static else _when(contract)


def _late(contract: Contract) -> str:
    """What a night does without the delivery."""
    if contract.is_static:
        return ""
    if contract.late.policy == "carry":
        return f"the last state is carried for at most {contract.late.carry_days} days, marked stale; then the night stops"
    if contract.late.policy == "hold":
        return (f"late or refused, the tags that stand on it keep their last good values for at most {contract.late.carry_days} days, and the rest"
                " of the night is on time; then the night stops")
    return "the night waits for it"


def _limits(contract: Contract) -> str:
    """What the loader lets pass."""
    limits = contract.limits
    words = [f"{limits.bad_share:.2%} of the rows may break this contract" if limits.bad_share else "no row may break this contract"]
    if limits.bad_rows is not None:
        words.append(f"at most {limits.bad_rows:,} rows")
    if contract.load == "full":
        words.append(f"at most {limits.shrink:.0%} fewer rows than in the delivery before")
    words.append("a delivery may have no rows" if contract.allow_empty else "a delivery has at least one row")
    if contract.follows == "day_of_month":
        words.append("the day of the month decides how many rows come")
    return "; ".join(words)


def _drift(contract: Contract) -> str:
    """What becomes of a header that is another one."""
    if not contract.form.header:
        return ""
    added = "an unknown column is left out and reported" if contract.drift.added == "ignore" else "an unknown column is refused"
    moved = "columns may stand in another order" if contract.drift.moved == "accept" else "another order is refused"
    return f"{added}; {moved}"


def _files(contract: Contract, bank: str) -> list[str]:
    """Names, form and control file."""
    form, kind = contract.form, _kind(contract)
    lines = [f"- Data: `{contract.files.name_of(EXAMPLE, kind)}`" + (
        "" if contract.is_static
        else f" (date, kind {INITIAL_KIND} for the initial load or {DAILY_KIND[contract.load]} for a day"
        + (", part)" if "{part}" in contract.files.name else ")")
    )]
    if contract.files.compression:
        lines.append(f"- Compressed: {contract.files.compression}")
    lines.append(f"- Encoding {form.encoding}; " + (
        "fields of fixed width, counted in bytes" if form.is_fixed
        else f"fields are separated by {_separator(form.separator or '')}" + (", which also ends each line" if form.trailing else "")
    ) + f"; {f'quoted with {_code(form.quote)}' if form.quote else 'never quoted'}; "
        + ("line 1 names the columns" if form.header else "no header line"))
    dates = f"- Dates are written like {_code(f'{MOMENT:{form.date}}')}, timestamps like {_code(f'{MOMENT:{form.timestamp}}')}"
    if form.century:
        dates += f", with years of two digits, {form.century} to {form.century + 99}"
    lines.append(dates + (f"; {', '.join(map(_code, form.no_date))} and blank stand for none" if form.no_date else "; blank stands for none"))
    for name, frame in (("Head", form.head), ("Tail", form.tail)):
        if frame:
            lines.append(f"- {name} record: {' · '.join(_frame(one) for one in frame)}")
    control = contract.files.control_of(EXAMPLE, kind)
    if control is None:
        return [*lines, "- No control file"]
    return [*lines, f"- Control: `{control}`, such as", "", "```", *_control(contract, bank), "```"]


def _control(contract: Contract, bank: str) -> list[str]:
    """A control file as the source writes it."""
    files, kind = contract.files, _kind(contract)
    name, md5 = files.name_of(EXAMPLE, kind), "9e107d9d372bb6826bd81d3542a419d6"
    if files.control_form == "flag":
        return ["9000"]
    if files.control_form == "list":
        sums = [f"SUM|{column}|1234567.89|" for column in files.sums]
        return ["file|bytes|rows|md5", f"{name}|1048576|9000|{md5}", *sums, "TOTAL|1048576|9000|"]
    date_line = [] if contract.is_static else [f"BIZ_DATE={EXAMPLE:%Y%m%d}"]
    return [
        f"BANK={bank}", f"FEED={contract.feed}", *date_line, f"KIND={kind}", "BATCH=1", "PARTS=1", f"FILE={name}",
        "BYTES=1048576", "ROWS=9000", f"MD5={md5}", *(f"SUM.{column}=1234567.89" for column in files.sums),
    ]


def _columns(contract: Contract) -> list[str]:
    """The table of columns; those that no column uses are left out."""
    parts: list[tuple[str, list[str]]] = [
        ("column", [f"`{column.name}`" for column in contract.columns]),
        ("type", [f"{column.type}" + (", implied point" if column.implied else "") for column in contract.columns]),
        ("bytes", [str(column.width or "") for column in contract.columns]),
        ("must", ["required" if column.required else "" for column in contract.columns]),
        ("class", [column.personal or "" for column in contract.columns]),
        ("values", [", ".join(map(_code, column.values)) for column in contract.columns]),
        ("check digit", [CHECKS.get(column.check or "", "") for column in contract.columns]),
        ("in files", [_span(column) for column in contract.columns]),
        ("what", [column.description for column in contract.columns]),
    ]
    used = [(name, cells) for name, cells in parts if any(cells)]
    rows = zip(*(cells for _, cells in used), strict=True)
    return [
        "| # | " + " | ".join(name for name, _ in used) + " |", "|---" * (len(used) + 1) + "|",
        *(f"| {number} | " + " | ".join(map(_cell, row)) + " |" for number, row in enumerate(rows, start=1)),
    ]


def _span(column: Column) -> str:
    """The delivery dates whose files have the column."""
    words = ([f"from {column.since}"] if column.since else []) + ([f"until before {column.until}"] if column.until else [])
    return ", ".join(words)


def _kind(contract: Contract) -> str:
    """The kind of an ordinary day's delivery."""
    return DAILY_KIND.get(contract.load, "S")


def _frame(one: FrameField) -> str:
    """What a field of a head or tail record holds."""
    if one.says.startswith("="):
        words = _code(one.says[1:])
    elif one.says.startswith("sum:"):
        words = f"the total of `{one.says[4:]}`"
    else:
        words = FRAME_WORDS[one.says]
    return words + (f" ({one.width} bytes)" if one.width else "")


def _separator(text: str) -> str:
    """A separator as people name it."""
    return SEPARATORS.get(text) or (_code(text) if text.isprintable() else " ".join(f"0x{ord(one):02X}" for one in text))


def _code(text: str | None) -> str:
    """A text as code; a backtick needs more of them around it."""
    return f"`` {text} ``" if "`" in (text or "") else f"`{text}`"


def _cell(text: str) -> str:
    """A text that does not end its cell."""
    return text.replace("|", "\\|").replace("\n", " ")
