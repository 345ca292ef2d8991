"""Deposits over the years and the value of a company, drawn: days and accounts as they are, and nothing rounded on the way."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.corporate_nights import D, Night, night

DAY = timedelta(days=1)


def days(drawn: Night, company: str, first: date, last: date, amount: str) -> None:
    """What a company has on demand at the end of each of these days."""
    held = (first + DAY * at for at in range((last - first).days + 1))
    drawn.draw("dws_corporate_asset_daily", *({"customer_id": company, "acct_date": day, "prod": "demand", "bal": amount} for day in held))


@pytest.mark.parametrize(
    ("yuan", "dollars", "other", "funded", "ratio"),
    # 427 ÷ 800 = 0.53375 and 1.47 ÷ 2.24 = 0.65625: halves of the last digit, which doubles miss. The last is the most there is.
    [
        ("407", "20", "373", 2, "0.5338"), ("1", "0.47", "0.77", 1, "0.6563"),
        ("5000000000000000", "2999999999999999.99", "1999999999999999.99", 2, "0.8000"),
    ],
)
def test_an_account_with_two_currencies_is_one_account(yuan: str, dollars: str, other: str, funded: int, ratio: str) -> None:
    with night("ann") as drawn:
        for account, currency, amount in (("A1", "CNY", yuan), ("A1", "USD", dollars), ("A2", "CNY", other)):
            drawn.draw("dwd_account_balance_daily", acct_no=account, customer_id="ann", entity="corporate", bal_date=D, prod="demand",
                       ccy=currency, bal=amount)  # fmt: skip
        for account in ("A1", "A2"):
            drawn.draw("dwd_account", acct_no=account, customer_id="ann", entity="corporate", kind_code="demand")
        found = drawn.tags("tag_corporate_deposit_year", "dep_funded_acct_cnt", "dep_main_acct_ratio")
    assert found["ann"] == (funded, Decimal(ratio))


@pytest.mark.parametrize(("cents", "average"), [(630, "0.04"), (5130, "0.29"), (18450, "1.03")])
def test_half_a_cent_of_an_average_is_a_cent(cents: int, average: str) -> None:
    # 29 June is the 180th day of the year; the whole of it is on the first, and nothing before.
    with night("ann", biz_date="2026-06-29") as drawn:
        drawn.draw("dwd_account_balance_daily", acct_no="A1", customer_id="ann", entity="corporate", bal_date="2025-01-01",
                   prod="demand", ccy="CNY", bal="0")  # fmt: skip
        days(drawn, "ann", date(2026, 1, 1), date(2026, 1, 1), str(Decimal(cents) / 100))
        found = drawn.tags("tag_corporate_deposit_year", "dep_davg_chg_ly", "dep_demand_davg_chg_ly")
    assert found["ann"] == (Decimal(average), Decimal(average))


def test_a_company_is_back_after_thirty_days_in_a_row_with_nothing() -> None:
    with night("ann bob") as drawn:
        for company in ("ann", "bob"):
            days(drawn, company, date(2026, 1, 1), date(2026, 2, 28), "50000")
            days(drawn, company, date(2026, 4, 3), date(2026, 6, 30), "50000")
            drawn.draw("dwd_company", customer_id=company, open_date="2020-01-01")
            drawn.post(company, "2026-06-29", "1", is_self=True)
        days(drawn, "ann", date(2026, 3, 1), date(2026, 3, 30), "5")
        # Thirty days with next to nothing too, but not in a row: on three between them there was no account.
        days(drawn, "bob", date(2026, 3, 1), date(2026, 3, 15), "5")
        days(drawn, "bob", date(2026, 3, 19), date(2026, 4, 2), "5")
        found = drawn.tags("tag_corporate_value", "val_life_code")
    assert found == {"ann": ("back",), "bob": ("growing",)}


def test_what_is_lent_for_a_day_is_not_rounded_away() -> None:
    with night("ann bob") as drawn:
        drawn.draw("dws_corporate_liability_daily", customer_id="ann", acct_date="2026-05-01", bal="1")
        drawn.draw("dws_corporate_liability_daily", customer_id="bob", acct_date="2026-05-01", bal="1")
        days(drawn, "ann", date(2026, 5, 1), date(2026, 5, 1), "3")
        drawn.draw("dwd_contribution", customer_id="ann", entity="corporate", month_end="2026-05-31", side_code="loan", net_amt="10")
        value = drawn.tags("tag_corporate_value", "val_dep_loan_ratio_365d")
        earned = drawn.tags("tag_corporate_contribution", "val_rorac_l12m")
    assert value == {"ann": (Decimal("3"),), "bob": (Decimal("0"),)}
    # 10 ÷ (1 ÷ 365 × 0.08); bob has loans and earned nothing that is on record.
    assert earned == {"ann": (Decimal("45625"),), "bob": (Decimal("0"),)}
