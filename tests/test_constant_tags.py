"""No tag of the demo bank is empty or the same for everybody, unless `constant_tags.yml` says why; what is listed there is."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import duckdb
import pytest
import yaml

from tagmart.core.duck import connect, identifier
from tests.nights import Home

REASONS = Path(__file__).with_name("constant_tags.yml")
MARTS = ("tagmart.duckdb", "restricted.duckdb")
KEYS = ("customer_id", "biz_date")


@pytest.mark.night
@pytest.mark.xdist_group("month_end")
def test_constant_retail_tags_have_a_reason(month_end: Home) -> None:
    assert complaints("retail", constants(month_end.current, "retail")) == []


@pytest.mark.night
@pytest.mark.xdist_group("mid_month")
@pytest.mark.parametrize("entity", ["corporate", "merchant"])
def test_constant_tags_of_companies_and_merchants_have_a_reason(mid_month: Home, entity: str) -> None:
    assert complaints(entity, constants(mid_month.path / "candidate", entity)) == []


def test_a_tag_is_constant_with_one_value_or_none() -> None:
    with connect() as mart:
        mart.execute("create schema mart")
        mart.execute("""
            create table mart.tags_retail as from (values
                ('a', date '2026-06-30', 1, null, 0, 0, 'x'), ('b', date '2026-06-30', 1, null, null, 1, 'x')
            ) as customers (customer_id, biz_date, same, empty, part, two, word)
        """)
        assert found_constant(mart, "retail") == {"same": True, "empty": True, "part": False, "two": False, "word": True}


def test_what_is_wrong_is_named() -> None:
    tags = {"a_1": True, "a_2": True, "b": True, "c": False}
    assert complaints("retail", tags, {"rare": {"retail": ["a_*", "b"]}}) == []
    assert complaints("retail", tags, {"rare": {"retail": ["a_*"], "merchant": ["b"]}}) == ["b is constant without a reason"]
    assert complaints("retail", tags, {"rare": {"retail": ["a_*", "b", "c"]}}) == ["c is no longer constant"]
    twice = {"rare": {"retail": ["a_*", "b"]}, "never made": {"retail": ["a_1", "d"]}}
    assert complaints("retail", tags, twice) == ["a_1 has 2 reasons", "d names no tag"]


def constants(folder: Path, entity: str) -> dict[str, bool]:
    """Whether each tag of an entity is constant, over the two files of a night."""
    found: dict[str, bool] = {}
    for file in MARTS:
        with connect(folder / file, read_only=True) as mart:
            found |= found_constant(mart, entity)
    return found


def found_constant(mart: duckdb.DuckDBPyConnection, entity: str) -> dict[str, bool]:
    """Whether each tag of a table says the same of everybody; to say nothing of some is to say something else."""
    table = f"mart.{identifier('tags_' + entity)}"
    tags = [row[0] for row in mart.execute(f"describe {table}").fetchall() if row[0] not in KEYS]
    counts = ", ".join(f"count(distinct {tag}) + max(cast({tag} is null as integer))" for tag in map(identifier, tags))
    [values] = mart.execute(f"select {counts} from {table}").fetchall()
    return {tag: count <= 1 for tag, count in zip(tags, values, strict=True)}


def complaints(entity: str, is_constant: dict[str, bool], reasons: dict[str, dict[str, list[str]]] | None = None) -> list[str]:
    """Where the list of reasons (reason, entity, patterns) and the tags differ."""
    listed = reasons or yaml.safe_load(REASONS.read_text("utf-8"))
    patterns = [pattern for entities in listed.values() for pattern in entities.get(entity, [])]
    named = {tag: sum(fnmatchcase(tag, pattern) for pattern in patterns) for tag in is_constant}
    return [
        *(f"{tag} is constant without a reason" for tag, count in named.items() if is_constant[tag] and not count),
        *(f"{tag} is no longer constant" for tag, count in named.items() if count and not is_constant[tag]),
        *(f"{tag} has {count} reasons" for tag, count in named.items() if count > 1),
        *(f"{pattern} names no tag" for pattern in patterns if not any(fnmatchcase(tag, pattern) for tag in is_constant)),
    ]
