"""Whole nights whose deliveries come late or wrong, beside the same nights undisturbed, for `make drill`.

Two feeds do not come on a day that their policy lets pass: that night is published in part, and the night after it, which has
everything, must say what it would have said anyway. And a delivery comes with wrong amounts and is sent again: the nights made
anew must say what they would have said if it had been right at once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tagmart.contracts import load_contracts
from tagmart.core.duck import connect, literal
from tagmart.core.settings import project_root
from tagmart.core.state import State
from tagmart.synth.faults.edit import Opened
from tests.nights import Home

pytestmark = pytest.mark.drill

BEFORE, D, NEXT = "2026-06-28", "2026-06-29", "2026-06-30"
# Both have the policy `hold`: card spends also raise leads, events of the channels are behind segments.
LATE = ("cc_txn", "chn_event")
FILES = ("tagmart", "restricted")
# What a night says of the night before, as readers saw it: of one that was published in part it lawfully says something else.
# A lead that reads tags of the night before says so where these were held.
OF_YESTERDAY = {
    "segment_daily": ("prior_size", "entered", "left_cnt"), "segment_member": ("first_date",),
    "lead_catalog": ("is_degraded", "as_of", "late_because"), "event_lead": ("is_degraded", "as_of"),
}  # fmt: skip
# What is about the run and its deliveries, and not about customers.
OF_THE_RUN = {"feed_status", "gate_result", "gate_failing_row", "quality_stamp", "restatement", "run_manifest"}


@dataclass(frozen=True)
class Bank:
    """A bank whose three nights were undisturbed, and its home as the first of them left it."""

    calm: Home
    first: Path

    def beside(self, name: str) -> Home:
        """A home in which only the first night was, with deliveries of its own."""
        folder = self.calm.path.parent / name
        shutil.copytree(self.first, folder / "home", symlinks=True)
        shutil.copytree(self.calm.landing, folder / "landing")
        return Home("demo", folder / "home", folder / "landing")


@pytest.fixture(scope="module")
def bank(home_of) -> Bank:
    calm = home_of("demo")
    calm.synth(customers=150, seed=11, days=3, date=NEXT)
    calm.night(BEFORE)
    first = calm.path.with_name("first")
    shutil.copytree(calm.path, first, symlinks=True)
    for day in (D, NEXT):
        calm.night(day)
    return Bank(calm, first)


@contextmanager
def runs(**files: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Published files, side by side under these names."""
    with connect() as connection:
        for name, file in files.items():
            connection.execute(f"attach {literal(str(file))} as {name} (read_only)")
        yield connection


def last_run(home: Path, day: str) -> Path:
    """The folder of the newest published run of a date."""
    return home / State(home / "state.sqlite").rows("select path from publish where biz_date = ? order by rowid", day)[-1]["path"]


def business_tables(connection: duckdb.DuckDBPyConnection, side: str) -> dict[str, str]:
    """Business tables of a file with their content hashes."""
    rows = connection.execute(f"select name, content_hash from {side}.mart.run_manifest where kind = 'table'").fetchall()
    return {name: told for name, told in rows if name.removeprefix("mart.") not in OF_THE_RUN}


def require_same(one: Path, other: Path, yesterday: bool = False) -> None:
    """Two published runs of a date say the same of every customer; of the night before only with `yesterday`."""
    for file in FILES:
        with runs(one=one / f"{file}.duckdb", other=other / f"{file}.duckdb") as connection:
            now, then = (business_tables(connection, side) for side in ("one", "other"))
            assert now.keys() == then.keys() and now
            for name in sorted(table for table in now if now[table] != then[table]):
                table = name.removeprefix("mart.")
                assert table in OF_YESTERDAY and not yesterday, f"{name} of {one} and {other}"
                listed = f"exclude ({', '.join(OF_YESTERDAY[table])})"
                for left, right in (("one", "other"), ("other", "one")):
                    more = connection.execute(
                        f"select count(*) from (select * {listed} from {left}.mart.{table} except all select * {listed} from {right}.mart.{table})"
                    ).fetchone()[0]
                    assert more == 0, name


def make_late(home: Home) -> None:
    """The night of D without two feeds, then the night after it with everything."""
    folder, away = home.landing / D.replace("-", ""), home.path.with_name("away")
    away.mkdir()
    for path in [path for path in folder.iterdir() if path.name.startswith(tuple(f"{feed}_2" for feed in LATE))]:
        shutil.move(path, away / path.name)
    home.night(D)
    for path in list(away.iterdir()):
        shutil.move(path, folder / path.name)
    home.night(NEXT)


def make_wrong(home: Home) -> str:
    """The nights of D and NEXT with card spends in cents for yuan; then the right delivery, and what `restate` prints."""
    contract = load_contracts(project_root() / "expectations" / "contracts" / "demo")["cc_txn"]
    opened = Opened.read(home.landing, contract, date.fromisoformat(D))
    right = {path.name: path.read_bytes() for path in [*opened.old, opened.control]}
    for row, _ in enumerate(opened.rows):
        if opened.value(row, "kind_code") == "spend":
            opened.change(row, "amt", str(Decimal(opened.value(row, "amt")) * 100))
    opened.write()
    for day in (D, NEXT):
        home.night(day)
    for name, content in right.items():
        (opened.folder / name).write_bytes(content)
    return home.tagmart("restate", "--from", D).stdout


def held_of(connection: duckdb.DuckDBPyConnection, side: str) -> dict[tuple[str, str], date]:
    """Entity and name of the held tags of a file, with the date of their values."""
    rows = connection.execute(f"select entity, tag_name, as_of from {side}.mart.tag_catalog where held_because is not null").fetchall()
    return {(entity, tag): as_of for entity, tag, as_of in rows}


def require_partial(late: Path, calm: Path, first: Path) -> None:
    """A night without two feeds: what stands on them is of the night before, and everything else as if they had come."""
    for file in FILES:
        with runs(late=late / f"{file}.duckdb", calm=calm / f"{file}.duckdb", first=first / f"{file}.duckdb") as connection:
            held = held_of(connection, "late")
            for entity in ("retail", "corporate", "merchant"):
                columns = [name for (name,) in connection.execute(
                    f"select column_name from duckdb_columns() where database_name = 'late' and table_name = 'tags_{entity}'").fetchall()]
                kept = [name for name in columns if (entity, name) in held]
                made = [name for name in columns if name not in kept]
                for other, names in (("calm", made), ("first", kept)):
                    for start in range(0, len(names), 200):
                        wrong = " + ".join(f"(late.\"{name}\" is distinct from other.\"{name}\")::integer" for name in names[start : start + 200])
                        found = connection.execute(
                            f"select coalesce(sum({wrong}), 0) from late.mart.tags_{entity} as late"
                            f" left join {other}.mart.tags_{entity} as other using (customer_id)"
                        ).fetchone()[0]
                        assert found == 0, f"{entity} {other} {names[start]} …"


def require_told(late: Path) -> None:
    """What a night in part says of itself: dates of tags and feeds, leads, and the stamp of quality."""
    with runs(late=late / "tagmart.duckdb") as connection:
        held = held_of(connection, "late")
        fed = connection.execute(
            "select entity, tag_name from late.mart.tag_catalog where len(list_intersect(string_split(source_feeds, ' '),"
            f" [{', '.join(map(literal, LATE))}])) > 0"
        ).fetchall()
        assert held.keys() >= set(fed) and len(fed) > 50
        assert {str(day) for day in held.values()} == {BEFORE}
        others = connection.execute("select distinct as_of::varchar from late.mart.tag_catalog where held_because is null").fetchall()
        assert others == [(D,)]
        feeds = connection.execute(
            "select feed, as_of::varchar, stale_days, tags_held from late.mart.feed_status where status = 'held' order by feed").fetchall()
        assert [row[:3] for row in feeds] == [(feed, BEFORE, 1) for feed in LATE]
        assert sum(row[3] for row in feeds) == len(held) == connection.execute("select tags_held from late.mart.quality_stamp").fetchone()[0]
        assert connection.execute("select quality from late.mart.quality_stamp").fetchone() == ("degraded",)


def require_segments(late: Path, calm: Path, first: Path) -> None:
    """Segments whose rules name a held tag, or such a segment, are degraded or keep their members, as their policy says."""
    with runs(late=late / "tagmart.duckdb", calm=calm / "tagmart.duckdb", first=first / "tagmart.duckdb") as connection:
        ids = {tag for (tag,) in connection.execute("select tag_id from late.mart.tag_catalog where held_because is not null").fetchall()}
        rules = {key: (segment, late_word, set((tags or "").split("|")), set((keys or "").split("|"))) for segment, key, late_word, tags, keys in
                 connection.execute("select segment_id, key, late, tag_ids, segment_keys from late.mart.segment_catalog").fetchall()}
        touched = {key for key, (_, _, tags, _) in rules.items() if tags & ids}
        while more := {key for key, (*_, keys) in rules.items() if keys & touched} - touched:
            touched |= more
        wanted = {rules[key][0]: "held" if rules[key][1] == "hold" else "degraded" for key in touched}
        states = dict(connection.execute("select segment_id, state from late.mart.segment_daily where is_degraded").fetchall())
        assert states == {segment: state for segment, state in wanted.items() if segment in states}
        assert states.keys() == wanted.keys() and set(states.values()) == {"held", "degraded"}
        members = {
            side: set(connection.execute(f"select segment_id, customer_id from {side}.mart.segment_member").fetchall()) for side in ("late", "calm", "first")
        }
        spine = {customer for entity in ("retail", "corporate", "merchant")
                 for (customer,) in connection.execute(f"select customer_id from late.mart.tags_{entity}").fetchall()}
        assert {one for one in members["late"] if one[0] not in states} == {one for one in members["calm"] if one[0] not in states}
        for segment in [segment for segment, state in states.items() if state == "held"]:
            assert {one for one in members["late"] if one[0] == segment} == {one for one in members["first"] if one[0] == segment and one[1] in spine}


def test_a_night_in_part_holds_what_is_late_and_the_night_after_says_what_it_would_have_said(bank):
    home = bank.beside("late")
    make_late(home)
    late, calm, first = last_run(home.path, D), last_run(bank.calm.path, D), last_run(bank.first, BEFORE)
    require_told(late)
    require_partial(late, calm, first)
    require_segments(late, calm, first)
    require_same(last_run(home.path, NEXT), last_run(bank.calm.path, NEXT))
    with runs(after=last_run(home.path, NEXT) / "tagmart.duckdb") as connection:
        told = connection.execute("select as_of::varchar, late_because from after.mart.lead_catalog where is_degraded").fetchall()
    assert told and all(day == BEFORE and because.startswith("tag of the night before ") for day, because in told)


def differing(connection: duckdb.DuckDBPyConnection, entity: str) -> tuple[dict[str, tuple[int, Decimal | None]], set[str]]:
    """What two runs say otherwise of an entity, counted the simple way: tag → customers and the difference of sums; and the customers."""
    def wide(side: str) -> tuple[list[str], dict[str, tuple]]:
        rows = connection.execute(f"select * from {side}.mart.tags_{entity}")
        names = [column[0] for column in rows.description]
        place = names.index("customer_id")
        return names, {row[place]: row for row in rows.fetchall()}

    (names, now), (_, then) = wide("fresh"), wide("past")
    tags, customers = {}, now.keys() ^ then.keys()
    for place, name in enumerate(names):
        pairs = [(customer, now[customer][place], then[customer][place]) for customer in now.keys() & then.keys()]
        other = {customer for customer, one, two in pairs if one != two}
        if other:
            numbers = [Decimal(one or 0) - Decimal(two or 0) for _, one, two in pairs
                       if isinstance(one if one is not None else two, int | Decimal) and not isinstance(one if one is not None else two, bool)]
            tags[name] = (len(other), sum(numbers) if numbers else None)
            customers |= other
    return tags, customers


def require_receipt(fresh: Path, past: Path) -> None:
    """The receipt of a run says of tags, customers, segments and leads what two files, read side by side, say."""
    with runs(fresh=fresh / "tagmart.duckdb", past=past / "tagmart.duckdb") as connection:
        told = connection.execute("select kind, entity, name, changed_cnt, difference, old_run_id from fresh.mart.restatement").fetchall()
        assert {row[5] for row in told} == {past.name}
        for entity in ("retail", "corporate", "merchant"):
            tags, customers = differing(connection, entity)
            assert {name: (count, gap) for kind, whose, name, count, gap, _ in told if (kind, whose) == ("tag", entity)} == tags
            assert {name for kind, whose, name, *_ in told if (kind, whose) == ("customer", entity)} == customers
        members, leads = (
            {side: set(connection.execute(f"select {columns} from {side}.mart.{table}").fetchall()) for side in ("fresh", "past")}
            for table, columns in (("segment_member", "segment_id, customer_id"), ("event_lead", "lead_code, customer_id, dedupe_part, amt"))
        )
        moved = members["fresh"] ^ members["past"]
        assert {name: count for kind, _, name, count, *_ in told if kind == "segment"} == {
            segment: sum(one[0] == segment for one in moved) for segment in {one[0] for one in moved}
        }
        changed = leads["fresh"] ^ leads["past"]
        assert {name: count for kind, _, name, count, *_ in told if kind == "lead"} == {
            code: len({one[:3] for one in changed if one[0] == code}) for code in {one[0] for one in changed}
        }
        wanted = {code: sum(one[3] or 0 for one in leads["fresh"] if one[0] == code) - sum(one[3] or 0 for one in leads["past"] if one[0] == code)
                  for code in {one[0] for one in changed}}  # fmt: skip
        assert {name: gap or 0 for kind, _, name, _, gap, _ in told if kind == "lead"} == wanted


def require_restated(home: Path, calm: Path) -> None:
    """Both nights were made anew, in order, and say what they would have said; the old runs stay, and readers never went back."""
    state = State(home / "state.sqlite")
    made = state.rows("select run_id, path from publish where biz_date >= ? order by rowid", D)
    assert [row["run_id"] for row in made] == [f"{day.replace('-', '')}-00{number}" for number in (1, 2) for day in (D, NEXT)]
    assert all((home / row["path"] / "tagmart.duckdb").is_file() for row in made)
    switches = [row["to_run_id"] for row in state.rows("select to_run_id from current_switch order by rowid")]
    assert switches == [f"{day.replace('-', '')}-00{number}" for day, number in ((BEFORE, 1), (D, 1), (NEXT, 1), (NEXT, 2))]
    assert (home / "published" / "current").resolve() == (home / made[-1]["path"]).resolve()
    for old, new, day in ((made[0], made[2], D), (made[1], made[3], NEXT)):
        require_same(home / new["path"], last_run(calm, day), yesterday=True)
        require_receipt(home / new["path"], home / old["path"])


def test_nights_made_anew_after_a_correction_say_what_they_would_have_said(bank):
    home = bank.beside("wrong")
    said = make_wrong(home)
    for day in (D, NEXT):
        assert f"{day} {day.replace('-', '')}-002 against {day.replace('-', '')}-001: " in said
    require_restated(home.path, bank.calm.path)
