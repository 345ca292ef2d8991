"""Merchants as the acquiring system has them: who signed, what they trade, on which terms."""

from __future__ import annotations

from functools import cache

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import lower_median
from tests.naive.merchant._rows import merchants, whole
from tests.naive.tally import code_of


@cache
def tags(bank: Bank) -> pd.DataFrame:
    """The contract of a merchant."""
    shop = merchants(bank)
    age = (bank.day - shop.start_date).dt.days
    # A rate is in millionths: also ten-thousandths of a per cent, and hundredths of a basis point.
    rate = shop.fee_rate
    normal = shop[shop.status_code == "normal"]
    usual = normal.fee_rate.groupby(normal.class_code).agg(lower_median)
    found = {
        "mer_status_code": shop.status_code,
        "mer_is_open": shop.status_code == "normal",
        "mer_owner_customer_id": shop.owner_customer_id,
        "mer_owner_entity_code": shop.owner_entity_code,
        "mer_mng_org": shop.mng_org,
        "mer_kind_code": shop.kind_code,
        "mer_mcc_code": shop.mcc,
        "mer_mcc_class_code": shop.class_code,
        "mer_is_seasonal": shop.mcc.isin(set(bank.seed("mcc_seasonal").mcc)),
        "mer_region_code": shop.region_code,
        "mer_province_code": shop.region_code.str[:2] + "0000",
        "mer_start_date": shop.start_date,
        "mer_end_date": shop.end_date,
        "mer_start_year": shop.start_date.dt.year,
        "mer_age_days": age,
        "mer_tenure_code": code_of(bank, "tenure", age),
        "mer_is_new": age <= whole(bank, "mer_new_days"),
        "mer_anniv_days": shop.start_date.map(lambda signed: _days_to_anniversary(signed, bank.day)),
        "mer_fee_rate": rate,
        "mer_fee_band_code": code_of(bank, "mer_fee_band", rate, unit=10_000),
        "mer_fee_peer_gap_bp": rate - usual.reindex(shop.class_code).set_axis(shop.index),
        "mer_cycle_code": shop.cycle_code,
        "mer_is_d0": shop.cycle_code == "D0",
    }
    return pd.DataFrame(found, index=shop.index)


def _days_to_anniversary(signed: pd.Timestamp, day: pd.Timestamp) -> int:
    """Days to the next return of a date; 29 February returns on 28 February in years that have no 29th."""
    returns = [signed + pd.DateOffset(years=years) for years in range(day.year - signed.year, day.year - signed.year + 2)]
    return min((date - day).days for date in returns if date >= day)
