"""Corporate, liability: acceptances, guarantees, letters of credit, bills, commitments, their margin and advances."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate import _credit as credit
from tests.naive.fold import divided, inside
from tests.naive.tally import days, different, first, has, highest, last, least_zero, number, total

KINDS = ["accept", "guarantee", "lc", "discount", "commit"]


def tags(bank: Bank) -> pd.DataFrame:
    customers, business = bank.customers("corporate"), credit.off_balance(bank)
    live = business[business.status_code == "live"]
    found = at_day(bank, live, customers) | coming(bank, live, customers) | issued(bank, business, customers)
    advanced = business[business.adv_amt > 0]
    found |= {
        "obs_adv_amt": total(advanced, "adv_amt", customers),
        "obs_adv_cnt": number(advanced, customers),
        "obs_adv_first_date": first(advanced, "due_date", customers),
        "obs_adv_days": days(first(advanced, "due_date", customers), bank.day),
    }
    return pd.DataFrame(found, index=customers)


def margin_ratio(rows: pd.DataFrame, customers: pd.Index) -> pd.Series:
    """Margin ÷ face."""
    return divided(total(rows, "margin_amt", customers), total(rows, "face_amt", customers), 4)


def at_day(bank: Bank, live: pd.DataFrame, customers: pd.Index) -> dict[str, pd.Series]:
    """What is live, and its margin."""
    bound = live[live.kind_code.isin(credit.LIVE_KINDS)]
    held = total(credit.balances(bank, "margin"), "bal", customers)
    found = {
        "obs_cnt": number(live, customers),
        "obs_kind_cnt": different(live, "kind_code", customers),
        "obs_max_amt": highest(live, "face_amt", customers),
        "obs_margin_amt": total(live, "margin_amt", customers),
        "obs_margin_ratio": margin_ratio(bound, customers),
        "obs_full_margin_amt": total(bound[bound.margin_amt >= bound.face_amt], "face_amt", customers),
        "obs_margin_gap_amt": least_zero(total(live, "margin_amt", customers) - held),
    }
    for kind in KINDS:
        found[f"obs_{kind}_cnt"] = number(live[live.kind_code == kind], customers)
    for kind in credit.LIVE_KINDS:
        found[f"obs_{kind}_margin_ratio"] = margin_ratio(live[live.kind_code == kind], customers)
    return found


def coming(bank: Bank, live: pd.DataFrame, customers: pd.Index) -> dict[str, pd.Series]:
    """What falls due, and what of the acceptances the company could not pay."""
    day, found = bank.day, {}
    free = credit.free_demand(bank, customers)
    of_kind = {kind: live[live.kind_code == kind] for kind in KINDS}
    windows = [(kind, name) for kind in credit.LIVE_KINDS for name in ("next30d", "next90d")] + [("accept", "next7d")]
    for kind, name in windows:
        found[f"obs_{kind}_due_amt_{name}"] = total(inside(of_kind[kind], "due_date", name, day), "face_amt", customers)
    for kind in ("accept", "guarantee"):
        ahead = of_kind[kind][of_kind[kind].due_date > day]
        found[f"obs_{kind}_next_due_date"] = first(ahead, "due_date", customers)
    for name in ("next7d", "next30d", "next90d"):
        due = inside(of_kind["accept"], "due_date", name, day)
        gap = least_zero(total(due, "face_amt", customers) - total(due, "margin_amt", customers) - free)
        gap = gap.where(has(due, customers), 0)
        found[f"obs_accept_gap_amt_{name}"] = gap.where(has(of_kind["accept"], customers))
    return found


def issued(bank: Bank, business: pd.DataFrame, customers: pd.Index) -> dict[str, pd.Series]:
    """What was issued, settled or not."""
    day, accepts = bank.day, business[business.kind_code == "accept"]
    found = {
        "obs_accept_issue_cnt_365d": number(inside(accepts, "start_date", "365d", day), customers),
        "obs_accept_issue_amt_90d": total(inside(accepts, "start_date", "90d", day), "face_amt", customers),
        "obs_first_date": first(business, "start_date", customers),
        "obs_last_date": last(business, "start_date", customers),
    }
    for kind in KINDS:
        begun = inside(business[business.kind_code == kind], "start_date", "365d", day)
        found[f"obs_{kind}_issue_amt_365d"] = total(begun, "face_amt", customers)
    return found
