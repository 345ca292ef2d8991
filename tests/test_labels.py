"""Wide tables begin with the comments that they had; whether such a table is filled, tests/test_blocks.py asks."""

from __future__ import annotations

from pathlib import Path

from tagmart.core.duck import connect
from tagmart.core.settings import SHARED
from tagmart.publish import label_candidate, lay_out
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
