"""The ledger of days in ods: what the layers above compare must change whenever rows of a day do, and only then."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tagmart.contracts import load_contracts
from tagmart.ingest.ledger import prepare_ledger
from tests.tiny_bank import FIRST, SECOND, Bank, rows

LEDGER = "select feed, biz_date, day, load_no from ods._taken order by all"


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    made = Bank(tmp_path)
    made.journal()
    made.deliver("posting", FIRST, "I", rows(FIRST, 1, 2))
    return made


def test_a_delivery_sent_again_has_another_number(bank: Bank) -> None:
    bank.night(FIRST)
    first = bank.ods(LEDGER)
    assert [row[:3] for row in first] == [("posting", FIRST, FIRST)]
    bank.night(FIRST)
    assert bank.ods(LEDGER) == first, "the same delivery is not taken in again"
    bank.deliver("posting", SECOND, "J", rows(SECOND, 3))
    bank.night(SECOND)
    bank.deliver("posting", FIRST, "I", rows(FIRST, 1, 2, 4))
    bank.night(SECOND)
    (_, _, _, again), (_, _, _, second) = bank.ods(LEDGER)
    assert again > second > first[0][3], "numbers are never given twice"


def test_days_are_those_of_the_rows(tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    bank.journal()
    bank.deliver("posting", SECOND, "I", rows(SECOND, 5), rows(FIRST, 6))
    bank.night(SECOND)
    assert [row[1:3] for row in bank.ods(LEDGER)] == [(SECOND, FIRST), (SECOND, SECOND)]


def test_a_warehouse_from_before_the_ledger_gets_one(bank: Bank) -> None:
    bank.night(FIRST)
    before = bank.ods("select feed, biz_date, day from ods._taken")
    with duckdb.connect(str(bank.settings.warehouse)) as warehouse:
        warehouse.execute("drop table ods._taken")
        prepare_ledger(warehouse, load_contracts(bank.settings.contracts_dir))
    assert bank.ods("select feed, biz_date, day from ods._taken") == before


def test_a_feed_made_anew_is_in_the_ledger_anew(bank: Bank) -> None:
    bank.night(FIRST)
    (_, _, _, before), = bank.ods(LEDGER)
    with duckdb.connect(str(bank.settings.warehouse)) as warehouse:
        warehouse.execute("alter table ods.posting drop column cnt")
    bank.night(FIRST)
    (_, _, _, after), = bank.ods(LEDGER)
    assert after > before
