"""What companies mean to do on their accounts: trade, taxes, wages, the quarter-end swell, loans, bills, deposits."""

from __future__ import annotations

import numpy as np

from tagmart.synth.calendar import Horizon
from tagmart.synth.corporate.accounts import CorporateAccounts, Deposits
from tagmart.synth.corporate.companies import LARGE, MEDIUM, SOLE, Companies
from tagmart.synth.corporate.lending import ACCEPT, DISCOUNT, LC, Loans, OffBalance
from tagmart.synth.ledger import (
    ACCOUNT,
    BANK,
    CASH,
    CHANNEL,
    EMPTY,
    GOVERNMENT,
    INIT,
    MODE,
    PERSON,
    PURPOSE,
    SAME_NAME,
    SOFT,
    THIRD_PAY,
    Intents,
)
from tagmart.synth.payroll import Batches
from tagmart.synth.population import NEVER
from tagmart.synth.repayments import Schedule

# Counterparties at other banks: `cp_ref` of PERSON is the number of a partner company.
PARTNER = PERSON
PARTNERS = 900
# Receipts a month, and how many partners, by size.
RECEIPTS = np.array((80.0, 35.0, 14.0, 5.0))
CIRCLE_OF_PARTNERS = np.array((80, 40, 15, 6))
SHARE_HERE, SHARE_ELSEWHERE = 0.8, 0.25
CONCENTRATED_SHARE, NEW_PARTNER_SHARE = 0.03, 0.03
TRANSFER = PURPOSE["transfer"]
BATCH = {"channel": CHANNEL["batch"], "init": INIT["B"]}
OWN_MOVE = {"purpose": TRANSFER, "cp_kind": ACCOUNT}
_FEE = 3_000


def _share(firms: Companies) -> np.ndarray:
    """The part of a company's business that goes through this bank."""
    return np.where(firms.has_basic | (firms.employer >= 0), SHARE_HERE, SHARE_ELSEWHERE)


def _span(firms: Companies, horizon: Horizon) -> tuple[np.ndarray, np.ndarray]:
    """The days on which each company acts: from, and to before."""
    return np.maximum(firms.open_day, 0), np.minimum(np.minimum(firms.quiet_day, firms.closing_day), horizon.size)


def _days(rng: np.random.Generator, firms: Companies, owner: np.ndarray, horizon: Horizon) -> np.ndarray:
    """A day within each company's span, mostly a workday."""
    low, high = _span(firms, horizon)
    edges = np.r_[0, np.cumsum(np.where(horizon.table.is_workday[: horizon.size], 1.0, 0.12))]
    at = edges[low[owner]] + rng.random(len(owner)) * (edges[high[owner]] - edges[low[owner]])
    return np.clip(np.searchsorted(edges, at, side="right") - 1, 0, horizon.size - 1)


def _partner(rng: np.random.Generator, firms: Companies, owner: np.ndarray, salt: int) -> np.ndarray:
    """The number of a partner: every company has a few of its own, and the first of them most of the business."""
    width = CIRCLE_OF_PARTNERS[firms.scale[owner]]
    width = np.where(firms.serial[owner] % round(1 / CONCENTRATED_SHARE) == 0, 2, width)
    rank = (width * rng.random(len(owner)) ** 2).astype(np.int64)
    return (firms.serial[owner] * 131 + rank * 17 + salt) % PARTNERS


def add_trade(
    rng: np.random.Generator, intents: Intents, firms: Companies, book: CorporateAccounts, horizon: Horizon
) -> None:
    """Receipts from customers and payments to suppliers, some of whom bank here too."""
    low, high = _span(firms, horizon)
    months = np.maximum(high - low, 0) / 30.4
    rate = RECEIPTS[firms.scale] * np.where(_share(firms) == SHARE_HERE, 1.0, 0.5)
    volume = firms.revenue * _share(firms)
    owner = np.repeat(np.arange(firms.size), rng.poisson(rate * months))
    cents = (volume[owner] / rate[owner] * rng.lognormal(-0.32, 0.8, len(owner))).astype(np.int64) // 1000 * 1000 + 1000
    draw, sole = rng.random(len(owner)), firms.kind[owner] == SOLE
    is_cash, is_wallet = sole & (draw < 0.1), sole & (draw > 0.5)
    intents.add(
        day=_days(rng, firms, owner, horizon),
        acct=book.main[owner],
        amt=cents,
        sign=1,
        channel=np.where(is_cash, CHANNEL["counter"], CHANNEL["batch"]),
        mode=np.where(is_cash, MODE["cash"], MODE["transfer"]),
        purpose=TRANSFER,
        init=np.where(is_cash, INIT["C"], INIT["P"]),
        cp_kind=np.select([is_cash, is_wallet], [CASH, THIRD_PAY], PARTNER),
        cp_ref=_partner(rng, firms, owner, 0),
    )
    owner = np.repeat(np.arange(firms.size), rng.poisson(rate * 1.2 * months))
    cents = (volume[owner] / rate[owner] * 0.8 * rng.lognormal(-0.32, 0.8, len(owner))).astype(np.int64)
    usual = np.array([CHANNEL[name] for name in ("ebank", "counter", "mbank", "direct")])
    channel = usual[rng.choice(4, len(owner), p=(0.6, 0.15, 0.15, 0.1))]
    is_small = ~np.isin(firms.scale[owner], (LARGE, MEDIUM))
    channel = np.where(is_small & (channel == CHANNEL["direct"]), CHANNEL["ebank"], channel)
    # A tenth goes to companies of this bank: to neighbours in the register, always the same ones.
    neighbour = (owner + 1 + _partner(rng, firms, owner, 0) % 3) % firms.size
    here = (rng.random(len(owner)) < 0.1) & (firms.quiet_day[neighbour] == NEVER) & (neighbour != owner)
    # A small neighbour sells little, however large its customer is.
    cents = np.where(here, np.minimum(cents, volume[neighbour] // 4), cents)
    intents.add(
        day=_days(rng, firms, owner, horizon),
        acct=book.main[owner],
        acct2=np.where(here, book.main[neighbour], -1),
        amt=np.maximum(cents // 1000 * 1000, 1000),
        sign=-1,
        rule=SOFT,
        channel=channel,
        purpose=TRANSFER,
        init=INIT["C"],
        cp_kind=np.where(here, ACCOUNT, PARTNER),
        cp_ref=_partner(rng, firms, owner, 400),
    )


def add_new_partners(
    rng: np.random.Generator, intents: Intents, firms: Companies, book: CorporateAccounts, horizon: Horizon
) -> np.ndarray:
    """Large receipts of the last month from partners never seen before: the companies that have them, to find again."""
    fits = np.flatnonzero((firms.quiet_day == NEVER) & (firms.closing_day == NEVER) & (firms.open_day < -30))
    owner = np.sort(rng.permutation(fits)[: max(1, round(firms.size * NEW_PARTNER_SHARE))])
    intents.add(
        day=horizon.size - 1 - rng.integers(0, 25, len(owner)),
        acct=book.main[owner],
        amt=np.maximum(firms.revenue[owner] * 2 // 5, 60_000_000) // 100_000 * 100_000,
        sign=1,
        channel=CHANNEL["batch"],
        purpose=TRANSFER,
        init=INIT["P"],
        cp_kind=PARTNER,
        cp_ref=PARTNERS + owner % 90,
    )
    return owner


def add_duties(intents: Intents, firms: Companies, book: CorporateAccounts, horizon: Horizon) -> None:
    """Taxes by the middle of the month, four times as much in tax months, and the fee of the account."""
    low, high = _span(firms, horizon)
    month = np.arange(horizon.months)
    calendar_month = (horizon.origin.astype("datetime64[M]").astype(np.int64) + month) % 12 + 1
    rise = np.where(np.isin(calendar_month, (1, 4, 7, 10)), 4, 1)
    days = horizon.month_first[:-1] + 14
    # A tax day that is not worked moves behind the holiday.
    worked = horizon.table.is_workday
    days = np.array([day + int(np.argmax(worked[day:])) for day in days])
    owner, at = np.repeat(np.arange(firms.size), horizon.months), np.tile(month, firms.size)
    day = days[at]
    due = (day >= low[owner] + 25) & (day < high[owner])
    owner, at, day = owner[due], at[due], day[due]
    cents = (firms.revenue * _share(firms) * 0.012).astype(np.int64)[owner] * rise[at] // 100 * 100 + 100
    main = book.main[owner]
    intents.add(day=day, acct=main, amt=cents, sign=-1, purpose=PURPOSE["tax"], cp_kind=GOVERNMENT, **BATCH)
    intents.add(
        day=horizon.month_first[at] + 24, acct=main, amt=_FEE, sign=-1, purpose=PURPOSE["fee"], cp_kind=BANK,
        mode=MODE["other"], **BATCH,
    )


def add_seasons(
    rng: np.random.Generator, intents: Intents, firms: Companies, book: CorporateAccounts, horizon: Horizon
) -> None:
    """Money that comes before a quarter ends and leaves within five days, and more of it for the first quarter."""
    low, high = _span(firms, horizon)
    first_month = int(horizon.origin.astype("datetime64[M]").astype(np.int64))
    for month in range(horizon.months - 1):
        nth = (first_month + month) % 12 + 1
        if nth % 3:
            continue
        end = int(horizon.month_first[month + 1])
        owner = np.flatnonzero((rng.random(firms.size) < 0.3) & (low < end - 40) & (high > end + 40))
        swell = (book.usual[book.main[owner]] * rng.uniform(0.08, 0.18, len(owner))).astype(np.int64) // 10_000 * 10_000
        line = {"amt": swell + 10_000, "acct": book.main[owner], "purpose": TRANSFER, "cp_kind": SAME_NAME}
        intents.add(
            day=end - rng.integers(1, 4, len(owner)), sign=1, channel=CHANNEL["batch"], init=INIT["P"], **line
        )
        # What comes for the first quarter stays some weeks.
        stays = 25 * (nth == 12)
        intents.add(
            day=end + stays + rng.integers(0, 5, len(owner)), sign=-1, channel=CHANNEL["ebank"], init=INIT["C"], **line
        )


def add_payroll(intents: Intents, firms: Companies, book: CorporateAccounts, batches: Batches) -> np.ndarray:
    """One payment for each batch of a company, of what arrived; returns the intent of each batch, -1 for others."""
    found = np.full(len(batches.employer), -1, dtype=np.int64)
    firm = np.where(batches.employer >= 0, firms.of_employer[np.maximum(batches.employer, 0)], -1)
    mine = np.flatnonzero((firm >= 0) & (batches.total > 0))
    found[mine] = intents.add(
        day=batches.day[mine], acct=book.main[firm[mine]], amt=batches.total[mine], sign=-1,
        channel=CHANNEL["batch"], init=INIT["C"], purpose=PURPOSE["wage"], cp_kind=BANK, second=9 * 3600,
    )
    return found


def add_settlements(
    intents: Intents, book: CorporateAccounts, firm: np.ndarray, day: np.ndarray, cents: np.ndarray
) -> np.ndarray:
    """What merchants of companies settled: returns the intents, in the order given."""
    return intents.add(
        day=day, acct=book.main[firm], amt=cents, sign=1, channel=CHANNEL["batch"], init=INIT["P"],
        purpose=TRANSFER, cp_kind=BANK, second=8 * 3600,
    )


def add_loans(intents: Intents, book: CorporateAccounts, loans: Loans, schedule: Schedule, horizon: Horizon) -> None:
    """Money of new loans, and every instalment that is paid."""
    line = {"purpose": PURPOSE["loan"], "cp_kind": BANK} | BATCH
    new = np.flatnonzero(loans.start >= 0)
    intents.add(day=loans.start[new], acct=book.main[loans.owner[new]], amt=loans.principal[new], sign=1, **line)
    paid = np.flatnonzero((schedule.paid >= 0) & (schedule.paid < horizon.size))
    cents = (schedule.principal + schedule.interest)[paid]
    intents.add(
        day=schedule.paid[paid], acct=book.main[loans.owner[schedule.note[paid]]], amt=np.maximum(cents, 1), sign=-1, **line
    )


def add_offbal(intents: Intents, book: CorporateAccounts, offbal: OffBalance) -> None:
    """Margin is put aside and comes back, bills are paid when due, discounted bills bring their price."""
    main, held = book.main[offbal.owner], book.margin[offbal.owner]
    with_margin = np.flatnonzero((offbal.margin > 0) & (offbal.start >= 0))
    intents.add(day=offbal.start[with_margin], acct=main[with_margin], acct2=held[with_margin],
                amt=offbal.margin[with_margin], sign=-1, **OWN_MOVE, **BATCH)
    back = np.flatnonzero((offbal.margin > 0) & (offbal.due >= 0))
    intents.add(day=offbal.due[back], acct=held[back], acct2=main[back], amt=offbal.margin[back], sign=-1, **OWN_MOVE, **BATCH)
    line = {"purpose": TRANSFER, "cp_kind": BANK} | BATCH
    bills = np.flatnonzero(np.isin(offbal.kind, (ACCEPT, LC)))
    own = (offbal.face - offbal.advance)[bills]
    intents.add(day=offbal.due[bills], acct=main[bills], amt=own, sign=-1, **line)
    sold = np.flatnonzero((offbal.kind == DISCOUNT) & (offbal.start >= 0))
    price = offbal.face[sold] - offbal.face[sold] * 2 * (offbal.due - offbal.start)[sold] // 36_000
    intents.add(day=offbal.start[sold], acct=main[sold], amt=price, sign=1, **{**line, "purpose": PURPOSE["loan"]})


def add_deposits(intents: Intents, book: CorporateAccounts, deposits: Deposits) -> None:
    """Term deposits are placed and come back with their interest."""
    main, term = book.main[deposits.owner], book.term[deposits.owner]
    new = np.flatnonzero(deposits.start >= 0)
    intents.add(day=deposits.start[new], acct=main[new], acct2=term[new], amt=deposits.principal[new], sign=-1,
                channel=CHANNEL["counter"], init=INIT["C"], **OWN_MOVE)
    intents.add(day=deposits.due, acct=term, acct2=main, amt=deposits.principal, sign=-1, **OWN_MOVE, **BATCH)
    interest = deposits.principal * deposits.rate_bp // 10_000 * (deposits.due - deposits.start) // 365
    intents.add(day=deposits.due, acct=main, amt=np.maximum(interest, 1), sign=1, purpose=PURPOSE["interest"],
                cp_kind=BANK, **BATCH)


def add_others(
    rng: np.random.Generator, intents: Intents, firms: Companies, book: CorporateAccounts, horizon: Horizon
) -> None:
    """Moves to special accounts, the first money of companies that join, and the last of those that leave."""
    owner = np.repeat(np.flatnonzero(book.special >= 0), horizon.months)
    month = np.tile(np.arange(horizon.months), (book.special >= 0).sum())
    there = month % 2 == 0
    main, special = book.main[owner], book.special[owner]
    cents = (book.usual[special] * rng.uniform(0.2, 0.8, len(owner))).astype(np.int64) // 10_000 * 10_000 + 10_000
    intents.add(day=horizon.month_first[month] + rng.integers(1, 27, len(owner)), acct=np.where(there, main, special),
                acct2=np.where(there, special, main), amt=cents, sign=-1, rule=SOFT, channel=CHANNEL["ebank"],
                init=INIT["C"], **OWN_MOVE)
    new = np.flatnonzero(firms.open_day >= 0)
    intents.add(day=firms.open_day[new], acct=book.main[new], amt=book.usual[book.main[new]], sign=1,
                channel=CHANNEL["counter"], init=INIT["C"], purpose=TRANSFER, cp_kind=SAME_NAME)
    gone = np.flatnonzero(firms.closing_day < NEVER)
    intents.add(day=firms.closing_day[gone], acct=book.main[gone], amt=1, sign=-1, rule=EMPTY,
                channel=CHANNEL["counter"], init=INIT["C"], purpose=TRANSFER, cp_kind=SAME_NAME)
