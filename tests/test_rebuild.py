"""A published night is built again: identical, or it is said which input is another one."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings, project_root
from tagmart.core.state import State
from tagmart.night.rebuild import rebuild
from tagmart.publish import publish
from tagmart.publish.publishing import GATES
from tests.nights import MONTH_END
from tests.publishing import D, night

YESTERDAY, RUN = "20260629-001", "20260630-001"


@pytest.mark.night
@pytest.mark.xdist_group("month_end")
def test_a_night_is_built_again_with_identical_hashes(month_end):
    run_id = month_end.published_status["run_id"]
    done = month_end.tagmart("rebuild", run_id)
    assert re.search(rf"^identical: 24 tables of {run_id} have the same hashes", done.stdout, re.M)
    assert "input(s) differ" not in done.stdout
    assert not (month_end.path / "rebuild" / run_id).exists()
    assert month_end.state.rows("select * from hold") == []
    assert f"{MONTH_END} · {run_id}" in month_end.tagmart("published", "show", run_id).stdout
    assert "current, last 35 days, month end" in month_end.tagmart("published", "list").stdout


@pytest.fixture
def taken_in(taken_in_once: Path, tmp_path: Path) -> tuple[Settings, State]:
    """A copy of `taken_in_once` to change."""
    shutil.copytree(taken_in_once, tmp_path / "home", symlinks=True)
    shutil.copytree(taken_in_once.parent / "landing", tmp_path / "landing")
    settings = Settings(project_root(), "demo", tmp_path / "home")
    return settings, State(settings.state_db)


@pytest.fixture(scope="module")
def taken_in_once(home_of, empty_run: Path) -> Path:
    """A home whose run has a yesterday, has taken in real deliveries of two days, and then published a small mart."""
    home = home_of("demo")
    Settings(project_root(), "demo", home.path).claim_home()
    home.synth(customers=30, seed=5, days=2, months=1, date=D)
    night((Settings(project_root(), "demo", home.path), home.state, empty_run), YESTERDAY, D - timedelta(days=1))
    assert home.begin(str(D)) == RUN
    home.stage(RUN, "ingest")
    settings, state = Settings(project_root(), "demo", home.path), home.state
    shutil.copytree(empty_run, settings.run_dir(RUN), dirs_exist_ok=True)
    for gate in GATES:
        state.put("gate_result", {"run_id": RUN, "gate": gate, "expectation": "good", "severity": "fail", "owner": "us", "success": 1,
                                  "message": "good", "checked_at": "2026-07-01T02:00:01+08:00"})
    publish(settings, state, RUN, D)
    return home.path


def changed(settings: Settings, *statements: str) -> None:
    """Change what the published manifest says, as if the run had been made of something else."""
    file = settings.published / str(D) / RUN / "tagmart.duckdb"
    file.chmod(0o600)
    with connect(file) as mart:
        for statement in statements:
            mart.execute(f"update mart.run_manifest set {statement}")


@pytest.mark.xdist_group("rebuild")
def test_the_new_night_has_the_yesterday_that_the_run_had(taken_in, monkeypatch):
    settings, _ = taken_in
    monkeypatch.setenv("TAGMART_LANDING", str(settings.home.parent / "landing"))
    changed(settings, "content_hash = 'x' where name = 'expectations/suites/gate1.yml'")
    home = settings.home / "again"
    done = rebuild(settings, RUN, home, keep=True)
    assert [(one.kind, one.name, one.what) for one in done.inputs] == [("spec", "expectations/suites/gate1.yml", "changed")]
    with connect(home / "warehouse.duckdb", read_only=True) as warehouse:
        assert warehouse.execute("select segment_id, customer_id, first_date::varchar from ops.prior_segment_member").fetchall() == [
            ("S-R-0001", "C1", "2026-06-01")
        ]  # fmt: skip
    assert (settings.published / "2026-06-29" / YESTERDAY / "tagmart.duckdb").is_file()


@pytest.mark.xdist_group("rebuild")
def test_every_input_that_differs_is_named_and_nothing_is_built(taken_in, monkeypatch):
    settings, state = taken_in
    landing = settings.home.parent / "landing"
    monkeypatch.setenv("TAGMART_LANDING", str(landing))
    file = settings.published / str(D) / RUN / "tagmart.duckdb"
    with connect(file, read_only=True) as mart:
        late, other, gone = (row[0] for row in mart.execute(
            "select value from mart.run_manifest where kind = 'file' and value like '%2026-06-30' and row_cnt > 0 order by value limit 3"
        ).fetchall())  # fmt: skip
    changed(
        settings,
        f"kind = 'none' where value = '{late}'",
        f"content_hash = '{'0' * 32}' where value = '{other}'",
        "content_hash = 'x' where name = 'dbt_project/tag_specs/vocabulary.yml'",
        "name = 'dbt_project/seeds/old.csv' where name = 'dbt_project/seeds/tier_rule.csv'",
        "value = 'changed while the run went on' where name = 'src/tagmart/core'",
        "value = 'v1.4.0' where name = 'duckdb_version'",
        "value = '20260629-004' where name = 'yesterday'",
    )
    gone_feed = gone.split()[0]
    for path in (landing / "20260630").glob(f"{gone_feed}_*"):
        path.unlink()
    state.do("update arrival set rows_loaded = rows_loaded + 1 where feed = 'ref_product'")
    home = settings.home / "again"
    done = rebuild(settings, RUN, home, keep=True)
    said = {(one.kind, one.name): one.what for one in done.inputs}
    assert not done.is_identical
    assert not done.is_built
    assert said["spec", "dbt_project/tag_specs/vocabulary.yml"] == "changed"
    assert said["seed", "dbt_project/seeds/old.csv"] == "gone"
    assert said["seed", "dbt_project/seeds/tier_rule.csv"] == "new"
    assert said["code", "src/tagmart/core"] == "changed while the run went on"
    assert said["version", "duckdb_version"].startswith("v1.4.0 then")
    assert "no longer kept" in said["run", "20260629-004"]
    assert said["file", gone].startswith("is not taken in")
    assert said["file", other].startswith("another delivery lies there")
    corrected = [name for kind, name in said if kind == "file" and name not in (gone, other)]
    assert corrected
    assert all(name.startswith("ref_product ") and "corrected by hand" in said["file", name] for name in corrected)
    assert len(said) == 8 + len(corrected)
    # What came after the night is not shown to the new one.
    taken = {f"{row['feed']} {row['biz_date']}" for row in State(home / "state.sqlite").rows("select * from arrival")}
    assert late not in taken
    assert other in taken
    assert any("git worktree add" in line for line in done.lines())


@pytest.mark.xdist_group("rebuild")
def test_what_cannot_be_rebuilt_is_refused(taken_in):
    settings, state = taken_in
    with pytest.raises(TagmartError, match="no such run is published"):
        rebuild(settings, "20260101-001", settings.home / "again")
    somebody = settings.home / "somebody"
    somebody.mkdir()
    (somebody / "kept.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(TagmartError, match="not of an earlier rebuild"):
        rebuild(settings, RUN, somebody)
    assert (somebody / "kept.txt").read_text(encoding="utf-8") == "mine"
    assert state.rows("select * from hold") == []
