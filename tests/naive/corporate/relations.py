"""Who stands behind a company: ties in force of persons and companies, and the group it belongs to."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate._shared import companies, latest
from tests.naive.fold import per_customer
from tests.naive.retail import value_tier
from tests.naive.tally import code_of, days, different, has, in_force, number

LINES = ["wm", "fund", "pm", "tb", "trust"]


def tags(bank: Bank) -> pd.DataFrame:
    """Ties to the company, ties from it, its group, its legal representative and, of a sole trader, its operator."""
    persons = [_person(bank, "legal_rep", "rep"), _person(bank, "operator", "owner")]
    return pd.concat([_ties(bank), _group(bank), *persons], axis=1)


def _to_company(bank: Bank, kind: str) -> pd.DataFrame:
    """Ties of a kind in force that lead to a company; customer_id is the company."""
    ties = in_force(bank.dwd("relation"), bank.day)
    return ties[ties.rel_code == kind].rename(columns={"to_customer_id": "customer_id"})


def _from_company(bank: Bank, kind: str) -> pd.DataFrame:
    """Ties of a kind in force that start from a company; customer_id is the company."""
    ties = in_force(bank.dwd("relation"), bank.day)
    return ties[ties.rel_code == kind].rename(columns={"from_customer_id": "customer_id"})


def _ties(bank: Bank) -> pd.DataFrame:
    customers = bank.customers("corporate")
    holders, owners, guarantors = (_to_company(bank, kind) for kind in ["shareholder", "ubo", "guarantor"])
    top = per_customer(holders, "share_ratio", "max", customers)
    ties = in_force(bank.dwd("relation"), bank.day)
    ends = ["customer_id", "other", "other_entity"]
    forth = ties[["from_customer_id", "to_customer_id", "to_entity"]].set_axis(ends, axis=1)
    back = ties[["to_customer_id", "from_customer_id", "from_entity"]].set_axis(ends, axis=1)
    either = pd.concat([forth, back])
    return pd.DataFrame({
        "corp_shareholder_cnt": number(holders, customers),
        "corp_shareholder_person_cnt": number(holders[holders.from_entity == "retail"], customers),
        "corp_shareholder_firm_cnt": number(holders[holders.from_entity == "corporate"], customers),
        "corp_shareholder_top_ratio": top,
        "corp_is_single_owner": top == 10_000,
        "corp_ubo_cnt": number(owners, customers),
        "corp_ubo_customer_cnt": number(owners[owners.from_entity == "retail"], customers),
        "corp_has_controller": has(_to_company(bank, "controller"), customers),
        "corp_guarantor_cnt": number(guarantors, customers),
        "corp_guarantor_person_cnt": number(guarantors[guarantors.from_entity == "retail"], customers),
        "corp_guarantee_cnt": different(_from_company(bank, "guarantor"), "to_customer_id", customers),
        "corp_invest_cnt": different(_from_company(bank, "shareholder"), "to_customer_id", customers),
        "corp_linked_retail_cnt": different(either[either.other_entity == "retail"], "other", customers),
        "corp_linked_corporate_cnt": different(either[either.other_entity == "corporate"], "other", customers),
    })


def _group(bank: Bank) -> pd.DataFrame:
    customers, group = bank.customers("corporate"), companies(bank).group_id
    heads = _from_company(bank, "group").customer_id
    head_of = {group.get(head): head for head in heads}
    head = group.map(head_of, na_action="ignore")
    role = pd.Series("none", index=customers).mask(group.notna(), "member").mask(customers.isin(heads), "head")
    return pd.DataFrame({
        "group_id": group,
        "group_is_member": group.notna().astype("boolean"),
        "group_member_cnt": group.map(group.value_counts(), na_action="ignore").astype("Int64"),
        "group_head_customer_id": head,
        "group_role_code": role,
    })


def _person(bank: Bank, kind: str, family: str) -> pd.DataFrame:
    """The person of the latest tie of a kind, if a retail customer; rep_… and owner_…"""
    customers = bank.customers("corporate")
    last = latest(_to_company(bank, kind), ["from_date"], customers)
    person = last.from_customer_id.where(last.from_entity == "retail")
    since = bank.dwd("party").set_index("customer_id").open_date
    money, loans = _money(bank), _loans(bank)
    wealth = person.map(lambda who: money.get(who, 0), na_action="ignore")
    found = pd.DataFrame({
        f"{family}_customer_id": person,
        f"{family}_is_customer": person.notna().astype("boolean"),
        f"{family}_tenure_days": days(person.map(since), bank.day),
        f"{family}_aum_band_code": code_of(bank, "dep_band", wealth, unit=100),
        f"{family}_tier_code": person.map(value_tier.tags(bank).tier_code, na_action="ignore"),
        f"{family}_has_loan": person.map(lambda who: loans.get(who, 0) > 0, na_action="ignore").astype("boolean"),
    })
    if family == "rep":
        found["rep_date"] = last.from_date
        found["rep_corp_cnt"] = person.map(person.value_counts(), na_action="ignore").astype("Int64")
    return found


def _money(bank: Bank) -> pd.Series:
    """Deposits, investments and money in transit of each person at the business date."""
    day, held, orders = bank.day, bank.dwd("holding"), bank.dwd("order")
    balance = bank.dwd("account_balance_daily")
    deposit = balance[(balance.bal_date == day) & (balance["prod"] != "margin")].rename(columns={"bal": "amt"})
    invested = held[(held.hold_date == day) & held.line_code.isin(LINES)].rename(columns={"market_amt": "amt"})
    paid = orders[orders.order_type.isin(["sub", "sip"]) & (orders.settle_date <= day) & ~(orders.confirm_date <= day)]
    sold = orders[(orders.order_type == "red") & (orders.confirm_date <= day) & ~(orders.settle_date <= day)]
    parts = pd.concat([part[["customer_id", "amt"]] for part in [deposit, invested, paid, sold]])
    return parts.groupby("customer_id").amt.sum()


def _loans(bank: Bank) -> pd.Series:
    rows = bank.dwd("loan_note")
    return rows[rows.bal_date == bank.day].groupby("customer_id").principal_amt.sum()
