"""The facts that gates look at, the profile against figures counted by hand, and the page of a run."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings, project_root
from tagmart.core.state import State
from tagmart.gates import profile as profile_module
from tagmart.gates import run_gate
from tagmart.gates.facts import GateInput, gather
from tagmart.gates.gate import judge
from tagmart.gates.page import write_page
from tagmart.gates.profile import profile_candidate
from tagmart.gates.structure import made_tags, pairs, sums
from tests.gate_cases import GOOD, RUN, D, new_home


@pytest.fixture
def home(tmp_path: Path) -> tuple[Settings, State]:
    return new_home(tmp_path)


SPECS = project_root() / "dbt_project" / "tag_specs"


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    """Tag specs of three small blocks, with the project's own vocabulary."""
    (tmp_path / "retail").mkdir()
    shutil.copy(SPECS / "vocabulary.yml", tmp_path)
    shutil.copy(SPECS / "retail" / "words.yml", tmp_path / "retail")
    (tmp_path / "retail" / "transaction.yml").write_text(
        """
family: pay
from: dws_retail_pay_daily
combos: [[]]
measures: [amt_sum, amt_max, cnt]
windows: [30d, 90d, ytd]
missing: zero
---
family: pay
from: dws_retail_pay_daily
slices: {type: all}
combos: [[type]]
measures: [amt_sum, amt_max, cnt]
windows: [30d]
missing: zero
---
family: pay
from: dws_retail_pay_daily
where: {type: wage}
slices: {type: all}
combos: [[type]]
model: wage
measures: [amt_sum, cnt]
windows: [90d]
missing: zero
""",
        encoding="utf-8",
    )
    return tmp_path


TYPES = ("wage", "bonus", "pension", "social", "reimburse", "other")
NAMES = [
    *(f"pay_{measure}_{window}" for measure in ("amt_sum", "amt_max", "cnt") for window in ("30d", "90d", "ytd")),
    *(f"pay_{type_}_{measure}_30d" for type_ in TYPES for measure in ("amt_sum", "amt_max", "cnt")),
    "pay_wage_amt_sum_90d",
    "pay_wage_cnt_90d",
]


def test_sums_follow_from_the_specs(specs):
    found = {(found.total, found.slice): found.parts for found in sums(made_tags(specs, "retail", NAMES))}
    assert found == {
        (f"pay_{measure}_30d", "type"): tuple(sorted(f"pay_{type_}_{measure}_30d" for type_ in TYPES))
        for measure in ("amt_sum", "cnt")
    }, "the largest does not add up, and wages alone are not the whole of 90 days"


def test_windows_follow_from_the_specs(specs):
    found = pairs(made_tags(specs, "retail", NAMES))
    assert found == [("pay_cnt_30d", "pay_cnt_90d")], "sums of money may shrink by a reversal"


def test_every_day_average_may_be_off_by_its_rounding():
    columns = [f"dep_{part}davg_30d" for part in ("", "demand_", "term_", "cd_")]
    (found,) = sums(made_tags(SPECS, "retail", columns))
    assert (found.total, len(found.parts), found.tolerance) == ("dep_davg_30d", 3, "0.020")


def make_night(home: tuple[Settings, State]) -> GateInput:
    """A candidate of four customers and the part of the warehouse that gates look at."""
    settings, state = home
    folder = settings.run_dir(RUN)
    folder.mkdir(parents=True)
    with connect(folder / "tagmart.duckdb") as mart:
        mart.execute("create schema mart")
        mart.execute("""
            create table mart.tags_retail as
            select * from (values
                ('C1', date '2026-06-30', 30::integer, 3::integer, 3::integer, 2::integer, 1::integer, 12.50::decimal(18,2),
                    12.50::decimal(18,2), true, 'F', date '1990-01-01', null::decimal(18,2)),
                ('C2', date '2026-06-30', null, 0, 5, 0, 0, 0.00, 0.00, false, 'M', null, null),
                ('C3', date '2026-06-30', 44, 2, 2, 1, 0, -0.25, 0.00, true, 'X', date '1980-05-05', null),
                ('C4', date '2026-06-30', 44, 7, 6, 7, 0, 100.00, 100.00, null, null, null, null)
            ) as rows (customer_id, biz_date, prof_age, txn_cnt_30d, txn_cnt_90d, txn_in_cnt_30d, txn_out_cnt_30d,
                aum_bal, dep_bal, prof_staff_flag, prof_gender_code, prof_birth_date, wm_bal)
        """)
        mart.execute("comment on column mart.tags_retail.prof_age is '年龄｜Age'")
        mart.execute("""
            create table mart.tag_catalog as
            select 'retail' as entity, name as tag_name, split_part(name, '_', 1) as family, unit, 'active' as status,
                'asset' as theme_code, missing, value_list, feeds as source_feeds, 'pay_detail.amt' as source_columns
            from (values
                ('prof_age', 'year', 'unknown', '', 'ecif_retail'), ('txn_cnt_30d', 'items', 'zero', '', 'core_txn'),
                ('txn_cnt_90d', 'items', 'zero', '', 'core_txn'), ('txn_in_cnt_30d', 'items', 'zero', '', 'core_txn'),
                ('txn_out_cnt_30d', 'items', 'zero', '', 'core_txn'), ('aum_bal', 'cny', 'zero', '', 'core_bal'),
                ('dep_bal', 'cny', 'zero', '', 'core_bal'), ('prof_staff_flag', 'none', 'unknown', '', 'ecif_retail'),
                ('prof_gender_code', 'none', 'unknown', 'gender', 'ecif_retail'), ('wm_bal', 'cny', 'zero', '', 'core_bal inv_hold'),
                ('pay_cnt_30d', 'items', 'zero', '', 'pay_detail')
            ) as rows (name, unit, missing, value_list, feeds)
        """)
        mart.execute("create table mart.code_value as select 'gender' as list, unnest(['F', 'M']) as code")
    with connect(settings.warehouse) as warehouse:
        warehouse.execute("""
            create schema ops; create schema dwd; create schema dws;
            create table ops.feed_present as select true as ecif_retail, true as core_txn, true as core_bal, false as inv_hold,
                true as pay_detail;
            create table ops.prior_segment_member (segment_id varchar, customer_id varchar, first_date date);
            create table dws.retail_spine as select 'C' || range as customer_id, date '2026-06-30' as biz_date from range(1, 5);
            create table dwd.party as
            select 'C' || range as customer_id, 'retail' as entity, if(range = 5, 'merged', 'normal') as status_code
            from range(1, 7)
        """)
    return GateInput(settings, state, RUN, D, {"aum_bal": ("dep_bal", "wm_bal")})


@pytest.mark.parametrize("listed", [4, 3])
def test_the_profile_against_figures_counted_by_hand(home, listed: int, monkeypatch):
    """Of a table that is small enough for lists of its values, and of one that is not."""
    monkeypatch.setattr(profile_module, "LISTED", listed)
    given = make_night(home)
    path = given.settings.run_dir(RUN) / "tagmart.duckdb"
    assert profile_candidate(path) == 11
    assert profile_candidate(path.parent) == 11, "a second time replaces the first"
    columns = (
        "null_cnt",
        "null_share",
        "zero_cnt",
        "zero_share",
        "true_cnt",
        "distinct_cnt",
        "min_value",
        "max_value",
        "mean_value",
    )
    with connect(path) as mart:
        rows = mart.execute(f"select tag_name, row_cnt, {', '.join(columns)} from mart.tag_profile").fetchall()
        bare = mart.execute(
            "select count(*) from duckdb_columns() where table_name = 'tag_profile' and comment is null"
        ).fetchone()
    profile = {row[0]: dict(zip(columns, row[2:], strict=True)) for row in rows}
    assert {row[1] for row in rows} == {4}
    assert bare == (0,)
    assert profile["prof_age"] == {
        "null_cnt": 1,
        "null_share": Decimal("0.25"),
        "zero_cnt": 0,
        "zero_share": 0,
        "true_cnt": None,
        "distinct_cnt": 2,
        "min_value": "30",
        "max_value": "44",
        "mean_value": Decimal("39.3333"),
    }
    assert profile["aum_bal"]["zero_share"] == Decimal("0.25")
    assert profile["aum_bal"]["mean_value"] == Decimal("28.0625")
    assert profile["aum_bal"]["min_value"] == "-0.25"
    assert profile["prof_staff_flag"] == {
        "null_cnt": 1,
        "null_share": Decimal("0.25"),
        "zero_cnt": None,
        "zero_share": None,
        "true_cnt": 2,
        "distinct_cnt": 2,
        "min_value": "false",
        "max_value": "true",
        "mean_value": Decimal("0.6667"),
    }
    assert profile["prof_birth_date"]["max_value"] == "1990-01-01"
    assert profile["prof_birth_date"]["mean_value"] is None
    assert profile["wm_bal"]["null_share"] == 1
    assert profile["wm_bal"]["mean_value"] is None


def test_a_candidate_without_wide_table_cannot_be_profiled(tmp_path):
    connect(tmp_path / "tagmart.duckdb").close()
    with pytest.raises(TagmartError, match="no wide table"):
        profile_candidate(tmp_path / "tagmart.duckdb")


def test_facts_of_tags_and_tables(home):
    given = make_night(home)
    profile_candidate(given.settings.run_dir(RUN))
    tags = {fact["subject"]: fact for fact in gather("tag", given)}
    assert tags["prof_gender_code"]["unknown_code_cnt"] == 1, "X is in no list"
    assert tags["wm_bal"]["feeds_present"] is False
    assert tags["prof_birth_date"]["is_catalogued"] is False
    assert tags["pay_cnt_30d"]["is_profiled"] is False
    assert (tags["aum_bal"]["min_number"], tags["aum_bal"]["base_type"], tags["aum_bal"]["spine_cnt"]) == (
        -0.25,
        "DECIMAL",
        4,
    )
    (table,) = gather("table", given)
    assert table == {
        "subject": "tags_retail",
        "entity": "retail",
        "is_kept": True,
        "row_cnt": 4,
        "customer_cnt": 4,
        "null_customer_cnt": 0,
        "other_date_cnt": 0,
        "spine_cnt": 4,
        "party_cnt": 5,
        "column_cnt": 13,
        "bare_column_cnt": 12,
    }
    assert gather("table", replace(given, biz_date=date(2026, 7, 1)))[0]["other_date_cnt"] == 4


def test_facts_of_sums_and_windows(home):
    given = make_night(home)
    sums_found = {fact["subject"]: fact for fact in gather("additive", given)}
    assert set(sums_found) == {"txn_cnt_30d by direction", "aum_bal by named in the suite"}
    assert sums_found["txn_cnt_30d by direction"]["broken_cnt"] == 1, "C3 has 2 in all and 1 in and 0 out"
    assert sums_found["aum_bal by named in the suite"]["broken_cnt"] == 1
    assert sums_found["aum_bal by named in the suite"]["gap"] == Decimal("0.25")
    (pair,) = gather("monotone", given)
    assert (pair["subject"], pair["broken_cnt"]) == ("txn_cnt_30d ≤ txn_cnt_90d", 1)
    with pytest.raises(TagmartError, match=r"names a tag that is not there.*tb_bal"):
        gather("additive", replace(given, sums={"aum_bal": ("tb_bal",)}))


def test_facts_of_segments_are_counted_anew(home):
    given = make_night(home)
    with connect(given.settings.run_dir(RUN) / "tagmart.duckdb") as mart:
        mart.execute("""
            create table mart.segment_catalog as
            select * from (values ('S1', '甲', 'retail', 'us', 'base'), ('S2', '乙', 'retail', 'us', 'fund'), ('S3', '丙', 'retail', 'us', 'base'))
                as rows (segment_id, zh, entity, owner, line);
            create table mart.segment_member as
            select segment_id, customer_id, 'retail' as entity, date '2026-06-30' as first_date
            from (values ('S1', 'C1'), ('S1', 'C2'), ('S2', 'C1'), ('S2', 'C9'), ('S4', 'C1')) as rows (segment_id, customer_id);
            create table mart.segment_daily as
            select * from (values ('S1', 2, 1, 1, 2, false), ('S2', 2, 2, 0, 0, false), ('S3', 0, 0, 0, 0, false), ('S5', null, null, null, null, true))
                as rows (segment_id, size, entered, left_cnt, prior_size, is_failed);
        """)
    with connect(given.settings.warehouse) as warehouse:
        warehouse.execute("insert into ops.prior_segment_member values ('S1', 'C1', null), ('S1', 'C3', null)")
    facts = {fact["subject"]: fact for fact in gather("segment", given)}
    assert {
        name: facts["S1"][name]
        for name in ("size", "member_cnt", "prior_seen", "entered_seen", "left_seen", "size_by_flow")
    } == {
        "size": 2,
        "member_cnt": 2,
        "prior_seen": 2,
        "entered_seen": 1,
        "left_seen": 1,
        "size_by_flow": 2,
    }
    assert facts["S1"]["spine_share"] == 0.5
    assert facts["S2"]["stranger_cnt"] == 1
    assert facts["S3"]["member_cnt"] == 0
    assert (facts["S5"]["failed"], facts["S5"]["member_cnt"]) == (1, None), "of a segment that failed nothing is known"
    assert facts["S1"]["failed"] == 0
    assert facts["S4"]["size"] is None
    assert not facts["S4"]["is_catalogued"]


def test_without_a_night_before_no_movement_is_claimed(home):
    given = make_night(home)
    with connect(given.settings.run_dir(RUN) / "tagmart.duckdb") as mart:
        mart.execute("""
            create table mart.segment_catalog as select 'S1' as segment_id, '甲' as zh, 'retail' as entity, 'us' as owner, 'base' as line;
            create table mart.segment_member as select 'S1' as segment_id, 'C1' as customer_id, 'retail' as entity;
            create table mart.segment_daily as select 'S1' as segment_id, 1 as size, null::integer as entered,
                null::integer as left_cnt, null::integer as prior_size, false as is_failed;
        """)
    (fact,) = gather("segment", given)
    assert (fact["prior_seen"], fact["entered_seen"], fact["left_seen"], fact["size_by_flow"]) == (
        None,
        None,
        None,
        None,
    )
    assert not judge(*home, RUN, "gate3", {"segment": [fact], "lead": [], "lead_key": [], "contact": []}).failed


def test_a_gate_before_its_stages_says_which_file_is_missing(home):
    with pytest.raises(TagmartError, match="a file of the night is missing"):
        run_gate(*home, RUN, "gate3")


def test_the_page_tells_the_night_and_needs_nothing_else(home):
    settings, state = home
    said = "core_txn.dat: 9 rows <script>alert(1)</script>"
    state.put(
        "stage",
        {
            "run_id": RUN,
            "stage": "ingest",
            "status": "done",
            "seconds": 1.5,
            "message": "27 feeds",
            "started_at": "2026-07-01T02:00:00+08:00",
        },
    )
    state.put(
        "feed_fact",
        {
            "run_id": RUN,
            "feed": "core_txn",
            "biz_date": D.isoformat(),
            "load": "journal",
            "status": "refused",
            "message": said,
            "owner": "core banking",
            "bad_share_limit": 0.0,
        },
    )
    facts = {"feed": [{**GOOD["feed"], "status": "refused", "message": said}], "landing": [], "reference": [], "volume": []}
    judge(settings, state, RUN, "gate1", facts)
    state.do("update run set status = 'failed', message = 'gate1 is red'")
    page = write_page(settings, state, RUN)
    text = page.read_text(encoding="utf-8")
    assert page == settings.run_dir(RUN) / "night.html"
    assert page.stat().st_mode & 0o777 == 0o600
    for expected in ("2026-06-30", "已停止", "core_txn", "供数已接收", "Every feed was accepted", "27 feeds", "1.5 s"):
        assert expected in text
    assert "<script" not in text
    assert "http" not in text
    assert "src=" not in text
    with pytest.raises(TagmartError, match="no such run"):
        write_page(settings, state, "nothing")
