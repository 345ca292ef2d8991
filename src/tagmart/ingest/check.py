"""Judging rows: every rule of a contract as one SQL expression over the raw text, so that DuckDB checks millions at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from tagmart.contracts import Column, Contract, Form
from tagmart.contracts.model import INITIAL_KIND
from tagmart.core.duck import identifier, literal
from tagmart.core.errors import TagmartError
from tagmart.ingest.decode import IN_LINE, SEPARATOR, BadRow
from tagmart.ingest.landing import Delivery

DUPLICATE_RULE = "duplicate key"
TAKEN = "temp.main.taken"


@dataclass(frozen=True)
class Rule:
    """A rule over one column.

    Attributes:
        column: which column.
        rule: what must hold, in words.
        broken: SQL that is true where it does not.
        seen: SQL of the value to show.
    """

    column: str
    rule: str
    broken: str
    seen: str


def judge(
    warehouse: duckdb.DuckDBPyConnection, contract: Contract, delivery: Delivery, canonical: Path
) -> list[BadRow]:
    """Read the canonical file into the temporary table `taken`, typed, and find the rows that break the contract.

    Args:
        warehouse: the connection that will store the rows.
        contract: of the feed.
        delivery: whose date the rows must be of.
        canonical: what decode_part wrote.

    Returns:
        The bad rows, each with the first rule it breaks. In `taken`, their column `fault` is not null.

    Raises:
        TagmartError: if all rows are of another date than the delivery.
    """
    rules = rules_of(contract, delivery)
    _read(warehouse, contract, rules, canonical)
    _check_row_date(warehouse, contract, delivery)
    bad = [
        BadRow(part, line, rules[fault].column, rules[fault].rule, seen)
        for part, line, fault, seen in warehouse.execute(
            f"select part, src_line, fault, coalesce(seen, '') from {TAKEN} where fault is not null"
        ).fetchall()
    ]
    return bad + _duplicates(warehouse, contract, len(rules))


def rules_of(contract: Contract, delivery: Delivery) -> list[Rule]:
    """The rules of a contract over the raw fields r1, r2, …, in the order of the columns."""
    rules: list[Rule] = []
    for at, column in enumerate(contract.columns, start=1):
        raw = f"r{at}"
        # What a deleted row still knows of itself besides its key is the source's affair.
        alive = " and r1 <> 'D'" if contract.load == "delta" and column.name not in contract.key else ""
        if column.required:
            rules.append(Rule(column.name, "required", f"({raw} is null or trim({raw}) = ''){alive}", raw))
        rules += [
            Rule(column.name, words, f"({raw} is not null and {broken})", raw)
            for words, broken in _type_rules(column, contract.form, raw)
        ]
        if column.name == contract.row_date and delivery.biz_date:
            rules.append(_date_rule(column, contract.form, raw, delivery))
    return rules


def typed(column: Column, form: Form, raw: str) -> str:
    """The value of a raw field in the column's type; NULL where it is none."""
    kind = column.type.kind
    if kind == "string":
        return _restored(raw) if form.quote else raw
    if kind == "boolean":
        return f"case {raw} when 'Y' then true when 'N' then false end"
    if kind in ("date", "timestamp"):
        written, shape = _century(raw, form, kind)
        if shape == "%Y-%m-%d":
            return f"try_cast({written} as date)"
        return f"cast(try_strptime({written}, {literal(shape)}) as {kind})"
    return f"try_cast({raw} as {column.type.sql})"


def _type_rules(column: Column, form: Form, raw: str) -> list[tuple[str, str]]:
    """What a value that is not empty must be: words, and SQL that is true where it is not."""
    kind, value = column.type.kind, typed(column, form, raw)
    rules: list[tuple[str, str]] = []
    if kind == "string":
        rules.append((f"at most {column.type.size} characters", f"length({raw}) > {column.type.size}"))
    elif kind == "boolean":
        rules.append(("Y or N", f"{raw} not in ('Y', 'N')"))
    elif kind == "integer":
        # A cast alone would round 1.5 and forgive blanks.
        rules.append(("integer", f"(not regexp_full_match({raw}, '[+-]?\\d+') or {value} is null)"))
    elif kind == "decimal":
        shape = rf"[+-]?(\d+(\.\d{{0,{column.type.scale}}}0*)?|\.\d{{1,{max(column.type.scale, 1)}}}0*)"
        rules.append((str(column.type), f"(not regexp_full_match({raw}, {literal(shape)}) or {value} is null)"))
    else:
        # Written back, a date must give the same text: strptime alone forgives blanks and lost zeros.
        written, shape = _century(raw, form, kind)
        back = f"cast({value} as varchar)" if shape == "%Y-%m-%d" else f"strftime({value}, {literal(shape)})"
        rules.append((f"{kind} {form.date if kind == 'date' else form.timestamp}", f"{back} is distinct from {written}"))
    if column.values:
        allowed = ", ".join(literal(one) for one in column.values)
        rules.append((f"one of {', '.join(column.values)}", f"{raw} not in ({allowed})"))
    return rules


def _date_rule(column: Column, form: Form, raw: str, delivery: Delivery) -> Rule:
    """A day's rows are of that day; an initial load brings the past too, but not the future."""
    day = f"date {literal(delivery.biz_date.isoformat())}"
    if delivery.kind == INITIAL_KIND:
        return Rule(column.name, f"not after {delivery.label}", f"({typed(column, form, raw)} > {day})", raw)
    return Rule(column.name, f"the delivery's date {delivery.label}", f"({typed(column, form, raw)} <> {day})", raw)


def _century(raw: str, form: Form, kind: str) -> tuple[str, str]:
    """A raw date and its form, with years of two digits made whole."""
    shape = form.date if kind == "date" else form.timestamp
    if form.century is None:
        return raw, shape
    return f"({literal(str(form.century)[:2])} || {raw})", shape.replace("%y", "%Y")


def _restored(raw: str) -> str:
    """A text with the line ends that it had inside quotes."""
    for end, stand_in in IN_LINE.items():
        raw = f"replace({raw}, chr({ord(stand_in)}), chr({ord(end)}))"
    return raw


def _read(warehouse: duckdb.DuckDBPyConnection, contract: Contract, rules: list[Rule], canonical: Path) -> None:
    """The table `taken`: part, src_line, the typed columns, the number of the first broken rule, what was seen."""
    shape = {"part": "INTEGER", "src_line": "BIGINT"}
    shape |= {f"r{at}": "VARCHAR" for at, _ in enumerate(contract.columns, start=1)}
    columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in shape.items())
    values = ", ".join(
        f"{typed(column, contract.form, f'r{at}')} as {identifier(column.name)}"
        for at, column in enumerate(contract.columns, start=1)
    )
    faults = " ".join(f"when {rule.broken} then {number}" for number, rule in enumerate(rules))
    seen = " ".join(f"when {number} then {rule.seen}" for number, rule in enumerate(rules))
    fault = f"case {faults} end" if rules else "cast(null as integer)"
    shown = f"case fault {seen} end" if rules else "cast(null as varchar)"
    warehouse.execute(f"""
        create or replace temp table taken as
        select part, src_line, {values}, fault, {shown} as seen
        from (
            select *, {fault} as fault
            from read_csv(
                {literal(str(canonical))}, auto_detect = false, header = false, delim = {literal(SEPARATOR)},
                quote = '', escape = '', new_line = '\\n', max_line_size = 16777216, columns = {{{columns}}}
            )
        )
    """)


def _check_row_date(warehouse: duckdb.DuckDBPyConnection, contract: Contract, delivery: Delivery) -> None:
    """Refuse a delivery none of whose rows is of its date: it is another day's file under this day's name."""
    if not contract.row_date or not delivery.biz_date:
        return
    name = identifier(contract.row_date)
    right = f"{name} {'<=' if delivery.kind == INITIAL_KIND else '='} date {literal(delivery.label)}"
    dated, right, first, last = warehouse.execute(
        f"select count({name}), count(*) filter (where {right}), min({name}), max({name}) from {TAKEN}"
    ).fetchone()
    if dated and not right:
        raise TagmartError(
            f"the rows are of another date than the delivery (column {contract.row_date})",
            where=f"{delivery.biz_date:%Y%m%d}/{delivery.parts[0].name}", seen=_span(first, last),
            do="have the source send the delivery of this date",
        )


def _span(first: date, last: date) -> str:
    """One date or two."""
    return f"{first}" if first == last else f"{first} to {last}"


def _duplicates(warehouse: duckdb.DuckDBPyConnection, contract: Contract, number: int) -> list[BadRow]:
    """Rows whose key another good row has too: nobody can say which of them is right, so all are set aside."""
    keys = [identifier(name) for name in contract.key]
    same = " and ".join(f"taken.{key} = twice.{key}" for key in keys)
    warehouse.execute(f"""
        create or replace temp table twice as
        select {', '.join(keys)}, arg_min(part, (part, src_line)) as first_part, min((part, src_line))[2] as first_line,
            arg_max(part, (part, src_line)) as last_part, max((part, src_line))[2] as last_line
        from {TAKEN}
        where fault is null
        group by {', '.join(keys)}
        having count(*) > 1
    """)
    if not warehouse.execute("select count(*) from temp.main.twice").fetchone()[0]:
        return []
    shown = ", ".join(
        f"left(cast(taken.{identifier(name)} as varchar), 1) || '***'" if contract.column(name).personal == "C2"
        else f"cast(taken.{identifier(name)} as varchar)"
        for name in contract.key
    )
    found = warehouse.execute(f"""
        select taken.part, taken.src_line, concat_ws(', ', {shown}),
            if((taken.part, taken.src_line) = (first_part, first_line), last_part, first_part),
            if((taken.part, taken.src_line) = (first_part, first_line), last_line, first_line)
        from {TAKEN} as taken
        inner join temp.main.twice as twice on {same}
        where taken.fault is null
    """).fetchall()
    warehouse.execute(
        f"update {TAKEN} as taken set fault = {number} from temp.main.twice as twice where fault is null and {same}"
    )
    column = ", ".join(contract.key)
    return [
        BadRow(part, line, column, DUPLICATE_RULE, f"{key}; also on line {other_line}"
               + (f" of part {other_part + 1}" if other_part != part else ""))
        for part, line, key, other_part, other_line in found
    ]
