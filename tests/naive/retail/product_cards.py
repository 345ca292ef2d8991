"""Debit cards, and how many credit cards and instalment plans a person has."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside
from tests.naive.retail._debts import cards, open_cards
from tests.naive.retail.product_accounts import accounts
from tests.naive.tally import days, first, has, last, number, total

LEVELS = ["junior", "std", "gold", "platinum"]


def active_cards(bank: Bank) -> pd.DataFrame:
    """The debit cards that can be used at the business date."""
    rows = bank.dwd("card_debit")
    return rows[(rows.status_code == "active") & (rows.open_date <= bank.day)]


def tags(bank: Bank) -> pd.DataFrame:
    return pd.DataFrame(_debit(bank) | _renewal(bank) | _credit(bank) | _instalments(bank))


def _debit(bank: Bank) -> dict[str, pd.Series]:
    customers, day, ever = bank.customers("retail"), bank.day, bank.dwd("card_debit")
    ever, active = ever[ever.open_date <= day], active_cards(bank)
    level = last(active.assign(level=active.level_code.map(LEVELS.index)), "level", customers)
    premium = active[active.level_code.isin(["gold", "platinum"])]
    owners = active.acct_no.map(accounts(bank).set_index("acct_no").customer_id)
    opened, newest = first(ever, "open_date", customers), last(ever, "open_date", customers)
    own = accounts(bank)
    main = own[own.is_open & (own.class_code == "1") & (own.kind_code == "demand")]
    return {
        "card_debit_cnt": number(active, customers),
        "card_debit_lost_cnt": number(ever[ever.status_code == "lost"], customers),
        "card_has_premium": has(premium, customers),
        "card_level_max_code": level.map(dict(enumerate(LEVELS))),
        "card_std_cnt": number(active[active.level_code == "std"], customers),
        "card_premium_cnt": number(premium, customers),
        "card_junior_cnt": number(active[active.level_code == "junior"], customers),
        "card_debit_cnt_ltd": number(ever, customers),
        "card_debit_opened_cnt_365d": number(inside(ever, "open_date", "365d", day), customers),
        "card_debit_first_date": opened,
        "card_debit_first_days": days(opened, day),
        "card_debit_last_date": newest,
        "card_debit_last_days": days(newest, day),
        "card_other_acct_cnt": number(active[owners != active.customer_id], customers),
        "acct_nocard_cnt": number(main[~main.acct_no.isin(active.acct_no)], customers),
    }


def _renewal(bank: Bank) -> dict[str, pd.Series]:
    customers, month = bank.customers("retail"), bank.day.to_period("M")
    active = active_cards(bank)
    active = active[active.renew_due_month.notna()]
    ahead = pd.PeriodIndex(active.renew_due_month, freq="M").astype("int64") - month.ordinal
    active = active.assign(ahead=ahead)
    to_come = active[active.ahead >= 0]
    return {
        "card_renew_month": first(to_come, "renew_due_month", customers),
        "card_renew_months": first(to_come, "ahead", customers),
        "card_renew_cnt_next3m": number(active[active.ahead.between(0, 2)], customers),
        "card_renew_overdue_cnt": number(active[active.ahead < 0], customers),
    }


def _credit(bank: Bank) -> dict[str, pd.Series]:
    customers, ever, live = bank.customers("retail"), cards(bank), open_cards(bank)
    inactive, active = ever[ever.status_code == "inactive"], ever[ever.status_code == "active"]
    return {
        "prod_has_cc": has(live, customers),
        "cc_has_autopay": has(live[live.is_autopay], customers),
        "cc_inactive_cnt": number(inactive, customers),
        "cc_is_all_inactive": has(inactive, customers) & ~has(active, customers),
        "cc_has_temp_limit": has(live[live.temp_limit_amt > 0], customers),
        "cc_last_date": last(ever, "open_date", customers),
        "cc_opened_cnt_365d": number(inside(ever, "open_date", "365d", bank.day), customers),
    }


def _instalments(bank: Bank) -> dict[str, pd.Series]:
    customers, ever = bank.customers("retail"), bank.dwd("card_instalment")
    ever = ever[ever.start_date <= bank.day]
    live = ever[ever.status_code == "live"]
    return {
        "cc_instal_plan_cnt": number(live, customers),
        "cc_instal_cnt_ltd": number(ever, customers),
        "cc_instal_new_cnt_365d": number(inside(ever, "start_date", "365d", bank.day), customers),
        "cc_instal_first_date": first(ever, "start_date", customers),
        "cc_instal_last_date": last(ever, "start_date", customers),
        "cc_instal_left_term_cnt": total(live.assign(left=live.terms - live.billed_terms), "left", customers),
    }
