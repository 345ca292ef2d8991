"""Campaigns with hold-outs: who is in them, what they would buy anyway, and what being contacted does to that.

Every member has two fates, with and without the contact, drawn from one number: `base` is the chance to buy within the
window without it, `base + uplift` with it, and uplift depends on the campaign and the type of customer. What is bought
is bought for money in the ledger, so a purchase can still fail for lack of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth.calendar import Horizon
from tagmart.synth.population import ACTIVE, DORMANT, Population
from tagmart.synth.relations import CONSENT_CHANNELS, CONSENT_PURPOSES, STATUSES, TOPICS, Consents, Spans

if TYPE_CHECKING:
    from tagmart.synth.accounts import Receipts
    from tagmart.synth.markets import Lots

TYPES = ("young_active", "young_low", "senior_active", "senior_low")
SENIOR_AGE = 45
WINDOW_DAYS = 30
HOLDOUT_SHARE = 0.25
MEMBER_SHARE = 0.9
LEAST_DEMAND = 200_000
COMPLAINT_DAYS = 180
EXCLUDE = 1


@dataclass(frozen=True)
class Campaign:
    """One campaign: `before` days before the end of the world; chances in per mille by type of customer (`uplift`)."""

    code: str
    line: str
    channel: str
    before: int
    base: int
    uplift: tuple[int, int, int, int]


CAMPAIGNS = (
    Campaign("CP01", "wm", "sms", 330, 60, (120, 0, 60, -40)),
    Campaign("CP02", "fund", "push", 250, 50, (100, 50, 0, -40)),
    Campaign("CP03", "dep", "call", 180, 70, (0, -50, 120, 150)),
    Campaign("CP04", "wm", "call", 110, 60, (150, 0, 80, -50)),
    Campaign("CP05", "fund", "sms", 70, 50, (0, 0, 0, 0)),
)


@dataclass(frozen=True)
class Members:
    """Members of campaigns, one array element a member.

    Attributes:
        campaign: index of CAMPAIGNS; kind: index of TYPES.
        is_holdout: never contacted.
        start: the day of the campaign.
        wants: would buy, given whether contacted; on `day` for `cents`.
    """

    campaign: np.ndarray
    owner: np.ndarray
    kind: np.ndarray
    is_holdout: np.ndarray
    start: np.ndarray
    wants: np.ndarray
    day: np.ndarray
    cents: np.ndarray

    def buyers(self, line: str) -> np.ndarray:
        """Members who want to buy something of a line."""
        lines = np.array([campaign.line == line for campaign in CAMPAIGNS])
        return np.flatnonzero(self.wants & lines[self.campaign])


@dataclass(frozen=True)
class Reach:
    """What decides whom the bank may contact: see `may`."""

    people: Population
    consents: Consents
    statuses: Spans
    complaints: Spans
    overrides: Spans
    horizon: Horizon

    def ages(self, day: int) -> np.ndarray:
        """Years on a day."""
        return (self.horizon.origin + day - self.people.birth).astype(np.int64) / 365.25

    def consent(self, day: int, channel: str) -> np.ndarray:
        """The last word on marketing through a channel at the end of a day: 1 granted, 0 withdrawn, -1 never asked."""
        given = self.consents
        at = (given.purpose == CONSENT_PURPOSES.index("marketing")) & (given.day <= day)
        at = np.flatnonzero(at & (given.channel == CONSENT_CHANNELS.index(channel)))
        state = np.full(self.people.size, -1)
        # Consents are in the order of their time, so the last word stays.
        state[given.owner[at]] = given.grants[at]
        return state

    def gone(self, day: int) -> np.ndarray:
        """Whose status forbids contact on a day: frozen, closed, deceased, merged or erased."""
        found = np.zeros(self.people.size, dtype=bool)
        begun = (self.statuses.start <= day) & (self.statuses.kind >= STATUSES.index("frozen"))
        found[self.statuses.owner[begun]] = True
        return found

    def may(self, day: int, channel: str) -> np.ndarray:
        """Customers who may be contacted for marketing: of age, there, consenting, not complaining, not excluded."""
        cases, hand = self.complaints, self.overrides
        complains = (cases.start <= day) & (cases.end > day)
        about_us = cases.kind == TOPICS.index("marketing")
        complains |= about_us & (cases.start <= day) & (cases.start > day - COMPLAINT_DAYS)
        excluded = (hand.kind // 16 == EXCLUDE) & (hand.start <= day) & (hand.end > day)
        blocked = self.gone(day)
        blocked[cases.owner[complains]] = True
        blocked[hand.owner[excluded]] = True
        people = self.people
        there = people.has_account & (people.open_day < day) & (people.closing_day > day)
        return there & ~blocked & (self.ages(day) >= 18) & (self.consent(day, channel) == 1)


def make_members(
    rng: np.random.Generator, reach: Reach, demand: np.ndarray, has_term: np.ndarray, horizon: Horizon
) -> Members:
    """Draw the members of all campaigns and their fates.

    Args:
        rng: dice.
        reach: whom the bank may contact.
        demand: what each customer keeps on demand, in cents: purchases are a part of it.
        has_term: who has a term account, the only ones asked to place a term deposit.
        horizon: the world's days.
    """
    people, parts = reach.people, []
    for number, campaign in enumerate(CAMPAIGNS):
        start = horizon.size - campaign.before
        fits = reach.may(start, campaign.channel) & (demand >= LEAST_DEMAND) & (people.activity != DORMANT)
        if campaign.line == "dep":
            fits &= has_term
        who = rng.permutation(np.flatnonzero(fits))
        who = np.sort(who[: round(len(who) * MEMBER_SHARE)])
        count = len(who)
        kind = 2 * (reach.ages(start)[who] >= SENIOR_AGE) + (people.activity[who] != ACTIVE)
        held = rng.random(count) < HOLDOUT_SHARE
        chance = campaign.base + np.where(held, 0, np.array(campaign.uplift)[kind])
        wants = rng.random(count) * 1000 < chance
        day = horizon.trading_from(start + rng.integers(2, WINDOW_DAYS - 5, count))
        cents = (demand[who] * rng.uniform(0.1, 0.3, count)).astype(np.int64) // 10_000 * 10_000
        parts.append((np.full(count, number), who, kind, held, np.full(count, start), wants, day, cents))
    return Members(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def bought(members: Members, lots: Lots, receipts: Receipts) -> np.ndarray:
    """Which members' purchases came about: those whose lot or receipt was paid for.

    Args:
        members: with their wishes.
        lots: what was really bought of wealth products and funds.
        receipts: term deposits that were really placed.
    """
    paid = {*zip(lots.owner.tolist(), lots.paid.tolist(), lots.cost.tolist(), strict=True)}
    paid |= {*zip(receipts.owner.tolist(), receipts.start.tolist(), receipts.principal.tolist(), strict=True)}
    wishes = zip(members.owner.tolist(), members.day.tolist(), members.cents.tolist(), strict=True)
    return members.wants & np.array([wish in paid for wish in wishes], dtype=bool)
