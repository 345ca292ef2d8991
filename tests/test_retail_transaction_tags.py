"""Tags of single postings of persons, drawn."""

from __future__ import annotations

from datetime import date

from tests.drawn import night


def test_an_act_on_any_account_ends_the_silence() -> None:
    with night("ann bob cat dan eve") as drawn:
        posting = {"entity": "retail", "is_void": False, "is_reversal": False, "is_self": True, "cp_class": "merchant", "channel": "qpay",
                   "direction": "out", "amt": "1"}  # fmt: skip
        drawn.draw("dwd_transaction", {"customer_id": "ann", "acct_date": "2026-06-01"} | posting,
                   {"customer_id": "bob", "acct_date": "2026-05-01"} | posting,
                   {"customer_id": "dan", "acct_date": "2026-06-29", "init_code": "B"} | posting | {"is_self": False})  # fmt: skip
        for customer, day, own in (
            ("ann", "2026-05-20", True), ("bob", "2026-06-20", True), ("bob", "2026-06-25", False),  # what the bank books is no act
            ("bob", "2026-07-01", True), ("cat", "2026-06-30", True),
        ):  # fmt: skip
            drawn.draw("dwd_credit_card_transaction", customer_id=customer, acct_date=day, is_self=own)
        names = "txn_self_last_date", "txn_self_idle_days"
        found = drawn.tags("tag_retail_transaction", *names)
    # Card alone, deposit account alone, both, the bank alone, nothing.
    assert found == {
        "ann": (date(2026, 6, 1), 29), "bob": (date(2026, 5, 1), 10), "cat": (None, 0), "dan": (None, None), "eve": (None, None),
    }  # fmt: skip


def test_where_the_bank_does_not_deliver_cards_nobody_is_called_silent() -> None:
    with night("ann", absent=("cc_txn",)) as drawn:
        drawn.draw("dwd_transaction", customer_id="ann", acct_date="2026-05-01", entity="retail", is_void=False, is_reversal=False,
                   is_self=True, cp_class="own")  # fmt: skip
        assert drawn.tags("tag_retail_transaction", "txn_self_last_date", "txn_self_idle_days") == {"ann": (date(2026, 5, 1), None)}


def test_who_never_dealt_with_securities_has_no_net_of_them() -> None:
    posting = {"entity": "retail", "is_void": False, "is_reversal": False, "is_self": True, "direction": "out", "cp_class": "securities"}
    with night("ann bob cat dan") as drawn:
        drawn.draw("dwd_transaction", {"customer_id": "ann", "acct_date": "2026-06-01", "amt": "5"} | posting,
                   {"customer_id": "ann", "acct_date": "2026-05-31", "amt": "2", "direction": "in"} | {**posting, "direction": "in"},
                   {"customer_id": "bob", "acct_date": "2025-06-01", "amt": "7"} | posting)  # fmt: skip
        for customer, kind, since in (("cat", "stock_custody", "2026-06-30"), ("dan", "stock_custody", "2026-07-01"), ("dan", "wm", "2020-01-01")):
            drawn.draw("dwd_agreement", customer_id=customer, entity="retail", agr_type=kind, status_code="live", from_date=since)
        found = drawn.tags("tag_retail_transaction", "txn_sec_net_amt_sum_30d", "txn_sec_net_amt_sum_90d")
    assert found == {"ann": (5, 3), "bob": (0, 0), "cat": (0, 0), "dan": (None, None)}
