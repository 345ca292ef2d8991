"""A Postgres found on the machine, and the servers of Airflow on it, for the tests that need the real ones."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
DRIVERS = ("psycopg2", "asyncpg")


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def tool(name: str) -> str:
    """A program of Postgres; where there is none, or no driver for it, the test is skipped with the reason."""
    for driver in DRIVERS:
        if importlib.util.find_spec(driver) is None:
            pytest.skip(f"Airflow needs {driver} to speak to Postgres, and it is not installed")
    found = shutil.which(name) or next(
        (str(path / name) for place in PLACES for path in sorted(Path("/").glob(place[1:])) if (path / name).exists()), None
    )
    if found is None:
        pytest.skip(f"there is no Postgres on this machine: {name} is not found")
    return found


@contextmanager
def postgres() -> Iterator[str]:
    """A Postgres of its own on loopback with an empty database; gives the address that Airflow is told."""
    initdb, server = tool("initdb"), tool("postgres")
    # Postgres refuses to run as root.
    owner = pwd.getpwnam("postgres" if "postgres" in {user.pw_name for user in pwd.getpwall()} else "nobody") if os.geteuid() == 0 else None
    if owner and not os.stat(os.devnull).st_mode & 0o002:
        pytest.skip(f"{os.devnull} can be written by root alone, and Postgres refuses to run as root")
    who = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    folder, port = Path(tempfile.mkdtemp(prefix="tagmart-postgres-")), free_port()
    try:
        if owner:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        data = folder / "data"
        subprocess.run([initdb, "-D", data, "-U", "airflow", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"], check=True, capture_output=True, cwd=folder, **who)
        with subprocess.Popen(
            [server, "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder, "-F"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **who
        ) as process:
            try:
                import psycopg2

                def made() -> bool:
                    try:
                        connection = psycopg2.connect(host="127.0.0.1", port=port, user="airflow", dbname="postgres")
                    except psycopg2.OperationalError:
                        return False
                    connection.autocommit = True
                    connection.cursor().execute("create database airflow")
                    connection.close()
                    return True

                until(made, 120, "Postgres")
                yield f"postgresql+psycopg2://airflow@127.0.0.1:{port}/airflow"
            finally:
                # The fast way: asked politely it would wait for whoever is still connected.
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    process.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def servers(environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """`tagmart airflow`: scheduler, parser, triggerer and web page; ended as Ctrl-C ends them."""
    with log.open("w") as out, subprocess.Popen(
        [sys.executable, "-m", "tagmart", "airflow"], env=dict(environment), stdout=out, stderr=subprocess.STDOUT
    ) as process:
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(120)
            except subprocess.TimeoutExpired:
                process.kill()


def until(true: Callable[[], object], seconds: float, what: str) -> object:
    """Wait until something is so, and give what it says; the test fails if it takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.5)
    pytest.fail(f"{what}: not within {seconds:.0f} s")
