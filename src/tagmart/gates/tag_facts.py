"""Facts about tags and wide tables: profiles beside the catalogue, totals beside their slices, windows beside wider ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tagmart.core.duck import identifier, literal
from tagmart.core.errors import TagmartError
from tagmart.core.mart import SCHEMA, TAG_CATALOG, TAG_PROFILE, qualified, table_columns, tag_tables
from tagmart.gates.bins import UNKNOWN
from tagmart.gates.facts import Fact, GateInput, night_database
from tagmart.gates.structure import Sum, made_tags, named_sum, pairs, sums
from tagmart.tagspec.vocabulary import read_vocabulary

if TYPE_CHECKING:
    import duckdb

# Expressions per statement: each is short, but a plan of thousands takes DuckDB longer than the scan.
CHUNK = 200
PUBLISHED = ("active", "deprecated")
# The tags of a file that keep values of an earlier night, and the columns of its catalogue that say so.
HELD_COLUMNS = ("entity", "tag_name", "held_because")
HELD_TAGS = f"select entity, tag_name from {qualified(TAG_CATALOG)} where held_because is not null"
CATALOGUE_NEEDED = (
    "entity", "tag_name", "family", "unit", "missing", "status", "value_list", "source_feeds", "source_columns",
)  # fmt: skip
# What every published tag must say; the others are empty where they do not apply (a code list, a window …).
ALWAYS_SAID = (
    "tag_id", "zh", "en", "sentence_zh", "sentence_en", "formula", "theme_code", "product", "line", "family", "kind",
    "data_type", "unit", "missing", "owner_business", "owner_technical", "personal_class", "security_level",
    "security_class", "purposes", "status", "since", "model",
)  # fmt: skip
CATALOGUE_TEXTS = ("family", "theme_code", "unit", "missing", "status", "value_list")


def tag_facts(given: GateInput) -> list[Fact]:
    """One fact per tag of a wide table, and per published tag of the catalogue that no wide table has."""
    with night_database(given) as connection:
        catalogue, held = _catalogue(connection), held_tags(connection)
        profile = _records(connection, f"select * from {qualified(TAG_PROFILE.name)}")
        present = _records(connection, "select * from warehouse.ops.feed_present")[0]
        spines = {entity: _spine_size(connection, entity) for entity in tag_tables(connection)}
        unknown_codes = _unknown_codes(connection, catalogue)
    facts = []
    for row in profile:
        key = (row["entity"], row["tag_name"])
        entry = catalogue.get(key)
        facts.append(
            {
                **_profile_fact(row),
                **_catalogue_fact(entry, present),
                "is_profiled": True,
                "spine_cnt": spines.get(row["entity"]),
                "unknown_code_cnt": unknown_codes.get(key),
                # Of an earlier day: customers who are new since have no value, whatever the spec promises.
                **({"feeds_present": None} if key in held else {}),
            }
        )
    profiled = {(row["entity"], row["tag_name"]) for row in profile}
    return facts + [
        {"subject": name, "tag": name, "entity": entity, **_catalogue_fact(entry, present), "is_profiled": False}
        for (entity, name), entry in catalogue.items()
        if (entity, name) not in profiled
    ]


def table_facts(given: GateInput) -> list[Fact]:
    """One fact per wide table: its customers beside the spine and the parties of record."""
    facts = []
    with night_database(given) as connection:
        present = _records(connection, "select * from warehouse.ops.feed_present")[0]
        for entity, table in tag_tables(connection).items():
            columns = table_columns(connection, table)
            bare = connection.execute(
                "select count(*) from duckdb_columns() where database_name = current_database()"
                f" and schema_name = {literal(SCHEMA)} and table_name = {literal(table)} and comment is null"
            ).fetchone()[0]
            row_cnt, customers, nulls, others = connection.execute(
                "select count(*), count(distinct customer_id), count(*) - count(customer_id),"
                f" count(*) - coalesce(sum((biz_date = date {literal(given.biz_date)})::integer), 0) from {qualified(table)}"
            ).fetchone()
            parties = connection.execute(
                f"select count(*) from warehouse.dwd.party where entity = {literal(entity)}"
                " and coalesce(status_code, '') not in ('merged', 'erased')"
            ).fetchone()[0]
            facts.append(
                {
                    "subject": table,
                    "entity": entity,
                    "is_kept": bool(present.get(read_vocabulary(given.settings.specs_dir, entity).spine)),
                    "row_cnt": row_cnt,
                    "customer_cnt": customers,
                    "null_customer_cnt": nulls,
                    "other_date_cnt": others,
                    "spine_cnt": _spine_size(connection, entity),
                    "party_cnt": parties,
                    "column_cnt": len(columns),
                    "bare_column_cnt": bare,
                }
            )
    return facts


def additive_facts(given: GateInput) -> list[Fact]:
    """One fact per total and slice: how many customers' slices do not add up to their total, and by how much."""
    facts = []
    with night_database(given) as connection:
        for entity, table in tag_tables(connection).items():
            columns, held = table_columns(connection, table), held_tags(connection)
            totals = [
                *sums(made_tags(given.settings.specs_dir, entity, columns)),
                *(named_sum(total, parts) for total, parts in given.sums.items() if total in columns),
            ]
            _require_columns(totals, columns, table)
            # Of different days they need not add up.
            totals = [one for one in totals if not any((entity, name) in held for name in (one.total, *one.parts))]
            expressions = [expression for total in totals for expression in _sum_expressions(total)]
            values = iter(_scan(connection, table, expressions))
            for total in totals:
                customers, broken, total_sum, parts_sum = (next(values) for _ in range(4))
                facts.append(
                    {
                        "subject": f"{total.total} by {total.slice}",
                        "entity": entity,
                        "total": total.total,
                        "slice": total.slice,
                        "part_cnt": len(total.parts),
                        "customer_cnt": customers,
                        "broken_cnt": broken or 0,
                        "total_sum": total_sum or 0,
                        "parts_sum": parts_sum or 0,
                        "gap": abs((total_sum or 0) - (parts_sum or 0)),
                    }
                )
    return facts


def monotone_facts(given: GateInput) -> list[Fact]:
    """One fact per two neighbouring windows of a count: how many customers have more in the shorter one."""
    facts = []
    with night_database(given) as connection:
        for entity, table in tag_tables(connection).items():
            columns, held = table_columns(connection, table), held_tags(connection)
            made = pairs(made_tags(given.settings.specs_dir, entity, columns))
            found = [pair for pair in made if not any((entity, name) in held for name in pair)]
            expressions = [
                expression
                for shorter, longer in found
                for expression in (
                    f"count({identifier(shorter)} + {identifier(longer)})",
                    f"sum(({identifier(shorter)} > {identifier(longer)})::integer)",
                )
            ]
            values = iter(_scan(connection, table, expressions))
            facts += [
                {
                    "subject": f"{shorter} ≤ {longer}",
                    "entity": entity,
                    "shorter": shorter,
                    "longer": longer,
                    "customer_cnt": next(values),
                    "broken_cnt": next(values) or 0,
                }
                for shorter, longer in found
            ]
    return facts


def held_tags(connection: duckdb.DuckDBPyConnection) -> frozenset[tuple[str, str]]:
    """Entity and name of the tags of the candidate that keep values of an earlier night."""
    if not set(HELD_COLUMNS) <= table_columns(connection, TAG_CATALOG).keys():
        return frozenset()
    return frozenset(connection.execute(HELD_TAGS).fetchall())


def _sum_expressions(total: Sum) -> tuple[str, str, str, str]:
    """Customers with a total, those for whom it is off, the sum of totals, the sum of slices. A slice without feed is 0."""
    whole = identifier(total.total)
    parts = " + ".join(f"coalesce({identifier(part)}, 0)" for part in total.parts)
    return (
        f"count({whole})",
        f"sum((abs({whole} - ({parts})) > {total.tolerance})::integer)",
        f"sum({whole})",
        f"sum(case when {whole} is not null then {parts} end)",
    )


def _require_columns(totals: Iterable[Sum], columns: Mapping[str, str], table: str) -> None:
    for total in totals:
        for part in total.parts:
            if part not in columns:
                raise TagmartError(
                    "a sum of the suite names a tag that is not there",
                    where=f"{table}: {total.total}",
                    seen=part,
                    do="name tags of the wide table under `sums`",
                )


def _scan(connection: duckdb.DuckDBPyConnection, table: str, expressions: list[str]) -> list[object]:
    """The values of many aggregates over one table."""
    values: list[object] = []
    for start in range(0, len(expressions), CHUNK):
        chunk = ", ".join(expressions[start : start + CHUNK])
        values += connection.execute(f"select {chunk} from {qualified(table)}").fetchone()
    return values


def _catalogue(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], Mapping[str, object]]:
    """The published tags of the catalogue, by entity and name; restricted ones stand in another file's catalogue."""
    columns = table_columns(connection, TAG_CATALOG)
    for needed in CATALOGUE_NEEDED:
        if needed not in columns:
            raise TagmartError(
                "the tag catalogue lacks a column",
                where=f"mart.{TAG_CATALOG}",
                seen=f"no {needed}",
                do="run `tagmart tags generate`, then the stage `wide` again",
            )
    rows = _records(connection, f"select * from {qualified(TAG_CATALOG)}")
    return {(row["entity"], row["tag_name"]): row for row in rows if row["status"] in PUBLISHED}


def _catalogue_fact(entry: Mapping[str, object] | None, present: Mapping[str, object]) -> Fact:
    """What the catalogue says of a tag, and whether the bank has all feeds that it needs."""
    if entry is None:
        return {"is_catalogued": False, "feeds_present": None}
    feeds = [feed for feed in re.split(r"[,|;\s]+", str(entry.get("source_feeds") or "")) if feed]
    return {
        **{name: entry.get(name) for name in CATALOGUE_TEXTS},
        "is_catalogued": True,
        "feeds_present": all(bool(present.get(feed)) for feed in feeds),
        "unsaid_cnt": sum(entry.get(name) in (None, "") for name in ALWAYS_SAID),
        "is_traced": bool(entry.get("source_columns")),
    }


def _profile_fact(row: Mapping[str, object]) -> Fact:
    """A row of the profile, its extremes also as numbers."""
    shared = (
        "entity",
        "data_type",
        "row_cnt",
        "null_cnt",
        "null_share",
        "zero_share",
        "true_cnt",
        "distinct_cnt",
        "min_value",
        "max_value",
        "mean_value",
    )
    is_number = row["zero_cnt"] is not None
    return {
        **{name: row[name] for name in shared},
        "subject": row["tag_name"],
        "tag": row["tag_name"],
        "base_type": str(row["data_type"]).split("(")[0],
        "min_number": float(row["min_value"]) if is_number and row["min_value"] is not None else None,
        "max_number": float(row["max_value"]) if is_number and row["max_value"] is not None else None,
    }


def _spine_size(connection: duckdb.DuckDBPyConnection, entity: str) -> int:
    return connection.execute(f"select count(*) from warehouse.dws.{identifier(entity + '_spine')}").fetchone()[0]


def _unknown_codes(
    connection: duckdb.DuckDBPyConnection, catalogue: Mapping[tuple[str, str], Mapping[str, object]]
) -> dict[tuple[str, str], int]:
    """Customers per coded tag whose code is not in its list, as the profile has counted them; a list without codes has no bins."""
    rows = connection.execute(f"select entity, tag_name, bins from {qualified(TAG_PROFILE.name)} where bins is not null").fetchall()
    return {
        (entity, name): json.loads(bins).get(UNKNOWN, 0) for entity, name, bins in rows if catalogue.get((entity, name), {}).get("value_list")
    }


def _records(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, object]]:
    """The rows of a query as dictionaries."""
    found = connection.execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
