"""The rule files: none is lost or renamed, and no part of the domain's 45 can change unseen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tagmart.core.duck import connect, identifier, literal
from tagmart.core.errors import TagmartError
from tagmart.rules import Rule
from tests.bank_segments import columns, compiled, members, rules
from tests.drawn_segments import CASES, Case, Row

GOLDEN = Path(__file__).with_name("segments.txt")
LINES = {
    "retail": {
        "base", "deposit", "wealth", "fund", "insurance", "precious_metal", "bond", "tier", "private_banking", "payroll",
        "pension", "credit_card", "personal_loan", "channel", "service", "risk",
    },
    "corporate": {
        "base", "settlement", "deposit", "inclusive", "bill", "trade_finance", "cash_management", "payroll", "technology",
        "group", "service", "risk",
    },
    "merchant": {"base", "acquiring", "settlement", "loan", "service", "risk"},
}  # fmt: skip
TOKEN = re.compile(r"'[^']*'|[()]|[^\s()']+")
NUMBER = re.compile(r"(?<![\w.'])\d+(?:\.\d+)?(?![\w.'])")
RETAIL_BASES = ("base_retail", "base_credit", "base_invest")


def test_no_segment_is_lost_or_renamed():
    """Add a line for a new rule. A line that goes takes the history of a segment with it: end a rule by its valid_to instead."""
    seen = [f"{rule.segment_id} {rule.key}" for rule in rules()]
    assert seen == GOLDEN.read_text("utf-8").split("\n")[:-1], "tests/segments.txt lists every segment"


def test_every_business_line_has_rules():
    found: dict[str, set[str]] = {}
    for rule in rules():
        found.setdefault(rule.entity, set()).add(rule.line)
    assert found == LINES


def test_who_is_spoken_to_has_a_channel_and_nobody_else():
    """A base group is not spoken to; risk and management only look."""
    wrong = [
        rule.key for rule in rules()
        if bool(rule.channels) is not (rule.purpose in ("marketing", "service") and rule.line != "base")
    ]  # fmt: skip
    assert wrong == []


def test_marketing_stands_on_a_base_group():
    """Three rules of the domain say all of it themselves: merchants have no base group there."""
    marketing = [item for item in compiled(rules()) if item.rule.purpose == "marketing" and item.rule.line != "base"]
    assert [item.rule.key for item in marketing if not item.segments] == ["mer_other_bank", "mer_loan_white"]


@pytest.mark.parametrize("entity", CASES)
def test_the_domains_rules_select_whom_they_say_and_none_can_change_unseen(entity: str):
    cases = {case.key: case for case in CASES[entity]}
    bases = [rule for rule in rules() if rule.entity == entity and rule.key in ("base_corp", *RETAIL_BASES)]
    real = {rule.key: rule for rule in rules() if rule.key in cases}
    assert real.keys() == cases.keys()
    changed = {
        f"x{number}": (key, what, replace(real[key], key=f"x{number}", segment_id=f"S-X-{number:04d}", text=text))
        for number, (key, what, text) in enumerate((key, *one) for key, rule in real.items() for one in changes(rule.text, key))
    }
    able = {key: found for key, found in changed.items() if can_run(found[2], bases)}
    rows = {f"{key}|{side}|{number}": row for key, case in cases.items() for side, number, row in numbered(case)}
    found = drawn([*{rule.key: rule for rule in [*bases, *real.values()]}.values(), *(one[2] for one in able.values())], rows)
    wrong = [
        f"{row}: {'out' if row.split('|')[1] == 'in' else 'in'}"
        for row in rows if (row in found[row.split("|")[0]]) is not (row.split("|")[1] == "in")
    ]  # fmt: skip
    assert wrong == []
    drawn_for = {key: {row for row in rows if row.split("|")[0] == key} for key in cases}
    unseen = [
        f"{key}: {what}" for name, (key, what, _) in able.items()
        if found[name] & drawn_for[key] == found[key] & drawn_for[key]
    ]  # fmt: skip
    assert unseen == [], "draw a customer in tests/drawn_segments.py whom the change moves"


def test_the_changes_tried_are_those_of_every_part():
    text = "in segment base_retail and prof_age between 30 and 55 and (dep_bal >= 0.5 * wm_bal or code in ('a', 'b'))"
    tried = [changed for _, changed in changes(text)]
    assert {text.replace("30", "29"), text.replace("55", "56"), text.replace("0.5", "0.6"), text.replace(">=", ">")} <= set(tried)
    assert {text.replace("'a', ", ""), text.replace(", 'b'", ""), text.replace("base_retail", "base_invest")} <= set(tried)
    both = "( dep_bal >= 0.5 * wm_bal or code in ( 'a' , 'b' ) )"
    assert {shorter for what, shorter in changes(text) if what == "a part is missing"} == {
        f"prof_age between 30 and 55 and {both}",
        f"in segment base_retail and {both}",
        "in segment base_retail and prof_age between 30 and 55",
        "in segment base_retail and prof_age between 30 and 55 and ( code in ( 'a' , 'b' ) )",
        "in segment base_retail and prof_age between 30 and 55 and ( dep_bal >= 0.5 * wm_bal )",
    }
    assert len(tried) == len(set(tried)) == 16


def changes(text: str, key: str = "") -> Iterator[tuple[str, str]]:
    """Everything that somebody could change in a rule by a slip: what, and the rule changed."""
    for found in NUMBER.finditer(text):
        digits = len(found[0].partition(".")[2])
        for step in (-1, 1):
            value = f"{float(found[0]) + step * 10.0**-digits:.{digits}f}"
            yield f"{found[0]} is {value}", text[: found.start()] + value + text[found.end() :]
    for found in re.finditer(r"[<>]=?(?!>)", text):
        other = found[0][:-1] if found[0].endswith("=") else found[0] + "="
        yield f"{found[0]} is {other}", text[: found.start()] + other + text[found.end() :]
    for listed in re.finditer(r"in \(([^()]*,[^()]*)\)", text):
        values = [value.strip() for value in listed[1].split(",")]
        for value in values:
            rest = ", ".join(other for other in values if other != value)
            yield f"{value} is not in the list", text[: listed.start(1)] + rest + text[listed.end(1) :]
    for base in RETAIL_BASES:
        if f"in segment {base} " in text:
            for other in set(RETAIL_BASES) - {base, key}:
                yield f"{base} is {other}", text.replace(f"in segment {base} ", f"in segment {other} ")
    for shorter in without_a_part(TOKEN.findall(text)):
        yield "a part is missing", " ".join(shorter)


def without_a_part(words: list[str]) -> Iterator[list[str]]:
    """A condition without one of the parts that `or` or `and` join, at any depth."""
    for joint in ("or", "and"):
        parts = split(words, joint)
        if len(parts) > 1:
            for number, part in enumerate(parts):
                yield joined([*parts[:number], *parts[number + 1 :]], joint)
                for shorter in without_a_part(part):
                    yield joined([*parts[:number], shorter, *parts[number + 1 :]], joint)
            return
    if words[0] == "(" and words[-1] == ")":
        for shorter in without_a_part(words[1:-1]):
            yield ["(", *shorter, ")"]


def split(words: list[str], joint: str) -> list[list[str]]:
    """The parts that a word joins outside of brackets; the `and` of a `between` joins nothing."""
    parts, depth, between = [[]], 0, False
    for word in words:
        depth += {"(": 1, ")": -1}.get(word, 0)
        if word == joint and depth == 0 and not (between and word == "and"):
            parts.append([])
        else:
            parts[-1].append(word)
        between = word == "between" or (between and word != "and")
    return parts


def joined(parts: Sequence[list[str]], joint: str) -> list[str]:
    """Parts with the word between them."""
    return [word for number, part in enumerate(parts) for word in ([joint, *part] if number else part)]


def can_run(rule: Rule, bases: Sequence[Rule]) -> bool:
    """Whether a changed rule compiles: what the compiler refuses nobody can slip in."""
    try:
        compiled([*bases, rule])
    except TagmartError:
        return False
    return True


def numbered(case: Case) -> Iterator[tuple[str, int, Row]]:
    """The customers of a case: side, number, tags."""
    for side, rows in zip(("in", "out"), case.customers(), strict=True):
        yield from ((side, number, row) for number, row in enumerate(rows))


def drawn(some: Sequence[Rule], rows: dict[str, Row]) -> dict[str, set[str]]:
    """Who of the drawn customers (name → tags) is in which segment, by the generated models."""
    items = compiled(some)
    table = identifier(f"tags_{items[0].rule.entity}")
    tags = {tag for item in items for tag in item.tags} | {tag for row in rows.values() for tag in row} - {"biz_date"}
    kinds = columns(items[0].rule.entity, tags) | {"biz_date": "date"}
    with connect() as db:
        db.execute(f"create table {table} (customer_id varchar, {', '.join(f'{tag} {kind}' for tag, kind in kinds.items())})")
        for name, row in rows.items():
            values = ", ".join(literal(value) for value in (name, *row.values()))
            db.execute(f"insert into {table} (customer_id, {', '.join(row)}) values ({values})")
        return members(db, items)
