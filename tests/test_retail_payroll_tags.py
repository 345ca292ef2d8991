"""Tags of wages that do not fold, drawn: whose month a wage is, what is awaited of the employer, and what stays."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.drawn import said, values


def paid(payer: str, amt: str, day: str, *people: str, kind: str = "wage", result: str = "ok") -> list[dict]:
    """What an employer paid each of some people on a day."""
    return [
        {
            "batch_no": f"{payer}{day}{kind}", "seq": seq, "payer_id": payer, "customer_id": person, "pay_date": day, "amt": amt,
            "pay_type": kind, "result_code": result,
        }
        for seq, person in enumerate(people)
    ]  # fmt: skip


def test_a_wage_brought_forward_is_the_pay_of_the_month_that_follows() -> None:
    """On 30 April the employer, which pays on the 5th, paid for May: the next pay was due on 5 June and not on 5 May."""
    found = said("tag_retail_payroll", "ann bob cat", {"dwd_pay_detail": [
        *paid("early", "900", "2026-02-05", "ann", "bob"),
        *paid("early", "1000", "2026-03-05", "ann", "bob"),
        *paid("early", "1100", "2026-04-05", "ann", "bob"),
        *paid("early", "1200", "2026-04-30", "ann", "bob"),
        *paid("early", "1300", "2026-06-05", "bob"),
        *paid("late", "500", "2026-04-25", "cat"),
        *paid("late", "700", "2026-05-25", "cat"),
    ]})  # fmt: skip
    names = "pay_usual_day pay_stop_days pay_month_cnt_l3m pay_amt_median_l3m pay_amt_median_l6m pay_jump_ratio_l3m"
    assert {customer: values(tags, names) for customer, tags in found.items()} == {
        "ann": (5, 25, 3, Decimal(1100), Decimal(1000), Decimal("1.2222")),  # of 900, 1000, 1100 and 1200 the lower middle one
        "bob": (5, 0, 3, Decimal(1100), Decimal(1000), Decimal("1.2222")),
        "cat": (25, 0, 2, Decimal(500), Decimal(500), None),  # pays on the 25th: nothing was brought forward
    }
    assert values(found["ann"], "pay_payer_head_cnt pay_last_date pay_idle_days") == (2, date(2026, 4, 30), 61)


def test_others_were_paid_early_for_a_month_in_which_the_customer_was_not() -> None:
    """The pay for June came on 29 May: who had the pay of May and not that one has stopped being paid."""
    found = said("tag_retail_payroll", "ann bob", {"dwd_pay_detail": [
        *paid("early", "1000", "2026-04-03", "ann", "bob"),
        *paid("early", "1000", "2026-05-05", "ann", "bob"),
        *paid("early", "1000", "2026-05-29", "bob"),
        *paid("early", "1000", "2026-06-30", "ann", "bob", result="fail"),
    ]})  # fmt: skip
    assert {customer: tags["pay_stop_days"] for customer, tags in found.items()} == {"ann": 25, "bob": 0}


def test_an_episode_begins_after_a_pause() -> None:
    found = said("tag_retail_payroll", "ann bob cat dan", {"dwd_pay_detail": [
        *paid("firm", "100", "2025-06-01", "ann", "bob"),
        *paid("firm", "100", "2025-12-01", "ann"),  # 183 days later
        *paid("firm", "100", "2025-12-02", "bob"),  # 184
        *paid("firm", "100", "2025-12-30", "ann", "bob", "cat"),  # 182 days before D
        *paid("other", "90", "2025-12-30", "ann"),
        *paid("office", "80", "2026-06-01", "cat", "dan", kind="pension"),
        *paid("firm", "100", "2025-12-29", "dan"),  # exactly 183 days before D
    ]})  # fmt: skip
    names = "pay_source_code pay_start_date pay_payer_cnt_l6m pay_last_amt"
    assert {customer: values(tags, names) for customer, tags in found.items()} == {
        "ann": (1, date(2025, 6, 1), 2, Decimal(100)),
        "bob": (1, date(2025, 12, 2), 1, Decimal(100)),
        "cat": (1, date(2025, 12, 30), 1, Decimal(100)),
        "dan": (3, None, 0, Decimal(100)),
    }


def test_what_stays_of_a_wage() -> None:
    def worth(customer: str, first: str, after: str, bal: str, prod: str = "demand") -> dict:
        return {"customer_id": customer, "prod": prod, "valid_from": first, "valid_to": after, "bal": bal}

    found = said("tag_retail_payroll", "ann bob", {
        "dwd_pay_detail": [*paid("firm", "3000000", "2026-05-05", "ann", "bob"), *paid("firm", "300", "2026-04-03", "ann")],
        "dws_retail_asset_history": [
            worth("ann", "2026-01-01", "2026-05-05", "50"),
            worth("ann", "2026-05-05", "2026-05-06", "7"),  # the day of the wage itself does not count
            worth("ann", "2026-05-06", "2026-05-13", "800000"),  # gone on the eighth day
            worth("ann", "2026-05-08", "2026-05-09", "-59251", "fund"),  # on one day only: 740699 above the evening before
            worth("bob", "2026-05-04", "2026-05-05", "50"),
            worth("bob", "2026-05-06", "2026-05-12", "800000"),  # nothing on the seventh day
        ],
    })  # fmt: skip
    # 0.24689966… of the one and nothing of the other: the mean is below 0.12345, and rounded once it is 0.1234.
    assert {customer: tags["pay_stay_ratio_7d"] for customer, tags in found.items()} == {"ann": Decimal("0.1234"), "bob": 0}
