"""What the bank reports to its regulator for a month end: totals by item, and what they count otherwise than the tags do.

Deposits and loans are taken from the general ledger, as the returns are; what they hold beyond the customers' deposits and
loans is reported beside them, item by item, as an explained difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth import reference
from tagmart.synth.calendar import Horizon
from tagmart.synth.finance import subjects as gl
from tagmart.synth.finance.book import BASE_CCY, Book, gl_org_ids, gl_org_of_outlet
from tagmart.synth.note_facts import NoteFacts
from tagmart.synth.relations import STATUSES
from tagmart.synth.write import FULL, Feed, day_dates, decimals, pick, text

if TYPE_CHECKING:
    from tagmart.synth.world import World

DEPOSITS, MARGIN, LOANS = "2011", "2002", "1303"
# What the return of loans counts and the tags of loans do not: bills bought, cards overdrawn, what was paid for customers.
MORE_LOANS = {"discount": gl.DISCOUNT, "card": gl.CARD, "advance": gl.ADVANCE}
REPORTED, HEADS = "reported", "heads"
# Persons with an account or a card, persons without, companies.
SERVED, PROSPECTS, COMPANIES = range(3)

# Return, item, organisation, unit, day, reason, amount in cents or hundredths of a head.
Row = tuple[str, str, str, str, int, str, int]


def inclusive_loans(facts: NoteFacts, days: np.ndarray) -> np.ndarray:
    """Principal of inclusive loans of the bank in cents, by day (of `days`) and organisation."""
    org = gl_org_of_outlet()[facts.outlet]
    found = np.zeros((len(days), len(gl_org_ids())), dtype=np.int64)
    row, at = np.nonzero(facts.on_book[:, days] & facts.is_inclusive[:, None])
    np.add.at(found, (at, org[row]), facts.principal[row, days[at]])
    return found


def heads(world: World, days: np.ndarray) -> np.ndarray:
    """Customers of record by day (of `days`): persons with an account or a card, persons without, companies."""
    people, statuses = world.people, world.statuses
    gone = np.full(people.size, np.iinfo(np.int64).max)
    left = np.isin(statuses.kind, [STATUSES.index(name) for name in ("merged", "erased")])
    gone[statuses.owner[left]] = statuses.start[left]
    served = people.has_account | np.isin(np.arange(people.size), world.cards.owner)
    known = (people.open_day[:, None] <= days) & (gone[:, None] > days)
    firms = (world.companies.open_day[:, None] <= days).sum(axis=0)
    return np.stack([known[served].sum(axis=0), known[~served].sum(axis=0), firms], axis=1)


def fin_reg(days: np.ndarray, inclusive: np.ndarray, people: np.ndarray, books: Mapping[str, Book], horizon: Horizon) -> Feed:
    """One row per month end, item, organisation and unit, and one per explained difference; repeated in every later issue.

    Args:
        days: the month ends.
        inclusive: as `inclusive_loans` gives it, of the whole bank.
        people: as `heads` gives it, of the whole bank.
        books: the general ledger of the whole bank, by currency.
        horizon: of the world.
    """
    rows = [*_ledger_rows(days, books), *_inclusive_rows(days, inclusive), *_head_rows(days, people)]
    report, item, org, unit, day, reason, amount = zip(*sorted(rows, key=lambda row: (row[4], *row[:4], row[5])), strict=True)
    columns = {
        "report_date": day_dates(horizon, np.array(day)),
        "report_code": text(report),
        "item_code": text(item),
        "gl_org": text(org),
        "unit_code": text(unit),
        "kind_code": pick((REPORTED, "explained"), np.array([word != REPORTED for word in reason], dtype=np.int64)),
        "reason_code": text(reason),
        "amt": decimals(np.array(amount), 2),
    }
    return Feed("fin_reg", FULL, columns, np.array(day))


def _ledger_rows(days: np.ndarray, books: Mapping[str, Book]) -> Iterator[Row]:
    """Deposits with margin, and loans with everything that the return counts as one."""
    for ccy, book in books.items():
        deposits = sum(-book.net(name) for name in book.opening if name.startswith(DEPOSITS))
        margin = -book.net(MARGIN) if MARGIN in book.opening else 0 * deposits
        yield from _rows(("G01", "deposit", ccy), days, deposits + margin, {"margin": margin})
    book = books[BASE_CCY]
    more = {reason: book.net(subject) for reason, subject in MORE_LOANS.items()}
    loans = sum(book.net(name) for name in book.opening if name.startswith(LOANS))
    yield from _rows(("G01", "loan", BASE_CCY), days, loans + sum(more.values()), more)


def _rows(what: tuple[str, str, str], days: np.ndarray, whole: np.ndarray, more: Mapping[str, np.ndarray]) -> Iterator[Row]:
    """Rows of one item: by organisation what is reported, and less what of it the tags do not count."""
    report, item, unit = what
    for reason, amounts, sign in ((REPORTED, whole, 1), *((reason, amounts, -1) for reason, amounts in more.items())):
        for org, day in zip(*np.nonzero(amounts[:, days]), strict=True):
            yield report, item, gl_org_ids()[org], unit, int(days[day]), reason, sign * int(amounts[org, days[day]])


def _inclusive_rows(days: np.ndarray, inclusive: np.ndarray) -> Iterator[Row]:
    """Inclusive loans by organisation."""
    for day, org in zip(*np.nonzero(inclusive), strict=True):
        yield "S71", "inclusive_loan", gl_org_ids()[org], BASE_CCY, int(days[day]), REPORTED, int(inclusive[day, org])


def _head_rows(days: np.ndarray, people: np.ndarray) -> Iterator[Row]:
    """Customers of the whole bank: prospects have no account to report."""
    for day, counts in zip(days.tolist(), people.tolist(), strict=True):
        for item, reason, count in (
            ("retail_customer", REPORTED, counts[SERVED]),
            ("retail_customer", "prospect", counts[PROSPECTS]),
            ("corporate_customer", REPORTED, counts[COMPANIES]),
        ):
            yield "EAST", item, reference.HEAD_ID, HEADS, day, reason, count * 100
