"""Credit cards: entries, statements that follow from them, instalment plans, and the payments from own accounts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.accounts import Accounts
from tagmart.synth.calendar import Horizon
from tagmart.synth.cards import entries as ent
from tagmart.synth.cards.entries import Entries
from tagmart.synth.ledger import BANK, CHANNEL, INIT, PURPOSE, Intents
from tagmart.synth.population import ACTIVE, NEVER, Population

CARD_SHARE = 0.18
DUE_DAY = 20
TRANSACTOR, REVOLVER, MINIMUM, SLEEPER = range(4)
# Interest of five ten-thousandths a day, and 5 % of what is missing to the minimum 违约金.
DAY_RATE, LATE_SHARE, INSTAL_FEE = 5e-4, 0.05, 0.006


@dataclass(frozen=True)
class Plans:
    """Instalment plans, one array element a plan: a purchase paid in `terms` monthly parts with a fee each. Cents.

    Attributes:
        place: of the purchase among the entries; day: of it; month: the lived month at whose end the first part is billed.
    """

    card: np.ndarray
    place: np.ndarray
    day: np.ndarray
    principal: np.ndarray
    terms: np.ndarray
    month: np.ndarray

    def billed(self, month: int) -> np.ndarray:
        """How many parts are billed at the end of a lived month."""
        return np.clip(month - self.month + 1, 0, self.terms)

    def left(self, month: int) -> np.ndarray:
        """Cents not yet billed at the end of a lived month; nothing before the month of the purchase."""
        part = self.principal // self.terms
        done = self.billed(month)
        return np.where(done >= self.terms, 0, self.principal - part * done) * (month >= self.month - 1)


@dataclass(frozen=True)
class Cards:
    """Credit cards: state per card (rows) and lived day (columns) in cents, and one statement per card and month.

    `bal` is what is owed in all, instalments not yet billed (`instal`) included; each day it is that of the day before plus
    the signed entries of the day. Statements are made at month ends and ask for `bal` without `instal`.
    """

    owner: np.ndarray
    open_day: np.ndarray
    limit: np.ndarray
    temp_limit: np.ndarray
    sleeps: np.ndarray
    autopay: np.ndarray
    bal: np.ndarray
    credit: np.ndarray
    dpd: np.ndarray
    instal: np.ndarray
    last_stmt: np.ndarray
    stmt_amt: np.ndarray
    stmt_min: np.ndarray
    stmt_paid: np.ndarray
    entries: Entries
    plans: Plans


@dataclass
class _State:
    """What a card carries from month to month: cents owed, billed, and the day since which too little was paid."""

    carry: np.ndarray
    billed: np.ndarray
    oldest_due: np.ndarray


@dataclass(frozen=True)
class _Book:
    """What cards are, before they live."""

    owner: np.ndarray
    open_day: np.ndarray
    limit: np.ndarray
    behave: np.ndarray
    stop: np.ndarray
    cure: np.ndarray
    monthly: np.ndarray
    likes_instal: np.ndarray
    takes_cash: np.ndarray
    autopay: np.ndarray


def _book(rng: np.random.Generator, people: Population, accounts: Accounts, horizon: Horizon) -> _Book:
    age = (horizon.origin + horizon.size - people.birth).astype(np.int64) / 365.25
    fits = np.flatnonzero(
        (age > 21) & (age < 70) & ((people.band > 0) | (rng.random(people.size) < 0.1)) & (people.closing_day == NEVER)
    )
    owner = np.sort(rng.permutation(fits)[: max(2, round(people.size * CARD_SHARE))])
    size = len(owner)
    behave = rng.choice(4, size, p=(0.68, 0.12, 0.05, 0.15))
    limit = np.clip(rng.lognormal(9.8, 0.7, size), 3000, 300_000).astype(np.int64) // 1000 * 100_000
    open_day = np.where(
        rng.random(size) < 0.08, rng.integers(0, horizon.size - 40, size), -rng.integers(20, 2500, size)
    )
    stop = np.where(rng.random(size) < 0.04, rng.integers(horizon.months - 9, horizon.months - 1, size), NEVER)
    pays_here = (owner % 2 == 0) & (accounts.first[owner] >= 0) & (people.activity[owner] == ACTIVE)
    return _Book(
        owner,
        np.maximum(open_day, people.open_day[owner] + 1),
        limit,
        behave,
        stop,
        np.where(rng.random(size) < 0.6, stop + rng.integers(1, 4, size), NEVER),
        limit * rng.uniform(0.05, 0.35, size) * (behave != SLEEPER),
        rng.random(size) < 0.12,
        (rng.random(size) < 0.25) & np.isin(behave, (REVOLVER, MINIMUM)),
        pays_here,
    )


def make_cards(rng: np.random.Generator, people: Population, accounts: Accounts, horizon: Horizon) -> Cards:
    """Cards with a statement at every month end and a due day on the 20th of the next month."""
    book = _book(rng, people, accounts, horizon)
    size, months = len(book.owner), horizon.months
    bal, dpd, last, unbilled = (np.zeros((size, horizon.size), np.int64) for _ in range(4))
    statements = np.zeros((3, size, months), np.int64)
    state = _State(np.zeros(size, np.int64), np.zeros(size, np.int64), np.full(size, NEVER))
    posted: list[Entries] = []
    plans: list[Plans] = []
    placed = 0
    for month in range(months):
        first, end = int(horizon.month_first[month]), int(horizon.month_first[month + 1])
        billed, before = state.billed, dpd[:, first - 1] if month else np.zeros(size, np.int64)
        pays, minimum = _pays(rng, book, state, month)
        if month:
            statements[2][:, month - 1] = pays
        due_day = first + DUE_DAY - 1
        parts = [_bought(rng, book, state, month, first, end), _repaid(rng, book, pays, first)]
        parts.append(_charged(parts, book, plans, billed - pays, np.maximum(minimum - pays, 0), month, first, end))
        now = ent.joined(parts)
        if new := _new_plans(rng, now, placed, month):
            plans.append(new)
        placed += len(now.card)
        posted.append(now)
        moves = np.zeros((size, end - first), np.int64)
        np.add.at(moves, (now.card, now.day - first), now.signed)
        bal[:, first:end] = state.carry[:, None] + np.cumsum(moves, axis=1)
        unbilled[:, first:end] = _unbilled(plans, month, size, first, end)
        dpd[:, first:end] = _days_past_due(state, (pays < minimum) & (billed > 0), due_day, first, end, before)
        last[:, first:end] = billed[:, None]
        state.carry = bal[:, end - 1]
        state.billed = np.maximum(state.carry - unbilled[:, end - 1], 0)
        last[:, end - 1] = state.billed
        statements[0][:, month] = state.billed
        statements[1][:, month] = _minimum(state.billed)
    credit = np.where((rng.random(size) < 0.03) & (book.behave == SLEEPER), rng.integers(100, 20_000, size), 0)
    temp = np.where(rng.random(size) < 0.05, book.limit // 2, 0)
    every, order = _ordered(posted)
    held = _joined_plans(plans)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    held = Plans(**(held.__dict__ | {"place": place[held.place]}))
    return Cards(
        book.owner, book.open_day, book.limit, temp, book.behave == SLEEPER, book.autopay, bal, credit, dpd, unbilled,
        last, *statements, every, held,
    )  # fmt: skip


def _minimum(billed: np.ndarray) -> np.ndarray:
    """A tenth of the statement, at least 100 yuan, at most all of it."""
    return np.minimum(billed, np.maximum(billed // 10, 10_000))


def _pays(rng: np.random.Generator, book: _Book, state: _State, month: int) -> tuple[np.ndarray, np.ndarray]:
    """Cents paid on the statement of the month before, and the least that was asked for."""
    billed, minimum = state.billed, _minimum(state.billed)
    pays = np.select(
        [book.behave == REVOLVER, book.behave == MINIMUM],
        [billed * rng.integers(15, 70, len(billed)) // 100, minimum],
        billed,
    )
    pays = np.where((month >= book.stop) & (month < book.cure), 0, np.maximum(pays, minimum))
    return np.where((month == book.cure) & (state.oldest_due < NEVER), billed, pays), minimum


def _bought(
    rng: np.random.Generator, book: _Book, state: _State, month: int, first: int, end: int
) -> Entries:
    """Purchases of a month within the limit; who has stopped paying can buy no more."""
    room = np.maximum(book.limit * 95 // 100 - state.carry, 0)
    target = np.minimum(book.monthly * rng.lognormal(-0.1, 0.45, len(room)), room).astype(np.int64)
    target = np.where(book.open_day < first, target, 0) * ((month < book.stop) | (month >= book.cure))
    return ent.spending(rng, target, book.likes_instal, book.takes_cash, first, end)


def _repaid(rng: np.random.Generator, book: _Book, pays: np.ndarray, first: int) -> Entries:
    """Repayments: by direct debit on the due day, else on a day up to it."""
    card = np.flatnonzero(pays > 0)
    day = first + DUE_DAY - 1 - np.where(book.autopay[card], 0, rng.integers(0, 12, len(card)))
    return ent.entries(card, day, pays[card], ent.REPAY, second=rng.integers(3600, 8 * 3600, len(card)))


def _charged(
    parts: list[Entries], book: _Book, plans: list[Plans], unpaid: np.ndarray, short: np.ndarray, month: int, first: int,
    end: int,
) -> Entries:  # fmt: skip
    """What the bank adds at the month end: interest on what was left unpaid, late fees, fees of instalments."""
    found = []
    for cents, kind in (
        (np.maximum(unpaid, 0) * DAY_RATE * (end - first), ent.INT),
        (short * LATE_SHARE, ent.FEE),
    ):
        cents = cents.astype(np.int64)
        card = np.flatnonzero(cents > 0)
        found.append(ent.entries(card, end - 1, cents[card], kind, second=86_000))
    for held in plans:
        live = np.flatnonzero((month >= held.month) & (month < held.month + held.terms))
        fee = np.maximum((held.principal[live] * INSTAL_FEE).astype(np.int64), 1)
        found.append(ent.entries(held.card[live], end - 1, fee, ent.FEE, second=86_100, instal=True))
    return ent.joined(found)


def _new_plans(rng: np.random.Generator, now: Entries, placed: int, month: int) -> Plans | None:
    """A plan for each purchase of the month that is paid in instalments."""
    at = np.flatnonzero(now.instal & (now.kind == ent.SPEND))
    if not len(at):
        return None
    terms = rng.choice(ent.INSTAL_TERMS, len(at))
    amt, card, day = now.amt[at], now.card[at].astype(np.int64), now.day[at].astype(np.int64)
    return Plans(card, placed + at, day, amt, terms, np.full(len(at), month + 1))


def _unbilled(plans: list[Plans], month: int, size: int, first: int, end: int) -> np.ndarray:
    """Cents of plans not yet billed, by card and day of a month; parts are billed on its last day."""
    found = np.zeros((size, end - first), np.int64)
    for held in plans:
        before, after, new = held.left(month - 1), held.left(month), held.month == month + 1
        old = np.flatnonzero(before > 0)
        steady, end_of = np.zeros(size, np.int64), np.zeros(size, np.int64)
        np.add.at(steady, held.card[old], before[old])
        np.add.at(end_of, held.card[old], after[old])
        found[:, :-1] += steady[:, None]
        found[:, -1] += end_of
        for plan in np.flatnonzero(new):
            found[held.card[plan], held.day[plan] - first :] += held.principal[plan]
    return found


def _days_past_due(
    state: _State, missed: np.ndarray, due_day: int, first: int, end: int, before: np.ndarray
) -> np.ndarray:
    """Days past due by card and day of a month; counted from the oldest due day on which too little was paid."""
    days = np.arange(first, end)
    state.oldest_due = np.where(missed & (state.oldest_due == NEVER), due_day, np.where(~missed, NEVER, state.oldest_due))
    counting = np.where(before[:, None] > 0, before[:, None] + (days - first + 1)[None, :], 0)
    after = np.where(state.oldest_due < NEVER, due_day - state.oldest_due, -1)[:, None] + (days - due_day)[None, :]
    late = np.where(state.oldest_due[:, None] < NEVER, np.maximum(after, 0), 0)
    return np.where(days[None, :] < due_day, counting, late)


def _ordered(posted: list[Entries]) -> tuple[Entries, np.ndarray]:
    """All entries in the order of time, and where each came from."""
    every = ent.joined(posted)
    order = np.lexsort((every.kind, every.card, every.second, every.day))
    return every.taken(order), order


def _joined_plans(plans: list[Plans]) -> Plans:
    empty = Plans(*(np.empty(0, dtype=np.int64) for _ in range(6)))
    return Plans(**{name: np.concatenate([getattr(part, name) for part in [empty, *plans]]) for name in empty.__dict__})


def add_card_intents(intents: Intents, accounts: Accounts, cards: Cards) -> None:
    """Direct debits from own demand accounts. Where the account has too little, the same sum comes from another bank."""
    at = np.flatnonzero((cards.entries.kind == ent.REPAY) & cards.autopay[cards.entries.card])
    cards.entries.intent[at] = intents.add(
        day=cards.entries.day[at],
        acct=accounts.first[cards.owner[cards.entries.card[at]]],
        amt=cards.entries.amt[at],
        sign=-1,
        channel=CHANNEL["batch"],
        purpose=PURPOSE["other"],
        init=INIT["B"],
        cp_kind=BANK,
    )
