"""Merchants of the demo bank: sales, settlements and core entries agree, and so do the truths; code tables are current."""

from __future__ import annotations

import csv
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest

from tagmart.core.settings import project_root
from tagmart.synth import calendar, generate
from tagmart.synth.merchants.shops import CASHOUT_DAYS
from tagmart.synth.sizes import cut, usual_sizes
from tagmart.synth.world import World, make_world
from tests import demo_files

BIZ_DATE = date(2026, 6, 30)
FEEDS = ("mer_info", "mer_terminal", "mer_txn", "mer_settle", "core_acct", "core_txn", "cc_txn", "ecif_retail", "ecif_corp",
         "ref_calendar")  # fmt: skip
SEEDS = project_root() / "dbt_project" / "seeds"
MONEY = "::decimal(18,2)"


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small bank with more merchants than usual."""
    folder = tmp_path_factory.mktemp("merchants")
    generate(folder, customers=300, merchants=40, seed=9, biz_date=BIZ_DATE, days=3, history_months=3)
    return folder


@pytest.fixture(scope="module")
def files(landing: Path) -> duckdb.DuckDBPyConnection:
    """A table per feed, and one per answer file (named true_...)."""
    con = demo_files.tables(landing, *FEEDS)
    for path in (landing / "answers").glob("mer*.parquet"):
        con.execute(f"create view true_{path.stem} as from '{path}'")
    return con


@pytest.fixture(scope="module")
def world() -> World:
    """A world with many merchants, for shares."""
    horizon = calendar.horizon_for(BIZ_DATE)
    [place] = cut(usual_sizes(1500, 80, 600), 4)
    return make_world(place, horizon, int(horizon.month_first[horizon.months - 16]))


def none(files: duckdb.DuckDBPyConnection, query: str) -> None:
    """Nothing breaks a fact."""
    broken = files.execute(query).fetchall()
    assert not broken, broken[:5]


def number(files: duckdb.DuckDBPyConnection, query: str) -> object:
    """The one value of a query."""
    return files.execute(query).fetchone()[0]


def test_settlements_are_the_sales_since_the_last_one(files: duckdb.DuckDBPyConnection) -> None:
    none(
        files,
        f"""
        with workdays as (select distinct cal_date::date as day from ref_calendar where is_settle_day = 'Y'),
        sales as (
            select mer_no, amt{MONEY} as amt, fee{MONEY} as fee,
                (select min(day) from workdays where day >= acct_date::date + (cycle_code <> 'D0')::int) as settle_date
            from mer_txn join (select distinct mer_no, cycle_code from mer_info) using (mer_no) where status_code = 'ok'
        ),
        expected as (
            select mer_no, settle_date, sum(greatest(amt, 0)) as gross, sum(greatest(-amt, 0)) as refund, sum(fee) as fee
            from sales group by all
        ),
        paid as (
            select mer_no, settle_date::date as settle_date, gross_amt{MONEY} as gross, refund_amt{MONEY} as refund,
                fee_amt{MONEY} as fee
            from mer_settle
        )
        select * from expected full join paid using (mer_no, settle_date)
        where settle_date between (select min(acct_date::date) + 12 from mer_txn) and date '{BIZ_DATE}'
            and (expected.gross, expected.refund, expected.fee) is distinct from (paid.gross, paid.refund, paid.fee)
        """,
    )
    none(files, f"select * from mer_settle where gross_amt{MONEY} - refund_amt{MONEY} - fee_amt{MONEY} <> net_amt{MONEY}")
    none(files, f"select * from mer_settle where net_amt{MONEY} <= 0")
    assert number(files, "select count(*) from mer_settle") > 1000


def test_settlements_are_paid_and_delivered_on_workdays(files: duckdb.DuckDBPyConnection, landing: Path) -> None:
    none(
        files,
        """
        select settle_no from mer_settle join (select distinct cal_date, is_workday from ref_calendar) on cal_date = settle_date
        where is_workday = 'N'
        """,
    )
    same_day = """
        select count(*) from mer_settle join (select distinct mer_no, cycle_code from mer_info) using (mer_no)
        where cycle_code = 'D0' and settle_date = '2026-06-29'
    """
    assert number(files, same_day) > 0
    days = {path.name.split("_")[2] for path in landing.glob("*/mer_settle_*_J_*.dat")}
    assert days == {"20260629", "20260630"}, "nothing is due on Sunday the 28th"
    assert {path.name.split("_")[2] for path in landing.glob("*/mer_txn_*_J_*.dat")} == {*days, "20260628"}


def test_settlements_here_are_core_entries_on_the_account(files: duckdb.DuckDBPyConnection) -> None:
    none(
        files,
        f"""
        select settle_no from mer_settle
        join (select distinct mer_no, settle_acct_no, settle_bank from mer_info) using (mer_no)
        left join core_txn on core_txn.txn_no = core_txn_no and core_txn.acct_no = settle_acct_no
            and core_txn.acct_date = settle_date and dc_flag = 'C' and core_txn.amt{MONEY} = net_amt{MONEY}
        where (settle_bank = 'OWN' and status_code = 'settled') <> (core_txn.txn_no is not null)
        """,
    )
    owners = {
        row[0]
        for row in files.execute(
            "select distinct owner_entity from mer_settle join mer_info using (mer_no) where core_txn_no is not null"
        ).fetchall()
    }
    assert owners == {"retail", "corp"}
    none(files, "select core_txn_no from mer_settle where core_txn_no is not null group by all having count(*) > 1")


def test_merchants_belong_to_customers(files: duckdb.DuckDBPyConnection) -> None:
    none(
        files,
        """
        select mer_no from mer_info
        where owner_entity = 'retail' and owner_ecif_no not in (select ecif_no from ecif_retail)
            or owner_entity = 'corp' and owner_ecif_no not in (select ecif_no from ecif_corp)
        """,
    )
    for feed in ("mer_txn", "mer_terminal", "mer_settle"):
        none(files, f"select mer_no from {feed} where mer_no not in (select mer_no from mer_info)")
    none(files, "select term_sn from mer_txn where term_sn not in (select sn from mer_terminal)")


def test_refunds_name_the_sale_that_they_undo(files: duckdb.DuckDBPyConnection) -> None:
    none(
        files,
        f"""
        select back.txn_no from mer_txn as back left join mer_txn as sale on sale.txn_no = back.orig_txn_no
        where back.amt{MONEY} < 0 and back.acct_date::date > (select min(acct_date::date) + 10 from mer_txn)
            and (sale.txn_no is null or sale.amt{MONEY} <> -back.amt{MONEY} or sale.mer_no <> back.mer_no
                or sale.txn_time > back.txn_time or sale.status_code <> 'ok')
        """,
    )
    assert number(files, f"select count(*) from mer_txn where amt{MONEY} < 0 and orig_txn_no is not null") > 20


def test_own_cards_and_own_merchants_tell_the_same_sale(files: duckdb.DuckDBPyConnection) -> None:
    bought = "select mer_no, acct_date, amt, count(*) as times from cc_txn where mer_no in (select mer_no from mer_info) group by all"
    sold = "select mer_no, acct_date, amt, count(*) as times from mer_txn where pay_kind = 'credit' group by all"
    none(files, f"from ({bought}) as bought left join ({sold}) as sold using (mer_no, acct_date, amt) "
                "where coalesce(sold.times, 0) < bought.times")  # fmt: skip
    assert number(files, f"select count(*) from ({bought})") > 50
    none(files, "select mer_no from cc_txn join mer_info using (mer_no) where cc_txn.mcc <> mer_info.mcc")


def test_truths_of_merchants_agree_with_files(files: duckdb.DuckDBPyConnection) -> None:
    none(
        files,
        f"""
        with sold as (
            select mer_no, sum(amt{MONEY}) as amt, sum(fee{MONEY}) as fee,
                -sum(least(amt{MONEY}, 0)) as refund, count(*) filter (where amt{MONEY} > 0) as cnt
            from mer_txn where status_code = 'ok' and acct_date::date > date '{BIZ_DATE}' - 90 group by all
        ),
        payers as (
            select mer_no, count(*) as payers, count(*) filter (where days > 1) as loyal from (
                select mer_no, payer_token, count(distinct acct_date) as days from mer_txn
                where status_code = 'ok' and amt{MONEY} > 0 and payer_token is not null
                    and acct_date::date > date '{BIZ_DATE}' - 90 group by all
            ) group by all
        )
        select * from true_merchants left join sold using (mer_no) left join payers using (mer_no)
        where amt_90 <> coalesce(sold.amt, 0) or fee_amt_90 <> coalesce(fee, 0) or cnt_90 <> coalesce(cnt, 0)
            or refund_amt_90 <> coalesce(refund, 0) or payer_cnt_90 <> coalesce(payers, 0)
            or repeat_payer_cnt_90 <> coalesce(loyal, 0)
        """,
    )
    none(
        files,
        "select * from true_merchants join mer_txn using (mer_no) where acct_date::date >= vanish_date",
    )
    assert number(files, "select count(*) from true_merchants_restricted where is_cashout") >= 1
    assert "is_cashout" not in [row[0] for row in files.execute("select column_name from (describe true_merchants)").fetchall()]


def test_merchants_look_as_they_should(world: World) -> None:
    shops, sales, horizon = world.merchants.shops, world.merchants.sales, world.horizon
    assert 0.8 < (shops.kind == 2).mean() < 0.9
    assert 0.4 < (~shops.settles_here).mean() < 0.5
    assert (shops.seasonal).mean() == pytest.approx(0.06, abs=0.005)
    quarters = horizon.size / 91
    assert 0.01 < (shops.vanishes < horizon.size).mean() / quarters < 0.03
    owners = np.bincount(shops.owner[shops.owner >= 0])
    assert 1 < owners.max() <= 9
    # Schools sell nothing in summer.
    july = np.datetime64("2025-07-01"), np.datetime64("2025-08-31")
    low, high = (horizon.index(day) for day in july)
    summer = (sales.day >= low) & (sales.day <= high)
    made = np.bincount(sales.shop[summer & (sales.amt > 0)], minlength=shops.size)
    assert made[shops.seasonal].sum() == 0
    assert made[~shops.seasonal & (shops.vanishes > high) & (shops.start < low)].min() > 0
    # Cash-out: few payers, round sums, credit cards, at night.
    dodgy = shops.cashout[sales.shop] & (sales.day >= horizon.size - CASHOUT_DAYS) & (sales.amt >= 500_000)
    assert dodgy.any()
    assert (sales.pay[dodgy] == 1).mean() > 0.9
    hours = sales.second % 86_400 // 3600
    assert (hours[dodgy] < 5).mean() > 0.3 > (hours[~dodgy] < 5).mean() + 0.1


@pytest.mark.parametrize("name", ["mcc", "currency", "region", "industry", "phone_segment"])
def test_code_tables_name_their_source(name: str) -> None:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert rows
    assert all(row["source"] and row["edition"] for row in rows)


def test_code_tables_are_what_their_packages_say() -> None:
    for package in ("iso18245", "pycountry", "stdnum"):
        pytest.importorskip(package)
    done = subprocess.run(
        [sys.executable, str(SEEDS / "make_code_tables.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_industries_are_those_of_the_standard() -> None:
    with (SEEDS / "industry.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    sections = {row["industry_code"] for row in rows if row["level_code"] == "section"}
    divisions = [row for row in rows if row["level_code"] == "division"]
    assert sections == set("ABCDEFGHIJKLMNOPQRST")
    assert [row["industry_code"] for row in divisions] == [f"{at:02d}" for at in range(1, 98)]
    assert {row["parent_code"] for row in divisions} == sections
