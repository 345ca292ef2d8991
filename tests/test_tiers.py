"""Tiers replayed month by month: every rule of the evaluation as drawn rows, and the tags that are made of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from tagmart.core.duck import connect
from tagmart.tagspec.render import rendered

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
LINES = {"mass": "-1000000000000", "growth": "50000", "wealth": "500000", "high": "3000000", "private": "6000000"}
MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2026-07", "2026-08", "2026-09")
TABLES = """
create schema ops;
create table ops.run_context (biz_date date, bank varchar);
create table ops.feed_present (
    core_acct boolean, core_acct_person boolean, core_bal boolean, inv_hold boolean, inv_order boolean, crm_override boolean
);
insert into ops.feed_present values (true, true, true, true, true, true);
create table tier_rule (
    bank varchar, entity varchar, tier varchar, tier_no integer, measure varchar, lower_bound decimal(18,2),
    up_delay_m integer, grace_m integer, down_code varchar, valid_from date, valid_to date
);
create table tier_weight (bank varchar, entity varchar, prod varchar, weight decimal(9,4), valid_from date, valid_to date);
create table parameter (name varchar, bank varchar, value decimal(18,2), unit varchar, valid_from date, valid_to date);
insert into parameter values
    ('tier_near_ratio', 'all', 0.8, 'ratio', '1900-01-01', null), ('tier_close_ratio', 'all', 0.9, 'ratio', '1900-01-01', null);
create table dwd_party (customer_id varchar, entity varchar, open_date date);
create table dwd_override (
    customer_id varchar, entity varchar, kind_code varchar, value_code varchar, from_date date, to_date date
);
create table dwd_party_merge (customer_id varchar, entity varchar, into_customer_id varchar, merge_date date);
create table dws_retail_asset_history (customer_id varchar, prod varchar, valid_from date, valid_to date, bal decimal(18,2));
create table dws_retail_spine (customer_id varchar, biz_date date);
"""


class Bank:
    """A drawn bank: who has how much from when, and what the models say of it."""

    def __init__(self, duck: object) -> None:
        self.duck = duck

    def has(self, customer: str, amounts: Sequence[int | Decimal], opened: str = "2020-01-01", prod: str = "demand") -> None:
        """A customer whose balance is amounts[i] all through month i of 2026."""
        self.duck.execute("insert into dwd_party values (?, 'retail', ?)", [customer, opened])
        self.duck.execute("insert into dws_retail_spine values (?, '2026-09-15')", [customer])
        for month, amount in zip(MONTHS, amounts, strict=False):
            self.duck.execute(
                "insert into dws_retail_asset_history values (?, ?, ?, cast(? as date) + interval 1 month, ?)",
                [customer, prod, f"{month}-01", f"{month}-01", amount],
            )

    def steps(self, customer: str, biz_date: str = "2026-09-15") -> list[tuple[str, int]]:
        """Tier and months under watch after each evaluation, in order."""
        self.duck.execute("delete from ops.run_context")
        self.duck.execute("insert into ops.run_context values (?, 'demo')", [biz_date])
        sql = rendered((PROJECT / "models/dws/dws_retail_tier_month.sql").read_text(encoding="utf-8"), PROJECT, ref=str)
        rows = self.duck.execute(
            f"select customer_id, eval_date, tier_no, watch_months from ({sql}) order by eval_date"
        )
        names = dict(enumerate(LINES, start=1))
        return [(names[tier], watch) for who, _, tier, watch in rows.fetchall() if who == customer]

    def tags(self, customer: str, biz_date: str) -> dict[str, object]:
        """The tags of tiers at a date."""
        self.duck.execute("delete from ops.run_context")
        self.duck.execute("insert into ops.run_context values (?, 'demo')", [biz_date])
        for name in ("dws/dws_retail_tier_month", "tags/retail/tag_retail_tier"):
            text = (PROJECT / f"models/{name}.sql").read_text(encoding="utf-8")
            sql = rendered(text, PROJECT, ref=str)
            self.duck.execute(f"create or replace table {name.rpartition('/')[2]} as {sql}")
        found = self.duck.execute("select * from tag_retail_tier where customer_id = ?", [customer])
        return dict(zip([column[0] for column in found.description], found.fetchone(), strict=True))


@contextmanager
def drawn_bank(up_delay: int = 0, down: str = "one") -> Iterator[Bank]:
    connection = connect()
    try:
        for statement in TABLES.split(";\n"):
            connection.execute(statement)
        for number, (tier, line) in enumerate(LINES.items(), start=1):
            connection.execute(
                f"insert into tier_rule values ('demo', 'retail', '{tier}', {number}, 'aum_davg', {line}, {up_delay}, "
                f"{6 if tier == 'private' else 3}, '{down}', '1900-01-01', null)"
            )
        for prod in ("demand", "wm"):
            connection.execute(f"insert into tier_weight values ('demo', 'retail', '{prod}', 1, '1900-01-01', null)")
        yield Bank(connection)
    finally:
        connection.close()


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
    bank.duck.execute("insert into dwd_override values ('a', 'retail', 'tier', 'high', '2026-03-10', '2026-05-01')")
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
    bank.duck.execute("insert into dwd_party_merge values ('b', 'retail', 'a', '2026-04-01')")
    # Of a: wealth under watch for two months; of b: growth, none.
    assert bank.steps("a", "2026-06-01") == [("wealth", 0), ("wealth", 1), ("wealth", 2), ("wealth", 1), ("wealth", 2)]
    assert len(bank.steps("b", "2026-06-01")) == 3


def test_lines_and_weights_are_those_of_the_day_of_the_evaluation(bank: Bank) -> None:
    bank.duck.execute("update tier_rule set valid_to = '2026-02-28' where tier = 'growth'")
    bank.duck.execute(
        "insert into tier_rule values ('demo', 'retail', 'growth', 2, 'aum_davg', 80000, 0, 3, 'one', '2026-03-01', null)"
    )
    bank.has("a", [0, 0, 79_999, 80_000])
    assert [tier for tier, _ in bank.steps("a", "2026-05-01")] == ["mass", "mass", "mass", "growth"]
    bank.has("b", [60_000, 0, 0], prod="wm")
    bank.duck.execute("update tier_weight set weight = 0.5 where prod = 'wm'")
    assert bank.steps("b", "2026-05-01") == []


def test_a_replay_to_an_earlier_day_is_the_beginning_of_a_later_one(bank: Bank) -> None:
    bank.has("a", [600_000, 0, 60_000, 700_000, 0, 0, 0, 0, 0])
    whole = bank.steps("a", "2026-09-15")
    for month in range(2, 9):
        assert bank.steps("a", f"2026-{month:02d}-11") == whole[: month - 1]


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


def test_orders_that_are_older_than_balances_begin_no_history(bank: Bank) -> None:
    bank.has("a", [600_000, 600_000])
    bank.duck.execute("insert into dws_retail_asset_history values ('b', 'transit', '2025-03-06', '2025-03-09', 100)")
    assert bank.steps("a", "2026-03-01") == [("wealth", 0), ("wealth", 0)]
    # She had it when the history began: nobody knows since when.
    assert bank.tags("a", "2026-03-01")["tier_date"] is None


def test_half_a_cent_of_an_average_is_rounded_up(bank: Bank) -> None:
    bank.has("a", [0, 0, 0, Decimal("6509.30")])
    bank.duck.execute("insert into dws_retail_asset_history values ('a', 'wm', '2026-04-10', '2026-04-11', 0.15)")
    # 195,279.15 over 30 days: 6,509.305, for which floating point has only 6,509.30499…
    tags = bank.tags("a", "2026-04-30")
    assert (tags["tier_gap_up_amt"], tags["tier_forecast_amt"]) == (Decimal("43490.69"), Decimal("6509.31"))


def test_the_grace_that_is_left_is_that_of_the_evaluated_tier(bank: Bank) -> None:
    bank.has("a", [600_000, 0, 0])
    bank.duck.execute("insert into dwd_override values ('a', 'retail', 'tier', 'private', '2026-03-10', null)")
    tags = bank.tags("a", "2026-03-15")
    assert (tags["tier_code"], tags["tier_watch_months"], tags["tier_grace_left_months"]) == ("private", 1, 2)


def test_what_was_set_by_hand_is_no_evaluation_of_a_new_customer(bank: Bank) -> None:
    bank.has("old", [0, 0, 0])
    bank.has("a", [0, 0, 0, 0], opened="2026-03-20")
    bank.duck.execute("insert into dwd_override values ('a', 'retail', 'tier', 'high', '2026-03-25', null)")
    tags = bank.tags("a", "2026-04-15")
    assert (tags["tier_code"], tags["tier_eval_code"], tags["tier_date"], tags["tier_max_code_l12m"]) == ("high", None, None, None)


def test_without_a_feed_or_rules_nothing_is_said(bank: Bank) -> None:
    bank.has("a", [60_000, 60_000])
    bank.duck.execute("update ops.feed_present set inv_hold = false")
    tags = bank.tags("a", "2026-02-10")
    assert {value for name, value in tags.items() if name != "customer_id"} == {None}
    bank.duck.execute("update ops.feed_present set inv_hold = true")
    bank.duck.execute("delete from tier_rule")
    assert bank.tags("a", "2026-02-10")["tier_code"] is None
