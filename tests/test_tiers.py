"""Tiers replayed month by month: every rule of the evaluation as drawn rows, and the tags that are made of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

import pytest

from tests.drawn import Night, night

LINES = {"mass": "-1000000000000", "growth": "50000", "wealth": "500000", "high": "3000000", "private": "6000000"}
MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10")


class Bank:
    """A drawn bank: who has how much from when, and what the models say of it."""

    def __init__(self, drawn: Night) -> None:
        self.drawn = drawn

    def has(self, customer: str, amounts: Sequence[int | Decimal], opened: str = "2020-01-01", prod: str = "demand") -> None:
        """A customer whose balance is amounts[i] all through month i of 2026."""
        self.drawn.of_record(customer)
        self.drawn.draw("dwd_party", customer_id=customer, entity="retail", open_date=opened)
        for month, after, amount in zip(MONTHS, MONTHS[1:], amounts, strict=False):
            self.holds(customer, prod, f"{month}-01", f"{after}-01", amount)

    def holds(self, customer: str, prod: str, first: str, after: str, amount: int | Decimal) -> None:
        """A balance from a day until the day before another."""
        self.drawn.draw("dws_retail_asset_history", (customer, prod, first, after, amount))

    def set_by_hand(self, customer: str, tier: str, first: str, after: str | None) -> None:
        """A tier that somebody gave her."""
        self.drawn.draw("dwd_override", customer_id=customer, entity="retail", kind_code="tier", value_code=tier, from_date=first,
                        to_date=after)  # fmt: skip

    def steps(self, customer: str, biz_date: str = "2026-09-15") -> list[tuple[str, int]]:
        """Tier and months under watch after each evaluation, in order."""
        self.drawn.turn_to(biz_date)
        sql = self.drawn.sql("dws_retail_tier_month")
        rows = self.drawn.duck.execute(f"select customer_id, eval_date, tier_no, watch_months from ({sql}) order by eval_date")
        names = dict(enumerate(LINES, start=1))
        return [(names[tier], watch) for who, _, tier, watch in rows.fetchall() if who == customer]

    def tags(self, customer: str, biz_date: str) -> dict[str, object]:
        """The tags of tiers at a date."""
        self.drawn.turn_to(biz_date)
        self.drawn.build("dws_retail_tier_month", "dws_retail_tier_told")
        return self.drawn.says("tag_retail_tier")[customer]

    def night(self, customer: str, biz_date: str, *names: str) -> tuple:
        """Some of those tags, on a night that is published: what it told is remembered."""
        said = self.tags(customer, biz_date)
        self.drawn.duck.execute(self.drawn.resolved("{{ tier_told_record('dws_retail_tier_told') }}"))
        return tuple(said[name] for name in names)

    def restated(self, customer: str, month: str, amount: int) -> None:
        """Data that come late: all through a month she had another balance."""
        self.drawn.duck.execute(
            f"update dws_retail_asset_history set bal = {amount} where customer_id = '{customer}' and valid_from = '{month}-01'"
        )

    def receipts(self) -> list[tuple]:
        """What the nights wrote down."""
        return self.drawn.duck.execute(
            "select customer_id, eval_date, told_date, judged_no, tier_no, first_no from ops.tier_told order by 1, 3"
        ).fetchall()


@contextmanager
def drawn_bank(up_delay: int = 0, down: str = "one") -> Iterator[Bank]:
    """A bank with these lines in place of its own, that counts demand deposits and wealth products."""
    with night("") as drawn:
        for seed in ("tier_rule", "tier_weight"):
            drawn.duck.execute(f"delete from {drawn.table(seed)}")
        ever = {"bank": "demo", "entity": "retail", "valid_from": "1900-01-01"}
        for number, (tier, line) in enumerate(LINES.items(), start=1):
            drawn.draw("tier_rule", tier=tier, tier_no=number, measure="aum_davg", lower_bound=line, up_delay_m=up_delay,
                       grace_m=6 if tier == "private" else 3, down_code=down, **ever)  # fmt: skip
        for prod in ("demand", "wm"):
            drawn.draw("tier_weight", prod=prod, weight=1, **ever)
        yield Bank(drawn)


@pytest.fixture
def bank() -> Iterator[Bank]:
    with drawn_bank() as found:
        yield found


def test_the_first_month_decides_and_a_rise_comes_at_once(bank: Bank) -> None:
    bank.has("a", [49_999, 50_000, 600_000, 600_000])
    assert bank.steps("a", "2026-05-02") == [("mass", 0), ("growth", 0), ("wealth", 0), ("wealth", 0)]


def test_three_months_under_the_line_are_borne_and_the_fourth_goes_down_one(bank: Bank) -> None:
    bank.has("a", [600_000, 0, 0, 0, 0, 0])
    assert bank.steps("a", "2026-07-01") == [
        ("wealth", 0), ("wealth", 1), ("wealth", 2), ("wealth", 3), ("growth", 0), ("growth", 1),
    ]  # fmt: skip


def test_one_good_month_ends_the_watch(bank: Bank) -> None:
    bank.has("a", [600_000, 0, 0, 500_000, 499_999])
    assert bank.steps("a", "2026-06-01") == [("wealth", 0), ("wealth", 1), ("wealth", 2), ("wealth", 0), ("wealth", 1)]


def test_private_customers_have_six_months_of_grace(bank: Bank) -> None:
    bank.has("a", [6_000_000] + [5_999_999] * 7)
    assert [watch for _, watch in bank.steps("a", "2026-09-01")] == [0, 1, 2, 3, 4, 5, 6, 0]
    assert bank.steps("a", "2026-09-01")[-1] == ("high", 0)


def test_a_fall_may_go_to_the_tier_of_the_measure() -> None:
    with drawn_bank(down="measure") as bank:
        bank.has("a", [3_000_000, 1, 1, 1, 1])
        assert bank.steps("a", "2026-06-01")[-1] == ("mass", 0)


def test_a_rise_may_wait_a_month() -> None:
    with drawn_bank(up_delay=1) as bank:
        bank.has("a", [0, 50_000, 0, 50_000, 50_000])
        tiers = [tier for tier, _ in bank.steps("a", "2026-06-01")]
    assert tiers == ["mass", "mass", "mass", "mass", "growth"]


def test_a_tier_set_by_hand_counts_no_months(bank: Bank) -> None:
    bank.has("a", [600_000, 0, 0, 0, 0, 0])
    bank.set_by_hand("a", "high", "2026-03-10", "2026-05-01")
    # In force at the evaluation of 1 April; on 1 May it no longer holds, and the count begins again.
    assert bank.steps("a", "2026-06-01") == [("wealth", 0), ("wealth", 1), ("high", 0), ("high", 1), ("high", 2)]


def test_a_new_customer_is_judged_on_her_first_full_month_and_before_it_only_rises(bank: Bank) -> None:
    bank.has("old", [0, 0, 0])
    bank.has("a", [0, 0, 600_000, 0], opened="2026-03-01")
    bank.has("b", [0, 0, 600_000, 50_000], opened="2026-03-02")
    assert bank.steps("a", "2026-05-01") == [("wealth", 0), ("wealth", 1)]
    assert bank.steps("b", "2026-05-01") == [("growth", 0)]
    assert bank.tags("b", "2026-03-31")["tier_code"] == "wealth"
    # In April the running average is growth, yet what she reached in March stays until the month is judged.
    assert bank.tags("b", "2026-04-20")["tier_code"] == "wealth"
    assert bank.tags("b", "2026-04-20")["tier_watch_months"] is None
    assert bank.tags("b", "2026-04-20")["tier_max_code_l12m"] is None
    assert bank.tags("b", "2026-05-01")["tier_code"] == "growth"


def test_of_two_who_become_one_the_higher_tier_and_the_lower_count_go_on(bank: Bank) -> None:
    bank.has("a", [600_000, 0, 0, 0, 0])
    bank.has("b", [60_000, 60_000, 60_000, 0, 0])
    bank.drawn.draw("dwd_party_merge", customer_id="b", entity="retail", into_customer_id="a", merge_date="2026-04-01")
    # Of a: wealth under watch for two months; of b: growth, none.
    assert bank.steps("a", "2026-06-01") == [("wealth", 0), ("wealth", 1), ("wealth", 2), ("wealth", 1), ("wealth", 2)]
    assert len(bank.steps("b", "2026-06-01")) == 3


def test_lines_and_weights_are_those_of_the_day_of_the_evaluation(bank: Bank) -> None:
    bank.drawn.duck.execute("update tier_rule set valid_to = '2026-02-28' where tier = 'growth'")
    bank.drawn.draw("tier_rule", ("demo", "retail", "growth", 2, "aum_davg", 80000, 0, 3, "one", "2026-03-01", None))
    bank.has("a", [0, 0, 79_999, 80_000])
    assert [tier for tier, _ in bank.steps("a", "2026-05-01")] == ["mass", "mass", "mass", "growth"]
    bank.has("b", [60_000, 0, 0], prod="wm")
    bank.drawn.duck.execute("update tier_weight set weight = 0.5 where prod = 'wm'")
    assert bank.steps("b", "2026-05-01") == []


def test_a_replay_to_an_earlier_day_is_the_beginning_of_a_later_one(bank: Bank) -> None:
    bank.has("a", [600_000, 0, 60_000, 700_000, 0, 0, 0, 0, 0])
    whole = bank.steps("a", "2026-09-15")
    for month in range(2, 9):
        assert bank.steps("a", f"2026-{month:02d}-11") == whole[: month - 1]


TOLD = ("tier_code", "tier_eval_code", "tier_watch_months", "tier_is_restated", "tier_restated_code")


def test_a_tier_that_was_told_does_not_fall_before_the_next_evaluation(bank: Bank) -> None:
    """The balance of April was too high by mistake; the correction comes in the night of 5 May."""
    bank.has("a", [60_000, 60_000, 60_000, 600_000, 60_000, 60_000])
    assert bank.night("a", "2026-05-01", *TOLD) == ("wealth", "wealth", 0, False, None)
    assert bank.night("a", "2026-05-04", *TOLD) == ("wealth", "wealth", 0, False, None)
    bank.restated("a", "2026-04", 60_000)
    for day in ("2026-05-05", "2026-05-06", "2026-05-31"):
        assert bank.night("a", day, *TOLD) == ("wealth", "wealth", 0, True, "growth")
    # The next evaluation goes on from what is right, and the correction was a receipt of its own.
    assert bank.night("a", "2026-06-01", *TOLD) == ("growth", "growth", 0, False, None)
    first, mended, following = (date(2026, month, day) for month, day in ((5, 1), (5, 5), (6, 1)))
    assert bank.receipts() == [
        ("a", first, first, 3, 3, 3), ("a", first, mended, 2, 3, 3), ("a", following, following, 2, 2, 2),
    ]  # fmt: skip


def test_late_data_raise_a_tier_at_once_and_a_later_mistake_does_not_take_it_back(bank: Bank) -> None:
    bank.has("a", [60_000, 60_000, 60_000, 60_000])
    bank.has("b", [0, 0, 0, 0])  # in the lowest tier: no night says anything of her
    assert bank.night("a", "2026-05-01", *TOLD) == ("growth", "growth", 0, False, None)
    for customer in ("a", "b"):
        bank.restated(customer, "2026-04", 600_000)
        assert bank.tags(customer, "2026-05-02")["tier_is_restated"]
        assert bank.night(customer, "2026-05-02", *TOLD[:3]) == ("wealth", "wealth", 0)
    bank.restated("b", "2026-04", 0)
    assert bank.night("b", "2026-05-03", *TOLD) == ("wealth", "wealth", 0, False, "mass")


def test_a_night_that_is_run_again_tells_anew(bank: Bank) -> None:
    """What the same night said before its second run does not bind it; nor does a later night."""
    bank.has("a", [60_000, 60_000, 60_000, 600_000])
    assert bank.night("a", "2026-05-01", "tier_code") == ("wealth",)
    assert bank.night("a", "2026-05-02", "tier_code") == ("wealth",)
    bank.restated("a", "2026-04", 60_000)
    assert bank.night("a", "2026-05-01", *TOLD) == ("growth", "growth", 0, False, None)
    assert [told for _, _, told, *_ in bank.receipts()] == [date(2026, 5, 1)]


def test_the_tags_say_how_far_the_next_tier_is(bank: Bank) -> None:
    bank.has("a", [60_000, 0, 400_000, 400_000])
    tags = bank.tags("a", "2026-04-10")
    expected = {
        "tier_code": "growth", "tier_mtd_code": "growth", "tier_lm_code": "growth", "tier_next_code": "wealth",
        "tier_watch_months": 0, "tier_next_amt": 500_000, "tier_gap_up_amt": 100_000, "tier_gap_down_amt": 0,
        "tier_is_near_next": True, "tier_is_close_next": False, "tier_forecast_amt": 400_000, "tier_override_code": None,
    }  # fmt: skip
    assert {name: tags[name] for name in expected} == expected
    tags = bank.tags("a", "2026-02-10")
    assert (tags["tier_code"], tags["tier_mtd_code"], tags["tier_gap_down_amt"]) == ("growth", "mass", 50_000)
    assert tags["tier_forecast_amt"] == 0
    # What comes in on the last day but one raises the average little, and what is missing by what the month will be.
    bank.has("b", [60_000, 60_000])
    bank.holds("b", "demand", "2026-03-01", "2026-03-30", 60_000)
    bank.holds("b", "demand", "2026-03-30", "2026-04-01", 3_160_000)
    tags = bank.tags("b", "2026-03-30")
    assert (tags["tier_forecast_amt"], tags["tier_gap_up_amt"], tags["tier_mtd_code"]) == (260_000, 240_000, "growth")


def test_orders_that_are_older_than_balances_begin_no_history(bank: Bank) -> None:
    bank.has("a", [600_000, 600_000])
    bank.holds("b", "transit", "2025-03-06", "2025-03-09", 100)
    assert bank.steps("a", "2026-03-01") == [("wealth", 0), ("wealth", 0)]
    # She had it when the history began: nobody knows since when.
    assert bank.tags("a", "2026-03-01")["tier_date"] is None


def test_half_a_cent_of_an_average_is_rounded_up(bank: Bank) -> None:
    bank.has("a", [0, 0, 0, Decimal("6509.30")])
    bank.holds("a", "wm", "2026-04-10", "2026-04-11", Decimal("0.15"))
    # 195,279.15 over 30 days: 6,509.305, for which floating point has only 6,509.30499…
    tags = bank.tags("a", "2026-04-30")
    assert (tags["tier_gap_up_amt"], tags["tier_forecast_amt"]) == (Decimal("43490.69"), Decimal("6509.31"))


def test_the_grace_that_is_left_is_that_of_the_evaluated_tier(bank: Bank) -> None:
    bank.has("a", [600_000, 0, 0])
    bank.set_by_hand("a", "private", "2026-03-10", None)
    tags = bank.tags("a", "2026-03-15")
    assert (tags["tier_code"], tags["tier_watch_months"], tags["tier_grace_left_months"]) == ("private", 1, 2)


def test_what_was_set_by_hand_is_no_evaluation_of_a_new_customer(bank: Bank) -> None:
    bank.has("old", [0, 0, 0])
    bank.has("a", [0, 0, 0, 0], opened="2026-03-20")
    bank.set_by_hand("a", "high", "2026-03-25", None)
    tags = bank.tags("a", "2026-04-15")
    assert (tags["tier_code"], tags["tier_eval_code"], tags["tier_date"], tags["tier_max_code_l12m"]) == ("high", None, None, None)


def test_without_a_feed_or_rules_nothing_is_said(bank: Bank) -> None:
    bank.has("a", [60_000, 60_000])
    bank.drawn.duck.execute("update ops.feed_present set inv_hold = false")
    tags = bank.tags("a", "2026-02-10")
    assert set(tags.values()) == {None}
    bank.drawn.duck.execute("update ops.feed_present set inv_hold = true")
    bank.drawn.duck.execute("delete from tier_rule")
    assert bank.tags("a", "2026-02-10")["tier_code"] is None
