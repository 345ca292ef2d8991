"""Conditions answered on batches select whom the same SQL selects, over every type of column, several batches, and missing values."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tagmart.core.errors import TagmartError
from tagmart.rules.evaluate import Selected, evaluate

CUSTOMERS = 70_001
# One of seven is missing, but in the last column; values are few, so that equal ones come up often.
COLUMNS = {
    "whole": "cast({h} % 9 - 4 as integer)",
    "small": "cast({h} % 5 as smallint)",
    "large": "{h} % 3 * 4000000000",
    "money": "cast(({h} % 9 - 4) / 4.0 as decimal(18, 2))",
    "share": "cast(({h} % 9 - 4) / 8.0 as decimal(9, 4))",
    "since": "date '2026-06-30' - cast({h} % 7 as integer)",
    "code": "['a', 'b', '', 'Ä'][cast({h} % 4 + 1 as integer)]",
    "level": "cast(['low', 'high'][cast({h} % 2 + 1 as integer)] as enum ('low', 'high'))",
    "is_flag": "{h} % 3 = 0",
    "always": "cast({h} % 4 as integer)",
}
BOUNDS = {
    "whole": ["-4", "0", "0.5", "-0.5", "3000000000"], "small": ["0", "4", "4.5", "-70000"], "large": ["4000000000", "8e9", "-1"],
    "money": ["0.25", "0.255", "-1", "-0.999", "99999999999999999999"], "share": ["0.125", "0.1251", "-0.5"],
    "since": ["2026-06-28", "1900-01-01"], "always": ["2", "2.0", "-2147483649"],
}  # fmt: skip


def cases() -> Iterator[tuple[list, str]]:
    """(condition, the same as SQL)."""
    for name, bounds in BOUNDS.items():
        quoted = [f"date '{bound}'" if name == "since" else bound for bound in bounds]
        for verb in (">", ">=", "<", "<=", "=", "<>"):
            for bound, value in zip(bounds, quoted, strict=True):
                yield [verb, name, bound], f"{name} {verb} {value}"
        for verb in ("in", "not in"):
            yield [verb, name, *bounds], f"{name} {verb} ({', '.join(quoted)})"
    for verb in (">", ">=", "<", "<=", "=", "<>"):
        yield [verb, "since", "D"], f"since {verb} biz_date"
        yield [verb, "since", "D-3"], f"since {verb} biz_date - 3"
        yield [verb, "since", "D+1"], f"since {verb} biz_date + 1"
    for name in ("code", "level"):
        for value in ("a", "high", "Ä", "none of them"):
            known = f"cast({name} as varchar)"
            yield ["=", name, value], f"{known} = '{value}'"
            yield ["<>", name, value], f"{known} <> '{value}'"
            yield ["in", name, value, "b"], f"{known} in ('{value}', 'b')"
            yield ["not in", name, value, "b"], f"{known} not in ('{value}', 'b')"
    yield ["yes", "is_flag"], "is_flag"
    yield ["no", "is_flag"], "not is_flag"
    for name in COLUMNS:
        yield ["known", name], f"{name} is not null"
        yield ["missing", name], f"{name} is null"


@pytest.fixture(scope="module")
def bank() -> Iterator[duckdb.DuckDBPyConnection]:
    columns = []
    for number, (name, value) in enumerate(COLUMNS.items()):
        drawn = f"cast(hash(number * 16 + {number}) % 1000003 as bigint)"
        filled = value.format(h=drawn)
        columns.append(f"{filled} as {name}" if name == "always" else f"case when {drawn} % 7 > 0 then {filled} end as {name}")
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(
            "create table tags as select 'c' || cast(number as varchar) as customer_id, date '2026-06-30' as biz_date,"
            f" {', '.join(columns)} from range({CUSTOMERS}) as made (number)"
        )
        yield connection


def asked_of(bank: duckdb.DuckDBPyConnection, *rules: list | dict, sql: str = "select * from tags") -> Selected:
    """Rules, or their conditions alone, asked of the table; segment n is the n-th of them."""
    full = [rule if isinstance(rule, dict) else {"selects": rule} for rule in rules]
    return evaluate(bank, sql, [{"segment": str(number), **rule} for number, rule in enumerate(full)])


def members(found: Selected) -> dict[str, set[str]]:
    """The customers of each segment; nobody is in one twice."""
    result: dict[str, set[str]] = {str(number): set() for number in range(len(found.sizes))}
    for row in found.members.to_pylist():
        result[row["segment_id"]].add(row["customer_id"])
    assert [len(customers) for customers in result.values()] == found.sizes.tolist()
    assert found.members.num_rows == found.sizes.sum()
    return result


def selected(connection: duckdb.DuckDBPyConnection, where: str) -> set[str]:
    return {customer for (customer,) in connection.execute(f"select customer_id from tags where {where}").fetchall()}


def test_each_condition_selects_whom_sql_selects(bank):
    asked = list(cases())
    found = members(asked_of(bank, *(condition for condition, _ in asked)))
    for number, (condition, where) in enumerate(asked):
        assert found[str(number)] == selected(bank, where), condition


def test_conditions_are_joined_however_deep(bank):
    tree = ["or", ["and", ["yes", "is_flag"], ["or", [">", "money", "0"], ["missing", "code"]], ["<", "whole", "2"]], ["=", "always", "3"]]
    found = members(asked_of(bank, ["no", "is_flag"], tree))
    assert found["1"] == selected(bank, "(is_flag and (money > 0 or code is null) and whole < 2) or always = 3")


@pytest.mark.parametrize(("within", "order"), [(None, "desc"), ("code", "asc")])
def test_the_first_so_many_are_those_of_all_batches(bank, within, order):
    ranked = {"selects": ["and", ["known", "code"], ["known", "money"]], "top": {"n": 11, "by": "money", "order": order, "within": within}}
    found = members(asked_of(bank, ["known", "code"], ranked, ["yes", "is_flag"]))
    over = f"({'partition by code ' if within else ''}order by money {order}, customer_id)"
    assert found["1"] == selected(bank, f"code is not null and money is not null qualify row_number() over {over} <= 11")
    assert len(found["1"]) == (44 if within else 11)
    assert (found["0"], found["2"]) == (selected(bank, "code is not null"), selected(bank, "is_flag")), "the rules beside it keep theirs"


def test_a_table_without_customers_has_no_members(bank):
    ranked = {"selects": ["missing", "code"], "top": {"n": 1, "by": "whole", "order": "asc", "within": None}}
    assert members(asked_of(bank, ranked, ["yes", "is_flag"], sql="select * from tags where false")) == {"0": set(), "1": set()}


def test_a_type_that_has_no_comparison_is_named(bank):
    with pytest.raises(TagmartError, match=r"always.*double"):
        asked_of(bank, [">", "always", "1"], sql="select * replace (cast(always as double) as always) from tags")
