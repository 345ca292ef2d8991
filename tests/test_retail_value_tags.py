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


def test_who_was_contacted_often_enough_is_not_reachable() -> None:
    def granted(customer: str, *channels: str) -> list[dict]:
        return [{"customer_id": customer, "channel_code": channel, "purpose_code": "marketing", "action_code": "grant",
                 "event_time": "2026-01-01 10:00:00"} for channel in channels]  # fmt: skip

    def tried(customer: str, channel: str, *days: str, **differs: object) -> list[dict]:
        held = {"customer_id": customer, "entity": "retail", "channel_code": channel, "log_status": "logged", "is_holdout": False} | differs
        return [held | {"contact_no": f"{customer}{day}", "contact_date": day} for day in days]

    of_record = "ann bob cat dan eve fay gus hal"
    found = said("tag_retail_reach", of_record, {
        "dwd_consent": [*granted("ann", "sms"), *granted("bob", "sms"), *granted("cat", "sms", "call"), *granted("dan", "mbox"),
                        *granted("eve", "call"), *granted("fay", "call"), *granted("gus", "push")],
        "dwd_marketing_contact": [
            *tried("ann", "sms", "2026-06-01", "2026-06-30"),  # two in 30 days
            *tried("bob", "sms", "2026-05-31", "2026-06-30"),  # the first is 30 days ago
            *tried("cat", "sms", "2026-06-01", "2026-06-30"),  # a call is left
            *tried("dan", "visit", "2026-06-01", "2026-06-02", "2026-06-03", "2026-06-04"),  # four by all channels
            *tried("eve", "call", "2026-06-17"),  # the first day of 14
            *tried("fay", "call", "2026-06-16"), *tried("fay", "phone_in", "2026-06-29"), *tried("fay", "call", "2026-06-29", log_status="void"),
            *tried("fay", "call", "2026-06-28", is_holdout=True), *tried("fay", "call", "2026-07-01"),
            *tried("gus", "push", "2026-06-29"),  # yesterday's
        ],
    })  # fmt: skip
    assert {name: tags["reach_any_is_ok"] for name, tags in found.items()} == {
        "ann": False, "bob": True, "cat": True, "dan": False, "eve": False, "fay": True, "gus": True, "hal": False,
    }  # fmt: skip
    # Consent to a channel is told apart from its cap.
    assert (found["ann"]["reach_sms_is_ok"], found["ann"]["reach_channel_cnt"]) == (True, 1)
