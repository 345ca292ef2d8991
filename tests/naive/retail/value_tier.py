"""Value: tiers (DOMAIN.md D), judged anew for every month from the first complete one of the bank's history.

Of two numbers that became one there is nothing to join here: dwd books what the old number had on the one that goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, divided, window
from tests.naive.retail._person import persons
from tests.naive.retail._wealth import first_day, weighted
from tests.naive.tally import in_force


@dataclass(frozen=True)
class Tier:
    """A line of seed tier_rule; number 1 is the lowest, its line is in cents."""

    code: str
    number: int
    line: int
    up_delay: int
    grace: int
    falls_by_one: bool


@dataclass(frozen=True)
class Standing:
    """Where a customer stands after an evaluation; `rising`: evaluations in a row that meant more and were too few to rise."""

    number: int
    watch: int
    since: pd.Timestamp
    rising: int = 0


Steps = dict[pd.Timestamp, Standing]


def tags(bank: Bank) -> pd.DataFrame:
    tiers, day, worth = _tiers(bank), bank.day, _worth(bank)
    opened = persons(bank).open_date
    evaluations = _evaluations(bank)
    reached = {e: _reached(_average(worth, (e - DAY).replace(day=1), e - DAY), tiers) for e in evaluations}
    so_far = _average(worth, day.replace(day=1), day)
    stays = worth.loc[day] * (day.days_in_month - day.day)
    forecast = divided(worth.loc[day.replace(day=1) : day].sum() + stays, day.days_in_month * 10_000)
    best = _best_of_newcomers(worth, opened, day, tiers)
    hand, past_hand = _by_hand(bank, day), {e: _by_hand(bank, e) for e in evaluations}
    code = {tier.number: tier.code for tier in tiers}
    rows = {}
    for who in opened.index:
        steps = _replay(opened[who], {e: (int(reached[e][who]), past_hand[e].get(who)) for e in evaluations}, tiers)
        last = steps[evaluations[-1]] if who not in best else None
        highest = max([*(reached[e][who] for e in evaluations), *(step.number for step in steps.values())])
        now = hand.get(who) or (last.number if last else best[who])
        rows[who] = {
            "tier_code": code[now],
            "tier_eval_code": code[last.number] if last else pd.NA,
            "tier_date": _since(last, evaluations, highest),
            "tier_watch_months": last.watch if last else pd.NA,
            "tier_grace_left_months": tiers[last.number - 1].grace - last.watch if last and last.watch else pd.NA,
            "tier_is_watch": bool(last and last.watch),
            # This night is the bank's first: nothing was told before that could come out otherwise.
            "tier_is_restated": False,
            "tier_restated_code": pd.NA,
            "tier_override_code": code[hand[who]] if who in hand else pd.NA,
            "tier_mtd_code": code[_tier_of(so_far[who], tiers)],
            "tier_lm_code": code[reached[evaluations[-1]][who]],
            "tier_forecast_amt": forecast[who],
            "tier_forecast_code": code[_tier_of(forecast[who], tiers)],
            **_year(steps if last else {}, code, day),
            **_way(now, int(so_far[who]), int(forecast[who]), tiers, bank),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("customer_id")


def _tiers(bank: Bank) -> list[Tier]:
    """The tiers from the lowest to the highest. The seed has one period: the lines of today are those of every evaluation."""
    found = []
    for row in bank.seed("tier_rule").query("entity == 'retail'").itertuples():
        line = int(Decimal(row.lower_bound) * 100)
        found.append(Tier(row.tier, int(row.tier_no), line, int(row.up_delay_m), int(row.grace_m), row.down_code == "one"))
    return sorted(found, key=lambda tier: tier.number)


def _worth(bank: Bank) -> pd.DataFrame:
    """What counts for the tier at the end of each day: every kind of asset by its weight; ten-thousandths of a cent."""
    weights = bank.seed("tier_weight").query("entity == 'retail'")
    return weighted(bank, {row.prod: int(Decimal(row.weight) * 10_000) for row in weights.itertuples()})


def _average(worth: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> pd.Series:
    """Cents a day."""
    return divided(worth.loc[first:last].sum(), ((last - first).days + 1) * 10_000)


def _tier_of(amount: int, tiers: list[Tier]) -> int:
    return max(tier.number for tier in tiers if amount >= tier.line)


def _reached(amounts: pd.Series, tiers: list[Tier]) -> pd.Series:
    return amounts.map(lambda amount: _tier_of(amount, tiers))


def _evaluations(bank: Bank) -> list[pd.Timestamp]:
    """The days after the ends of the complete months of history."""
    first = first_day(bank)
    month = first if first.day == 1 else first + pd.offsets.MonthBegin(1)
    return list(pd.date_range(month, bank.day, freq="MS"))[1:]


def _by_hand(bank: Bank, day: pd.Timestamp) -> dict[str, int]:
    """Numbers of the tiers set by hand that are in force on a day: of several the one that began last."""
    rows = in_force(bank.dwd("override").query("kind_code == 'tier'"), day).sort_values("from_date")
    number = {tier.code: tier.number for tier in _tiers(bank)}
    return {row.customer_id: number[row.value_code] for row in rows.itertuples()}


def _replay(opened: pd.Timestamp, judged: dict[pd.Timestamp, tuple[int, int | None]], tiers: list[Tier]) -> Steps:
    """The standing after every evaluation, from the tiers that the months alone mean and those set by hand."""
    steps: Steps = {}
    now = None
    for evaluation, (reached, by_hand) in judged.items():
        is_full = opened <= (evaluation - DAY).replace(day=1)
        if by_hand:
            now = _moved(now, by_hand, evaluation)
        elif is_full:
            now = _judged(now, reached, evaluation, tiers) if now else Standing(reached, 0, evaluation)
        if now:
            steps[evaluation] = now
    return steps


def _judged(now: Standing, reached: int, evaluation: pd.Timestamp, tiers: list[Tier]) -> Standing:
    own = tiers[now.number - 1]
    if reached > now.number:
        waits = now.rising < tiers[reached - 1].up_delay
        return replace(now, watch=0, rising=now.rising + 1) if waits else _moved(now, reached, evaluation)
    if reached == now.number:
        return replace(now, watch=0, rising=0)
    if now.watch < own.grace:
        return replace(now, watch=now.watch + 1, rising=0)
    return _moved(now, now.number - 1 if own.falls_by_one else reached, evaluation)


def _moved(now: Standing | None, number: int, evaluation: pd.Timestamp) -> Standing:
    return Standing(number, 0, now.since if now and number == now.number else evaluation)


def _since(last: Standing | None, evaluations: list[pd.Timestamp], highest: int) -> pd.Timestamp:
    """The evaluation that made the tier: unknown where that was before the history, none where nothing ever meant more."""
    return last.since if last and highest > 1 and last.since > evaluations[0] else pd.NaT


def _year(steps: Steps, code: dict[int, str], day: pd.Timestamp) -> dict[str, object]:
    """The evaluations of the last twelve complete months, each against the one before."""
    first = window("l12m", day)[0]
    numbers = [step.number for evaluation, step in steps.items() if evaluation > first]
    pairs = [(before.number, after.number) for (_, before), (e, after) in pairwise(steps.items()) if e > first]
    return {
        "tier_max_code_l12m": code[max(numbers)] if numbers else pd.NA,
        "tier_up_cnt_l12m": sum(after > before for before, after in pairs),
        "tier_down_cnt_l12m": sum(after < before for before, after in pairs),
    }


def _best_of_newcomers(worth: pd.DataFrame, opened: pd.Series, day: pd.Timestamp, tiers: list[Tier]) -> dict[str, int]:
    """The highest tier that the running month meant on any day since they came, for those whose first full month is not over."""
    first = window("lm", day)[0]
    new = opened[opened > first]
    days = pd.date_range(first, day)
    meant = pd.DataFrame({each: _reached(_average(worth[new.index], each.replace(day=1), each), tiers) for each in days})
    return {who: int(meant.loc[who, days >= came].max()) for who, came in new.items()}


def _way(now: int, average: int, forecast: int, tiers: list[Tier], bank: Bank) -> dict[str, object]:
    """How far the next tier is, and the line of the present one."""
    own = tiers[now - 1]
    down = {"tier_gap_down_amt": max(0, own.line - average) if now > 1 else pd.NA}
    if now == len(tiers):
        names = ["next_code", "next_amt", "gap_up_amt", "next_ratio", "is_near_next", "is_close_next"]
        return down | dict.fromkeys([f"tier_{name}" for name in names], pd.NA)
    above = tiers[now]
    near, close = (Decimal(bank.parameter(f"tier_{word}_ratio")) * above.line for word in ("near", "close"))
    return down | {
        "tier_next_code": above.code,
        "tier_next_amt": above.line,
        "tier_gap_up_amt": max(0, above.line - forecast),
        "tier_next_ratio": divided(pd.Series([average]), above.line, 4)[0],
        "tier_is_near_next": near <= average < above.line,
        "tier_is_close_next": close <= average < above.line,
    }
