"""Readers who hammer what is published while one night after another is published: the old run or the new, never a mix."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import duckdb
import pandas

from tagmart.publish import Policy, publish, rollback, settle
from tests.publishing import D, candidate

NIGHTS = 18
MADE_BY = "select made_by from mart.tags_retail union select made_by from mart.segment_daily"


def duckdb_reader(published: Path) -> set[str]:
    """Several tables in one connection, one after the other."""
    with duckdb.connect(str(published / "current" / "tagmart.duckdb"), read_only=True) as mart:
        named = {row[0] for row in mart.execute(MADE_BY).fetchall()}
        named |= {mart.execute("select value from mart.run_manifest where name = 'run_id'").fetchone()[0]}
        return named | {mart.execute("select run_id from mart.quality_stamp").fetchone()[0]}


def pandas_reader(published: Path) -> set[str]:
    """Frames of several tables, read one by one."""
    with duckdb.connect(str(published / "current" / "tagmart.duckdb"), read_only=True) as mart:
        frames = [pandas.read_sql(f"select made_by from mart.{table}", mart) for table in ("tags_retail", "segment_daily")]
        return set(pandas.concat(frames)["made_by"])


def two_files_reader(published: Path) -> set[str]:
    """Both files of a run: the link is resolved once."""
    folder = (published / "current").resolve()
    with duckdb.connect() as connection:
        for name in ("tagmart", "restricted"):
            connection.execute(f"attach '{folder / name}.duckdb' as {name} (read_only)")
        found = connection.execute(
            "select made_by from tagmart.mart.tags_retail union select made_by from restricted.mart.tags_retail"
        ).fetchall()
        return {row[0] for row in found}


def across_reader(published: Path) -> set[str]:
    """Many dates: of each date one run, and its rows are those of the run that the file names. Returns the newest."""
    with duckdb.connect(str(published / "across.duckdb"), read_only=True) as across:
        said = across.execute("select biz_date, run_id from mart.published_date where is_last_30_days order by biz_date").fetchall()
        for table in ("tags_retail", "segment_daily"):
            rows = across.execute(f"select distinct biz_date, made_by from last_30_days.{table} order by biz_date").fetchall()
            assert rows == said, table
        return {said[-1][1]}


READERS: tuple[Callable[[Path], set[str]], ...] = (duckdb_reader, pandas_reader, two_files_reader, across_reader)


def read_on(number: int, published: str, done, seen) -> None:
    """Read again and again until told to stop, and once more after that."""
    reader, runs, wrong, last = READERS[number], [], [], False
    seen.put("ready")
    while not last:
        last = done.is_set()
        try:
            named = reader(Path(published))
            runs.append(min(named))
            if len(named) != 1:
                wrong.append(f"a mix of {sorted(named)}")
        except Exception as error:
            wrong.append(f"{type(error).__name__}: {error}")
    seen.put((reader.__name__, runs, wrong))


def test_readers_see_the_old_run_or_the_new_and_never_a_mix_nor_an_error(small_home):
    settings, state, _ = small_home
    policy = Policy(days=6, month_ends=1, year_ends=1, runs=1)
    names = []
    for number in range(NIGHTS):
        day = D - timedelta(days=40) + timedelta(days=number // 2)
        names.append((f"{day:%Y%m%d}-{1 + number % 2:03d}", day))

    def one(number: int) -> None:
        publish(settings, state, *names[number])
        settle(settings, state, policy=policy)

    for run_id, day in names:
        candidate(small_home, run_id, day)
    one(0)
    context = multiprocessing.get_context("spawn")
    done, seen = context.Event(), context.Queue()
    readers = [context.Process(target=read_on, args=(number, str(settings.published), done, seen)) for number in range(len(READERS))]
    for reader in readers:
        reader.start()
    assert [seen.get(timeout=90) for _ in readers] == ["ready"] * len(readers)
    for number in range(1, NIGHTS):
        one(number)
        if number % 6 == 5:
            rollback(settings, state, reason="a drill")
            settle(settings, state, policy=policy)
    done.set()
    answers = [seen.get(timeout=90) for _ in readers]
    for reader in readers:
        reader.join()
    for name, runs, wrong in answers:
        assert not wrong, f"{name}: {len(wrong)} of {len(runs)} reads, {wrong[:3]}"
        assert runs[-1] == (settings.published / "current").readlink().name, name
        assert len(set(runs)) >= 4, f"{name} has seen {len(set(runs))} runs in {len(runs)} reads"
        assert set(runs) <= {run_id for run_id, _ in names}, name
    assert len(list(settings.published.glob("2*/2*"))) < NIGHTS - 4, "old runs were removed meanwhile"
