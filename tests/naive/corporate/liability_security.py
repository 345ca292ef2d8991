"""Corporate, liability: collateral and guarantees for the company's own contracts, and guarantees that it gives."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate import _credit as credit
from tests.naive.fold import DAY, divided
from tests.naive.tally import days, different, first, last, number, total

COLLATERAL = ["house", "machinery", "receivable"]


def tags(bank: Bank) -> pd.DataFrame:
    customers = bank.customers("corporate")
    found = collateral(bank, customers) | guaranteed(bank, customers) | given(bank, customers)
    return pd.DataFrame(found, index=customers)


def collateral(bank: Bank, customers: pd.Index) -> dict[str, pd.Series]:
    """Collateral of own contracts, and how far it covers the notes."""
    day, notes, every = bank.day, credit.notes_at(bank, bank.day), credit.securities(bank)
    things = every[every.kind_code.isin(COLLATERAL)]
    principal = total(notes, "principal_amt", customers)
    covered = notes[notes.contract_no.isin(things.contract_no)]
    covering = things[things.contract_no.isin(notes.contract_no)]
    bare = notes[~notes.contract_no.isin(every.contract_no)]
    stale = things[days(things.appraise_date, day) > int(bank.parameter("appraise_stale_days"))]
    found = {
        "crd_coll_cnt": number(things, customers),
        "crd_coll_value_amt": total(things, "value_amt", customers),
        "crd_coll_secured_amt": total(things, "amt", customers),
        "crd_ltv_ratio": divided(
            total(covered, "principal_amt", customers), total(covering, "value_amt", customers), 4
        ),
        "crd_coll_cover_ratio": divided(total(covering, "value_amt", customers), principal, 4),
        "crd_coll_age_days": days(first(things, "appraise_date", customers), day),
        "crd_coll_appraise_date": last(things, "appraise_date", customers),
        "crd_coll_stale_cnt": number(stale, customers),
        "crd_coll_expire_amt_next90d": total(things[things.to_date <= day + 90 * DAY], "value_amt", customers),
        "crd_bare_bal": total(bare, "principal_amt", customers),
        "crd_bare_ratio": divided(total(bare, "principal_amt", customers), principal, 4),
    }
    for kind in COLLATERAL:
        found[f"crd_coll_{kind}_amt"] = total(things[things.kind_code == kind], "value_amt", customers)
    return found


def guaranteed(bank: Bank, customers: pd.Index) -> dict[str, pd.Series]:
    """Guarantees of companies and of persons for own contracts."""
    every = credit.securities(bank)
    companies, persons = every[every.kind_code == "guarantee"], every[every.kind_code == "person"]
    return {
        "crd_guar_recv_cnt": number(companies, customers),
        "crd_guar_recv_amt": total(companies, "amt", customers),
        "crd_guarantor_cnt": different(companies[companies.provider_entity == "corporate"], "provider", customers),
        "crd_guar_person_cnt": different(persons[persons.provider_entity == "retail"], "provider", customers),
        "crd_guar_person_amt": total(persons, "amt", customers),
    }


def given(bank: Bank, customers: pd.Index) -> dict[str, pd.Series]:
    """Guarantees that the company gives for other companies; here the customer is who gives them."""
    every = credit.securities(bank).rename(columns={"customer_id": "debtor", "provider": "customer_id"})
    of_companies = (every.kind_code == "guarantee") & (every.provider_entity == "corporate")
    given = every[of_companies & (every.debtor != every.customer_id)]
    notes = credit.notes_at(bank, bank.day)
    late = given[given.debtor.isin(notes[notes.dpd > 0].customer_id)]
    pairs = set(zip(given.customer_id, given.debtor, strict=True))
    mutual = given[[(debtor, giver) in pairs for giver, debtor in zip(given.customer_id, given.debtor, strict=True)]]
    by_debtor = given.groupby(["customer_id", "debtor"])["amt"].sum().groupby("customer_id").max()
    capital = bank.dwd("company").set_index("customer_id")["reg_capital"].reindex(customers)
    amount = total(given, "amt", customers)
    return {
        "crd_guar_given_cnt": number(given, customers),
        "crd_guar_given_amt": amount,
        "crd_guar_given_max_amt": by_debtor.reindex(customers).fillna(0),
        "crd_guar_debtor_cnt": different(given, "debtor", customers),
        "crd_guar_mutual_cnt": different(mutual, "debtor", customers),
        "crd_guar_given_late_amt": total(late, "amt", customers),
        "crd_guar_late_debtor_cnt": different(late, "debtor", customers),
        "crd_guar_given_ratio": divided(amount, capital, 4),
    }
