"""Who the owner of a merchant is, and the other merchants of the same owner."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.merchant._rows import all_of_owner, merchants, net_sales_of, of_owner


def tags(bank: Bank) -> pd.DataFrame:
    """owner_… of persons, companies and shops."""
    return pd.DataFrame(_who(bank) | _shops(bank), index=bank.customers("merchant"))


def _who(bank: Bank) -> dict[str, pd.Series]:
    day = bank.day
    party = bank.dwd("party").set_index("customer_id")
    person, company = party[party.entity == "retail"], bank.dwd("company").set_index("customer_id")
    # Who has not had the birthday of this year yet is a year younger.
    waits = (person.birth_date.dt.month * 100 + person.birth_date.dt.day) > day.month * 100 + day.day
    age = day.year - person.birth_date.dt.year - waits
    served = bank.dwd("manager_assignment")
    in_force = (served.from_date <= day) & (served.to_date.isna() | (served.to_date > day)) & (served.role_code == "main")
    managed = pd.Series(True, index=served[in_force].customer_id.unique(), dtype="boolean")
    return {
        "owner_status_code": of_owner(bank, party.status_code, None),
        "owner_tenure_days": of_owner(bank, (day - party.open_date).dt.days, None),
        "owner_age": of_owner(bank, age, None),
        "owner_gender_code": of_owner(bank, person.gender_code, None),
        "owner_is_staff": of_owner(bank, person.is_staff, None),
        "owner_corp_type_code": of_owner(bank, company.corp_type_code, None),
        "owner_size_code": of_owner(bank, company.size_code, None),
        "owner_industry_code": of_owner(bank, company.industry_code, None),
        "owner_staff_cnt": of_owner(bank, company.staff_cnt, None),
        "owner_corp_age_days": of_owner(bank, (day - company.found_date).dt.days, None),
        "owner_has_manager": of_owner(bank, managed, False),
    }


def _shops(bank: Bank) -> dict[str, pd.Series]:
    shop, sold = merchants(bank), net_sales_of(bank, "30d")
    count, all_sold = all_of_owner(bank, shop.start_date, "size"), all_of_owner(bank, sold)
    return {
        "owner_mer_cnt": count,
        "owner_mer_other_cnt": count - 1,
        "owner_mer_open_cnt": all_of_owner(bank, (shop.status_code == "normal").astype("Int64")),
        "owner_mcc_class_cnt": all_of_owner(bank, shop.class_code, "nunique"),
        "owner_region_cnt": all_of_owner(bank, shop.region_code, "nunique"),
        "owner_mer_first_date": all_of_owner(bank, shop.start_date, "min"),
        "owner_mer_active_cnt_30d": all_of_owner(bank, (sold > 0).astype("Int64")),
        "owner_mer_amt_sum_30d": all_sold,
        "owner_mer_other_amt_sum_30d": (all_sold - sold).where(all_sold.notna()),
    }
