"""Services that the owner of a merchant signed, and what to offer next."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.merchant import owner_asset, owner_debt, profile, rhythm, settlement, terminal
from tests.naive.merchant._rows import of_owner

SERVICES = ("mbank", "ebank", "sms", "payroll", "autopay", "pos", "fx", "wm")


def tags(bank: Bank) -> pd.DataFrame:
    """owner_has_… and prod_…"""
    agreed = bank.dwd("agreement")
    live = agreed[(agreed.status_code == "live") & (agreed.from_date <= bank.day)]
    live = live[live.to_date.isna() | (live.to_date > bank.day)]
    signed = {kind: of_owner(bank, rows.groupby("customer_id").size()) > 0 for kind, rows in live.groupby("agr_type")}
    owned = profile.tags(bank).mer_owner_customer_id.notna()
    never = pd.Series(False, index=owned.index)
    found = {f"owner_has_{kind}": signed.get(kind, never).where(owned) for kind in SERVICES}
    found["owner_has_echannel"] = found["owner_has_mbank"] | found["owner_has_ebank"]
    found["owner_agr_cnt"] = of_owner(bank, live.groupby("customer_id").agr_type.nunique())
    found["owner_agr_last_date"] = of_owner(bank, live.groupby("customer_id").from_date.max(), None)
    return pd.DataFrame(found | _offers(bank, found, owned), index=owned.index)


def _offers(bank: Bank, services: dict[str, pd.Series], owned: pd.Series) -> dict[str, pd.Series]:
    asset, debt, contract = owner_asset.tags(bank), owner_debt.tags(bank), settlement.tags(bank)
    has = [
        asset.owner_dep_bal > 0, asset.owner_inv_bal > 0, debt.owner_loan_bal > 0, debt.owner_cc_cnt > 0,
        services["owner_has_payroll"], services["owner_has_echannel"], contract.mer_settle_is_own,
    ]  # fmt: skip
    is_company = profile.tags(bank).mer_owner_entity_code == "corporate"
    steady = rhythm.tags(bank).mer_stable_months_l12m >= 10
    missing = [
        ~contract.mer_settle_is_own,
        ~services["owner_has_echannel"].astype("boolean"),
        ~terminal.tags(bank).prod_has_qr,
        is_company & ~services["owner_has_payroll"].astype("boolean"),
        steady & (debt.owner_loan_biz_bal == 0),
        asset.owner_inv_bal == 0,
    ]
    following = pd.Series(0, index=owned.index)
    # From the last to the first: the first that holds wins.
    for number, holds in reversed(list(enumerate(missing, start=1))):
        following = following.mask(holds.fillna(False), number)
    return {
        "prod_cross_cnt": sum(one.fillna(False).astype(int) for one in has).where(owned),
        "prod_next_code": following.where(owned),
    }
