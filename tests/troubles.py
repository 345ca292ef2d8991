"""What goes wrong with a process while a verb runs: it is killed, its clock is wrong, its files may not grow, its disk is small.

The first three are set up in the forked child of tests.zygote, before the verb; the last in a mount namespace of its own, which
a user who is not root may have too.
"""

from __future__ import annotations

import os
import resource
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path

MEGABYTE = 1 << 20


def die_at(marker: str) -> None:
    """Be killed right after the stage has written its marker: `running` before its work, `done` after it."""
    from tagmart.core.state import State

    def then_die(method: Callable, is_marker: Callable[[tuple], bool]) -> Callable:
        def call(self: State, *said: object) -> None:
            method(self, *said)
            if is_marker(said):
                os.kill(os.getpid(), signal.SIGKILL)

        return call

    # A stage says `running` with a record of its own, and `done` by changing it; `begin` writes one record at its end.
    State.put = then_die(State.put, lambda said: said[0] == "stage" and said[1]["status"] == marker)
    State.do = then_die(State.do, lambda said: said[0].startswith("update stage set status") and said[1] == marker)


def clock_off(days: float) -> None:
    """Have the only clock tell a moment some days away from the true one."""
    from tagmart.core import clock

    true = clock.now
    clock.now = lambda: true() + timedelta(days=days)


def files_up_to(size: int) -> None:
    """Let no file grow beyond a size in bytes: what a quota does, and a file system without large files."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


TROUBLES: Mapping[str, Callable] = {"die_at": die_at, "clock_off": clock_off, "files_up_to": files_up_to}


@cache
def no_mounts() -> str:
    """Why this machine does not let a test mount anything; empty if it does."""
    if shutil.which("unshare") is None:
        return "there is no `unshare` here"
    done = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"mounting in a namespace of its own is refused here: {done.stderr.strip()}"


def mounted(script: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess:
    """Run a shell script that may mount; its mounts end with it."""
    return subprocess.run(["unshare", "-rm", "bash", "-ec", script], env=dict(environment or os.environ),
                          capture_output=True, text=True, check=False)


def on_a_small_disk(home: Path, free: int, command: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess:
    """Run a command with the home on a disk that has only so many bytes free; what it leaves there is the home afterwards."""
    used = int(subprocess.run(["du", "-s", "--block-size=1", str(home)], capture_output=True, text=True, check=True).stdout.split()[0])
    kept = home.with_name(f"{home.name}.kept")
    home.rename(kept)
    home.mkdir(mode=0o700)
    words = shlex.join(command)
    done = mounted(
        f"mount -t tmpfs -o size={used + free},mode=700 none {home}; cp -a {kept}/. {home}; echo began; code=0; {words} || code=$?;"
        f" rm -rf {kept}; cp -a {home} {kept}; exit $code", environment,
    )  # fmt: skip
    home.rmdir()
    kept.rename(home)
    assert "began" in done.stdout, done.stderr
    return done


def read_only(folder: Path, command: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess:
    """Run a command while a folder cannot be written, whoever asks."""
    return mounted(f"mount --bind {folder} {folder}; mount -o remount,ro,bind {folder}; exec {shlex.join(command)}", environment)


def stage_command(run_id: str, stage: str) -> list[str]:
    """A stage as a shell starts it."""
    return [sys.executable, "-m", "tagmart", "night", stage, "--run-id", run_id]
