"""The parse of the dbt project that homes share: taken where nothing has changed, and never where something has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tagmart.core.settings import Settings
from tagmart.night.parsed import SHARED, fingerprint, known_parse

PROJECT = {
    "dbt_project.yml": "name: drawn\nversion: '1.0'\nconfig-version: 2\nprofile: drawn\nmodels:\n  drawn:\n"
    "    +materialized: table\n    +tags: [layer_dwd]\n    +enabled: \"{{ env_var('DRAWN_ON', 'yes') == 'yes' }}\"\n",
    "profiles.yml": "drawn:\n  target: night\n  outputs:\n    night:\n      type: duckdb\n      schema: main\n"
    "      path: \"{{ env_var('TAGMART_HOME') }}/warehouse.duckdb\"\n",
    "models/dwd_drawn.sql": "select 1 as said from (select {{ drawn() }} as one)\n",
    "macros/drawn.sql": "{% macro drawn() %}1{% endmacro %}\n",
}
BUILD = (
    "import sys; from pathlib import Path; from tagmart.core.settings import Settings; from tagmart.night.build import build;"
    "print(build(Settings(Path(sys.argv[1]), 'demo', Path(sys.argv[2])), 'r', ['dwd']))"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in PROJECT.items():
        file = tmp_path / "dbt_project" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def built(root: Path, home: str) -> int:
    """What the drawn model says in a home, after a stage of its own process has built it there."""
    folder = root / home
    folder.mkdir(exist_ok=True)
    environment = os.environ | {SHARED: str(root / "shared")}
    subprocess.run([sys.executable, "-c", BUILD, str(root), str(folder)], check=True, env=environment, capture_output=True)
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute("select said from main.dwd_drawn").fetchone()[0]


def test_homes_share_a_parse_until_a_file_changes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert built(root, "first") == 1
    assert built(root, "second") == 1
    parsed_itself = {home: (root / home / "dbt" / "partial_parse.msgpack").exists() for home in ("first", "second")}
    assert parsed_itself == {"first": True, "second": False}
    (root / "dbt_project/models/dwd_drawn.sql").write_text("select 2 as said\n")
    assert built(root, "second") == 2
    # The first home has parsed another state of the project, which is nobody's any more.
    assert built(root, "first") == 2
    assert len(list((root / "shared").glob("*.msgpack"))) == 2
    # A torn file is parsed again, and not believed.
    monkeypatch.setenv(SHARED, str(root / "shared"))
    state = fingerprint(Settings(root, "demo", root / "first"))
    assert known_parse(state) is not None
    file = root / "shared" / f"{state}.msgpack"
    file.write_bytes(file.read_bytes()[:100])
    assert known_parse(state) is None


@pytest.mark.parametrize("change", ["text", "name", "macro", "profile", "environment", "new"])
def test_what_parsing_reads_is_in_the_fingerprint(root: Path, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(root, "demo", root / "home")
    before, project = fingerprint(settings), root / "dbt_project"
    model = project / "models/dwd_drawn.sql"
    if change == "name":
        model.rename(model.with_name("dwd_other.sql"))
    elif change == "environment":
        monkeypatch.setenv("DRAWN_ON", "no")
    else:
        changed = {"text": model, "macro": project / "macros/drawn.sql", "profile": project / "profiles.yml"}
        with changed.get(change, project / "models/dwd_new.sql").open("a") as file:
            file.write("-- one line more\n")
    assert fingerprint(settings) != before


def test_where_the_home_lies_is_not(root: Path) -> None:
    (root / "dbt_project/target").mkdir()
    before = fingerprint(Settings(root, "demo", root / "home"))
    (root / "dbt_project/target/manifest.json").write_text("{}")
    assert fingerprint(Settings(root, "demo", root / "other")) == before
