"""Companies' rows in the feeds of the core and agency payment systems: further parts of the deliveries of retail rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth import ledger, names, reference
from tagmart.synth.account_states import account_states
from tagmart.synth.accruals import accumulated, demand_accrued, term_accrued
from tagmart.synth.corporate import accounts as acc
from tagmart.synth.corporate.agreements import AGREEMENTS, Agreements, make_agreements
from tagmart.synth.corporate.controls import frozen_amounts, make_controls
from tagmart.synth.corporate.flows import PARTNERS
from tagmart.synth.corporate.recon import core_recon
from tagmart.synth.corporate.settle import RATE_BP
from tagmart.synth.feeds_core import control_feed, gl_orgs, hist_month
from tagmart.synth.population import NEVER
from tagmart.synth.sizes import in_slices
from tagmart.synth.summaries import SUMMARIES, summary_places
from tagmart.synth.write import (
    DATED,
    DELTA,
    JOURNAL,
    Feed,
    constant,
    day_dates,
    day_times,
    decimals,
    flags,
    integers,
    money,
    numbered,
    pick,
)

if TYPE_CHECKING:
    from tagmart.synth.world import World

NEW_PARTNERS = 90
# The bank's serial numbers of a day are shared out by letter: T for retail accounts, C for companies'.
LETTER = "C"


def core_acct(world: World, first: int, last: int) -> Feed:
    """Accounts when opened, whenever used behind the initial load of day `first`, and when closed."""
    firms, book = world.companies, world.corporate_ledger.accounts
    everyone = np.arange(len(book.owner))
    states = account_states(everyone, book.opened, book.closing, world.corporate_ledger.legs, first, last)
    row, closed = states.row, states.closed
    outlet = firms.outlet[book.owner[row]]
    columns = {
        "acct_no": pick(list(book.numbers), row),
        "ecif_no": pick(list(firms.ecif_no), book.owner[row]),
        "class_code": constant("", len(row)),
        "nature_code": pick(acc.NATURES, book.nature[row]),
        "prod_id": pick(acc.PRODUCTS, book.kind[row]),
        "kind_code": pick(acc.KINDS, book.kind[row]),
        "ccy": constant("CNY", len(row)),
        "open_org": pick(reference.outlet_ids(), outlet),
        "gl_org": pick(gl_orgs(), outlet),
        "gl_subject": pick(acc.SUBJECTS, book.kind[row]),
        "open_date": day_dates(world.horizon, book.opened[row]),
        "close_date": day_dates(world.horizon, book.closing[row], ~closed),
        "status_code": pick(("open", "closed"), closed.astype(int)),
        "is_settle": flags(book.kind[row] == acc.DEMAND),
        "last_txn_date": day_dates(world.horizon, states.last_used, states.last_used < 0),
    }
    return Feed("core_acct", DELTA, columns, states.day, row)


def core_bal(world: World, first: int, last: int) -> Feed:
    """One balance per open account and calendar day; margin is frozen, since it stands behind a bill or guarantee.

    So is what courts and others ordered.
    """
    done = world.corporate_ledger
    book, days = done.accounts, np.arange(first, last + 1)
    at, acct = np.nonzero((book.opened[None, :] <= days[:, None]) & (book.closing[None, :] > days[:, None]))
    bal = done.balance[first : last + 1][at, acct]
    sums = accumulated(done.balance, world.horizon.dates[: world.horizon.size], first, last)
    part = done.deposits
    earned = term_accrued(
        book.term[part.owner], part.principal, part.rate_bp, part.start, part.due, len(book.owner), first, last
    )
    earned = np.where(book.kind == acc.DEMAND, demand_accrued(sums, RATE_BP), earned)
    ordered = np.minimum(frozen_amounts(world, days)[at, acct], bal)
    frozen = np.where(book.kind[acct] == acc.HELD, bal, ordered)
    columns = {
        "acct_no": pick(list(book.numbers), acct),
        "bal_date": day_dates(world.horizon, days[at]),
        "ccy": constant("CNY", len(acct)),
        "bal": money(bal),
        "avail_bal": money(bal - frozen),
        "frozen_amt": money(frozen),
        "accum": money(sums[at, acct]),
        "accrued_int": money(earned[at, acct]),
        "gl_subject": pick(acc.SUBJECTS, book.kind[acct]),
        "gl_org": pick(gl_orgs(), world.companies.outlet[book.owner[acct]]),
    }
    return Feed("core_bal", DATED, columns, days[at])


def core_term(world: World) -> Feed:
    """Term deposits when placed and when due."""
    part, book = world.corporate_ledger.deposits, world.corporate_ledger.accounts
    order = np.lexsort((part.start, part.owner))
    begins = np.searchsorted(part.owner[order], part.owner[order], side="left")
    seq = np.empty(len(order), dtype=np.int64)
    seq[order] = np.arange(len(order)) - begins + 1
    matures = np.flatnonzero(part.due < world.horizon.size)
    row = np.r_[np.arange(len(part.owner)), matures]
    done = np.arange(len(row)) >= len(part.owner)
    columns = {
        "acct_no": pick(list(book.numbers), book.term[part.owner[row]]),
        "seq": integers(seq[row]),
        "principal_amt": money(part.principal[row]),
        "rate": decimals(part.rate_bp[row] * 100, 4),
        "start_date": day_dates(world.horizon, part.start[row]),
        "due_date": day_dates(world.horizon, part.due[row]),
        "term_code": pick(acc.TERM_CODES, part.term[row]),
        "is_auto_roll": flags(np.zeros(len(row))),
        "is_pledged": flags(part.pledged[row]),
        "status_code": pick(("live", "matured"), done.astype(int)),
        "kind_code": constant("term", len(row)),
        "is_transferable": flags(np.zeros(len(row))),
    }
    return Feed("core_term", DELTA, columns, np.where(done, part.due[row], part.start[row]), row)


def counterparties(world: World) -> tuple[list[tuple[str, str, str]], dict[int, int]]:
    """Every counterparty of companies (account, name, bank), and where each kind begins in the list."""
    firms, book, banks = world.companies, world.corporate_ledger.accounts, names.OTHER_BANKS
    exchange = world.corporate_ledger.fx.accounts
    known = [(f"981{at:013d}", _partner_name(at), banks[at % len(banks)]) for at in range(PARTNERS + NEW_PARTNERS)]
    groups = [
        (ledger.CASH, [("", "", "")]),
        (ledger.BANK, [("", "", "OWN")]),
        (ledger.ACCOUNT, [(str(no), firms.name[own], "OWN") for no, own in zip(book.numbers, book.owner, strict=True)]),
        (
            ledger.SAME_NAME,
            [
                (f"982{world.block:02d}{at:011d}", firms.name[at], banks[at % len(banks)])
                for at in range(firms.size)
            ],
        ),
        (ledger.PERSON, known),
        (ledger.THIRD_PAY, [("993001", "示例付科技", "TP01"), ("993002", "样本支付", "TP02")]),
        (ledger.GOVERNMENT, [("996002", "示例市税务局", "GV02")]),
        (ledger.OWN_FX, [(no, firms.name[own], "OWN") for no, own in zip(exchange.numbers, exchange.owner, strict=True)]),
    ]
    pool: list[tuple[str, str, str]] = []
    begins = {}
    for kind, entries in groups:
        begins[kind] = len(pool)
        pool.extend(entries)
    return pool, begins


def _partner_name(at: int) -> str:
    """A company at another bank; it is no customer here."""
    return f"样本{names.FIRMS[at % len(names.FIRMS)]}{names.TRADES[at // 12 % len(names.TRADES)]}有限公司{at // 120 or ''}"


def leg_refs(world: World) -> tuple[list[str], np.ndarray]:
    """Numbers of payroll batches and of settlements, and for each leg the place of its number, -1 for none."""
    done, batches = world.corporate_ledger, world.batches
    pool = numbered("DF", world.horizon, batches.day, batches.serial + world.place.base(5), 7).to_pylist()
    ref = np.full(len(done.legs.day) + 1, -1, dtype=np.int64)
    ref[done.payroll_leg] = np.arange(len(pool))
    ref[done.settle_leg] = len(pool) + np.arange(len(done.settle_leg))
    return [*pool, *done.settlements.settle_no.tolist()], ref[:-1]


def core_txn(world: World, first: int, last: int) -> Feed:
    """The legs posted from `first` to `last`."""
    legs, horizon, book = world.corporate_ledger.legs, world.horizon, world.corporate_ledger.accounts
    low, high = np.searchsorted(legs.day, (first, last + 1))
    at = slice(low, high)
    pool, begins = counterparties(world)
    refs, ref = leg_refs(world)
    day, kind, owner = legs.day[at], legs.cp_kind[at], book.owner[legs.acct[at]]
    inside = np.select(
        [
            kind == ledger.ACCOUNT, kind == ledger.SAME_NAME, np.isin(kind, (ledger.PERSON, ledger.OWN_FX)),
            kind == ledger.THIRD_PAY,
        ],
        [legs.cp_acct[at], owner, legs.cp_ref[at], legs.cp_ref[at] % 2],
        0,
    )
    start = np.zeros(max(begins) + 1, dtype=np.int64)
    start[list(begins)] = list(begins.values())
    codes = start[kind] + inside
    columns = {
        "txn_no": numbered(LETTER, horizon, day, legs.serial[at] + world.place.base(7), 9),
        "leg": integers(legs.leg[at]),
        "acct_no": pick(list(book.numbers), legs.acct[at]),
        "acct_date": day_dates(horizon, day),
        "txn_time": day_times(horizon, day, legs.second[at]),
        "dc_flag": pick(("D", "C"), (legs.sign[at] > 0).astype(int)),
        "amt": money(legs.amt[at]),
        "ccy": constant("CNY", high - low),
        "bal_after": money(legs.after[at]),
        "channel_code": pick(ledger.CHANNELS, legs.channel[at]),
        "summary_code": pick(SUMMARIES, summary_places(legs.mode[at], legs.purpose[at], legs.sign[at])),
        "mode_code": pick(ledger.MODES, legs.mode[at]),
        "purpose_code": pick(ledger.PURPOSES, legs.purpose[at]),
        "init_code": pick(ledger.INITS, legs.init[at]),
        "cp_acct_no": pick([entry[0] for entry in pool], codes),
        "cp_name": pick([entry[1] for entry in pool], codes),
        "cp_bank_code": pick([entry[2] for entry in pool], codes),
        "is_reversal": flags(np.zeros(high - low)),
        "orig_txn_no": constant("", high - low),
        "gl_subject": pick(acc.SUBJECTS, book.kind[legs.acct[at]]),
        "biz_ref": pick(refs or [""], ref[at]),
        "org_id": pick(reference.outlet_ids(), world.companies.outlet[owner]),
    }
    return Feed("core_txn", JOURNAL, columns, day)


def agreement_feeds(world: World) -> Iterator[Feed]:
    """Agreements of companies, and the payroll contracts among them with what the payroll system knows of them."""
    found = make_agreements(world)
    row, ended, day = _versions(found)
    firms, book, horizon = world.companies, world.corporate_ledger.accounts, world.horizon
    ecif, main = list(firms.ecif_no), book.main
    columns = {
        "ecif_no": pick(ecif, found.owner[row]),
        "agr_type": pick(AGREEMENTS, found.kind[row]),
        "seq": integers(np.ones(len(row))),
        "acct_no": pick(list(book.numbers), main[found.owner[row]]),
        "from_date": day_dates(horizon, found.start[row]),
        "to_date": day_dates(horizon, found.end[row], ~ended),
        "status_code": pick(("live", "ended"), ended.astype(int)),
        "channel_code": constant("counter", len(row)),
    }
    yield Feed("core_agreement", DELTA, columns, day, row)
    is_pay = found.kind[row] == AGREEMENTS.index("payroll")
    row, ended, day = row[is_pay], ended[is_pay], day[is_pay]
    employer = firms.employer[found.owner[row]]
    base = world.place.base(4) + 1
    contract = {
        "contract_no": pick([f"DK{base + at:06d}" for at in range(world.people.employers)], employer),
        "payer_ecif": pick(ecif, found.owner[row]),
        "payer_id": pick([f"P{base + at:06d}" for at in range(world.people.employers)], employer),
        "acct_no": pick(list(book.numbers), main[found.owner[row]]),
        "pay_type": constant("wage", len(row)),
        "pay_day": integers(found.extra[row]),
        "from_date": day_dates(horizon, found.start[row]),
        "to_date": day_dates(horizon, found.end[row], ~ended),
        "status_code": pick(("live", "ended"), ended.astype(int)),
    }
    yield Feed("pay_contract", DELTA, contract, day, row)


def _versions(found: Agreements) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each agreement when it begins and, if it ends, when it ends: row, is ended, day."""
    ends = np.flatnonzero(found.end < NEVER)
    row = np.r_[np.arange(len(found.owner)), ends]
    ended = np.arange(len(row)) >= len(found.owner)
    return row, ended, np.where(ended, found.end[row], found.start[row])


def core_feeds(world: World, first: int, daily_from: int, last: int) -> Iterator[Feed]:
    """All of companies' rows in the core and the agency payment system."""
    done, horizon = world.corporate_ledger, world.horizon
    book = done.accounts
    yield core_acct(world, first, last)
    yield from in_slices(partial(core_bal, world), daily_from, first, last, len(book.owner))
    yield hist_month(horizon, first, book.numbers, book.opened, book.closing, done.balance, done.legs)
    yield core_term(world)
    yield from in_slices(partial(core_txn, world), daily_from, first, last, len(done.legs.day) // horizon.size)
    yield from agreement_feeds(world)
    yield control_feed(world, "KC", make_controls(world), book.numbers)
    yield core_recon(world)
