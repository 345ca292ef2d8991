"""The rules of a contract as SQL over the raw text, so that DuckDB checks and types millions of values at once.

A rule is made cheap: what is costly (a regular expression, a length in characters) is asked only of values that are not
written the way DuckDB writes them back.
"""

from __future__ import annotations

from dataclasses import dataclass

from tagmart.contracts import Column, Contract, Form
from tagmart.contracts.model import INITIAL_KIND
from tagmart.core.duck import literal
from tagmart.ingest.digits import CHECKS
from tagmart.ingest.landing import Delivery

PLAIN_DATE, PLAIN_TIMESTAMP = "%Y-%m-%d", "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Rule:
    """A rule over one column.

    Attributes:
        column: which column.
        rule: what must hold, in words.
        broken: SQL over r1, v1, n1_0, r2, … that is true where it does not.
        seen: SQL of the value to show.
        is_type: true where it says that the value is of the column's type: a whole column that breaks it is retyped.
    """

    column: str
    rule: str
    broken: str
    seen: str
    is_type: bool = False


def prepared(contract: Contract) -> list[str]:
    """SQL of what the rules need besides the raw r1, r2, …: each value in its type (v1, …), numbers of check digits (n1_0, …)."""
    columns = []
    for at, column in enumerate(contract.columns, start=1):
        columns.append(f"{typed(column, contract.form, f'r{at}')} as v{at}")
        if column.check:
            numbers = CHECKS[column.check].columns(f"r{at}")
            columns += [f"{number} as {name}" for number, name in zip(numbers, _numbers(column, at), strict=True)]
    return columns


def rules_of(contract: Contract, delivery: Delivery) -> list[Rule]:
    """The rules of a contract, in the order of the columns; each column's from the coarse to the fine."""
    rules: list[Rule] = []
    for at, column in enumerate(contract.columns, start=1):
        raw, value = f"r{at}", f"v{at}"
        # What a deleted row still knows of itself besides its key is the source's affair.
        alive = " and r1 <> 'D'" if contract.load == "delta" and column.name not in contract.key else ""
        if column.required:
            rules.append(Rule(column.name, "required", f"({_is_empty(column, contract.form, raw)}){alive}", raw))
        written = "" if column.type.kind not in ("date", "timestamp") else f" and not {is_no_date(contract.form, raw)}"
        rules += [
            Rule(column.name, words, f"({raw} is not null{written} and {broken})", raw, is_type)
            for words, broken, is_type in _value_rules(column, contract.form, raw, value, _numbers(column, at))
        ]
        if column.name == contract.row_date and delivery.biz_date:
            rules.append(_date_rule(column, raw, value, delivery))
    return rules


def typed(column: Column, form: Form, raw: str) -> str:
    """SQL of a raw field in the column's type; NULL where it is none."""
    kind = column.type.kind
    if kind == "string":
        return raw
    if kind == "boolean":
        return f"case {raw} when 'Y' then true when 'N' then false end"
    if kind == "decimal":
        return _decimal(column, raw)
    if kind == "integer":
        return f"try_cast({raw} as integer)"
    written, shape = _century(raw, form, kind)
    if shape in (PLAIN_DATE, PLAIN_TIMESTAMP):
        value = f"try_cast({written} as {kind})"
    else:
        value = f"cast(try_strptime({written}, {literal(shape)}) as {kind})"
    return f"case when {_listed(form, raw)} then null else {value} end" if form.no_date else value


def is_no_date(form: Form, raw: str) -> str:
    """SQL that is true where a date is not there: blank, or what the source writes for "none" and "for ever"."""
    blank = f"({raw} < '!' and trim({raw}) = '')"
    return f"({_listed(form, raw)} or {blank})" if form.no_date else blank


def _listed(form: Form, raw: str) -> str:
    """SQL that is true where a raw field is one of the form's texts for no date."""
    return f"{raw} in ({', '.join(literal(one) for one in form.no_date)})"


def _is_empty(column: Column, form: Form, raw: str) -> str:
    """SQL that is true where nothing is written. Comparing first is cheap: blanks sort before all that can be seen."""
    if column.type.kind in ("date", "timestamp"):
        return f"{raw} is null or {is_no_date(form, raw)}"
    return f"{raw} is null or ({raw} < '!' and trim({raw}) = '')"


def _decimal(column: Column, raw: str) -> str:
    """SQL of an amount: its sign may stand behind it, and its point may be left out."""
    if column.implied:
        scale = column.type.scale or 0
        digits = f"translate({raw}, '+-', '')"
        filled = f"lpad({digits}, greatest(length({digits}), {scale + 1})::int, '0')"
        point = f"left({filled}, -{scale}) || '.' || right({filled}, {scale})" if scale else filled
        return f"try_cast(if(contains({raw}, '-'), '-', '') || {point} as {column.type.sql})"
    behind = f"case when suffix({raw}, '-') then try_cast('-' || left({raw}, -1) as {column.type.sql}) end"
    return f"coalesce(try_cast({raw} as {column.type.sql}), {behind})"


def _numbers(column: Column, at: int) -> list[str]:
    """The names of what a column's check digits are worked out from."""
    return [f"n{at}_{which}" for which, _ in enumerate(CHECKS[column.check].columns(""))] if column.check else []


def _value_rules(column: Column, form: Form, raw: str, value: str, numbers: list[str]) -> list[tuple[str, str, bool]]:
    """What a value that is not empty must be: words, SQL that is true where it is not, whether that is its type."""
    kind = column.type.kind
    rules: list[tuple[str, str, bool]] = []
    if kind == "string":
        size = column.type.size
        rules.append((f"at most {size} characters", f"strlen({raw}) > {size} and length({raw}) > {size}", False))
    elif kind == "boolean":
        rules.append(("Y or N", f"{value} is null", True))
    elif kind == "integer":
        # A cast alone would round 1.5 and forgive blanks.
        rules.append(("integer", _unlike(raw, value, r"[+-]?\d+"), True))
    elif kind == "decimal":
        rules.append((_decimal_words(column), _unlike(raw, value, _decimal_shape(column)), True))
    else:
        rules.append((f"{kind} {form.date if kind == 'date' else form.timestamp}", _other_date(form, kind, raw, value), True))
    if column.values:
        allowed = ", ".join(literal(one) for one in column.values)
        rules.append((f"one of {', '.join(column.values)}", f"{raw} not in ({allowed})", False))
    if column.check:
        check = CHECKS[column.check]
        rules.append((check.words, check.is_wrong(raw, *numbers), False))
    return rules


def _decimal_words(column: Column) -> str:
    """The rule of a decimal."""
    return f"{column.type} without its point" if column.implied else str(column.type)


def _decimal_shape(column: Column) -> str:
    """How an amount may be written."""
    places = column.type.scale or 0
    number = r"\d+" if column.implied else rf"(\d+(\.\d{{0,{places}}}0*)?|\.\d{{1,{max(places, 1)}}}0*)"
    return f"([+-]?{number}|{number}-)"


def _unlike(raw: str, value: str, shape: str) -> str:
    """SQL that is true where a text is not of a number's shape; only what DuckDB writes otherwise is looked at closely."""
    return f"({value} is null or (cast({value} as varchar) <> {raw} and not regexp_full_match({raw}, {literal(shape)})))"


def _other_date(form: Form, kind: str, raw: str, value: str) -> str:
    """SQL that is true where a date, written back, is another text: a cast alone forgives blanks and lost zeros.

    Of the usual forms the length is asked too: DuckDB would take and write 'infinity'.
    """
    written, shape = _century(raw, form, kind)
    if shape in (PLAIN_DATE, PLAIN_TIMESTAMP):
        length = 10 if shape == PLAIN_DATE else 19
        return f"({value} is null or strlen({written}) <> {length} or cast({value} as varchar) <> {written})"
    if shape == "%Y%m%d" and kind == "date":
        return f"({value} is null or replace(cast({value} as varchar), '-', '') <> {written})"
    return f"strftime({value}, {literal(shape)}) is distinct from {written}"


def _date_rule(column: Column, raw: str, value: str, delivery: Delivery) -> Rule:
    """A day's rows are of that day; an initial load brings the past too, but not the future."""
    day = f"date {literal(delivery.biz_date.isoformat())}"
    if delivery.kind == INITIAL_KIND:
        return Rule(column.name, f"not after {delivery.label}", f"({value} > {day})", raw)
    return Rule(column.name, f"the delivery's date {delivery.label}", f"({value} <> {day})", raw)


def _century(raw: str, form: Form, kind: str) -> tuple[str, str]:
    """A raw date and its form, with years of two digits made whole."""
    shape = form.date if kind == "date" else form.timestamp
    if form.century is None:
        return raw, shape
    return f"({literal(str(form.century)[:2])} || {raw})", shape.replace("%y", "%Y")
