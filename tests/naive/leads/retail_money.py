"""Leads about money that moves: it leaves, goes to the same name or to securities elsewhere, or a sleeper moves it."""

from __future__ import annotations

from functools import cache

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY
from tests.naive.leads._evening import Evening, Told, legs

ELSEWHERE = ["other_bank_same_name", "other_bank_other", "securities", "fund_insurance", "third_pay"]


def big_out(evening: Evening) -> Told:
    """Σ on D of out to other banks, securities, insurance, third-party payment ≥ line of the tier, and AUM(D) ≤ 0.8 × that of last month."""
    left = evening.of_day(legs(evening.bank), "acct_date")
    left = left[(left.direction == "out") & left.cp_class.isin(ELSEWHERE) & ~left.purpose.isin(["loan", "house"])]
    sums, lines, tags, assets = left.groupby("customer_id").amt.sum(), evening.lines(), evening.tags(), evening.assets()
    return {
        (who, "main", "")
        for who, amt in sums.items()
        if who in lines.index and amt >= lines[who] and int(assets[who]) <= evening.number("out_left_ratio") * int(tags.aum_davg_lm[who])
    }


def same_name_out(evening: Evening) -> Told:
    """Σ of 7 days to the same name at one bank, net of what came from it ≥ max(half the line, 20 % of AUM); some of it on D."""
    week = evening.lately(_with(evening.bank, "other_bank_same_name"), "acct_date", evening.days("same_name_days"))
    lines, tags, told = evening.lines(), evening.tags(), set()
    week = week[week.customer_id.isin(_happened(evening, week[week.direction == "out"]).customer_id) & week.customer_id.isin(lines.index)]
    for (who, bank_code), rows in week.groupby(["customer_id", week.cp_bank_code.fillna("")]):
        out = rows[rows.direction == "out"]
        net = int(out.amt.sum()) - int(rows[rows.direction == "in"].amt.sum())
        least = max(evening.number("same_name_line_ratio") * int(lines[who]), evening.number("same_name_aum_ratio") * int(tags.aum_davg_lm[who]))
        if net >= least and not _happened(evening, out).empty:
            told.add((who, "main", bank_code))
    return told


def sec_out(evening: Evening) -> Told:
    """Σ of 7 days from the bank to securities ≥ the line, and ≥ 2 × the own mean week of the 12 before; some of it on D."""
    weeks = evening.days("sec_weeks")
    moved = evening.lately(_with(evening.bank, "securities"), "acct_date", 7 * (weeks + 1)).query("direction == 'out'")
    lines, told = evening.lines(), set()
    moved = moved[moved.customer_id.isin(_happened(evening, moved).customer_id) & moved.customer_id.isin(lines.index)]
    for who, rows in moved.groupby("customer_id"):
        is_now = rows.acct_date > evening.day - 7 * DAY
        now, before = int(rows[is_now].amt.sum()), int(rows[~is_now].amt.sum())
        if now >= lines[who] and now * weeks >= evening.number("sec_week_times") * before:
            told.add((who, "main", ""))
    return told


@cache
def _with(bank: Bank, cp_class: str) -> pd.DataFrame:
    """Movements to and from one kind of counterparty."""
    rows = legs(bank)
    return rows[rows.cp_class == cp_class]


def _happened(evening: Evening, moved: pd.DataFrame) -> pd.DataFrame:
    """What was moved on the day itself; taking back what was moved before is no movement."""
    return evening.of_day(moved, "acct_date").query("not is_reversal")


def wake(evening: Evening) -> Told:
    """A movement of ≥ 1,000 that the customer made after 180 days without one, unless controls changed in 30 days."""
    acts = evening.of_day(legs(evening.bank), "acct_date")
    acts = acts[(acts.init_code == "C") & ~acts.is_reversal & (acts.amt >= evening.cents("wake_min_amt"))]
    idle = evening.tags().txn_self_idle_days
    asleep = idle.index[idle >= evening.days("wake_idle_days")]
    controls = evening.bank.dwd("account_control")
    changed = pd.concat([evening.lately(controls, column, evening.days("wake_ctrl_days")) for column in ("from_date", "to_date")])
    return {(who, "main", "") for who in set(acts.customer_id) & set(asleep) - set(changed.customer_id)}
