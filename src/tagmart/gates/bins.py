"""How the values of a tag are spread: a few counts per tag, written beside its profile, for nights to be compared with each other.

Edges are fixed, not deciles of some night: the same everywhere and for ever, so that counts of many nights are added up and a
night that is built again says the same. A bin holds what has the same sign, power of two and first bit behind it: 1, 1.5, 2, 3,
4, 6, 8 … and is called by its edge that is nearest to zero. That is exact, and costs a shift of bits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tagmart.core.duck import identifier, literal
from tagmart.core.mart import CODE_VALUE, SCHEMA, TAG_CATALOG, TAG_KEYS, qualified, table_columns

if TYPE_CHECKING:
    import duckdb

# Customers whose values are binned, about: shares of so many are as good as of all, and a large bank costs no more than a small one.
SAMPLED = 20_000
# Columns fetched at once.
CHUNK = 200
# The code of whatever its list does not have: never shown itself, for nobody knows what it is.
UNKNOWN = "*"
# Bits of a number that stay: sign, exponent, first bit of the mantissa.
DROPPED, KINDS = 51, 1 << 13
NUMERIC = ("DECIMAL", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DOUBLE", "FLOAT")


def bins_of(connection: duckdb.DuckDBPyConnection, entity: str, table: str) -> dict[str, str]:
    """The bins of every tag of a wide table that has any, as JSON: lower edge or code → customers.

    Numbers and dates (as days before the business date) of a sample of customers that is the same every night, codes of a list of
    all customers. Flags need none, the profile counts them; free text has none: it would say who somebody is.

    Args:
        connection: the candidate.
        entity: whom the table describes.
        table: the wide table; its catalogue and code lists, if any, lie beside it.
    """
    columns = {name: kind.split("(")[0] for name, kind in table_columns(connection, table).items() if name not in TAG_KEYS}
    lists = {name: codes for name, codes in _code_lists(connection, entity).items() if name in columns}
    numbers = {name: kind for name, kind in columns.items() if name not in lists and (kind in NUMERIC or kind == "DATE")}
    found = {**_codes(connection, table, lists), **_numbers(connection, table, numbers)}
    return {name: json.dumps(bins) for name, bins in found.items()}


def binned(values: Any) -> dict[str, int]:
    """Counts per bin of an array of numbers without nulls, by edge.

    Args:
        values: numpy array of float64.
    """
    import numpy

    # Plus nothing: minus zero is zero.
    kinds = ((values + 0.0).view(numpy.int64) >> DROPPED) & (KINDS - 1)
    counts = numpy.bincount(kinds, minlength=KINDS)
    seen = numpy.flatnonzero(counts)
    edges = ((seen.astype(numpy.uint64) << numpy.uint64(DROPPED)).view(numpy.float64)).tolist()
    return {f"{edge:g}": count for edge, count in sorted(zip(edges, counts[seen].tolist(), strict=True))}


def _numbers(connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """The bins of numbers and dates, of the sample."""
    import numpy

    names, source = list(columns), qualified(table)
    rows = connection.execute(f"select count(*) from {source}").fetchone()[0]
    every = max(1, rows // SAMPLED)
    chosen = f" where hash(customer_id) % {every} = 0" if every > 1 else ""
    found = {}
    for start in range(0, len(names), CHUNK):
        chunk = names[start : start + CHUNK]
        values = ", ".join(f"{_number(name, columns[name])} as v{place}" for place, name in enumerate(chunk))
        arrays = connection.execute(f"select {values} from {source}{chosen}").fetchnumpy()
        for place, name in enumerate(chunk):
            array = arrays[f"v{place}"]
            found[name] = binned(array.compressed() if isinstance(array, numpy.ma.MaskedArray) else array)
    return found


def _number(name: str, kind: str) -> str:
    """A column as a number; a date as days before the business date, so that the days of a state that stands still move by one a night."""
    column = identifier(name)
    return f"(biz_date - {column})::double" if kind == "DATE" else f"{column}::double"


def _codes(connection: duckdb.DuckDBPyConnection, table: str, lists: Mapping[str, list[str]]) -> dict[str, dict[str, int]]:
    """Customers per code of the tags with a list, of all customers; what a list does not have is counted together."""
    found: dict[str, dict[str, int]] = {name: {} for name in lists}
    names = list(lists)
    for start in range(0, len(names), CHUNK):
        # One statement for many: planning each for itself takes longer than counting.
        counted = " union all ".join(_counted(table, name, lists[name]) for name in names[start : start + CHUNK])
        for name, code, count in connection.execute(f"select * from ({counted}) order by all").fetchall():
            found[name][code] = count
    return found


def _counted(table: str, name: str, codes: Iterable[str]) -> str:
    """SQL that counts the codes of one tag."""
    text = f"{identifier(name)}::varchar"
    return (
        f"select {literal(name)} as tag, if({text} in ({', '.join(map(literal, codes))}), {text}, {literal(UNKNOWN)}) as code, count(*) as n"
        f" from {qualified(table)} where {identifier(name)} is not null group by code"
    )


def _code_lists(connection: duckdb.DuckDBPyConnection, entity: str) -> dict[str, list[str]]:
    """Tag → the codes of its list; a list without any code is left to other checks."""
    there = {name for (name,) in connection.execute(
        f"select table_name from duckdb_tables() where database_name = current_database() and schema_name = {literal(SCHEMA)}").fetchall()}
    if not {TAG_CATALOG, CODE_VALUE} <= there:
        return {}
    found: dict[str, list[str]] = {}
    for name, code in connection.execute(
        f"select tagged.tag_name, codes.code::varchar from {qualified(TAG_CATALOG)} as tagged"
        f" inner join {qualified(CODE_VALUE)} as codes on tagged.value_list = codes.list"
        f" where tagged.entity = {literal(entity)} and tagged.status in ('active', 'deprecated') order by all"
    ).fetchall():
        found.setdefault(name, []).append(code)
    return found
