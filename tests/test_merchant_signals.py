"""Tags of merchants that link, judge or hide, drawn: owners, terminals, life cycle, signals, and what stays restricted."""

from __future__ import annotations

from tests.drawn import PROJECT
from tests.merchant_nights import TAGS, M, before, merchant_night, said, sale, tags_of


def test_owners_are_links_and_need_to_be_known() -> None:
    merchants = [
        {"customer_id": "m"},
        {"customer_id": "twin"},
        {"customer_id": "lost", "owner_customer_id": None, "owner_entity_code": None},
    ]
    notes = [
        {"principal_amt": "100.00", "due_date": before(-30), "dpd": 3, "overdue_amt": "7.00"},
        {"note_no": "n2", "kind_code": "mtg", "principal_amt": "900.00", "due_date": before(-31)},
        {"note_no": "n3", "principal_amt": "0.00", "due_date": before(-1), "dpd": 99},
        {"note_no": "n1", "bal_date": "2025-12-31", "principal_amt": "40.00"},
        {"note_no": "n1", "bal_date": "2025-06-01", "principal_amt": "40.00", "dpd": 12},
        {"note_no": "n1", "bal_date": "2025-05-31", "principal_amt": "40.00", "dpd": 60},
    ]
    classes = [{"class_code": 3}, {"class_code": 2, "class_date": "2026-06-20"}, {"note_no": "n2", "class_code": 1}]
    settled = [{"settle_date": before(29), "net_amt": "30.00"}, {"settle_date": before(30), "net_amt": "99.00"},
               {"customer_id": "twin", "net_amt": "20.00"}]  # fmt: skip
    balances = [{"bal": "5.00"}, {"prod": "margin", "bal": "77.00"}, {"prod": "term", "bal": "8.00"}, {"bal_date": "2026-05-31", "bal": "3.00"}]
    names = (
        "owner_loan_bal", "owner_loan_biz_bal", "owner_loan_due_amt_next30d", "owner_loan_due_amt_next90d", "owner_loan_dpd_max",
        "owner_loan_dpd_max_l12m", "owner_loan_class_worst_code", "owner_loan_chg_boy", "owner_loan_due_cover_ratio_30d",
        "owner_dep_bal", "owner_dep_chg_bom", "owner_dep_davg_lm",
    )  # fmt: skip
    with merchant_night(
        dwd_merchant=merchants, dwd_loan_note=notes, dwd_loan_class=classes, dwd_merchant_settlement=settled,
        dwd_account_balance_daily=balances,
    ) as drawn:  # fmt: skip
        found = tags_of(drawn, "owner_debt")
        twins = {merchant: [str(found[merchant][name]) for name in names] for merchant in ("m", "twin")}
        assert twins["m"] == twins["twin"]
        assert twins["m"] == [
            "1000.00", "100.00", "100.00", "1000.00", "3", "12", "2", "960.00", "0.5000", "13.00", "10.00", "0.10",
        ]  # fmt: skip
        assert {found["lost"][name] for name in names} == {None}


def test_terminals_sleep_after_ninety_days() -> None:
    terminals = [
        {"sn": "s1"},  # sold 89 days ago
        {"sn": "s2", "kind_code": "pos"},  # sold exactly 90 days ago
        {"sn": "s3", "bind_date": before(90)},  # never sold, bound 90 days ago
        {"sn": "s4", "bind_date": before(89), "region_code": "990200"},  # never sold
        {"sn": "s5", "unbind_date": before(10)},  # unbound
    ]
    sales = [sale(89, "1.00"), sale(90, "1.00", term_sn="s2"), sale(11, "1.00", term_sn="s5"), sale(10, "1.00", term_sn="s5"),
             sale(5, "1.00", term_sn="other")]  # fmt: skip
    with merchant_night(dwd_merchant=M, dwd_merchant_terminal=terminals, dwd_merchant_transaction=sales) as drawn:
        assert said(
            drawn, "terminal", "prod_term_cnt", "prod_term_cnt_ltd", "prod_term_dormant_cnt", "prod_term_never_cnt",
            "prod_term_new_cnt_90d", "prod_term_away_cnt", "prod_term_stray_cnt_90d", "prod_term_active_cnt_30d",
            "prod_has_pos", "prod_term_region_cnt",
        ) == (4, 5, 2, 2, 1, 1, 2, 0, True, 2)  # fmt: skip


def test_life_cycle_and_yield() -> None:
    merchants = [
        {"customer_id": "closed", "status_code": "closed"}, {"customer_id": "never"}, {"customer_id": "lost"},
        {"customer_id": "sleeping"}, {"customer_id": "new", "start_date": before(90)}, {"customer_id": "declining"},
        {"customer_id": "growing"}, {"customer_id": "mature"},
    ]  # fmt: skip
    sales = [
        sale(90, "1.00", customer_id="lost"), sale(30, "1.00", customer_id="sleeping"),
        sale(27, "7000.00", customer_id="declining"), sale(28, "10000.00", customer_id="declining"),
        sale(27, "13000.00", customer_id="growing"), sale(28, "10000.00", customer_id="growing"),
        sale(29, "1000.00", customer_id="mature"),
        {"customer_id": "mature", "acct_date": "2026-05-31", "amt": "1000.00", "fee_amt": "3.80", "interchange_amt": "2.00"},
        {"customer_id": "mature", "acct_date": "2025-05-31", "amt": "1000.00", "fee_amt": "100.00"},
    ]  # fmt: skip
    with merchant_night(dwd_merchant=merchants, dwd_merchant_transaction=sales) as drawn:
        found = tags_of(drawn, "value")
    assert {merchant: values["val_life_code"] for merchant, values in found.items()} == {
        name: "mature" if name == "new" else name for name in found
    } | {"new": "new"}
    mature = found["mature"]
    assert [str(mature[name]) for name in ("val_fee_bp_l12m", "val_fee_net_bp_l12m", "val_contrib_code", "val_rfm_code")] == [
        "38.00", "18.00", "2", "311",
    ]  # fmt: skip
    assert found["never"]["val_rfm_r_code"] == 1


def test_the_reason_of_a_flag_stands_in_the_restricted_file_only() -> None:
    merchants = [
        {"customer_id": "cash", "owner_customer_id": "p1", "settle_acct_no": "x1"},
        {"customer_id": "held", "owner_customer_id": "p2", "settle_acct_no": "x2"},
        {"customer_id": "lost_card", "owner_customer_id": "p3", "settle_acct_no": "x3"},
        {"customer_id": "away", "owner_customer_id": "p4", "settle_acct_no": "x5", "settle_bank": "OB01"},
    ]
    # credit 1, round 1, near a limit 1, night 1, largest payer 0.25: a fifth root of 0.25 is 0.758
    sales = [sale(n, "5000.00", customer_id="cash", pay="credit", txn_hour=2, payer=f"p{n}") for n in range(4)]
    controls = [
        {"customer_id": "p2", "acct_no": "x2", "by_code": "police"},
        {"customer_id": "p2", "acct_no": "x9", "ctrl_no": "c2", "by_code": "aml"},
        {"customer_id": "p2", "acct_no": "x9", "ctrl_no": "c3", "by_code": "court", "to_date": before(0)},  # over on D
        {"customer_id": "p3", "acct_no": "x3", "ctrl_no": "c4"},  # the bank's own stop of payment is no reason
        {"customer_id": "p9", "acct_no": "x5", "ctrl_no": "c5", "by_code": "court"},  # not the account of anybody here
    ]
    facts = {"dwd_merchant": merchants, "dwd_merchant_transaction": sales, "dwd_account_control": controls}
    names = ("mer_cashout_score", "risk_is_marketing_blocked", "mer_is_watch", "risk_block_reason_code", "risk_ctrl_owner_cnt")
    with merchant_night(**facts) as drawn:
        found = tags_of(drawn)
    assert {merchant: tuple(values[name] for name in names) for merchant, values in found.items()} == {
        "cash": (76, True, True, "cashout", 0),
        "held": (None, True, True, "aml+police", 2),
        "lost_card": (None, False, False, None, 0),
        "away": (None, False, False, None, 0),
    }
    with merchant_night(absent=("core_ctrl",), **facts) as drawn:
        cash = tags_of(drawn)["cash"]
    assert [cash[name] for name in names] == [76, None, None, None, None]


def test_signals_follow_their_thresholds() -> None:
    sales = [sale(0, "70.00", pay="wallet", txn_hour=12), sale(0, "30.00", txn_hour=0), sale(1, "-10.00")]
    with merchant_night(dwd_merchant=M, dwd_merchant_transaction=sales, dwd_merchant_terminal=[{"sn": "s1"}]) as drawn:
        found = tags_of(drawn, "risk")["m"]
    raised = {name for name, value in found.items() if name.startswith(("risk_is_", "risk_has_")) and value}
    assert raised == {"risk_is_night_high", "risk_is_refund_high"}  # 0.30 and 0.10, both just reached
    assert found["risk_signal_cnt"] == 2
    assert found["mer_is_watch"] is False


def test_without_sales_delivered_nothing_is_said_of_them() -> None:
    facts = {"dwd_merchant": M, "dwd_merchant_transaction": [sale(0, "10.00", payer="ann")]}
    with merchant_night(absent=("mer_txn",), **facts) as drawn:
        found = tags_of(drawn)["m"]
    assert found["mer_mcc_class_code"] == "catering"
    sold = [name for name in found if name.startswith(("mer_amt", "mer_night", "mer_payer", "mer_ticket", "mer_month", "val_rfm"))]
    assert len(sold) > 20
    assert {found[name] for name in sold} == {None}
    assert found["mer_silent_bizdays"] is None
    assert found["mer_stable_months_l12m"] is None
    assert found["risk_is_drop"] is None


def test_every_model_of_merchants_was_drawn() -> None:
    written = {path.stem.removeprefix("tag_merchant_") for path in (PROJECT / "models" / "tags" / "merchant").glob("*.sql")}
    assert written - set(TAGS) == {"owner"}  # facts of the customer file and counts of shops, compared on the demo bank
