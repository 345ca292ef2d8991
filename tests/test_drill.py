"""A bigger bank, and a night whose faults a policy lets pass, for `make drill`; kills and many nights are in modules of their own."""

from __future__ import annotations

import time
from datetime import date, timedelta

import duckdb
import pytest

from tests.nights import STAGES

pytestmark = pytest.mark.drill

D = "2026-06-30"


def test_nights_in_a_row(home_of, capsys):
    """A week of nights: each is published, and who stays in a segment keeps his first day while who enters begins a new stay."""
    home, days = home_of("demo"), 7
    home.synth(customers=300, seed=11, days=days, date=D)
    started, entered, left, before = time.monotonic(), 0, 0, None
    for offset in range(days - 1, -1, -1):
        biz_date = date.fromisoformat(D) - timedelta(days=offset)
        run_id = home.night(str(biz_date))
        assert home.published_status == home.published_status | {"biz_date": str(biz_date), "run_id": run_id}
        with home.opened(home.current / "tagmart.duckdb") as mart:
            members = {row[:2]: row[2] for row in mart.execute("select segment_id, customer_id, first_date from mart.segment_member").fetchall()}
        if before is not None:
            assert members == {member: before.get(member, biz_date) for member in members}
            entered, left = entered + len(members.keys() - before.keys()), left + len(before.keys() - members.keys())
        before = members
    with capsys.disabled():
        print(f"\n{days} nights in {time.monotonic() - started:.0f} s; {entered} memberships began, {left} ended")
    assert entered and left


def test_a_bigger_bank_takes_the_same_path(home_of, capsys):
    """20,000 customers: the same commands; the seconds of each stage are printed."""
    home = home_of("demo")
    home.synth(customers=20_000, seed=3, days=1, date=D)
    run_id = home.night(D)
    seconds = {row["stage"]: row["seconds"] for row in home.state.rows("select stage, seconds from stage where run_id = ?", run_id)}
    rows = home.state.row("select sum(rows_loaded) as rows from arrival")["rows"]
    with capsys.disabled():
        print(f"\n20,000 customers, {rows:,} rows: " + " · ".join(f"{stage} {seconds[stage]:.0f} s" for stage in STAGES))
    assert home.published_status["run_id"] == run_id


def test_amounts_of_any_size(home_of):
    """Every amount a thousand times as large, so that persons have billions: nothing overflows on the way to the gates of the tags.

    They may be red: tolerances and thresholds are of a bank of the usual size.
    """
    home = home_of("demo")
    home.synth(customers=200, seed=7, days=1, date=D)
    run_id = home.begin(D)
    for stage in ("ingest", "gate1"):
        home.stage(run_id, stage)
    with duckdb.connect(str(home.path / "warehouse.duckdb")) as warehouse:
        amounts = warehouse.execute("""
            select columns.schema_name, columns.table_name, list(columns.column_name)
            from duckdb_columns() as columns
            inner join duckdb_tables() as tables using (schema_name, table_name)
            where columns.schema_name in ('ods', 'hist') and columns.data_type = 'DECIMAL(18,2)'
            group by all
        """).fetchall()
        for schema, table, columns in amounts:
            warehouse.execute(f"update {schema}.{table} set {', '.join(f'{name} = {name} * 1000' for name in columns)}")
    for stage in ("dwd", "dws", "tags", "wide", "profile"):
        home.stage(run_id, stage)
    home.stage(run_id, "gate2", check=False)
    assert home.state.row("select count(*) as ran from gate_result where run_id = ? and gate = 'ledger'", run_id)["ran"] > 50


def test_a_night_goes_on_with_faults_that_a_policy_lets_pass(home_of):
    """Rows set aside, a state carried, a stranger, a posting of nobody's account: published, and everybody is told."""
    home = home_of("demo")
    faults = "bad_bytes,missing_state,stranger@ref_org,orphan_account,control_absent_state"
    home.synth(customers=300, seed=11, days=1, date=D, faults=faults)
    run_id = home.night(D)
    assert home.published_status["run_id"] == run_id
    stages = {row["stage"]: row["message"] for row in home.state.rows("select stage, message from stage where run_id = ?", run_id)}
    assert "2 carried" in stages["ingest"]
    assert "1 of" in stages["gate1"] and "rows refer to what is not in core_acct: core_txn_20260630" in stages["gate1"]
    assert "dwd_transaction_has_a_customer (1 rows)" in stages["dwd"]
    warned = {row["expectation"] for row in home.state.rows("select * from gate_result where run_id = ? and not success", run_id)}
    assert warned >= {"feed_not_carried", "no_strange_file", "rows_set_aside"}
