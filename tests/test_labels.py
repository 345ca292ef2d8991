"""Wide tables are laid out with the comments that they had, and only where they are the tables that the night makes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from tagmart.core.duck import connect
from tagmart.core.settings import SHARED
from tagmart.publish import label_candidate, lay_out
from tests.daily_bank import PROJECT
from tests.publishing import Home, candidate

FIRST, SECOND = "20260629-001", "20260630-001"
COMMENTS = "select column_name, comment from duckdb_columns() where table_name = 'tags_retail' order by column_index"
LABELLED = [
    ("customer_id", "客户统一编号｜Customer, unique across entities"), ("biz_date", "业务日期｜Business date"),
    ("txn_cnt_30d", "近30天交易笔数｜Number of items, last 30 days"), ("txn_channel", "主要交易渠道｜Main channel"), ("made_by", None),
]  # fmt: skip


def link(home: Home, run_id: str) -> Path:
    """The candidate's mart, which is now that of this run."""
    settings, _, _ = home
    candidate(home, run_id)
    settings.candidate.unlink(missing_ok=True)
    settings.candidate.symlink_to(settings.run_dir(run_id))
    return settings.candidate / "tagmart.duckdb"


def read(file: Path, query: str) -> list[tuple]:
    with connect(file, read_only=True) as mart:
        return mart.execute(query).fetchall()


def test_a_night_begins_with_the_labels_of_the_one_before_and_mends_what_is_called_otherwise(small_home, tmp_path, monkeypatch):
    monkeypatch.setenv(SHARED, str(tmp_path / "shared"))
    settings = small_home[0]
    first = link(small_home, FIRST)
    lay_out(settings)
    assert read(first, "select count(*) from mart.tags_retail") == [(2,)]  # nothing was kept: nothing is done
    label_candidate(settings)
    assert read(first, COMMENTS) == LABELLED
    second = link(small_home, SECOND)
    others = "select table_name, estimated_size from duckdb_tables() where table_name <> 'tags_retail' order by all"
    before = read(second, others)
    lay_out(settings)
    assert read(second, COMMENTS) == LABELLED
    assert read(second, "select count(*) from mart.tags_retail") == [(0,)]
    assert read(second, others) == before
    assert read(second, "select count(*) from mart.busy") == [(0,)]
    (kept,) = (tmp_path / "shared").iterdir()
    was = kept.stat().st_mtime_ns
    label_candidate(settings)
    assert kept.stat().st_mtime_ns == was  # all labels were right
    with connect(second) as mart:
        mart.execute("update mart.tag_catalog set zh = '最常用渠道' where tag_name = 'txn_channel'")
    label_candidate(settings)
    assert dict(read(second, COMMENTS))["txn_channel"] == "最常用渠道｜Main channel"
    assert kept.stat().st_mtime_ns > was


MODELS = {
    "spine": "{{ config(materialized='table') }} select 'C' || range as customer_id from range(3)",
    "wide": """-- One row is a customer.
        {{ config(materialized='blocks', spine='spine', block_size=2) }}
        with blocked as (
            select * from {{ ref('spine') }} as spine where customer_id between getvariable('block_from') and getvariable('block_to')
        )
        select customer_id, 7 as txn_cnt from blocked -- as generated""",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """A dbt project of a wide table, and what dbt has parsed of it."""
    folder = tmp_path_factory.mktemp("wide")
    for name, text in {
        "dbt_project.yml": json.dumps({
            "name": "tiny", "profile": "tiny", "config-version": 2, "flags": {"send_anonymous_usage_stats": False},
            "macro-paths": [str(PROJECT / "macros"), str(PROJECT / "materializations")],
        }),
        "profiles.yml": json.dumps({"tiny": {"target": "night", "outputs": {"night": {
            "type": "duckdb", "path": str(folder / "warehouse.duckdb"), "threads": 1, "keep_open": False,
        }}}}),
        **{f"models/{name}.sql": sql for name, sql in MODELS.items()},
    }.items():  # fmt: skip
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder, dbt(folder, "parse").result


def dbt(folder: Path, verb: str, manifest: Manifest | None = None) -> dbtRunnerResult:
    done = dbtRunner(manifest=manifest).invoke([
        "--no-write-json", "--log-level", "none", "--log-level-file", "none", "--log-path", str(folder), verb,
        "--project-dir", str(folder), "--profiles-dir", str(folder), "--target-path", str(folder / "target"),
    ])  # fmt: skip
    assert done.success, done.result or done.exception
    return done


@pytest.mark.parametrize(
    ("laid_out", "comment"),
    [
        ("truncate wide", "笔数｜Items"),
        ("truncate wide; alter table wide alter txn_cnt type bigint", None),
        ("truncate wide; alter table wide rename txn_cnt to txn_sum", None),
        ("truncate wide; alter table wide add column txn_sum integer", None),
        ("select 1", None),
    ],
    ids=["the same", "another type", "another name", "another column", "not empty"],
)
def test_only_an_empty_table_with_just_the_columns_that_are_made_is_filled(project, laid_out, comment):
    folder, manifest = project
    file = folder / "warehouse.duckdb"
    with connect(file) as warehouse:
        warehouse.execute("create or replace table wide as select '' as customer_id, 7 as txn_cnt")
        warehouse.execute("comment on column wide.txn_cnt is '笔数｜Items'")
        warehouse.execute(laid_out)
    dbt(folder, "run", manifest)
    assert read(file, "from wide order by all") == [("C0", 7), ("C1", 7), ("C2", 7)]
    assert read(file, "select column_name, data_type, comment from duckdb_columns() where table_name = 'wide' order by column_index") == [
        ("customer_id", "VARCHAR", None), ("txn_cnt", "INTEGER", comment),
    ]  # fmt: skip
