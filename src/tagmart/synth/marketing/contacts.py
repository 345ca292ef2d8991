"""Contacts: of campaigns, by managers and by the service line; and the few that break the rules of reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.calendar import Horizon
from tagmart.synth.marketing.campaigns import CAMPAIGNS, Members, Reach
from tagmart.synth.population import ACTIVE
from tagmart.synth.relations import STATUSES, Spans

CHANNELS = ("sms", "call", "push", "visit", "phone_in")
RESULTS = ("sent", "reached", "unreachable", "refused", "interested", "applied", "held_out")
STATES = ("open", "done", "void")
LINES = ("dep", "wm", "fund", "loan", "cc")
VIOLATIONS = ("minor", "deceased", "withdrawn")
SENT, REACHED, UNREACHABLE, REFUSED, INTERESTED, APPLIED, HELD_OUT = range(7)
VIOLATION_SHARE = 0.0005
NOBODY = -1


@dataclass(frozen=True)
class Contacts:
    """Contacts in the order of time, one array element a contact; -1 where there is none.

    Attributes:
        campaign: index of CAMPAIGNS; channel, result, state, wish: indexes of the lists above; level: of the wish, 1 to 3.
        manager: number of the manager who made the contact.
        next_day: agreed day of the next contact.
        violation: index of VIOLATIONS where the contact should not have been.
    """

    campaign: np.ndarray
    owner: np.ndarray
    channel: np.ndarray
    day: np.ndarray
    second: np.ndarray
    result: np.ndarray
    state: np.ndarray
    wish: np.ndarray
    level: np.ndarray
    manager: np.ndarray
    next_day: np.ndarray
    violation: np.ndarray


def make_contacts(
    rng: np.random.Generator, members: Members, bought: np.ndarray, managers: Spans, reach: Reach, horizon: Horizon
) -> Contacts:
    """All contacts of the world.

    Args:
        rng: dice.
        members: of campaigns.
        bought: which members bought in the end.
        managers: who looks after whom.
        reach: whom the bank may contact.
        horizon: the world's days.
    """
    parts = [
        _campaign_contacts(rng, members, horizon),
        _responses(members, bought),
        _visits(rng, managers, reach, horizon),
        _service_calls(rng, reach, horizon),
        _violations(rng, reach, horizon),
    ]
    columns = {
        name: np.concatenate([np.broadcast_to(np.asarray(part[name]), (len(part["owner"]),)) for part in parts])
        for name in parts[0]
    }
    size = len(columns["owner"])
    columns["second"] = rng.integers(9 * 3600, 20 * 3600, size)
    lived = np.flatnonzero((columns["day"] >= 0) & (columns["day"] < horizon.size))
    order = lived[np.lexsort((columns["owner"][lived], columns["second"][lived], columns["day"][lived]))]
    return Contacts(**{name: column[order].astype(np.int64) for name, column in columns.items()})


def _part(owner: np.ndarray, **columns: object) -> dict[str, object]:
    """Contacts with what is not said left empty."""
    empty = dict.fromkeys(("campaign", "channel", "wish", "level", "manager", "next_day", "violation"), NOBODY)
    return {"owner": owner, "state": STATES.index("done"), **empty, **columns}


def _campaign_contacts(rng: np.random.Generator, members: Members, horizon: Horizon) -> dict[str, object]:
    """One contact per member, or the record that the member is held out."""
    count = len(members.owner)
    channel = np.array([CHANNELS.index(campaign.channel) for campaign in CAMPAIGNS])[members.campaign]
    draw = rng.random(count)
    by_call = np.select([draw < 0.25, draw < 0.4, draw < 0.6], [UNREACHABLE, REFUSED, INTERESTED], REACHED)
    result = np.where(channel == CHANNELS.index("call"), by_call, np.where(draw < 0.03, UNREACHABLE, SENT))
    result = np.where(members.is_holdout, HELD_OUT, result)
    line = np.array([LINES.index(campaign.line) for campaign in CAMPAIGNS])[members.campaign]
    keen = result == INTERESTED
    return _part(
        members.owner,
        campaign=members.campaign,
        channel=np.where(members.is_holdout, NOBODY, channel),
        day=members.start + np.where(members.is_holdout, 0, rng.integers(0, 2, count)),
        result=result,
        wish=np.where(keen, line, NOBODY),
        level=np.where(keen, rng.integers(1, 4, count), NOBODY),
        next_day=np.where(keen & (draw < 0.5), members.start + 14, NOBODY),
    )


def _responses(members: Members, bought: np.ndarray) -> dict[str, object]:
    """Contacted members who bought: the campaign system sees the answer to its message on the day of purchase."""
    at = np.flatnonzero(bought & ~members.is_holdout)
    channel = np.array([CHANNELS.index(campaign.channel) for campaign in CAMPAIGNS])[members.campaign[at]]
    line = np.array([LINES.index(campaign.line) for campaign in CAMPAIGNS])[members.campaign[at]]
    return _part(
        members.owner[at],
        campaign=members.campaign[at],
        channel=channel,
        day=members.day[at],
        result=APPLIED,
        wish=line,
        level=3,
    )


def _visits(rng: np.random.Generator, managers: Spans, reach: Reach, horizon: Horizon) -> dict[str, object]:
    """Managers call or visit their customers a few times a year, where they may."""
    row = np.repeat(np.arange(len(managers.owner)), rng.poisson(4, len(managers.owner)))
    day = horizon.workday_before(rng.integers(0, horizon.size, len(row)))
    owner = managers.owner[row]
    good = (day >= managers.start[row]) & (day < managers.end[row])
    # Managers' visits need no electronic consent, but a customer who is there, of age and not gone.
    good &= _is_there(reach, owner, day)
    row, owner, day = row[good], owner[good], day[good]
    draw, count = rng.random(len(row)), len(row)
    result = np.select([draw < 0.2, draw < 0.3, draw < 0.6], [UNREACHABLE, REFUSED, INTERESTED], REACHED)
    keen = result == INTERESTED
    return _part(
        owner,
        channel=np.where(rng.random(count) < 0.3, CHANNELS.index("visit"), CHANNELS.index("call")),
        day=day,
        result=result,
        state=np.where(draw < 0.97, np.where(keen & (draw > 0.5), 0, 1), 2),
        wish=np.where(keen, rng.integers(0, len(LINES), count), NOBODY),
        level=np.where(keen, rng.integers(1, 4, count), NOBODY),
        manager=managers.kind[row],
        next_day=np.where(keen, day + rng.integers(5, 40, count), NOBODY),
    )


def _service_calls(rng: np.random.Generator, reach: Reach, horizon: Horizon) -> dict[str, object]:
    """Customers call the service line; some say what they wish."""
    people = reach.people
    callers = np.flatnonzero((people.activity == ACTIVE) & (people.band > 0))
    owner = np.repeat(callers, rng.poisson(0.5, len(callers)))
    day = rng.integers(0, horizon.size, len(owner))
    good = _is_there(reach, owner, day)
    owner, day = owner[good], day[good]
    wish = np.where(rng.random(len(owner)) < 0.15, rng.integers(0, len(LINES), len(owner)), NOBODY)
    return _part(
        owner,
        channel=CHANNELS.index("phone_in"),
        day=day,
        result=np.where(wish >= 0, INTERESTED, REACHED),
        wish=wish,
        level=np.where(wish >= 0, 1, NOBODY),
    )


def _is_there(reach: Reach, owner: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Whether each customer is of age, has joined, and has no status that forbids contact on each day."""
    people, spans = reach.people, reach.statuses
    gone = people.closing_day.copy()
    bad = spans.kind >= STATUSES.index("frozen")
    np.minimum.at(gone, spans.owner[bad], spans.start[bad])
    grown = (people.birth - reach.horizon.origin).astype(np.int64) + 18 * 366
    return (day > people.open_day[owner]) & (day < gone[owner]) & (day >= grown[owner])


def _violations(rng: np.random.Generator, reach: Reach, horizon: Horizon) -> dict[str, object]:
    """A few messages of the last campaign to people whom it may not reach."""
    campaign = len(CAMPAIGNS) - 1
    start = horizon.size - CAMPAIGNS[campaign].before
    day = start + 1
    people, spans = reach.people, reach.statuses
    dead = spans.owner[(spans.kind == STATUSES.index("deceased")) & (spans.start < day)]
    young = np.flatnonzero((reach.ages(day + 2) < 17.9) & (people.open_day < day))
    withdrawn = np.flatnonzero((reach.consent(day, CAMPAIGNS[campaign].channel) == 0) & ~reach.gone(day))
    withdrawn = np.setdiff1d(withdrawn, young)
    count = max(1, round(people.size * VIOLATION_SHARE))
    groups = [
        rng.permutation(np.setdiff1d(who, dead if at != 1 else ()))[:count]
        for at, who in enumerate((young, dead, withdrawn))
    ]
    owner = np.concatenate(groups).astype(np.int64)
    return _part(
        owner,
        campaign=campaign,
        channel=CHANNELS.index(CAMPAIGNS[campaign].channel),
        day=day,
        result=SENT,
        violation=np.repeat(np.arange(3), [len(group) for group in groups]),
    )
