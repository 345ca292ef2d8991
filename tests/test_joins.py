"""No model compares every row with every row: what a small bank does not notice takes hours at a hundred thousand customers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import duckdb
import pytest

# Models one of whose sides does not grow with customers, or holds what is rare.
SMALL = {
    "dwd_price": "products by prices",
    "lead_cc_big_spend": "kinds of business by those that are excluded",
    "lead_raised": "reads the model above",
    "event_lead_raised": "reads the model above",
    "tag_merchant_restricted": "merchants by live controls of accounts",
}
# With an equality among the conditions the rows could be looked up. Without one it is the single row of the night, or a list of words.
EQUALITY = re.compile(r"\(\w+ = \w+\)")


def joins(plan: dict) -> Iterator[str]:
    """The conditions with an equality for which a plan compares all rows of both sides nevertheless."""
    condition = str(plan["extra_info"].get("Condition", ""))
    if plan["name"].strip() == "BLOCKWISE_NL_JOIN" and EQUALITY.search(condition):
        yield condition
    for child in plan.get("children", ()):
        yield from joins(child)


@pytest.mark.night
@pytest.mark.xdist_group("month_end")
def test_no_join_compares_all_rows_of_two_tables_that_grow(month_end):
    compiled = sorted((month_end.path / "dbt" / "compiled" / "tagmart" / "models").rglob("*.sql"))
    # The wide tables read what is computed on the way into them.
    models = [file for file in compiled if file.parent.suffix != ".yml" and file.parent.name != "wide"]
    mart = month_end.path / "published" / "current"
    found = {}
    with duckdb.connect(str(month_end.path / "warehouse.duckdb"), read_only=True) as warehouse:
        for name in ("tagmart", "restricted"):
            warehouse.execute(f"attach '{mart / name}.duckdb' as {name} (read_only)")
        for file in models:
            (plan,) = json.loads(warehouse.execute(f"explain (format json) {file.read_text(encoding='utf-8')}").fetchone()[1])
            if conditions := list(joins(plan)):
                found[file.stem] = conditions
    assert len(models) > 150
    assert {name: conditions for name, conditions in found.items() if name not in SMALL} == {}
