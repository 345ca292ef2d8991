"""Risk: holdings that do not suit who holds them, documents that do not hold, people who are not reached."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, divided, inside, per_customer
from tests.naive.retail._assets import summed
from tests.naive.retail._pay import last_wages, wages
from tests.naive.retail._risk import open_cards
from tests.naive.retail.asset_holding import by_product, held

REACHED = ["reached", "interested", "applied", "refused"]
NO_MATCH = ["mismatch", "not_found"]


def tags(bank: Bank) -> pd.DataFrame:
    """risk_high_risk_…, risk_over_tolerance_…, risk_untested_…, risk_loss_…, risk_hold_…, risk_idcheck_… and the like"""
    found = _suited(bank) | _held(bank) | _documents(bank) | _contacts(bank)
    found["risk_cc_util_before_ratio"] = card_use(bank, bank.day - 90 * DAY)
    last = last_wages(bank)
    paid = last.payer_id.map(wages(bank).groupby("payer_id")["pay_date"].max())
    found["risk_employer_idle_days"] = (bank.day - paid).dt.days.reindex(bank.customers("retail"))
    return pd.DataFrame(found, index=bank.customers("retail"))


def card_use(bank: Bank, day: pd.Timestamp) -> pd.Series:
    """What is owed on the cards that are not closed at the end of a day, as a share of their limits."""
    cards = open_cards(bank, day)
    return divided(summed(cards, "bal", bank), summed(cards, "limit_amt", bank), 4)


def flag(rows: pd.DataFrame, bank: Bank) -> pd.Series:
    """Whether a customer is among the rows."""
    customers = bank.customers("retail")
    return pd.Series(customers.isin(rows.customer_id), index=customers)


def _suited(bank: Bank) -> dict[str, pd.Series]:
    customers, rows = bank.customers("retail"), held(bank)
    party = bank.dwd("party").set_index("customer_id")
    # Who was born on 29 February is a year older on 1 March.
    age = bank.day.year - party.birth_date.dt.year
    birthday_is_ahead = (party.birth_date.dt.month * 100 + party.birth_date.dt.day) > bank.day.month * 100 + bank.day.day
    elders = party.index[(age - birthday_is_ahead.astype(int)) >= int(bank.parameter("elder_care_age"))]
    risky = rows[rows.risk_level >= int(bank.parameter("high_risk_level"))]
    of_elders = risky[risky.customer_id.isin(elders)]

    tests = bank.dwd("risk_test").query("test_date <= @bank.day and not is_revoked")
    tests = tests.sort_values(["test_date", "result_level"], ascending=[True, False]).groupby("customer_id").last()
    above = rows[rows.risk_level > rows.customer_id.map(tests.result_level).astype("Int64")]
    oldest = bank.day - int(bank.parameter("risk_test_valid_days")) * DAY
    untested = rows[~rows.customer_id.isin(tests.index[tests.test_date >= oldest])]
    total = summed(rows, "market_amt", bank)
    return {
        "risk_high_risk_amt": summed(risky, "market_amt", bank),
        "risk_high_risk_prod_cnt": per_customer(risky, "prod_id", "nunique", customers).fillna(0),
        "risk_elder_high_risk_amt": summed(of_elders, "market_amt", bank),
        "risk_is_elder_high_risk": flag(of_elders, bank),
        "risk_over_tolerance_cnt": per_customer(above, "prod_id", "nunique", customers).fillna(0),
        "risk_over_tolerance_ratio": divided(summed(above, "market_amt", bank), total, 4),
        "risk_is_over_tolerance": flag(above, bank),
        "risk_untested_hold_amt": summed(untested, "market_amt", bank),
        "risk_is_untested_hold": flag(untested, bank),
    }


def _held(bank: Bank) -> dict[str, pd.Series]:
    products = by_product(held(bank))
    products = products.assign(square=products.market_amt * products.market_amt, loss=-products.gain)
    lost = products[products.loss > 0]
    total, customers = summed(products, "market_amt", bank), bank.customers("retail")
    return {
        "risk_loss_amt": summed(lost, "loss", bank),
        "risk_loss_prod_cnt": per_customer(lost, "prod_id", "count", customers).fillna(0),
        "risk_hold_top_ratio": divided(per_customer(products, "market_amt", "max", customers), total, 4),
        "risk_hold_hhi_ratio": divided(summed(products, "square", bank), total * total, 4),
    }


def _documents(bank: Bank) -> dict[str, pd.Series]:
    checks = bank.dwd("identity_check").query("check_date <= @bank.day").assign(one=1).sort_values(["check_time", "check_no"])
    latest = checks.drop_duplicates("customer_id", keep="last")
    accounts = bank.dwd("account").query("entity == 'retail' and open_date <= @bank.day")
    accounts = accounts[accounts.close_date.isna() | (accounts.close_date > bank.day)]
    expired = bank.dwd("party").query("id_expiry_date < @bank.day")
    has_money = pd.concat([accounts.customer_id, held(bank).customer_id])
    return {
        "risk_idcheck_bad_cnt_365d": summed(
            inside(checks[checks.result_code.isin(NO_MATCH)], "check_date", "365d", bank.day), "one", bank
        ),
        "risk_is_idcheck_failed": flag(latest[latest.result_code.isin(NO_MATCH)], bank),
        "risk_is_doc_expired_hold": flag(expired[expired.customer_id.isin(has_money)], bank),
    }


def _contacts(bank: Bank) -> dict[str, pd.Series]:
    contacts = bank.dwd("marketing_contact").query("entity == 'retail' and log_status != 'void'").assign(one=1)
    recent = inside(contacts, "contact_date", "90d", bank.day)
    return {
        "risk_reached_cnt_90d": summed(recent[recent.result_code.isin(REACHED)], "one", bank),
        "risk_unreachable_cnt_90d": summed(recent[recent.result_code == "unreachable"], "one", bank),
    }
