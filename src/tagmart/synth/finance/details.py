"""From the details of every room to the general ledger: each detail posts against a clearing subject of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth import accounts as retail
from tagmart.synth import feeds_core, ledger
from tagmart.synth.accruals import accumulated, demand_accrued, term_accrued
from tagmart.synth.corporate import accounts as corporate
from tagmart.synth.corporate import feeds_credit as corporate_credit
from tagmart.synth.corporate import lending
from tagmart.synth.corporate.settle import RATE_BP
from tagmart.synth.feeds_credit import ENTRUSTED_SUBJECT, WRITTEN_SUBJECT, retail_facts
from tagmart.synth.finance import subjects as gl
from tagmart.synth.finance.book import Book, gl_org_of_outlet, summed, summed_spans
from tagmart.synth.markets.orders import DIV, RED, SIP, SUB
from tagmart.synth.note_facts import NoteFacts
from tagmart.synth.population import NEVER
from tagmart.synth.repayments import paid_instalments

if TYPE_CHECKING:
    from tagmart.synth.world import World

OFF_BALANCE = (gl.ACCEPTANCE, gl.GUARANTEE, gl.CREDIT_LETTER, "", gl.COMMITMENT)
# Days whose accrued interest is worked out at a time.
SLICE_DAYS = 60
VAULT = 100_000_000


def make_book(world: World) -> Book:
    """The general ledger of one block over all lived days."""
    book = Book(world.horizon.size)
    _deposits(book, world)
    _interest(book, world)
    _invest(book, world)
    _loans(book, world)
    _cards(book, world)
    _off_balance(book, world)
    _vault(book)
    return book


def _vault(book: Book) -> None:
    """Cash that was there before the first day, so that none is ever paid out that is not there."""
    least = book.net(gl.CASH).min(axis=1)
    book.open(gl.CASH, gl.EQUITY, np.arange(len(least)), np.where(least < 0, -least + VAULT, 0))


def _contra(legs: ledger.Legs) -> np.ndarray:
    """The other side of each deposit leg, as an index of CONTRA."""
    purpose, kind = legs.purpose, legs.cp_kind
    wages = (purpose == ledger.PURPOSE["wage"]) & (legs.channel == ledger.CHANNEL["batch"])
    return np.select(
        [
            kind == ledger.ACCOUNT,
            kind == ledger.OWN_FX,
            wages,
            kind == ledger.CASH,
            kind != ledger.BANK,
            purpose == ledger.PURPOSE["interest"],
            purpose == ledger.PURPOSE["fee"],
            purpose == ledger.PURPOSE["invest"],
            purpose == ledger.PURPOSE["loan"],
            purpose == ledger.PURPOSE["other"],
        ],
        np.arange(10),
        10,
    )


CONTRA = (
    gl.INTERNAL,
    gl.EXCHANGE,
    gl.PAYROLL,
    gl.CASH,
    gl.CLEARING,
    gl.INTEREST_PAYABLE,
    gl.FEE_INCOME,
    gl.INVEST,
    gl.LENDING,
    gl.CARDS,
    gl.OTHER,
)


def _deposits(book: Book, world: World) -> None:
    """Every leg on a deposit account, and what was on the accounts before the first day."""
    outlets = gl_org_of_outlet()
    mine, firms = world.accounts, world.corporate_ledger
    for legs, kind, names, org, balance in (
        (world.legs, mine.kind, feeds_core.SUBJECT_OF_KIND, outlets[world.people.outlet[mine.owner]], world.balance),
        (
            firms.legs,
            firms.accounts.kind,
            corporate.SUBJECTS,
            outlets[world.companies.outlet[firms.accounts.owner]],
            firms.balance,
        ),
    ):
        moved = np.zeros(len(kind), dtype=np.int64)
        today = legs.day == 0
        np.add.at(moved, legs.acct[today], (legs.sign * legs.amt)[today])
        opening = balance[0] - moved
        contra, subject = _contra(legs), kind[legs.acct]
        for number, name in enumerate(names):
            at = kind == number
            book.open(gl.EQUITY, name, org[at], opening[at])
            for code, other in enumerate(CONTRA):
                for pair, sign in (((other, name), 1), ((name, other), -1)):
                    row = np.flatnonzero((subject == number) & (contra == code) & (legs.sign == sign))
                    book.post(*pair, org[legs.acct[row]], legs.day[row], legs.amt[row])


def _interest(book: Book, world: World) -> None:
    """Interest accrued every day: the payable grows by what is accrued and falls by what is posted to accounts."""
    mine, firms, outlets = world.accounts, world.corporate_ledger, gl_org_of_outlet()
    part, deposits = world.receipts, world.corporate_ledger.deposits
    place = np.where(part.is_cd, mine.cd[part.owner], mine.term[part.owner])
    closing = np.where(world.exists, mine.closing, -1)
    accrued = _accrued(
        world, world.balance, ledger.DEMAND_RATE_BP, mine.kind == retail.DEMAND, place, part,
        outlets[world.people.outlet[mine.owner]], np.where(world.exists, world.opened, NEVER), closing,
    ) + _accrued(
        world, firms.balance, RATE_BP, firms.accounts.kind == corporate.DEMAND, firms.accounts.term[deposits.owner],
        deposits, outlets[world.companies.outlet[firms.accounts.owner]], firms.accounts.opened, firms.accounts.closing,
    )  # fmt: skip
    payable = gl.INTEREST_PAYABLE
    posted = book.debit[payable] - book.credit[payable]
    orgs = np.arange(len(accrued))
    book.open(gl.EQUITY, payable, orgs, accrued[:, 0])
    earned = np.diff(accrued, axis=1, prepend=accrued[:, :1]) + posted
    org, day = np.nonzero(earned)
    book.post(gl.INTEREST_EXPENSE, payable, org, day, earned[org, day])


def _accrued(
    world: World,
    balance: np.ndarray,
    rate_bp: int,
    bears: np.ndarray,
    place: np.ndarray,
    part: object,
    org: np.ndarray,
    opened: np.ndarray,
    closing: np.ndarray,
) -> np.ndarray:
    """Interest accrued and not posted, per organisation and day, of the accounts that are open."""
    size, dates = world.horizon.size, world.horizon.dates[: world.horizon.size]
    parts = []
    for first in range(0, size, SLICE_DAYS):
        last = min(first + SLICE_DAYS, size) - 1
        days = np.arange(first, last + 1)[:, None]
        earned = term_accrued(place, part.principal, part.rate_bp, part.start, part.due, len(org), first, last)
        sums = accumulated(balance, dates, first, last)
        earned = np.where(bears, demand_accrued(sums, rate_bp), earned)
        parts.append(summed(org, earned.T, ((opened <= days) & (closing > days)).T))
    return np.concatenate(parts, axis=1)


def _invest(book: Book, world: World) -> None:
    """Money in transit: subscriptions leave when confirmed, redemptions and dividends come on the day they are paid."""
    orders = world.markets.orders
    outlets = gl_org_of_outlet()[world.people.outlet[orders.owner]]
    good = ~orders.failed
    bought = np.flatnonzero(np.isin(orders.kind, (SUB, SIP)) & good)
    book.post(gl.INVEST, gl.CENTRAL_BANK, outlets[bought], orders.confirmed[bought], orders.amt[bought])
    paid = np.flatnonzero(np.isin(orders.kind, (RED, DIV)) & good & (orders.settled < NEVER))
    book.post(gl.CENTRAL_BANK, gl.INVEST, outlets[paid], orders.settled[paid], orders.amt[paid])


def note_facts(world: World) -> tuple[NoteFacts, NoteFacts]:
    """Notes of retail customers and of companies."""
    return retail_facts(world), corporate_credit.note_facts(world)


def _loans(book: Book, world: World) -> None:
    """Principal of the bank's notes by their subject, normal and overdue apart; what is not on its books as a memo."""
    outlets = gl_org_of_outlet()
    for facts in note_facts(world):
        org, subject, there = outlets[facts.outlet], np.array(facts.subject), facts.on_book
        _off_book_loans(book, facts, org)
        for name in dict.fromkeys(facts.subject):
            at = np.flatnonzero(subject == name)
            whole = summed(org[at], facts.principal[at], there[at])
            overdue = summed(org[at], facts.overdue[at], there[at])
            book.state(name, gl.LENDING, whole - overdue)
            book.state(name + gl.OVERDUE, gl.LENDING, overdue)
    firms = world.corporate_ledger
    for facts, repaid in zip(
        note_facts(world), (world.repaid, paid_instalments(firms.schedule, world.horizon)), strict=True
    ):
        org, others = outlets[facts.outlet][repaid.note], facts.entrusted[repaid.note]
        earned = repaid.interest + repaid.penalty
        book.post(gl.LENDING, gl.INTEREST_INCOME, org[~others], repaid.day[~others], earned[~others])
        # What is paid on other people's money goes on to them.
        passed = (earned + repaid.principal)[others]
        book.post(gl.LENDING, gl.CLEARING, org[others], repaid.day[others], passed)


def _off_book_loans(book: Book, facts: NoteFacts, org: np.ndarray) -> None:
    """Entrusted loans and claims given up: memos off the balance sheet; what is given up is charged to the provision."""
    for subject, mine in (
        (ENTRUSTED_SUBJECT, facts.there & facts.entrusted[:, None]),
        (WRITTEN_SUBJECT, facts.there & ~facts.entrusted[:, None] & ~facts.on_book),
    ):
        memo = summed(org, facts.principal, mine)
        book.state(subject, gl.OFF_BALANCE_CONTRA, memo, before=gl.OFF_BALANCE_CONTRA)
    lent = np.flatnonzero(facts.entrusted & (facts.start >= 0))
    book.post(gl.CLEARING, gl.LENDING, org[lent], facts.start[lent], facts.principal[lent, facts.start[lent]])
    lost = np.flatnonzero(facts.write_off < book.days)
    cents = facts.principal[lost, facts.write_off[lost]] * facts.there[lost, facts.write_off[lost]]
    book.open(gl.EQUITY, gl.PROVISION, org[lost], cents * 2)
    book.post(gl.PROVISION, gl.LENDING, org[lost], facts.write_off[lost], cents)


def _cards(book: Book, world: World) -> None:
    """What is owed on credit cards, and what holders have paid too much."""
    cards, days = world.cards, np.arange(world.horizon.size)
    org = gl_org_of_outlet()[world.people.outlet[cards.owner]]
    there = days[None, :] >= cards.open_day[:, None]
    book.state(gl.CARD, gl.CARDS, summed(org, cards.bal, there))
    credit = np.broadcast_to(cards.credit[:, None], cards.bal.shape)
    book.state(gl.CARD_CREDIT, gl.CARDS, summed(org, credit, there), is_asset=False)


def _off_balance(book: Book, world: World) -> None:
    """Business off the balance sheet; of the same file, discounted bills and advances are on it."""
    part, size = world.corporate_ledger.offbal, world.horizon.size
    org = gl_org_of_outlet()[world.companies.outlet[part.owner]]
    for kind, subject in enumerate(OFF_BALANCE):
        at = np.flatnonzero(part.kind == kind)
        face = summed_spans(org[at], part.face[at], part.start[at], part.due[at], size)
        if kind == lending.DISCOUNT:
            book.state(gl.DISCOUNT, gl.LENDING, face)
        else:
            book.state(subject, gl.OFF_BALANCE_CONTRA, face, before=gl.OFF_BALANCE_CONTRA)
    forever = np.full(len(part.owner), NEVER)
    book.state(gl.ADVANCE, gl.BILLS, summed_spans(org, part.advance, part.due, forever, size))
