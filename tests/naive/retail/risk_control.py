"""Risk: controls on accounts (restricted), the block that tells no reason, and public court lists."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import per_customer
from tests.naive.retail._assets import summed

KINDS = {"freeze": "freeze", "stop_pay": "stop_pay", "no_pay": "no_receive_no_pay", "non_counter": "non_counter"}


def tags(bank: Bank) -> pd.DataFrame:
    """risk_ctrl_…, risk_block_reason_code, risk_is_marketing_blocked, risk_is_enforced"""
    customers = bank.customers("retail")
    controls = bank.dwd("account_control").query("from_date <= @bank.day").assign(one=1)
    live = controls[controls.to_date.isna() | (controls.to_date > bank.day)]
    found = {f"risk_ctrl_{by}_cnt": summed(live[live.by_code == by], "one", bank) for by in ("court", "police", "aml", "bank")}
    found |= {f"risk_ctrl_{name}_cnt": summed(live[live.ctrl_kind == kind], "one", bank) for name, kind in KINDS.items()}
    found["risk_ctrl_acct_cnt"] = per_customer(live, "acct_no", "nunique", customers).fillna(0)
    found["risk_ctrl_frozen_amt"] = summed(live[live.ctrl_kind == "freeze"], "amt", bank)
    found["risk_ctrl_first_date"] = per_customer(live, "from_date", "min", customers)

    # What the bank does for the customer's own sake, a lost card or a wish, is no reason.
    blocking = live[live.by_code.isin(["court", "police", "aml"]) | live.ctrl_kind.isin(["freeze", "no_receive_no_pay"])]
    reasons = blocking.groupby("customer_id")["by_code"].agg(lambda codes: "+".join(sorted(set(codes))))
    found["risk_block_reason_code"] = reasons.reindex(customers)
    found["risk_is_marketing_blocked"] = found["risk_block_reason_code"].notna()

    cases = bank.dwd("court_case").query("filed_date <= @bank.day and role_code == 'defendant'")
    cases = cases[cases.kind_code.isin(["enforce", "dishonest", "limit_consume"])]
    still_open = cases[cases.closed_date.isna() | (cases.closed_date > bank.day)]
    found["risk_is_enforced"] = pd.Series(customers.isin(still_open.customer_id), index=customers)
    return pd.DataFrame(found, index=customers)
