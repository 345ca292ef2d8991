"""What falls due by the schedules of loans: the day exactly N days ahead, what is paid already, what was paid late."""

from __future__ import annotations

from tests.drawn import said

NOTE = {"customer_id": "a", "entity": "retail", "note_no": "n1", "kind_code": "mtg", "bal_date": "2026-06-30"}
COLUMNS = ("note_no", "term_no", "due_date", "prin_amt", "int_amt", "paid_prin_amt", "paid_int_amt", "paid_date")
SCHEDULE = (
    ("n1", 1, "2026-04-30", 100, 10, 100, 10, "2026-04-30"),
    ("n1", 2, "2026-05-30", 100, 9, 100, 9, "2026-06-02"),
    ("n1", 3, "2026-06-30", 100, 8, 0, 0, None),
    ("n1", 4, "2026-07-07", 100, 7, 40, 0, None),
    ("n1", 5, "2026-07-30", 100, 6, 0, 0, None),
    ("n1", 6, "2026-07-31", 100, 5, 0, 0, None),
)


def test_instalments_ahead_and_in_time() -> None:
    terms = [dict(zip(COLUMNS, term, strict=True)) for term in SCHEDULE]
    found = said("tag_retail_loan_plan", "a b", {"dwd_loan_note": [NOTE], "dwd_loan_schedule": terms})
    drawn, without = found["a"], found["b"]
    expected = {
        "loan_due_amt_next7d": 67, "loan_due_amt_next30d": 173, "loan_due_amt_next60d": 278,
        "loan_due_prin_amt_next30d": 160, "loan_due_int_amt_next30d": 13, "loan_mtg_due_amt_next30d": 173,
        "loan_cons_due_amt_next30d": 0, "loan_due_next_amt": 67, "loan_term_paid_cnt": 2, "loan_term_left_cnt": 3,
        "loan_unpaid_term_cnt": 0, "loan_late_cnt_l12m": 1, "loan_due_amt_sum_lm": 109, "loan_due_pay_ratio": None,
    }  # fmt: skip
    assert {name: drawn[name] for name in expected} == expected
    assert drawn["loan_ontime_ratio_l12m"] == 0.5
    assert (without["loan_due_amt_next30d"], without["loan_due_next_date"]) == (0, None)
