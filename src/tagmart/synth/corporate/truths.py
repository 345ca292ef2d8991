"""What is true of companies at a date, worked out from the world itself: for the answer files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tagmart.synth import fx
from tagmart.synth.corporate import accounts as acc
from tagmart.synth.corporate import registers as reg
from tagmart.synth.corporate.companies import CORP_TYPES, SIZES
from tagmart.synth.corporate.feeds_credit import debtor_classes, numbers
from tagmart.synth.corporate.feeds_party import group_ids
from tagmart.synth.corporate.securities import circle_edges
from tagmart.synth.credit import on_book
from tagmart.synth.feeds_credit import retail_numbers
from tagmart.synth.ledger import ACCOUNT, INIT, OWN_FX
from tagmart.synth.population import NEVER
from tagmart.synth.repayments import used_of
from tagmart.synth.write import day_dates, integers, money, pick, text

if TYPE_CHECKING:
    from tagmart.synth.world import World

WINDOW = 90
NOTES = {
    "companies.in_amt_90, out_amt_90": "last 90 days, all accounts of the company, transfers between its own accounts left out",
    "companies.pay_heads_lm": "people whose pay arrived in the last complete month, all kinds of pay",
    "companies.class_code": "worst class of the debtor's notes at the last month end, by days past due and the 10 % rule; 0 none",
    "companies.is_lapsed": "gave an authorisation for tax and customs data that has run out",
    "companies.true_uscc": "the register's code; the customer file has another one where is_uscc_wrong",
    "circles": "strongly connected guarantees, one row a member and whom it guarantees for",
}


def companies(world: World, last: int) -> pa.Table:
    """One row per company that is a customer at the end of day `last`."""
    firms, done, known = world.companies, world.corporate_ledger, world.registers
    book, here = done.accounts, firms.open_day <= last
    alive = (book.opened <= last) & (book.closing > last)
    columns: dict[str, pa.Array] = {
        "ecif_no": text(firms.ecif_no),
        "true_uscc": text(firms.uscc),
        "is_uscc_wrong": pa.array(firms.is_wrong),
        "corp_type": pick(CORP_TYPES, firms.kind),
        "size_code": pick(SIZES, firms.scale),
        "has_basic": pa.array(firms.has_basic & (firms.closing_day > last)),
        "operator_ecif": pick(list(world.people.ecif_no), firms.operator),
        "legal_rep_ecif": pick(
            list(world.people.ecif_no), np.where(known.new_rep_day <= last, -1, firms.legal_rep)
        ),
        "legal_rep_chg_date": day_dates(world.horizon, known.new_rep_day, known.new_rep_day > last),
        "group_id": pick(group_ids(world), firms.group),
        "circle_id": integers(firms.circle + world.place.base(1), firms.circle < 0),
    }
    for name, kind in (("demand_bal", acc.DEMAND), ("term_bal", acc.TERM), ("margin_bal", acc.HELD)):
        at = np.flatnonzero(alive & (book.kind == kind))
        cents = _sums(firms.size, book.owner[at], done.balance[last][at])
        if kind == acc.DEMAND:
            cents += fx.summed_by_owner(done.fx, firms.size, done.fx.base_balance(last, last)[0])
        columns[name] = money(cents)
    columns |= _flows(world, last) | _debts(world, last)
    authorised = known.auth_from <= last
    columns |= {
        "pay_heads_lm": integers(_heads(world, last)),
        "is_authorised": pa.array(authorised & (known.auth_to >= last)),
        "is_lapsed": pa.array(authorised & (known.auth_to < last)),
        "is_abnormal": pa.array((known.abnormal_from <= last) & (known.abnormal_to > last)),
        "is_dishonest": pa.array(_has_case(world, last, "dishonest")),
        "has_new_partner": pa.array(np.isin(np.arange(firms.size), done.new_partners)),
        "quiet_date": day_dates(world.horizon, firms.quiet_day, firms.quiet_day > last),
    }
    for code, name in enumerate(reg.LIST_CODES):
        valid = (known.list_code == code) & (known.list_from <= last) & (known.list_to > last)
        columns[f"is_{name}"] = pa.array(np.isin(np.arange(firms.size), known.list_owner[valid]))
    return pa.table(columns).filter(pa.array(here))


def _sums(size: int, owner: np.ndarray, cents: np.ndarray) -> np.ndarray:
    found = np.zeros(size, dtype=np.int64)
    np.add.at(found, owner, cents)
    return found


def _flows(world: World, last: int) -> dict[str, pa.Array]:
    """Movements of the last WINDOW days; a company's transfers between its own accounts are none."""
    legs, owner, size = world.corporate_ledger.legs, world.corporate_ledger.accounts.owner, world.companies.size
    who = owner[legs.acct]
    own = (legs.cp_kind == ACCOUNT) & (owner[np.maximum(legs.cp_acct, 0)] == who)
    own |= legs.cp_kind == OWN_FX
    abroad = world.corporate_ledger.fx
    far = (abroad.legs.day > last - WINDOW) & (abroad.legs.day <= last) & ~abroad.legs.is_own
    inside = (legs.day > last - WINDOW) & (legs.day <= last) & ~own
    found: dict[str, pa.Array] = {}
    for name, sign in (("in", 1), ("out", -1)):
        at = np.flatnonzero(inside & (legs.sign == sign))
        more = np.flatnonzero(far & (abroad.legs.sign == sign))
        cents = _sums(size, who[at], legs.amt[at]) + fx.summed_by_owner(abroad, size, abroad.legs.base[more], more)
        count = fx.summed_by_owner(abroad, size, np.ones(len(more), dtype=np.int64), more)
        found[f"{name}_amt_{WINDOW}"] = money(cents)
        found[f"{name}_cnt_{WINDOW}"] = integers(np.bincount(who[at], minlength=size) + count)
    acted = np.flatnonzero((legs.init == INIT["C"]) & (legs.day <= last))
    latest = np.full(size, -1)
    np.maximum.at(latest, who[acted], legs.day[acted])
    sent = np.flatnonzero((abroad.legs.kind == fx.OUT) & (abroad.legs.day <= last))
    np.maximum.at(latest, abroad.accounts.owner[abroad.legs.acct[sent]], abroad.legs.day[sent])
    return found | {"last_self_date": day_dates(world.horizon, latest, latest < 0)}


def _debts(world: World, last: int) -> dict[str, pa.Array]:
    """What companies owe, what they may still draw, how well they pay."""
    done, size = world.corporate_ledger, world.companies.size
    loans, state, limits, offbal = done.loans, done.loan_days, done.limits, done.offbal
    own = on_book(state.there, loans.write_off, loans.entrusted)
    at = np.flatnonzero(own[:, last])
    dpd, worst = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    np.maximum.at(dpd, loans.owner[at], state.dpd[at, last])
    ends = world.horizon.month_first[1:] - 1
    ends = ends[ends <= last]
    if len(ends):
        judged = np.flatnonzero(own[:, ends[-1]])
        np.maximum.at(worst, loans.owner[judged], debtor_classes(world, ends[-1:])[judged, 0])
    force = np.flatnonzero((limits.start <= last) & (limits.end >= last))
    room = np.maximum(limits.amt - limits.used[last] - limits.frozen, 0)
    live = np.flatnonzero((offbal.start <= last) & (offbal.due > last))
    return {
        "loan_bal": money(_sums(size, loans.owner[at], state.principal[at, last])),
        "loan_overdue_amt": money(_sums(size, loans.owner[at], state.overdue[at, last])),
        "loan_dpd": integers(dpd),
        "class_code": integers(worst),
        "limit_amt": money(_sums(size, limits.owner[force], limits.amt[force])),
        "limit_used_amt": money(_sums(size, limits.owner[force], limits.used[last][force])),
        "limit_avail_amt": money(_sums(size, limits.owner[force], room[force])),
        "offbal_face_amt": money(_sums(size, offbal.owner[live], offbal.face[live])),
        "advance_amt": money(_sums(size, offbal.owner, np.where(offbal.due <= last, offbal.advance, 0))),
    }


def _heads(world: World, last: int) -> np.ndarray:
    """People whom each company paid in the last complete month."""
    firms, batches, pay, horizon = world.companies, world.batches, world.payments, world.horizon
    month = int(np.searchsorted(horizon.month_first, last + 1, side="right")) - 2
    low, high = horizon.month_first[month], horizon.month_first[month + 1]
    employer, day = pay.employer[batches.order], pay.day[batches.order]
    at = np.flatnonzero(batches.is_paid & (employer >= 0) & (day >= low) & (day < high))
    pairs = np.unique(employer[at] * world.people.size + pay.payee[batches.order][at]) // world.people.size
    firm = firms.of_employer[pairs]
    return np.bincount(firm[firm >= 0], minlength=firms.size)


def _has_case(world: World, last: int, kind: str) -> np.ndarray:
    known = world.registers
    at = (known.case_kind == reg.CASE_KINDS.index(kind)) & (known.case_start <= last) & (known.case_end > last)
    return np.isin(np.arange(world.companies.size), known.case_owner[at & ~known.case_is_plaintiff])


def circles(world: World) -> pa.Table:
    """Guarantees inside the planted circles: guarantor and debtor."""
    ecif = list(world.companies.ecif_no)
    edges = np.array(circle_edges(world), dtype=np.int64).reshape(-1, 2)
    number = world.companies.circle[edges[:, 0]] + world.place.base(1)
    return pa.table({
        "circle_id": integers(number), "guarantor_ecif": pick(ecif, edges[:, 0]), "debtor_ecif": pick(ecif, edges[:, 1]),
    })


def limits(world: World, last: int) -> pa.Table:
    """Single limits in force of persons and companies: amount, used and what may still be drawn."""
    mine, firms, loan_limits = world.retail_limits, world.companies, world.corporate_ledger.limits
    used = np.r_[used_of(mine, world.notes, world.note_days)[:, last], loan_limits.used[last]]
    amt, frozen = np.r_[mine.amt, loan_limits.amt], np.r_[np.zeros(len(mine.amt), dtype=np.int64), loan_limits.frozen]
    start, end = np.r_[mine.start, loan_limits.start], np.r_[mine.end, loan_limits.end]
    ecif = [*world.people.ecif_no[mine.owner], *firms.ecif_no[loan_limits.owner]]
    force = (start <= last) & (end >= last)
    table = pa.table({
        "ecif_no": text(ecif),
        "limit_no": text([*retail_numbers(world)[0], *numbers(world)[0][: len(loan_limits.owner)]]),
        "amt": money(amt),
        "used_amt": money(used),
        "avail_amt": money(np.maximum(amt - used - frozen, 0)),
    })
    return table.filter(pa.array(force))


def warnings(world: World, last: int) -> pa.Table:
    """Events of companies that somebody should find: kind, company and date."""
    firms, known, done = world.companies, world.registers, world.corporate_ledger
    dpd, there = done.loan_days.dpd[:, last], done.loan_days.there[:, last]
    late = np.flatnonzero((dpd > 0) & there & (done.loans.write_off > last))
    dishonest = np.flatnonzero(
        (known.case_kind == reg.CASE_KINDS.index("dishonest")) & (known.case_start <= last) & (known.case_end > last)
    )
    advanced = np.flatnonzero((done.offbal.advance > 0) & (done.offbal.due <= last))
    granted = np.flatnonzero((done.limits.used.max(axis=0) == 0) & (done.limits.start <= last) & (done.limits.end >= last))
    some = {name: np.flatnonzero(days <= last) for name, days in (
        ("rep", known.new_rep_day), ("abnormal", np.where(known.abnormal_to > last, known.abnormal_from, NEVER)),
        ("quiet", firms.quiet_day), ("lapsed", known.auth_to + 1),
    )}
    parts = [
        ("legal_rep_changed", some["rep"], known.new_rep_day[some["rep"]]),
        ("abnormal", some["abnormal"], known.abnormal_from[some["abnormal"]]),
        ("quiet", some["quiet"], firms.quiet_day[some["quiet"]]),
        ("authorisation_lapsed", some["lapsed"], known.auth_to[some["lapsed"]] + 1),
        ("dishonest", known.case_owner[dishonest], known.case_start[dishonest]),
        ("overdue", done.loans.owner[late], last - dpd[late]),
        ("advance", done.offbal.owner[advanced], done.offbal.due[advanced]),
        ("limit_undrawn", done.limits.owner[granted], done.limits.start[granted]),
    ]
    kind = np.repeat(np.arange(len(parts)), [len(part[1]) for part in parts])
    owner, day = (np.concatenate([part[at] for part in parts]).astype(np.int64) for at in (1, 2))
    return pa.table({
        "kind": pick([part[0] for part in parts], kind),
        "ecif_no": pick(list(firms.ecif_no), owner),
        "event_date": day_dates(world.horizon, day),
    })


def answer_tables(world: World, last: int) -> dict[str, pa.Table]:
    """The tables of this part, by name."""
    return {
        "companies": companies(world, last),
        "circles": circles(world),
        "limits": limits(world, last),
        "corporate_warnings": warnings(world, last),
    }
