"""Risk: what is owed and how it is classed and secured, and what the customer stands for."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import divided, inside, per_customer
from tests.naive.retail._assets import summed
from tests.naive.retail._risk import LOANS, note_owner, open_cards, open_notes, retail_notes

NON_PERFORMING = 3
THINGS = ["house", "machinery", "receivable"]


def tags(bank: Bank) -> pd.DataFrame:
    """risk_exposure_amt and its shares, …class…, risk_collateral_…, risk_guar_…, risk_new_contract_…"""
    found = _owed(bank) | _classes(bank) | _collateral(bank) | _guarantees(bank)
    return pd.DataFrame(found, index=bank.customers("retail"))


def _owed(bank: Bank) -> dict[str, pd.Series]:
    notes, cards = open_notes(bank), open_cards(bank, bank.day)
    contracts = bank.dwd("loan_contract")

    def owed(some_notes: pd.DataFrame, some_cards: pd.DataFrame) -> pd.Series:
        return summed(some_notes, "principal_amt", bank) + summed(some_cards, "bal", bank)

    on_credit = contracts[contracts.guar_mode == "credit"].contract_no
    exposure = owed(notes, cards)
    bad = owed(notes[notes.class_code >= NON_PERFORMING], cards[cards.class_code >= NON_PERFORMING])
    unsecured = owed(notes[notes.contract_no.isin(on_credit)], cards)
    kinds = [summed(notes[notes.kind_code == kind], "principal_amt", bank) for kind in LOANS] + [summed(cards, "bal", bank)]
    found = {
        "risk_exposure_amt": exposure,
        "risk_npl_amt": bad,
        "risk_npl_ratio": divided(bad, exposure, 4),
        "risk_unsecured_amt": unsecured,
        "risk_unsecured_ratio": divided(unsecured, exposure, 4),
        "risk_debt_kind_cnt": sum((amount > 0).astype(int) for amount in kinds),
        "risk_extended_note_cnt": summed(notes[notes.ext_cnt > 0].assign(one=1), "one", bank),
    }
    for name in ("90d", "365d"):
        new = inside(contracts, "from_date", name, bank.day).assign(one=1)
        found[f"risk_new_contract_cnt_{name}"] = summed(new, "one", bank)
    return found


def _classes(bank: Bank) -> dict[str, pd.Series]:
    customers, notes = bank.customers("retail"), open_notes(bank)
    loan = per_customer(notes, "class_code", "max", customers).fillna(0)
    card = per_customer(open_cards(bank, bank.day), "class_code", "max", customers).fillna(0)
    worst = loan.where(loan >= card, card)
    classes = bank.dwd("loan_class").query("class_date <= @bank.day")
    classes = classes.assign(customer_id=classes.note_no.map(note_owner(bank)), one=1).dropna(subset=["customer_id"])
    year = inside(classes, "class_date", "l12m", bank.day)
    changed = classes[classes.class_code != classes.prev_class]
    return {
        "loan_class_worst_code": loan,
        "cc_class_worst_code": card,
        "risk_class_worst_code": worst,
        "risk_is_npl": worst >= NON_PERFORMING,
        "risk_is_mention": worst == NON_PERFORMING - 1,
        "risk_class_worst_code_l12m": per_customer(year, "class_code", "max", customers).fillna(0),
        "risk_class_down_cnt_l12m": summed(year[year.class_code > year.prev_class], "one", bank),
        "risk_class_up_cnt_l12m": summed(year[year.class_code < year.prev_class], "one", bank),
        "risk_class_chg_date": per_customer(changed, "class_date", "max", customers),
        "risk_is_restructured": _any(notes[notes.is_restructured.fillna(False).astype(bool)], bank),
        "risk_is_written_off": _any(retail_notes(bank).query("write_off_date <= @bank.day"), bank),
    }


def _any(rows: pd.DataFrame, bank: Bank) -> pd.Series:
    customers = bank.customers("retail")
    return pd.Series(customers.isin(rows.customer_id), index=customers)


def _in_force(bank: Bank) -> pd.DataFrame:
    """Collateral and guarantees in force, with who owes the contract that they secure."""
    secured = bank.dwd("collateral").query("status_code == 'live' and from_date <= @bank.day and to_date >= @bank.day")
    debtor = bank.dwd("loan_contract").set_index("contract_no")["customer_id"]
    return secured.assign(debtor=secured.contract_no.map(debtor))


def _collateral(bank: Bank) -> dict[str, pd.Series]:
    notes = open_notes(bank)[["customer_id", "contract_no", "principal_amt"]]
    things = _in_force(bank).query("kind_code in @THINGS and contract_no in @notes.contract_no")
    owner = notes.drop_duplicates("contract_no").set_index("contract_no")["customer_id"]
    things = things.assign(customer_id=things.contract_no.map(owner))
    houses = things[things.kind_code == "house"]

    def principal(secured: pd.DataFrame) -> pd.Series:
        return summed(notes[notes.contract_no.isin(secured.contract_no)], "principal_amt", bank)

    value = summed(things, "value_amt", bank)
    has_any = _any(things, bank)
    oldest = per_customer(things, "appraise_date", "min", bank.customers("retail"))
    return {
        "risk_collateral_amt": value,
        "risk_collateral_ratio": divided(value, principal(things), 4).where(has_any),
        "risk_ltv_ratio": divided(principal(houses), summed(houses, "value_amt", bank), 4),
        "risk_appraise_days": (bank.day - oldest).dt.days,
    }


def _guarantees(bank: Bank) -> dict[str, pd.Series]:
    customers = bank.customers("retail")
    for_others = _in_force(bank).assign(one=1).query("customer_id != debtor")
    given = for_others[for_others.debtor.notna()]
    received = for_others.assign(customer_id=for_others.debtor)
    notes = bank.dwd("loan_note").query("bal_date == @bank.day")
    dpd = given.merge(notes[["contract_no", "dpd"]], on="contract_no")
    return {
        "risk_guar_given_cnt": summed(given, "one", bank),
        "risk_guar_given_amt": summed(given, "amt", bank),
        "risk_guar_debtor_cnt": per_customer(given, "debtor", "nunique", customers).fillna(0),
        "risk_guar_debtor_dpd_max": per_customer(dpd, "dpd", "max", customers).fillna(0),
        "risk_guar_received_cnt": summed(received, "one", bank),
    }
