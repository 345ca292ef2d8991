"""The nine product lines: which a person holds, since when, and which are missing beside those held."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import divided, inside
from tests.naive.retail import product_readiness
from tests.naive.retail._debts import cards, contracts, notes, open_cards
from tests.naive.retail.product_accounts import accounts
from tests.naive.retail.product_agreements import signed
from tests.naive.retail.product_cards import active_cards
from tests.naive.retail.product_holdings import LINES, held, products_held
from tests.naive.retail.product_insurance import policies
from tests.naive.tally import days, different, first, has, number

INVESTED, OWED = [*LINES, "ins"], ["loan", "cc"]


def tags(bank: Bank) -> pd.DataFrame:
    lines = _held(bank)
    since = _since(bank)
    return pd.DataFrame(_depth(lines) | _history(lines, since, bank) | _loans(bank) | _gaps(lines, bank) | _items(bank))


def _held(bank: Bank) -> pd.DataFrame:
    """Customer and line: whether the line is held at the business date."""
    customers, own, all_policies = bank.customers("retail"), accounts(bank), policies(bank)
    now = held(bank).query("hold_date == @bank.day")
    owed = notes(bank)
    told = {
        "dep": has(own[own.is_open], customers),
        "ins": has(all_policies[all_policies.is_live], customers),
        "loan": has(owed[owed.principal_amt > 0], customers),
        "cc": has(open_cards(bank), customers),
    }
    return pd.DataFrame(told | {line: has(now[now.line_code == line], customers) for line in LINES})


def _since(bank: Bank) -> pd.DataFrame:
    """Customer and line: the first date of the line, held or not."""
    customers, day, ever, products = bank.customers("retail"), bank.day, policies(bank), products_held(bank)
    told = {
        "dep": first(accounts(bank), "open_date", customers),
        "ins": first(ever[ever.effect_date <= day], "effect_date", customers),
        "loan": first(contracts(bank), "from_date", customers),
        "cc": first(cards(bank), "open_date", customers),
    }
    return pd.DataFrame(told | {line: first(products[products.line_code == line], "since", customers) for line in LINES})


def _depth(lines: pd.DataFrame) -> dict[str, pd.Series]:
    depth = lines.sum(axis=1).astype("Int64")
    basic = lines[["dep", "wm", "fund", "loan", "cc"]].sum(axis=1).astype("Int64")
    owed = lines[OWED].sum(axis=1).astype("Int64")
    return {
        "prod_depth_cnt": depth,
        "prod_breadth_ratio": divided(depth, 9, 4),
        "prod_line_cnt": basic,
        "prod_invest_line_cnt": lines[INVESTED].sum(axis=1).astype("Int64"),
        "prod_debt_line_cnt": owed,
        "prod_is_single_line": depth == 1,
        "prod_is_dep_only": lines.dep & (depth == 1),
        "prod_is_debt_only": (owed > 0) & (depth == owed),
    }


def _history(lines: pd.DataFrame, since: pd.DataFrame, bank: Bank) -> dict[str, pd.Series]:
    customers, day = bank.customers("retail"), bank.day
    # A row is a customer and a line with a first date, in the order of the codes.
    begun = since.melt(var_name="line", value_name="date", ignore_index=False).dropna().reset_index().sort_values("line")
    held_now = lines.melt(var_name="line", value_name="is_held", ignore_index=False).reset_index()
    begun = begun.merge(held_now, on=["customer_id", "line"])
    oldest, newest = (
        begun.sort_values("date", ascending=is_first, kind="stable")
        .drop_duplicates("customer_id")
        .set_index("customer_id")
        .reindex(customers)
        for is_first in (True, False)
    )
    return {
        "prod_first_line_code": oldest.line,
        "prod_first_line_date": oldest.date,
        "prod_last_line_code": newest.line,
        "prod_last_line_date": newest.date,
        "prod_last_line_days": days(newest.date, day),
        "prod_line_cnt_ltd": number(begun, customers),
        "prod_new_line_cnt_365d": number(inside(begun, "date", "365d", day), customers),
        "prod_lapsed_line_cnt": number(begun[~begun.is_held], customers),
    }


def _items(bank: Bank) -> dict[str, pd.Series]:
    customers, own, owed, all_policies = bank.customers("retail"), accounts(bank), notes(bank), policies(bank)
    now = held(bank).query("hold_date == @bank.day")
    single = [own[own.is_open], active_cards(bank), open_cards(bank), owed[owed.principal_amt > 0]]
    items = sum(number(rows, customers) for rows in [*single, all_policies[all_policies.is_live]])
    return {"prod_item_cnt": items + different(now, "prod_id", customers)}


def _loans(bank: Bank) -> dict[str, pd.Series]:
    customers, owed = bank.customers("retail"), notes(bank)
    owed = owed[owed.principal_amt > 0]
    kinds = {f"prod_has_{kind}_loan": has(owed[owed.kind_code == kind], customers) for kind in ("mtg", "cons", "biz")}
    return {"prod_has_loan": has(owed, customers)} | kinds


def _gaps(lines: pd.DataFrame, bank: Bank) -> dict[str, pd.Series]:
    """What a person lacks beside what is there."""
    customers, live, all_policies = bank.customers("retail"), signed(bank).query("is_live"), policies(bank)
    has_signed = {kind: has(live[live.agr_type == kind], customers) for kind in ("payroll", "etc", "mbank", "pension")}
    protected = has(all_policies[all_policies.is_live & (all_policies.kind_code == "protect")], customers)
    loans, ready = _loans(bank), product_readiness.tags(bank)["prod_ready_wm_code"] == 0
    return {
        "prod_gap_pay_cc": has_signed["payroll"] & ~lines.cc,
        "prod_gap_etc_cc": has_signed["etc"] & ~lines.cc,
        "prod_gap_mtg_protect": loans["prod_has_mtg_loan"] & ~protected,
        "prod_gap_wm_fund": lines.wm & ~lines.fund,
        "prod_gap_ready_wm": ready & ~lines.wm,
        "prod_gap_acct_mbank": lines.dep & ~has_signed["mbank"],
        "prod_gap_biz_loan": _owns_business(bank) & ~loans["prod_has_biz_loan"],
        "prod_gap_pay_pension": has_signed["payroll"] & ~has_signed["pension"],
    }


def _owns_business(bank: Bank) -> pd.Series:
    """Whether a person leads a company that is a customer, or signed a merchant contract that is in force."""
    customers, day, ties = bank.customers("retail"), bank.day, bank.dwd("relation")
    ties = ties[ties.to_customer_id.notna() & ~(ties.from_date > day) & ~(ties.to_date <= day)]
    enough = int(float(bank.parameter("controller_share")) * 10_000)
    controls = (ties.rel_code == "controller") & (ties.share_ratio >= enough)
    leads = ties[ties.rel_code.isin(["legal_rep", "operator"]) | controls]
    merchants = bank.dwd("merchant")
    signers = merchants[merchants.status_code == "normal"].owner_customer_id
    return pd.Series(customers.isin([*leads.from_customer_id, *signers]), index=customers, dtype="boolean")
