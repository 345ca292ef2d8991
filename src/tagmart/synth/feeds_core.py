"""The feeds of the core system, as files see them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from tagmart.synth import accounts as acc
from tagmart.synth import ledger, names, reference, relations
from tagmart.synth.account_states import account_states
from tagmart.synth.accruals import accumulated, demand_accrued, term_accrued
from tagmart.synth.calendar import Horizon
from tagmart.synth.fx import FxLegs
from tagmart.synth.population import NEVER
from tagmart.synth.sizes import in_slices
from tagmart.synth.summaries import SUMMARIES, summary_places
from tagmart.synth.transactions import MERCHANTS, PERSONS
from tagmart.synth.world import World
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

HISTORY_MONTHS = 25
PRODUCT_OF_KIND = ("D001", "D003", "D004")
# Personal demand, term and certificates: sub-subjects of 2011 吸收存款.
SUBJECT_OF_KIND = ("201101", "201102", "201103")


def gl_orgs() -> list[str]:
    """For each outlet the branch that keeps its books."""
    return [org[:2] + "00" for org in reference.outlet_ids()]


def core_acct(world: World, first: int, last: int) -> Feed:
    """Accounts when opened, whenever used behind the initial load of day `first`, and when closed."""
    book = world.accounts
    handed = np.full(world.people.size, NEVER)
    handed[world.sources.merged] = world.sources.merge_day
    states = account_states(
        np.flatnonzero(world.exists), world.opened, book.closing, world.legs, first, last, handed[book.owner]
    )
    row, closed = states.row, states.closed
    orgs = reference.outlet_ids()
    outlet = world.people.outlet[book.owner[row]]
    product = np.where(book.class_code[row] == "2", 3, book.kind[row])
    columns = {
        "acct_no": pick(list(book.numbers), row),
        "ecif_no": pick(list(world.people.ecif_no), world.number_of(book.owner[row], states.day)),
        "class_code": pick(("1", "2", "3"), book.class_code[row].astype(np.int64) - 1),
        "nature_code": constant("", len(row)),
        "prod_id": pick((*PRODUCT_OF_KIND, "D002"), product),
        "kind_code": pick(acc.KINDS, book.kind[row]),
        "ccy": constant("CNY", len(row)),
        "open_org": pick(orgs, outlet),
        "gl_org": pick(gl_orgs(), outlet),
        "gl_subject": pick(SUBJECT_OF_KIND, book.kind[row]),
        "open_date": day_dates(world.horizon, world.opened[row]),
        "close_date": day_dates(world.horizon, book.closing[row], ~closed),
        "status_code": pick(("open", "closed"), closed.astype(int)),
        # Demand accounts settle payments; term deposits and certificates do not.
        "is_settle": flags(book.kind[row] == acc.DEMAND),
        "last_txn_date": day_dates(world.horizon, states.last_used, states.last_used < 0),
    }
    return Feed("core_acct", DELTA, columns, states.day, row)


def core_bal(world: World, first: int, last: int) -> Feed:
    """One balance per open account and calendar day, from `first` to `last`."""
    book = world.accounts
    days = np.arange(first, last + 1)
    is_open = world.exists[None, :] & (world.opened[None, :] <= days[:, None]) & (book.closing[None, :] > days[:, None])
    at, acct = np.nonzero(is_open)
    sums = accumulated(world.balance, world.horizon.dates[: world.horizon.size], first, last)
    part = world.receipts
    place = np.where(part.is_cd, book.cd[part.owner], book.term[part.owner])
    earned = term_accrued(place, part.principal, part.rate_bp, part.start, part.due, len(book.owner), first, last)
    earned = np.where(book.kind == acc.DEMAND, demand_accrued(sums, ledger.DEMAND_RATE_BP), earned)
    bal = world.balance[first : last + 1][at, acct]
    frozen = np.zeros(is_open.shape, dtype=np.int64)
    spans = world.controls
    for acct_at, kind, start, end, cents in zip(
        spans.owner, spans.kind // 4, spans.start, spans.end, spans.extra, strict=True
    ):
        if relations.CONTROL_KINDS[kind] == "freeze":
            frozen[(days >= start) & (days < end), acct_at] += cents
    columns = {
        "acct_no": pick(list(book.numbers), acct),
        "bal_date": day_dates(world.horizon, days[at]),
        "ccy": constant("CNY", len(acct)),
        "bal": money(bal),
        "avail_bal": money(bal - np.minimum(frozen[at, acct], bal)),
        "frozen_amt": money(np.minimum(frozen[at, acct], bal)),
        "accum": money(sums[at, acct]),
        "accrued_int": money(earned[at, acct]),
        "gl_subject": pick(SUBJECT_OF_KIND, book.kind[acct]),
        "gl_org": pick(gl_orgs(), world.people.outlet[book.owner[acct]]),
    }
    return Feed("core_bal", DATED, columns, days[at])


def core_hist_month(world: World, first: int) -> Feed:
    """Complete months before the load of day `first`."""
    book = world.accounts
    opened = np.where(world.exists, world.opened, NEVER)
    return hist_month(world.horizon, first, book.numbers, opened, book.closing, world.balance, world.legs)


def hist_month(
    horizon: Horizon,
    first: int,
    numbers: np.ndarray,
    opened: np.ndarray,
    closing: np.ndarray,
    balance: np.ndarray,
    legs: ledger.Legs | FxLegs,
    ccys: Sequence[str] = (),
) -> Feed:
    """Complete months of accounts before the load of day `first`; amounts are all ledger legs, counts leave red ones out.

    Args:
        horizon: of the world.
        first: day of the initial load.
        numbers: of the accounts.
        opened: the day on which each is opened, NEVER for one that never is.
        closing: the day on which each is closed.
        balance: cents per lived day (rows) and account (columns).
        legs: posted on these accounts.
        ccys: the currency of each account, in which the amounts are; yuan where none are given.
    """
    complete = int(np.searchsorted(horizon.month_first, first + 1, side="right")) - 1
    parts = []
    for month in range(max(0, complete - HISTORY_MONTHS), complete):
        start, end = int(horizon.month_first[month]), int(horizon.month_first[month + 1])
        there = np.flatnonzero((opened < end) & (closing > start))
        alive = np.arange(start, end)[:, None] < closing[there][None, :]
        # A receipt's account is opened with the receipt: before that day it has no balance to average.
        alive &= np.arange(start, end)[:, None] >= opened[there][None, :]
        sums = (balance[start:end][:, there] * alive).sum(axis=0)
        low, high = np.searchsorted(legs.day, (start, end))
        cut = slice(low, high)
        flows = [np.zeros(len(numbers), dtype=np.int64) for _ in range(4)]
        for offset, sign in ((0, 1), (2, -1)):
            chosen = legs.sign[cut] == sign
            np.add.at(flows[offset], legs.acct[cut][chosen], legs.amt[cut][chosen])
            np.add.at(flows[offset + 1], legs.acct[cut][chosen & ~legs.is_red[cut]], 1)
        left = np.where(closing[there] < end, 0, balance[end - 1][there])
        average = (sums * 2 + (end - start)) // (2 * (end - start))
        parts.append((there, np.full(len(there), end - 1), left, average, *(flow[there] for flow in flows)))
    acct, day, bal, average, in_amt, in_cnt, out_amt, out_cnt = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    columns = {
        "acct_no": pick(list(numbers), acct),
        "month_end": day_dates(horizon, day),
        "ccy": pick(ccys, acct) if ccys else constant("CNY", len(acct)),
        "bal": money(bal),
        "davg_bal": money(average),
        "in_amt": money(in_amt),
        "in_cnt": integers(in_cnt),
        "out_amt": money(out_amt),
        "out_cnt": integers(out_cnt),
    }
    return Feed("core_hist_month", JOURNAL, columns, np.full(len(acct), first))


def core_term(world: World) -> Feed:
    """Receipts when placed and when due."""
    part, book = world.receipts, world.accounts
    matures = np.flatnonzero(part.due < world.horizon.size)
    row = np.r_[np.arange(len(part.owner)), matures]
    done = np.r_[np.zeros(len(part.owner), bool), np.ones(len(matures), bool)]
    place = np.where(part.is_cd, book.cd[part.owner], book.term[part.owner])[row]
    columns = {
        "acct_no": pick(list(book.numbers), place),
        "seq": integers(world.receipt_seq[row]),
        "principal_amt": money(part.principal[row]),
        "rate": decimals(part.rate_bp[row] * 100, 4),
        "start_date": day_dates(world.horizon, part.start[row]),
        "due_date": day_dates(world.horizon, part.due[row]),
        "term_code": pick(acc.TERM_CODES, part.term[row]),
        "is_auto_roll": flags(part.rolls[row]),
        "is_pledged": flags(part.pledged[row]),
        "status_code": pick(("live", "matured"), done.astype(int)),
        "kind_code": pick(("term", "cd"), part.is_cd[row].astype(int)),
        # Certificates may be passed on to another customer before they are due, unless they are pledged.
        "is_transferable": flags(part.is_cd[row] & ~part.pledged[row]),
    }
    return Feed("core_term", DELTA, columns, np.where(done, part.due[row], part.start[row]), row)


def _counterparties(world: World) -> tuple[list[tuple[str, str, str]], dict[int, int]]:
    """Every counterparty (account, name, bank), and where each kind begins in the list."""
    people, book = world.people, world.accounts
    rng = world.place.common_dice(300)
    persons = names.person_names(rng, rng.random(PERSONS) < 0.5, with_rare=False)
    banks = names.OTHER_BANKS
    groups: list[tuple[int, list[tuple[str, str, str]]]] = [
        (ledger.CASH, [("", "", "")]),
        (ledger.BANK, [("", "", "OWN")]),
        (
            ledger.ACCOUNT,
            [(str(number), people.name[owner], "OWN") for number, owner in zip(book.numbers, book.owner, strict=True)],
        ),
        (
            ledger.SAME_NAME,
            [
                (f"991{world.block:02d}{at:011d}", names.varied_name(people.name[at], variant), banks[at % len(banks)])
                for at in range(people.size)
                for variant in (0, 0, 0, 0, 0, 1, 2, 3)
            ],
        ),
        (ledger.PERSON, [(f"992{at:013d}", name, banks[at % len(banks)]) for at, name in enumerate(persons)]),
        (ledger.THIRD_PAY, [("993001", "示例付科技", "TP01"), ("993002", "样本支付", "TP02")]),
        (ledger.SECURITIES, [("994001", "示例证券第三方存管", "SC01")]),
        (ledger.FUND, [("995001", "示例基金销售", "FI01")]),
        (ledger.GOVERNMENT, [("996001", "示例市社会保险基金管理中心", "GV01")]),
        (ledger.MERCHANT, [(f"997{at:06d}", f"示例{names.SHOPS[at % 8]}{at}号店", "UP01") for at in range(MERCHANTS)]),
        (
            ledger.EMPLOYER,
            [
                (f"998{world.block:02d}{at:011d}", names.employer_name(at, world.block), "OWN")
                for at in range(people.employers)
            ],
        ),
    ]
    exchange = world.fx.accounts
    names_of = [(no, people.name[who], "OWN") for no, who in zip(exchange.numbers, exchange.owner, strict=True)]
    groups.append((ledger.OWN_FX, names_of))
    pool: list[tuple[str, str, str]] = []
    begins = {}
    for kind, entries in groups:
        begins[kind] = len(pool)
        pool.extend(entries)
    return pool, begins


def _counterparty_codes(world: World, at: slice, begins: dict[int, int]) -> np.ndarray:
    """For each leg the place of its counterparty in the list."""
    legs = world.legs
    kind, ref, owner = legs.cp_kind[at], legs.cp_ref[at], world.accounts.owner[legs.acct[at]]
    inside = np.select(
        [
            kind == ledger.ACCOUNT,
            kind == ledger.SAME_NAME,
            kind == ledger.PERSON,
            kind == ledger.THIRD_PAY,
            kind == ledger.MERCHANT,
            (kind == ledger.EMPLOYER) | (kind == ledger.OWN_FX),
        ],
        [legs.cp_acct[at], owner * 8 + ref % 8, ref % PERSONS, ref % 2, ref % MERCHANTS, ref],
        0,
    )
    return np.array([begins[code] for code in range(len(begins))])[kind] + inside


def core_txn(world: World, first: int, last: int) -> Feed:
    """The legs posted from `first` to `last`."""
    legs, horizon = world.legs, world.horizon
    low, high = np.searchsorted(legs.day, (first, last + 1))
    at = slice(low, high)
    pool, begins = _counterparties(world)
    codes = _counterparty_codes(world, at, begins)
    day, red, owner = legs.day[at], legs.is_red[at], world.accounts.owner[legs.acct[at]]
    base = world.place.base(7)
    columns = {
        "txn_no": numbered("T", horizon, day, legs.serial[at] + base, 9),
        "leg": integers(legs.leg[at]),
        "acct_no": pick(list(world.accounts.numbers), legs.acct[at]),
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
        "is_reversal": flags(red),
        "orig_txn_no": numbered(
            "T", horizon, np.where(red, legs.orig_day[at], first), legs.orig_serial[at] + base, 9, ~red
        ),
        "gl_subject": pick(SUBJECT_OF_KIND, world.accounts.kind[legs.acct[at]]),
        "biz_ref": pick(*leg_refs(world, at)),
        "org_id": pick(reference.outlet_ids(), world.people.outlet[owner]),
    }
    return Feed("core_txn", JOURNAL, columns, day)


def leg_refs(world: World, at: slice) -> tuple[list[str], np.ndarray]:
    """Numbers of payroll batches, and for each leg the place of the batch that it belongs to, -1 for none."""
    batches = world.batches
    serial = batches.serial + world.place.base(5)
    pool = numbered("DF", world.horizon, batches.day, serial, 7).to_pylist()
    ref = np.full(len(world.accepted) + 1, -1, dtype=np.int64)
    intent = world.payments.intent[batches.order]
    ref[intent[intent >= 0]] = batches.batch[intent >= 0]
    return pool, ref[world.legs.intent[at]]


def core_agreement(world: World) -> Feed:
    """Agreements when made and when ended."""
    spans = world.agreements
    row, ended, day = span_versions(spans)
    channel = np.where(spans.owner[row] % 3 == 0, 1, 0)
    columns = {
        "ecif_no": pick(list(world.people.ecif_no), spans.owner[row]),
        "agr_type": pick((*relations.AGREEMENTS, *relations.MORE_AGREEMENTS), spans.kind[row]),
        "seq": integers(np.ones(len(row))),
        "acct_no": pick(list(world.accounts.numbers), world.accounts.first[spans.owner[row]]),
        "from_date": day_dates(world.horizon, spans.start[row]),
        "to_date": day_dates(world.horizon, spans.end[row], ~ended),
        "status_code": pick(("live", "ended"), ended.astype(int)),
        "channel_code": pick(("mbank", "counter"), channel),
    }
    return Feed("core_agreement", DELTA, columns, day, row)


def core_ctrl(world: World) -> Feed:
    """Controls on accounts of persons."""
    return control_feed(world, "K", world.controls, world.accounts.numbers)


def control_feed(world: World, letters: str, spans: relations.Spans, accounts: np.ndarray) -> Feed:
    """Controls when set and when lifted; their owners are places among `accounts`."""
    row, ended, day = span_versions(spans)
    columns = {
        "ctrl_no": pick([f"{letters}{world.place.base(4) + at + 1:06d}" for at in range(len(spans.owner))], row),
        "acct_no": pick(list(accounts), spans.owner[row]),
        "ctrl_kind": pick(relations.CONTROL_KINDS, spans.kind[row] // 4),
        "by_code": pick(relations.CONTROL_BY, spans.kind[row] % 4),
        "amt": money(spans.extra[row], np.isin(spans.kind[row] // 4, (1, 2))),
        "from_date": day_dates(world.horizon, spans.start[row]),
        "to_date": day_dates(world.horizon, spans.end[row], ~ended),
    }
    return Feed("core_ctrl", DELTA, columns, day, row)


def span_versions(spans: relations.Spans) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of spans as versions: each when it begins and, if it ends, when it ends. Returns row, is ended, day."""
    ends = np.flatnonzero(spans.end < NEVER)
    row = np.r_[np.arange(len(spans.owner)), ends]
    ended = np.r_[np.zeros(len(spans.owner), bool), np.ones(len(ends), bool)]
    return row, ended, np.where(ended, spans.end[row], spans.start[row])


def month_ends(world: World) -> np.ndarray:
    """The last day of every lived month."""
    return world.horizon.month_first[1:] - 1


def core_feeds(world: World, first: int, daily_from: int, last: int) -> Iterator[Feed]:
    """All feeds of the core system, one at a time: rows from `daily_from` to `last`, history before `first`."""
    yield core_acct(world, first, last)
    yield from in_slices(partial(core_bal, world), daily_from, first, last, len(world.accounts.owner))
    yield core_hist_month(world, first)
    yield core_term(world)
    yield from in_slices(partial(core_txn, world), daily_from, first, last, len(world.legs.day) // world.horizon.size)
    yield core_agreement(world)
    yield core_ctrl(world)
