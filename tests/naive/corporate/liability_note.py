"""Corporate, liability: the notes on the books, their contracts, rates, terms and arrears."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate import _credit as credit
from tests.naive.fold import divided, per_customer
from tests.naive.tally import days, different, first, highest, last, number, total

# Days to the end of a note, both in.
REMAIN = {"past": (-99999, 0), "short": (1, 90), "mid": (91, 365), "long": (366, 1095), "vlong": (1096, 99999)}
MODES = {"credit": "credit", "guar": "guarantee", "mortgage": "mortgage", "pledge": "pledge"}


def tags(bank: Bank) -> pd.DataFrame:
    customers = bank.customers("corporate")
    notes, agreed = credit.notes_at(bank, bank.day), credit.contracts(bank)
    conditions_of = agreed[["contract_no", "guar_mode", "rate_type", "next_reprice_date"]]
    notes = notes.merge(conditions_of, on="contract_no", how="left")
    found = stock(notes, customers) | terms(notes, bank.day, customers) | conditions(notes, bank.day, customers)
    found |= records(bank, agreed, customers) | inclusive(bank, notes, agreed, customers)
    return pd.DataFrame(found, index=customers)


def stock(notes: pd.DataFrame, customers: pd.Index) -> dict[str, pd.Series]:
    """Numbers, kinds, arrears and rates of the notes at the day."""
    owing, extended, marked = notes[notes.principal_amt > 0], notes[notes.ext_cnt > 0], notes[notes.is_inclusive]
    principal = total(notes, "principal_amt", customers)
    found = {
        "loan_note_cnt": number(owing, customers),
        "loan_max_note_amt": highest(notes, "principal_amt", customers),
        "loan_kind_cnt": different(owing, "kind_code", customers),
        "loan_overdue_amt": total(notes, "overdue_amt", customers),
        "loan_overdue_int_amt": total(notes, "overdue_int_amt", customers),
        "loan_overdue_note_cnt": number(notes[notes.dpd > 0], customers),
        "loan_overdue_ratio": divided(total(notes, "overdue_amt", customers), principal, 4),
        "loan_ext_note_cnt": number(extended, customers),
        "loan_ext_bal": total(extended, "principal_amt", customers),
        "loan_rate": weighted(notes, "rate", customers),
        "loan_rate_max": per_customer(notes, "rate", "max", customers),
        "loan_rate_min": per_customer(notes, "rate", "min", customers),
        "loan_incl_bal": total(marked, "principal_amt", customers),
        "loan_incl_ratio": divided(total(marked, "principal_amt", customers), principal, 4),
    }
    for kind in ["wcap", "fixed", "trade"]:
        found[f"loan_{kind}_rate"] = weighted(notes[notes.kind_code == kind], "rate", customers)
    return found


def weighted(notes: pd.DataFrame, column: str, customers: pd.Index, digits: int = 0) -> pd.Series:
    """A column of notes, each weighted by its principal."""
    weighed = notes.assign(weight=notes[column] * notes.principal_amt)
    return divided(total(weighed, "weight", customers), total(notes, "principal_amt", customers), digits)


def terms(notes: pd.DataFrame, day: pd.Timestamp, customers: pd.Index) -> dict[str, pd.Series]:
    """How long the notes still run."""
    left = notes.assign(left=days(day, notes.due_date))
    found = {"loan_remain_days": weighted(left.assign(left=left.left.clip(lower=0)), "left", customers, 4)}
    for name, (least, most) in REMAIN.items():
        found[f"loan_remain_{name}_bal"] = total(left[left.left.between(least, most)], "principal_amt", customers)
    return found


def conditions(notes: pd.DataFrame, day: pd.Timestamp, customers: pd.Index) -> dict[str, pd.Series]:
    """Guarantee modes and kinds of rate of the contracts under the notes."""
    found = {}
    for name, mode in MODES.items():
        found[f"loan_{name}_bal"] = total(notes[notes.guar_mode == mode], "principal_amt", customers)
    by_mode = notes.groupby(["customer_id", "guar_mode"], as_index=False)["principal_amt"].sum()
    most = by_mode[by_mode.principal_amt > 0].sort_values(["principal_amt", "guar_mode"], ascending=[False, True])
    reprice = first(notes[notes.next_reprice_date > day], "next_reprice_date", customers)
    return found | {
        "loan_main_mode_code": per_customer(most, "guar_mode", "first", customers),
        "loan_lpr_bal": total(notes[notes.rate_type == "lpr"], "principal_amt", customers),
        "loan_reprice_date": reprice,
        "loan_reprice_days": days(day, reprice),
    }


def records(bank: Bank, agreed: pd.DataFrame, customers: pd.Index) -> dict[str, pd.Series]:
    """Contracts in force, and what is on record of contracts and notes."""
    every, valid = credit.notes_on_record(bank), contracts_in_force(bank, agreed)
    return {
        "loan_contract_cnt": number(valid, customers),
        "loan_contract_amt": total(valid, "contract_amt", customers),
        "loan_contract_cnt_ltd": number(agreed, customers),
        "loan_note_cnt_ltd": number(every, customers),
        "loan_first_date": first(every, "start_date", customers),
        "loan_last_date": last(every, "start_date", customers),
        "loan_is_first": per_customer(every, "is_first", "any", customers),
    }


def contracts_in_force(bank: Bank, agreed: pd.DataFrame) -> pd.DataFrame:
    """Contracts with start ≤ D < end."""
    return agreed[(agreed.from_date <= bank.day) & (agreed.to_date > bank.day)]


def inclusive(bank: Bank, notes: pd.DataFrame, agreed: pd.DataFrame, customers: pd.Index) -> dict[str, pd.Series]:
    """Whether a borrower is small enough, by two rulers."""
    company = bank.dwd("company").set_index("customer_id").reindex(customers)
    small = company.size_code.isin(["small", "micro"]) | (company.corp_type_code == "sole")
    limits = per_customer(credit.single(credit.limits_now(bank)), "amt", "sum", customers)
    granted = limits.fillna(total(contracts_in_force(bank, agreed), "contract_amt", customers))
    owes = total(notes, "principal_amt", customers) > 0
    found = {}
    for name in ["nfra", "pboc"]:
        most = int(bank.parameter(f"incl_limit_{name}")) * 100
        found[f"loan_is_incl_{name}"] = (small & (granted <= most)).astype("boolean").where(owes)
    return found
