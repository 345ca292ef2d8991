"""Loans at the business date: principal, overdue, maturities, rates, and the contracts they stand under."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import divided, inside
from tests.naive.retail._debts import KINDS, contracts, in_force, notes
from tests.naive.tally import days, first, last, number, total

GUARANTEES = ("mortgage", "guarantee", "credit")


def tags(bank: Bank) -> pd.DataFrame:
    customers, day = bank.customers("retail"), bank.day
    owed = notes(bank)
    live, made, valid = owed[owed.principal_amt > 0], contracts(bank), in_force(bank)
    late = owed[owed.dpd > 0]
    to_come = live[live.due_date > day]
    told = {
        "loan_bal": total(owed, "principal_amt", customers),
        "loan_overdue_amt": total(owed, "overdue_amt", customers),
        "loan_mtg_overdue_amt": total(owed[owed.kind_code == "mtg"], "overdue_amt", customers),
        "loan_note_cnt": number(live, customers),
        "loan_overdue_note_cnt": number(late, customers),
        "loan_next_due_days": days(day, first(to_come, "due_date", customers)),
        "loan_last_due_date": last(live, "due_date", customers),
        "loan_rate": weighted(live, customers),
        "loan_rate_max": last(owed, "rate", customers),
        "loan_contract_cnt": number(valid, customers),
        "loan_contract_cnt_ltd": number(made, customers),
        "loan_contract_amt": total(valid, "contract_amt", customers),
        "loan_contract_max_amt_ltd": last(made, "contract_amt", customers),
        "loan_first_date": first(made, "from_date", customers),
        "loan_last_date": last(made, "from_date", customers),
        "loan_lpr_contract_amt": total(valid[valid.rate_type == "lpr"], "contract_amt", customers),
    }
    told["loan_contract_max_amt_ltd"] = told["loan_contract_max_amt_ltd"].fillna(0)
    told["loan_drawn_ratio"] = divided(told["loan_bal"], told["loan_contract_amt"], 4)
    told["loan_lpr_ratio"] = divided(told["loan_lpr_contract_amt"], told["loan_contract_amt"], 4)
    for ahead in ("next30d", "next90d"):
        told[f"loan_final_due_amt_{ahead}"] = total(inside(owed, "due_date", ahead, day), "principal_amt", customers)
    for ahead in ("next30d", "next60d"):
        due = inside(owed[owed.kind_code == "biz"], "due_date", ahead, day)
        told[f"loan_biz_due_amt_{ahead}"] = total(due, "principal_amt", customers)
    for guarantee in GUARANTEES:
        told[f"loan_guar_{guarantee}_amt"] = total(valid[valid.guar_mode == guarantee], "contract_amt", customers)
    for kind in KINDS:
        told |= _of_kind(kind, bank, told["loan_bal"])
    repricing = valid[(valid.kind_code == "mtg") & (valid.next_reprice_date > day)]
    told["loan_mtg_reprice_days"] = days(day, first(repricing, "next_reprice_date", customers))
    told["loan_mtg_spread_bp"] = spread(live[live.kind_code == "mtg"], Fraction(bank.parameter("mtg_new_rate")), customers)
    return pd.DataFrame(told)


def _of_kind(kind: str, bank: Bank, loans: pd.Series) -> dict[str, pd.Series]:
    customers = bank.customers("retail")
    owed, made, valid = (rows[rows.kind_code == kind] for rows in (notes(bank), contracts(bank), in_force(bank)))
    live = owed[owed.principal_amt > 0]
    balance = total(owed, "principal_amt", customers)
    # A contract with several notes stands once below the line.
    drawn = made[made.contract_no.isin(live.contract_no)]
    granted, owing = total(drawn, "contract_amt", customers), total(live, "principal_amt", customers)
    return {
        f"loan_{kind}_bal": balance,
        f"loan_{kind}_note_cnt": number(live, customers),
        f"loan_{kind}_rate": weighted(live, customers),
        f"loan_{kind}_left_days": days(bank.day, last(live, "due_date", customers)),
        f"loan_{kind}_contract_amt": total(valid, "contract_amt", customers),
        f"loan_{kind}_first_date": first(made, "from_date", customers),
        f"loan_{kind}_paid_ratio": divided(granted - owing, granted, 4),
        f"loan_{kind}_amt_ratio": divided(balance, loans, 4),
    }


def weighted(rows: pd.DataFrame, customers: pd.Index) -> pd.Series:
    """The yearly rate (ten-thousandths of a percent) of notes, weighted by their principal."""
    return divided(_interest(rows, customers), total(rows, "principal_amt", customers))


def spread(rows: pd.DataFrame, market: Fraction, customers: pd.Index) -> pd.Series:
    """Ten-thousandths of a basis point between the weighted rate of notes and a rate of the market (per cent)."""
    principal = total(rows, "principal_amt", customers)
    # In ten-thousandths of a percent, as the rates of the notes are, of all their principal.
    above = _interest(rows, customers) - principal * int(market * 10_000)
    return divided(above * 100, principal)


def _interest(rows: pd.DataFrame, customers: pd.Index) -> pd.Series:
    return total(rows.assign(interest=rows.rate * rows.principal_amt), "interest", customers)
