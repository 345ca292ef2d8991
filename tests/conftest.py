"""What several tests share: the real data, and homes in which whole nights run through the real tools."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tagmart.core.duck import connect
from tagmart.core.settings import Settings, project_root
from tagmart.core.state import State
from tagmart.night.parsed import SHARED
from tests.nights import MID_MONTH, MONTH_END, STAGES, Home

# Every test that runs nights has a home of its own; parsing the dbt project takes longer than any of their stages.
os.environ.setdefault(SHARED, str(project_root() / "dbt_project" / "target" / "parsed"))

# Groups of tests that take minutes, the longest first: what begins last should be short, or one worker waits for the other.
LONG = ("demo", "berka", "month_end", "mid_month", "test_daily")


@pytest.hookimpl(tryfirst=True)  # before the plugin of the workers reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every module to one worker, or each of them makes its own of what the module's tests share; the long ones first."""
    rank = {}
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
        (group,) = item.get_closest_marker("xdist_group").args
        rank[item] = LONG.index(group) if group in LONG else len(LONG)
    items.sort(key=rank.__getitem__)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder that TAGMART_REAL_DATA names; without it the test is skipped."""
    folder = os.environ.get("TAGMART_REAL_DATA")
    if not folder:
        pytest.skip("TAGMART_REAL_DATA is not set: the real Berka files are not here")
    return Path(folder)


@pytest.fixture
def small_home(tmp_path: Path, empty_run: Path) -> tuple[Settings, State, Path]:
    """A home without nights, its state, and the files of a run to be published there (tests.publishing)."""
    settings = Settings(root=project_root(), bank="demo", home=tmp_path / "home")
    settings.claim_home()
    return settings, State(settings.state_db), empty_run


@pytest.fixture(scope="session")
def empty_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two files of a run, with a small mart; made once and copied."""
    folder = tmp_path_factory.mktemp("run")
    with connect(folder / "tagmart.duckdb") as mart:
        mart.execute("""
            create schema mart;
            create table mart.tags_retail as
            select 'C' || range as customer_id, date '2026-06-30' as biz_date, cast(range * 10 as integer) as txn_cnt_30d,
                ['mbank', 'other'][1 + range % 2] as txn_channel, 'nobody' as made_by
            from range(2);
            create table mart.tag_catalog as
            select 'retail' as entity, 'transaction' as theme_code, '交易' as theme_zh, 'active' as status, tag.*
            from (values
                ('R-TXN-00001', 'txn_cnt_30d', '近30天交易笔数', 'Number of items, last 30 days', null),
                ('R-TXN-00002', 'txn_channel', '主要交易渠道', 'Main channel', 'channel')
            ) as tag (tag_id, tag_name, zh, en, value_list);
            create table mart.code_value as
            select 'channel' as list, 'mbank' as code, '手机银行' as zh, 'Mobile bank' as en, 1 as sort, date '1900-01-01' as valid_from;
            create table mart.segment_catalog as select 'S-R-0001' as segment_id, 'busy' as key;
            create table mart.segment_member as
            select 'S-R-0001' as segment_id, 'C1' as customer_id, date '2026-06-01' as first_date;
            create table mart.segment_daily as
            select 'S-R-0001' as segment_id, date '2026-06-30' as biz_date, 1 as size, false as is_degraded, 'nobody' as made_by;
            create view mart.busy as select customer_id from mart.tags_retail where txn_cnt_30d > 5;
        """)
    with connect(folder / "restricted.duckdb") as restricted:
        restricted.execute("create schema mart")
        restricted.execute("create table mart.tags_retail as select 'C0' as customer_id, true as flag_aml, 'nobody' as made_by")
    return folder


@pytest.fixture(scope="session")
def home_of(tmp_path_factory: pytest.TempPathFactory):
    """Makes a home for a bank: `home_of("demo")`, with a landing of its own unless one is given."""

    def make(bank: str, landing: Path | None = None) -> Home:
        folder = tmp_path_factory.mktemp(bank)
        return Home(bank, folder / "home", landing or folder / "landing")

    return make


@pytest.fixture(scope="session")
def month_end(home_of) -> Home:
    """A demo bank of 600 persons whose answers are as of a month end, and its published night of that day."""
    home = home_of("demo")
    home.synth(customers=600, seed=19, days=2, date=MONTH_END)
    home.night(str(MONTH_END))
    return home


@pytest.fixture(scope="session")
def mid_month(home_of) -> Home:
    """A demo bank of many companies and merchants, and its night of a day in the middle of a month, up to the wide tables."""
    home = home_of("demo")
    home.synth(customers=300, corporates=150, merchants=60, seed=23, days=1, date=MID_MONTH)
    run_id = home.begin(str(MID_MONTH))
    for stage in STAGES[: STAGES.index("wide") + 1]:
        home.stage(run_id, stage)
    return home
