"""Tags of what a retail customer owes, drawn: contracts not drawn yet, cards that were closed, halves of a cent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.drawn import said, values


def test_a_contract_not_drawn_yet_is_used_to_nothing() -> None:
    contract = {"entity": "retail", "kind_code": "cons", "from_date": "2026-06-01", "contract_amt": "100"}
    found = said("tag_retail_liability", "ann bob cat", {
        "dwd_loan_contract": [
            {"customer_id": "ann", "contract_no": "1", "to_date": "2026-07-01"} | contract,
            {"customer_id": "bob", "contract_no": "2", "to_date": "2026-06-30"} | contract,  # its last day is over on D
            {"customer_id": "cat", "contract_no": "3", "to_date": "2026-07-01"} | contract,
        ],
        "dwd_loan_note": [{
            "customer_id": "cat", "entity": "retail", "note_no": "N", "contract_no": "3", "kind_code": "cons", "bal_date": "2026-06-30",
            "principal_amt": "40", "overdue_amt": "0", "dpd": 0, "rate": "4", "due_date": "2026-07-01",
        }],
    })  # fmt: skip
    names = "loan_contract_cnt loan_contract_cnt_ltd loan_drawn_ratio loan_next_due_days"
    assert {name: values(tags, names) for name, tags in found.items()} == {
        "ann": (1, 1, Decimal(0), None),
        "bob": (0, 1, None, None),
        "cat": (1, 1, Decimal("0.4"), 1),
    }


@pytest.mark.parametrize(("model", "names"), [
    ("tag_retail_liability", "cc_stmt_amt_lm cc_stmt_max_amt_l6m cc_late_cnt_l6m cc_full_cnt_l6m"),
    ("tag_retail_card_use", "cc_stmt_min_amt_lm cc_stmt_amt_sum_l12m cc_late_cnt_l12m cc_full_cnt_l12m"),
])  # fmt: skip
def test_statements_do_not_apply_without_a_card_that_is_not_closed(model: str, names: str) -> None:
    def card(customer: str, status: str) -> dict:
        return {"customer_id": customer, "cc_acct_no": customer, "bal_date": "2026-06-30", "status_code": status, "open_date": "2020-01-01"}

    paid_in_full = {"stmt_month": "2026-05-31", "stmt_amt": "50", "min_pay_amt": "5", "paid_amt": "50"}
    found = said(model, "ann bob cat", {
        "dwd_credit_card": [card("ann", "active"), card("bob", "closed"), card("cat", "inactive")],
        "dwd_credit_card_statement": [{"customer_id": name, "cc_acct_no": name} | paid_in_full for name in ("ann", "bob")],
    })  # fmt: skip
    first = Decimal(5 if model == "tag_retail_card_use" else 50)
    assert values(found["ann"], names) == (first, Decimal(50), 0, 1)
    assert values(found["bob"], names) == (None, None, None, None)
    assert values(found["cat"], names) == (Decimal(0), Decimal(0), 0, 0)


def test_what_last_months_statement_asks_for_is_known_before_it_is_delivered() -> None:
    """A statement comes when its due date has passed; until then the account at the end of the month says what it asked for."""
    def card(customer: str, day: str, opened: str = "2020-01-01", **asked: str) -> dict:
        return {"customer_id": customer, "cc_acct_no": customer, "bal_date": day, "status_code": "active", "open_date": opened, **asked}

    def statement(customer: str, month: str) -> dict:
        return {"customer_id": customer, "cc_acct_no": customer, "stmt_month": month, "stmt_amt": "70", "min_pay_amt": "10", "paid_amt": "70"}

    asked = {"last_stmt_amt": "50", "min_pay_amt": "5"}
    tables = {
        "dwd_credit_card": [
            card("ann", "2026-06-30"), card("ann", "2026-05-31", **asked),
            card("bob", "2026-06-30"), card("bob", "2026-05-31", last_stmt_amt="70", min_pay_amt="10"),
            card("cat", "2026-06-30"), card("cat", "2026-05-31", last_stmt_amt="0", min_pay_amt="0"),  # nothing asked for
            card("dan", "2026-06-30", "2026-05-20"), card("dan", "2026-05-31", "2026-05-20", last_stmt_amt="0", min_pay_amt="0"),
            card("eve", "2026-06-30", "2026-06-02"), card("ann", "2026-04-30", **asked),
        ],
        "dwd_credit_card_statement": [statement("ann", "2026-04-30"), statement("bob", "2026-05-31")],
    }  # fmt: skip
    debts, use = (said(model, "ann bob cat dan eve", tables) for model in ("tag_retail_liability", "tag_retail_card_use"))
    names = "cc_stmt_amt_lm cc_stmt_max_amt_l6m cc_full_cnt_l6m cc_late_cnt_l6m cc_stmt_month_cnt_l6m"
    assert {name: values(tags, names) for name, tags in debts.items()} == {
        "ann": (50, 70, 1, 0, 2), "bob": (70, 70, 1, 0, 1), "cat": (0, 0, 0, 0, 0), "dan": (0, 0, 0, 0, 0), "eve": (0, 0, 0, 0, 0),
    }  # fmt: skip
    names = "cc_stmt_min_amt_lm cc_stmt_paid_amt_lm cc_stmt_amt_sum_l3m cc_stmt_pay_ratio_l12m cc_stmt_mean_amt_l6m cc_full_cnt_l12m"
    assert {name: values(tags, names) for name, tags in use.items()} == {
        "ann": (5, None, 120, 1, 60, 1), "bob": (10, 70, 70, 1, 70, 1), "cat": (0, 0, 0, None, 0, 0),
        "dan": (0, 0, 0, None, None, 0), "eve": (0, 0, 0, None, None, 0),
    }  # fmt: skip


def test_a_half_of_the_last_digit_is_rounded_up() -> None:
    card = {"customer_id": "ann", "cc_acct_no": "1", "bal_date": "2026-06-30", "status_code": "active", "open_date": "2020-01-01"}
    statement = {"customer_id": "ann", "cc_acct_no": "1", "min_pay_amt": "0", "paid_amt": "0"}
    tables = {
        "dwd_credit_card": [card | {"bal": "3", "credit_bal": "0", "instal_bal": "0", "limit_amt": "20000"}],
        "dwd_credit_card_statement": [
            statement | {"stmt_month": "2026-04-30", "stmt_amt": "1"}, statement | {"stmt_month": "2026-05-31", "stmt_amt": "0.13"},
        ],
    }  # fmt: skip
    # 0.00015 and 0.565: as doubles both lie below the half.
    assert said("tag_retail_liability", "ann", tables)["ann"]["cc_util_ratio"] == Decimal("0.0002")
    names = "cc_util_max_ratio cc_stmt_mean_amt_l6m"
    assert values(said("tag_retail_card_use", "ann", tables)["ann"], names) == (Decimal("0.0002"), Decimal("0.57"))
