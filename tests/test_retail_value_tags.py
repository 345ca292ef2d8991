"""Tags of what a retail customer is worth, drawn: contribution against assets, and what came of marketing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.drawn import said, values


def test_a_void_log_is_no_contact() -> None:
    def log(number: str, on: str, state: str = "done", **facts: object) -> dict:
        return {
            "customer_id": "ann", "entity": "retail", "contact_no": number, "contact_date": on, "contact_time": f"{on} 09:00:00",
            "log_status": state, "channel_code": "call", "result_code": "reached", "is_holdout": False,
        } | facts  # fmt: skip

    found = said("tag_retail_contribution", "ann", {"dwd_marketing_contact": [
        log("1", "2026-06-01", result_code="interested", wish_product="wm"),
        log("2", "2026-05-31", "open"),  # 30 days ago
        log("3", "2026-06-30", "void", result_code="applied", wish_product="cc"),
        log("4", "2026-06-20", channel_code="phone_in"),
        log("5", "2026-06-21", channel_code=None, result_code="held_out", is_holdout=True),
    ]})  # fmt: skip
    names = "val_contact_cnt_30d val_contact_cnt_90d val_response_cnt_90d val_response_ratio_365d val_apply_cnt_365d"
    assert values(found["ann"], names) == (1, 2, 1, Decimal("0.5"), 0)
    names = "val_contact_last_date val_contact_in_cnt_90d val_wish_product_code"
    assert values(found["ann"], names) == (date(2026, 6, 1), 1, "wm")


def test_contribution_is_held_against_the_average_as_it_is_published() -> None:
    earned = {"entity": "retail", "month_end": "2026-05-31", "side_code": "dep", "net_amt": "1000"}
    found = said("tag_retail_contribution", "ann bob cat", {
        "dwd_contribution": [earned | {"customer_id": "ann"}, earned | {"customer_id": "bob"}],
        # ann: 1.10 a day and 0.07 more on one of 365 days: 1.10 in whole cents; bob: less than 1 yuan; cat has no contribution.
        "dws_retail_asset_history": [
            {"customer_id": "ann", "prod": "demand", "valid_from": "2025-01-01", "valid_to": "9999-12-31", "bal": "1.10"},
            {"customer_id": "ann", "prod": "wm", "valid_from": "2026-01-01", "valid_to": "2026-01-02", "bal": "0.07"},
            {"customer_id": "bob", "prod": "demand", "valid_from": "2025-01-01", "valid_to": "9999-12-31", "bal": "0.99"},
            {"customer_id": "cat", "prod": "demand", "valid_from": "2025-01-01", "valid_to": "9999-12-31", "bal": "5"},
        ],
    })  # fmt: skip
    said_bp = {customer: tags["val_contrib_aum_bp"] for customer, tags in found.items()}
    assert said_bp == {"ann": Decimal("9090909.0909"), "bob": None, "cat": None}
