"""Tags of customer assets, drawn: what prices moved, how risky holdings are, and how AUM went."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.drawn import night, said, values


def test_a_price_values_its_own_night_or_the_next() -> None:
    with night("") as drawn:
        for number, line in (("F1", "fund"), ("T1", "trust"), ("W1", "wm"), ("G1", "pm")):
            drawn.draw("stg_ref_product", prod_id=number, line_code=line)
        # The 29th is a Friday.
        for kind, code in (("nav", "F1"), ("nav", "T1"), ("nav", "W1"), ("gold", "AU9999"), ("fx", "USD")):
            drawn.draw("stg_ref_price", kind_code=kind, price_code=code, price_date="2026-05-29", price="1.5", prev_price="1")
        found = drawn.duck.execute(f"select prod_id, valued_date from ({drawn.sql('dwd_price')}) order by prod_id").fetchall()
    friday, saturday = date(2026, 5, 29), date(2026, 5, 30)
    assert found == [("F1", saturday), ("G1", friday), ("T1", saturday), ("W1", friday)]


def test_margin_is_no_asset_of_a_person() -> None:
    with night("") as drawn:
        for prod, amount in (("demand", "10"), ("margin", "500")):
            drawn.draw("dwd_account_balance_daily", customer_id="ann", entity="retail", bal_date="2026-06-30", prod=prod, bal=amount)
        found = drawn.duck.execute(f"select prod, bal from ({drawn.sql('dws_retail_held_history')})").fetchall()
    assert found == [("demand", Decimal(10))]


def test_prices_move_what_was_held_at_the_end_of_their_own_day() -> None:
    def hold(customer: str, line: str, prod: str, day: str, units: str) -> dict:
        return {"customer_id": customer, "line_code": line, "prod_id": prod, "hold_date": day, "units": units, "market_amt": units}

    def price(prod: str, day: str, valued: str, before: str, after: str) -> dict:
        return {"prod_id": prod, "price_date": day, "valued_date": valued, "prev_price": before, "price": after}

    found = said("tag_retail_position", "ann bob cat dan", {
        "dwd_price": [
            price("F1", "2026-05-29", "2026-05-30", "1.00", "1.10"),  # Friday's price was in May's last balances
            price("F1", "2026-06-29", "2026-06-30", "1.10", "1.40"),
            price("F1", "2026-06-30", "2026-07-01", "1.40", "9.00"),  # tonight nobody knows it
            price("W1", "2026-06-29", "2026-06-29", "1.00", "1.10"),
            price("W1", "2026-06-30", "2026-06-30", "1.10", "1.30"),
        ],
        "dwd_holding": [
            hold("ann", "fund", "F1", "2026-05-29", "100"), hold("ann", "fund", "F1", "2026-05-31", "100"),
            hold("ann", "fund", "F1", "2026-06-29", "100"), hold("ann", "fund", "F1", "2026-06-30", "300"),  # bought at Monday's price
            hold("bob", "wm", "W1", "2026-06-29", "100"),  # sold at Monday's price: gone before Tuesday's
            hold("cat", "wm", "W1", "2026-06-30", "100"),  # bought at Monday's price: Tuesday's is a gain
            hold("dan", "tb", "B1", "2026-06-30", "100"),  # a bond is worth its face
        ],
    })  # fmt: skip
    names = "aum_market_amt_sum_mtd aum_market_amt_sum_ytd"
    assert values(found["ann"], names) == (Decimal("30.00"), Decimal("40.00"))
    assert values(found["bob"], names) == (Decimal("10.00"), Decimal("10.00"))
    assert values(found["cat"], names) == (Decimal("20.00"), Decimal("20.00"))
    assert values(found["dan"], names) == (None, None)


def test_assets_over_months() -> None:
    def kept(customer: str, since: str, until: str, amount: str) -> dict:
        return {"customer_id": customer, "prod": "demand", "valid_from": since, "valid_to": until, "bal": amount}

    found = said("tag_retail_asset_mix", "ann bob cat dan", {"dws_retail_asset_history": [
        kept("ann", "2025-12-01", "2026-03-01", "100"), kept("ann", "2026-03-01", "9999-12-31", "300"),
        kept("bob", "2025-06-10", "2025-06-20", "500"), kept("bob", "2026-06-01", "9999-12-31", "20"),  # nothing in six months
        kept("cat", "2025-07-01", "2025-08-01", "80"),  # gone, and no row of D
    ]})  # fmt: skip
    # Three months of 100 and three of 300: the spread is 100 around 200.
    names = "aum_davg_std_l6m aum_vol_ratio_l6m aum_rise_month_cnt_l6m aum_peak_date_l12m aum_zero_day_cnt_90d"
    assert values(found["ann"], names) == (Decimal(100), Decimal("0.5"), 2, date(2026, 3, 1), 0)
    assert values(found["bob"], names) == (None, None, 0, date(2025, 6, 10), 60)
    assert values(found["cat"], "aum_peak_ratio_l12m aum_davg_std_l6m aum_zero_day_cnt_90d") == (Decimal(0), None, 90)
    assert values(found["dan"], "aum_peak_ratio_l12m aum_davg_std_l6m aum_zero_day_cnt_90d") == (None, None, 90)


def test_halves_of_assets_are_rounded_up() -> None:
    def term(number: str, due: str, customer: str = "ann", principal: str = "100") -> dict:
        return {
            "customer_id": customer, "entity": "retail", "acct_no": number, "kind_code": "term", "principal_amt": principal, "rate": "1",
            "start_date": "2026-01-01", "due_date": due, "is_auto_roll": True, "status_code": "live",
        }  # fmt: skip

    found = said("tag_retail_asset_mix", "ann bob cat", {
        "dwd_term_deposit": [
            term("1", "2026-07-02"), term("2", "2026-07-03"),  # 2 and 3 days: 2.5
            term("3", "2028-01-01", "bob", "3"), term("4", "2026-07-02", "bob", "19997"),  # 3 of 20,000: 0.00015
        ],
        # Fifteen of the thirty days of April: 222663.505 yuan, which no floating-point number is.
        "dws_retail_asset_history": [
            {"customer_id": "ann", "prod": "demand", "valid_from": "2026-04-01", "valid_to": "2026-04-16", "bal": "445327.01"},
            # Three months of six: the deviation is half of it, 0.035.
            {"customer_id": "cat", "prod": "demand", "valid_from": "2026-03-01", "valid_to": "2026-07-01", "bal": "0.07"},
        ],
    })  # fmt: skip
    assert values(found["ann"], "dep_term_left_days aum_davg_max_amt_l6m") == (3, Decimal("222663.51"))
    assert found["bob"]["dep_term_long_ratio"] == Decimal("0.0002")
    assert values(found["cat"], "aum_davg_std_l6m aum_vol_ratio_l6m") == (Decimal("0.04"), Decimal(1))


def test_one_product_in_two_rows_is_one_product() -> None:
    def hold(line: str, prod: str, amount: str, cost: str, start: str) -> dict:
        return {
            "customer_id": "ann", "line_code": line, "prod_id": prod, "hold_date": "2026-06-30", "market_amt": amount, "cost_amt": cost,
            "start_date": start,
        }  # fmt: skip

    found = said("tag_retail_position", "ann", {"dwd_holding": [
        hold("wm", "W1", "30", "30", "2026-01-01"), hold("wm", "W1", "30", "30", "2026-02-01"), hold("wm", "W2", "40", "40", "2026-03-01"),
        # Lost on the one purchase and gained more on the other: the product is no loss.
        hold("fund", "F1", "40", "50", "2026-01-01"), hold("fund", "F1", "60", "40", "2026-02-01"),
    ]})  # fmt: skip
    names = "wm_max_prod_amt inv_top_ratio fund_loss_prod_cnt inv_prod_cnt"
    assert values(found["ann"], names) == (Decimal(60), Decimal("0.5"), 0, 3)


def test_what_the_pension_limit_of_the_year_leaves() -> None:
    def agreed(customer: str, since: str = "2024-01-01", until: str | None = None, kind: str = "pension") -> dict:
        return {"customer_id": customer, "entity": "retail", "agr_type": kind, "status_code": "live", "from_date": since, "to_date": until}

    def paid(customer: str, day: str, amt: str, kind: str = "pay") -> dict:
        return {"customer_id": customer, "paid_date": day, "amt": amt, "kind_code": kind}

    tables = {
        "dwd_agreement": [agreed("ann"), agreed("bob"), agreed("cat"), agreed("dan", until="2026-06-30"), agreed("eve", "2026-07-01"),
                          agreed("fay", kind="wm")],
        "dwd_pension_contribution": [
            paid("ann", "2025-12-31", "12000"), paid("ann", "2026-01-01", "1000"), paid("ann", "2026-06-30", "500.50"),
            paid("ann", "2026-07-01", "700"),
            paid("bob", "2026-02-01", "12000"), paid("bob", "2026-02-02", "500"), paid("bob", "2026-02-07", "500", "return"),
            paid("dan", "2026-01-01", "1000"),
        ],
    }  # fmt: skip
    names, of_record = "pens_paid_amt_sum_ytd pens_room_amt_ytd", "ann bob cat dan eve fay"
    found = said("tag_retail_pension", of_record, tables)
    assert {name: values(tags, names) for name, tags in found.items()} == {
        "ann": (Decimal("1500.50"), Decimal("10499.50")),
        "bob": (Decimal(12000), Decimal(0)),  # what was too much was given back
        "cat": (Decimal(0), Decimal(12000)),
        "dan": (None, None),  # ended today
        "eve": (None, None),  # begins tomorrow
        "fay": (None, None),
    }
    silent = said("tag_retail_pension", of_record, tables, absent=("core_pension",))
    assert values(silent["ann"], names) == (None, None)


def test_interest_that_is_not_paid_yet_is_insured_too() -> None:
    def saved(customer: str, amt: str) -> tuple:
        return customer, "term", "2026-01-01", "9999-12-31", amt

    def earned(customer: str, amt: str, kind: str = "term") -> dict:
        return {"customer_id": customer, "entity": "retail", "kind_code": kind, "acct_no": f"{customer}-{kind}", "accrued_amt": amt}

    found = said("tag_retail_asset", "ann bob cat dan", {
        "dws_retail_asset_history": [saved("ann", "499999.99"), saved("bob", "500000.00"), saved("cat", "600000")],
        "dwd_account_interest": [earned("ann", "0.02"), earned("ann", "9", "margin"), earned("cat", "12.34"), earned("cat", "1", "demand")],
    })  # fmt: skip
    assert {name: tags["dep_over_insured_amt"] for name, tags in found.items()} == {
        "ann": Decimal("0.01"), "bob": Decimal(0), "cat": Decimal("100013.34"), "dan": Decimal(0),
    }  # fmt: skip
