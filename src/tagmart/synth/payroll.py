"""Payroll batches: one for each payer, day and kind of pay; the file of details and the payer's account agree on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.transactions import Payments


@dataclass(frozen=True)
class Batches:
    """Payments in the order of their batches, and the batches.

    Attributes:
        order: the payments, sorted by day, payer and kind; `batch` and `seq` are aligned with it.
        is_paid: for each payment in that order, whether the money arrived.
        employer, day, kind: of each batch; `serial` is its number within its day, from 1.
        total, heads: cents and number of the payments that arrived.
    """

    order: np.ndarray
    batch: np.ndarray
    seq: np.ndarray
    is_paid: np.ndarray
    employer: np.ndarray
    day: np.ndarray
    kind: np.ndarray
    serial: np.ndarray
    total: np.ndarray
    heads: np.ndarray


def make_batches(pay: Payments, accepted: np.ndarray) -> Batches:
    """Put payments into batches.

    Args:
        pay: all agency payments.
        accepted: cents that each intent of the retail ledger came to.
    """
    order = np.lexsort((pay.payee, pay.pay_type, pay.employer, pay.day))
    employer, day, kind = pay.employer[order], pay.day[order], pay.pay_type[order]
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (employer[1:] != employer[:-1]) | (day[1:] != day[:-1]) | (kind[1:] != kind[:-1])
    starts, batch = np.flatnonzero(begins), np.cumsum(begins) - 1
    intent = pay.intent[order]
    paid = (intent >= 0) & (accepted[np.maximum(intent, 0)] > 0)
    total = np.zeros(len(starts), dtype=np.int64)
    np.add.at(total, batch, np.where(paid, pay.amt[order], 0))
    return Batches(
        order=order,
        batch=batch,
        seq=np.arange(len(order)) - starts[batch] + 1,
        is_paid=paid,
        employer=employer[starts],
        day=day[starts],
        kind=kind[starts],
        serial=np.arange(len(starts)) - np.searchsorted(day[starts], day[starts], side="left") + 1,
        total=total,
        heads=np.bincount(batch, paid, len(starts)).astype(np.int64),
    )
