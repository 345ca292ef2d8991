"""Profile: the identity document, the date of birth, what is missing in the file, enquiries at the register of documents."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside, per_customer
from tests.naive.retail._person import counted, days_since, known, persons
from tests.naive.tally import full_years

# GB 11643: the last place of an 18-place number.
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"
FACTS = ["id_no", "birth_date", "gender_code", "nation_code", "edu_code", "occup_code", "marital_code", "income_band"]


def tags(bank: Bank) -> pd.DataFrame:
    person = persons(bank)
    left = -days_since(person.id_expiry_date, bank.day)
    missing = person[FACTS].isna().sum(axis=1).astype("Int64")
    nation = person.nation_code
    found = {
        "prof_id_type_code": person.id_type,
        "prof_has_id_no": person.id_no.notna().astype("boolean"),
        "prof_is_id_valid": (person.id_no.notna() & ~(left < 0).fillna(False)).astype("boolean"),
        "prof_is_id_expiry_known": left.notna().astype("boolean"),
        "prof_id_expiry_days": left,
        "prof_is_id_expired": left < 0,
        "prof_is_id_expiring_30d": known(left.between(0, 30), left),
        "prof_is_id_expiring_90d": known(left.between(0, 90), left),
        "prof_id_expired_days": (-left).where(left < 0),
        "prof_is_permit_hmt": known(person.id_type == "permit_hmt", person.id_type),
        "prof_is_foreign": known(person.id_type.isin(["passport", "foreign_pr"]), person.id_type),
        "prof_nation_band_code": (nation == "01").map({True: "han", False: "minority"}).mask(nation.isna()),
        "prof_missing_field_cnt": missing,
        "prof_is_file_complete": missing == 0,
    }
    return pd.DataFrame(found | _number(person) | _shared(person) | _birthday(person, bank.day) | _enquiries(bank))


def _number(person: pd.DataFrame) -> dict[str, pd.Series]:
    """Tags of the digits of a resident's or a residence permit's number."""
    number = person.id_no.str.strip().str.upper()
    long = person.id_type.isin(["resident", "permit_hmt"]) & number.str.fullmatch("[0-9]{17}[0-9X]").eq(True)
    short = (person.id_type == "resident") & number.str.fullmatch("[0-9]{15}").eq(True)
    number = number.where(long | short)
    digits = number.str.len().astype("Int64")
    born = pd.to_datetime(number.str[6:14].where(long, "19" + number.str[6:12]), format="%Y%m%d", errors="coerce")
    place = number.str[16].where(long, number.str[14])
    gender = pd.to_numeric(place).mod(2).map({1: "M", 0: "F"})
    return {
        "prof_id_digit_cnt": digits,
        "prof_is_id_15digit": short.astype("boolean"),
        "prof_is_id_checkdigit_right": number.where(long).map(_is_checked, na_action="ignore").astype("boolean"),
        "prof_is_id_birth_same": known(born == person.birth_date, born, person.birth_date),
        "prof_is_id_gender_same": known(gender == person.gender_code, gender, person.gender_code),
        "prof_id_province_code": number.str[:2] + "0000",
        "prof_id_city_code": number.str[:4] + "00",
    }


def _is_checked(number: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(number, WEIGHTS, strict=False))
    return number[17] == CHECK_DIGITS[total % 11]


def _shared(person: pd.DataFrame) -> dict[str, pd.Series]:
    """Other customers with the same document."""
    document = person.id_type + " " + person.id_no.str.strip().str.upper()
    heads = document.map(document.value_counts())
    names = document.map(person.groupby(document).name_key.nunique())
    return {
        "prof_id_share_cnt": (heads - 1).fillna(0).astype("Int64"),
        "prof_is_id_name_conflict": (names > 1).astype("boolean"),
    }


def _birthday(person: pd.DataFrame, day: pd.Timestamp) -> dict[str, pd.Series]:
    born = person.birth_date
    age = full_years(born, day)
    this, following, adult = _in_year(born, day.year), _in_year(born, day.year + 1), _in_year(born, born.dt.year + 18)
    return {
        "prof_is_birth_known": born.notna().astype("boolean"),
        "prof_birth_decade": (born.dt.year // 10 * 10).astype("Int64"),
        "prof_birth_month": born.dt.month.astype("Int64"),
        "prof_is_birth_month": known(born.dt.month == day.month, born),
        "prof_birthday_days": -days_since(this.where(this >= day, following), day),
        "prof_adult_days": (-days_since(adult, day)).where((age < 18).fillna(False)),
    }


def _in_year(born: pd.Series, year: int | pd.Series) -> pd.Series:
    """The birthday in a year; that of 29 February is 1 March in common years."""
    first = pd.to_datetime({"year": year + 0 * born.dt.year, "month": born.dt.month, "day": 1})
    return first + pd.to_timedelta(born.dt.day - 1, unit="D")


def _enquiries(bank: Bank) -> dict[str, pd.Series]:
    """Enquiries at the register up to the day."""
    customers, day = bank.customers("retail"), bank.day
    check = bank.dwd("identity_check")
    check = check[check.customer_id.isin(customers) & (check.check_date <= day)].sort_values(["check_time", "check_no"])
    last = check.drop_duplicates("customer_id", keep="last").set_index("customer_id").reindex(customers)
    return {
        "prof_idcheck_cnt_ltd": counted(check, customers),
        "prof_idcheck_cnt_365d": counted(inside(check, "check_date", "365d", day), customers),
        "prof_idcheck_bad_cnt_ltd": counted(check[check.result_code.isin(["mismatch", "not_found"])], customers),
        "prof_idcheck_first_date": per_customer(check, "check_date", "min", customers),
        "prof_idcheck_last_date": per_customer(check, "check_date", "max", customers),
        "prof_idcheck_match_date": per_customer(check[check.result_code == "match"], "check_date", "max", customers),
        "prof_idcheck_days": days_since(per_customer(check, "check_date", "max", customers), day),
        "prof_idcheck_last_code": last.result_code,
        "prof_idcheck_last_by_code": last.by_code,
    }
