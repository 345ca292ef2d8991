"""What the business register says of a company: its latest entry, and what changed from entry to entry."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate._shared import companies, latest
from tests.naive.fold import divided, inside
from tests.naive.tally import days, has, number

SEPARATORS = r"[\s\u3000\u00a0·•‧・．.]"


def tags(bank: Bank) -> pd.DataFrame:
    """The latest entry of the register, and the changes that led to it; the first entry is no change."""
    entries = bank.dwd("company_registry").sort_values(["customer_id", "change_date"])
    entries = entries[entries.change_date <= bank.day]
    earlier = entries.groupby("customer_id").shift()
    entries = entries.assign(
        is_first=~entries.customer_id.duplicated(),
        was_abnormal=earlier.is_abnormal.fillna(False),
        capital_before=earlier.capital_amt,
        legal_rep_before=earlier.legal_rep_key,
    )
    return pd.concat([_now(bank, entries), _changes(bank, entries)], axis=1)


def _now(bank: Bank, entries: pd.DataFrame) -> pd.DataFrame:
    customers, file = bank.customers("corporate"), companies(bank)
    last = latest(entries, ["change_date"], customers)
    is_abnormal = last.is_abnormal.fillna(False)
    since = last.abnormal_date.where(is_abnormal)
    filed = file.legal_rep_name.str.replace(SEPARATORS, "", regex=True).str.normalize("NFKC").str.upper()
    return pd.DataFrame({
        "reg_has_entry": has(entries, customers),
        "reg_entry_date": last.change_date,
        "reg_status_code": last.status_code,
        "reg_is_ended": last.status_code.isin(["revoked", "cancelled"]).astype("boolean"),
        "reg_capital_amt": last.capital_amt,
        "reg_is_capital_same": last.capital_amt == file.reg_capital,
        "reg_is_legalrep_same": (last.legal_rep_key == filed).astype("boolean")
        .mask(last.legal_rep_key.isna() | filed.isna()),
        "reg_shareholder_cnt": last.shareholder_cnt,
        "reg_pledge_ratio": last.pledge_ratio,
        "reg_has_pledge": (last.pledge_ratio > 0).fillna(False),
        "reg_is_abnormal": is_abnormal,
        "reg_abnormal_date": since,
        "reg_abnormal_days": days(since, bank.day),
    })


def _changes(bank: Bank, entries: pd.DataFrame) -> pd.DataFrame:
    customers = bank.customers("corporate")
    later = entries[~entries.is_first]
    capital = later[_differs(later.capital_amt, later.capital_before)]
    legal_rep = later[_differs(later.legal_rep_key, later.legal_rep_before)]
    put_on = entries[entries.is_abnormal & ~entries.was_abnormal]
    taken_off = entries[~entries.is_abnormal & entries.was_abnormal]
    year = inside(later, "change_date", "365d", bank.day)
    step = divided(year.capital_amt - year.capital_before, year.capital_before, 4)
    legal_rep_date = _last_day(legal_rep, customers)
    return pd.DataFrame({
        "reg_chg_cnt_ltd": number(later, customers),
        "reg_chg_cnt_365d": number(year, customers),
        "reg_chg_date": _last_day(later, customers),
        "reg_capital_chg_date": _last_day(capital, customers),
        "reg_capital_chg_ratio_365d": year.assign(step=step).groupby("customer_id").step.min().reindex(customers),
        "reg_legalrep_chg_cnt_ltd": number(legal_rep, customers),
        "reg_legalrep_chg_date": legal_rep_date,
        "reg_legalrep_chg_days": days(legal_rep_date, bank.day),
        "reg_abnormal_cnt_ltd": number(put_on, customers),
        "reg_abnormal_end_date": _last_day(taken_off, customers),
    })


def _differs(one: pd.Series, other: pd.Series) -> pd.Series:
    """True where both are known and not the same."""
    return (one != other).fillna(False) & one.notna() & other.notna()


def _last_day(entries: pd.DataFrame, customers: pd.Index) -> pd.Series:
    return entries.groupby("customer_id").change_date.max().reindex(customers)
