"""Foreign balances and postings are worth what the middle rate of their day says, to the cent: drawn rows, the models' own SQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from tests.drawn import night

PRICES = """
price_code, price_date,   price,    unit
USD,        2026-06-26,   7.1235,   CNY/1
USD,        2026-06-29,   7.2000,   CNY/1
JPY,        2026-06-26,   4.8600,   CNY/100
"""
BALANCES = """
acct_no, ccy, bal_date,   bal,        frozen_amt
A1,      CNY, 2026-06-28, 100.00,     5.00
A2,      USD, 2026-06-25, 10.00,      0.00
A2,      USD, 2026-06-28, 10.00,      1.00
A2,      USD, 2026-06-29, 10.00,      1.00
A3,      JPY, 2026-06-30, 12345.00,   0.00
A4,      USD, 2026-06-28, 1000000.01, 0.00
"""
LEGS = """
txn_no, leg, acct_no, ccy, acct_date,  amt,   cp_acct_no, cp_bank_code
T1,     1,   A1,      CNY, 2026-06-28, 71.24, A2,         OWN
T1,     2,   A2,      USD, 2026-06-28, 10.00, A1,
T2,     1,   A2,      USD, 2026-06-29, -3.33, A1,         B102
T3,     1,   A1,      CNY, 2026-06-28, 1.00,  A1,         OWN
"""


def written(rows: str) -> list[dict[str, str]]:
    """A table as it is written above: names, then row by row."""
    header, *lines = [[word.strip() for word in line.split(",")] for line in rows.strip().splitlines()]
    return [dict(zip(header, line, strict=True)) for line in lines]


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """The rows above, and the models over them."""
    with night("") as drawn:
        drawn.draw("stg_ref_price", *({"kind_code": "fx", **row} for row in written(PRICES)))
        drawn.draw("stg_core_bal", *written(BALANCES))
        drawn.draw("stg_core_txn", *({"dc_flag": "C", "is_reversal": False, **row} for row in written(LEGS)))
        for number in range(1, 5):
            drawn.draw("dwd_account", acct_no=f"A{number}", customer_id=f"C{number}", entity="retail", kind_code="demand")
        drawn.draw("dwd_party", customer_id="C1", name_key="x")
        drawn.build("dwd_fx_rate", "dwd_fx_ccy", "dwd_account_balance_daily", "dwd_transaction")
        yield drawn.duck


def test_balances_are_worth_the_rate_of_their_day(warehouse):
    found = warehouse.execute("""
        select acct_no, bal_date, bal, frozen_amt, bal_orig, ccy from dwd_account_balance_daily order by all
    """).fetchall()
    assert found == [
        ("A1", date(2026, 6, 28), Decimal("100.00"), Decimal("5.00"), Decimal("100.00"), "CNY"),
        # No rate was known yet: unknown, and not ten yuan.
        ("A2", date(2026, 6, 25), None, None, Decimal("10.00"), "USD"),
        # The 28th is a Sunday: Friday's rate holds. 71.235 is rounded up.
        ("A2", date(2026, 6, 28), Decimal("71.24"), Decimal("7.12"), Decimal("10.00"), "USD"),
        ("A2", date(2026, 6, 29), Decimal("72.00"), Decimal("7.20"), Decimal("10.00"), "USD"),
        ("A3", date(2026, 6, 30), Decimal("599.97"), Decimal("0.00"), Decimal("12345.00"), "JPY"),
        ("A4", date(2026, 6, 28), Decimal("7123500.07"), Decimal("0.00"), Decimal("1000000.01"), "USD"),
    ]


def test_flows_are_worth_the_rate_of_their_posting_date(warehouse):
    found = warehouse.execute("select txn_no, leg, amt, amt_orig, ccy from dwd_transaction order by all").fetchall()
    assert found == [
        ("T1", 1, Decimal("71.24"), Decimal("71.24"), "CNY"),
        ("T1", 2, Decimal("71.24"), Decimal("10.00"), "USD"),
        ("T2", 1, Decimal("-23.98"), Decimal("-3.33"), "USD"),
        ("T3", 1, Decimal("1.00"), Decimal("1.00"), "CNY"),
    ]


def test_the_other_side_is_known_by_its_account_here(warehouse):
    found = warehouse.execute("select txn_no, leg, cp_customer_id, cp_class from dwd_transaction order by all").fetchall()
    assert found == [
        ("T1", 1, "C2", "same_bank_other"),
        ("T1", 2, "C1", "same_bank_other"),
        # Another bank's account may have the number of one here.
        ("T2", 1, None, "other_bank_other"),
        ("T3", 1, "C1", "own"),
    ]
