"""The whole world of the demo bank, simulated once over its horizon; what is delivered when is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth import accounts as acc
from tagmart.synth import cards as cards_of
from tagmart.synth import (
    channels,
    churn,
    corporate,
    credit,
    fx,
    ledger,
    markets,
    merchants,
    payroll,
    population,
    rare,
    relations,
    repayments,
    seasons,
    transactions,
    troubles,
)
from tagmart.synth.calendar import Horizon
from tagmart.synth.fx.rooms import retail_fx
from tagmart.synth.identity import facts as known
from tagmart.synth.identity import sources as ids
from tagmart.synth.marketing import campaigns, contacts
from tagmart.synth.marketing.asked import Asked
from tagmart.synth.sizes import Place


@dataclass(frozen=True)
class World:
    """Everything that is true of the demo bank, or of one block of it (`place`)."""

    place: Place
    horizon: Horizon
    people: population.Population
    companies: corporate.Companies
    corporate_ledger: corporate.CorporateLedger
    registers: corporate.Registers
    batches: payroll.Batches
    accounts: acc.Accounts
    exists: np.ndarray
    opened: np.ndarray
    receipts: acc.Receipts
    receipt_seq: np.ndarray
    notes: credit.Notes
    note_days: credit.NoteDays
    schedule: repayments.RetailSchedule
    repaid: repayments.Repayments
    retail_limits: repayments.RetailLimits
    cards: cards_of.Cards
    markets: markets.Markets
    merchants: merchants.Merchants
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
    assignments: relations.Spans
    overrides: relations.Spans
    checks: known.Checks
    households: known.Households
    sources: ids.Sources
    churners: churn.Churners
    members: campaigns.Members
    campaign_bought: np.ndarray
    contacts: contacts.Contacts
    fx: fx.FxBook

    def number_of(self, owner: np.ndarray, day: np.ndarray | int) -> np.ndarray:
        """Under whose number the bank keeps what a customer owns on a day: after a merge, the survivor's."""
        known = self.sources
        gone, into = np.full(self.people.size, population.NEVER), np.arange(self.people.size)
        gone[known.merged], into[known.merged] = known.merge_day, known.survivor
        return np.where(day >= gone[owner], into[owner], owner)

    def holder(self, day: int) -> np.ndarray:
        """For each customer the one under whose number its things are on a day."""
        return self.number_of(np.arange(self.people.size), day)

    def kept_by(self, day: int, sums: np.ndarray) -> np.ndarray:
        """Sums by customer, given to those under whose numbers they are on a day."""
        found = np.zeros_like(sums)
        np.add.at(found, self.holder(day), sums)
        return found

    @property
    def block(self) -> int:
        """The number of this block, from 0."""
        return self.place.block

    @property
    def seed(self) -> int:
        """Of the random numbers."""
        return self.place.seed


def make_world(place: Place, horizon: Horizon, events_from: int) -> World:
    """Simulate the bank, or one block of it.

    Args:
        place: which block of which bank; its streams of random numbers are 1 to 39 here, 40 to 59 of companies, 60 to 79
            of merchants and markets, 80 to 99 of identity, marketing and finance.
        horizon: the days to live.
        events_from: mobile bank events are made from this day on.
    """
    size, dice = place.sizes.retail, place.dice
    people = population.make_population(dice(1), size, horizon, place)
    companies = corporate.make_companies(dice(40), place, people, horizon)
    plan = acc.make_plan(dice(2), people)
    first = acc.first_receipts(dice(3), people, plan, horizon)
    with_cd = np.bincount(first.owner[first.is_cd], minlength=size) > 0
    accounts = acc.make_accounts(dice(4), people, plan, with_cd, place)
    notes = troubles.with_troubles(dice(29), credit.make_notes(dice(6), people, horizon), people, horizon)
    cards = cards_of.make_cards(dice(7), people, accounts, horizon)
    # Merchants come with their sales and settlements: none of them needs a ledger.
    shops = merchants.make_merchants(place, people, accounts, companies, cards, horizon, events_from)
    has_sms = accounts.first >= 0
    has_sms &= dice(8).random(size) < 0.35

    consents = relations.make_consents(dice(21), people, horizon)
    complaints = relations.make_complaints(dice(23), people, horizon)
    statuses = relations.make_statuses(dice(27), people, cards, notes.owner)
    overrides = known.make_overrides(dice(83), people, horizon)
    reach = campaigns.Reach(people, consents, statuses, complaints, overrides, horizon)
    members = campaigns.make_members(dice(87), reach, plan.demand, accounts.term >= 0, horizon)
    first, asked = _asked(dice(88), members, first, horizon)

    intents = ledger.Intents()
    receipts = acc.term_intents(dice(9), intents, people, accounts, first, horizon)
    wishes = markets.add_wishes(place, intents, people, accounts, plan, horizon, asked)
    payments = transactions.add_pay(dice(11), intents, people, accounts, horizon)
    transactions.add_income(dice(12), intents, people, accounts, horizon)
    transactions.add_spending(dice(13), intents, people, accounts, horizon)
    transactions.add_own_transfers(dice(14), intents, people, accounts, horizon)
    seasons.add_seasons(dice(81), intents, people, accounts, horizon)
    churners = churn.add_churn(dice(91), intents, people, accounts, horizon)
    transactions.add_fees(intents, people, accounts, has_sms, horizon)
    transactions.add_arrivals(intents, people, accounts)
    transactions.add_closures(intents, people, accounts)
    big_moves = transactions.add_big_moves(dice(16), intents, people, accounts, horizon)
    rate = fx.middle_rates(wishes.fx)
    abroad = retail_fx(dice(30), place, intents, people, accounts, rate, horizon)
    schedule = repayments.make_schedule(notes, horizon)
    repaid = repayments.make_repayments(notes, schedule, horizon)
    credit.add_loan_intents(intents, accounts, notes, repaid)
    cards_of.add_card_intents(intents, accounts, cards)
    merchants.add_settlements(intents, accounts, shops)
    rare.add_rare_receipts(dice(31), intents, people, accounts, horizon)

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
    legs = ledger.make_legs(table, done, accounts.owner, dice(17))
    receipts = _real_receipts(receipts, done.accepted)
    opened, exists, seq = _term_facts(accounts, receipts)
    invested = markets.make_markets(place, wishes, done.accepted, people, horizon)
    lots = invested.lots
    managers = relations.make_managers(dice(20), people, horizon)
    agreements = _with_sms(relations.make_agreements(dice(24), people, lots, horizon), people, has_sms)
    agreements = relations.with_more_agreements(dice(28), agreements, people, horizon)
    bought = campaigns.bought(members, lots, receipts)
    # Companies' own ledger comes last: it mirrors the payroll that retail accounts accepted.
    batches = payroll.make_batches(payments, done.accepted)
    firm_ledger = corporate.make_ledger(place, companies, batches, horizon, rate, shops.corporate_settlements)
    agreements = relations.with_fx(agreements, abroad.accounts.owner, abroad.accounts.opened)
    return World(
        place=place,
        horizon=horizon,
        people=people,
        companies=companies,
        corporate_ledger=firm_ledger,
        registers=corporate.make_registers(dice(54), companies, firm_ledger.late, horizon),
        batches=batches,
        accounts=accounts,
        exists=exists,
        opened=opened,
        receipts=receipts,
        receipt_seq=seq,
        notes=notes,
        note_days=credit.note_days(notes, horizon),
        schedule=schedule,
        repaid=repaid,
        retail_limits=repayments.make_limits(dice(52), people, notes, horizon),
        cards=cards,
        markets=invested,
        merchants=shops,
        payments=payments,
        balance=done.balance,
        accepted=done.accepted,
        legs=legs,
        big_moves=big_moves,
        events=channels.make_events(dice(19), people, horizon, events_from, invested.rising, dice(66)),
        managers=managers,
        consents=consents,
        risk_tests=relations.make_risk_tests(dice(22), people, lots),
        complaints=complaints,
        agreements=agreements,
        controls=relations.make_controls(dice(25), people, accounts, horizon),
        court_cases=relations.make_court_cases(dice(26), people, horizon),
        statuses=statuses,
        has_sms=has_sms,
        assignments=known.with_co_managers(dice(82), managers, people),
        overrides=overrides,
        checks=known.make_checks(dice(84), people, horizon),
        households=known.make_households(dice(85), people, horizon),
        sources=ids.make_sources(
            dice(86),
            place,
            people,
            (cards.owner, cards.open_day),
            (lots.owner, lots.paid),
            agreements,
            statuses,
            horizon,
        ),
        churners=churners,
        members=members,
        campaign_bought=bought,
        contacts=contacts.make_contacts(dice(89), members, bought, managers, reach, horizon),
        fx=fx.settle(abroad.plan, abroad.accounts, done.accepted, rate, horizon),
    )


def _asked(
    rng: np.random.Generator, members: campaigns.Members, first: acc.Receipts, horizon: Horizon
) -> tuple[acc.Receipts, Asked]:
    """What members of campaigns want to buy: term deposits beside the first receipts, and purchases of wealth and funds."""
    dep, wm, fund = (members.buyers(line) for line in ("dep", "wm", "fund"))
    receipts = acc.with_asked(rng, first, horizon, members.owner[dep], members.cents[dep], members.day[dep])
    both = np.r_[wm, fund]
    line = np.repeat(("wm", "fund"), (len(wm), len(fund)))
    return receipts, Asked(members.owner[both], line, members.cents[both], members.day[both])


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
