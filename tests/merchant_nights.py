"""Drawn nights of merchants: what a row says unless a test says otherwise, and the tags in the order in which they are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal

from tests.drawn import Night, night

D = date(2026, 6, 30)  # a Tuesday; 19 to 21 June 2026 are a holiday
M = [{"customer_id": "m"}]
# Merchant m of owner o sells and is paid today; what is not named here is empty.
USUAL = {
    "dwd_merchant": {
        "customer_id": "m", "mer_no": "1", "status_code": "normal", "owner_customer_id": "o", "owner_entity_code": "retail",
        "mng_org": "B1", "mcc": "5812", "kind_code": "micro", "region_code": "990100", "settle_acct_no": "a1", "settle_bank": "OWN",
        "fee_rate": "0.0038", "cycle_code": "T1", "start_date": "2024-01-10",
    },
    "dwd_merchant_terminal": {
        "customer_id": "m", "sn": "s1", "kind_code": "qr", "region_code": "990100", "bind_date": "2024-01-10",
    },
    "dwd_merchant_transaction": {
        "customer_id": "m", "txn_no": "t", "term_sn": "s1", "acct_date": "2026-06-30", "txn_hour": 12, "pay": "wallet",
        "is_ok": True, "is_refund": False, "amt": "10.00", "fee_amt": 0, "interchange_amt": 0, "network_amt": 0, "subsidy_amt": 0,
    },
    "dwd_merchant_settlement": {
        "customer_id": "m", "settle_no": "s", "settle_date": "2026-06-30", "fee_amt": 0, "net_amt": "10.00", "is_returned": False,
        "leg_acct_no": "a1", "dest": "own",
    },
    "dwd_account_balance_daily": {"acct_no": "a1", "customer_id": "o", "bal_date": "2026-06-30", "prod": "demand", "bal": 0},
    "dwd_account_control": {
        "acct_no": "a9", "customer_id": "o", "ctrl_no": "c1", "ctrl_kind": "stop_pay", "by_code": "bank", "from_date": "2026-06-01",
    },
    "dwd_loan_note": {
        "customer_id": "o", "note_no": "n1", "kind_code": "biz", "bal_date": "2026-06-30", "principal_amt": 0, "overdue_amt": 0,
        "dpd": 0, "rate": "4.0", "start_date": "2025-01-01", "due_date": "2028-01-01",
    },
    "dwd_loan_class": {"note_no": "n1", "class_date": "2026-06-01", "class_code": 1},
}  # fmt: skip
# In the order in which they build on one another.
TAGS = (
    "profile", "ratio", "rhythm", "payer", "settle", "owner_asset", "owner_debt", "terminal", "product", "value", "risk",
    "restricted",
)  # fmt: skip


@contextmanager
def merchant_night(absent: Sequence[str] = (), **tables: list[dict]) -> Iterator[Night]:
    """One night with these facts; every merchant of `dwd_merchant` is of record."""
    drawn_rows = {table: [USUAL[table] | row for row in rows] for table, rows in tables.items()}
    merchants = " ".join(row["customer_id"] for row in drawn_rows["dwd_merchant"])
    with night(merchants, absent) as drawn:
        for table, rows in drawn_rows.items():
            drawn.draw(table, *rows)
        yield drawn


def tags_of(drawn: Night, *models: str) -> dict[str, dict[str, object]]:
    """What the hand-written tag models say (all, or up to the last one named): merchant, then tag by tag."""
    wanted = TAGS[: max(TAGS.index(model) for model in models) + 1] if models else TAGS
    drawn.build("dws_merchant_transaction_daily", "dws_merchant_settle_daily")
    found: dict[str, dict[str, object]] = {}
    for model in wanted:
        drawn.build(f"tag_merchant_{model}")
        for merchant, tags in drawn.read(f"from tag_merchant_{model}").items():
            found.setdefault(merchant, {}).update(tags)
    return found


def before(days: int) -> str:
    """The day so many days before D."""
    return str(D - timedelta(days=days))


def sale(days_ago: int, amt: str, payer: str | None = None, **more: object) -> dict:
    """A sale with the token of its payer, or a refund where the amount is negative."""
    return {"acct_date": before(days_ago), "amt": amt, "is_refund": amt.startswith("-"), "payer_token": payer, **more}


def said(drawn: Night, model: str, *names: str) -> tuple:
    """Some tags of merchant m; amounts and ratios as text."""
    found = tags_of(drawn, model)["m"]
    return tuple(str(value) if isinstance(value, Decimal) else value for value in (found[name] for name in names))
