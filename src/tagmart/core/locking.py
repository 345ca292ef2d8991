"""One writer at a time. The lock is the guarantee; queues and pools are courtesy."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tagmart.core import clock
from tagmart.core.errors import BusyError


@contextmanager
def writer_lock(home: Path, run_id: str, stage: str) -> Iterator[None]:
    """Hold `home`/writer.lock while writing. The kernel frees it when the process ends, however it ends.

    Args:
        home: TAGMART_HOME.
        run_id: the run on whose behalf is written; named to whoever is refused.
        stage: what is being done.

    Raises:
        BusyError: if another process holds it; the message names that process and its run.
    """
    path = home / "writer.lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(
                "another process is writing", where=str(path), seen=_holder(path),
                do="wait until it has finished, then start this step again",
            ) from None
        holder = {"pid": os.getpid(), "run_id": run_id, "stage": stage, "since": clock.now().isoformat("T", "seconds")}
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(holder).encode(), 0)
        yield
    finally:
        os.close(handle)


def _holder(path: Path) -> str:
    """Who holds the lock, in words."""
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f"process {holder['pid']}, run {holder['run_id']}, stage {holder['stage']}, since {holder['since']}"
    except (ValueError, KeyError):
        return "a process that has not yet written its name"


def writing(home: Path) -> dict | None:
    """Who is writing now, as it has written of itself; None if nobody is. Asks nothing of the lock, so it never disturbs.

    Args:
        home: TAGMART_HOME.

    Returns:
        pid, run_id, stage and since; of a process of this machine that is still alive.
    """
    try:
        holder = json.loads((home / "writer.lock").read_text(encoding="utf-8"))
        os.kill(holder["pid"], 0)
    except PermissionError:
        return holder
    except (OSError, ValueError, KeyError):
        return None
    return holder
