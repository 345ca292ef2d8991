"""The family chn: log-ins, views and clicks in the mobile bank."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, inside, per_customer
from tests.naive.retail._flows import Tags, folded, or_zero, sliced
from tests.naive.retail.transaction_posting import most_common

PAGES = ["wm", "fund", "loan", "dep", "cc", "pay", "other"]


def tags(bank: Bank) -> pd.DataFrame:
    """All tags of the mobile bank."""
    events = _events(bank)
    logins, views = events[events.event_kind == "login"], events[events.event_kind == "view"]
    found = folded(bank, logins, "chn_login", ["cnt", "day_cnt"], ["7d", "30d", "90d", "365d", "lm"])
    found |= folded(bank, logins, "chn_login", ["last_date"], ["ltd"])
    for page in PAGES:
        viewed = sliced(views, "page_code", page, PAGES)
        found |= folded(bank, viewed, f"chn_view_{page}", ["cnt", "day_cnt"], ["30d", "90d"])
    return pd.DataFrame(found | _logins(bank, logins) | _use(bank, events) | _views(bank, views))


def _events(bank: Bank) -> pd.DataFrame:
    """All that customers did up to the day; a view that was too short is a passage and none."""
    events = bank.dwd("channel_event")
    too_short = (events.event_kind == "view") & ~(events.stay_sec >= int(bank.parameter("view_min_sec"))).fillna(False)
    kept = events[(events.event_date <= bank.day) & ~too_short]
    return kept.assign(day=kept.event_date, page_code=kept.page_code.fillna("other"), is_item=True, is_self=True)


def _logins(bank: Bank, logins: pd.DataFrame) -> Tags:
    customers = bank.customers("retail")
    last = per_customer(logins, "day", "max", customers)
    lately = inside(logins, "day", "30d", bank.day).customer_id
    logged = logins.assign(month=logins.day.dt.to_period("M"))
    found = {
        "chn_first_login_date": per_customer(logins, "day", "min", customers),
        "chn_last_login_date": last,
        "chn_login_idle_days": (bank.day - last).dt.days.astype("Int64"),
        "chn_is_active_30d": pd.Series(customers.isin(lately), index=customers),
    }
    for window in ("l3m", "l12m"):
        within = inside(logged, "day", window, bank.day)
        found[f"chn_login_month_cnt_{window}"] = or_zero(per_customer(within, "month", "nunique", customers))
    return found


def _use(bank: Bank, events: pd.DataFrame) -> Tags:
    customers = bank.customers("retail")
    used = events[events.event_kind.isin(["login", "view", "click"])]
    now, before = inside(used, "day", "30d", bank.day), inside(used, "day", "30d", bank.day - 30 * DAY)
    days, days_before = (or_zero(per_customer(rows, "day", "nunique", customers)) for rows in (now, before))
    clicks = now[now.event_kind == "click"]
    return {
        "chn_day_cnt_30d": days,
        "chn_day_cnt_chg_30d": days - days_before,
        "chn_click_cnt_30d": or_zero(per_customer(clicks, "day", "count", customers)),
    }


def _views(bank: Bank, views: pd.DataFrame) -> Tags:
    customers, lately = bank.customers("retail"), inside(views, "day", "30d", bank.day)
    return {
        "chn_stay_sec_30d": or_zero(per_customer(lately, "stay_sec", "sum", customers)),
        "chn_main_page_code_30d": most_common(lately, "page_code", customers),
        "chn_page_cnt_30d": or_zero(per_customer(lately, "page_code", "nunique", customers)),
        "chn_last_invest_view_date": per_customer(views[views.page_code.isin(["wm", "fund"])], "day", "max", customers),
        "chn_last_loan_view_date": per_customer(views[views.page_code == "loan"], "day", "max", customers),
    }
