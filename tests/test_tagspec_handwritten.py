"""Hand-written tags say in their YAML what their SQL does: feeds, types, and what stands where there is no row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from jinja2 import Environment, StrictUndefined

from tagmart.core.settings import Settings
from tagmart.tagspec.handwritten import read_handwritten
from tagmart.tagspec.model import TagModel
from tagmart.tagspec.vocabulary import read_vocabulary

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = Settings(root=ROOT, bank="demo", home=ROOT / "var" / "demo")
FOLDER = SETTINGS.dbt_project / "models" / "tags"
MODELS = [
    model
    for entity in ("retail", "corporate", "merchant")
    for model in read_handwritten(FOLDER / entity, entity, read_vocabulary(SETTINGS.specs_dir, entity))
]
# What `tag_value` says for no row, by the word of the catalogue.
OTHERWISE = {"zero": "0", "false": "false", "none": "'none'", "unknown": None, "not_applicable": None}


@dataclass(frozen=True)
class Value:
    """One call of the macro `tag_value`."""

    feeds: tuple[str, ...]
    data_type: str
    otherwise: str | None


def values_of(model: TagModel) -> dict[str, Value]:
    """What the SQL of a model makes of each column: rendered with a `tag_value` that notes its words."""
    calls: list[Value] = []

    def tag_value(feeds: list[str], value: str, data_type: str, otherwise: str | None = None) -> str:
        calls.append(Value(tuple(feeds), data_type, otherwise))
        return f"<{len(calls) - 1}>"

    environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 - SQL, not a page
    other = ("ref", "source", "night_dates", "biz_date", "parameter", "cut_code", "has_feeds", "when_fed", "name_key")
    words = {"tag_value": tag_value, **dict.fromkeys(other, lambda *_: "")}
    sql = environment.from_string((FOLDER / model.entity / f"{model.name}.sql").read_text(encoding="utf-8"), globals=words).render()
    return {name: calls[int(number)] for number, name in re.findall(r"<(\d+)>\s+as\s+(\w+)", sql)}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_yaml_says_what_the_sql_does(model: TagModel) -> None:
    made = values_of(model)
    assert [tag.name for tag in model.tags] == list(made)
    # Feeds are those whose absence makes the value NULL: no more and no fewer.
    said = {tag.name: (set(tag.feeds), tag.data_type) for tag in model.tags}
    assert said == {name: (set(value.feeds), value.data_type) for name, value in made.items()}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_catalogue_says_what_stands_where_there_is_no_row(model: TagModel) -> None:
    # A value that is never empty by itself needs no default in the SQL; gate 2 holds it to that on the data.
    made = {name: value.otherwise for name, value in values_of(model).items() if value.otherwise is not None}
    assert {tag.name: OTHERWISE[tag.missing] for tag in model.tags if tag.name in made} == made
