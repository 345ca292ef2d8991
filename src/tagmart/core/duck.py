"""Opening DuckDB files: the same limits everywhere, and nothing fetched from a network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def threads() -> int:
    """How many threads or processes may work at once: TAGMART_THREADS."""
    return int(os.environ.get("TAGMART_THREADS", "2"))


def connect(path: Path | str = ":memory:", *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file with the project's limits (TAGMART_THREADS threads, TAGMART_MEMORY, extensions off)."""
    import duckdb

    return duckdb.connect(
        str(path),
        read_only=read_only,
        config={
            "threads": threads(),
            # DuckDB does not count all that it takes: with 8 GB a process took 8.2 (decision 0016).
            "memory_limit": os.environ.get("TAGMART_MEMORY", "7GB"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )


def literal(value: object) -> str:
    """A value as a SQL literal; for identifiers and paths that DuckDB takes no parameter for."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
