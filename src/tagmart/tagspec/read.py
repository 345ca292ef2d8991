"""Reading the specs under tag_specs/<entity>/: each block becomes a Family, or an error that says what to write."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tagmart.core.errors import TagmartError
from tagmart.tagspec.form import choose, load_all, mapping, needed, only_keys, text, words
from tagmart.tagspec.meaning import check_meaning
from tagmart.tagspec.model import STATUSES, Family, Measure, Table, Text, Vocabulary, Window
from tagmart.tagspec.vocabulary import measure

KEYS = (
    "family", "from", "where", "slices", "combos", "measures", "windows", "extra", "bases", "changes", "missing",
    "both_years", "note", "model", "feeds", "status",
)  # fmt: skip


def read_families(specs_dir: Path, entity: str, vocabulary: Vocabulary) -> tuple[Family, ...]:
    """The families of an entity, file by file in the order of names.

    Raises:
        TagmartError: at the first block that makes no sense.
    """
    families = []
    for path in sorted((specs_dir / entity).glob("*.yml")):
        where = f"{entity}/{path.name}"
        for document in load_all(path, where):
            families.append(family_of(mapping(document, where), entity, where, vocabulary))
    return tuple(families)


def family_of(block: Mapping[str, Any], entity: str, where: str, vocabulary: Vocabulary) -> Family:
    """One block as a Family.

    Args:
        block: the parsed YAML.
        entity: whom its tags describe.
        where: the file, for errors: retail/transaction.yml.

    Raises:
        TagmartError: if a word is unknown or the slices of the block are not exhaustive.
    """
    only_keys(block, KEYS, "the block", where)
    code = choose(needed(block, "family", "the block", where), vocabulary.families, "unknown family", where)
    what = f"family '{code}'"
    table = vocabulary.tables[choose(needed(block, "from", what, where), vocabulary.tables, f"{what} is from", where)]
    if table.entity != entity:
        raise TagmartError(f"{what} reads {table.name}, which is of {table.entity}", where=where)
    cut = _where(block, table, what, where)
    slices = _slices(block, table, cut, vocabulary, what, where)
    measures = _measures(block, table, vocabulary, what, where)
    windows = _windows(block, measures, vocabulary, what, where)
    combos = _combos(block, slices, vocabulary, what, where)
    check_meaning(table, measures, windows, combos, what, where)
    note = mapping(block.get("note", {}), where)
    return Family(
        spec=f"tag_specs/{where}",
        entity=entity,
        words=vocabulary.families[code],
        table=table,
        feeds=words(block["feeds"], where) if "feeds" in block else _feeds(table, cut),
        where=cut,
        slices=slices,
        combos=combos,
        flows=tuple((entry, windows[entry.name]) for entry in measures.values() if entry.kind == "flow"),
        states=tuple(entry for entry in measures.values() if entry.kind == "state"),
        bases=tuple(_named(block, "bases", vocabulary.bases, what, where)),
        changes=tuple(_named(block, "changes", vocabulary.changes, what, where)),
        missing=choose(
            needed(block, "missing", what, where), ("zero", "unknown", "not_applicable"), f"{what} has missing", where
        ),
        note=text(note, f"note of {what}", where) if note else Text(),
        status=choose(block.get("status", "active"), STATUSES, f"{what} has status", where),
        model=str(block.get("model", "")),
    )


def _where(block: Mapping[str, Any], table: Table, what: str, where: str) -> dict[str, tuple[str, ...]]:
    cut = {}
    for code, values in mapping(block.get("where", {}), where).items():
        choose(code, table.slices, f"{what} is cut by slice", where)
        cut[code] = tuple(
            choose(value, table.slices[code], f"{what} is cut to {code}", where) for value in words(values, where)
        )
    return cut


def _slices(
    block: Mapping[str, Any], table: Table, cut: Mapping[str, tuple[str, ...]], vocabulary: Vocabulary, what: str,
    where: str,
) -> dict[str, tuple[str, ...]]:  # fmt: skip
    """The slice values that tags are made for; together they must hold every row, or the slices do not add up."""
    slices = {}
    for code, values in mapping(block.get("slices", {}), where).items():
        choose(code, table.slices, f"{what} has slice", where)
        domain = cut.get(code, table.slices[code])
        chosen = domain if values == "all" else words(values, where)
        for value in chosen:
            choose(value, domain, f"{what}, slice '{code}' has value", where)
        lost = [value for value in domain if value not in chosen]
        if lost and "other" not in chosen:
            raise TagmartError(
                f"{what}, slice '{code}' is not exhaustive", where=where, seen=f"no place for {', '.join(lost)}",
                do="add `other`, say `all`, or cut the family with `where`",
            )  # fmt: skip
        slices[code] = tuple(value for value in vocabulary.slices[code] if value in chosen)
    return slices


def _combos(
    block: Mapping[str, Any], slices: Mapping[str, tuple[str, ...]], vocabulary: Vocabulary, what: str, where: str
) -> tuple[tuple[str, ...], ...]:
    order, combos = list(vocabulary.slices), []
    for entry in needed(block, "combos", what, where):
        combo = words(entry, where)
        for code in combo:
            choose(code, slices, f"{what} combines slice", where)
        if list(combo) != sorted(combo, key=order.index):
            raise TagmartError(
                f"{what} combines slices out of order", where=where, seen=", ".join(combo),
                do=f"write [{', '.join(sorted(combo, key=order.index))}]: names keep one order",
            )  # fmt: skip
        combos.append(combo)
    if "model" in block and len(combos) > 1:
        raise TagmartError(f"{what} names one model for {len(combos)} combos", where=where, do="give each its block")
    return tuple(combos)


def _measures(
    block: Mapping[str, Any], table: Table, vocabulary: Vocabulary, what: str, where: str
) -> dict[str, Measure]:
    """Measures by name; an entry `{name: cnt, unit: times}` changes the word of the vocabulary for this block."""
    entries = list(needed(block, "measures", what, where))
    named = {entry["name"] if isinstance(entry, dict) else entry for entry in entries}
    extra = [name for names in mapping(block.get("extra", {}), where).values() for name in words(names, where)]
    measures = {}
    for entry in [*entries, *(name for name in dict.fromkeys(extra) if name not in named)]:
        if isinstance(entry, dict):
            name = str(needed(entry, "name", f"a measure of {what}", where))
            known = vocabulary.measures.get(name)
            default = (
                {
                    "agg": known.agg, "of": known.of, "kind": known.kind, "type": known.data_type, "unit": known.unit,
                    "zh": known.text.zh, "en": known.text.en, "within": list(known.within),
                }
                if known
                else {}
            )  # fmt: skip
            measures[name] = measure(name, {**default, **entry}, vocabulary.units, where)
        else:
            measures[entry] = vocabulary.measures[choose(entry, vocabulary.measures, f"{what} has measure", where)]
    for name, entry in measures.items():
        choose(entry.of, table.folds, f"measure '{name}' needs column of {table.name}", where)
    return measures


def _windows(
    block: Mapping[str, Any], measures: Mapping[str, Measure], vocabulary: Vocabulary, what: str, where: str
) -> dict[str, tuple[Window, ...]]:
    """Windows of each flow: those of the block for its own measures, and those of `extra`."""
    own = {entry["name"] if isinstance(entry, dict) else entry for entry in block["measures"]}
    codes: dict[str, list[str]] = {name: [] for name, entry in measures.items() if entry.kind == "flow"}
    for code in words(block.get("windows", []), where):
        for name in codes:
            if name in own:
                codes[name].append(code)
    for code, names in mapping(block.get("extra", {}), where).items():
        for name in words(names, where):
            if name not in codes:
                raise TagmartError(f"{what}: a state has no window", where=where, seen=f"{name} over {code}")
            codes[name].append(code)
    used = {code for entry in codes.values() for code in entry}
    for code in sorted(used):
        choose(code, vocabulary.windows, f"{what} has window", where)
    for name, entry in codes.items():
        if not entry:
            raise TagmartError(f"{what}: flow '{name}' has no window", where=where, do="add it to `windows`")
    if {"365d", "l12m"} <= used and not block.get("both_years"):
        raise TagmartError(
            f"{what} has both 365d and l12m", where=where, do="drop one, or say why with `both_years: <reason>`"
        )
    order = list(vocabulary.windows)
    return {
        name: tuple(vocabulary.windows[code] for code in sorted(set(entry), key=order.index))
        for name, entry in codes.items()
    }


def _named(block: Mapping[str, Any], key: str, known: Mapping[str, Any], what: str, where: str) -> list[Any]:
    return [known[choose(code, known, f"{what} has {key}", where)] for code in words(block.get(key, []), where)]


def _feeds(table: Table, cut: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The feeds without which the family can say nothing."""
    if not table.feeds_by:
        return table.feeds
    code, by_value = table.feeds_by
    return tuple(dict.fromkeys(feed for value in cut.get(code, table.slices[code]) for feed in by_value[value]))
