"""Companies' rows in the feeds of the credit system: further parts of the deliveries of retail rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth.corporate import lending
from tagmart.synth.corporate.securities import SECURITY_KINDS, make_securities
from tagmart.synth.credit import on_book
from tagmart.synth.feeds_core import gl_orgs
from tagmart.synth.feeds_credit import GUARANTEES, class_feed, limit_versions, note_feed, repay_feed, schedule_feed
from tagmart.synth.note_facts import WATCHED_CLASS, NoteFacts, contract_versions, loan_class, schedule_days
from tagmart.synth.population import NEVER
from tagmart.synth.repayments import paid_instalments
from tagmart.synth.troubles import EXTENSION_NOTICE, OBSERVE_DAYS
from tagmart.synth.write import DELTA, Feed, constant, day_dates, decimals, flags, integers, money, pick, text

if TYPE_CHECKING:
    from tagmart.synth.world import World

PRODUCTS = ("L101", "L102", "L103", "L104")
ENTRUSTED_PRODUCT = "L105"
SUBJECTS = ("130311", "130312", "130313", "130314")
# Off-balance subjects; a discounted bill is an asset of the bank.
OFFBAL_SUBJECTS = ("7001", "7002", "7003", "1301", "7005")
SOME_BAD = 0.1


def numbers(world: World) -> tuple[list[str], list[str], list[str]]:
    """Numbers of limits (single ones, then groups', then low-risk products'), contracts and notes."""
    base, done = world.place.base(5) + 1, world.corporate_ledger
    limits = len(done.limits.owner) + world.companies.groups + len(lending.low_risk_owners(done.offbal))
    notes = len(done.loans.owner)
    return (
        [f"SX{base + at:07d}" for at in range(limits)],
        [f"DG{base + at:07d}" for at in range(notes)],
        [f"DJ{base + at:07d}" for at in range(notes)],
    )


def debtor_classes(world: World, days: np.ndarray) -> np.ndarray:
    """Class of each note (rows) on each of the days: by its own days past due, and by the debtor's.

    What was restructured is watched: it is in no better class than special mention.
    Where more than ten per cent of a debtor's claims are non-performing, all of them are (风险分类办法, article 7).
    """
    loans, state = world.corporate_ledger.loans, world.corporate_ledger.loan_days
    own = loan_class(state.dpd[:, days])
    owed = state.principal[:, days] * on_book(state.there, loans.write_off, loans.entrusted)[:, days]
    total = np.zeros((world.companies.size, len(days)), dtype=np.int64)
    bad = np.zeros_like(total)
    np.add.at(total, loans.owner, owed)
    np.add.at(bad, loans.owner, np.where(own >= 3, owed, 0))
    drags = bad > total * SOME_BAD
    own = np.where(drags[loans.owner], np.maximum(own, 3), own)
    watched = (loans.restructured[:, None] <= days) & (days <= loans.restructured[:, None] + OBSERVE_DAYS)
    return np.where(watched, np.maximum(own, WATCHED_CLASS), own)


def note_facts(world: World) -> NoteFacts:
    """What the files say of companies' notes."""
    firms, done = world.companies, world.corporate_ledger
    loans, state = done.loans, done.loan_days
    _, contract_no, note_no = numbers(world)
    ends = world.horizon.month_first[1:] - 1
    return NoteFacts(
        note_no=note_no,
        contract_no=contract_no,
        ecif_no=[str(firms.ecif_no[who]) for who in loans.owner],
        kind=[lending.NOTE_KINDS[kind] for kind in loans.kind],
        product=[
            ENTRUSTED_PRODUCT if is_other else PRODUCTS[kind]
            for kind, is_other in zip(loans.kind, loans.entrusted, strict=True)
        ],
        subject=[SUBJECTS[kind] for kind in loans.kind],
        rate_bp=loans.rate_bp,
        start=loans.start,
        due=loans.due,
        first_due=loans.first_due,
        ext_day=np.where(loans.first_due < loans.due, loans.first_due - EXTENSION_NOTICE, NEVER),
        write_off=loans.write_off,
        restructured=loans.restructured,
        entrusted=loans.entrusted,
        mode=np.where(loans.kind == lending.FIXED_ASSET, 2, 1),
        outlet=firms.outlet[loans.owner],
        is_inclusive=lending.is_inclusive(firms, loans, done.limits),
        is_first=loans.is_first,
        principal=state.principal,
        overdue=state.overdue,
        overdue_interest=state.overdue_interest,
        dpd=state.dpd,
        there=state.there,
        class_days=ends,
        classed=debtor_classes(world, ends),
    )


def limits_feed(world: World) -> Feed:
    """Single limits below their group's, and limits of business covered by margin, whenever what is used of them changes."""
    firms, done, horizon = world.companies, world.corporate_ledger, world.horizon
    limits, single, groups = done.limits, len(done.limits.owner), world.companies.groups
    head = np.array([np.flatnonzero(firms.group == group)[0] for group in range(groups)], dtype=np.int64)
    member = firms.group[limits.owner]
    of_groups = np.zeros((groups, horizon.size), dtype=np.int64)
    np.add.at(of_groups, member[member >= 0], limits.used.T[member >= 0])
    covered, of_covered = lending.low_risk_owners(done.offbal), lending.low_risk_used(done.offbal, horizon)
    more = np.full(groups + len(covered), -1)
    owner = np.r_[limits.owner, head, covered]
    amt = np.r_[limits.amt, limits.group_amt[:groups], of_covered.max(axis=1, initial=0) * 12 // 10]
    start = np.r_[limits.start, np.full(len(more), -200)]
    end = np.r_[limits.end, np.full(len(more), horizon.size + 200)]
    # A group none of whose members borrows has no limit.
    alive = np.flatnonzero(amt > 0)
    place, day, cents = limit_versions(np.r_[limits.used.T, of_groups, of_covered][alive], start[alive], end[alive])
    row = alive[place]
    limit_no, kind = numbers(world)[0], (row >= single).astype(int) + (row >= single + groups)
    parent = np.r_[np.where(member >= 0, single + member, -1), more][row]
    columns = {
        "limit_no": pick(limit_no, row),
        "ecif_no": pick(list(firms.ecif_no), owner[row]),
        "kind_code": pick(("single", "group", "product"), kind),
        "parent_limit_no": pick(limit_no, parent),
        "amt": money(amt[row]),
        "used_amt": money(cents),
        "frozen_amt": money(np.r_[limits.frozen, np.zeros(len(more), dtype=np.int64)][row]),
        "is_revolving": flags(np.ones(len(row))),
        "is_low_risk": flags(kind == 2),
        "from_date": day_dates(horizon, start[row]),
        "to_date": day_dates(horizon, end[row]),
        "status_code": pick(("live", "expired"), (day > end[row]).astype(int)),
    }
    return Feed("crd_limit", DELTA, columns, day, row)


def contracts_feed(world: World) -> Feed:
    """Contracts when signed and when extended, each under the limit of its borrower; entrusted loans are under none."""
    firms, done, horizon = world.companies, world.corporate_ledger, world.horizon
    loans = done.loans
    limit_no, contract_no, _ = numbers(world)
    place = np.full(firms.size, -1)
    place[done.limits.owner] = np.arange(len(done.limits.owner))
    secured, facts = make_securities(world), note_facts(world)
    mode = np.zeros(len(loans.owner), dtype=np.int64)
    np.maximum.at(mode, secured.loan, np.array([1, 2, 3, 3, 1])[secured.kind])
    row, is_longer, day = contract_versions(facts)
    yearly, owner, start = loans.kind[row] == lending.FIXED_ASSET, loans.owner[row], loans.start[row]
    columns = {
        "contract_no": pick(contract_no, row),
        "limit_no": pick(limit_no, np.where(loans.entrusted[row], -1, place[owner])),
        "ecif_no": pick(list(firms.ecif_no), owner),
        "prod_id": pick(facts.product, row),
        "kind_code": pick(lending.NOTE_KINDS, loans.kind[row]),
        "contract_amt": money(loans.principal[row]),
        "from_date": day_dates(horizon, start),
        "to_date": day_dates(horizon, np.where(is_longer, facts.due[row], facts.first_due[row])),
        "guar_mode": pick(GUARANTEES, mode[row]),
        "rate_type": pick(("fixed", "lpr"), yearly.astype(int)),
        "rate": decimals(loans.rate_bp[row] * 100, 4),
        "reprice_cycle": pick(("none", "year"), yearly.astype(int)),
        "next_reprice_date": day_dates(horizon, _next_anniversary(start, horizon.size), ~yearly),
        "purpose_industry": pick([item.code for item in firms.industry], owner),
        "sign_date": day_dates(horizon, start - 5),
    }
    return Feed("crd_contract", DELTA, columns, day, row)


def _next_anniversary(start: np.ndarray, size: int) -> np.ndarray:
    """The first whole year after the start that lies behind the world."""
    return start + 365 * ((np.maximum(size - start, 0)) // 365 + 1)


def security_feed(world: World) -> Feed:
    """Collateral and guarantees when given; what a circle's members guarantee for each other is in force for years."""
    found, horizon, firms = make_securities(world), world.horizon, world.companies
    contract_no, base = numbers(world)[1], world.place.base(5) + 1
    people = list(world.people.ecif_no)
    provider = np.where(found.person >= 0, firms.size + found.person, found.firm)
    columns = {
        "guar_no": text([f"DY{base + at:07d}" for at in range(len(found.loan))]),
        "contract_no": pick(contract_no, found.loan),
        "kind_code": pick(SECURITY_KINDS, found.kind),
        "provider_ecif": pick([*firms.ecif_no, *people], provider),
        "value_amt": money(found.value),
        "appraise_date": day_dates(horizon, found.start - 12, np.isin(found.kind, (0, 4))),
        "amt": money(found.amt),
        "from_date": day_dates(horizon, found.start),
        "to_date": day_dates(horizon, found.end),
        "rank_no": integers(np.ones(len(found.loan))),
        "status_code": constant("live", len(found.loan)),
    }
    return Feed("crd_security", DELTA, columns, found.start, np.arange(len(found.loan)))


def offbal_feed(world: World) -> Feed:
    """Bills, guarantees, letters and commitments when issued and when over; an advance stays open."""
    firms, done, horizon = world.companies, world.corporate_ledger, world.horizon
    found, base = done.offbal, world.place.base(5) + 1
    ends = np.flatnonzero(found.due < horizon.size)
    row = np.r_[np.arange(len(found.owner)), ends]
    over = np.arange(len(row)) >= len(found.owner)
    place = np.full(firms.size, -1)
    place[done.limits.owner] = np.arange(len(done.limits.owner))
    # What is covered in full is outside the exposure, under a limit of its own.
    covered = lending.low_risk_owners(found)
    low = len(done.limits.owner) + firms.groups + np.searchsorted(covered, found.owner)
    limit = np.where(lending.is_low_risk(found), low, place[found.owner])
    margin = np.where(found.margin[row] > 0, done.accounts.margin[found.owner[row]], -1)
    columns = {
        "biz_no": pick([f"BW{base + at:07d}" for at in range(len(found.owner))], row),
        "ecif_no": pick(list(firms.ecif_no), found.owner[row]),
        "limit_no": pick(numbers(world)[0], limit[row]),
        "kind_code": pick(lending.OFFBAL_KINDS, found.kind[row]),
        "face_amt": money(found.face[row]),
        "margin_acct_no": pick(list(done.accounts.numbers), margin),
        "margin_amt": money(np.where(over, 0, found.margin[row])),
        "start_date": day_dates(horizon, found.start[row]),
        "due_date": day_dates(horizon, found.due[row]),
        "adv_amt": money(np.where(over, found.advance[row], 0)),
        "gl_subject": pick(OFFBAL_SUBJECTS, found.kind[row]),
        "gl_org": pick(gl_orgs(), firms.outlet[found.owner[row]]),
        "status_code": pick(("live", "settled", "advanced"), np.where(over, np.where(found.advance[row] > 0, 2, 1), 0)),
    }
    return Feed("crd_offbal", DELTA, columns, np.where(over, found.due[row], found.start[row]), row)


def credit_feeds(world: World, initial: int, first: int, last: int) -> Iterator[Feed]:
    """All of companies' rows in the credit system: daily rows from `first` to `last`, initial load of day `initial`."""
    done, horizon, facts = world.corporate_ledger, world.horizon, note_facts(world)
    now, loans = done.schedule, done.loans
    agreed, changed = schedule_days(facts, now.note, now.due)
    before = np.where(changed < NEVER, loans.principal[now.note], now.principal)
    yield limits_feed(world)
    yield contracts_feed(world)
    yield note_feed(facts, horizon, first, last)
    yield schedule_feed(
        facts.note_no, horizon, now.note, now.term, now.due, (before, now.principal), (now.interest, now.interest),
        (agreed, changed, now.paid), initial,
    )
    yield repay_feed(facts.note_no, "DH", world.place.base(5), paid_instalments(now, horizon), horizon, first)
    yield class_feed(facts, horizon, first)
    yield security_feed(world)
    yield offbal_feed(world)
