"""Tags of companies that are written by hand, drawn: tiny conformed tables, and the values that a person works out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.drawn import Night, night

D = date(2026, 6, 30)


@pytest.fixture
def drawn() -> Iterator[Night]:
    with night("") as made:
        yield made


def money(*amounts: object) -> tuple:
    return tuple(None if amount is None else Decimal(f"{amount}.00") for amount in amounts)


def guarantee(giver: str, debtor: str, **more: object) -> tuple[dict, dict]:
    """A guarantee and the contract of the debtor that it stands behind."""
    number = f"{giver}-{debtor}"
    given = {"customer_id": giver, "entity": "corporate", "contract_no": number, "kind_code": "guarantee", "amt": 100,
             "from_date": D - timedelta(300), "to_date": D, "status_code": "live", **more}  # fmt: skip
    return given, {"customer_id": debtor, "entity": "corporate", "contract_no": number}


def test_a_circle_of_guarantees_is_what_reaches_back_to_itself(drawn: Night) -> None:
    pairs = [
        guarantee("ann", "bob"), guarantee("bob", "cat"), guarantee("cat", "ann"),  # a circle of three; it ends on D
        guarantee("dan", "ann"),  # stands in for a member, and nobody for it
        guarantee("eva", "fay"), guarantee("fay", "eva"),  # two are no circle
        guarantee("gus", "hal"), guarantee("hal", "ida"), guarantee("ida", "gus", to_date=D - timedelta(1)),  # over since D - 1
        guarantee("jim", "kim"), guarantee("kim", "lea"), guarantee("lea", "jim", status_code="released"),
    ]  # fmt: skip
    for given, contract in pairs:
        drawn.draw("dwd_collateral", given)
        drawn.draw("dwd_loan_contract", contract)
    assert drawn.tags("dws_corporate_circle", "circle_id", "member_cnt") == dict.fromkeys(("ann", "bob", "cat"), ("ann", 3))


def test_guarantors_are_companies_and_collateral_covers_what_is_owed_under_its_contract(drawn: Night) -> None:
    drawn.of_record("ann")
    house = {"kind_code": "house", "value_amt": 400, "appraise_date": D, "from_date": D, "to_date": D, "status_code": "live"}
    for given, contract in (guarantee("bob", "ann"), guarantee("cat", "ann", entity="retail")):
        drawn.draw("dwd_collateral", given)
        drawn.draw("dwd_loan_contract", contract)
    drawn.draw("dwd_loan_contract", {"customer_id": "ann", "entity": "corporate", "contract_no": "repaid"})
    drawn.draw("dwd_collateral", {**house, "contract_no": "bob-ann"}, {**house, "contract_no": "repaid"})
    drawn.draw("dwd_loan_note", {**note("ann", "1", 100), "contract_no": "bob-ann"}, {**note("ann", "2", 50), "contract_no": "new"})
    names = ["crd_guar_recv_cnt", "crd_guarantor_cnt", "crd_coll_value_amt", "crd_ltv_ratio", "crd_coll_cover_ratio", "crd_bare_bal"]
    assert drawn.tags("tag_corporate_security", *names) == {
        "ann": (2, 1, *money(800), Decimal("0.25"), Decimal("2.6667"), *money(50)),
    }  # fmt: skip


def test_exposure_is_what_has_begun(drawn: Night) -> None:
    def bill(number: str, kind: str, start: date, status: str = "live") -> dict:
        return {"customer_id": "ann", "entity": "corporate", "biz_no": number, "kind_code": kind, "face_amt": 100, "margin_amt": 30,
                "start_date": start, "due_date": D, "adv_amt": 7 if status == "advanced" else 0, "status_code": status}  # fmt: skip

    drawn.draw(
        "dwd_off_balance", bill("1", "accept", D), bill("2", "lc", D + timedelta(1)), bill("3", "commit", D),
        bill("4", "guarantee", D, "advanced"),
    )  # fmt: skip
    drawn.draw("dwd_loan_note", note("ann", "1", 1000))
    assert drawn.tags("dws_corporate_exposure", "obs_amt", "adv_amt", "exposure_amt") == {"ann": money(70, 7, 1077)}


def test_gap_of_acceptances_looks_forward_and_counts_what_is_free(drawn: Night) -> None:
    drawn.of_record("ann bob cat")

    def bill(customer: str, days: int, face: int, margin: int = 0, status: str = "live") -> dict:
        return {"customer_id": customer, "entity": "corporate", "biz_no": f"{customer}{days}", "kind_code": "accept",
                "face_amt": face, "margin_amt": margin, "start_date": D - timedelta(90), "due_date": D + timedelta(days),
                "adv_amt": 0, "status_code": status}  # fmt: skip

    drawn.draw(
        "dwd_off_balance", bill("ann", 0, 7), bill("ann", 7, 1000, 300), bill("ann", 30, 500), bill("ann", 31, 9000),
        bill("ann", 20, 8000, status="settled"), bill("bob", 200, 50),
    )  # fmt: skip
    drawn.draw(
        "dwd_account_balance_daily",
        {"customer_id": "ann", "entity": "corporate", "bal_date": D, "prod": "demand", "bal": 250, "frozen_amt": 50},
        {"customer_id": "ann", "entity": "corporate", "bal_date": D, "prod": "term", "bal": 9999, "frozen_amt": 0},
        {"customer_id": "ann", "entity": "corporate", "bal_date": D - timedelta(1), "prod": "demand", "bal": 8888, "frozen_amt": 0},
    )  # fmt: skip
    names = [f"obs_accept_gap_amt_next{days}d" for days in (7, 30, 90)]
    assert drawn.tags("tag_corporate_off_balance", *names) == {
        "ann": money(500, 1000, 10000), "bob": money(0, 0, 0), "cat": (None, None, None),
    }  # fmt: skip
    due = drawn.tags("tag_corporate_off_balance", "obs_accept_due_amt_next30d", "obs_accept_cnt")
    assert due["ann"] == (*money(1500), 4)


def note(customer: str, number: str, principal: int, dpd: int = 0) -> dict:
    return {"customer_id": customer, "entity": "corporate", "note_no": number, "kind_code": "wcap", "bal_date": D,
            "principal_amt": principal, "dpd": dpd}  # fmt: skip


def test_debtor_class_by_the_ten_per_cent_rule_and_the_floors(drawn: Night) -> None:
    drawn.of_record("ann bob cat dan eva fay")
    drawn.draw(
        "dwd_loan_note",
        note("ann", "a1", 900), note("ann", "a2", 100, 91),  # exactly a tenth: the class with most money
        note("bob", "b1", 899), note("bob", "b2", 101, 91),  # above a tenth: all non-performing
        note("cat", "c1", 100, 90), note("dan", "d1", 100, 1),  # floors: 90 days are no 91
        note("eva", "e1", 100, 5),  # classed as worse than its floor
        {**note("fay", "f1", 100, 999), "bal_date": D - timedelta(1)},  # paid off yesterday
    )  # fmt: skip
    drawn.draw("dwd_loan_class", {"note_no": "e1", "class_date": date(2026, 5, 31), "class_code": 4, "is_restructured": False})
    drawn.draw("dwd_loan_class", {"note_no": "e1", "class_date": date(2026, 7, 31), "class_code": 5, "is_restructured": True})
    found = drawn.tags("tag_corporate_debtor", "risk_debtor_class_code", "risk_class_worst_code", "risk_is_restructured")
    assert found == {
        "ann": (1, 3, False), "bob": (3, 3, False), "cat": (2, 2, False), "dan": (2, 2, False), "eva": (4, 4, False),
        "fay": (None, 0, False),
    }  # fmt: skip


def test_limits_in_force_without_low_risk_and_frozen_ones_give_nothing(drawn: Night) -> None:
    drawn.of_record("ann bob cat")

    def limit(customer: str, number: str, amt: int, used: int = 0, **more: object) -> dict:
        return {"customer_id": customer, "entity": "corporate", "limit_no": number, "kind_code": "single", "amt": amt,
                "used_amt": used, "frozen_amt": 0, "is_revolving": True, "is_low_risk": False, "from_date": D - timedelta(40),
                "to_date": D, "status_code": "live", **more}  # fmt: skip

    drawn.draw(
        "dwd_credit_limit",
        limit("ann", "1", 1000, 400, frozen_amt=100, parent_limit_no="9"),  # ends on D: still in force
        limit("ann", "2", 500, 0, to_date=D - timedelta(1)),  # ended the day before
        limit("ann", "3", 300, 50, is_low_risk=True, kind_code="product"),
        limit("ann", "4", 200, 20, kind_code="product", parent_limit_no="1"),  # part of the single one
        limit("ann", "5", 70, from_date=D + timedelta(1)),  # not yet
        limit("bob", "6", 800, 0, status_code="frozen"),
        limit("cat", "9", 5000, 4900, kind_code="group"),
    )  # fmt: skip
    names = ["crd_limit_amt", "crd_used_amt", "crd_avail_amt", "crd_lowrisk_limit_amt", "crd_group_avail_amt", "crd_drawable_amt"]
    assert drawn.tags("tag_corporate_credit_limit", *names) == {
        "ann": money(1000, 400, 500, 300, 100, 100), "bob": money(800, 0, 0, 0, None, 0), "cat": money(0, 0, None, 0, 100, None),
    }  # fmt: skip
    days = drawn.tags("tag_corporate_credit_limit", "crd_util_ratio", "crd_limit_expiry_days", "crd_undrawn_days")
    assert days == {"ann": (Decimal("0.4000"), 0, None), "bob": (None, 0, 40), "cat": (None, None, None)}


def test_contribution_counts_back_from_the_last_closed_month(drawn: Night) -> None:
    drawn.of_record("ann bob")

    def month(customer: str, end: date, net: int, side: str = "dep") -> dict:
        return {"customer_id": customer, "entity": "corporate", "month_end": end, "side_code": side, "ftp_amt": net, "fee_amt": 0,
                "cost_amt": 0, "provision_amt": 0, "net_amt": net}  # fmt: skip

    drawn.draw(
        "dwd_contribution", month("ann", date(2026, 5, 31), 1), month("ann", date(2026, 5, 31), 2, "loan"),
        month("ann", date(2026, 3, 31), 10), month("ann", date(2026, 2, 28), 100), month("ann", date(2025, 12, 31), 1000),
        month("ann", date(2025, 6, 30), 10000), month("ann", date(2025, 5, 31), 100000), month("ann", date(2026, 7, 31), 7777),
    )  # fmt: skip
    names = [f"val_net_amt_{span}" for span in ("lm", "l3m", "ytd", "l12m")]
    assert drawn.tags("tag_corporate_contribution", *names, "val_loan_net_amt_lm", "val_contrib_month_date") == {
        "ann": (*money(3, 13, 113, 11113, 2), date(2026, 5, 31)), "bob": (*money(0, 0, 0, 0, 0), None),
    }  # fmt: skip


def test_without_the_feed_nothing_is_said(drawn: Night) -> None:
    drawn.of_record("ann")
    drawn.duck.execute("update ops.feed_present set crd_limit = false")
    assert drawn.tags("tag_corporate_credit_limit", "crd_limit_amt", "crd_has_limit", "crd_exposure_amt") == {
        "ann": (None, None, Decimal("0.00")),
    }
