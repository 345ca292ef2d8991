"""A bank with hand-made contracts, for tests of the loader: tiny files, written as a source writes them."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.ingest import FeedFact, ingest_night
from tagmart.ingest.quarantine import read_quarantine

FIRST, SECOND, THIRD = date(2026, 6, 28), date(2026, 6, 29), date(2026, 6, 30)

JOURNAL = """
feed: posting
title: {{zh: 流水, en: Postings}}
description: One row is a posting.
load: journal
owner: core banking
files: {{name: "posting_{{biz_date}}_{{kind}}_{{part}}.dat", control: "posting_{{biz_date}}_{{kind}}.ok", delivery: daily}}
form: {{encoding: {encoding}, separator: "|", quote: {quote}, header: true}}
row_date: day
key: [post_no]
limits: {{bad_share: {bad_share}}}
allow_empty: {allow_empty}
columns:
  - {{name: post_no, type: string(8), required: true}}
  - {{name: owner_name, type: string(12), personal: C2}}
  - {{name: amt, type: "decimal(9,2)", required: true}}
  - {{name: cnt, type: integer}}
  - {{name: side, type: string(1), values: [C, D]}}
  - {{name: day, type: date, required: true}}
  - {{name: is_own, type: boolean}}
"""
HEADER = "post_no|owner_name|amt|cnt|side|day|is_own"

FULL = """
feed: branch
title: {zh: 机构, en: Branches}
description: One row is a branch.
load: full
owner: back office
files: {name: "branch_{biz_date}_{kind}_{part}.dat", control: "branch_{biz_date}_{kind}.ok", delivery: daily}
form: {encoding: utf-8, separator: "|", quote: none, header: true}
key: [branch_id]
columns:
  - {name: branch_id, type: string(4), required: true}
  - {name: branch_name, type: string(20), required: true}
"""


@dataclass
class Bank:
    """A bank with hand-made contracts in a temporary folder."""

    root: Path
    runs: int = 0
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        self.settings = Settings(root=self.root, bank="tiny", home=self.root / "home")
        self.settings.claim_home()

    @property
    def state(self) -> State:
        return State(self.settings.state_db)

    def contract(self, text: str) -> None:
        feed = text.split("feed: ", 1)[1].split("\n", 1)[0]
        path = self.settings.contracts_dir / "core" / f"{feed}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def journal(self, encoding: str = "utf-8", quote: str = "none", bad_share: float = 0, allow_empty: str = "false") -> None:
        self.contract(JOURNAL.format(encoding=encoding, quote=quote, bad_share=bad_share, allow_empty=allow_empty))

    def folder(self, day: date) -> Path:
        path = self.settings.landing / f"{day:%Y%m%d}"
        path.mkdir(parents=True, exist_ok=True)
        return path

    def deliver(self, feed: str, day: date, kind: str, *parts: str | bytes, encoding: str = "utf-8") -> list[Path]:
        """Write parts (header and rows) and their control file; returns the parts and the control file."""
        lines, total, paths = [], [0, 0], []
        for number, text in enumerate(parts, start=1):
            content = text if isinstance(text, bytes) else text.encode(encoding)
            path = self.folder(day) / f"{feed}_{day:%Y%m%d}_{kind}_{number:03d}.dat"
            path.write_bytes(content)
            rows = len(content.splitlines()) - 1
            lines.append(f"{path.name}|{len(content)}|{rows}|{hashlib.md5(content).hexdigest()}")  # noqa: S324
            total = [total[0] + len(content), total[1] + rows]
            paths.append(path)
        control = self.folder(day) / f"{feed}_{day:%Y%m%d}_{kind}.ok"
        control.write_text("\n".join([*lines, f"TOTAL|{total[0]}|{total[1]}|"]) + "\n", encoding="utf-8")
        return [*paths, control]

    def night(self, day: date) -> dict[str, FeedFact]:
        self.runs += 1
        facts = ingest_night(self.settings, self.state, f"run-{self.runs}", day)
        assert [dict(row) for row in self.state.rows("select * from feed_fact where run_id = ? order by feed", f"run-{self.runs}")] == [
            fact.record() for fact in facts
        ]
        return {fact.feed: fact for fact in facts}

    def ods(self, query: str) -> list[tuple]:
        with duckdb.connect(str(self.settings.warehouse), read_only=True) as warehouse:
            return warehouse.execute(query).fetchall()

    def quarantined(self, feed: str, label: str) -> list[dict]:
        return [asdict(row) for row in read_quarantine(self.settings.quarantine, feed, label)]


def rows(day: date, *numbers: int) -> str:
    """A file with good rows of a day."""
    return "\n".join([HEADER, *(f"P{number}|王小明|{number}.50|{number}|C|{day}|Y" for number in numbers)]) + "\n"


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
