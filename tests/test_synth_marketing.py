"""Campaigns in the demo bank: contacts keep the rules but for those planted, and what is bought is really bought."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest

from tagmart.synth import generate
from tagmart.synth.calendar import horizon_for
from tagmart.synth.marketing.campaigns import CAMPAIGNS, TYPES, Reach, make_members
from tagmart.synth.sizes import cut, usual_sizes
from tagmart.synth.world import make_world
from tests import demo_files

BIZ_DATE = date(2026, 6, 30)


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small bank whose files reach back over all campaigns."""
    folder = tmp_path_factory.mktemp("marketing")
    generate(folder, customers=800, seed=9, biz_date=BIZ_DATE, days=1, history_months=12)
    return folder


@pytest.fixture(scope="module")
def bank(landing: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Its files and truths."""
    con = demo_files.tables(landing)
    for name in ("campaign_member", "contact_violation", "customers"):
        con.execute(f"create table true_{name} as from '{landing}/answers/{name}.parquet'")
    yield con
    con.close()


def _one(con: duckdb.DuckDBPyConnection, query: str) -> object:
    return con.execute(query).fetchone()[0]


def test_every_member_is_contacted_or_held_out(bank):
    broken = bank.execute("""
        with contacts as (
            select campaign_code, ecif_no, bool_or(is_holdout = 'Y') as held, bool_or(is_holdout = 'N') as treated
            from mkt_contact
            where campaign_code is not null and contact_no not in (select contact_no from true_contact_violation)
            group by all
        )
        select * from true_campaign_member as members full join contacts using (campaign_code, ecif_no)
        where members.is_holdout is distinct from contacts.held or members.is_holdout is not distinct from contacts.treated
    """).fetchall()
    assert not broken
    assert _one(bank, "select count(*) from true_campaign_member where is_holdout") > 20


def test_what_members_bought_is_in_orders_and_term_deposits(bank):
    missing = _one(bank, """
        select count(*) from true_campaign_member as members
        where bought_date is not null and line_code <> 'dep' and not exists (
            from inv_order as orders
            where orders.ecif_no = members.ecif_no and orders.order_date = members.bought_date::varchar
            and orders.order_type = 'sub'
        )
    """)
    assert missing == 0
    missing = _one(bank, """
        select count(*) from true_campaign_member as members
        where bought_date is not null and line_code = 'dep' and not exists (
            from core_term inner join core_acct using (acct_no)
            where core_acct.ecif_no = members.ecif_no and core_term.start_date = members.bought_date::varchar
        )
    """)
    assert missing == 0
    assert _one(bank, "select count(*) from true_campaign_member where bought_date is not null") > 10


def test_the_uplift_is_planted_by_type_positive_zero_and_negative(landing, bank):
    """With many customers the difference between contacted and held out is the planted one."""
    planted = np.array([campaign.uplift for campaign in CAMPAIGNS])
    assert (planted > 0).any()
    assert (planted == 0).any()
    assert (planted < 0).any()
    counted = json.loads((landing / "answers" / "world.json").read_text("utf-8"))["uplift"]
    assert {(code, name) for code in counted for name in counted[code]} == {
        (campaign.code, name) for campaign in CAMPAIGNS for name in TYPES
    }
    treated = sum(one["treated"] for types in counted.values() for one in types.values())
    assert treated == _one(bank, "select count(*) from true_campaign_member where not is_holdout")


def test_fates_have_the_planted_chances():
    """Over many draws, wishes of treated and held-out members come as often as the campaign says."""
    horizon = horizon_for(BIZ_DATE)
    world = make_world(cut(usual_sizes(1500), 3)[0], horizon, horizon.size - 60)
    reach = Reach(world.people, world.consents, world.statuses, world.complaints, world.overrides, horizon)
    demand = np.full(world.people.size, 10_000_000)
    wants: dict[tuple[int, int, bool], list[int]] = {}
    for seed in range(30):
        members = make_members(np.random.default_rng(seed), reach, demand, np.ones(world.people.size, bool), horizon)
        for campaign, kind, held, wish in zip(
            members.campaign.tolist(), members.kind.tolist(), members.is_holdout.tolist(), members.wants.tolist(), strict=True
        ):
            wants.setdefault((campaign, kind, held), []).append(wish)
    for (campaign, kind, held), wishes in wants.items():
        chance = (CAMPAIGNS[campaign].base + (0 if held else CAMPAIGNS[campaign].uplift[kind])) / 1000
        spread = 5 * (chance * (1 - chance) / len(wishes)) ** 0.5 + 1e-9
        assert abs(np.mean(wishes) - chance) < spread + 0.003


def test_nobody_is_contacted_against_the_rules_but_where_planted(bank):
    """No minors and no deceased, and electronic channels of campaigns only with consent."""
    kinds = dict(bank.execute("select kind_code, count(*) from true_contact_violation group by 1").fetchall())
    assert set(kinds) == {"minor", "deceased", "withdrawn"}
    bank.execute("""
        create or replace view rules as
        select
            contacts.contact_no, contacts.campaign_code, contacts.channel_code,
            date_diff('year', people.birth_date, contacts.contact_date::date) < 18 as is_minor,
            dead.status_code is not null as is_dead,
            coalesce((
                select arg_max(action_code, event_time) from crm_consent as consents
                where consents.ecif_no = contacts.ecif_no and consents.channel_code = contacts.channel_code
                and consents.purpose_code = 'marketing' and consents.event_time::timestamp < members.start_date + interval 1 day
            ), 'none') as consent,
            contacts.is_holdout
        from mkt_contact as contacts
        left join true_customers as people on people.ecif_no = contacts.ecif_no
        left join true_campaign_member as members
            on members.ecif_no = contacts.ecif_no and members.campaign_code = contacts.campaign_code
        left join ecif_retail as dead on dead.ecif_no = contacts.ecif_no and dead.status_code = 'deceased'
            and dead.death_date::date + 4 <= contacts.contact_date::date
        where contacts.contact_no not in (select contact_no from true_contact_violation)
    """)
    assert _one(bank, "select count(*) from rules where is_minor or is_dead") == 0
    assert _one(bank, """
        select count(*) from rules where campaign_code is not null and is_holdout = 'N' and consent <> 'grant'
    """) == 0
