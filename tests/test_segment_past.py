"""What a night brings to its rules: values of past nights, and whom imported lists name; and which rules fail."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from tagmart.core.duck import connect
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.night.past import write_past
from tagmart.rules import compile_rules
from tagmart.rules.writing import model_files
from tests.rule_tables import CATALOGUE, ENTITIES, D, rendered, rule


def publish_day(settings: Settings, state: State, day: date, columns: str, withdrawn: bool = False) -> None:
    folder = settings.published / day.isoformat() / f"{day:%Y%m%d}-001"
    folder.mkdir(parents=True)
    with connect(folder / "tagmart.duckdb") as mart:
        mart.execute(f"create schema mart; create table mart.tags_retail as {columns}")
    state.put("publish", {"run_id": folder.name, "biz_date": day.isoformat(), "published_at": "2026-07-01", "became_current": 1,
                          "path": folder.relative_to(settings.home).as_posix()})  # fmt: skip
    if withdrawn:
        state.put("current_switch", {"switched_at": "2026-07-02", "kind": "rollback", "from_run_id": folder.name,
                                     "to_run_id": "20260101-001", "reason": "wrong"})  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> tuple[Settings, State]:
    generated = tmp_path / "dbt_project" / "seeds" / "generated"
    generated.mkdir(parents=True)
    (generated / "segment_catalog.csv").write_text(
        "segment_id,entity,past\nS-R-0001,retail,dep_bal@30|is_new@30\nS-R-0002,retail,dep_bal@1\nS-C-0001,corporate,\nS-R-0003,retail,dep_bal@7\n",
        encoding="utf-8",
    )
    (generated / "tag_catalog.csv").write_text(
        'tag_name,entity,data_type\ndep_bal,retail,"decimal(18,2)"\nis_new,retail,boolean\n', encoding="utf-8"
    )
    settings = Settings(root=tmp_path, bank="demo", home=tmp_path / "home")
    settings.claim_home()
    return settings, State(settings.state_db)


def test_past_values_are_those_of_the_good_run_of_exactly_that_date(home):
    settings, state = home
    publish_day(settings, state, D - timedelta(30), "select 'a' as customer_id, 5.00 as dep_bal")
    publish_day(settings, state, D - timedelta(7), "select 'a' as customer_id, 6.00 as dep_bal", withdrawn=True)
    publish_day(settings, state, D - timedelta(2), "select 'a' as customer_id, 7.00 as dep_bal")
    with duckdb.connect() as warehouse:
        warehouse.execute("create schema ops")
        write_past(warehouse, settings, state, D)
        found = warehouse.execute("select customer_id, days_back, dep_bal, is_new from ops.past_tags_retail order by days_back").fetchall()
        # the run of 7 days ago was withdrawn, yesterday was not published, is_new is younger than the file
        assert [(customer, days, float(bal), new) for customer, days, bal, new in found] == [("a", 30, 5.0, None)]
        assert warehouse.execute("select count(*) from ops.past_tags_corporate").fetchone() == (0,)
        assert "night" not in str(warehouse.execute("show databases").fetchall()), "nothing stays attached"


def test_a_tag_that_is_gone_fails_its_own_rules_alone():
    compiled = compile_rules([rule("wm_bal > 1", "on_gone", 1), rule("dep_bal > 1", "fine", 2)], CATALOGUE, ENTITIES)
    query = model_files(compiled)["segment_own_fault.sql"]
    with duckdb.connect() as connection:
        connection.execute("create table segment_use (segment_id varchar, entity varchar, used_kind varchar, used_name varchar)")
        connection.execute("insert into segment_use values ('S-R-0001', 'retail', 'tag', 'wm_bal'), ('S-R-0002', 'retail', 'tag', 'dep_bal')")
        assert connection.execute(rendered(query)).fetchall() == []
        assert connection.execute(rendered(query, gone=["wm_bal"])).fetchall() == [("S-R-0001", "tag_gone", "wm_bal")]
