"""Great Expectations as the gates use it: told to call nobody, and imported without what an expectation here never asks for.

Its import takes five seconds, three times a night. Two fifths of that are SciPy and Altair, for statistics and charts that no
suite uses, and SQLAlchemy, for tables in databases: facts are pandas frames. The first two are loaded when something of them
is used, so every expectation is there as before; SQLAlchemy is for Great Expectations an extra, which it is told is not
installed, unless this process has loaded it already.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import LazyLoader, find_spec
from types import ModuleType
from typing import Any

WHEN_USED = ("altair", "scipy.stats")
NOT_THERE = ("sqlalchemy", "psycopg2")


def great_expectations() -> Any:
    """The library, told to call nobody before it is first imported."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    with warnings.catch_warnings(), imports_spared():
        warnings.simplefilter("ignore")
        import great_expectations
        import great_expectations.expectations.registry
    return great_expectations


@contextmanager
def imports_spared() -> Iterator[None]:
    """Within it `WHEN_USED` are imported without being run, and `NOT_THERE` are not found; what is loaded already stays as it is."""
    spared = _Spared()
    sys.meta_path.insert(0, spared)
    try:
        yield
    finally:
        sys.meta_path.remove(spared)


class _Spared(MetaPathFinder):
    """Finds the modules that are not to be run now, and refuses those that are not to be there."""

    def __init__(self) -> None:
        self._looking: set[str] = set()

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname in NOT_THERE:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        if fullname not in WHEN_USED or fullname in self._looking:
            return None
        self._looking.add(fullname)
        try:
            spec = find_spec(fullname)
        finally:
            self._looking.discard(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec
