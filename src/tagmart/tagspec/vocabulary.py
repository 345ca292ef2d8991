"""Reading the words of tags: tag_specs/vocabulary.yml, and <entity>/words.yml for what is an entity's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tagmart.core.errors import TagmartError
from tagmart.tagspec.form import choose, load_all, mapping, needed, only_keys, text, words
from tagmart.tagspec.model import (
    AGGREGATES,
    FOLDS,
    FORMS,
    PLACES,
    TYPES,
    Base,
    Change,
    FamilyWords,
    Measure,
    Security,
    SliceValue,
    Table,
    Text,
    TotalOf,
    Vocabulary,
    Window,
)

FILE = "vocabulary.yml"
PERIODS = ("month", "quarter", "year")
SECTIONS = ("units", "kinds", "missing", "purposes", "themes", "slices", "measures", "windows", "bases", "changes")
WORDS_FILE = "words.yml"
WORDS_SECTIONS = ("spine", "owners", "defaults", "families", "tables")

FAMILY_KEYS = (
    "zh", "en", "theme", "product", "line", "note_zh", "note_en", "owner_business", "owner_technical", "security",
    "purposes",
)  # fmt: skip


def read_vocabulary(specs_dir: Path, entity: str) -> Vocabulary:
    """The words that the specs of an entity may use: the common ones and its own.

    Args:
        specs_dir: dbt_project/tag_specs.
        entity: whose `words.yml` is read.

    Raises:
        TagmartError: at the first word that makes no sense, with the nearest one that does.
    """
    part = _document(specs_dir, FILE, SECTIONS)
    own = f"{entity}/{WORDS_FILE}"
    words_part = _document(specs_dir, own, WORDS_SECTIONS)
    purposes = words(part["purposes"], FILE)
    units, themes = _texts(part["units"], "unit"), _texts(part["themes"], "theme")
    slices = {code: _slice(code, entry) for code, entry in mapping(part["slices"], FILE).items()}
    bases = {code: _base(code, entry) for code, entry in mapping(part["bases"], FILE).items()}
    return Vocabulary(
        spine=str(words_part["spine"]),
        units=units,
        kinds=_texts(part["kinds"], "kind"),
        missing=_texts(part["missing"], "missing"),
        purposes=purposes,
        themes=themes,
        families=_families(words_part, themes, purposes, own),
        slices=slices,
        measures={
            name: measure(name, mapping(entry, FILE), units, FILE)
            for name, entry in mapping(part["measures"], FILE).items()
        },
        windows={code: _window(code, entry) for code, entry in mapping(part["windows"], FILE).items()},
        bases=bases,
        changes={code: _change(code, entry, bases) for code, entry in mapping(part["changes"], FILE).items()},
        tables={
            name: _table(name, entry, entity, slices, own) for name, entry in mapping(words_part["tables"], own).items()
        },
    )


def _document(specs_dir: Path, file: str, sections: tuple[str, ...]) -> dict[str, Any]:
    """The sections of one file of words, all of them there."""
    path = specs_dir / file
    if not path.is_file():
        raise TagmartError("there is no vocabulary", where=str(path), do="add it, or set TAGMART_ROOT to the checkout")
    documents = load_all(path, file)
    root = mapping(documents[0] if documents else None, file)
    only_keys(root, sections, "the vocabulary", file)
    return {key: needed(root, key, "the vocabulary", file) for key in sections}


def measure(name: str, entry: Mapping[str, Any], units: Mapping[str, Text], where: str) -> Measure:
    """A measure from its entry, in the vocabulary or in a spec.

    Raises:
        TagmartError: if a word of it is unknown.
    """
    what = f"measure '{name}'"
    only_keys(entry, ("name", "agg", "of", "kind", "type", "unit", "zh", "en", "within"), what, where)
    return Measure(
        name=name,
        agg=choose(needed(entry, "agg", what, where), AGGREGATES, f"{what} has agg", where),
        of=str(needed(entry, "of", what, where)),
        kind=choose(needed(entry, "kind", what, where), ("flow", "state"), f"{what} has kind", where),
        data_type=choose(needed(entry, "type", what, where), TYPES, f"{what} has type", where),
        unit=choose(needed(entry, "unit", what, where), units, f"{what} has unit", where),
        text=text(entry, what, where),
        within=words(entry.get("within", []), where),
    )


def security(entry: Mapping[str, Any], what: str, where: str) -> Security:
    """The entry `security: {personal, level, class}`.

    Raises:
        TagmartError: if one of the three is missing or unknown; a bare `C2` says too little.
    """
    only_keys(entry, ("personal", "level", "class"), f"security of {what}", where)
    personal = choose(needed(entry, "personal", what, where), ("C1", "C2", "none"), f"{what} has personal class", where)
    level = needed(entry, "level", what, where)
    if not isinstance(level, int) or not 1 <= level <= 5:
        raise TagmartError(f"{what} has security level {level!r}", where=where, do="use a whole number from 1 to 5")
    data_class = choose(needed(entry, "class", what, where), ("一般", "敏感", "重要"), f"{what} has class", where)
    return Security(personal, level, data_class)


def _texts(value: Any, what: str) -> dict[str, Text]:
    return {code: text(mapping(entry, FILE), f"{what} '{code}'", FILE) for code, entry in mapping(value, FILE).items()}


def _families(
    part: Mapping[str, Any], themes: Mapping[str, Text], purposes: tuple[str, ...], where: str
) -> dict[str, FamilyWords]:
    """Families, with what they do not say taken from the owner of their theme and from the defaults."""
    owners, defaults = mapping(part["owners"], where), mapping(part["defaults"], where)
    families = {}
    for code, value in mapping(part["families"], where).items():
        what, entry = f"family '{code}'", {**defaults, **mapping(value, where)}
        only_keys(entry, FAMILY_KEYS, what, where)
        theme = choose(needed(entry, "theme", what, where), themes, f"{what} has theme", where)
        families[code] = FamilyWords(
            code=code,
            text=text(entry, what, where),
            theme=theme,
            product=str(needed(entry, "product", what, where)),
            line=str(needed(entry, "line", what, where)),
            note=_note(entry),
            owner_business=str(entry.get("owner_business") or needed(owners, theme, "owners", where)),
            owner_technical=str(needed(entry, "owner_technical", what, where)),
            security=security(mapping(entry["security"], where), what, where),
            purposes=tuple(
                choose(purpose, purposes, f"{what} has purpose", where) for purpose in words(entry["purposes"], where)
            ),
        )
    return families


def _slice(code: str, value: Any) -> dict[str, SliceValue]:
    entry = mapping(value, FILE)
    only_keys(entry, ("place", "values"), f"slice '{code}'", FILE)
    values = {}
    for word, about in mapping(needed(entry, "values", f"slice '{code}'", FILE), FILE).items():
        about, what = mapping(about, FILE), f"slice '{code}' value '{word}'"
        only_keys(about, ("name", "zh", "en", "place", "only", "note_zh", "note_en"), what, FILE)
        place = choose(about.get("place", entry.get("place", "before")), PLACES, f"{what} has place", FILE)
        only = {key: words(allowed, FILE) for key, allowed in mapping(about.get("only", {}), FILE).items()}
        label = text(about, what, FILE)
        values[word] = SliceValue(word, str(about.get("name", word)), label, place, only, _note(about))
    return values


def _note(entry: Mapping[str, Any]) -> Text:
    """What sentences must add, in both languages."""
    return Text(str(entry.get("note_zh", "")), str(entry.get("note_en", "")))


def _window(code: str, value: Any) -> Window:
    entry, what = mapping(value, FILE), f"window '{code}'"
    only_keys(entry, ("days", "running", "complete", "count", "next", "all", "span", "zh", "en"), what, FILE)
    rules = [rule for rule in ("days", "running", "complete", "next", "all") if rule in entry]
    if len(rules) != 1:
        raise TagmartError(f"{what} has {len(rules)} rules", where=FILE, do="say one of days, running, complete, next, all")
    for rule in ("running", "complete"):
        if rule in entry:
            choose(entry[rule], PERIODS, f"{what} has period", FILE)
    return Window(
        code=code,
        text=text(entry, what, FILE),
        span=str(entry.get("span", "")),
        days=int(entry.get("days", 0)),
        running=str(entry.get("running", "")),
        complete=str(entry.get("complete", "")),
        count=int(entry.get("count", 1 if "complete" in entry else 0)),
        next=int(entry.get("next", 0)),
    )


def _base(code: str, value: Any) -> Base:
    entry, what = mapping(value, FILE), f"base '{code}'"
    before = choose(needed(entry, "before", what, FILE), PERIODS, f"{what} has period", FILE)
    return Base(code, before, text(entry, what, FILE))


def _change(code: str, value: Any, bases: Mapping[str, Base]) -> Change:
    entry, what = mapping(value, FILE), f"change '{code}'"
    only_keys(entry, ("base", "days", "zh", "en"), what, FILE)
    if "base" in entry:
        base = bases[choose(entry["base"], bases, f"{what} has base", FILE)]
        return Change(code, text(entry, what, FILE), base)
    if not isinstance(entry.get("days"), int):
        raise TagmartError(f"{what} has neither base nor days", where=FILE, do="say `base: bom` or `days: 30`")
    return Change(code, text(entry, what, FILE), days=entry["days"])


def _table(
    name: str, value: Any, entity: str, slices: Mapping[str, Mapping[str, SliceValue]], where: str
) -> Table:
    entry, what = mapping(value, where), f"table '{name}'"
    only_keys(entry, ("form", "date", "valid_from", "valid_to", "slices", "totals", "folds", "feeds"), what, where)
    form = choose(entry.get("form", "flow"), FORMS, f"{what} has form", where)
    days = ("valid_from", "valid_to") if form == "history" else ("date",)
    held = {}
    for code, values in mapping(needed(entry, "slices", what, where), where).items():
        choose(code, slices, f"{what} has slice", where)
        held[code] = tuple(slices[code]) if values == "all" else words(values, where)
        for word in held[code]:
            choose(word, slices[code], f"{what}, slice '{code}' has value", where)
    folds = {column: str(fold) for column, fold in mapping(needed(entry, "folds", what, where), where).items()}
    for column, fold in folds.items():
        choose(fold, FOLDS, f"{what}, column '{column}' folds by", where)
    feeds, feeds_by = needed(entry, "feeds", what, where), None
    if isinstance(feeds, dict):
        by = choose(feeds.get("by"), held, f"{what} has feeds by slice", where)
        feeds_by = (by, {word: words(needed(feeds, word, f"feeds of {what}", where), where) for word in held[by]})
    return Table(
        name=name,
        entity=entity,
        form=form,
        **{key: str(needed(entry, key, what, where)) for key in days},
        slices=held,
        totals={word: _total(value, slices, f"{what}, total '{word}'", where) for word, value in entry.get("totals", {}).items()},
        folds=folds,
        feeds=() if feeds_by else words(feeds, where),
        feeds_by=feeds_by,
    )


def _total(value: Any, slices: Mapping[str, Mapping[str, SliceValue]], what: str, where: str) -> TotalOf:
    entry = dict(mapping(value, where))
    table = str(needed(entry, "of", what, where))
    only_keys(entry, ("of", *slices), what, where)
    if len(entry) != 2:
        raise TagmartError(f"{what} is not of one slice", where=where, do="write {of: dws_…, prod: [demand, term]}")
    [(code, values)] = [(key, words(values, where)) for key, values in entry.items() if key != "of"]
    for word in values:
        choose(word, slices[code], f"{what} has value", where)
    return TotalOf(table, code, values)
