"""Credit cards: entries, statements that follow from them, instalment plans, and the payments from own accounts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tagmart.synth.accounts import Accounts
from tagmart.synth.calendar import Horizon
from tagmart.synth.cards import entries as ent
from tagmart.synth.cards.entries import Entries
from tagmart.synth.ledger import BANK, CHANNEL, INIT, PURPOSE, Intents
from tagmart.synth.population import ACTIVE, NEVER, Population

CARD_SHARE = 0.18
# Days of the month on which statements are made and on which they are due: 18 to 22 days later, the last four in the next
# month. 31 is the last day of the month. Newer cards are spread, so that not all are billed on one day.
CYCLES = ((1, 21), (5, 25), (8, 28), (12, 2), (16, 6), (20, 10), (25, 15), (31, 20))
CYCLE_SHARE = (0.11, 0.13, 0.12, 0.13, 0.12, 0.13, 0.12, 0.14)
LAST_OF_MONTH = 31
TRANSACTOR, REVOLVER, MINIMUM, SLEEPER = range(4)
# Interest of five ten-thousandths a day, and 5 % of what is missing to the minimum 违约金.
DAY_RATE, LATE_SHARE, INSTAL_FEE = 5e-4, 0.05, 0.006


@dataclass(frozen=True)
class Plans:
    """Instalment plans, one array element a plan: a purchase paid in `terms` monthly parts with a fee each. Cents.

    Attributes:
        place: of the purchase among the entries; day: of it; month: the lived month whose statement bills the first part.
    """

    card: np.ndarray
    place: np.ndarray
    day: np.ndarray
    principal: np.ndarray
    terms: np.ndarray
    month: np.ndarray

    def billed(self, month: int) -> np.ndarray:
        """How many parts are billed by the statement of a lived month."""
        return np.clip(month - self.month + 1, 0, self.terms)

    def left(self, month: int) -> np.ndarray:
        """Cents not yet billed by the statement of a lived month; nothing before the cycle of the purchase."""
        part = self.principal // self.terms
        done = self.billed(month)
        return np.where(done >= self.terms, 0, self.principal - part * done) * (month >= self.month - 1)


@dataclass(frozen=True)
class Cards:
    """Credit cards: state per card (rows) and lived day (columns) in cents, and one statement per card and month.

    `bal` is what is owed in all, instalments not yet billed (`instal`) included; each day it is that of the day before plus
    the signed entries of the day. Statements are made on the day of the card's cycle and ask for `bal` without `instal`.

    Attributes:
        cycle: index of CYCLES; stmt_day, due_day: by cycle (rows) and lived month (columns) the day on which the month's
            statement is made and the day on which it is due.
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
    cycle: np.ndarray
    stmt_day: np.ndarray
    due_day: np.ndarray

    def stmt_month(self, card: np.ndarray, day: np.ndarray) -> np.ndarray:
        """The lived month of the last statement that each card had by the end of each day, -1 before the first one."""
        return self._latest(self.stmt_day, card, day)

    def due_month(self, card: np.ndarray, day: np.ndarray) -> np.ndarray:
        """The lived month of the last statement of each card that had fallen due by each day, -1 before the first one."""
        return self._latest(self.due_day, card, day)

    def _latest(self, days: np.ndarray, card: np.ndarray, day: np.ndarray) -> np.ndarray:
        found = np.empty(len(card), dtype=np.int64)
        cycle = self.cycle[card]
        for number in range(len(CYCLES)):
            mine = cycle == number
            found[mine] = np.searchsorted(days[number], day[mine], side="right") - 1
        return found


def cycle_days(horizon: Horizon) -> tuple[np.ndarray, np.ndarray]:
    """By cycle (rows) and lived month (columns) the day of the month's statement, and the day on which that is due."""
    first = horizon.month_first
    stmt, due = [], []
    for made, paid in CYCLES:
        stmt.append(first[1:] - 1 if made == LAST_OF_MONTH else first[:-1] + made - 1)
        due.append((first[:-1] if paid > made else first[1:]) + paid - 1)
    return np.stack(stmt)[:, : horizon.months], np.stack(due)[:, : horizon.months]


@dataclass
class _State:
    """What a card carries from statement to statement: cents owed, billed, and the day since which too little was paid."""

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

    def taken(self, at: np.ndarray) -> _Book:
        """The cards of some places."""
        return _Book(**{name: column[at] for name, column in self.__dict__.items()})


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
    """Cards with a statement a month on the day of their cycle, and a due day about three weeks later."""
    book = _book(rng, people, accounts, horizon)
    size, months = len(book.owner), horizon.months
    cycle = rng.choice(len(CYCLES), size, p=CYCLE_SHARE)
    stmt_day, due_day = cycle_days(horizon)
    bal, dpd, last, unbilled = (np.zeros((size, horizon.size), np.int64) for _ in range(4))
    statements = np.zeros((3, size, months), np.int64)
    posted: list[Entries] = []
    plans: list[Plans] = []
    placed = 0
    for number in range(len(CYCLES)):
        mine = np.flatnonzero(cycle == number)
        lived = _live(rng, book.taken(mine), stmt_day[number], due_day[number], horizon)
        bal[mine], dpd[mine], last[mine], unbilled[mine] = lived.bal, lived.dpd, lived.last, lived.unbilled
        statements[:, mine] = lived.statements
        posted.append(replace(lived.posted, card=mine[lived.posted.card].astype(np.int32)))
        plans.append(replace(lived.plans, card=mine[lived.plans.card], place=lived.plans.place + placed))
        placed += len(lived.posted.card)
    credit = np.where((rng.random(size) < 0.03) & (book.behave == SLEEPER), rng.integers(100, 20_000, size), 0)
    temp = np.where(rng.random(size) < 0.05, book.limit // 2, 0)
    every, order = _ordered(posted)
    held = _joined_plans(plans)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    held = Plans(**(held.__dict__ | {"place": place[held.place]}))
    return Cards(
        book.owner, book.open_day, book.limit, temp, book.behave == SLEEPER, book.autopay, bal, credit, dpd, unbilled,
        last, *statements, every, held, cycle, stmt_day, due_day,
    )  # fmt: skip


@dataclass(frozen=True)
class _Lived:
    """The cards of one cycle: state by card and day, statements by card and month, entries and plans."""

    bal: np.ndarray
    dpd: np.ndarray
    last: np.ndarray
    unbilled: np.ndarray
    statements: np.ndarray
    posted: Entries
    plans: Plans


def _live(rng: np.random.Generator, book: _Book, stmt_day: np.ndarray, due_day: np.ndarray, horizon: Horizon) -> _Lived:
    """Live the months of the cards of one cycle: each from the day after a statement to the next one.

    Args:
        rng: dice.
        book: the cards.
        stmt_day, due_day: by lived month, of its statement. Behind the last one a part of a month is lived without.
        horizon: of the world.
    """
    size, months = len(book.owner), horizon.months
    bal, dpd, last, unbilled = (np.zeros((size, horizon.size), np.int64) for _ in range(4))
    statements = np.zeros((3, size, months), np.int64)
    state = _State(np.zeros(size, np.int64), np.zeros(size, np.int64), np.full(size, NEVER))
    posted: list[Entries] = []
    plans: list[Plans] = []
    placed = 0
    edges = np.r_[0, stmt_day + 1, horizon.size]
    for month in range(months + 1):
        first, end = int(edges[month]), int(edges[month + 1])
        if first == end:
            break
        billed, before = state.billed, dpd[:, first - 1] if month else np.zeros(size, np.int64)
        pays, minimum = _pays(rng, book, state, month)
        if month:
            statements[2][:, month - 1] = pays
        due = int(due_day[month - 1]) if month else first
        parts = [_bought(rng, book, state, month, first, end), _repaid(rng, book, pays, due, first)]
        if month < months:
            parts.append(_charged(plans, billed - pays, np.maximum(minimum - pays, 0), month, first, end))
        now = ent.joined(parts)
        # What is due behind the last day is not paid yet.
        now = now.taken(np.flatnonzero(now.day < end))
        if new := _new_plans(rng, now, placed, month):
            plans.append(new)
        placed += len(now.card)
        posted.append(now)
        moves = np.zeros((size, end - first), np.int64)
        np.add.at(moves, (now.card, now.day - first), now.signed)
        bal[:, first:end] = state.carry[:, None] + np.cumsum(moves, axis=1)
        unbilled[:, first:end] = _unbilled(plans, month, size, first, end, month < months)
        dpd[:, first:end] = _days_past_due(state, (pays < minimum) & (billed > 0), due, first, end, before)
        last[:, first:end] = billed[:, None]
        if month == months:
            break
        state.carry = bal[:, end - 1]
        state.billed = np.maximum(state.carry - unbilled[:, end - 1], 0)
        last[:, end - 1] = state.billed
        statements[0][:, month] = state.billed
        statements[1][:, month] = _minimum(state.billed)
    return _Lived(bal, dpd, last, unbilled, statements, ent.joined(posted), _joined_plans(plans))


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
    target = np.minimum(book.monthly * rng.lognormal(-0.1, 0.45, len(room)) * min(1, (end - first) / 28), room).astype(np.int64)
    target = np.where(book.open_day < first, target, 0) * ((month < book.stop) | (month >= book.cure))
    return ent.spending(rng, target, book.likes_instal, book.takes_cash, first, end)


def _repaid(rng: np.random.Generator, book: _Book, pays: np.ndarray, due: int, first: int) -> Entries:
    """Repayments: by direct debit on the due day, else on a day up to it."""
    card = np.flatnonzero(pays > 0)
    day = np.maximum(due - np.where(book.autopay[card], 0, rng.integers(0, 12, len(card))), first)
    return ent.entries(card, day, pays[card], ent.REPAY, second=rng.integers(3600, 8 * 3600, len(card)))


def _charged(
    plans: list[Plans], unpaid: np.ndarray, short: np.ndarray, month: int, first: int, end: int
) -> Entries:
    """What the bank adds with the statement: interest on what was left unpaid, late fees, fees of instalments."""
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


def _unbilled(plans: list[Plans], month: int, size: int, first: int, end: int, is_whole: bool) -> np.ndarray:
    """Cents of plans not yet billed, by card and day of a cycle; parts are billed on the last day of a whole one."""
    found = np.zeros((size, end - first), np.int64)
    for held in plans:
        before, after, new = held.left(month - 1), held.left(month if is_whole else month - 1), held.month == month + 1
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
