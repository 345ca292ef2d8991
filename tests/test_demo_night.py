"""The demo bank's nights through the real tools: what is published, that it is the same again, and that faults stop at gate 1."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import pytest

from tagmart.synth.faults import plant_faults
from tests.drawn import columns_of
from tests.nights import STAGES
from tests.planted import Identifiers, named

pytestmark = [pytest.mark.night, pytest.mark.xdist_group("demo")]

BEFORE, D, NEXT = "2026-06-29", "2026-06-30", "2026-07-01"
PROMISED = {
    "tags_retail", "tags_corporate", "tags_merchant", "tag_catalog", "tag_profile", "segment_catalog", "segment_member", "segment_daily", "feed_status", "gate_result",
    "gate_failing_row", "quality_stamp", "run_manifest", "dim_branch", "dim_product", "dim_manager", "code_value",
}


@pytest.fixture(scope="module")
def demo(home_of):
    """A small demo bank with deliveries up to the day after D; the night before D by its stages, that of D through Airflow."""
    home = home_of("demo")
    home.synth(customers=300, seed=11, days=3, months=3, date=NEXT)
    home.night(BEFORE)
    home.airflow_night(D)
    return home


def hashes(home, file: Path) -> dict[str, tuple]:
    """Content hash of every business table of a published run."""
    with home.opened(file) as mart:
        rows = mart.execute("select name, content_hash from mart.run_manifest where kind = 'table' order by name").fetchall()
    assert len(rows) >= 8
    return dict(rows)


def test_the_night_is_published_with_every_promised_table(demo):
    assert demo.published_status["biz_date"] == D
    file = demo.current / "tagmart.duckdb"
    assert file.stat().st_mode & 0o077 == 0
    with demo.opened(file) as mart:
        tables = {row[0] for row in mart.execute("select table_name from duckdb_tables() where schema_name = 'mart'").fetchall()}
        assert tables >= PROMISED
        views = mart.execute("select schema_name, view_name from duckdb_views() where not internal").fetchall()
        assert {schema for schema, _ in views} == {"zh"}
        assert {"零售_交易", "对公_风险", "商户_价值"} <= {name for _, name in views}
        for table in sorted(tables):
            # two-part names, opened alone: what a BI tool does
            mart.execute(f"select * from mart.{table} limit 1")
        assert mart.execute("select count(*) from mart.feed_status where status = 'loaded'").fetchone()[0] >= 9
        assert mart.execute("select count(*) from mart.segment_catalog").fetchone()[0] >= 20
        assert mart.execute("select count(distinct segment_id) from mart.segment_member").fetchone()[0] >= 8


def test_columns_catalogue_and_profile_say_the_same(demo):
    with demo.opened(demo.current / "tagmart.duckdb") as mart:
        columns = {row[0] for row in mart.execute("select column_name from duckdb_columns() where table_name = 'tags_retail'").fetchall()}
        catalogue = {row[0] for row in mart.execute("select tag_name from mart.tag_catalog where entity = 'retail'").fetchall()}
        profile = {row[0] for row in mart.execute("select tag_name from mart.tag_profile where entity = 'retail'").fetchall()}
        themes = mart.execute("select count(distinct theme_code) from mart.tag_catalog").fetchone()[0]
    assert columns - {"customer_id", "biz_date"} == catalogue == profile
    assert len(catalogue) >= 150
    assert themes == 7


def test_every_column_has_its_chinese_and_english_label(demo):
    with demo.opened(demo.current / "tagmart.duckdb") as mart:
        bare = mart.execute("""
            select table_name || '.' || column_name from duckdb_columns()
            where schema_name = 'mart' and (comment is null or not regexp_matches(comment, '[一-龥].*｜.*[A-Za-z]'))
        """).fetchall()
    assert not bare


def test_types_are_narrow(demo):
    with demo.opened(demo.current / "tagmart.duckdb") as mart:
        types = {row[0] for row in mart.execute("select data_type from duckdb_columns() where table_name = 'tags_retail'").fetchall()}
    assert types <= {"VARCHAR", "DATE", "INTEGER", "SMALLINT", "TINYINT", "BOOLEAN", "DECIMAL(18,2)", "DECIMAL(18,4)"}, types


def test_conformed_tables_have_the_types_that_their_yaml_says(demo):
    """Drawn tests make their tables from that YAML: what they draw is what a night reads."""
    with demo.opened(demo.path / "warehouse.duckdb") as warehouse:
        rows = warehouse.execute("""
            select schema_name || '_' || table_name, column_name, lower(data_type) from duckdb_columns()
            where schema_name in ('dwd', 'dws')
        """).fetchall()
    types: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        types.setdefault(table, {})[column] = kind
    assert len(types) > 80
    assert {table: columns_of(table) for table in types} == types


def test_the_spine_is_every_customer_once(demo):
    truth = json.loads((demo.landing / "answers" / "world.json").read_text("utf-8"))["totals"]["spine"]
    with demo.opened(demo.current / "tagmart.duckdb") as mart:
        assert mart.execute("select count(*), count(distinct customer_id), count(distinct biz_date) from mart.tags_retail").fetchone() == (truth, truth, 1)


def test_a_stay_in_a_segment_keeps_its_first_day(demo):
    """The night before is published, so the night of D knows who was there."""
    with demo.opened(demo.current / "tagmart.duckdb") as mart:
        days = {str(row[0]) for row in mart.execute("select distinct first_date from mart.segment_member").fetchall()}
        open_sums = mart.execute("select count(*) from mart.segment_daily where size <> prior_size + entered - left_cnt").fetchone()[0]
        prior = mart.execute("select sum(prior_size) from mart.segment_daily").fetchone()[0]
    assert BEFORE in days
    assert open_sums == 0
    assert prior > 0


@pytest.fixture
def spoiled(demo):
    """The delivery of NEXT, to be spoiled by a test and put back after it."""
    folder = demo.landing / NEXT.replace("-", "")
    backup = folder.with_name("backup")
    shutil.copytree(folder, backup)
    yield folder
    shutil.rmtree(folder)
    backup.rename(folder)


# Each fault is planted in a feed of its own, so that one night shows that each gives its own message and none hides another.
THROUGH_THE_DAG = ("cut_file", "letter_in_amount", "removed_column@core_acct", "bad_bytes", "stranger@ref_org")
BY_STAGES = ("corrupted_control@core_txn", "shrunk_full", "duplicate_key", "wrong_tail_total", "stale_date", "c3_column")


def through_the_dag(demo) -> str:
    assert demo.airflow_night(NEXT, check=False).returncode == 1
    alert = json.loads((demo.path / "alerts.log").read_text("utf-8").splitlines()[-1])
    assert alert["task"] == "take_in.gate1"
    assert "core_txn" in alert["error"]
    return demo.state.row("select run_id from run order by started_at desc limit 1")["run_id"]


def by_stages(demo) -> str:
    run_id = demo.begin(NEXT)
    demo.stage(run_id, "ingest")
    assert demo.stage(run_id, "gate1", check=False).returncode == 1
    return run_id


@pytest.mark.parametrize(("faults", "night"), [(THROUGH_THE_DAG, through_the_dag), (BY_STAGES, by_stages)], ids=["dag", "stages"])
def test_faults_stop_at_gate_1_and_readers_keep_the_last_good_mart(demo, spoiled, faults, night):
    before = (demo.current, demo.published_status)
    planted = plant_faults(demo.landing, faults, seed=1)
    assert {f"{one.biz_date}" for one in planted} == {NEXT}
    run_id = night(demo)
    stages = {row["stage"]: row["status"] for row in demo.state.rows("select * from stage where run_id = ?", run_id)}
    assert stages == {"begin": "done", "ingest": "done", "gate1": "failed"}
    facts = {fact["feed"]: fact for fact in demo.state.rows("select * from feed_fact where run_id = ?", run_id)}
    told = {"quarantine": demo.state.rows("select * from quarantine"), "strange": demo.state.rows("select * from strange_file")}
    shown = demo.tagmart("gate", "show", run_id).stdout
    for one in planted:
        fact = facts.pop(one.feed)
        assert fact["status"] in {"refused": ("refused", "over_limit")}.get(one.outcome, ("loaded", "unchanged")), fact["message"]
        said = f"{fact['message']} {told}"
        assert all(words in said for words in one.says), said
        assert one.outcome != "refused" or one.feed in shown
    assert {fact["status"] for fact in facts.values()} <= {"loaded", "unchanged"}
    assert (demo.current, demo.published_status) == before


def test_nothing_that_anybody_is_shown_names_a_customer(demo):
    """After nights with faults: the mart, the restricted file, Parquet, the state, pages, logs, what dbt and the gates wrote, verbs."""
    identifiers = Identifiers.of(demo.path / "warehouse.duckdb")
    assert len(identifiers.numbers) > 1000
    assert len(identifiers.names) > 500
    assert named(demo.path, identifiers) == {}
    fact = demo.state.row("select feed, biz_date from quarantine limit 1")
    run_id = demo.state.row("select run_id from gate_result where not success limit 1")["run_id"]
    for verb in (("quarantine", "list"), ("quarantine", "show", fact["feed"], fact["biz_date"]), ("gate", "show", run_id), ("status",)):
        assert not identifiers.in_text(demo.tagmart(*verb).stdout), verb


# Right after a stage has said that it begins or has ended, and in the midst of its work.
KILLS = {
    "ingest": {"die_at": "running"}, "dwd": {"kill_after": 5}, "wide": {"kill_after": 3}, "gate2": {"die_at": "done"},
    "segments": {"kill_after": 1.5}, "publish": {"kill_after": 0.7},
}


def test_the_same_night_again_gives_the_same_mart_and_an_older_one_never_moves_current(demo):
    """The night before D again, after that of D, with six stages killed on the way: nothing to clean up."""
    newest = demo.published_status["run_id"]
    file = demo.mart(BEFORE, demo.state.row("select run_id from publish where biz_date = ?", BEFORE)["run_id"])
    readers_see = (demo.current / "tagmart.duckdb", file)
    first, run_id = [hashes(demo, each) for each in readers_see], demo.begin(BEFORE)
    for stage in STAGES:
        if stage in KILLS:
            killed = demo.troubled("night", stage, "--run-id", run_id, **KILLS[stage])
            assert killed.returncode == -signal.SIGKILL, f"{stage} was through too soon"
            assert [hashes(demo, each) for each in readers_see] == first
        demo.stage(run_id, stage)
    assert hashes(demo, demo.mart(BEFORE, run_id)) == first[1]
    assert demo.published_status["run_id"] == newest
    demo.tagmart("published", "rollback", "--reason", "the figures of the branch are doubted")
    assert (demo.published_status["biz_date"], demo.published_status["run_id"]) == (BEFORE, run_id)


def test_a_superseded_run_may_not_go_on(demo):
    first, second = demo.begin(D), demo.begin(D)
    refused = demo.stage(first, "ingest", check=False)
    assert refused.returncode == 1
    assert second in refused.stderr


def test_everything_in_the_home_is_its_owner_s_alone(demo):
    """Airflow's logs, the quarantine, exports and backups too, though the shell would let everybody read."""
    demo.tagmart("export", "--to", str(demo.path / "export"))
    demo.tagmart("backup", "--to", str(demo.path.with_name("backup")))
    open_to_others = [path for folder in (demo.path, demo.path.with_name("backup")) for path in (folder, *folder.rglob("*"))
                      if not path.is_symlink() and path.stat().st_mode & 0o077]
    assert open_to_others == []
