"""Reading for BI: the stamp, theme views with Chinese names, many dates in one file, Parquet for other engines, real clients."""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow.dataset
import pytest

from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.publish import Policy, publish, roll_back, settle
from tagmart.publish import export as exporting
from tagmart.publish.export import export
from tests.nights import Home
from tests.publishing import D, candidate, night

BEFORE = D - timedelta(days=1)


def current_file(home) -> Path:
    return home[0].published / "current" / "tagmart.duckdb"


@pytest.fixture
def three_dates(small_home):
    """The end of May, the day before D, and D."""
    for day in (date(2026, 5, 31), BEFORE, D):
        night(small_home, f"{day:%Y%m%d}-001", day)
    settle(*small_home[:2])
    return small_home


def test_pandas_reads_a_theme_by_its_chinese_names(small_home):
    night(small_home, "20260630-001")
    with duckdb.connect(str(current_file(small_home)), read_only=True) as mart:
        frame = mart.sql('select * from zh."零售_交易" order by 客户统一编号').df()
        comment = mart.execute("select comment from duckdb_views() where view_name = '零售_交易'").fetchone()[0]
    assert list(frame.columns) == ["客户统一编号", "业务日期", "近30天交易笔数", "主要交易渠道"]
    # A code that the dictionary does not know stays as it is.
    assert frame["主要交易渠道"].tolist() == ["手机银行", "other"]
    assert frame["近30天交易笔数"].tolist() == [0, 10]
    assert comment == "零售客户标签·交易：列名为标签中文名，代码已译｜Tags of retail, theme transaction: 4 columns"


def test_two_tags_of_one_label_keep_both_columns(small_home):
    candidate(small_home, "20260630-001")
    with connect(small_home[0].run_dir("20260630-001") / "tagmart.duckdb") as mart:
        mart.execute("update mart.tag_catalog set zh = '同名'")
    publish(*small_home[:2], "20260630-001", D)
    with duckdb.connect(str(current_file(small_home)), read_only=True) as mart:
        assert mart.sql('select * from zh."零售_交易"').columns[2:] == ["同名 txn_cnt_30d", "同名 txn_channel"]


def test_the_stamp_says_what_a_dashboard_must_show(small_home):
    state = small_home[1]
    candidate(small_home, "20260630-001")
    state.do("update feed_fact set status = 'carried', as_of = '2026-06-27', rows_quarantined = 3")
    state.put("gate_result", {
        "run_id": "20260630-001", "gate": "gate1", "expectation": "late", "severity": "warn", "owner": "us", "success": 0,
        "message": "late", "checked_at": "2026-07-01T02:00:01+08:00",
    })
    with connect(small_home[0].run_dir("20260630-001") / "tagmart.duckdb") as mart:
        mart.execute("create table mart.event_lead as select unnest([true, true, false]) as is_degraded")
    publish(*small_home[:2], "20260630-001", D)
    with duckdb.connect(str(current_file(small_home)), read_only=True) as mart:
        rows = mart.sql("select * from mart.quality_stamp").df().to_dict("records")
    assert len(rows) == 1
    assert rows[0] | {"published_at": 0, "biz_date": 0, "oldest_as_of": 0, "stale_after": 0} == {
        "bank": "demo", "run_id": "20260630-001", "biz_date": 0, "published_at": 0, "stale_after": 0, "quality": "degraded",
        "gate_checks": 5, "gate_warned": 1, "feeds": 1, "feeds_late": 1, "late_feeds": "core_txn (2026-06-27)", "oldest_as_of": 0,
        "tags_held": 0, "held": None, "rows_quarantined": 3, "segments": 1, "segments_degraded": 0, "leads_degraded": 2,
        "zh": "数据截至 2026-06-30，1 个供数接口沿用旧数，2 条线索降级，1 项检查提醒",
        "en": "as of 2026-06-30, 1 feed(s) of an earlier day, 2 lead(s) degraded, 1 check(s) to look at",
    }
    assert (rows[0]["biz_date"].date(), rows[0]["oldest_as_of"].date()) == (D, date(2026, 6, 27))
    assert rows[0]["stale_after"] == datetime(2026, 7, 2, 2)


def across(home) -> dict[str, list]:
    """What the file of many dates shows."""
    with duckdb.connect(str(home[0].published / "across.duckdb"), read_only=True) as file:
        return {
            schema: file.execute(f"select distinct biz_date, made_by from {schema}.tags_retail order by biz_date").fetchall()
            for schema in ("month_end", "last_30_days")
        }


def test_many_dates_are_one_view_and_follow_rollback_and_retention(three_dates):
    home, may = three_dates, date(2026, 5, 31)
    settings, state, _ = home
    assert across(home) == {
        "month_end": [(may, "20260531-001"), (D, "20260630-001")],
        "last_30_days": [(BEFORE, "20260629-001"), (D, "20260630-001")],
    }
    roll_back(settings, state, None, "a branch's figures are doubted")
    assert across(home) == {"month_end": [(may, "20260531-001")], "last_30_days": [(may, "20260531-001"), (BEFORE, "20260629-001")]}
    # The same date again: its good run is shown, not the one that was left.
    night(home, "20260630-002")
    settle(settings, state, policy=Policy(days=2, month_ends=0, year_ends=0))
    assert across(home) == {"month_end": [(D, "20260630-002")], "last_30_days": [(BEFORE, "20260629-001"), (D, "20260630-002")]}
    with duckdb.connect(str(settings.published / "across.duckdb"), read_only=True) as file:
        assert file.execute("select run_id, is_month_end from mart.published_date order by 1").fetchall() == [
            ("20260629-001", False), ("20260630-002", True)
        ]  # fmt: skip


def test_a_tag_that_came_later_is_empty_on_the_dates_before_it(three_dates):
    candidate(three_dates, "20260701-001", D + timedelta(days=1))
    with connect(three_dates[0].run_dir("20260701-001") / "tagmart.duckdb") as mart:
        mart.execute("alter table mart.tags_retail add column txn_amt_30d decimal(18,2) default 5.5")
        mart.execute("alter table mart.tags_retail alter txn_cnt_30d type bigint")
    publish(*three_dates[:2], "20260701-001", D + timedelta(days=1))
    settle(*three_dates[:2])
    with duckdb.connect(str(three_dates[0].published / "across.duckdb"), read_only=True) as file:
        rows = file.execute(
            "select biz_date, sum(txn_cnt_30d), sum(txn_amt_30d) from last_30_days.tags_retail group by 1 order by 1"
        ).fetchall()
    assert [(day, int(count), amount and str(amount)) for day, count, amount in rows] == [
        (BEFORE, 10, None), (D, 10, None), (D + timedelta(days=1), 10, "11.00")
    ]  # fmt: skip


def test_other_engines_read_the_export_partition_by_partition(three_dates, tmp_path):
    settings, state, _ = three_dates
    folder = tmp_path / "out"
    done = export(settings, state, folder, first=BEFORE)
    assert done.runs == {"2026-06-29": "20260629-001", "2026-06-30": "20260630-001"}
    assert {"tags_retail", "tag_catalog", "quality_stamp"} <= set(done.tables)
    table = folder / "current" / "tags_retail"
    assert sorted(path.name for path in table.iterdir()) == ["biz_date=2026-06-29", "biz_date=2026-06-30"]
    wanted = {(D, "20260630-001"), (BEFORE, "20260629-001")}
    arrow = pyarrow.dataset.dataset(table, partitioning=pyarrow.dataset.partitioning(
        pyarrow.schema([("biz_date", pyarrow.date32())]), flavor="hive")).to_table().to_pylist()
    assert {(row["biz_date"], row["made_by"]) for row in arrow} == wanted
    frame = polars.scan_parquet(f"{table}/**/*.parquet", hive_partitioning=True).select("biz_date", "made_by").collect()
    assert set(frame.rows()) == wanted
    assert set(pandas.read_parquet(table)["made_by"]) == {"20260630-001", "20260629-001"}
    # Later: the current date only is asked for, and what was there and is still published stays.
    roll_back(settings, state, None, "a drill")
    again = export(settings, state, folder)
    assert (again.runs, again.dropped) == ({"2026-06-29": "20260629-001"}, ("2026-06-30",))
    assert [path.name for path in table.iterdir()] == ["biz_date=2026-06-29"]
    assert list(export(settings, state, folder, first=date(2026, 5, 1)).runs) == ["2026-05-31", "2026-06-29"]
    assert len(list((folder / ".versions").iterdir())) == 2


def test_a_killed_export_shows_nothing_of_itself(three_dates, tmp_path, monkeypatch):
    settings, state, _ = three_dates
    folder = tmp_path / "out"
    export(settings, state, folder)
    shown = sorted(str(path.relative_to(folder)) for path in (folder / "current").rglob("*"))

    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    for step in ("_lay", "_show"):
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(exporting, step, killed)
            export(settings, state, folder, first=date(2026, 5, 1))
        assert sorted(str(path.relative_to(folder)) for path in (folder / "current").rglob("*")) == shown
    assert len(export(settings, state, folder, first=date(2026, 5, 1)).runs) == 3
    assert json.loads((folder / "current" / "_export.json").read_text("utf-8"))["dates"]["2026-05-31"] == "20260531-001"


def test_an_export_of_what_is_not_there_says_so(three_dates, tmp_path):
    with pytest.raises(TagmartError, match="no date of the range is published"):
        export(*three_dates[:2], tmp_path / "out", first=date(2026, 6, 2), last=date(2026, 6, 3))
    with pytest.raises(TagmartError, match=r"tags_retial.*tags_retail"):
        export(*three_dates[:2], tmp_path / "out", tables=["tags_retial"])
    assert not (tmp_path / "out" / "current").exists()


def test_what_an_operator_types(three_dates):
    settings = three_dates[0]
    home = Home("demo", settings.home, settings.home / "landing")
    listed = home.tagmart("published", "list").stdout
    assert [line.split()[-5:] for line in listed.splitlines() if "20260531-001" in line] == [["last", "35", "days,", "month", "end"]]
    assert "→" in next(line for line in listed.splitlines() if "20260630-001" in line)
    assert home.tagmart("published", "rollback", check=False).returncode == 2, "a reason is asked for"
    assert "2026-06-29/20260629-001" in home.tagmart("published", "rollback", "--reason", "branch B101 doubts").stdout
    status = json.loads((settings.published / "status.json").read_text("utf-8"))["current"]["because"]
    assert (status["kind"], status["reason"]) == ("rollback", "branch B101 doubts")
    home.tagmart("published", "hold", "20260531-001", "--reason", "audit")
    listed = home.tagmart("published", "list").stdout
    assert "withdrawn" in next(line for line in listed.splitlines() if "20260630-001" in line and "2026-06-30" in line)
    assert "held: audit" in listed
    assert "from 20260630-001 to 20260629-001: branch B101 doubts" in listed
    shown = home.tagmart("published", "show", "20260629-001").stdout
    assert "数据截至 2026-06-29" in shown
    assert "tags_retail" in shown
    assert "no such run is published" in home.tagmart("published", "show", "20200101-001", check=False).stderr
    assert "1 date(s), 2026-06-29 to 2026-06-29" in home.tagmart("export").stdout
    assert "0 run(s) removed" in home.tagmart("published", "settle").stdout
    assert "again" in home.tagmart("published", "hold", "20260531-001", "--release").stdout


SUPERSET = textwrap.dedent("""
    import json, os, sys
    from superset.app import create_app
    app = create_app()
    with app.app_context():
        from superset import db, security_manager
        from superset.extensions import appbuilder
        from superset.connectors.sqla.models import SqlaTable
        from superset.models.core import Database
        from superset.models.dashboard import Dashboard
        from flask import g
        from flask_appbuilder import Model
        Model.metadata.create_all(db.engine)
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        security_manager.add_user("admin", "a", "b", "a@b.c", security_manager.find_role("Admin"), password="x")
        g.user = security_manager.find_user("admin")
        extra = json.dumps({"engine_params": {"connect_args": {"read_only": True}}})
        bank = Database(database_name="mart", sqlalchemy_uri="duckdb:///" + sys.argv[1], extra=extra)
        db.session.add(bank); db.session.commit()
        said = {"schemas": sorted(bank.get_all_schema_names(catalog=None))}
        table = SqlaTable(table_name="零售_交易", schema="zh", database=bank)
        db.session.add(table); table.fetch_metadata(); db.session.commit()
        said["columns"] = sorted(column.column_name for column in table.columns)
        query = {"granularity": None, "from_dttm": None, "to_dttm": None, "groupby": ["主要交易渠道"], "is_timeseries": False,
                 "metrics": [{"expressionType": "SQL", "sqlExpression": 'sum("近30天交易笔数")', "label": "笔数"}],
                 "filter": [], "extras": {}, "columns": ["主要交易渠道"], "orderby": []}
        said["rows"] = table.query(query).df.sort_values("主要交易渠道").values.tolist()
        print("SAID " + json.dumps(said, default=str))
""")


def test_superset_charts_a_theme_of_the_published_file(small_home, tmp_path):
    """A real BI tool: Superset finds the schemas, takes a theme view as a data set, and its query is the chart's."""
    python = os.environ.get("TAGMART_SUPERSET")
    if not python:
        pytest.skip("TAGMART_SUPERSET is not set: the Python of an environment with apache-superset and duckdb-engine")
    night(small_home, "20260630-001")
    (tmp_path / "superset_config.py").write_text(
        f"SECRET_KEY = 'only here'\nSQLALCHEMY_DATABASE_URI = 'sqlite:///{tmp_path}/superset.db'\nTALISMAN_ENABLED = False\n"
        "FILTER_STATE_CACHE_CONFIG = EXPLORE_FORM_DATA_CACHE_CONFIG = {'CACHE_TYPE': 'NullCache'}\n", "utf-8")
    done = subprocess.run(
        [python, "-c", SUPERSET, str(current_file(small_home))], capture_output=True, text=True, check=False, cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "SUPERSET_CONFIG_PATH": str(tmp_path / "superset_config.py"), "SUPERSET_HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("SAID "))[5:])
    assert any(name.split(".")[-1].strip('"') == "zh" for name in said["schemas"])
    assert said["columns"] == sorted(["客户统一编号", "业务日期", "近30天交易笔数", "主要交易渠道"])
    assert said["rows"] == [["other", 10], ["手机银行", 0]]
