"""The companies' side of the core ledger, settled after the retail one: it pays the wages that retail accounts received."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth import fx, ledger
from tagmart.synth.calendar import Horizon
from tagmart.synth.corporate import accounts as acc
from tagmart.synth.corporate import flows, lending
from tagmart.synth.corporate.companies import Companies
from tagmart.synth.corporate.settle import BROUGHT_RANK, settle
from tagmart.synth.corporate.troubles import with_troubles
from tagmart.synth.fx import FxBook
from tagmart.synth.fx.rooms import corporate_fx
from tagmart.synth.ledger import CHANNEL, INIT, PURPOSE, SAME_NAME
from tagmart.synth.payroll import Batches
from tagmart.synth.population import NEVER
from tagmart.synth.sizes import Place

# Streams of random numbers of this part: 40 is the companies' own.
LOANS, OFFBAL, LIMITS, DEPOSITS, ACCOUNTS, TRADE, PARTNERS, SEASONS, OTHERS, LEGS = range(41, 51)
TROUBLES, ABROAD = 55, 56


@dataclass(frozen=True)
class Settlements:
    """What merchants settle to companies' accounts here, one array element a settlement."""

    firm: np.ndarray
    day: np.ndarray
    cents: np.ndarray
    settle_no: np.ndarray


NO_SETTLEMENTS = Settlements(*(np.empty(0, dtype=np.int64) for _ in range(3)), np.empty(0, dtype="<U32"))


@dataclass(frozen=True)
class CorporateLedger:
    """Everything on companies' accounts and in their loan files.

    Attributes:
        balance: cents per lived day (rows) and account (columns).
        payroll_leg: for each payroll batch the leg that paid it, -1 where no company of the bank did.
        settle_leg: for each settlement its leg.
        new_partners: companies with a large new counterparty in the last month.
    """

    accounts: acc.CorporateAccounts
    deposits: acc.Deposits
    loans: lending.Loans
    schedule: lending.Schedule
    loan_days: lending.LoanDays
    offbal: lending.OffBalance
    limits: lending.Limits
    balance: np.ndarray
    legs: ledger.Legs
    payroll_leg: np.ndarray
    settle_leg: np.ndarray
    settlements: Settlements
    new_partners: np.ndarray
    fx: FxBook

    @property
    def late(self) -> np.ndarray:
        """Companies that stop paying at some time and never pay up."""
        return np.unique(self.loans.owner[(self.loans.stop_day < NEVER) & (self.loans.cure_day == NEVER)])


def make_ledger(
    place: Place,
    firms: Companies,
    batches: Batches,
    horizon: Horizon,
    rate: np.ndarray,
    settlements: Settlements = NO_SETTLEMENTS,
) -> CorporateLedger:
    """Settle companies' accounts over the whole world.

    Args:
        place: the block, for its random numbers.
        firms: the companies.
        batches: payroll batches as the retail ledger accepted them.
        horizon: the days to live.
        rate: middle rates of foreign currencies (`fx.middle_rates`).
        settlements: of merchants whose account here belongs to a company.
    """
    dice = place.dice
    loans = with_troubles(dice(TROUBLES), lending.make_loans(dice(LOANS), firms, horizon), firms, horizon)
    schedule = lending.make_schedule(loans, horizon)
    state = lending.loan_days(loans, schedule, horizon)
    offbal = lending.make_offbal(dice(OFFBAL), firms, loans, horizon)
    limits = lending.make_limits(dice(LIMITS), firms, loans, state, offbal, horizon)
    deposits = acc.make_deposits(dice(DEPOSITS), firms, horizon)
    book = acc.make_accounts(dice(ACCOUNTS), firms, deposits, offbal, place)

    intents = ledger.Intents()
    flows.add_trade(dice(TRADE), intents, firms, book, horizon)
    new_partners = flows.add_new_partners(dice(PARTNERS), intents, firms, book, horizon)
    flows.add_duties(intents, firms, book, horizon)
    flows.add_seasons(dice(SEASONS), intents, firms, book, horizon)
    paid = flows.add_payroll(intents, firms, book, batches)
    settled = flows.add_settlements(intents, book, settlements.firm, settlements.day, settlements.cents)
    flows.add_loans(intents, book, loans, schedule, horizon)
    flows.add_offbal(intents, book, offbal)
    flows.add_deposits(intents, book, deposits)
    flows.add_others(dice(OTHERS), intents, firms, book, horizon)
    abroad = corporate_fx(dice(ABROAD), place, intents, firms, book, rate, horizon)
    done, brought = settle(
        intents.table(), book.opening, book.usual, book.kind == acc.DEMAND, book.opened, book.closing,
        horizon.dates[: horizon.size],
    )
    intents.add(
        day=brought.day, acct=brought.acct, amt=brought.amt, sign=1, channel=CHANNEL["batch"], init=INIT["P"],
        purpose=PURPOSE["transfer"], cp_kind=SAME_NAME, second=8 * 3600,
    )
    done = ledger.Settled(
        np.r_[done.accepted, brought.amt], np.r_[done.rank, np.full(len(brought.amt), BROUGHT_RANK)], done.balance,
        done.interest_day, done.interest_acct, done.interest_amt,
    )
    legs = ledger.make_legs(intents.table(), done, book.owner, dice(LEGS))
    leg_of = np.full(intents.size + 1, -1, dtype=np.int64)
    first = np.flatnonzero((legs.leg == 1) & (legs.intent >= 0))
    leg_of[legs.intent[first]] = first
    return CorporateLedger(
        accounts=book, deposits=deposits, loans=loans, schedule=schedule, loan_days=state, offbal=offbal, limits=limits,
        balance=done.balance, legs=legs, payroll_leg=leg_of[paid], settle_leg=leg_of[settled], settlements=settlements,
        new_partners=new_partners, fx=fx.settle(abroad.plan, abroad.accounts, done.accepted, rate, horizon),
    )
