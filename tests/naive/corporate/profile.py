"""Who a company is, by the customer file: type, size, age, industry, region, its organisations and its manager."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate._shared import companies, latest
from tests.naive.fold import DAY
from tests.naive.tally import code_of, days, full_years, in_force

FLAGS = ["agri", "bulk_trade", "contact_service", "digital", "green", "hightech_mfg", "overcapacity", "real_estate"]

# Two letters or digits, six digits of the region, ten more letters or digits: GB 32100.
USCC = r"[0-9A-Z]{2}([0-9]{6})[0-9A-Z]{10}"


def tags(bank: Bank) -> pd.DataFrame:
    """What the customer file and the assignment of managers say of the company itself."""
    file = companies(bank)
    return pd.concat([_company(bank, file), _industry(bank, file), _relationship(bank, file), _manager(bank)], axis=1)


def _company(bank: Bank, file: pd.DataFrame) -> pd.DataFrame:
    years = full_years(file.found_date, bank.day)
    region = file.uscc.str.extract(f"^{USCC}$", expand=False)
    branch_region = file.mng_org.map(bank.dwd("branch").set_index("org_id").region_code)
    known = file.corp_type_code.notna() & file.size_code.notna()
    return pd.DataFrame({
        "corp_type_code": file.corp_type_code,
        "corp_size_code": file.size_code,
        "corp_is_sole": (file.corp_type_code == "sole").astype("boolean").mask(file.corp_type_code.isna()),
        "corp_is_small_micro": (file.corp_type_code.isin(["enterprise", "sole"]) & file.size_code.isin(["small", "micro"]))
        .astype("boolean").mask(~known),
        "corp_found_date": file.found_date,
        "corp_age_days": days(file.found_date, bank.day),
        "corp_age_years": years,
        "corp_age_band_code": code_of(bank, "corp_age_band", years),
        "corp_capital_amt": file.reg_capital,
        "corp_capital_band_code": code_of(bank, "corp_capital_band", file.reg_capital, unit=100),
        "corp_staff_cnt": file.staff_cnt,
        "corp_staff_band_code": code_of(bank, "corp_staff_band", file.staff_cnt),
        "corp_region_code": region,
        "corp_province_code": region.str[:2] + "0000",
        "corp_city_code": region.str[:4] + "00",
        "corp_is_local": (region.str[:4] == branch_region.str[:4]).astype("boolean")
        .mask(region.isna() | branch_region.isna()),
        "prof_mng_region_code": branch_region,
    })


def _industry(bank: Bank, file: pd.DataFrame) -> pd.DataFrame:
    code = file.industry_code
    found = pd.DataFrame({
        "corp_industry_code": code,
        "corp_section_code": code.str[:1],
        "corp_division_code": code.str[1:3],
        "corp_is_manufacturing": (code.str[:1] == "C").astype("boolean").mask(code.isna()),
    })
    prefixes = bank.seed("industry_flag")
    for flag in FLAGS:
        beginnings = tuple(prefixes[prefixes.flag_code == flag].industry_prefix)
        found[f"corp_is_{flag}"] = code.str.startswith(beginnings).astype("boolean").mask(code.isna())
    return found


def _relationship(bank: Bank, file: pd.DataFrame) -> pd.DataFrame:
    tenure = days(file.open_date, bank.day)
    moved = (file.mng_org != file.open_org).astype("boolean").mask(file.mng_org.isna() | file.open_org.isna())
    return pd.DataFrame({
        "prof_status_code": file.status_code,
        "prof_open_date": file.open_date,
        "prof_open_org": file.open_org,
        "prof_mng_org": file.mng_org,
        "prof_is_org_moved": moved,
        "prof_tenure_days": tenure,
        "prof_tenure_band_code": code_of(bank, "tenure", tenure),
        "prof_kyc_date": file.kyc_next_date,
        "prof_kyc_due_days": (file.kyc_next_date - bank.day).dt.days.astype("Int64"),
        "prof_is_kyc_due_90d": (file.kyc_next_date <= bank.day + 90 * DAY).astype("boolean").mask(file.kyc_next_date.isna()),
    })


def _manager(bank: Bank) -> pd.DataFrame:
    assigned = bank.dwd("manager_assignment")
    main = in_force(assigned[assigned.role_code == "main"], bank.day)
    last = latest(main, ["from_date"], bank.customers("corporate"))
    return pd.DataFrame({
        "prof_has_manager": last.manager_id.notna().astype("boolean"),
        "prof_manager_id": last.manager_id,
        "prof_manager_days": days(last.from_date, bank.day),
    })
