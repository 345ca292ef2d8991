"""Controls on the accounts of companies, for the restricted file, and the block that the mart shows without its reason."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate._shared import deposits, of_companies
from tests.naive.fold import per_customer
from tests.naive.tally import different, in_force, number, total

KINDS = {"freeze": "freeze", "stop_pay": "stop_pay", "no_pay": "no_receive_no_pay"}
ORDERERS = ["court", "police", "aml", "bank"]


def tags(bank: Bank) -> pd.DataFrame:
    """Controls in force by who ordered them and by kind; which of them keep the customer out of marketing."""
    customers = bank.customers("corporate")
    held = in_force(of_companies(bank, "account_control"), bank.day)
    found = pd.DataFrame(index=customers)
    for orderer in ORDERERS:
        found[f"risk_ctrl_{orderer}_cnt"] = number(held[held.by_code == orderer], customers)
    for word, kind in KINDS.items():
        found[f"risk_ctrl_{word}_cnt"] = number(held[held.ctrl_kind == kind], customers)
    blocking = held[held.by_code.isin(["court", "police", "aml"]) | held.ctrl_kind.isin(["freeze", "no_receive_no_pay"])]
    reasons = blocking.groupby("customer_id").by_code.agg(lambda codes: "+".join(sorted(set(codes)))).reindex(customers)
    balance = deposits(bank)
    today = balance[(balance.bal_date == bank.day) & (balance["prod"] != "margin")]
    found["risk_ctrl_acct_cnt"] = different(held, "acct_no", customers)
    found["risk_ctrl_frozen_amt"] = total(held[held.ctrl_kind == "freeze"], "amt", customers)
    found["risk_ctrl_first_date"] = per_customer(held, "from_date", "min", customers)
    found["risk_dep_frozen_amt"] = total(today, "frozen_amt", customers)
    found["risk_block_reason_code"] = reasons
    # The sentence of this one says no more on purpose: it is the opaque side of the reason above.
    found["risk_is_marketing_blocked"] = reasons.notna().astype("boolean")
    return found
