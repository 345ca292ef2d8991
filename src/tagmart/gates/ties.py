"""Ledger ties: two sides that must be equal; each is a block of words and a query of one name in expectations/ties.

A tie's SQL gives single amounts of either side, and as a third side (`explained`) what the sources say themselves that the
two differ by: left equals right plus what is explained. The key of such an amount is its reason, and is shown. Everything else
(adding up, tolerance, known differences, the largest accounts) is done here for all of them, so that a tie is a query and a
block of words.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from tagmart.core.errors import TagmartError, nearest
from tagmart.core.plain_yaml import read_yaml

FOLDER = "ties"
# Queries that several ties read, by the name of their file, as a table: written once, computed once a night.
SHARED = "shared"
# What is compared: every line (organisation, subject, currency) as a whole, or every key by itself.
LINE, KEY = "line", "key"
GRAINS = (LINE, KEY)
# On break: the night stops; only a theme or the families concerned keep their last good values; the owner is told.
STOP, THEME, FAMILY, WARN = "stop", "theme", "family", "warn"
# Keys that say nothing of who somebody is, and are shown as they are. Every other kind is masked wherever it is shown.
PLAIN_KEYS = ("subject", "customer", "holding", "product", "batch", "day")
KEYS = {
    "tie", "covers", "title", "left", "right", "feeds", "key", "each", "tolerance", "on_break", "owner", "means", "do",
    "known", "may_be_empty", "prior", "reads", "holds",
}  # fmt: skip
NEEDED = {"tie", "covers", "title", "left", "right", "feeds", "key", "tolerance", "on_break", "owner", "means", "do"}


@dataclass(frozen=True)
class Tolerance:
    """How far two sides may be apart: by an amount, or by a share of the right side."""

    amount: Decimal = Decimal(0)
    share: Decimal = Decimal(0)

    def of(self, right: Decimal) -> Decimal:
        """What is allowed for a line whose right side is this."""
        return max(self.amount, abs(right) * self.share)

    def __str__(self) -> str:
        return f"{self.share * 100:f} %" if self.share else f"{self.amount:f}"


@dataclass(frozen=True)
class Known:
    """A difference that was explained: it is let pass as long as it is exactly this, and not after its last day.

    Attributes:
        org, subject, ccy: the line.
        amount: left side less right side.
        until: last business date on which it is let pass.
        reason: why it is there, and who is mending it.
    """

    org: str
    subject: str
    ccy: str
    amount: Decimal
    until: date
    reason: str

    @property
    def line(self) -> tuple[str, str, str]:
        """The line that it is about."""
        return self.org, self.subject, self.ccy


@dataclass(frozen=True)
class Tie:
    """Two sides that must be equal.

    Attributes:
        id: unique; also the stem of its two files.
        covers: numbers of the ledger checks that it is (1–32), or of gates (53–60).
        title: what must hold, by language.
        left, right: what stands on either side, in English.
        feeds: feeds that it needs; where the bank lacks one it cannot be computed.
        key: what the keys are: account, note, customer, …
        each: line or key.
        tolerance: how far apart the sides may be.
        on_break: stop, theme <name>, family or warn.
        owner: who mends it.
        means, do: what a break means, and what to do.
        known: differences that are let pass for a while.
        may_be_empty: true if there are days with nothing to compare.
        prior: true if it needs the mart that was published for the day before.
        reads: queries of expectations/ties/shared that it reads.
        holds: on_break family: the feeds whose tags keep their last good values; where it says nothing all feeds that it needs.
    """

    id: str
    covers: tuple[int, ...]
    title: Mapping[str, str]
    tolerance: Tolerance
    on_break: str
    owner: str
    left: str
    right: str
    feeds: tuple[str, ...]
    key: str
    means: str
    do: str
    each: str = LINE
    known: tuple[Known, ...] = ()
    may_be_empty: bool = False
    prior: bool = False
    reads: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()

    @property
    def severity(self) -> str:
        """What the gate does on a break: stop the night, hold a theme or the families concerned, or tell the owner."""
        return {WARN: "warn", STOP: "fail"}.get(self.on_break, "hold")

    @property
    def is_masked(self) -> bool:
        """Whether its keys are masked wherever they are shown."""
        return self.key not in PLAIN_KEYS


def read_ties(suites_dir: Path) -> tuple[Tie, ...]:
    """The ties of expectations/ties, checked, in the order of their names.

    Raises:
        TagmartError: naming the file and the key that is wrong, or the SQL file that is missing or belongs to no tie.
    """
    folder = suites_dir.parent / FOLDER
    ties = tuple(_read(path) for path in sorted(folder.glob("*.yml")))
    feeds = {file.stem for file in (suites_dir.parent / "contracts").glob("*/*/*.yml")}
    for tie in ties:
        for feed in tie.feeds:
            if feed not in feeds:
                # A feed nobody ever delivers would switch the tie off in every bank, silently.
                raise TagmartError("no bank has this feed", where=f"{FOLDER}/{tie.id}.yml", seen=repr(feed),
                                   do=nearest(feed, feeds) or "name feeds of expectations/contracts")
    shared = {file.stem for file in (folder / SHARED).glob("*.sql")}
    read = {name for tie in ties for name in tie.reads}
    for name in sorted(shared ^ read):
        what = "a shared query is not there" if name in read else "a shared query is read by no tie"
        raise TagmartError(what, where=f"{FOLDER}/{SHARED}/{name}.sql", do=nearest(name, (shared | read) - {name}) or "name it under `reads`")
    files = {file.stem for file in folder.glob("*.sql")}
    wanted = {tie.id for tie in ties}
    for stem in sorted(files ^ wanted):
        what = "a tie has no SQL" if stem in wanted else "a SQL file belongs to no tie"
        raise TagmartError(what, where=f"{FOLDER}/{stem}.sql", do="give query and words one name")
    return ties


def sql_of(suites_dir: Path, tie: Tie) -> str:
    """The query of a tie."""
    return (suites_dir.parent / FOLDER / f"{tie.id}.sql").read_text(encoding="utf-8")


def shared_sql(suites_dir: Path, name: str) -> str:
    """A query that several ties read."""
    return (suites_dir.parent / FOLDER / SHARED / f"{name}.sql").read_text(encoding="utf-8")


def _read(path: Path) -> Tie:
    """One file of words, checked."""
    where = f"{FOLDER}/{path.name}"
    try:
        block = read_yaml(path)
    except yaml.YAMLError as error:
        raise TagmartError("not readable as YAML", where=where, seen=" ".join(str(error).split()), do="mend the file") from error
    if not isinstance(block, dict) or block.get("tie") != path.stem:
        raise TagmartError("a tie is called as its file", where=where, seen=repr(block)[:80], do=f"begin with `tie: {path.stem}`")
    return _tie(where, block)


def _tie(where: str, block: dict[str, Any]) -> Tie:
    """The words of a tie, checked."""
    for key in sorted(block.keys() - KEYS):
        raise TagmartError("unknown key", where=where, seen=repr(key), do=nearest(key, KEYS) or f"keys are {', '.join(sorted(KEYS))}")
    for key in sorted(NEEDED - block.keys()):
        raise TagmartError(f"the key '{key}' is missing", where=where, do="every tie says what it means and what to do")
    grain, on_break = block.get("each", LINE), str(block["on_break"])
    _require(where, "each", grain, GRAINS)
    _require(where, "on_break", on_break.split()[0], (STOP, THEME, FAMILY, WARN))
    if (on_break.split()[0] == THEME) != (len(on_break.split()) == 2):
        raise TagmartError("only a theme has a name", where=where, seen=repr(on_break), do="write `theme asset`, or one word")
    holds = tuple(block.get("holds", ()))
    if holds and (on_break != FAMILY or not set(holds) < set(block["feeds"])):
        raise TagmartError("`holds` names some of the tie's feeds, and only with `on_break: family`", where=where, seen=", ".join(holds),
                           do="name the feeds whose tags are wrong where the tie breaks, or leave it out for all of them")
    tolerance = _tolerance(where, block["tolerance"])
    if grain == KEY and tolerance.share:
        raise TagmartError("a share is allowed of lines only", where=where, seen=str(block["tolerance"]), do="give an amount")
    return Tie(
        id=block["tie"], covers=tuple(block["covers"]), title=block["title"], tolerance=tolerance, on_break=on_break,
        owner=block["owner"], left=block["left"], right=block["right"], feeds=tuple(block["feeds"]), key=block["key"],
        each=grain, means=" ".join(block["means"].split()), do=" ".join(block["do"].split()),
        known=tuple(_known(where, one) for one in block.get("known") or ()), may_be_empty=bool(block.get("may_be_empty", False)),
        prior=bool(block.get("prior", False)), reads=tuple(block.get("reads", ())), holds=holds,
    )  # fmt: skip


def _tolerance(where: str, text: object) -> Tolerance:
    """An amount such as 0.01, or a share of the right side such as `0.01 %`."""
    number, _, unit = str(text).partition(" ")
    try:
        value = Decimal(number)
    except InvalidOperation:
        value = Decimal(-1)
    if value < 0 or unit not in ("", "%"):
        raise TagmartError("a tolerance is an amount or a share", where=where, seen=repr(text), do="write 0.01, or `0.01 %`")
    return Tolerance(share=value / 100) if unit else Tolerance(amount=value)


def _known(where: str, block: Mapping[str, Any]) -> Known:
    """A difference that is let pass: everything must be said."""
    wanted = {"org", "subject", "ccy", "amount", "until", "reason"}
    if block.keys() != wanted or not isinstance(block["until"], date):
        raise TagmartError("a known difference says org, subject, ccy, amount, until and reason", where=where,
                           seen=", ".join(map(str, block)), do="write all six; `until` is a date")
    return Known(str(block["org"]), str(block["subject"]), str(block["ccy"]), Decimal(str(block["amount"])),
                 block["until"], block["reason"])


def _require(where: str, what: str, word: str, known: Collection[str]) -> None:
    if word not in known:
        raise TagmartError(f"unknown word for `{what}`", where=where, seen=repr(word),
                           do=nearest(word, tuple(known)) or f"known are {', '.join(known)}")
