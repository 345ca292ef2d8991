"""Publishing in part: what a night does where a feed is late or a theme does not tie, and everything else is on time.

Two steps of it stand in the stages: tags keep the values of an earlier night (before they are profiled, and again where gate 2
or the ledger holds a theme), and segments are told what they stand on. Decision 0019.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from tagmart.core.duck import connect, literal
from tagmart.core.errors import TagmartError
from tagmart.core.mart import MART_FILE, SEGMENT_MEMBER, TAG_CATALOG, qualified, table_columns
from tagmart.core.policy import whole_number
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.publish.held_tags import FILES, Cause, Held, hold_back
from tagmart.publish.store import last_good_before
from tagmart.rules.files import HOLD

POLICY = "held.yml"
OPS_TABLES = {
    "late_segment": "segment_id varchar, state varchar, as_of date",
    "held_member": "segment_id varchar, customer_id varchar, first_date date",
}


def require_earlier(settings: Settings, state: State, run_id: str, biz_date: date) -> None:
    """Refuse a night that would have to hold tags and has no earlier night to take them from: before hours are spent on it.

    Raises:
        TagmartError: if a feed is held and nothing good was published for an earlier date.
    """
    if state.row("select 1 from held where run_id = ?", run_id):
        _earlier(state, run_id, biz_date)


def hold_tags(settings: Settings, state: State, run_id: str, biz_date: date) -> list[Held]:
    """Put the last good values into the tags that the gates of a run hold back; the date of every tag into the catalogue.

    Args:
        settings: the home.
        state: its table `held` says what is held, and is told how many tags that is.
        run_id: the run; its candidate has its wide tables.
        biz_date: its date.

    Returns:
        What was held; nothing on a night that is on time.

    Raises:
        TagmartError: as `hold_back`; if there is no earlier good run; if a theme would be held for longer than
            expectations/held.yml allows.
    """
    rows = state.rows("select rowid, * from held where run_id = ? order by rowid", run_id)
    causes = [Cause(row["kind"], row["name"], row["because"]) for row in rows]
    carried = state.rows("select feed, as_of from feed_fact where run_id = ? and status = 'carried' and as_of is not null", run_id)
    earlier = _earlier(state, run_id, biz_date) if causes else settings.candidate
    state.do("update run set held_from = ? where run_id = ?", earlier.name if causes else None, run_id)
    done = hold_back(
        settings.run_dir(run_id), settings.warehouse, earlier, causes, {row["feed"]: date.fromisoformat(row["as_of"]) for row in carried}
    )
    most = most_days(settings.suites_dir.parent / POLICY)
    for row, held in zip(rows, done, strict=True):
        # For how long a late feed may be held says its contract, which gate 1 has asked.
        if row["gate"] != "gate1" and held.as_of is not None and (biz_date - held.as_of).days > most:
            raise TagmartError(f"{held.cause.said} would be held for {(biz_date - held.as_of).days} days", where=run_id,
                               seen=f"{held.tags} tags, as of {held.as_of}; {POLICY} allows {most}",
                               do=f"mend what broke: `tagmart gate show {run_id}`")
        state.do("update held set tags = ?, as_of = ? where rowid = ?", held.tags, held.as_of and held.as_of.isoformat(), row["rowid"])
    return done


def is_left_held(settings: Settings, state: State, run_id: str) -> bool:
    """Are tags of a run's candidate held for something that no gate says any more: a try that was killed, or is run again?

    What the night made of them is overwritten then: only the wide tables made anew bring it back.
    """
    rows = state.rows("select * from held where run_id = ?", run_id)
    known = {Cause(row["kind"], row["name"], row["because"]).said for row in rows}
    return any(said not in known for file in FILES for said in _held_because(settings.run_dir(run_id) / file))


def _held_because(file: Path) -> list[str]:
    """What holds tags of a file back, as its catalogue says it."""
    if not file.is_file():
        return []
    with connect(file, read_only=True) as mart:
        if "held_because" not in table_columns(mart, TAG_CATALOG):
            return []
        return [said for (said,) in mart.execute(
            f"select distinct held_because from {qualified(TAG_CATALOG)} where held_because is not null").fetchall()]


def most_days(path: Path) -> int:
    """For how many days a theme or a family may be held; of a feed its contract says it.

    Args:
        path: expectations/held.yml.

    Raises:
        TagmartError: if the file does not say it.
    """
    return whole_number(path, "days", "it is not said for how long tags may be held", 3)


def mark_segments(settings: Settings, state: State, run_id: str, biz_date: date) -> tuple[int, int]:
    """Tell dbt which segments stand on tags of an earlier day, and the members of those that are held.

    Returns:
        How many segments are degraded, and how many are held.
    """
    with connect(settings.run_dir(run_id) / MART_FILE, read_only=True) as mart:
        late = dict(mart.execute(
            f"select tag_id, as_of from {qualified(TAG_CATALOG)} where as_of < {literal(biz_date.isoformat())}::date or as_of is null"
        ).fetchall())  # fmt: skip
    with connect(settings.warehouse) as warehouse:
        for name, columns in OPS_TABLES.items():
            warehouse.execute(f"create or replace table ops.{name} ({columns})")
        if not late:
            return 0, 0
        rules = warehouse.execute("select segment_id, key, late, tag_ids, segment_keys from ref.segment_catalog").fetchall()
        found = late_segments(rules, late)
        policy = {segment: word for segment, _, word, *_ in rules}
        # Without an earlier night there are no members that could stay.
        earlier = last_good_before(state, biz_date)
        held = sorted(segment for segment in found if policy[segment] == HOLD and earlier is not None)
        for segment, as_of in sorted(found.items()):
            words = ", ".join(literal(word) for word in (segment, "held" if segment in held else "degraded"))
            day = f"{literal(as_of.isoformat())}::date" if as_of else "null"
            warehouse.execute(f"insert into ops.late_segment values ({words}, {day})")
        if held:
            _keep_members(warehouse, earlier, held)
    return len(found) - len(held), len(held)


def late_segments(rules: list[tuple], late: Mapping[str, date | None]) -> dict[str, date | None]:
    """The segments whose rule names a late tag, or a segment that does, each with the date of its oldest tag.

    Args:
        rules: segment_id, key, policy, tag_ids and segment_keys (both separated by |) of each rule.
        late: tag_id of late tags → the date of their values, None where there never was a value.
    """
    oldest: dict[str, date] = {}
    by_key = {key: (segment, (tags or "").split("|"), (keys or "").split("|")) for segment, key, _, tags, keys in rules}

    def days(key: str) -> set[date]:
        _, tags, keys = by_key[key]
        own = {late[tag] or date.min for tag in tags if tag in late}
        return own.union(*(days(other) for other in keys if other in by_key))

    for key, (segment, *_) in by_key.items():
        if found := days(key):
            oldest[segment] = min(found)
    return {segment: None if day == date.min else day for segment, day in oldest.items()}


def _keep_members(warehouse, earlier: Path, held: list[str]) -> None:
    """The members of held segments in an earlier run, as far as they are customers of record tonight."""
    spines = warehouse.execute(
        "select table_name from duckdb_tables() where schema_name = 'dws' and table_name like '%\\_spine' escape '\\'"
        " union select view_name from duckdb_views() where schema_name = 'dws' and view_name like '%\\_spine' escape '\\'"
    ).fetchall()
    customers = " union all ".join(f"select customer_id from dws.{name}" for (name,) in spines)
    warehouse.execute(f"attach {literal(str(earlier / MART_FILE))} as earlier (read_only)")
    warehouse.execute(
        f"insert into ops.held_member select segment_id, customer_id, first_date from earlier.{qualified(SEGMENT_MEMBER)}"
        f" where segment_id in ({', '.join(map(literal, held))}) and customer_id in ({customers})"
    )
    warehouse.execute("detach earlier")


def _earlier(state: State, run_id: str, biz_date: date) -> Path:
    """The run whose values are kept: the last good one of an earlier date, whatever readers see now.

    Raises:
        TagmartError: if there is none.
    """
    folder = last_good_before(state, biz_date)
    if folder is None:
        raise TagmartError("tags would have to keep their last good values, and no earlier night was published", where=run_id,
                           do="have the delivery sent, and start the night again")
    return folder
