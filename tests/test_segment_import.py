"""`tagmart segment import` from the shell: CSV and XLSX, to the declaration, the rows at home, the night's table and a segment."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from openpyxl import Workbook
from typer.testing import CliRunner

from tagmart.cli import app
from tagmart.core.duck import connect
from tagmart.core.settings import Settings, project_root
from tagmart.core.state import State
from tagmart.night.lists import write_lists
from tagmart.publish.store import record
from tagmart.rules.lists import load_lists
from tests.rule_tables import D, members, rule
from tests.test_segment_answers import make_night
from tests.test_segment_lists import home_of

ENDS = date(2099, 12, 31)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A checkout with one rule, and a home with a published night of the customers c0 to c4."""
    settings = home_of(tmp_path)
    make_night(tmp_path / "made").mart.close()
    folder = settings.published / f"{D}" / "run"
    folder.parent.mkdir(parents=True)
    shutil.move(tmp_path / "made" / f"{D}" / "run", folder)
    record(State(settings.state_db), "run", D, folder.relative_to(settings.home).as_posix())
    (settings.published / "current").symlink_to(Path(f"{D}") / "run")
    (tmp_path / "expectations" / "contracts" / "demo").mkdir(parents=True)
    shutil.copy(project_root() / "dbt_project" / "seeds" / "code_value.csv", tmp_path / "dbt_project" / "seeds")
    shutil.copytree(project_root() / "dbt_project" / "macros", tmp_path / "dbt_project" / "macros")
    monkeypatch.setenv("TAGMART_ROOT", str(tmp_path))
    monkeypatch.setenv("TAGMART_HOME", str(settings.home))
    monkeypatch.setenv("TAGMART_BANK", "demo")
    return settings


def source(folder: Path, suffix: str) -> Path:
    """Guests: two customers, one of them twice, a stranger and an empty row."""
    rows = [("姓名", "客户号"), ("甲", "c0"), ("乙", "stranger-9"), ("甲", "c0"), ("丙", None), ("丁", "c2")]
    path = folder / f"guests{suffix}"
    if suffix == ".csv":
        path.write_bytes("\n".join(f"{name},{number or ''}" for name, number in rows).encode("gb18030"))
    else:
        book = Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
    return path


def imported(path: Path, *more: str, expires: date = ENDS):
    words = ["segment", "import", str(path), "--key", "guests", "--owner", "Private banking", "--expires", f"{expires}", "--zh", "晚宴名单",
             "--en", "Dinner guests", "--column", "客户号", *more]  # fmt: skip
    return CliRunner(env={"COLUMNS": "300"}).invoke(app, words)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_list_from_the_shell_to_its_members(place: Settings, tmp_path: Path, suffix: str) -> None:
    done = imported(source(tmp_path, suffix))
    assert done.exit_code == 0, done.output
    assert "3 rows, 2 of them customers" in done.output and "1 rows match no customer; they are kept" in done.output
    said = yaml.safe_load((tmp_path / "models" / "lists" / "retail" / "guests.yml").read_text("utf-8"))
    assert (said["owner"], said["expires"], said["rows"], said["purpose"]) == ("Private banking", ENDS, 3, "marketing")
    assert not any(word in f"{said | {'sha256': None}}" for word in ("c0", "stranger", "甲")), "whom it names stays at home"
    unmatched = place.lists_home / "guests.unmatched.csv"
    assert unmatched.read_text("utf-8").split() == ["customer_id", "stranger-9"]
    assert {path.stat().st_mode & 0o777 for path in place.lists_home.iterdir()} == {0o600}
    with connect() as warehouse:
        warehouse.execute("create schema ops")
        write_lists(warehouse, place)
        listed = [row[0] for row in warehouse.execute("select customer_id from ops.list_member where list_key = 'guests' order by 1").fetchall()]
    assert listed == ["c0", "c2", "stranger-9"], "the stranger is kept: every night asks anew"
    lists, rows = load_lists(place), [{"dep_bal": 1}] * 3
    first, last = lists[0].valid_from, lists[0].valid_to
    upper = rule("in segment guests and dep_bal > 0", "upper", 2, valid_from=first, valid_to=last)
    found = {day: members([*lists, upper], rows, day, listed={"guests": listed}) for day in (last, last + timedelta(1))}
    assert found[last] == {"guests": {"c0", "c2"}, "upper": {"c0", "c2"}}
    assert found[last + timedelta(1)] == {"guests": set(), "upper": set()}, "a list ends"


def test_what_is_refused_leaves_nothing_behind(place: Settings, tmp_path: Path) -> None:
    path = source(tmp_path, ".csv")
    for more, expires in (((), date(2020, 1, 1)), (("--entity", "nobody"), ENDS), (("--column", "电话"), ENDS)):
        done = imported(path, *more, expires=expires)
        assert done.exit_code != 0
    assert not (tmp_path / "models" / "lists").exists() and not place.lists_home.exists()
    assert imported(path).exit_code == 0
    again = imported(path)
    assert again.exit_code != 0 and "a segment 'guests' already" in str(again.exception)
