"""Verbs of the command line, each in a process of its own that does not import dbt and Great Expectations anew.

A parent that has imported them forks for every verb. What a verb does is the same as when it is started from a shell; the
eight seconds that the two libraries take to load are paid once per test worker and not once per stage of every night, and
so is reading what dbt has parsed.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.core.settings import SHARED
from tagmart.night import build
from tests.troubles import TROUBLES

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest


class Zygote:
    """The parent of the verbs of one test worker."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.zygote"], cwd=Path(__file__).parents[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1", "GX_ANALYTICS_ENABLED": "false"},
        )  # fmt: skip
        atexit.register(self.process.terminate)

    def run(
        self, words: tuple[str, ...], environment: Mapping[str, str], kill_after: float | None = None,
        troubles: Mapping[str, object] | None = None,
    ) -> subprocess.CompletedProcess:
        """One verb with this environment; its output and exit code.

        Args:
            words: the verb.
            environment: all of it.
            kill_after: seconds after which it is sent SIGKILL, if it still runs.
            troubles: what is done to its process before it begins: name of tests.troubles.TROUBLES → argument.
        """
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder) / "out", Path(folder) / "err"
            order = {"words": words, "environment": dict(environment), "out": str(out), "err": str(err), "cwd": str(Path.cwd()),
                     "kill_after": kill_after, "troubles": dict(troubles or {})}
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
            assert answer, "the parent of the verbs has died"
            return subprocess.CompletedProcess(words, int(answer), out.read_text("utf-8"), err.read_text("utf-8"))


@cache
def zygote() -> Zygote:
    """The one of this test worker."""
    return Zygote()


class Parses:
    """The parses of the dbt project that verbs have used, in memory: reading one again takes most verbs' dbt a second."""

    def __init__(self) -> None:
        self.known: dict[str, Manifest] = {}
        self.since = time.time()
        self.read = build.known_parse
        # Only where a verb asks for it: what a test reads itself is read from the file.
        build.known_parse = lambda state: self.known.get(state) or self.read(state)

    def take_up(self) -> None:
        """Read what a verb has kept or used since this process began; a child changes its own copy alone."""
        folder = Path(os.environ[SHARED])
        for file in folder.glob("*.msgpack"):
            if file.stem not in self.known and file.stat().st_mtime > self.since and (manifest := self.read(file.stem)):
                self.known[file.stem] = manifest


def _serve() -> None:
    """Fork for each line of standard input, and answer with the exit code."""
    answers = os.fdopen(os.dup(1), "w")
    # Nothing that an import prints may be taken for an answer.
    os.dup2(2, 1)
    import dbt.adapters.duckdb
    import dbt.cli.main
    import dbt.task.build  # noqa: F401

    import tagmart.cli
    import tagmart.gates.profile
    import tagmart.ingest
    import tagmart.leads
    import tagmart.night.board
    import tagmart.night.held
    import tagmart.night.stages
    import tagmart.publish
    import tagmart.rules  # noqa: F401
    from tagmart.gates.library import great_expectations

    great_expectations()
    parses = Parses()
    for line in sys.stdin:
        order = json.loads(line)
        parses.take_up()
        # What is here stays: the collector of a child need not walk it, and so does not copy its pages.
        gc.freeze()
        child = os.fork()
        if child == 0:
            _become(order)
        status = _end_of(child, order["kill_after"])
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


def _end_of(child: int, kill_after: float | None) -> int:
    """The exit status of a child, which is killed if it takes too long."""
    deadline = None if kill_after is None else time.monotonic() + kill_after
    while deadline is not None:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        if time.monotonic() >= deadline:
            os.kill(child, signal.SIGKILL)
            break
        time.sleep(0.002)
    return os.waitpid(child, 0)[1]


def _become(order: dict) -> None:
    """In the forked child: take over environment, folder and output, run the verb, and end."""
    from tagmart.cli import main

    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["cwd"])
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(order[name], os.O_WRONLY | os.O_CREAT, 0o600), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for name, argument in order["troubles"].items():
        TROUBLES[name](argument)
    sys.argv = ["tagmart", *order["words"]]
    code = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
