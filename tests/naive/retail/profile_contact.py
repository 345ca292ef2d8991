"""Profile: telephone numbers, addresses and mail addresses, and where the customer lives."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside, per_customer
from tests.naive.retail._person import counted, days_since, flag, known, persons

CARRIERS = {"移动": "cmcc", "联通": "cucc", "电信": "ctcc", "广电": "cbn"}


def tags(bank: Bank) -> pd.DataFrame:
    customers, day = bank.customers("retail"), bank.day
    contact = bank.dwd("contact")
    contact = contact[contact.customer_id.isin(customers)]
    mobile, address, email = (contact[contact.contact_kind == kind] for kind in ("mobile", "address", "email"))
    sure = contact[contact.is_verified]
    verified = {kind: flag(customers, rows.customer_id) for kind, rows in sure.groupby("contact_kind")}
    changed = {kind: per_customer(rows, "update_date", "max", customers) for kind, rows in contact.groupby("contact_kind")}
    found = {
        "prof_has_mobile": flag(customers, mobile.customer_id),
        "prof_has_email": flag(customers, email.customer_id),
        "prof_is_address_known": flag(customers, address.customer_id),
        "prof_is_mobile_verified": verified["mobile"],
        "prof_is_address_verified": verified["address"],
        "prof_is_email_verified": verified["email"],
        "prof_is_contact_complete": verified["mobile"] & verified["address"],
        "prof_mobile_cnt": counted(mobile, customers),
        "prof_mobile_verified_cnt": counted(mobile[mobile.is_verified], customers),
        "prof_address_cnt": counted(address, customers),
        "prof_contact_kind_cnt": counted(contact, customers, "contact_kind"),
        "prof_region_cnt": counted(address, customers, "region_code"),
        "prof_mobile_update_date": changed["mobile"],
        "prof_mobile_update_days": days_since(changed["mobile"], day),
        "prof_address_update_days": days_since(changed["address"], day),
        "prof_contact_update_days": days_since(per_customer(contact, "update_date", "max", customers), day),
        "prof_contact_chg_cnt_90d": counted(inside(contact, "update_date", "90d", day), customers),
        "prof_contact_chg_cnt_365d": counted(inside(contact, "update_date", "365d", day), customers),
        "prof_is_mobile_chg_365d": flag(customers, inside(mobile, "update_date", "365d", day).customer_id),
        "prof_is_address_chg_365d": flag(customers, inside(address, "update_date", "365d", day).customer_id),
    }
    return pd.DataFrame(found | _number(bank, mobile) | _home(bank, address))


def _preferred(rows: pd.DataFrame, customers: pd.Index) -> pd.DataFrame:
    """One record a customer: a verified one first, then the one changed last, then the highest sequence."""
    ordered = rows.sort_values(["is_verified", "update_date", "seq"], na_position="first")
    return ordered.drop_duplicates("customer_id", keep="last").set_index("customer_id").reindex(customers)


def _number(bank: Bank, mobile: pd.DataFrame) -> dict[str, pd.Series]:
    """Tags of the preferred mobile number."""
    customers = bank.customers("retail")
    number = _preferred(mobile, customers).mobile
    segments = bank.seed("phone_segment").set_index("segment")
    head = number.str[:3]
    share = pd.Series(0, index=customers, dtype="Int64")
    for customer, preferred in number.dropna().items():
        share[customer] = mobile.customer_id[(mobile.mobile == preferred) & (mobile.customer_id != customer)].nunique()
    return {
        "prof_is_mobile_well_formed": number.str.fullmatch("[0-9]{11}").astype("boolean"),
        "prof_phone_kind_code": head.map(segments.kind_code).fillna("other").mask(number.isna()),
        "prof_phone_carrier_code": head.map(segments.carrier_zh).map(CARRIERS).fillna("other").mask(number.isna()),
        "prof_mobile_share_cnt": share,
    }


def _home(bank: Bank, address: pd.DataFrame) -> dict[str, pd.Series]:
    """Tags of the region of the preferred one of the addresses that have a region."""
    region = _preferred(address.dropna(subset=["region_code"]), bank.customers("retail")).region_code
    branch = persons(bank).mng_org.map(bank.dwd("branch").set_index("org_id").region_code)
    return {
        "prof_region_code": region,
        "prof_province_code": region.str[:2] + "0000",
        "prof_city_code": region.str[:4] + "00",
        "prof_is_branch_city": known(region.str[:4] == branch.str[:4], region, branch),
        "prof_is_branch_province": known(region.str[:2] == branch.str[:2], region, branch),
    }
