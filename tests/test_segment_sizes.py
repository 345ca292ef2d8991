"""No segment of the demo bank holds nobody or everybody, unless `empty_segments.yml` says why; what is listed there does."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tagmart.core.duck import connect, literal
from tests.bank_segments import compiled, members, rules
from tests.nights import Home
from tests.test_constant_tags import complaints

REASONS = Path(__file__).with_name("empty_segments.yml")


@pytest.mark.night
@pytest.mark.xdist_group("month_end")
@pytest.mark.parametrize("entity", ["retail", "corporate", "merchant"])
def test_segments_hold_somebody_or_have_a_reason(month_end: Home, entity: str) -> None:
    assert wrong(month_end.current, entity) == []


def wrong(folder: Path, entity: str) -> list[str]:
    """Where the list of reasons and the sizes differ."""
    found, customers = sizes(folder / "tagmart.duckdb", entity)
    reasons = yaml.safe_load(REASONS.read_text("utf-8"))
    return complaints(entity, {key: size in (0, customers) for key, size in found.items()}, reasons)


def sizes(mart: Path, entity: str) -> tuple[dict[str, int], int]:
    """How many customers each segment of an entity holds, and how many there are."""
    with connect() as db:
        db.execute(f"attach {literal(mart)} as night (read_only)")
        for table in (f"tags_{entity}", "dim_branch"):
            db.execute(f"create temp view {table} as from night.mart.{table}")
        found = members(db, compiled([rule for rule in rules() if rule.entity == entity]))
        return {key: len(of) for key, of in found.items()}, db.execute(f"select count(*) from tags_{entity}").fetchall()[0][0]
