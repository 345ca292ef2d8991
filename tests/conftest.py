"""What several tests share: the real data, and homes in which whole nights run through the real tools."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.nights import Home


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
