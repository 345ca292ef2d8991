"""The whole world of the demo bank, simulated once over its horizon; what is delivered when is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth import accounts as acc
from tagmart.synth import channels, credit, invest, ledger, population, reference, relations, transactions
from tagmart.synth.calendar import Horizon


@dataclass(frozen=True)
class World:
    """Everything that is true of the demo bank."""

    seed: int
    horizon: Horizon
    people: population.Population
    accounts: acc.Accounts
    exists: np.ndarray
    opened: np.ndarray
    receipts: acc.Receipts
    receipt_seq: np.ndarray
    notes: credit.Notes
    note_days: credit.NoteDays
    cards: credit.Cards
    shelf: reference.Shelf
    lots: invest.Lots
    orders: invest.Orders
    payments: transactions.Payments
    balance: np.ndarray
    accepted: np.ndarray
    legs: ledger.Legs
    big_moves: np.ndarray
    events: channels.Events
    managers: relations.Spans
    consents: relations.Consents
    risk_tests: relations.Spans
    complaints: relations.Spans
    agreements: relations.Spans
    controls: relations.Spans
    court_cases: relations.Spans
    statuses: relations.Spans
    has_sms: np.ndarray


def _dice(seed: int, size: int, stream: int) -> np.random.Generator:
    """A generator of its own for every part, so that a change in one part leaves the others as they were."""
    return np.random.default_rng([seed, size, stream])


def make_world(size: int, seed: int, horizon: Horizon, events_from: int) -> World:
    """Simulate the bank.

    Args:
        size: number of retail customers.
        seed: of the random numbers.
        horizon: the days to live.
        events_from: mobile bank events are made from this day on.
    """
    people = population.make_population(_dice(seed, size, 1), size, horizon)
    plan = acc.make_plan(_dice(seed, size, 2), people)
    first = acc.first_receipts(_dice(seed, size, 3), people, plan, horizon)
    with_cd = np.bincount(first.owner[first.is_cd], minlength=size) > 0
    accounts = acc.make_accounts(_dice(seed, size, 4), people, plan, with_cd)
    shelf = reference.invest_shelf(_dice(seed, size, 5), horizon)
    notes = credit.make_notes(_dice(seed, size, 6), people, horizon)
    cards = credit.make_cards(_dice(seed, size, 7), people, horizon)
    has_sms = accounts.first >= 0
    has_sms &= _dice(seed, size, 8).random(size) < 0.35

    intents = ledger.Intents()
    receipts = acc.term_intents(_dice(seed, size, 9), intents, people, accounts, first, horizon)
    lots = invest.invest_intents(_dice(seed, size, 10), intents, people, accounts, plan, shelf, horizon)
    payments = transactions.add_pay(_dice(seed, size, 11), intents, people, accounts, horizon)
    transactions.add_income(_dice(seed, size, 12), intents, people, accounts, horizon)
    transactions.add_spending(_dice(seed, size, 13), intents, people, accounts, horizon)
    transactions.add_own_transfers(_dice(seed, size, 14), intents, people, accounts, horizon)
    transactions.add_fees(intents, people, accounts, has_sms, horizon)
    transactions.add_arrivals(intents, people, accounts)
    transactions.add_closures(intents, people, accounts)
    big_moves = transactions.add_big_moves(_dice(seed, size, 16), intents, people, accounts, horizon)
    credit.add_loan_intents(intents, accounts, notes, horizon)
    credit.add_card_intents(intents, people, accounts, cards, horizon)

    table = _without_quiet(intents.table(), people, accounts)
    opening = _opening(accounts, first)
    done = ledger.settle(
        table,
        opening,
        accounts.usual,
        accounts.kind == acc.DEMAND,
        accounts.opened,
        accounts.closing,
        horizon.dates[: horizon.size],
    )
    legs = ledger.make_legs(table, done, accounts.owner, _dice(seed, size, 17))
    receipts = _real_receipts(receipts, done.accepted)
    opened, exists, seq = _term_facts(accounts, receipts)
    lots = invest.real_lots(lots, done.accepted)
    return World(
        seed=seed,
        horizon=horizon,
        people=people,
        accounts=accounts,
        exists=exists,
        opened=opened,
        receipts=receipts,
        receipt_seq=seq,
        notes=notes,
        note_days=credit.note_days(notes, horizon),
        cards=cards,
        shelf=shelf,
        lots=lots,
        orders=invest.make_orders(_dice(seed, size, 18), lots, horizon),
        payments=payments,
        balance=done.balance,
        accepted=done.accepted,
        legs=legs,
        big_moves=big_moves,
        events=channels.make_events(_dice(seed, size, 19), people, horizon, events_from),
        managers=relations.make_managers(_dice(seed, size, 20), people, horizon),
        consents=relations.make_consents(_dice(seed, size, 21), people, horizon),
        risk_tests=relations.make_risk_tests(_dice(seed, size, 22), people, lots),
        complaints=relations.make_complaints(_dice(seed, size, 23), people, horizon),
        agreements=_with_sms(relations.make_agreements(_dice(seed, size, 24), people, lots, horizon), people, has_sms),
        controls=relations.make_controls(_dice(seed, size, 25), people, accounts, horizon),
        court_cases=relations.make_court_cases(_dice(seed, size, 26), people, horizon),
        statuses=relations.make_statuses(_dice(seed, size, 27), people, cards),
        has_sms=has_sms,
    )


def _without_quiet(
    table: dict[str, np.ndarray], people: population.Population, accounts: acc.Accounts
) -> dict[str, np.ndarray]:
    """Nobody acts after falling quiet: what a customer would start is taken out, what others start stays."""
    quiet = (table["init"] == ledger.INIT["C"]) & (table["day"] >= people.quiet_day[accounts.owner[table["acct"]]])
    return {**table, "day": np.where(quiet, -1, table["day"])}


def _opening(accounts: acc.Accounts, first: acc.Receipts) -> np.ndarray:
    """Balances before the first day: of term accounts the sum of their receipts."""
    opening = accounts.opening.copy()
    old = np.flatnonzero(first.start < 0)
    place = np.where(first.is_cd[old], accounts.cd[first.owner[old]], accounts.term[first.owner[old]])
    np.add.at(opening, place, first.principal[old])
    return opening


def _real_receipts(receipts: acc.Receipts, accepted: np.ndarray) -> acc.Receipts:
    """The receipts that were paid for."""
    there = np.flatnonzero((receipts.needs < 0) | (accepted[np.maximum(receipts.needs, 0)] > 0))
    return acc.Receipts(**{name: column[there] for name, column in receipts.__dict__.items()})


def _term_facts(accounts: acc.Accounts, receipts: acc.Receipts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Opening days (a term account opens with its first receipt), which accounts exist, receipt numbers."""
    place = np.where(receipts.is_cd, accounts.cd[receipts.owner], accounts.term[receipts.owner])
    earliest = np.full(len(accounts.owner), population.NEVER, dtype=np.int64)
    np.minimum.at(earliest, place, receipts.start)
    is_demand = accounts.kind == acc.DEMAND
    opened = np.where(is_demand, accounts.opened, earliest)
    order = np.lexsort((receipts.due, receipts.start, place))
    sorted_place = place[order]
    starts = np.searchsorted(sorted_place, sorted_place, side="left")
    seq = np.empty(len(place), dtype=np.int64)
    seq[order] = np.arange(len(place)) - starts + 1
    return opened, is_demand | (earliest < population.NEVER), seq


def _with_sms(spans: relations.Spans, people: population.Population, has_sms: np.ndarray) -> relations.Spans:
    """Text message agreements are those of the customers who pay for them."""
    sms = relations.AGREEMENTS.index("sms")
    keep = np.flatnonzero(spans.kind != sms)
    who = np.flatnonzero(has_sms & (people.band > 0))
    fresh = (
        who,
        np.full(len(who), sms),
        people.open_day[who] + 1,
        np.full(len(who), population.NEVER),
        np.zeros(len(who), int),
    )
    return relations.Spans(
        *(np.r_[column[keep], more] for column, more in zip(spans.__dict__.values(), fresh, strict=True))
    )
