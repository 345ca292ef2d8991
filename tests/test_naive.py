"""Every tag of every customer, computed a second time in pandas from the rows of dwd, is what the night says."""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

from tests.naive.bank import Bank, bank_of
from tests.nights import MID_MONTH, Home

pytestmark = [pytest.mark.night, pytest.mark.xdist_group("mid_month")]

NAIVE = Path(__file__).resolve().parent / "naive"
REGISTRY = Path(__file__).resolve().parents[1] / "dbt_project" / "tag_specs" / "registry.csv"
ENTITIES = ("corporate", "merchant", "retail")
READINGS = [f"{entity}.{path.stem}" for entity in ENTITIES for path in sorted(NAIVE.glob(f"{entity}/*.py")) if not path.stem.startswith("_")]


@pytest.fixture(scope="module")
def bank(mid_month: Home) -> Bank:
    """The night of a day in the middle of a month, of a bank with many companies and merchants."""
    return bank_of(mid_month.path, mid_month.path / "candidate", MID_MONTH)


@pytest.fixture(scope="module")
def reading(bank: Bank) -> Callable[[str], pd.DataFrame]:
    """What a second reading computes of the bank, by its name; each is computed once."""
    return cache(lambda name: import_module(f"tests.naive.{name}").tags(bank))


@pytest.mark.parametrize("name", READINGS)
def test_the_second_reading_agrees(bank: Bank, reading: Callable[[str], pd.DataFrame], name: str) -> None:
    naive, said = reading(name), bank.said(name.split(".")[0])
    assert list(naive.index) == list(said.index), "a row is one customer of record, in the order of their numbers"
    assert not set(naive) - set(said)
    assert not (wrong := differences(said, naive)), "\n".join(wrong[:60])


def test_no_tag_is_left_out(reading: Callable[[str], pd.DataFrame]) -> None:
    twice = [(name.split(".")[0], tag) for name in READINGS for tag in reading(name)]
    with REGISTRY.open(encoding="utf-8") as file:
        published = {(row["entity"], row["name"]) for row in csv.DictReader(file) if row["status"] in ("active", "deprecated")}
    assert sorted(twice) == sorted(published)


def differences(said: pd.DataFrame, naive: pd.DataFrame) -> list[str]:
    """Where two frames of the same customers differ, some customers a tag: tag, how many, and what both say."""
    found = []
    for tag in naive:
        pairs = list(zip(said.index, said[tag], naive[tag], strict=True))
        off = [(who, a, b) for who, a, b in pairs if not (pd.isna(a) and pd.isna(b)) and (pd.isna(a) or pd.isna(b) or a != b)]
        if off:
            told = "; ".join(f"{who}: the night says {a!r}, the second reading {b!r}" for who, a, b in off[:3])
            found.append(f"{tag} ({len(off)} of {len(said)}): {told}")
    return found
