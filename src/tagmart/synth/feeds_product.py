"""The feed of agency payments, as files see it."""

from __future__ import annotations

import numpy as np

from tagmart.synth.transactions import PAY_TYPES
from tagmart.synth.world import World
from tagmart.synth.write import (
    JOURNAL,
    Feed,
    day_dates,
    integers,
    money,
    numbered,
    pick,
)


def pay_detail(world: World, first: int) -> Feed:
    """Agency payments from day `first` on: one batch per payer, day and kind."""
    pay, batches, firms = world.payments, world.batches, world.companies
    kept = np.flatnonzero(pay.day[batches.order] >= first)
    order, batch = batches.order[kept], batches.batch[kept]
    employer, day = pay.employer[order], pay.day[order]
    serial = batches.serial[batch] + world.place.base(5)
    columns = {
        "batch_no": numbered("DF", world.horizon, day, serial, 7),
        "seq": integers(batches.seq[kept]),
        "payer_id": pick(
            [*(f"P{world.place.base(4) + at + 1:06d}" for at in range(world.people.employers)), "G000001"],
            np.where(employer < 0, world.people.employers, employer),
        ),
        "payer_ecif": pick(list(firms.ecif_no), np.where(employer < 0, -1, firms.of_employer[np.maximum(employer, 0)])),
        "ecif_no": pick(list(world.people.ecif_no), pay.payee[order]),
        "acct_no": pick(list(world.accounts.numbers), world.accounts.first[pay.payee[order]]),
        "pay_date": day_dates(world.horizon, day),
        "amt": money(pay.amt[order]),
        "pay_type": pick(PAY_TYPES, pay.pay_type[order]),
        "result_code": pick(("failed", "ok"), batches.is_paid[kept].astype(int)),
    }
    return Feed("pay_detail", JOURNAL, columns, day)
