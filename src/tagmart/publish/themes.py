"""Views of the wide tables by theme, with Chinese names and codes in words: what a business reader drags into a report.

Names of views and columns are those of the catalogue. A view is a projection and nothing else, so a query reads only the
columns that it names, as from the wide table itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from tagmart.core.duck import identifier, literal
from tagmart.core.mart import (
    CODE_VALUE,
    COMMON_COMMENTS,
    ENTITY_ZH,
    TAG_CATALOG,
    TAG_KEYS,
    TAGS_PREFIX,
    THEMES_SCHEMA,
    qualified,
    table_columns,
)

if TYPE_CHECKING:
    import duckdb

NEEDED = {"entity", "theme_code", "theme_zh", "tag_id", "tag_name", "zh", "value_list"}
Codes = Mapping[str, Sequence[tuple[str, str]]]


def make_theme_views(mart: duckdb.DuckDBPyConnection) -> list[str]:
    """Make a view per entity and theme in schema `zh`, of every tag that has a column.

    Args:
        mart: the candidate; its catalogue and code dictionary are read.

    Returns:
        The names of the views; none where the catalogue does not say themes.
    """
    if not table_columns(mart, TAG_CATALOG).keys() >= NEEDED:
        return []
    codes = _codes(mart)
    tags = mart.execute(
        f"select entity, theme_zh, theme_code, tag_name, zh, value_list from {qualified(TAG_CATALOG)}"
        " order by entity, theme_code, tag_id"
    ).fetchall()
    made = []
    statements = [f"drop schema if exists {THEMES_SCHEMA} cascade", f"create schema {THEMES_SCHEMA}"]
    wide = {entity: table_columns(mart, TAGS_PREFIX + entity) for entity in {tag[0] for tag in tags}}
    for (entity, theme, code), group in groupby(tags, key=lambda tag: tag[:3]):
        table, has = TAGS_PREFIX + entity, wide[entity]
        columns = _columns([tag[3:] for tag in group if tag[3] in has], has, codes)
        if not columns:
            continue
        name = f"{ENTITY_ZH.get(entity, entity)}_{theme}"
        view = qualified(name, THEMES_SCHEMA)
        comment = f"{ENTITY_ZH.get(entity, entity)}客户标签·{theme}：列名为标签中文名，代码已译｜Tags of {entity}, theme {code}: {len(columns)} columns"
        statements.append(f"create view {view} as select {', '.join(columns)} from {qualified(table)}")
        statements.append(f"comment on view {view} is {literal(comment)}")
        made.append(name)
    mart.execute("; ".join(statements))
    return made


def _columns(tags: Sequence[tuple[str, str, str | None]], has: Mapping[str, str], codes: Codes) -> list[str]:
    """The select list: keys first, then each tag under its label; of equal labels each gets its tag's name too."""
    keys = [(identifier(key), COMMON_COMMENTS[key].split("｜")[0]) for key in TAG_KEYS if key in has]
    twice = {label for label, count in Counter([label for _, label, _ in tags] + [label for _, label in keys]).items() if count > 1}
    values = [
        (_in_words(tag, codes.get(value_list or "", ())), f"{label} {tag}" if label in twice else label)
        for tag, label, value_list in tags
    ]
    return [f"{value} as {identifier(label)}" for value, label in [*keys, *values]] if values else []


def _in_words(tag: str, codes: Sequence[tuple[str, str]]) -> str:
    """A tag's value, its codes as their Chinese names; a code that the dictionary does not know stays as it is."""
    column = identifier(tag)
    if not codes:
        return column
    whens = " ".join(f"when {literal(code)} then {literal(zh)}" for code, zh in codes)
    return f"case {column}::varchar {whens} else {column}::varchar end"


def _codes(mart: duckdb.DuckDBPyConnection) -> Codes:
    """The lists of the code dictionary: code and Chinese name, in order. Where a code was renamed, its last name counts."""
    if not table_columns(mart, CODE_VALUE):
        return {}
    found: dict[str, dict[str, str]] = {}
    rows = mart.execute(f'select list, code, zh from {qualified(CODE_VALUE)} order by list, sort, valid_from').fetchall()
    for name, code, zh in rows:
        found.setdefault(name, {})[code] = zh
    return {name: tuple(values.items()) for name, values in found.items()}
