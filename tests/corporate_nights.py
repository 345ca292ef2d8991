"""Drawn nights of companies that are paid and pay: a posting is written down by what is particular about it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from tests import drawn
from tests.drawn import D

__all__ = ["D", "Night", "night"]
# A plain receipt from a customer at another bank; a drawn posting says how it differs.
POSTING = {
    "entity": "corporate", "leg": 1, "direction": "in", "ccy": "CNY", "channel": "batch", "mode": "transfer", "purpose": "transfer",
    "init_code": "P", "cp_class": "other_bank_other", "is_self": False, "is_reversal": False, "is_void": False,
}  # fmt: skip


class Night(drawn.Night):
    """A night over drawn postings."""

    postings = 0

    def post(self, customer: str, day: str, amount: str, cp: str = "", **differs: object) -> None:
        """A leg of a posting on the company's only account; `cp` is the account of the other side: A-… here is a company's."""
        self.postings += 1
        here = cp.startswith("A-") and differs.get("cp_bank_code") == "OWN"
        held = {**POSTING, "txn_no": f"T{self.postings}", "acct_no": f"A-{customer}", "customer_id": customer, "acct_date": day,
                "txn_time": f"{day} 10:00:00", "amt": amount, "cp_acct_no": cp, "cp_bank_code": "B102",
                "cp_customer_id": cp.removeprefix("A-") if here else None, **differs}  # fmt: skip
        self.draw("dwd_transaction", held)

    def flows(self) -> None:
        """What dwd and dws make of the postings drawn so far."""
        self.build("dwd_corporate_flow", "dws_corporate_transaction_daily")


def night(companies: str, absent: Sequence[str] = (), biz_date: str = D) -> AbstractContextManager[Night]:
    """A night with these companies of record and nothing else."""
    return drawn.night(companies, absent, biz_date, Night)
