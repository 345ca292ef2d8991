"""The demo bank: the same arguments give the same bytes, and its files keep the facts that the generator promises."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
import yaml
from stdnum.cn import ric

from tagmart.core.errors import TagmartError
from tagmart.core.settings import project_root
from tagmart.synth import generate, names
from tagmart.synth.summaries import GROUPS, SUMMARIES
from tests import demo_files

BIZ_DATE = date(2026, 6, 30)
CUSTOMERS = 150
CONTRACTS = project_root() / "expectations" / "contracts" / "demo"


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small bank with three nights."""
    folder = tmp_path_factory.mktemp("landing")
    generate(folder, customers=CUSTOMERS, seed=11, biz_date=BIZ_DATE, days=3, history_months=4)
    return folder


@pytest.fixture(scope="module")
def one_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same bank with one night."""
    folder = tmp_path_factory.mktemp("one_night")
    generate(folder, customers=CUSTOMERS, seed=11, biz_date=BIZ_DATE, days=1, history_months=4)
    return folder


@pytest.fixture(scope="module")
def files(landing: Path) -> duckdb.DuckDBPyConnection:
    """A table per feed over all deliveries of the bank with three nights."""
    return _tables(landing)


def _contracts() -> list[dict]:
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(CONTRACTS.glob("*/*.yml"))]


def _tables(landing: Path) -> duckdb.DuckDBPyConnection:
    """A table per feed, all text, with the delivery date; money is cast where it is used."""
    return demo_files.tables(landing)


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_arguments_give_the_same_bytes(one_night: Path, tmp_path: Path) -> None:
    generate(tmp_path, customers=CUSTOMERS, seed=11, biz_date=BIZ_DATE, days=1, history_months=4)
    assert _digests(tmp_path) == _digests(one_night)


def test_another_seed_gives_another_bank(one_night: Path, tmp_path: Path) -> None:
    generate(tmp_path, customers=CUSTOMERS, seed=12, biz_date=BIZ_DATE, days=1, history_months=1)
    customers = "20260629/ecif_retail_20260629_I_001.dat"
    assert (tmp_path / customers).read_bytes() != (one_night / customers).read_bytes()


def test_values_are_among_those_of_the_contract(files: duckdb.DuckDBPyConnection) -> None:
    for contract in _contracts():
        checked = [column for column in contract["columns"] if column.get("required") or "values" in column]
        lists = ", ".join(f"list(distinct coalesce({column['name']}, '?'))" for column in checked)
        for column, found in zip(
            checked, files.execute(f"select {lists} from {contract['feed']}").fetchone(), strict=True
        ):
            name, seen = column["name"], set(found or [])
            if column.get("required"):
                assert "?" not in seen, f"{contract['feed']}.{name} is required"
            if "values" in column:
                assert seen - {"?"} <= {str(value) for value in column["values"]}, f"{contract['feed']}.{name}"


def test_keys_are_unique_in_a_delivery(files: duckdb.DuckDBPyConnection) -> None:
    for contract in _contracts():
        key = ", ".join(contract["key"])
        twice = files.execute(
            f"select {key} from {contract['feed']} group by delivered, {key} having count(*) > 1"
        ).fetchall()
        assert not twice, contract["feed"]


def test_every_balance_is_yesterdays_and_the_legs_of_the_day(files: duckdb.DuckDBPyConnection) -> None:
    broken = files.execute(
        """
        with balances as (select acct_no, bal_date::date as day, bal::decimal(18,2) as bal from core_bal),
        legs as (
            select acct_no, acct_date::date as day, sum(amt::decimal(18,2) * if(dc_flag = 'C', 1, -1)) as amt
            from core_txn group by all
        ),
        days as (
            select acct_no, day from balances union select acct_no, day + 1 from balances
            union select acct_no, day from legs
        ),
        tied as (
            select days.acct_no, days.day, coalesce(today.bal, 0) as bal,
                coalesce(before.bal, 0) + coalesce(legs.amt, 0) as expected
            from days
            left join balances as today using (acct_no, day)
            left join balances as before on before.acct_no = days.acct_no and before.day = days.day - 1
            left join legs on legs.acct_no = days.acct_no and legs.day = days.day
            where days.day between (select min(day) + 1 from balances) and (select max(day) from balances)
        )
        select * from tied where bal <> expected
        """
    ).fetchall()
    assert not broken
    assert files.execute("select count(*) from core_bal where bal::decimal(18,2) < 0").fetchone() == (0,)


def test_term_accounts_hold_their_live_receipts(files: duckdb.DuckDBPyConnection) -> None:
    differ = files.execute(
        """
        with states as (
            select * from core_term qualify row_number() over (partition by acct_no, seq order by delivered desc) = 1
        ),
        receipts as (
            select acct_no, sum(principal_amt::decimal(18,2)) filter (where status_code = 'live') as amt
            from states group by acct_no
        )
        select * from receipts join core_bal using (acct_no)
        where bal_date = '2026-06-30' and bal::decimal(18,2) <> coalesce(amt, 0)
        """
    ).fetchall()
    assert not differ


def test_transactions_between_accounts_have_both_legs(files: duckdb.DuckDBPyConnection) -> None:
    inside = "cp_acct_no in (select acct_no from core_acct)"
    assert files.execute(f"select count(*) from core_txn where {inside}").fetchone()[0] > 100
    single = files.execute(
        f"""
        select txn_no from core_txn where {inside} group by txn_no
        having count(*) <> 2 or min(dc_flag) = max(dc_flag) or min(leg) = max(leg)
            or (min(amt) <> max(amt) and min(ccy) = max(ccy))
        """
    ).fetchall()
    assert not single


def test_red_entries_name_what_they_undo(files: duckdb.DuckDBPyConnection) -> None:
    red = files.execute(
        """
        select red.amt::decimal(18,2) + orig.amt::decimal(18,2), red.dc_flag = orig.dc_flag, red.acct_no = orig.acct_no
        from core_txn as red join core_txn as orig on orig.txn_no = red.orig_txn_no where red.is_reversal = 'Y'
        """
    ).fetchall()
    assert red
    assert set(red) == {(0, True, True)}


def test_payments_have_a_core_entry(files: duckdb.DuckDBPyConnection) -> None:
    unmatched = files.execute(
        """
        with paid as (
            select ecif_no, pay_date, sum(amt::decimal(18,2)) as amt
            from pay_detail where result_code = 'ok' group by all
        ),
        posted as (
            select ecif_no, acct_date as pay_date, sum(amt::decimal(18,2)) as amt
            from core_txn join (select distinct acct_no, ecif_no from core_acct) using (acct_no)
            where purpose_code in ('wage', 'pension') and dc_flag = 'C' group by all
        )
        select * from paid full join posted using (ecif_no, pay_date) where paid.amt is distinct from posted.amt
        """
    ).fetchall()
    assert not unmatched


def test_documents_are_valid_in_form_and_reserved(files: duckdb.DuckDBPyConnection) -> None:
    numbers = [
        row[0]
        for row in files.execute(
            "select distinct id_no from ecif_retail where id_type = 'resident' and id_no is not null"
        ).fetchall()
    ]
    assert len(numbers) > CUSTOMERS * 0.9
    for number in numbers:
        assert number[:6] in names.REGIONS
        assert len(number) == 15 or number[-1] == ric.calc_check_digit(number)


def test_no_phone_is_in_an_assigned_segment(files: duckdb.DuckDBPyConnection) -> None:
    phones = [
        row[0] for row in files.execute("select mobile from ecif_contact where contact_kind = 'mobile'").fetchall()
    ]
    assert phones
    assert all(re.fullmatch(r"100\d{8}", phone) for phone in phones)


def test_where_the_initial_load_ends_changes_nothing(
    files: duckdb.DuckDBPyConnection, landing: Path, one_night: Path
) -> None:
    other = _tables(one_night)
    for feed, columns in (
        ("core_txn", "*"),
        ("core_bal", "*"),
        ("inv_hold", "*"),
        ("cc_acct", "*"),
        ("crd_note", "*"),
        ("chn_event", "*"),
        ("pay_detail", "*"),
        ("crm_consent", "*"),
        ("cc_stmt", "*"),
        ("cc_txn", "*"),
        ("ref_price", "*"),
        ("mer_txn", "*"),
        ("mer_settle", "*"),
    ):
        query = f"select {columns} exclude (delivered) from {feed} order by all"
        assert files.execute(query).fetchall() == other.execute(query).fetchall(), feed
    for contract in _contracts():
        if contract["load"] != "delta":
            continue
        key = ", ".join(contract["key"])
        state = f"""select * exclude (op, delivered) from {contract["feed"]}
                    qualify row_number() over (partition by {key} order by delivered desc) = 1 order by all"""
        assert files.execute(state).fetchall() == other.execute(state).fetchall(), contract["feed"]
    assert _digests(one_night / "20260630") == _digests(landing / "20260630")


def test_answers_agree_with_the_files(landing: Path, files: duckdb.DuckDBPyConnection) -> None:
    demo_files.value_in_yuan(files)
    answers = pq.read_table(landing / "answers" / "customers.parquet")
    files.register("answers", answers)
    differ = files.execute(
        """
        with states as (select distinct acct_no, ecif_no from core_acct),
        balances as (
            select ecif_no, sum(yuan) as bal
            from core_bal_yuan join states using (acct_no) where bal_date = '2026-06-30' group by all
        ),
        holdings as (
            select ecif_no, sum(market_amt::decimal(18,2)) as bal
            from inv_hold where hold_date = '2026-06-30' group by all
        )
        select answers.ecif_no from answers left join balances using (ecif_no) left join holdings using (ecif_no)
        where demand_bal + term_bal + cd_bal <> coalesce(balances.bal, 0)
            or wm_bal + fund_bal + pm_bal + tb_bal + trust_bal <> coalesce(holdings.bal, 0)
        """
    ).fetchall()
    assert not differ
    summary = json.loads((landing / "answers" / "world.json").read_text(encoding="utf-8"))
    assert summary["totals"]["customers"] == answers.num_rows
    assert 0.25 < summary["totals"]["is_empty"] / answers.num_rows < 0.45


def test_what_cannot_be_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TagmartError, match="calendar"):
        generate(tmp_path, customers=CUSTOMERS, seed=1, biz_date=date(2020, 1, 1))
    with pytest.raises(TagmartError, match="customers"):
        generate(tmp_path, customers=1, seed=1, biz_date=BIZ_DATE)


def test_every_leg_says_what_is_left_on_the_account(files: duckdb.DuckDBPyConnection) -> None:
    broken = files.execute(
        """
        with legs as (
            select acct_no, acct_date, txn_no, leg::integer as leg, bal_after::decimal(18,2) as after,
                amt::decimal(18,2) * if(dc_flag = 'C', 1, -1) as signed,
                lag(bal_after::decimal(18,2)) over account as before,
                lead(acct_date) over account is distinct from acct_date as is_last
            from core_txn window account as (partition by acct_no order by acct_date, txn_no, leg)
        )
        select legs.* from legs
        left join core_bal on core_bal.acct_no = legs.acct_no and core_bal.bal_date = legs.acct_date
        where after < 0 or before + signed <> after or (is_last and after <> coalesce(core_bal.bal, '0')::decimal(18,2))
        """
    ).fetchall()
    assert not broken


def test_every_leg_has_the_summary_of_its_purpose_and_side(files: duckdb.DuckDBPyConnection) -> None:
    with (project_root() / "dbt_project" / "seeds" / "code_value.csv").open(encoding="utf-8") as rows:
        known = [row["code"] for row in csv.DictReader(rows) if row["list"] == "summary"]
    column = demo_files.contracts()["core_txn"].column("summary_code")
    assert known == list(SUMMARIES) == list(column.values) and len({*known}) == 2 * len(GROUPS) + 2
    groups = ", ".join(f"('{purpose}', '{group}')" for purpose, group in GROUPS.items())
    broken = files.execute(
        f"""
        with named as (from (values {groups}) as named (purpose_code, code))
        select distinct mode_code, purpose_code, dc_flag, summary_code from core_txn join named using (purpose_code)
        where summary_code <> if(mode_code = 'cash', '10', code) || if(dc_flag = 'C', '01', '02')
        """
    ).fetchall()
    assert not broken
    red = files.execute(
        """
        select count(*), count(*) filter (red.summary_code <> undone.summary_code)
        from core_txn as red join core_txn as undone on undone.txn_no = red.orig_txn_no and undone.acct_no = red.acct_no
        where red.is_reversal = 'Y'
        """
    ).fetchone()
    assert red[0] > 0 and red[1] == 0
    assert files.execute("select count(distinct summary_code) from core_txn").fetchone()[0] > 15


def test_accounts_say_when_they_were_last_used(files: duckdb.DuckDBPyConnection) -> None:
    broken = files.execute(
        """
        with used as (
            select acct_no, max(acct_date) as day from core_txn where init_code <> 'B' group by acct_no
        ),
        states as (
            from core_acct qualify row_number() over (partition by acct_no order by delivered desc) = 1
        )
        select states.* from states left join used using (acct_no)
        where (used.day is not null and used.day is distinct from states.last_txn_date)
            or (is_settle = 'Y') <> (kind_code = 'demand')
        """
    ).fetchall()
    assert not broken
    used = files.execute("select count(*) from core_acct where delivered = '20260630' and last_txn_date = '2026-06-30'")
    assert used.fetchone()[0] > 5


def test_agreements_are_of_every_kind(files: duckdb.DuckDBPyConnection) -> None:
    found = {row[0] for row in files.execute("select distinct agr_type from core_agreement").fetchall()}
    assert {"mbank", "ebank", "sms", "wm", "fund", "etc", "stock_custody", "ecny", "ssc", "payroll", "autopay"} <= found
