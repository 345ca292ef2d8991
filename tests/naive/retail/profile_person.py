"""Profile: what the customer file says of the person, since when one is a customer, and of which organisations."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside, window
from tests.naive.retail._person import days_since, flag, known, persons
from tests.naive.tally import code_of, full_years


def tags(bank: Bank) -> pd.DataFrame:
    person, day = persons(bank), bank.day
    age = full_years(person.birth_date, day)
    found = {
        "prof_status_code": person.status_code,
        "prof_age": age,
        "prof_age_band_code": code_of(bank, "age_band", age),
        "prof_gender_code": person.gender_code,
        "prof_edu_code": person.edu_code,
        "prof_occup_code": person.occup_code,
        "prof_marital_code": person.marital_code,
        "prof_income_band_code": person.income_band,
        "prof_has_employer": person.employer_name.notna().astype("boolean"),
        "prof_is_minor": age < 18,
        "prof_is_elder_care": age >= int(bank.parameter("elder_care_age")),
        "prof_is_deceased": ((person.status_code == "deceased") | person.death_date.notna()).astype("boolean"),
        "prof_is_staff": person.is_staff,
        "prof_is_student": known(person.occup_code == "student", person.occup_code),
        "prof_is_retired": known(person.occup_code == "retired", person.occup_code),
        "prof_is_civil": known(person.occup_code == "civil", person.occup_code),
        "prof_is_biz_declared": known(person.occup_code == "owner", person.occup_code),
        "prof_is_married": known(person.marital_code == "married", person.marital_code),
        "prof_is_college": known(person.edu_code.isin(["10", "20"]), person.edu_code),
        "prof_life_stage_code": _life_stage(bank, person, age),
    }
    return pd.DataFrame(found | _pension(bank, person) | _since(person, day) | _organisations(bank, person))


def _life_stage(bank: Bank, person: pd.DataFrame, age: pd.Series) -> pd.Series:
    """The first of the stages that holds, written last."""
    young = (age < int(bank.parameter("life_young_age"))).fillna(False)
    senior = (age < int(bank.parameter("life_senior_age"))).fillna(False)
    stage = pd.Series("senior", index=age.index, dtype="object").mask(age.isna())
    stage[senior] = "prime"
    stage[young] = "young"
    stage[young & (person.marital_code == "married")] = "young_family"
    stage[(person.occup_code == "retired") | (age >= int(bank.parameter("elder_care_age"))).fillna(False)] = "elder"
    stage[person.occup_code == "student"] = "student"
    stage[(age < 18).fillna(False)] = "minor"
    return stage


def _pension(bank: Bank, person: pd.DataFrame) -> dict[str, pd.Series]:
    """Who gets a pension through the bank."""
    paid = bank.dwd("pay_detail").query("pay_type == 'pension' and result_code == 'ok'")
    pensioner = flag(person.index, inside(paid, "pay_date", f"{bank.parameter('pay_source_days')}d", bank.day).customer_id)
    return {"prof_is_pensioner": pensioner, "prof_is_retired_inferred": pensioner | (person.occup_code == "retired")}


def _since(person: pd.DataFrame, day: pd.Timestamp) -> dict[str, pd.Series]:
    opened = person.open_date
    return {
        "prof_open_date": opened,
        "prof_open_year": opened.dt.year.astype("Int64"),
        "prof_tenure_days": days_since(opened, day),
        "prof_tenure_years": full_years(opened, day),
        "prof_is_anniversary_month": known((opened.dt.month == day.month) & (opened.dt.year < day.year), opened),
        "prof_is_new_lm": known(opened.between(*window("lm", day)), opened),
        "prof_is_new_ytd": known(opened.dt.year == day.year, opened),
    }


def _organisations(bank: Bank, person: pd.DataFrame) -> dict[str, pd.Series]:
    branch = bank.dwd("branch").set_index("org_id")
    tier1 = {org: _tier1(branch, org) for org in branch.index}
    opened, managed = person.open_org, person.mng_org
    opened_tier1, managed_tier1 = opened.map(tier1), managed.map(tier1)
    return {
        "prof_open_org": opened,
        "prof_mng_org": managed,
        "prof_open_level_code": opened.map(branch.level_code),
        "prof_mng_level_code": managed.map(branch.level_code),
        "prof_open_city_code": opened.map(branch.region_code).str[:4] + "00",
        "prof_mng_city_code": managed.map(branch.region_code).str[:4] + "00",
        "prof_mng_tier1_org": managed_tier1,
        "prof_is_org_moved": known(opened != managed, opened, managed),
        "prof_is_tier1_moved": known(opened_tier1 != managed_tier1, opened_tier1, managed_tier1),
    }


def _tier1(branch: pd.DataFrame, org: str) -> str | None:
    """The tier-1 branch that an organisation is, or that is at most three levels above it."""
    for _ in range(4):
        if org not in branch.index:
            return None
        if branch.level_code[org] == "tier1":
            return org
        org = branch.parent_id[org]
    return None
