"""Risk tests, what is on sale within the tolerance they found, and what a customer lacks to buy."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, divided, inside
from tests.naive.retail.product_accounts import accounts
from tests.naive.retail.product_agreements import signed
from tests.naive.retail.product_cards import active_cards
from tests.naive.retail.product_holdings import LINES
from tests.naive.tally import days, first, has, last, number


def tags(bank: Bank) -> pd.DataFrame:
    customers, day, told = bank.customers("retail"), bank.day, _tested(bank)
    newest, level = told["prod_risk_test_date"], told["prod_risk_level_code"]
    valid_days = int(float(bank.parameter("risk_test_valid_days")))
    left = days(day, newest + valid_days * DAY)
    told |= {
        "prod_risk_valid_days": left,
        "prod_risk_is_expired": left < 0,
        "prod_risk_is_expiring_30d": left.between(0, 30),
        "prod_risk_expired_days": (-left).where(left < 0),
    }
    open_ = accounts(bank).query("is_open and class_code == '1'")
    shelf, live = _on_sale(bank), signed(bank).query("is_live")
    lowest = shelf.groupby("line_code")["risk_level"].min()
    can_pay = has(active_cards(bank), customers) & has(open_, customers)
    is_valid = (left >= 0).fillna(False)
    for line in ("wm", "fund", "ins"):
        is_signed = has(live[live.agr_type == line], customers)
        is_enough = (level >= lowest[line]).fillna(False)
        # The first that is missing has the last word.
        code = pd.Series(0, index=customers, dtype="Int64")
        for lack, condition in ((5, is_enough), (4, is_valid), (3, newest.notna()), (2, is_signed), (1, can_pay)):
            code = code.where(condition, lack)
        told[f"prod_ready_{line}_code"] = code
        if line != "ins":
            met = [can_pay, is_signed, is_valid, is_enough]
            told[f"prod_ready_{line}_unmet_cnt"] = 4 - sum(condition.astype("Int64") for condition in met)
    return pd.DataFrame(told | _within(shelf, level.where(is_valid), customers))


def _tested(bank: Bank) -> dict[str, pd.Series]:
    """What the tests that were not taken back say. Of two of one day the lower level is the later."""
    customers, day, tests = bank.customers("retail"), bank.day, bank.dwd("risk_test")
    tests = tests[~tests.is_revoked & (tests.test_date <= day)]
    by_customer = tests.sort_values(["test_date", "result_level"], ascending=[True, False]).groupby("customer_id")
    newest, before = (by_customer.nth(place).set_index("customer_id").reindex(customers) for place in (-1, -2))
    return {
        "prod_risk_level_code": newest.result_level,
        "prod_risk_test_date": newest.test_date,
        "prod_risk_channel_code": newest.channel_code,
        "prod_risk_prev_level_code": before.result_level,
        "prod_risk_level_chg": newest.result_level - before.result_level,
        "prod_risk_level_max_code": last(tests, "result_level", customers),
        "prod_risk_test_cnt_ltd": number(tests, customers),
        "prod_risk_test_cnt_365d": number(inside(tests, "test_date", "365d", day), customers),
        "prod_risk_first_date": first(tests, "test_date", customers),
    }


def _on_sale(bank: Bank) -> pd.DataFrame:
    """The products that can be bought at the business date and have a risk level."""
    rows = bank.dwd("product")
    return rows[(rows.shelf_from_date <= bank.day) & ~(rows.shelf_to_date < bank.day) & rows.risk_level.notna()]


def _within(shelf: pd.DataFrame, tolerance: pd.Series, customers: pd.Index) -> dict[str, pd.Series]:
    """How many products on sale are within a tolerance; none where there is no valid test."""
    told = {}
    for line in LINES:
        risks = shelf[shelf.line_code == line].risk_level
        within = [int((risks <= mine).sum()) if pd.notna(mine) else 0 for mine in tolerance]
        told[f"prod_shelf_{line}_cnt"] = pd.Series(within, index=customers, dtype="Int64")
    everything = int(shelf.line_code.isin(LINES).sum())
    return told | {"prod_shelf_ratio": divided(sum(told.values()), everything, 4)}
