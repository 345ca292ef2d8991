"""Reading the YAML of tag models that are written by hand, for the wide table and the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tagmart.core.errors import TagmartError
from tagmart.tagspec.form import choose, load_all, mapping, needed, only_keys, replacement, text, words
from tagmart.tagspec.model import STATUSES, TYPES, Tag, TagModel, Text, Vocabulary
from tagmart.tagspec.vocabulary import security

KEYS = (
    "zh", "en", "kind", "unit", "missing", "theme", "family", "feeds", "line", "product", "security", "purposes",
    "restricted", "values", "window", "owner_business", "owner_technical", "status", "replacement", "entity", "formula",
)  # fmt: skip
# Between the Chinese and the English sentence of a description, as in every column comment of the mart.
BAR = "｜"
UNIT_BY_TYPE = {"decimal(18,2)": "cny", "decimal(18,4)": "ratio", "integer": "count"}


def read_handwritten(folder: Path, entity: str, vocabulary: Vocabulary) -> tuple[TagModel, ...]:
    """The tag models of models/tags/<entity>, in the order of their names.

    Raises:
        TagmartError: if a column lacks what the catalogue needs, or a YAML has no SQL beside it.
    """
    models = []
    for path in sorted(folder.glob("*.yml")):
        where = f"models/tags/{entity}/{path.name}"
        for document in load_all(path, where):
            for entry in mapping(document, where).get("models", []):
                models.append(_model(mapping(entry, where), path, entity, where, vocabulary))
    described = {model.name for model in models}
    for path in sorted(folder.glob("*.sql")):
        if path.stem not in described:
            raise TagmartError(
                "a tag model has no YAML",
                where=f"models/tags/{entity}/{path.name}",
                do=f"write {path.stem}.yml beside it",
            )
    return tuple(models)


def _model(entry: Mapping[str, Any], path: Path, entity: str, where: str, vocabulary: Vocabulary) -> TagModel:
    name = str(needed(entry, "name", "a model", where))
    if not path.with_name(f"{name}.sql").is_file():
        raise TagmartError(f"model '{name}' has no SQL", where=where, do=f"write {name}.sql beside the YAML")
    defaults = _meta(entry, f"model '{name}'", where)
    tags = []
    for column in needed(entry, "columns", f"model '{name}'", where):
        column = mapping(column, where)
        if needed(column, "name", f"a column of {name}", where) not in ("customer_id", "biz_date"):
            tags.append(_tag(column, defaults, name, entity, where, vocabulary))
    return TagModel(name, entity, tuple(tags))


def _meta(entry: Mapping[str, Any], what: str, where: str) -> dict[str, Any]:
    meta = mapping(mapping(entry.get("config", {}), where).get("meta", {}), where)
    only_keys(meta, KEYS, f"meta of {what}", where)
    return dict(meta)


def _tag(
    column: Mapping[str, Any], defaults: Mapping[str, Any], model: str, entity: str, where: str, vocabulary: Vocabulary
) -> Tag:
    """One column as a tag: its own meta, else that of the model, else what the vocabulary says of the family."""
    name = str(column["name"])
    what = f"tag '{name}'"
    meta = {**defaults, **_meta(column, what, where)}
    family = vocabulary.families[
        choose(needed(meta, "family", what, where), vocabulary.families, f"{what} has family", where)
    ]
    data_type = str(needed(column, "data_type", what, where)).lower().replace(" ", "")
    choose(data_type, TYPES, f"{what} has data_type", where)
    missing = str(meta.get("missing", "unknown")).lower()
    return Tag(
        entity=entity,
        name=name,
        family=family.code,
        theme=choose(meta.get("theme", family.theme), vocabulary.themes, f"{what} has theme", where),
        label=_label(meta, data_type, what, where, vocabulary),
        sentence=_sentence(column, what, where),
        formula=str(meta.get("formula", f"models/tags/{entity}/{model}.sql")),
        product=str(meta.get("product", family.product)),
        line=str(meta.get("line", family.line)),
        kind=choose(meta.get("kind", "fact"), vocabulary.kinds, f"{what} has kind", where),
        data_type=data_type,
        unit=_unit(meta, data_type, what, where, vocabulary),
        value_list=str(meta.get("values", "")),
        missing=choose(missing, vocabulary.missing, f"{what} has missing", where),
        window=str(meta.get("window", "")),
        owner_business=str(meta.get("owner_business", family.owner_business)),
        owner_technical=str(meta.get("owner_technical", family.owner_technical)),
        security=(security(mapping(meta["security"], where), what, where) if "security" in meta else family.security),
        purposes=tuple(
            choose(purpose, vocabulary.purposes, f"{what} has purpose", where)
            for purpose in words(meta.get("purposes", list(family.purposes)), where)
        ),
        status=choose(meta.get("status", "active"), STATUSES, f"{what} has status", where),
        replacement=replacement(meta, what, where),
        model=model,
        feeds=words(meta.get("feeds", []), where),
        restricted=bool(meta.get("restricted", False)),
    )


def _sentence(column: Mapping[str, Any], what: str, where: str) -> Text:
    """What the tag means to the business: the two halves of the description, which dbt shows whole."""
    description = str(needed(column, "description", what, where))
    zh, _, en = (part.strip() for part in description.partition(BAR))
    if not zh or not en:
        raise TagmartError(
            f"the description of {what} is not in both languages", where=where, seen=description,
            do=f'write `description: "<Chinese sentence>{BAR}<English sentence>"`',
        )  # fmt: skip
    return Text(zh, en)


def _unit(meta: Mapping[str, Any], data_type: str, what: str, where: str, vocabulary: Vocabulary) -> str:
    """The unit that the YAML says, else the one that goes with the type."""
    unit = str(meta.get("unit") or UNIT_BY_TYPE.get(data_type, "none"))
    return choose(unit, vocabulary.units, f"{what} has unit", where)


def _label(meta: Mapping[str, Any], data_type: str, what: str, where: str, vocabulary: Vocabulary) -> Text:
    """The labels; the Chinese one with its unit, which is written once, in `unit`."""
    plain, unit = text(meta, what, where), vocabulary.units[_unit(meta, data_type, what, where, vocabulary)]
    return Text(f"{plain.zh}({unit.zh})" if unit.zh and "(" not in plain.zh else plain.zh, plain.en)
