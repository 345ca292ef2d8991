"""Corporate, liability: credit limits of the company, low-risk ones and those of its group, and the exposure."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate import _credit as credit
from tests.naive.fold import DAY, divided, inside, per_customer
from tests.naive.tally import days, first, has, highest, last, least_zero, number, total


def tags(bank: Bank) -> pd.DataFrame:
    customers = bank.customers("corporate")
    found = own_limits(bank, customers) | limits_ever(bank, customers) | low_risk(bank, customers)
    found |= of_group(bank, customers) | exposure(bank, customers)
    # The lower of the two, or the own one where there is no group.
    own, group = found["crd_avail_amt"], found["crd_group_avail_amt"]
    found["crd_drawable_amt"] = own.where(group.isna() | (own <= group), group).where(own.notna())
    return pd.DataFrame(found, index=customers)


def left_of(limits: pd.DataFrame) -> pd.Series:
    """Limit − used − frozen, at least 0, and 0 for a frozen limit."""
    return least_zero(limits.amt - limits.used_amt - limits.frozen_amt).where(limits.status_code != "frozen", 0)


def own_limits(bank: Bank, customers: pd.Index) -> dict[str, pd.Series]:
    """Single limits in force."""
    day, limits = bank.day, credit.single(credit.limits_now(bank))
    usable = limits[limits.status_code == "live"]
    some, used = has(limits, customers), total(limits, "used_amt", customers)
    expiry, begun = first(limits, "to_date", customers), last(limits, "from_date", customers)
    found = {
        "crd_limit_amt": total(limits, "amt", customers),
        "crd_used_amt": used,
        "crd_avail_amt": per_customer(limits.assign(left=left_of(limits)), "left", "sum", customers),
        "crd_frozen_amt": total(limits, "frozen_amt", customers),
        "crd_util_ratio": divided(total(usable, "used_amt", customers), total(usable, "amt", customers), 4),
        "crd_limit_expiry_date": expiry,
        "crd_limit_expiry_days": days(day, expiry),
        "crd_limit_cnt": number(limits, customers),
        "crd_limit_max_amt": highest(limits, "amt", customers),
        "crd_has_limit": total(limits, "amt", customers) > 0,
        "crd_is_undrawn": (used == 0).where(some),
        "crd_undrawn_days": days(begun, day).where(some & (used == 0)),
        "crd_limit_age_days": days(first(limits, "from_date", customers), day),
        "crd_revolve_amt": total(limits[limits.is_revolving], "amt", customers),
    }
    for count in (30, 90):
        ends = limits[(limits.to_date >= day) & (limits.to_date <= day + count * DAY)]
        found[f"crd_limit_expire_amt_next{count}d"] = total(ends, "amt", customers)
    return found


def limits_ever(bank: Bank, customers: pd.Index) -> dict[str, pd.Series]:
    """All single limits begun by the day, expired ones included."""
    every = credit.single(bank.dwd("credit_limit"))
    every = every[every.from_date <= bank.day]
    return {
        "crd_limit_first_date": first(every, "from_date", customers),
        "crd_limit_last_date": last(every, "from_date", customers),
        "crd_limit_cnt_ltd": number(every, customers),
        "crd_limit_expired_cnt_l12m": number(inside(every, "to_date", "l12m", bank.day), customers),
    }


def low_risk(bank: Bank, customers: pd.Index) -> dict[str, pd.Series]:
    """Limits outside the exposure."""
    limits = credit.limits_now(bank)
    limits = limits[limits.is_low_risk]
    return {
        "crd_lowrisk_limit_amt": total(limits, "amt", customers),
        "crd_lowrisk_used_amt": total(limits, "used_amt", customers),
        "crd_lowrisk_avail_amt": total(limits.assign(left=left_of(limits)), "left", customers),
    }


def of_group(bank: Bank, customers: pd.Index) -> dict[str, pd.Series]:
    """Group limits in force above a limit of the company in force, or held by it as head of the group."""
    live = credit.limits_now(bank)
    groups = live[live.kind_code == "group"]
    groups = groups.assign(left=left_of(groups))
    below = live[["customer_id", "parent_limit_no"]].merge(
        groups.drop(columns=["customer_id", "parent_limit_no"]), left_on="parent_limit_no", right_on="limit_no"
    )
    over = pd.concat([groups, below])
    return {
        f"crd_group_{name}_amt": per_customer(over, column, "max", customers)
        for name, column in {"limit": "amt", "used": "used_amt", "avail": "left"}.items()
    }


def exposure(bank: Bank, customers: pd.Index) -> dict[str, pd.Series]:
    """Principal, what live business is not covered by margin, and advances."""
    notes, business = credit.notes_at(bank, bank.day), credit.off_balance(bank)
    live = business[(business.status_code == "live") & business.kind_code.isin(credit.LIVE_KINDS)]
    bare = total(live.assign(bare=least_zero(live.face_amt - live.margin_amt)), "bare", customers)
    owed = total(notes, "principal_amt", customers) + total(business, "adv_amt", customers)
    return {"crd_obs_exposure_amt": bare, "crd_exposure_amt": owed + bare}
