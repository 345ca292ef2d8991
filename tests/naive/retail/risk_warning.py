"""Risk: warnings, which look at other tags, and how many there are of a customer."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, divided, lower_median
from tests.naive.retail import _assets as assets
from tests.naive.retail import risk_arrears, risk_exposure, risk_suitability
from tests.naive.retail._pay import of_months, stop_days
from tests.naive.retail.risk_suitability import card_use, flag
from tests.naive.tally import code_of

PHONE_CHANGE_DAYS = 90
# GB 11643: weights of the 17 digits, and the check digit of each remainder.
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"


def tags(bank: Bank) -> pd.DataFrame:
    """risk_is_… of warnings, risk_warning_cnt and risk_warning_code, and the ratios that warnings look at"""
    arrears, exposure, suited = (module.tags(bank) for module in (risk_arrears, risk_exposure, risk_suitability))
    owed, due = exposure.risk_exposure_amt, arrears.risk_due_amt_next30d
    aum = assets.balance(assets.totals(bank), bank.day, bank)
    before = assets.balance(assets.totals(bank), bank.day - 30 * DAY, bank)
    demand = assets.balance(assets.totals(bank, ("demand",)), bank.day, bank)
    found = {
        "risk_debt_aum_ratio": divided(owed, aum, 4),
        "risk_aum_chg_ratio_30d": divided(aum - before, before, 4),
        "risk_cc_util_chg_90d": card_use(bank, bank.day) - suited.risk_cc_util_before_ratio,
        "risk_debt_income_ratio": divided(due, of_months(bank, lower_median, 3), 4),
        "risk_due_gap_amt_next30d": (due - demand).clip(lower=0),
    }

    def reaches(values: pd.Series, parameter: str, decimals: int = 0) -> pd.Series:
        return (values >= round(float(bank.parameter(parameter)) * 10**decimals)).fillna(False)

    contacts = reaches(suited.risk_unreachable_cnt_90d, "contact_lost_warn_cnt") & (suited.risk_reached_cnt_90d == 0)
    mobile = bank.dwd("contact").query("contact_kind == 'mobile'").groupby("customer_id")["update_date"].max()
    new_phone = mobile[mobile > bank.day - PHONE_CHANGE_DAYS * DAY].reset_index()
    warnings = {
        "risk_is_pay_stopped": reaches(stop_days(bank), "pay_stop_warn_days"),
        "risk_is_employer_stopped": reaches(suited.risk_employer_idle_days, "employer_stop_days"),
        "risk_is_debt_income_high": reaches(found["risk_debt_income_ratio"], "debt_income_warn_ratio", 4),
        "risk_is_due_short": found["risk_due_gap_amt_next30d"] > 0,
        "risk_is_aum_drop": (owed > 0) & reaches(-found["risk_aum_chg_ratio_30d"], "aum_drop_warn_ratio", 4),
        "risk_is_util_jump": reaches(found["risk_cc_util_chg_90d"], "util_jump_warn_ratio", 4),
        "risk_is_multi_debt": reaches(exposure.risk_debt_kind_cnt, "multi_debt_warn_cnt"),
        "risk_is_new_debt": reaches(exposure.risk_new_contract_cnt_90d, "new_debt_warn_cnt"),
        "risk_is_guar_debtor_overdue": exposure.risk_guar_debtor_dpd_max > 0,
        "risk_is_contact_lost": contacts,
        "risk_is_id_inconsistent": flag(_inconsistent(bank), bank),
        "risk_is_debtor_phone_chg": (owed > 0) & flag(new_phone, bank),
        "risk_is_class_fall": exposure.risk_class_down_cnt_l12m > 0,
    }
    signals = pd.DataFrame(warnings | {"past_due": arrears.risk_is_overdue}).astype(int).sum(axis=1)
    found |= warnings
    found["risk_warning_cnt"] = signals
    found["risk_warning_code"] = code_of(bank, "risk_warning", signals)
    return pd.DataFrame(found, index=bank.customers("retail"))


def _inconsistent(bank: Bank) -> pd.DataFrame:
    """Persons whose document contradicts itself, the record, or another person; what is not known contradicts nothing."""
    persons = bank.dwd("party").query("entity == 'retail' and status_code not in ['merged', 'erased']")
    number = persons.id_no.str.strip().str.upper()
    long = persons.id_type.isin(["resident", "permit_hmt"]) & number.str.fullmatch("[0-9]{17}[0-9X]").eq(True)
    short = (persons.id_type == "resident") & number.str.fullmatch("[0-9]{15}").eq(True)
    wrong = number.where(long).map(_is_wrong, na_action="ignore").eq(True)
    born = pd.to_datetime(number.str[6:14].where(long, "19" + number.str[6:12]).where(long | short), format="%Y%m%d", errors="coerce")
    wrong |= born.notna() & persons.birth_date.notna() & (born != persons.birth_date)
    place = pd.to_numeric(number.str[16].where(long, number.str[14]).where(long | short))
    wrong |= place.notna() & persons.gender_code.notna() & (place.mod(2).map({1: "M", 0: "F"}) != persons.gender_code)
    names = persons.groupby([persons.id_type, number])["name_key"].transform("nunique")
    return persons[wrong | (names > 1)]


def _is_wrong(number: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(number, WEIGHTS, strict=False))
    return number[17] != CHECK_DIGITS[total % 11]
