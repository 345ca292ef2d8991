"""Facts about ties: per tie one row for the whole of it, and one row per line whose two sides are not equal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from tagmart.contracts import load_contracts
from tagmart.core.duck import identifier, literal
from tagmart.core.errors import TagmartError
from tagmart.core.mart import MART_FILE
from tagmart.gates.failing import FailingRow, masked
from tagmart.gates.ties import FOLDER, KEY, SHARED, Tie, shared_sql, sql_of

if TYPE_CHECKING:
    import duckdb

    from tagmart.gates.facts import Fact, GateInput

# Accounts shown per line that is off.
LARGEST = 10
# Lines looked at in detail: who has more of them off has one cause, and not so many differences.
MOST_LINES = 50
# Explained differences written out in the result.
MOST_EXPLAINED = 30
LATE = ("carried", "held", "missing", "refused", "not_ingested")
# What became of a tie.
HOLDS, BROKEN, KNOWN, NO_FEED, FIRST, WAITS = "holds", "broken", "known", "no feed", "first", "waits"
NOWHERE = "-"
# How a line is written, and the words after which the lines stand that are known and let pass.
SEPARATOR = " · "
KNOWN_LINES = "known difference(s) let pass: "


@dataclass(frozen=True)
class Line:
    """One organisation, subject and currency whose sides are not equal.

    Attributes:
        org, subject, ccy: which; `-` where the tie does not distinguish it.
        left, right: the sides.
        explained: what of the difference one of the sources explains itself.
        over: by how much more than the tolerance they are apart.
        keys: how many keys are off, where every key must tie by itself.
        largest: the accounts that it comes from, at most ten.
    """

    org: str
    subject: str
    ccy: str
    left: Decimal
    right: Decimal
    explained: Decimal
    over: Decimal
    keys: int = 0
    largest: Sequence[FailingRow] = field(default=())

    @property
    def place(self) -> tuple[str, str, str]:
        """Which line it is."""
        return self.org, self.subject, self.ccy

    @property
    def gap(self) -> Decimal:
        """Left side less right side and less what is explained."""
        return self.left - self.right - self.explained


def tie_facts(given: GateInput) -> list[Fact]:
    """The facts of every tie of the suite; a line that is off carries its largest accounts as `failing`.

    Raises:
        TagmartError: if the SQL of a tie cannot be run. That is neither red nor green.
    """
    from tagmart.gates.facts import night_database

    feeds = _feed_states(given)
    facts: list[Fact] = []
    with night_database(given) as connection:
        connection.execute(f"set variable biz_date = date {literal(given.biz_date.isoformat())}")
        prior = _attach_prior(connection, given)
        made: set[str] = set()
        for tie in given.ties:
            if reason := _not_computed(tie, feeds, prior):
                facts.append(_whole(tie, *reason))
                continue
            _make_shared(connection, given, tie, made)
            facts += _computed(connection, given, tie)
    return facts


def _make_shared(connection: duckdb.DuckDBPyConnection, given: GateInput, tie: Tie, made: set[str]) -> None:
    """Compute the shared queries that a tie reads, those that no tie before it has read."""
    for name in [one for one in tie.reads if one not in made]:
        try:
            connection.execute(f"create temp table {identifier(name)} as {shared_sql(given.settings.suites_dir, name)}")
        except Exception as error:
            raise TagmartError("a query that ties share cannot be run", where=f"expectations/{FOLDER}/{SHARED}/{name}.sql",
                               seen=" ".join(str(error).split())[:400], do="mend it; the gate has not passed") from error
        made.add(name)


def _feed_states(given: GateInput) -> dict[str, str]:
    """Feed → its status in this run, for the feeds that the bank has."""
    contracts = load_contracts(given.settings.contracts_dir)
    rows = given.state.rows("select feed, status from feed_fact where run_id = ?", given.run_id)
    said = {row["feed"]: row["status"] for row in rows}
    return {feed: said.get(feed, "loaded") for feed in contracts}


def _attach_prior(connection: duckdb.DuckDBPyConnection, given: GateInput) -> str:
    """Attach the mart published for the day before as `prior`; else say whether any was ever published before."""
    yesterday = (given.biz_date - timedelta(days=1)).isoformat()
    row = given.state.row(
        "select path from publish where biz_date = ? and removed_at is null order by rowid desc limit 1", yesterday
    )
    path = given.settings.home / row["path"] / MART_FILE if row else None
    if path is not None and path.is_file():
        connection.execute(f"attach {literal(str(path))} as prior (read_only)")
        return HOLDS
    earlier = given.state.row("select 1 from publish where biz_date < ? limit 1", given.biz_date.isoformat())
    return WAITS if earlier else FIRST


def _not_computed(tie: Tie, feeds: Mapping[str, str], prior: str) -> tuple[str, str] | None:
    """Why a tie cannot be computed tonight: what became of it, and the reason in words."""
    if absent := [feed for feed in tie.feeds if feed not in feeds]:
        return NO_FEED, f"not applicable: no contract of this bank delivers {', '.join(absent)}"
    if late := [f"{feed} is {feeds[feed]}" for feed in tie.feeds if feeds[feed] in LATE]:
        return WAITS, f"not compared: {', '.join(late)}"
    if tie.prior and prior != HOLDS:
        return prior, "not compared: " + ("this is the first night" if prior == FIRST else "nothing was published for the day before")
    return None


def _computed(connection: duckdb.DuckDBPyConnection, given: GateInput, tie: Tie) -> list[Fact]:
    """The facts of one tie."""
    try:
        connection.execute(
            "create or replace temp table tie as select side::varchar as side, coalesce(gl_org::varchar, '-') as org,"
            " coalesce(subject::varchar, '-') as subject, coalesce(ccy::varchar, '-') as ccy, key::varchar as key,"
            f" coalesce(amount, 0)::decimal(24, 4) as amount from ({sql_of(given.settings.suites_dir, tie)})"
        )
    except Exception as error:
        raise TagmartError("the SQL of a tie cannot be run", where=f"expectations/ties/{tie.id}.sql",
                           seen=" ".join(str(error).split())[:400], do="mend it; the gate has not passed") from error
    count, left, right = connection.execute(_TOTALS.format(by=", key" if tie.each == KEY else "")).fetchone()
    lines = _lines(connection, tie)
    known = {one.line: one for one in tie.known}
    passed = [line for line in lines if _is_known(line, known.get(line.place), given.biz_date)]
    broken = [line for line in lines if line not in passed]
    state = BROKEN if broken else KNOWN if passed else HOLDS
    text = f"{count:,} compared, {left:,.2f} against {right:,.2f}{_explained(connection)}"
    named = ", ".join(_subject(line) for line in passed)
    whole = _whole(tie, state, text + (f"; {len(passed)} {KNOWN_LINES}{named}" if passed else ""), count)
    return [whole, *(_line_fact(tie, line, known.get(line.place)) for line in broken)]


def _explained(connection: duckdb.DuckDBPyConnection) -> str:
    """The differences that a source explains, as words: line, amount and reason, the largest first."""
    rows = connection.execute(_EXPLAINED).fetchall()
    if not rows:
        return ""
    shown = [f"{SEPARATOR.join((org, subject, ccy))} {_amount(amount)} ({reason})" for org, subject, ccy, reason, amount in rows]
    more = f" and {len(rows) - MOST_EXPLAINED} more" if len(rows) > MOST_EXPLAINED else ""
    return f"; {len(rows)} explained difference(s): " + ", ".join(shown[:MOST_EXPLAINED]) + more


def _is_known(line: Line, known: object, biz_date: date) -> bool:
    """Whether a difference is let pass: the amount exactly, and not after its last day."""
    return known is not None and line.gap == known.amount and biz_date <= known.until


_TOTALS = """
select count(*), coalesce(sum(left_amount), 0), coalesce(sum(right_amount), 0) from (
    select
        sum(case when side = 'left' then amount else 0 end) as left_amount,
        sum(case when side = 'right' then amount else 0 end) as right_amount
    from tie group by org, subject, ccy{by}
)
"""
_SIDES = """
    coalesce(sum(case when side = 'left' then amount end), 0) as left_amount,
    coalesce(sum(case when side = 'right' then amount end), 0) as right_amount
"""
# What is explained is of a line: its key is the reason, and no key of the two sides.
_EXPLAINED = """
select org, subject, ccy, key, sum(amount) as explained
from tie where side = 'explained' group by org, subject, ccy, key having explained <> 0 order by abs(explained) desc, org, subject, ccy, key
"""
_BY_LINE = f"""
select org, subject, ccy, {_SIDES}, coalesce(sum(case when side = 'explained' then amount end), 0) as explained, 0 as keys, null as worst
from tie group by org, subject, ccy having left_amount <> right_amount + explained
"""
_BY_KEY = f"""
with keys as (select org, subject, ccy, key, {_SIDES} from tie group by org, subject, ccy, key)
select org, subject, ccy, sum(left_amount), sum(right_amount), 0 as explained, count(*), max(abs(left_amount - right_amount))
from keys where abs(left_amount - right_amount) > {{tolerance}} group by org, subject, ccy
"""
# The keys of one line: first one that is exactly the difference, then those with the largest difference between the sides, which
# are the largest ones where only one side has keys.
_LARGEST = f"""
with keys as (
    select key, {_SIDES} from tie where key is not null and side <> 'explained' and org = {{org}} and subject = {{subject}} and ccy = {{ccy}} group by key
)
select key, left_amount, right_amount from keys
order by {{order}}, key limit {LARGEST}
"""


def _lines(connection: duckdb.DuckDBPyConnection, tie: Tie) -> list[Line]:
    """The lines that are off by more than the tolerance, the largest differences first."""
    query = _BY_KEY.format(tolerance=tie.tolerance.amount) if tie.each == KEY else _BY_LINE
    found = []
    for org, subject, ccy, left, right, explained, keys, worst in connection.execute(query).fetchall():
        allowed = tie.tolerance.of(right)
        gap = worst if worst is not None else abs(left - right - explained)
        if gap > allowed:
            found.append(Line(org, subject, ccy, left, right, explained, gap - allowed, keys))
    found.sort(key=lambda line: (-line.over, line.place))
    return [_with_largest(connection, tie, line) for line in found[:MOST_LINES]] + found[MOST_LINES:]


def _with_largest(connection: duckdb.DuckDBPyConnection, tie: Tie, line: Line) -> Line:
    """The line with the keys that it comes from."""
    order = f"abs(left_amount - right_amount) <> {abs(line.gap)}, abs(left_amount - right_amount) desc"
    places = {"org": literal(line.org), "subject": literal(line.subject), "ccy": literal(line.ccy)}
    rows = connection.execute(_LARGEST.format(order=order, **places)).fetchall()
    reason = "does not tie by itself" if tie.each == KEY else "among the largest of the line"
    largest = tuple(
        FailingRow(
            expectation=tie.id, subject=_subject(line), place=place, key_kind=tie.key, key=key,
            shown=masked(key) if tie.is_masked else key, gl_org=line.org, gl_subject=line.subject, ccy=line.ccy,
            amount_left=left, amount_right=right,
            reason="is exactly the difference" if tie.each != KEY and abs(left - right) == abs(line.gap) else reason,
        )
        for place, (key, left, right) in enumerate(rows, start=1)
    )
    return replace(line, largest=largest)


def _subject(line: Line) -> str:
    """How a line is called."""
    return SEPARATOR.join(line.place)


def _whole(tie: Tie, state: str, text: str, count: int | None = None) -> Fact:
    """The row for the tie as a whole."""
    return {
        "subject": tie.id, "tie": tie.id, "state": state, "owner": tie.owner, "message": text, "is_whole": 1,
        "line_cnt": count, "must_compare": int(state not in (NO_FEED, FIRST, WAITS) and not tie.may_be_empty), "over": 0,
    }  # fmt: skip


def _line_fact(tie: Tie, line: Line, known: object) -> Fact:
    """The row for a line that is off: everything that a person needs to look for it."""
    return {
        "subject": _subject(line), "tie": tie.id, "state": BROKEN, "owner": tie.owner, "is_whole": 0,
        "gl_org": line.org, "gl_subject": line.subject, "ccy": line.ccy, "left_amount": line.left,
        "right_amount": line.right, "gap": line.gap, "over": line.over, "key_cnt": line.keys, "failing": line.largest,
        "message": _sentence(tie, line, known),
    }  # fmt: skip


def _sentence(tie: Tie, line: Line, known: object) -> str:
    """Organisation, subject, currency, both amounts, the difference, the largest accounts."""
    words = [
        f"org {line.org}, subject {line.subject}, {line.ccy}: {tie.left} {_amount(line.left)}, {tie.right} {_amount(line.right)},"
        f"{f' explained {_amount(line.explained)},' if line.explained else ''} difference {_amount(line.gap)}"
    ]
    if line.keys:
        words.append(f"{line.keys:,} {tie.key}(s) off")
    if known is not None:
        words.append(f"a difference of {_amount(known.amount)} was known until {known.until}")
    if line.largest:
        words.append(f"{tie.key}s: " + _shown(line.largest, tie.each == KEY))
    return "; ".join(words)


def _shown(rows: Iterable[FailingRow], each: bool) -> str:
    """The largest keys, masked, each with its amount or its two amounts."""
    return ", ".join(
        f"{row.shown} {_amount(row.amount_left)}" + (f" against {_amount(row.amount_right)}" if each else "") for row in rows
    )


def _amount(value: Decimal) -> str:
    """An amount as people write it: two digits, four only where they say something."""
    return f"{value:,.2f}" if value == value.quantize(Decimal("0.01")) else f"{value:,.4f}"
