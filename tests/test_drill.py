"""A bigger bank, and a night whose faults a policy lets pass, for `make drill`; kills and many nights are in modules of their own."""

from __future__ import annotations

import pytest

from tests.nights import STAGES

pytestmark = pytest.mark.drill

D = "2026-06-30"


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
