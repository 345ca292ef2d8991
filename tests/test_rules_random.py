"""Random rules over random small tables select whom a plain evaluation in Python selects. A rule is (operator, parts…)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rule_tables import D, members, rule

MONEY, ITEMS, SHARES = ("dep_bal", "wm_bal"), ("txn_cnt",), ("dep_ratio",)
# Few values, so that equal sides, zeros and shares of zero come up often.
AMOUNTS = st.sampled_from([Decimal(text) for text in ("-1", "0", "0.5", "1", "2")])
literals = st.sampled_from([Decimal(text) for text in ("0", "0.5", "1", "2")]).map(lambda value: ("number", value))


def amounts_of(names: tuple[str, ...]) -> st.SearchStrategy:
    """Arithmetic of one unit, with at most three factors."""
    tags = st.sampled_from(names).map(lambda name: ("tag", name))
    if names == MONEY:
        tags = st.one_of(tags, st.tuples(st.sampled_from(["before", "chg"]), st.sampled_from(names)))
    scaled = st.one_of(tags, st.tuples(st.just("*"), literals, tags), st.tuples(st.just("minus"), tags))
    summed = st.tuples(st.sampled_from("+-"), scaled, st.one_of(scaled, literals))
    return st.one_of(scaled, summed, st.tuples(st.just("*"), summed, literals))


shares = st.one_of(amounts_of(SHARES), st.tuples(st.just("/"), amounts_of(MONEY), amounts_of(MONEY)))
numbers = st.one_of(amounts_of(MONEY), amounts_of(ITEMS), shares)
days = st.integers(0, 4).map(lambda back: ("days", back))
comparisons = st.one_of(
    *(st.tuples(st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), side, st.one_of(side, literals))
      for side in (amounts_of(MONEY), amounts_of(ITEMS), shares)),
    st.tuples(st.just("between"), numbers, literals, literals),
    st.tuples(st.just("in"), numbers, st.lists(literals, min_size=1, max_size=3)),
    st.tuples(st.just("missing"), numbers),
    st.tuples(st.sampled_from(["<", "=", ">="]), st.just(("tag", "pay_start_date")), days),
    st.just(("tag", "prof_is_staff")),
    st.tuples(st.just("="), st.just(("tag", "prof_status_code")), st.sampled_from(["normal", "closed"]).map(lambda c: ("text", c))),
)  # fmt: skip
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["and", "or"]), inner, inner), st.tuples(st.just("not"), inner),
        st.tuples(st.just("missing"), inner),
    ),
    max_leaves=6,
)  # fmt: skip
people = st.fixed_dictionaries({
    "dep_bal": st.none() | AMOUNTS, "wm_bal": st.none() | AMOUNTS, "txn_cnt": st.none() | st.integers(-1, 2),
    "dep_ratio": st.none() | AMOUNTS, "prof_is_staff": st.none() | st.booleans(),
    "prof_status_code": st.sampled_from([None, "normal", "closed"]),
    "pay_start_date": st.none() | st.integers(0, 4).map(lambda back: D - timedelta(back)),
    # what the customer had DAYS days before; None: was no customer then
    "then": st.none() | st.fixed_dictionaries({"dep_bal": st.none() | AMOUNTS, "wm_bal": st.none() | AMOUNTS}),
})  # fmt: skip
DAYS = 3
STRENGTH = {"or": 1, "and": 2, "not": 3, "+": 6, "-": 6, "*": 7, "/": 7}


def written(node: tuple, least: int = 0) -> str:
    """The rule as text, with brackets only where a weaker operator stands inside a stronger one."""
    operator, *parts = node
    strength = STRENGTH.get(operator, 4 if operator in ("=", "<>", "<", "<=", ">", ">=", "between", "in", "missing") else 9)
    if operator in ("tag", "text", "number", "days"):
        return {"text": f"'{parts[0]}'", "days": f"D - {parts[0]}"}.get(operator, str(parts[0]))
    if operator in ("before", "chg"):
        return f"{operator}({parts[0]}, {DAYS}d)"
    if operator == "minus":
        return f"(-{written(parts[0], 9)})"
    if operator == "not":
        text = f"not {written(parts[0], strength + 1)}"
    elif operator == "between":
        text = f"{written(parts[0], 5)} between {written(parts[1])} and {written(parts[2])}"
    elif operator == "in":
        text = f"{written(parts[0], 5)} in ({', '.join(written(part) for part in parts[1])})"
    elif operator == "missing":
        text = f"{written(parts[0], 9)} is missing"
    else:
        text = f"{written(parts[0], strength)} {operator} {written(parts[1], strength + 1)}"
    return f"({text})" if strength < least else text


def evaluated(node: tuple, person: dict) -> object:
    """The value of a rule for a person; None is missing."""
    operator, *parts = node
    if operator in ("tag", "text", "number", "days"):
        return {"tag": person.get, "days": lambda back: D - timedelta(back)}.get(operator, lambda value: value)(parts[0])
    if operator in ("before", "chg"):
        now, then = person.get(parts[0]), (person["then"] or {}).get(parts[0])
        return then if operator == "before" else None if None in (now, then) else now - then
    if operator == "in":
        found = evaluated(parts[0], person)
        return None if found is None else any(_compared("=", found, item[1]) for item in parts[1])
    values = [evaluated(part, person) for part in parts]
    if operator == "missing":
        return values[0] is None
    if operator == "and":
        return False if False in values else None if None in values else True
    if operator == "or":
        return True if True in values else None if None in values else False
    if None in values:
        return None
    if operator == "not":
        return not values[0]
    if operator == "minus":
        return -values[0]
    if operator == "between":
        return _compared(">=", values[0], values[1]) and _compared("<=", values[0], values[2])
    return _calculated(operator, *values) if operator in "+-*/" else _compared(operator, *values)


def _calculated(operator: str, left: object, right: object) -> object:
    if operator == "/":
        return None if right == 0 else float(left) / float(right)
    return {"+": left + right, "-": left - right, "*": left * right}[operator]


def _compared(operator: str, left: object, right: object) -> bool:
    if isinstance(left, float) or isinstance(right, float):
        left, right = float(left), float(right)
    return {
        "=": left == right, "<>": left != right, "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right,
    }[operator]  # fmt: skip


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(conditions, min_size=1, max_size=4), st.lists(people, min_size=1, max_size=6))
def test_random_rules_select_whom_a_plain_evaluation_selects(nodes, rows):
    rules = [rule(written(node), f"rule_{number}", number + 1) for number, node in enumerate(nodes)]
    expected = {
        item.key: {f"c{number}" for number, row in enumerate(rows) if evaluated(node, _decimals(row)) is True}
        for item, node in zip(rules, nodes, strict=True)
    }
    today = [{name: value for name, value in row.items() if name != "then"} for row in rows]
    past = [{"customer_id": f"c{number}", **row["then"]} for number, row in enumerate(rows) if row["then"] is not None]
    assert members(rules, today, past={DAYS: past}) == expected


def _decimals(row: dict) -> dict:
    return {name: Decimal(value) if type(value) is int else value for name, value in row.items()}
