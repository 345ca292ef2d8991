"""Identity in the demo bank: who is whom is known, and the files show it only as banks' files do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest

from tagmart.synth import generate, names
from tagmart.synth.calendar import horizon_for
from tagmart.synth.identity.facts import CO_SHARE, WHOLE
from tagmart.synth.markets.bridge import aum_at
from tagmart.synth.sizes import cut, usual_sizes
from tagmart.synth.world import World, make_world
from tests import demo_files

BIZ_DATE = date(2026, 6, 30)
CUSTOMERS = 800


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small bank with one night."""
    folder = tmp_path_factory.mktemp("identity")
    generate(folder, customers=CUSTOMERS, seed=5, biz_date=BIZ_DATE, days=1, history_months=1)
    return folder


@pytest.fixture(scope="module")
def bank(landing: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Its files, the last word on every customer, and the truths."""
    con = demo_files.tables(landing)
    for name in ("links", "merges", "households", "customers", "source_identity"):
        con.execute(f"create table true_{name} as from '{landing}/answers/{name}.parquet'")
    con.execute("""
        create view people as
        from ecif_retail
        qualify row_number() over (partition by ecif_no order by delivered desc) = 1
    """)
    yield con
    con.close()


@pytest.fixture(scope="module")
def world() -> World:
    """A world of its own, to ask how often things happen."""
    horizon = horizon_for(BIZ_DATE)
    return make_world(cut(usual_sizes(4000), 3)[0], horizon, horizon.size - 60)


def _one(con: duckdb.DuckDBPyConnection, query: str) -> object:
    return con.execute(query).fetchone()[0]


def test_the_cross_reference_says_whose_an_id_is_today(bank):
    """Following the events leads to the customer number that the truth names, and from there to the right person."""
    said = bank.execute("""
        with now as (
            from ecif_xref
            qualify row_number() over (partition by src_sys, src_id order by event_time desc, event_code desc) = 1
        )
        select count(*), count(*) filter (now.ecif_no <> links.ecif_no) from now
        full join true_links as links using (src_sys, src_id) where coalesce(links.src_sys, '') <> 'ecif'
    """).fetchone()
    assert said[0] > CUSTOMERS
    assert said[1] == 0
    wrong = _one(bank, """
        select count(*) from true_links as links
        inner join true_links as numbers on numbers.src_sys = 'ecif' and numbers.src_id = links.ecif_no
        where links.person_id <> numbers.person_id and links.entity = 'retail' and numbers.entity = 'retail'
    """)
    assert wrong == 0


def test_every_event_of_an_id_follows_from_the_one_before(bank):
    broken = _one(bank, """
        with events as (
            select *, lag(ecif_no) over (partition by src_sys, src_id order by event_time) as before
            from ecif_xref
        )
        select count(*) from events
        where (event_code = 'create') <> (before is null) or (event_code <> 'create' and old_ecif_no <> before)
    """)
    assert broken == 0
    assert {row[0] for row in bank.execute("select distinct event_code from ecif_xref").fetchall()} == {"create", "merge", "split"}


def test_a_merged_number_has_that_status_and_its_ids_are_the_survivors(bank):
    merged = bank.execute("""
        select merges.ecif_no, people.status_code, (
            select count(*) from true_links as links where links.src_sys <> 'ecif' and links.ecif_no = merges.ecif_no
        )
        from true_merges as merges left join people on people.ecif_no = merges.ecif_no
    """).fetchall()
    assert merged
    assert {row[1:] for row in merged} == {("merged", 0)}
    spine = _one(bank, "select count(*) from people where status_code = 'merged' and ecif_no not in (select ecif_no from true_merges)")
    assert spine == 0


def test_doubles_are_one_person_written_twice(bank):
    pairs = bank.execute("""
        select links.how_code, first.cust_name, second.cust_name, first.id_no, second.id_no, first.id_type, second.id_type
        from true_links as links
        inner join people as second on second.ecif_no = links.src_id
        inner join people as first on first.ecif_no = links.person_id
        where links.src_sys = 'ecif' and links.how_code is not null and links.entity = 'retail'
    """).fetchall()
    assert len(pairs) >= CUSTOMERS * 0.012
    for how, name, other_name, first_no, second_no, kind, other_kind in pairs:
        number, other_number = first_no or "", second_no or ""
        same_number, same_name = number == other_number, name == other_name
        assert {
            "same": same_number and same_name,
            "name_typo": same_number and not same_name and len(name) == len(other_name),
            "name_form": same_number,
            "old_number": len(other_number) == 15 and names.old_number(number) == other_number,
            "number_typo": not same_number and len(number) == len(other_number),
            "no_number": not other_number,
            "other_document": kind != other_kind,
        }[how], how


def test_shares_of_identity_trouble(world):
    people = world.people
    size = people.size
    assert len(people.twins) == round(size * 0.003)
    old = sum(len(number) == 15 for number in people.id_no)
    assert 0.004 < old / size < 0.014
    permits = [at for at in range(size) if people.id_type[at] == "permit_hmt"]
    assert 0.0005 < len(permits) / size < 0.005
    assert all(people.id_no[at][:2] in ("81", "82", "83") and len(people.id_no[at]) == 18 for at in permits)
    assert any(" " in name for name in people.name)
    assert any("·" in name for name in people.name)
    known = world.sources
    twice = np.unique(known.owner * 10 + known.system, return_counts=True)[1] > 1
    persons = int(twice.sum()) + len(people.doubles.kept)
    assert 0.03 < persons / size < 0.06
    assert len({*known.number}) == len(known.number)


def test_identity_checks_answer_as_the_register_would(bank):
    answers = dict(bank.execute("select result_code, count(*) from ext_idcheck group by 1").fetchall())
    assert answers["match"] > 10 * (answers.get("mismatch", 0) + answers.get("not_found", 0))
    found = bank.execute("""
        select distinct checks.result_code from ext_idcheck as checks
        inner join true_links as links on links.src_sys = 'ecif' and links.src_id = checks.ecif_no
        where links.how_code = 'number_typo'
    """).fetchall()
    assert {row[0] for row in found} <= {"not_found"}


def test_pensions_are_paid_while_agreed_and_never_above_the_years_limit(bank):
    outside = bank.execute("""
        select contrib_no from core_pension as paid
        where not exists (
            from core_agreement as agreed
            where agreed.ecif_no = paid.ecif_no and agr_type = 'pension' and agreed.from_date <= replace(paid.paid_date, '-', '')
        )
    """).fetchall()
    assert outside == []
    years = bank.execute("""
        select sum(case when kind_code = 'return' then -1 else 1 end * amt::decimal(18, 2)) as paid, bool_or(kind_code = 'return')
        from core_pension group by ecif_no, left(paid_date, 4)
    """).fetchall()
    assert min(paid for paid, _ in years) > 0 and max(paid for paid, _ in years) == 12_000
    assert len({paid for paid, _ in years}) > 5 and any(gave_back for _, gave_back in years)


def test_shares_of_managers_add_up(bank):
    broken = _one(bank, """
        with now as (
            from crm_assign qualify row_number() over (partition by ecif_no, manager_id, from_date order by delivered desc) = 1
        )
        select count(*) from (
            select ecif_no, sum(share_ratio::decimal(5, 4)) as whole, count(*) filter (role_code = 'main') as mains
            from now where to_date is null group by ecif_no
        ) where whole <> 1 or mains <> 1
    """)
    assert broken == 0
    assert CO_SHARE < WHOLE


def test_households_are_declared_by_people_who_can(bank):
    ties = bank.execute("""
        select ties.kind_code, count(*), count(distinct ties.ecif_no), min(date_diff('year', second.birth_date, date '2026-06-30'))
        from true_households as ties inner join true_customers as second on second.ecif_no = ties.other_ecif_no
        group by 1
    """).fetchall()
    assert {row[0] for row in ties} == {"spouse", "child", "supplementary"}
    assert all(row[1] == row[2] for row in ties)
    assert next(row[3] for row in ties if row[0] == "spouse") >= 22


def test_systems_write_their_customers_down_in_their_own_way(bank):
    records = bank.execute("""
        select said.how_code, said.phone_code, people.cust_name, records.cust_name, people.id_no, records.id_no,
            people.id_type, records.id_type, records.mobile, records.src_sys
        from true_source_identity as said
        inner join ecif_source as records using (src_sys, src_id)
        inner join people on people.ecif_no = said.ecif_no
    """).fetchall()
    assert len(records) == _one(bank, "select count(*) from ecif_source") > CUSTOMERS
    for how, phone, name, other_name, first_no, second_no, kind, other_kind, mobile, system in records:
        number, other_number = first_no or "", second_no or ""
        assert {
            "same": number == other_number and name == other_name,
            "name_typo": number == other_number and name != other_name,
            "name_form": number == other_number,
            "old_number": names.old_number(number) == other_number,
            "number_typo": number != other_number and len(number) == len(other_number),
            "no_number": not other_number,
            "other_document": kind != other_kind,
        }[how], how
        assert (phone == "none") == (mobile is None)
        assert system != "core" or how == "same"
    assert {row[0] for row in records} == {"same", "old_number", "name_typo", "number_typo", "no_number", "other_document", "name_form"}
    # Whose an id is in truth is what the links say.
    assert _one(bank, """
        select count(*) from true_source_identity as said inner join true_links as links using (src_sys, src_id)
        where said.person_id <> links.person_id
    """) == 0


def test_what_a_merged_number_owned_is_the_survivors(bank, world):
    moved = bank.execute("""
        with owned as (
            select ecif_no, 'core_acct' as feed from core_acct qualify row_number() over (partition by acct_no order by delivered desc) = 1
            union all
            select ecif_no, 'card_debit' from card_debit qualify row_number() over (partition by card_ref order by delivered desc) = 1
            union all
            select ecif_no, 'cc_acct' from cc_acct where bal_date = '2026-06-30'
            union all
            select ecif_no, 'inv_hold' from inv_hold where hold_date = '2026-06-30'
        )
        select count(*) filter (ecif_no in (select ecif_no from true_merges)),
            count(*) filter (ecif_no in (select into_ecif_no from true_merges))
        from owned
    """).fetchone()
    assert moved[0] == 0
    assert moved[1] > 1
    # Merges matter: some merged numbers had money, cards or holdings, and the truths count them with the survivor.
    merged = world.sources.merged
    with_money = merged[world.accounts.first[merged] >= 0]
    assert len(with_money) >= 0.0015 * world.people.size
    last = world.horizon.size - 1
    own = aum_at(world, last)
    assert own[with_money].sum() > 0
    kept = world.kept_by(last, own)
    assert kept.sum() == own.sum()
    assert (kept[merged] == 0).all()
    assert np.isin(merged, np.r_[world.cards.owner, world.markets.lots.owner]).any()
    # On the day before a merge the number still has its own.
    who, day = with_money[0], int(world.sources.merge_day[merged == with_money[0]][0])
    assert world.number_of(np.array([who]), day - 1)[0] == who != world.number_of(np.array([who]), day)[0]


def test_some_policies_lapse(world):
    assert 0 < (world.markets.states.status == 1).sum() < len(world.markets.policies.owner) / 4
