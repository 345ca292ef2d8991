"""The feeds of finance, as files see them: the general ledger of the bank, and contributions by account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tagmart.synth.calendar import Horizon
from tagmart.synth.finance.book import BASE_CCY, Book, gl_org_ids
from tagmart.synth.finance.subjects import is_on_balance
from tagmart.synth.write import DATED, Feed, constant, day_dates, flags, money, pick

if TYPE_CHECKING:
    from tagmart.synth.finance.faults import Difference


def gl_balance(
    book: Book, horizon: Horizon, first: int, last: int, differences: list[Difference], ccy: str = BASE_CCY
) -> Feed:
    """One row per organisation, subject and day from `first` to `last` that has or had a balance.

    Args:
        book: of the whole bank, in one currency.
        horizon: of the world.
        first: first day.
        last: last day.
        differences: planted; they change the closing balance and the turnover of their day, and what follows from it.
        ccy: the currency.
    """
    names, orgs = sorted(book.opening), gl_org_ids()
    net = np.stack([book.net(subject) for subject in names])
    debit, credit = (np.stack([side[subject] for subject in names]) for side in (book.debit, book.credit))
    for one in differences:
        at = (names.index(one.subject), orgs.index(one.gl_org))
        net[at[0], at[1], one.day :] -= one.cents
        credit[at[0], at[1], one.day] += one.cents
    before = net - debit + credit
    seen = np.maximum.accumulate((net != 0) | (before != 0) | (debit != 0) | (credit != 0), axis=2)
    day, org, subject = np.nonzero(seen[:, :, first : last + 1].transpose(2, 1, 0))
    place = (subject, org, day + first)
    columns = {
        "acct_date": day_dates(horizon, day + first),
        "gl_org": pick(orgs, org),
        "ccy": constant(ccy, len(day)),
        "subject": pick(names, subject),
        **_sides("open", before[place]),
        "turn_dr": money(debit[place]),
        "turn_cr": money(credit[place]),
        **_sides("close", net[place]),
        "is_on_balance": flags(np.array([is_on_balance(name) for name in names])[subject]),
    }
    return Feed("gl_balance", DATED, columns, day + first)


def _sides(name: str, net: np.ndarray) -> dict[str, pa.Array]:
    """A net debit as two columns."""
    return {f"{name}_dr": money(np.maximum(net, 0)), f"{name}_cr": money(np.maximum(-net, 0))}
