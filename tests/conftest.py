"""What several tests share: the real data, and homes in which whole nights run through the real tools."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tagmart.core.settings import project_root
from tagmart.night.parsed import SHARED
from tests.nights import MID_MONTH, MONTH_END, STAGES, Home

# Every test that runs nights has a home of its own; parsing the dbt project takes longer than any of their stages.
os.environ.setdefault(SHARED, str(project_root() / "dbt_project" / "target" / "parsed"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder that TAGMART_REAL_DATA names; without it the test is skipped."""
    folder = os.environ.get("TAGMART_REAL_DATA")
    if not folder:
        pytest.skip("TAGMART_REAL_DATA is not set: the real Berka files are not here")
    return Path(folder)


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
