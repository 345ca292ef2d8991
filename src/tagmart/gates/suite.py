"""The expectations of a gate, read from expectations/suites/<gate>.yml and checked before anything is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tagmart.core.errors import TagmartError, nearest
from tagmart.core.plain_yaml import read_yaml
from tagmart.gates.frames import FRAMES
from tagmart.gates.ties import Tie, read_ties

SEVERITIES = ("fail", "warn")
# Red, and only what it is about keeps its last good values: never written in a file, it follows from `on_break`.
HOLD = "hold"
KEYS = {"id", "title", "severity", "owner", "facts", "expect", "kwargs", "where", "means", "do", "covers", "on_break"}
NEEDED = KEYS - {"kwargs", "where", "covers", "on_break"}
# On break only the families, or the themes, of the tags that break keep their last good values.
ON_BREAK = ("stop", "theme", "family")
OF_TAGS = ("tag", "additive", "monotone", "drift")
# Arguments of Great Expectations that name a column, or several.
COLUMN_ARGUMENTS = ("column", "column_A", "column_B", "column_list")


@dataclass(frozen=True)
class Expectation:
    """One thing that must hold.

    Attributes:
        id: unique within the gate; operators and BI know it by this.
        zh, en: its title.
        severity: fail stops the night, hold keeps the last good values of what it is about, warn tells the owner.
        owner: who mends it.
        facts: the frame of facts that it looks at.
        expect: Great Expectations' name of the expectation.
        kwargs: its arguments.
        where: a pandas query that narrows the rows, or None.
        means: what it means when it does not hold.
        do: what to do then.
        covers: numbers of the ledger checks (1–32) or gates (53–60) of the banking reference that it is, or is part of.
        consequence: what a break does: stop, theme <name>, family or warn.
    """

    id: str
    zh: str
    en: str
    severity: str
    owner: str
    facts: str
    expect: str
    means: str
    do: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    where: str | None = None
    covers: tuple[int, ...] = ()
    consequence: str = ""


@dataclass(frozen=True)
class Suite:
    """The expectations of one gate.

    Attributes:
        gate: gate1, gate2, gate3 or ledger.
        path: its file.
        expectations: in the order of the file.
        sums: sums across families that names do not tell: total → parts.
        ties: ties of the ledger; each is also one of the expectations.
    """

    gate: str
    path: Path
    expectations: tuple[Expectation, ...]
    sums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ties: tuple[Tie, ...] = ()

    @property
    def frames(self) -> tuple[str, ...]:
        """The frames of facts that are needed, each once, in the order of first use."""
        return tuple(dict.fromkeys(expectation.facts for expectation in self.expectations))


def load_suite(folder: Path, gate: str) -> Suite:
    """Read and check a gate's suite.

    Args:
        folder: expectations/suites.
        gate: the file's stem.

    Raises:
        TagmartError: if there is no such gate, or the file names a key, frame or column that does not exist.
    """
    path = folder / f"{gate}.yml"
    if not path.is_file():
        gates = sorted(found.stem for found in folder.glob("*.yml"))
        raise TagmartError(
            "there is no such gate",
            where=str(folder),
            seen=repr(gate),
            do=nearest(gate, gates) or f"use one of {', '.join(gates)}",
        )
    try:
        content = read_yaml(path)
    except yaml.YAMLError as error:
        raise TagmartError(
            "not readable as YAML", where=path.name, seen=" ".join(str(error).split()), do="mend the file"
        ) from error
    if (
        not isinstance(content, dict)
        or not isinstance(content.get("expectations"), list)
        or not content["expectations"]
    ):
        raise TagmartError(
            "a suite needs a list `expectations`", where=path.name, do="write at least one; an empty gate says nothing"
        )
    ties = read_ties(folder) if "ties" in content else ()
    expectations = tuple(_expectation(path.name, block) for block in content["expectations"]) + tuple(map(_of_tie, ties))
    ids = [expectation.id for expectation in expectations]
    if twins := {id_ for id_ in ids if ids.count(id_) > 1}:
        raise TagmartError("an id stands twice", where=path.name, seen=", ".join(sorted(twins)), do="give each its own")
    sums = {total: tuple(parts) for total, parts in (content.get("sums") or {}).items()}
    return Suite(gate, path, expectations, sums, ties)


def _of_tie(tie: Tie) -> Expectation:
    """A tie as an expectation over its lines: none is off by more than is allowed."""
    return Expectation(
        id=tie.id, zh=tie.title["zh"], en=tie.title["en"], severity=tie.severity, owner=tie.owner, facts="tie",
        expect="expect_column_values_to_be_between", means=tie.means, do=tie.do,
        kwargs={"column": "over", "max_value": 0}, where=f'tie == "{tie.id}"', covers=tie.covers, consequence=tie.on_break,
    )  # fmt: skip


def _expectation(file: str, block: Any) -> Expectation:
    """One block of the file, checked."""
    if not isinstance(block, dict):
        raise TagmartError(
            "an expectation is a block of keys", where=file, seen=repr(block), do=f"keys are {', '.join(sorted(KEYS))}"
        )
    where = f"{file}: {block.get('id', '(no id)')}"
    for key in sorted(block.keys() - KEYS):
        raise TagmartError(
            "unknown key", where=where, seen=repr(key), do=nearest(key, KEYS) or f"keys are {', '.join(sorted(KEYS))}"
        )
    for key in sorted(NEEDED - block.keys()):
        raise TagmartError(
            f"the key '{key}' is missing", where=where, do="every expectation says what it means and what to do"
        )
    _require_known(where, "severity", block["severity"], SEVERITIES)
    _require_known(where, "facts", block["facts"], tuple(FRAMES))
    on_break = block.get("on_break", "stop")
    _require_known(where, "on_break", on_break, ON_BREAK)
    holds = on_break != "stop"
    if holds and (block["severity"] != "fail" or block["facts"] not in OF_TAGS):
        raise TagmartError("only an expectation over tags that fails can hold some of them back", where=where, seen=on_break,
                           do=f"leave `on_break` out, or use severity fail and facts {', '.join(OF_TAGS)}")
    columns = tuple(FRAMES[block["facts"]].columns)
    kwargs = block.get("kwargs") or {}
    for argument in COLUMN_ARGUMENTS:
        value = kwargs.get(argument, [])
        for column in value if isinstance(value, list) else [value]:
            _require_known(where, f"{argument} of facts '{block['facts']}'", column, columns)
    return Expectation(
        id=block["id"],
        zh=block["title"]["zh"],
        en=block["title"]["en"],
        severity=HOLD if holds else block["severity"],
        owner=block["owner"],
        facts=block["facts"],
        expect=block["expect"],
        means=" ".join(block["means"].split()),
        do=" ".join(block["do"].split()),
        kwargs=kwargs,
        where=block.get("where"),
        covers=tuple(block.get("covers", ())),
        consequence=on_break if block["severity"] == "fail" else "warn",
    )


def _require_known(where: str, what: str, word: str, known: tuple[str, ...]) -> None:
    if word not in known:
        raise TagmartError(
            f"unknown {what}",
            where=where,
            seen=repr(word),
            do=nearest(str(word), known) or f"known are {', '.join(known)}",
        )
