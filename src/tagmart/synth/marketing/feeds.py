"""The feed of contacts, as files see it, and what is true of the campaigns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tagmart.synth.identity.crm import manager_ids
from tagmart.synth.marketing import contacts as made
from tagmart.synth.marketing.campaigns import CAMPAIGNS, TYPES, WINDOW_DAYS
from tagmart.synth.write import JOURNAL, Feed, day_dates, day_times, flags, integers, numbered, pick

if TYPE_CHECKING:
    from tagmart.synth.world import World


def marketing_feeds(world: World) -> Iterator[Feed]:
    """Contacts in the order of time."""
    known, horizon = world.contacts, world.horizon
    held = known.result == made.HELD_OUT
    columns = {
        "contact_no": _numbers(world),
        "campaign_code": pick([campaign.code for campaign in CAMPAIGNS], known.campaign),
        "ecif_no": pick(list(world.people.ecif_no), known.owner),
        "channel_code": pick(made.CHANNELS, known.channel),
        "contact_date": day_dates(horizon, known.day),
        "contact_time": day_times(horizon, known.day, known.second),
        "result_code": pick(made.RESULTS, known.result),
        "log_status": pick(made.STATES, known.state),
        "wish_product": pick(made.LINES, known.wish),
        "wish_level": integers(known.level, known.level < 0),
        "staff_id": pick(manager_ids(), known.manager),
        "next_date": day_dates(horizon, known.next_day, known.next_day < 0),
        "is_holdout": flags(held),
    }
    yield Feed("mkt_contact", JOURNAL, columns, known.day)


def _numbers(world: World) -> pa.Array:
    """The number of each contact."""
    day = world.contacts.day
    serial = np.arange(len(day)) - np.searchsorted(day, day, side="left") + 1
    return numbered("Y", world.horizon, day, serial + world.place.base(5), 7)


def campaign_members(world: World, last: int) -> pa.Table:
    """One row per member of a campaign begun by `last`: type, hold-out, and when something was bought by then.

    true_uplift is the change of the chance to buy within the window that the contact makes, by campaign and type.
    """
    members, bought = world.members, world.campaign_bought
    at = np.flatnonzero(members.start <= last)
    campaign, kind = members.campaign[at], members.kind[at]
    uplift = np.array([one.uplift for one in CAMPAIGNS])[campaign, kind]
    happened = bought[at] & (members.day[at] <= last)
    return pa.table(
        {
            "campaign_code": pick([one.code for one in CAMPAIGNS], campaign),
            "line_code": pick([one.line for one in CAMPAIGNS], campaign),
            "ecif_no": pick(list(world.people.ecif_no), members.owner[at]),
            "type_code": pick(TYPES, kind),
            "is_holdout": pa.array(members.is_holdout[at]),
            "start_date": day_dates(world.horizon, members.start[at]),
            "window_days": integers(np.full(len(at), WINDOW_DAYS)),
            "true_base": pa.array(np.array([one.base for one in CAMPAIGNS])[campaign] / 1000),
            "true_uplift": pa.array(uplift / 1000),
            "bought_date": day_dates(world.horizon, members.day[at], ~happened),
        }
    )


def violations(world: World, last: int) -> pa.Table:
    """One row per contact that broke a rule of reach, and which one."""
    known = world.contacts
    at = np.flatnonzero((known.violation >= 0) & (known.day <= last))
    return pa.table(
        {
            "contact_no": _numbers(world).take(pa.array(at)),
            "ecif_no": pick(list(world.people.ecif_no), known.owner[at]),
            "kind_code": pick(made.VIOLATIONS, known.violation[at]),
            "contact_date": day_dates(world.horizon, known.day[at]),
        }
    )


def uplift_counts(world: World, last: int) -> dict[str, dict[str, dict[str, int]]]:
    """Per campaign and type: treated, held out, and how many of each bought by `last`."""
    members = world.members
    known = (members.start <= last) & np.ones(len(members.start), bool)
    bought = world.campaign_bought & (members.day <= last)
    found: dict[str, dict[str, dict[str, int]]] = {}
    for number, campaign in enumerate(CAMPAIGNS):
        for kind, name in enumerate(TYPES):
            mine = known & (members.campaign == number) & (members.kind == kind)
            treated, held = mine & ~members.is_holdout, mine & members.is_holdout
            found.setdefault(campaign.code, {})[name] = {
                "treated": int(treated.sum()),
                "treated_bought": int((treated & bought).sum()),
                "holdout": int(held.sum()),
                "holdout_bought": int((held & bought).sum()),
            }
    return found
