"""The feeds of the credit system, as files see them; retail loans here, companies' come through the same functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth import credit
from tagmart.synth.calendar import Horizon
from tagmart.synth.feeds_core import gl_orgs
from tagmart.synth.note_facts import (
    WATCHED_CLASS,
    NoteFacts,
    contract_versions,
    loan_class,
    schedule_days,
    watched_class,
)
from tagmart.synth.population import NEVER
from tagmart.synth.repayments import REPAY_KINDS, Repayments, first_months, sums_upto, used_of
from tagmart.synth.write import (
    DATED,
    DELTA,
    JOURNAL,
    Feed,
    constant,
    day_dates,
    decimals,
    flags,
    integers,
    money,
    numbered,
    pick,
    text,
)

if TYPE_CHECKING:
    from tagmart.synth.world import World

REPAY_MODES = ("annuity", "bullet", "quarterly")
GUARANTEES = ("credit", "guarantee", "mortgage", "pledge")
# Product, ledger subject (below 1303 贷款) and usual guarantee of retail loans by kind.
RETAIL_PRODUCTS = ("L001", "L002", "L004")
RETAIL_SUBJECTS = ("130301", "130302", "130303")
RETAIL_GUARANTEES = (2, 0, 1)
# Off the balance sheet: loans of other people's money, and claims that were given up (memo).
ENTRUSTED_SUBJECT, WRITTEN_SUBJECT = "7006", "7011"
ENTRUSTED_PRODUCT = "L005"


def note_feed(facts: NoteFacts, horizon: Horizon, first: int, last: int) -> Feed:
    """Notes at the end of every day from `first` to `last`."""
    at, row = np.nonzero(facts.there[:, first : last + 1].T)
    day = first + at
    overdue, dpd = facts.overdue[row, day], facts.dpd[row, day]
    is_longer, is_written = day >= facts.ext_day[row], day >= facts.write_off[row]
    subjects = [*facts.subject, ENTRUSTED_SUBJECT, WRITTEN_SUBJECT]
    off_book = np.where(facts.entrusted[row], len(facts.subject), len(facts.subject) + 1)
    columns = {
        "note_no": pick(facts.note_no, row),
        "contract_no": pick(facts.contract_no, row),
        "ecif_no": pick(facts.ecif_no, row),
        "prod_id": pick(facts.product, row),
        "kind_code": pick(facts.kind, row),
        "ccy": constant("CNY", len(row)),
        "bal_date": day_dates(horizon, day),
        "principal_amt": money(facts.principal[row, day]),
        "overdue_amt": money(overdue),
        "overdue_int_amt": money(facts.overdue_interest[row, day]),
        "dpd": integers(dpd),
        "dpd_prin": integers(np.where(overdue > 0, dpd, 0)),
        "dpd_int": integers(np.where(facts.overdue_interest[row, day] > 0, dpd, 0)),
        "rate": decimals(facts.rate_bp[row] * 100, 4),
        "start_date": day_dates(horizon, facts.start[row]),
        "due_date": day_dates(horizon, np.where(is_longer, facts.due[row], facts.first_due[row])),
        "ext_cnt": integers(is_longer),
        "repay_mode": pick(REPAY_MODES, facts.mode[row]),
        "is_inclusive": flags(facts.is_inclusive[row]),
        "is_first": flags(facts.is_first[row]),
        "write_off_date": day_dates(horizon, facts.write_off[row], ~is_written),
        "gl_subject": pick(subjects, np.where(facts.entrusted[row] | is_written, off_book, row)),
        "gl_org": pick(gl_orgs(), facts.outlet[row]),
        "is_entrusted": flags(facts.entrusted[row]),
    }
    return Feed("crd_note", DATED, columns, day)


def class_feed(facts: NoteFacts, horizon: Horizon, first: int) -> Feed:
    """Classes of the bank's loans at the month ends from day `first` on, with the class of the month before."""
    there = facts.on_book[:, facts.class_days]
    row, at = np.nonzero(there)
    now = facts.classed[row, at]
    before = np.where((at > 0) & there[row, at - 1], facts.classed[row, at - 1], 0)
    kept = np.flatnonzero(facts.class_days[at] >= first)
    kept = kept[np.lexsort((row[kept], at[kept]))]
    row, at, now, before = row[kept], at[kept], now[kept], before[kept]
    own = loan_class(facts.dpd[row, facts.class_days[at]])
    watched = facts.is_observed[row, at]
    reason = np.select([watched & (now == WATCHED_CLASS) & (own < now), now > own, now > 1], [3, 2, 1], 0)
    columns = {
        "note_no": pick(facts.note_no, row),
        "class_date": day_dates(horizon, facts.class_days[at]),
        "class_code": integers(now),
        "prev_class": integers(before, before == 0),
        # Worse than its own days past due: the debtor's other loans drag it down.
        "reason_code": pick(("monthly", "overdue", "debtor", "restructured"), reason),
        "is_restructured": flags(watched),
        "observe_to": day_dates(horizon, facts.observe_to[row], ~watched),
    }
    return Feed("crd_class", JOURNAL, columns, facts.class_days[at])


def schedule_feed(
    note_no: list[str],
    horizon: Horizon,
    note: np.ndarray,
    term: np.ndarray,
    due: np.ndarray,
    principal: tuple[np.ndarray, np.ndarray],
    interest: tuple[np.ndarray, np.ndarray],
    days: tuple[np.ndarray, np.ndarray, np.ndarray],
    first: int,
) -> Feed:
    """Instalments as agreed, as changed by a prepayment, and as paid; versions that nobody will see are left out.

    Args:
        note_no: of the notes.
        horizon: of the world.
        note: of each instalment.
        term: its number.
        due: its day.
        principal: cents before and after the change.
        interest: cents before and after the change.
        days: of the agreement, of the change (NEVER for none) and of the payment (NEVER for none).
        first: day of the initial load.
    """
    agreed, changed, paid = days
    has_change = changed < due
    parts = [
        (np.flatnonzero((np.where(has_change, changed, NEVER) > first) & (paid > first)), 0, agreed),
        (np.flatnonzero(has_change & (changed < horizon.size) & (paid > first)), 1, changed),
        (np.flatnonzero(paid < horizon.size), 2, paid),
    ]
    row = np.concatenate([part[0] for part in parts])
    stage = np.concatenate([np.full(len(part[0]), part[1]) for part in parts])
    day = np.concatenate([part[2][part[0]] for part in parts])
    new = has_change[row] & (stage > 0)
    prin, inter = np.where(new, principal[1][row], principal[0][row]), np.where(new, interest[1][row], interest[0][row])
    done = stage == 2
    columns = {
        "note_no": pick(note_no, note[row]),
        "term_no": integers(term[row]),
        "due_date": day_dates(horizon, due[row]),
        "prin_amt": money(prin),
        "int_amt": money(inter),
        "paid_prin_amt": money(np.where(done, prin, 0)),
        "paid_int_amt": money(np.where(done, inter, 0)),
        "paid_date": day_dates(horizon, paid[row], ~done),
    }
    return Feed("crd_schedule", DELTA, columns, day, row)


def repay_feed(note_no: list[str], letter: str, base: int, repaid: Repayments, horizon: Horizon, first: int) -> Feed:
    """Payments on loans from day `first` on."""
    serial = np.arange(len(repaid.day)) - np.searchsorted(repaid.day, repaid.day, side="left") + 1 + base
    kept = np.flatnonzero(repaid.day >= first)
    day, note = repaid.day[kept], repaid.note[kept]
    columns = {
        "repay_no": numbered(letter, horizon, day, serial[kept], 7),
        "note_no": pick(note_no, note),
        "acct_date": day_dates(horizon, day),
        "prin_amt": money(repaid.principal[kept]),
        "int_amt": money(repaid.interest[kept]),
        "penalty_amt": money(repaid.penalty[kept]),
        "kind_code": pick(REPAY_KINDS, repaid.kind[kept]),
    }
    return Feed("crd_repay", JOURNAL, columns, day)


def limit_versions(used: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A version of a limit when it begins, whenever its use changes, and when it expires: row, day, cents used.

    Args:
        used: cents per limit (rows) and lived day (columns).
        start: the day from which each is in force.
        end: the last day of each.
    """
    size = used.shape[1]
    moved = np.zeros(used.shape, dtype=bool)
    moved[:, 1:] = used[:, 1:] != used[:, :-1]
    row, day = np.nonzero(moved)
    inside = day > start[row]
    gone = np.flatnonzero(end + 1 < size)
    rows = np.r_[np.arange(len(start)), row[inside], gone]
    days = np.r_[start, day[inside], end[gone] + 1]
    order = np.lexsort((days, rows))
    rows, days = rows[order], days[order]
    return rows, days, used[rows, np.clip(days, 0, size - 1)]


def retail_numbers(world: World) -> tuple[list[str], list[str], list[str]]:
    """Numbers of limits, contracts and notes."""
    base, count = world.place.base(5) + 1, len(world.notes.owner)
    limits = len(world.retail_limits.owner)
    return (
        [f"ED{base + at:07d}" for at in range(limits)],
        [f"HT{base + at:07d}" for at in range(count)],
        [f"JJ{base + at:07d}" for at in range(count)],
    )


def retail_facts(world: World) -> NoteFacts:
    """What the files say of retail notes."""
    notes, state, people, horizon = world.notes, world.note_days, world.people, world.horizon
    schedule, count = world.schedule.now, len(notes.owner)
    _, contract_no, note_no = retail_numbers(world)
    unpaid = sums_upto(count, horizon.size, schedule.note, schedule.due, schedule.interest) - sums_upto(
        count, horizon.size, schedule.note, schedule.paid, schedule.interest
    )
    ends = horizon.month_first[1:] - 1
    is_biz = notes.kind == credit.BIZ
    place = np.arange(count)
    newest = np.r_[np.unique(notes.owner, return_index=True)[1]]
    facts = NoteFacts(
        note_no=note_no,
        contract_no=contract_no,
        ecif_no=[str(people.ecif_no[who]) for who in notes.owner],
        kind=[credit.LOAN_KINDS[kind] for kind in notes.kind],
        product=[
            ENTRUSTED_PRODUCT if is_other else RETAIL_PRODUCTS[kind]
            for kind, is_other in zip(notes.kind, notes.entrusted, strict=True)
        ],
        subject=[RETAIL_SUBJECTS[kind] for kind in notes.kind],
        rate_bp=notes.rate_bp,
        start=notes.start,
        due=_last_days(world),
        first_due=np.where(
            notes.ext_day < NEVER, credit.payment_days(notes, place, first_months(notes), horizon), _last_days(world)
        ),
        ext_day=notes.ext_day,
        write_off=notes.write_off,
        restructured=notes.restructured,
        entrusted=notes.entrusted,
        mode=np.where(is_biz, 1, 0),
        outlet=people.outlet[notes.owner],
        is_inclusive=is_biz & (notes.principal <= 1_000_000_000),
        is_first=np.isin(place, newest) & ~notes.entrusted & (notes.owner % 3 == 0),
        principal=state.principal,
        overdue=state.overdue,
        overdue_interest=unpaid,
        dpd=state.dpd,
        there=state.there,
        class_days=ends,
        classed=loan_class(state.dpd[:, ends]),
    )
    return watched_class(facts)


def _last_days(world: World) -> np.ndarray:
    """The day of the last instalment of each note."""
    found = np.zeros(len(world.notes.owner), dtype=np.int64)
    np.maximum.at(found, world.schedule.now.note, world.schedule.now.due)
    return found


def retail_contracts(world: World) -> Feed:
    """Contracts when signed, and when more time is agreed; what is lent for others has no limit of the bank above it."""
    notes, horizon, facts = world.notes, world.horizon, retail_facts(world)
    limit_no, contract_no, _ = retail_numbers(world)
    row, is_longer, day = contract_versions(facts)
    is_mortgage, kind, count = notes.kind[row] == credit.MTG, notes.kind[row], len(row)
    columns = {
        "contract_no": pick(contract_no, row),
        "limit_no": pick(limit_no, np.where(notes.entrusted[row], -1, row)),
        "ecif_no": pick(list(world.people.ecif_no), notes.owner[row]),
        "prod_id": pick(facts.product, row),
        "kind_code": pick(credit.LOAN_KINDS, kind),
        "contract_amt": money(notes.principal[row]),
        "from_date": day_dates(horizon, notes.start[row]),
        "to_date": day_dates(horizon, np.where(is_longer, facts.due[row], facts.first_due[row])),
        "guar_mode": pick(GUARANTEES, np.array(RETAIL_GUARANTEES)[kind]),
        "rate_type": pick(("fixed", "lpr"), is_mortgage.astype(int)),
        "rate": decimals(notes.rate_bp[row] * 100, 4),
        "reprice_cycle": pick(("none", "year"), is_mortgage.astype(int)),
        "next_reprice_date": day_dates(horizon, _next_new_year(horizon, notes.start[row]), ~is_mortgage),
        "purpose_industry": constant("", count),
        "sign_date": day_dates(horizon, notes.start[row] - 3),
    }
    return Feed("crd_contract", DELTA, columns, day, row)


def _next_new_year(horizon: Horizon, start: np.ndarray) -> np.ndarray:
    """The first of January after the world, or after the start where that is later: mortgages are repriced then."""
    end = np.maximum(start, horizon.size)
    year = (horizon.origin + end.astype("timedelta64[D]")).astype("datetime64[Y]") + 1
    return (year.astype("datetime64[D]") - horizon.origin).astype(np.int64)


def retail_limits(world: World) -> Feed:
    """Limits of retail customers, whenever what is used of them changes."""
    limits, horizon = world.retail_limits, world.horizon
    row, day, cents = limit_versions(used_of(limits, world.notes, world.note_days), limits.start, limits.end)
    columns = {
        "limit_no": pick(retail_numbers(world)[0], row),
        "ecif_no": pick(list(world.people.ecif_no), limits.owner[row]),
        "kind_code": constant("single", len(row)),
        "parent_limit_no": constant("", len(row)),
        "amt": money(limits.amt[row]),
        "used_amt": money(cents),
        "frozen_amt": money(np.zeros(len(row))),
        "is_revolving": flags(limits.revolves[row]),
        "is_low_risk": flags(np.zeros(len(row))),
        "from_date": day_dates(horizon, limits.start[row]),
        "to_date": day_dates(horizon, limits.end[row]),
        "status_code": pick(("live", "expired"), (day > limits.end[row]).astype(int)),
    }
    return Feed("crd_limit", DELTA, columns, day, row)


def retail_security(world: World) -> Feed:
    """The house behind every mortgage, and the person behind a business loan: the spouse, else the borrower; one for another."""
    notes, horizon, people = world.notes, world.horizon, world.people
    row = np.flatnonzero(notes.kind != credit.CONS)
    is_house = notes.kind[row] == credit.MTG
    ties = world.households
    spouse = np.full(people.size, -1)
    spouse[ties.first[ties.kind == 0]] = ties.second[ties.kind == 0]
    spouse[ties.second[ties.kind == 0]] = ties.first[ties.kind == 0]
    stands = np.where(is_house | (spouse[notes.owner[row]] < 0), notes.owner[row], spouse[notes.owner[row]])
    if (stands == notes.owner[row]).all() and not is_house.all():
        # However small the bank, one person stands in for another: for the business loan that lasts longest.
        longest = np.argmax(np.where(is_house, -1, _last_days(world)[row]))
        others = notes.owner[row][notes.owner[row] != notes.owner[row][longest]]
        stands[longest] = others[0] if len(others) else stands[longest]
    base = world.place.base(5) + 1
    columns = {
        "guar_no": text([f"DB{base + at:07d}" for at in range(len(row))]),
        "contract_no": pick(retail_numbers(world)[1], row),
        "kind_code": pick(("guarantee", "house"), is_house.astype(int)),
        "provider_ecif": pick(list(people.ecif_no), stands),
        "value_amt": money(notes.principal[row] * np.where(is_house, 14, 10) // 10),
        "appraise_date": day_dates(horizon, notes.start[row] - 10, ~is_house),
        "amt": money(notes.principal[row]),
        "from_date": day_dates(horizon, notes.start[row]),
        "to_date": day_dates(horizon, _last_days(world)[row]),
        "rank_no": integers(np.ones(len(row))),
        "status_code": constant("live", len(row)),
    }
    return Feed("crd_security", DELTA, columns, notes.start[row], row)


def credit_feeds(world: World, initial: int, first: int, last: int) -> Iterator[Feed]:
    """All of retail customers' rows in the credit system: daily rows from `first` to `last`, initial load of day `initial`."""
    horizon, facts = world.horizon, retail_facts(world)
    before, now, notes = world.schedule.first, world.schedule.now, world.notes
    agreed, changed = schedule_days(facts, now.note, now.due)
    changed = np.minimum(changed, notes.prepay_day[now.note])
    yield retail_limits(world)
    yield retail_contracts(world)
    yield note_feed(facts, horizon, first, last)
    yield schedule_feed(
        facts.note_no, horizon, now.note, now.term, now.due, (before.principal, now.principal),
        (before.interest, now.interest), (agreed, changed, now.paid), initial,
    )
    yield repay_feed(facts.note_no, "HK", world.place.base(5), world.repaid, horizon, first)
    yield class_feed(facts, horizon, first)
    yield retail_security(world)
