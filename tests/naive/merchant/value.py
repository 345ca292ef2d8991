"""Where merchants stand in their life, how good they are, and what they earn the bank."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, divided
from tests.naive.merchant import profile, ratios, turnover
from tests.naive.merchant._rows import all_of_owner, in_window, of_owner, sales, share, tried, whole
from tests.naive.tally import code_of, total


def tags(bank: Bank) -> pd.DataFrame:
    """val_…"""
    return pd.DataFrame(_life(bank) | _scores(bank) | _earned(bank) | _complaints(bank), index=bank.customers("merchant"))


def _life(bank: Bank) -> dict[str, pd.Series]:
    shop, change = profile.tags(bank), ratios.tags(bank)
    idle, moved, limit = change.mer_idle_days, change.mer_amt_chg_ratio_28d, share(bank, "mer_life_grow_ratio")
    stages = {
        "closed": ~shop.mer_is_open,
        "never": idle.isna() & ~shop.mer_is_new,
        "lost": idle >= whole(bank, "mer_life_lost_days"),
        "sleeping": idle >= whole(bank, "mer_life_sleep_days"),
        "new": shop.mer_is_new,
        "declining": moved <= -limit,
        "growing": moved >= limit,
    }
    found = pd.Series("mature", index=shop.index)
    # From the last to the first: the first that holds wins.
    for stage, holds in reversed(stages.items()):
        found = found.mask(holds.fillna(False).astype(bool), stage)
    return {"val_life_code": found}


def _scores(bank: Bank) -> dict[str, pd.Series]:
    sold, idle = turnover.tags(bank), ratios.tags(bank).mer_idle_days
    recency = code_of(bank, "mer_rfm_r", idle.fillna(10**6))
    frequency = code_of(bank, "mer_rfm_f", sold.mer_day_cnt_90d)
    money = code_of(bank, "mer_rfm_m", sold.mer_amt_sum_90d, unit=100)
    return {
        "val_rfm_r_code": recency,
        "val_rfm_f_code": frequency,
        "val_rfm_m_code": money,
        "val_rfm_code": recency * 100 + frequency * 10 + money,
        "val_amt_band_code": code_of(bank, "mer_amt_band", sold.mer_amt_sum_30d, unit=100),
        "val_contrib_code": code_of(bank, "mer_contrib", sold.mer_fee_net_amt_sum_lm, unit=100),
    }


def _earned(bank: Bank) -> dict[str, pd.Series]:
    customers, earned = bank.customers("merchant"), turnover.tags(bank)
    fee, net = earned.mer_fee_amt_sum_l12m, earned.mer_fee_net_amt_sum_l12m
    sold = total(in_window(bank, sales(bank), "l12m"), "amt", customers)
    on_record = pd.Series(customers.isin(tried(bank).customer_id), index=customers).astype(int)
    return {
        # A basis point is a ten-thousandth; its hundredths are six digits of the ratio.
        "val_fee_bp_l12m": divided(fee, sold, 6),
        "val_fee_net_bp_l12m": divided(net, sold, 6),
        "val_is_loss_l12m": net < 0,
        "val_owner_fee_net_amt_sum_l12m": all_of_owner(bank, net).where(all_of_owner(bank, on_record) > 0),
    }


def _complaints(bank: Bank) -> dict[str, pd.Series]:
    rows, day = bank.dwd("complaint"), bank.day
    rows = rows[rows.open_date <= day]
    still_open = rows[rows.close_date.isna() | (rows.close_date > day)]
    recent = rows[rows.open_date > day - 180 * DAY]
    return {
        "val_complaint_open_cnt": of_owner(bank, still_open.groupby("customer_id").size()),
        "val_complaint_cnt_180d": of_owner(bank, recent.groupby("customer_id").size()),
    }
