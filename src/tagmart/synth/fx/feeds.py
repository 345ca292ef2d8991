"""The rows of accounts in foreign currency in the feeds of the core system, and their part of the general ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tagmart.synth import ledger, reference
from tagmart.synth.account_states import account_states
from tagmart.synth.accruals import accumulated
from tagmart.synth.feeds_core import gl_orgs, hist_month
from tagmart.synth.finance import subjects as gl
from tagmart.synth.finance.book import Book, gl_org_of_outlet
from tagmart.synth.fx import CCYS, IN, OUT, FxBook, never
from tagmart.synth.summaries import SUMMARIES, summary_places
from tagmart.synth.write import (
    DATED,
    DELTA,
    JOURNAL,
    Feed,
    constant,
    day_dates,
    day_times,
    flags,
    integers,
    money,
    numbered,
    pick,
)

if TYPE_CHECKING:
    from tagmart.synth.world import World

TRANSFER = (ledger.MODE["transfer"], ledger.PURPOSE["transfer"])
FOREIGN_BANKS, PARTNERS = ("OB01", "OB02", "OB03"), 60


@dataclass(frozen=True)
class _Side:
    """What differs between persons and companies.

    Attributes:
        home_legs, home_numbers, home_letter: legs in yuan, the accounts' numbers, and the letter of transaction numbers.
    """

    fx: FxBook
    ecif: list[str]
    names: list[str]
    outlet: np.ndarray
    product: str
    subject: str
    class_code: str
    nature: str
    letter: str
    home_legs: ledger.Legs
    home_numbers: list[str]
    home_letter: str


def _sides(world: World) -> tuple[_Side, _Side]:
    people, firms, theirs = world.people, world.companies, world.corporate_ledger
    return (
        _Side(
            world.fx, list(people.ecif_no), people.name, people.outlet, "D007", "201101", "1", "", "X", world.legs,
            list(world.accounts.numbers), "T",
        ),
        _Side(
            theirs.fx, list(firms.ecif_no), firms.name, firms.outlet, "D104", "201111", "", "general", "Y", theirs.legs,
            list(theirs.accounts.numbers), "C",
        ),
    )  # fmt: skip


def fx_feeds(world: World, first: int, daily_from: int, last: int) -> Iterator[Feed]:
    """Rows in the feeds of the core: daily rows from `daily_from` to `last`, history before the load of `first`."""
    for side in _sides(world):
        book = side.fx
        yield _acct(world, side, first, last)
        yield _bal(world, side, daily_from, last)
        yield hist_month(
            world.horizon, first, np.array(book.accounts.numbers), book.accounts.opened, never(len(book.accounts.owner)),
            book.balance, book.legs, [CCYS[ccy] for ccy in book.accounts.ccy],
        )  # fmt: skip
        yield _txn(world, side, daily_from, last)


def _acct(world: World, side: _Side, first: int, last: int) -> Feed:
    book = side.fx.accounts
    everyone = np.arange(len(book.owner))
    states = account_states(everyone, book.opened, never(len(everyone)), side.fx.legs, first, last)
    row, outlet = states.row, side.outlet[book.owner[states.row]]
    columns = {
        "acct_no": pick(book.numbers, row),
        "ecif_no": pick(side.ecif, book.owner[row]),
        "class_code": constant(side.class_code, len(row)),
        "nature_code": constant(side.nature, len(row)),
        "prod_id": constant(side.product, len(row)),
        "kind_code": constant("demand", len(row)),
        "ccy": pick(CCYS, book.ccy[row]),
        "open_org": pick(reference.outlet_ids(), outlet),
        "gl_org": pick(gl_orgs(), outlet),
        "gl_subject": constant(side.subject, len(row)),
        "open_date": day_dates(world.horizon, book.opened[row]),
        "close_date": day_dates(world.horizon, row, np.ones(len(row), dtype=bool)),
        "status_code": constant("open", len(row)),
        "is_settle": flags(np.ones(len(row))),
        "last_txn_date": day_dates(world.horizon, states.last_used, states.last_used < 0),
    }
    return Feed("core_acct", DELTA, columns, states.day, row)


def _bal(world: World, side: _Side, first: int, last: int) -> Feed:
    """Accounts in foreign currency bear no interest here."""
    book, days = side.fx.accounts, np.arange(first, last + 1)
    at, acct = np.nonzero(book.opened[None, :] <= days[:, None])
    bal = side.fx.balance[first : last + 1][at, acct]
    sums = accumulated(side.fx.balance, world.horizon.dates[: world.horizon.size], first, last)
    none = money(np.zeros(len(acct), dtype=np.int64))
    columns = {
        "acct_no": pick(book.numbers, acct),
        "bal_date": day_dates(world.horizon, days[at]),
        "ccy": pick(CCYS, book.ccy[acct]),
        "bal": money(bal),
        "avail_bal": money(bal),
        "frozen_amt": none,
        "accum": money(sums[at, acct]),
        "accrued_int": none,
        "gl_subject": constant(side.subject, len(acct)),
        "gl_org": pick(gl_orgs(), side.outlet[book.owner[acct]]),
    }
    return Feed("core_bal", DATED, columns, days[at])


def _txn(world: World, side: _Side, first: int, last: int) -> Feed:
    """Postings; what was exchanged is the second leg of the transaction in yuan."""
    legs, book, horizon = side.fx.legs, side.fx.accounts, world.horizon
    at = slice(*np.searchsorted(legs.day, (first, last + 1)))
    day, acct, own = legs.day[at], legs.acct[at], legs.is_own[at]
    home = np.full(int(max(side.home_legs.intent.max(initial=0), legs.home_intent.max(initial=0))) + 2, -1, dtype=np.int64)
    home[side.home_legs.intent] = np.arange(len(side.home_legs.intent))
    place = np.where(own, home[legs.home_intent[at]], 0)
    base = world.place.base(7)
    both = numbered(side.home_letter, horizon, side.home_legs.day[place], side.home_legs.serial[place] + base, 9)
    alone = numbered(side.letter, horizon, day, legs.serial[at] + base, 9)
    strangers = [(f"983{at:013d}", f"Sample Trading {at + 1}", FOREIGN_BANKS[at % 3]) for at in range(PARTNERS)]
    same = [(f"984{world.block:02d}{at:011d}", side.names[who], FOREIGN_BANKS[at % 3]) for at, who in enumerate(book.owner)]
    mine = [(side.home_numbers[no], side.names[who], "OWN") for no, who in zip(book.home, book.owner, strict=True)]
    pool = [*strangers, *same, *mine]
    # Persons send money to their own accounts abroad half of the time.
    is_same = (side.class_code == "1") & (legs.second[at] % 2 == 0)
    who = np.where(own, PARTNERS + len(same) + acct, np.where(is_same, PARTNERS + acct, legs.second[at] % PARTNERS))
    count = len(day)
    columns = {
        "txn_no": pc.if_else(pa.array(own), both, alone),
        "leg": integers(np.where(own, 2, 1)),
        "acct_no": pick(book.numbers, acct),
        "acct_date": day_dates(horizon, day),
        "txn_time": day_times(horizon, day, legs.second[at]),
        "dc_flag": pick(("D", "C"), (legs.sign[at] > 0).astype(int)),
        "amt": money(legs.amt[at]),
        "ccy": pick(CCYS, book.ccy[acct]),
        "bal_after": money(legs.after[at]),
        "channel_code": pick(("batch", "mbank"), (legs.kind[at] != IN).astype(int)),
        "summary_code": pick(SUMMARIES, summary_places(*TRANSFER, legs.sign[at])),
        "mode_code": constant("transfer", count),
        "purpose_code": constant("transfer", count),
        "init_code": pick(ledger.INITS, legs.init[at]),
        "cp_acct_no": pick([entry[0] for entry in pool], who),
        "cp_name": pick([entry[1] for entry in pool], who),
        "cp_bank_code": pick([entry[2] for entry in pool], who),
        "is_reversal": flags(np.zeros(count)),
        "orig_txn_no": constant("", count),
        "gl_subject": constant(side.subject, count),
        "biz_ref": constant("", count),
        "org_id": pick(reference.outlet_ids(), side.outlet[book.owner[acct]]),
    }
    return Feed("core_txn", JOURNAL, columns, day)


def fx_books(world: World) -> dict[str, Book]:
    """The general ledger in each foreign currency: deposits against clearing, and against what was exchanged."""
    books = {ccy: Book(world.horizon.size) for ccy in CCYS}
    outlets = gl_org_of_outlet()
    for side in _sides(world):
        accounts, legs = side.fx.accounts, side.fx.legs
        org = outlets[side.outlet[accounts.owner]]
        for number, ccy in enumerate(CCYS):
            mine = accounts.ccy == number
            books[ccy].open(gl.EQUITY, side.subject, org[mine], accounts.opening[mine])
            for other, chosen in ((gl.CLEARING, np.isin(legs.kind, (IN, OUT))), (gl.EXCHANGE, legs.is_own)):
                for pair, sign in (((other, side.subject), 1), ((side.subject, other), -1)):
                    row = np.flatnonzero(mine[legs.acct] & chosen & (legs.sign == sign))
                    books[ccy].post(*pair, org[legs.acct[row]], legs.day[row], legs.amt[row])
    return books
