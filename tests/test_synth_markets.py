"""Investments and cards of the demo bank: the facts that its files keep among each other, and the truths told of them."""

from __future__ import annotations

import csv
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pytest

from tagmart.core.settings import project_root
from tagmart.synth import calendar, generate
from tagmart.synth.cards import entries, truths
from tagmart.synth.markets import prices
from tagmart.synth.merchants import shops
from tests import demo_files

BIZ_DATE = date(2026, 6, 30)
FEEDS = (
    "ref_product", "ref_price", "core_acct", "core_bal", "core_txn", "card_debit", "cc_acct", "cc_stmt", "cc_txn", "cc_instal",
    "inv_hold", "inv_order", "ins_policy", "chn_event", "ecif_retail", "mer_info",
)  # fmt: skip
MONEY = "::decimal(18,2)"


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small bank with three nights."""
    folder = tmp_path_factory.mktemp("markets")
    generate(folder, customers=400, seed=5, biz_date=BIZ_DATE, days=3, history_months=13)
    return folder


@pytest.fixture(scope="module")
def files(landing: Path) -> duckdb.DuckDBPyConnection:
    """A table per feed, and one per answer file (named true_...)."""
    con = demo_files.tables(landing, *FEEDS)
    for path in (landing / "answers").glob("*.parquet"):
        con.execute(f"create view true_{path.stem} as from '{path}'")
    con.execute(
        """
        create view orders as from inv_order
        qualify row_number() over (partition by order_no order by delivered desc, status_code desc) = 1
        """
    )
    return con


def none(files: duckdb.DuckDBPyConnection, query: str) -> None:
    """Nothing breaks a fact."""
    broken = files.execute(query).fetchall()
    assert not broken, broken[:5]


def number(files: duckdb.DuckDBPyConnection, query: str) -> object:
    """The one value of a query."""
    return files.execute(query).fetchone()[0]


def test_units_are_yesterdays_and_what_was_confirmed(files: duckdb.DuckDBPyConnection) -> None:
    none(
        files,
        """
        with held as (
            select ecif_no, prod_id, hold_date::date as day, units::decimal(18,4) as units from inv_hold
        ),
        moves as (
            select ecif_no, prod_id, confirm_date::date as day,
                case when order_type in ('red', 'conv') then -1 else 1 end * coalesce(units, '0')::decimal(18,4) as units
            from orders where confirm_date is not null
            union all
            select ecif_no, to_prod_id, confirm_date::date, to_units::decimal(18,4)
            from orders where order_type = 'conv' and confirm_date is not null
        ),
        moved as (select ecif_no, prod_id, day, sum(units) as units from moves group by all),
        days as (
            select ecif_no, prod_id, day from held union select ecif_no, prod_id, day + 1 from held
            union select ecif_no, prod_id, day from moved
        ),
        bounds as (select min(day) + 1 as low, max(day) as high from held)
        select ecif_no, prod_id, day from days
        left join held using (ecif_no, prod_id, day)
        left join (select ecif_no, prod_id, day + 1 as day, units from held) as before using (ecif_no, prod_id, day)
        left join moved using (ecif_no, prod_id, day)
        where day between (select low from bounds) and (select high from bounds)
            and coalesce(held.units, 0) <> coalesce(before.units, 0) + coalesce(moved.units, 0)
        """,
    )
    kinds = {row[0] for row in files.execute("select distinct order_type from orders").fetchall()}
    assert kinds == {"sub", "red", "sip", "div", "conv"}


def test_orders_move_money_on_their_settle_date(files: duckdb.DuckDBPyConnection) -> None:
    none(
        files,
        f"""
        with settled as (
            select ecif_no, settle_date as day,
                sum(if(order_type in ('sub', 'sip'), -1, 1) * amt{MONEY}) as amt
            from orders where settle_date is not null and status_code <> 'failed' group by all
        ),
        posted as (
            select ecif_no, acct_date as day, sum(amt{MONEY} * if(dc_flag = 'C', 1, -1)) as amt
            from core_txn join (select distinct acct_no, ecif_no from core_acct) using (acct_no)
            where purpose_code = 'invest' and ecif_no like '1%' group by all
        )
        select * from settled full join posted using (ecif_no, day)
        where day >= (select min(acct_date) from core_txn) and settled.amt is distinct from posted.amt
            and (settled.amt <> 0 or posted.amt <> 0)
        """,
    )


def test_holdings_are_units_at_their_price(files: duckdb.DuckDBPyConnection) -> None:
    none(
        files,
        f"""
        select * from inv_hold
        where abs(market_amt{MONEY} - round(units::decimal(18,4) * price::decimal(18,4), 2)) > 0.01
            or frozen_units::decimal(18,4) > units::decimal(18,4) or price_date > hold_date
            or (line_code in ('fund', 'trust') and price_date >= hold_date)
        """,
    )
    # The price is the one that the reference data had delivered by that night.
    none(
        files,
        """
        select prod_id, inv_hold.price_date from inv_hold
        left join ref_price on price_code = case line_code when 'pm' then 'AU9999' else prod_id end
            and ref_price.price_date = inv_hold.price_date
        where line_code <> 'tb' and ref_price.price is distinct from inv_hold.price
        """,
    )
    none(files, "select * from ref_price where kind_code = 'nav' and price_code like 'F%' and "
                "strptime(delivered, '%Y%m%d')::date <= price_date::date")  # fmt: skip
    assert number(files, "select count(distinct line_code) from inv_hold") >= 4
    assert number(files, "select count(*) from inv_hold where frozen_units::decimal(18,4) > 0") > 0


def test_card_balances_follow_from_entries(files: duckdb.DuckDBPyConnection) -> None:
    none(
        files,
        f"""
        with states as (select cc_acct_no, bal_date::date as day, bal{MONEY} as bal from cc_acct),
        entries as (
            select cc_acct_no, acct_date::date as day,
                sum(amt{MONEY} * if(kind_code in ('repay', 'refund'), -1, 1)) as amt
            from cc_txn group by all
        )
        select today.cc_acct_no, today.day from states as today
        left join states as before on before.cc_acct_no = today.cc_acct_no and before.day = today.day - 1
        left join entries on entries.cc_acct_no = today.cc_acct_no and entries.day = today.day
        where today.day > (select min(day) from states)
            and today.bal <> coalesce(before.bal, 0) + coalesce(entries.amt, 0)
        """,
    )
    none(files, f"select * from cc_acct where instal_bal{MONEY} > bal{MONEY} or bal{MONEY} < 0")
    # A statement asks for what was owed at the end of its day, without instalments not yet billed.
    none(
        files,
        f"""
        select * from cc_stmt join cc_acct on cc_acct.cc_acct_no = cc_stmt.cc_acct_no and bal_date = stmt_date
        where stmt_amt{MONEY} <> greatest(bal{MONEY} - instal_bal{MONEY}, 0) or last_stmt_amt <> stmt_amt
        """,
    )
    # What was paid on a statement are the repayments of the month after it, up to its due day.
    none(
        files,
        f"""
        with repaid as (
            select cc_stmt.cc_acct_no, stmt_month, sum(amt{MONEY}) as amt from cc_stmt join cc_txn
            on cc_txn.cc_acct_no = cc_stmt.cc_acct_no and acct_date > stmt_date and acct_date <= due_date
            where kind_code = 'repay' group by all
        )
        select * from cc_stmt left join repaid using (cc_acct_no, stmt_month)
        where paid_amt{MONEY} <> coalesce(repaid.amt, 0) and due_date::date > (select min(acct_date::date) + 31 from cc_txn)
        """,
    )
    assert number(files, "select count(distinct kind_code) from cc_txn") == 6
    # Cards are billed all over the month; each is due on the day that its account names, about three weeks later.
    none(
        files,
        f"""
        select * from cc_stmt join (from cc_acct where bal_date = '{BIZ_DATE}') as acct using (cc_acct_no)
        where day(due_date::date) <> due_day::int or due_date::date - stmt_date::date not between 17 and 23
            or (day(stmt_date::date) <> stmt_day::int and stmt_day <> '31') or last_day(stmt_date::date) <> stmt_month::date
        """,
    )
    assert number(files, "select count(distinct stmt_day) from cc_acct") == 8


def test_repayments_from_own_accounts_are_core_entries(files: duckdb.DuckDBPyConnection) -> None:
    matched = files.execute(
        f"""
        select count(*), count(core_txn.txn_no), coalesce(bool_and(core_txn.amt{MONEY} = cc_txn.amt{MONEY}
            and core_txn.acct_date = cc_txn.acct_date and core_acct.ecif_no = cc_txn.ecif_no and dc_flag = 'D'), false)
        from cc_txn
        left join core_txn on core_txn.txn_no = core_txn_no
        left join (select distinct acct_no, ecif_no from core_acct) as core_acct using (acct_no)
        where cc_txn.kind_code = 'repay' and core_txn_no is not null
        """
    ).fetchone()
    assert matched[0] == matched[1] > 50
    assert matched[2]
    assert number(files, "select count(*) from cc_txn where kind_code = 'repay' and core_txn_no is null") > 50


def test_instalment_plans_make_up_what_is_not_billed(files: duckdb.DuckDBPyConnection) -> None:
    none(
        files,
        f"""
        with states as (
            from cc_instal qualify row_number() over (partition by plan_no order by delivered desc) = 1
        ),
        plans as (select cc_acct_no, sum(left_amt{MONEY}) as amt from states group by all)
        select * from cc_acct left join plans using (cc_acct_no)
        where bal_date = '{BIZ_DATE}' and instal_bal{MONEY} <> coalesce(amt, 0)
        """,
    )
    assert number(files, f"select count(*) from cc_acct where bal_date = '{BIZ_DATE}' and instal_bal{MONEY} > 0") > 0


def test_premiums_are_core_entries(files: duckdb.DuckDBPyConnection) -> None:
    # Whatever was paid for policies between the initial load and the last night left a deposit account.
    none(
        files,
        f"""
        with steps as (
            select ecif_no, delivered, paid_amt{MONEY} - lag(paid_amt{MONEY}) over (
                partition by policy_no order by delivered) as amt from ins_policy
        )
        select steps.ecif_no, steps.amt from steps
        where amt > 0 and not exists (
            select 1 from core_txn join core_acct using (acct_no)
            where core_acct.ecif_no = steps.ecif_no and purpose_code = 'insurance' and cp_bank_code = 'FI01'
                and core_txn.amt{MONEY} = steps.amt
                -- Policies come on workdays: what was paid on days of rest comes with the next one.
                and acct_date::date between strptime(steps.delivered, '%Y%m%d')::date - 8 and strptime(steps.delivered, '%Y%m%d')
        )
        """,
    )
    assert {"live"} <= {row[0] for row in files.execute("select distinct status_code from ins_policy").fetchall()}


def test_the_bridge_leaves_nothing_unexplained(files: duckdb.DuckDBPyConnection, landing: Path) -> None:
    none(
        files,
        """
        select * from true_bridge
        where unexplained <> 0 or aum_before + ext_net + interest_div + market + fx + scope + unexplained <> aum_after
        """,
    )
    # The total at its end is the balance told of every customer.
    none(
        files,
        """
        select ecif_no, aum, aum_after from true_customers left join true_bridge using (ecif_no)
        where span = 'month' and status_code not in ('merged', 'erased') and aum <> aum_after
        """,
    )
    totals = json.loads((landing / "answers" / "world.json").read_text("utf-8"))["bridge"]
    assert set(totals) == {"day", "month"}
    parts = [Decimal(totals["month"][name]) for name in ("before", "ext_net", "interest_div", "market", "fx", "scope")]
    assert sum(parts) == Decimal(totals["month"]["after"])
    assert all(Decimal(totals["month"][name]) for name in ("ext_net", "interest_div", "market", "fx"))


def test_rates_move_foreign_deposits_as_the_bridge_says(files: duckdb.DuckDBPyConnection, landing: Path) -> None:
    demo_files.value_in_yuan(files)
    # Each day's balance before, at the rate of the day and at that of the day before; every figure is rounded to cents.
    effect, rows = files.execute(f"""
        with days as (
            select acct_no, bal_date::date as day, bal{MONEY} as bal, yuan from core_bal_yuan
            semi join (from core_acct where ecif_no like '1%' and ccy <> 'CNY') using (acct_no)
        ),
        pairs as (
            select today.day, before.yuan, before.bal * today.yuan / nullif(today.bal, 0) as revalued
            from days as today join days as before on before.acct_no = today.acct_no and before.day = today.day - 1
            where today.day between date_trunc('month', date '{BIZ_DATE}') and date '{BIZ_DATE}' and today.bal > 0
        )
        select sum(revalued - yuan), count(*) from pairs
    """).fetchone()
    said = Decimal(json.loads((landing / "answers" / "world.json").read_text("utf-8"))["bridge"]["month"]["fx"])
    assert rows > 60
    assert abs(float(said) - effect) < 0.02 * rows
    kinds = files.execute("""
        select ccy, cp_bank_code = 'OWN' as own, dc_flag, count(*) from core_txn where ccy <> 'CNY' group by all
    """).fetchall()
    assert {row[1:3] for row in kinds} == {(True, "D"), (True, "C"), (False, "D"), (False, "C")}
    # Whoever exchanges has both legs in one transaction, in two currencies.
    none(files, """
        select txn_no from core_txn semi join (from core_txn where ccy <> 'CNY' and cp_bank_code = 'OWN') using (txn_no)
        group by txn_no having count(*) <> 2 or count(distinct ccy) <> 2 or count(distinct dc_flag) <> 2
    """)


def test_truths_of_investments_agree_with_files(files: duckdb.DuckDBPyConnection) -> None:
    none(
        files,
        f"""
        with failed as (
            select ecif_no, count(*) as failures from orders
            where order_type = 'sip' and status_code = 'failed' and order_date::date > date '{BIZ_DATE}' - 90 group by all
        )
        select * from true_investments left join failed using (ecif_no) where sip_fail_cnt_90 <> coalesce(failures, 0)
        """,
    )
    assert number(files, "select sum(sip_fail_cnt_l3m) from true_investments") > 0
    none(
        files,
        """
        with states as (from ins_policy qualify row_number() over (partition by policy_no order by delivered desc) = 1),
        live as (
            select ecif_no, count(*) as policies, sum(paid_amt::decimal(18,2)) as paid
            from states where status_code = 'live' group by all
        )
        select * from true_investments left join live using (ecif_no)
        where policy_cnt <> coalesce(policies, 0) or premium_paid_amt <> coalesce(paid, 0)
        """,
    )
    assert number(files, "select count(*) from true_tier_crossings where from_tier < to_tier") > 0
    assert number(files, f"select count(*) from true_rising where (rise_date > '{BIZ_DATE}') = has_arrived") == 0


def test_truths_of_cards_agree_with_files(files: duckdb.DuckDBPyConnection) -> None:
    with (project_root() / "dbt_project" / "seeds" / "mcc.csv").open(encoding="utf-8", newline="") as lines:
        seed = {row["mcc"]: row["class_code"] for row in csv.DictReader(lines)}
    used = {*entries.MCCS, entries.CASH_CODE, *(trade.mcc for trade in shops.TRADES)}
    assert used == set(truths.CLASSES)
    assert {code: seed[code] for code in used} == truths.CLASSES
    files.execute("create or replace table class_of as select unnest(?) as mcc, unnest(?) as class_code",
                  [list(seed), list(seed.values())])  # fmt: skip
    none(
        files,
        f"""
        with spent as (
            select cc_acct_no, class_code, sum(amt{MONEY} * if(kind_code = 'refund', -1, 1)) as amt,
                count(*) filter (where kind_code = 'spend') as cnt
            from cc_txn join class_of using (mcc)
            where kind_code in ('spend', 'refund') and acct_date::date > date '{BIZ_DATE}' - 90 group by all
        )
        select * from true_card_spend as said full join spent using (cc_acct_no, class_code)
        where coalesce(amt_90, 0) <> coalesce(amt, 0) or coalesce(cnt_90, 0) <> coalesce(cnt, 0)
        """,
    )
    none(
        files,
        f"""
        select * from true_cards join cc_acct using (cc_acct_no) where bal_date = '{BIZ_DATE}' and (
            true_cards.bal <> cc_acct.bal{MONEY} or instal_left_amt <> cc_acct.instal_bal{MONEY}
            or true_cards.dpd <> cc_acct.dpd::integer)
        """,
    )


def test_products_and_pages_are_known(files: duckdb.DuckDBPyConnection) -> None:
    for feed in ("inv_hold", "inv_order", "ins_policy", "chn_event"):
        none(files, f"select prod_id from {feed} where prod_id not in (select prod_id from ref_product)")
    assert number(files, "select count(distinct prod_id) from chn_event where page_code = 'fund'") > 5
    assert number(files, "select count(*) from chn_event where (login_code is not null) <> (event_kind = 'login')") == 0
    columns = {row[0] for row in files.execute("select column_name from (describe card_debit)").fetchall()}
    assert "renew_due_month" in columns
    assert not {name for name in columns if "expir" in name or "cvn" in name}


def test_prices_move_on_trading_days_and_dividends_come_off() -> None:
    horizon = calendar.horizon_for(BIZ_DATE)
    shelf = prices.invest_shelf(np.random.default_rng(3), horizon)
    closed = ~horizon.table.is_trading_day
    closed[0] = False
    assert (shelf.price[:, closed] == shelf.price[:, np.flatnonzero(closed) - 1]).all()
    funds = shelf.of("fund")
    assert (shelf.shown[funds][:, 30:] < np.arange(30, shelf.price.shape[1])).all()
    share = shelf.dividends
    assert len(share.day) > 10
    assert horizon.table.is_trading_day[share.day].all()
    assert horizon.table.is_trading_day[share.day + 1].all()
    assert (shelf.price > 0).all()
