"""History tables (拉链表): `hist.<feed>` holds each state of each key once, with the business dates on which it held.

The table is the shortest form of a function: business date → rows by key. A full delivery of date d sets that function on
[d, next delivered date), but for keys whose rows are in quarantine, of which it says nothing; a delta changes the keys that
it names on [d, the next delta that names them). So a delivery is always one slice of the function replaced, whatever came
before it or after it, and the table depends only on which deliveries are loaded, not on their order, nor on how often.

Intervals are half-open: valid_from is the first date on which the state held, valid_to the first on which it did not, or
FOREVER. Where a row came from (src_file, src_line, biz_date) is said by the delivery of its valid_from.
"""

from __future__ import annotations

from datetime import date

import duckdb

from tagmart.contracts import Contract
from tagmart.core.duck import identifier, literal
from tagmart.ingest import withheld

FOREVER = date(9999, 12, 31)
# Days of which a feed has a delivery. A delivery without rows leaves no other trace, and old fulls are pruned from ods.
# No feed can have this name: those begin with a letter.
DELIVERED = "hist._delivered"
ORIGIN = (("src_file", "VARCHAR"), ("src_line", "BIGINT"), ("biz_date", "DATE"), ("valid_from", "DATE"), ("valid_to", "DATE"))


def table_of(contract: Contract) -> str:
    """The feed's history table, quoted."""
    return f"hist.{identifier(contract.feed)}"


def columns_in(warehouse: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[tuple[str, str]]:
    """Names and types of a table of the warehouse; empty if there is none."""
    # Not duckdb_columns(), which lists every table of the warehouse. And no parameters: for them the Python client imports
    # pandas, which takes longer than a quiet night's whole loading.
    name = literal(f"{identifier(schema)}.{identifier(table)}")
    try:
        return warehouse.execute(f"select name, type from pragma_table_info({name}) order by cid").fetchall()
    except duckdb.CatalogException:
        return []


def history_columns(contract: Contract) -> list[tuple[str, str]]:
    """Names and types of the history table: the columns of all times without the delta's `op`, origin and dates."""
    own = [(column.name, column.type.sql) for column in contract.columns if not _is_op(contract, column.name)]
    return [*own, *ORIGIN]


def fits(warehouse: duckdb.DuckDBPyConnection, contract: Contract, added: set[str]) -> bool:
    """True if the history is there, or not, as the contract says: same columns but for those `added`, same key."""
    there = dict(columns_in(warehouse, "hist", contract.feed))
    if not contract.keeps_history:
        return not there
    wanted = {name: kind for name, kind in history_columns(contract) if name not in added}
    said = warehouse.execute(
        "select comment from duckdb_tables() where database_name = current_database() and schema_name = 'hist'"
        f" and table_name = {literal(contract.feed)}"
    ).fetchone()
    return there == wanted and said == (_comment(contract),)


def make(warehouse: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """An empty history table in place of one that is there; none where the feed has no history."""
    warehouse.execute("create schema if not exists hist")
    warehouse.execute(f"create table if not exists {DELIVERED} (feed varchar, biz_date date)")
    warehouse.execute(f"delete from {DELIVERED} where feed = {literal(contract.feed)}")
    withheld.forget(warehouse, contract)
    warehouse.execute(f"drop table if exists {table_of(contract)}")
    if contract.keeps_history:
        columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in history_columns(contract))
        warehouse.execute(f"create table {table_of(contract)} ({columns})")
        warehouse.execute(f"comment on table {table_of(contract)} is {literal(_comment(contract))}")


def newest_days(warehouse: duckdb.DuckDBPyConnection, contract: Contract, count: int) -> list[date]:
    """The newest delivered dates of a feed with history, newest first."""
    found = warehouse.execute(
        f"select biz_date from {DELIVERED} where feed = {literal(contract.feed)} order by biz_date desc limit {count}"
    )
    return [row[0] for row in found.fetchall()]


def before_day(warehouse: duckdb.DuckDBPyConnection, contract: Contract, day: date) -> None:
    """Remember which keys the delivery of that date has named until now. To be called before its rows are replaced."""
    keys = ", ".join(map(identifier, contract.key))
    warehouse.execute(
        f"create or replace temp table _named as select {keys} from ods.{identifier(contract.feed)} where biz_date = {_sql(day)}"
    )


def take_day(warehouse: duckdb.DuckDBPyConnection, contract: Contract, day: date) -> tuple[str, ...]:
    """Bring the history up to the rows of that date that are now in ods; to be called in their transaction.

    Args:
        warehouse: open for writing, in a transaction.
        contract: of a feed that keeps history.
        day: the delivery's date.

    Returns:
        What was strange about the delivery: changes that do not fit the state before. They are taken as they are.
    """
    feed = literal(contract.feed)
    warehouse.execute(f"delete from {DELIVERED} where feed = {feed} and biz_date = {_sql(day)}")
    warehouse.execute(f"insert into {DELIVERED} values ({feed}, {_sql(day)})")
    origin = {name for name, _ in ORIGIN}
    values = [identifier(name) for name, _ in columns_in(warehouse, "hist", contract.feed) if name not in origin]
    notes = _strange(warehouse, contract, day) if contract.load == "delta" else ()
    if newest_days(warehouse, contract, 2) == [day]:
        _begin(warehouse, contract, day, values)
    else:
        if contract.load == "delta":
            _find_touched_by_delta(warehouse, contract, day)
        else:
            _find_touched_by_full(warehouse, contract, day, values)
        _replace_slice(warehouse, contract, day, values)
    for name in ("_named", "_touched", "_piece"):
        warehouse.execute(f"drop table if exists temp.main.{name}")
    return notes


def _begin(warehouse: duckdb.DuckDBPyConnection, contract: Contract, day: date, values: list[str]) -> None:
    """The history of one day: what it says holds from then on. The initial load is large, and there is nothing to compare."""
    own = ", ".join(values)
    warehouse.execute(f"delete from {table_of(contract)}")
    warehouse.execute(f"""
        insert into {table_of(contract)} ({own}, src_file, src_line, biz_date, valid_from, valid_to)
        select {own}, src_file, src_line, biz_date, biz_date, {_sql(FOREVER)}
        from ods.{identifier(contract.feed)}
        where biz_date = {_sql(day)} {"and op <> 'D'" if contract.load == "delta" else ''}
    """)


def _find_touched_by_delta(warehouse: duckdb.DuckDBPyConnection, contract: Contract, day: date) -> None:
    """Table `_touched`: the keys that the delivery names or has named, and the next date on which each is named again."""
    keys = ", ".join(map(identifier, contract.key))
    table = f"ods.{identifier(contract.feed)}"
    warehouse.execute(f"""
        create or replace temp table _touched as
        select {_listed(contract, 'keys')}, coalesce(min(later.biz_date), {_sql(FOREVER)}) as _next
        from (select {keys} from {table} where biz_date = {_sql(day)} union select {keys} from temp.main._named) as keys
        left join {table} as later on {_same(contract, 'keys', 'later')} and later.biz_date > {_sql(day)}
        group by {_listed(contract, 'keys')}
    """)


def _find_touched_by_full(
    warehouse: duckdb.DuckDBPyConnection, contract: Contract, day: date, values: list[str]
) -> None:
    """Table `_touched`: the keys whose state on that date is not what the delivery says, and the next date that says more.

    A key of which the delivery says nothing (_stays) has the state that it had before; it is touched where one begins or ends.
    """
    first = identifier(contract.key[0])
    listed = ", ".join(map(identifier, contract.key))
    keys = ", ".join(f"coalesce(said.{key}, held.{key}) as {key}" for key in map(identifier, contract.key))
    next_day, later = _next_said(warehouse, contract, day)
    warehouse.execute(f"""
        create or replace temp table _touched as
        with kept as ({withheld.keys_where(contract, f'biz_date = {_sql(day)}')}),
        differing as (
            select {keys}
            from (select * from ods.{identifier(contract.feed)} where biz_date = {_sql(day)}) as said
            full join (
                select * from {table_of(contract)} where valid_from <= {_sql(day)} and valid_to > {_sql(day)}
            ) as held on {_same(contract, 'said', 'held')}
            where said.{first} is null or held.{first} is null or {_row('said', values)} is distinct from {_row('held', values)}
                or (
                    held.valid_from = {_sql(day)}
                    and (said.src_file is distinct from held.src_file or said.src_line is distinct from held.src_line)
                )
        ),
        touched as (
            select {listed}, false as _stays from differing anti join kept using ({listed})
            union all
            select distinct {_listed(contract, 'kept')}, true
            from kept
            inner join {table_of(contract)} as held on {_same(contract, 'kept', 'held')}
            where held.valid_from = {_sql(day)} or held.valid_to = {_sql(day)}
        )
        select touched.*, {next_day} as _next
        from touched
        {later}
    """)


def _next_said(warehouse: duckdb.DuckDBPyConnection, contract: Contract, day: date) -> tuple[str, str]:
    """SQL of the next delivered date that says something of a touched key, and of the join that it needs."""
    days = [row[0] for row in warehouse.execute(
        f"select biz_date from {DELIVERED} where feed = {literal(contract.feed)} and biz_date > {_sql(day)} order by biz_date"
    ).fetchall()]
    if not days:
        return _sql(FOREVER), ""
    keys = ", ".join(map(identifier, contract.key))
    silent = f"""left join (
            select {keys}, list(biz_date) as days
            from ({withheld.keys_where(contract, f'biz_date > {_sql(day)}', ', biz_date')})
            group by {keys}
        ) as silent on {_same(contract, 'touched', 'silent')}"""
    speaking = f"list_filter([{', '.join(map(_sql, days))}], lambda one: not list_contains(silent.days, one))"
    return f"if(silent.days is null, {_sql(days[0])}, coalesce(list_min({speaking}), {_sql(FOREVER)}))", silent


def _replace_slice(warehouse: duckdb.DuckDBPyConnection, contract: Contract, day: date, values: list[str]) -> None:
    """Give every touched key its state on [day, _next), and join equal neighbours.

    Between two deliveries that name a key its state does not change, so at most three pieces meet: what held before, what
    is said now, what holds from _next on. Where the last one is cut off from what held before, its rows are those that
    the delivery of _next said; where that full is pruned from ods, its file and line are no longer known.
    """
    ods, hist = f"ods.{identifier(contract.feed)}", table_of(contract)
    own, now = ", ".join(values), _sql(day)
    is_delta = contract.load == "delta"
    # A delta that names a key no more leaves its state as it was before; so does a full whose row of it is in quarantine.
    ends = f"if({'said.biz_date is null' if is_delta else 'touched._stays'}, touched._next, {now})"
    warehouse.execute(f"""
        create or replace temp table _piece as
        with said as (select * from {ods} where biz_date = {now})
        select {_of('held', values)}, held.src_file, held.src_line, held.valid_from, {ends} as valid_to, false as _cut
        from {hist} as held
        inner join temp.main._touched as touched on {_same(contract, 'held', 'touched')}
        left join said on {_same(contract, 'held', 'said')}
        where held.valid_from < {now} and held.valid_to >= {now}
        union all
        select {_of('said', values)}, said.src_file, said.src_line, {now}, touched._next, false
        from said
        inner join temp.main._touched as touched on {_same(contract, 'said', 'touched')}
        {"where said.op <> 'D'" if is_delta else ''}
        union all
        select {_of('held', values)}, held.src_file, held.src_line, touched._next, held.valid_to, held.valid_from < touched._next
        from {hist} as held
        inner join temp.main._touched as touched on {_same(contract, 'held', 'touched')}
        where held.valid_from <= touched._next and held.valid_to > touched._next
    """)
    warehouse.execute(f"""
        delete from {hist} as held using temp.main._touched as touched
        where {_same(contract, 'held', 'touched')} and held.valid_to >= {now} and held.valid_from <= touched._next
    """)
    keys = ", ".join(map(identifier, contract.key))
    warehouse.execute(f"""
        insert into {hist} ({own}, src_file, src_line, biz_date, valid_from, valid_to)
        with marked as (
            select *, lag(valid_to) over following is distinct from valid_from
                or lag({_row('_piece', values)}) over following is distinct from {_row('_piece', values)} as _begins
            from temp.main._piece as _piece
            window following as (partition by {keys} order by valid_from)
        ),
        numbered as (
            select *, count(*) filter (where _begins) over (partition by {keys} order by valid_from) as _run from marked
        ),
        joined as (
            select * exclude (valid_to), max(valid_to) over (partition by {keys}, _run) as valid_to from numbered
        )
        select {_of('joined', values)}, if(joined._cut, said.src_file, joined.src_file),
            if(joined._cut, said.src_line, joined.src_line), joined.valid_from, joined.valid_from, joined.valid_to
        from joined
        left join {ods} as said
            on {_same(contract, 'joined', 'said')} and said.biz_date = joined.valid_from and said.biz_date > {now}
        where joined._begins
    """)


def _strange(warehouse: duckdb.DuckDBPyConnection, contract: Contract, day: date) -> tuple[str, ...]:
    """Changes that do not fit the state before: nothing is lost by taking them, and the owner should know."""
    first = identifier(contract.key[0])
    added, changed, deleted = warehouse.execute(f"""
        select count(*) filter (where said.op = 'I' and held.{first} is not null),
            count(*) filter (where said.op = 'U' and held.{first} is null),
            count(*) filter (where said.op = 'D' and held.{first} is null)
        from (select * from ods.{identifier(contract.feed)} where biz_date = {_sql(day)}) as said
        left join (
            select * from {table_of(contract)} where valid_from < {_sql(day)} and valid_to >= {_sql(day)}
        ) as held on {_same(contract, 'said', 'held')}
    """).fetchone()
    notes = (
        (added, "insert a key that was there already; taken as its new state"),
        (changed, "change a key that was not there; taken as new"),
        (deleted, "delete a key that was not there; nothing to delete"),
    )
    return tuple(f"{count:,} {'rows' if count > 1 else 'row'}: {words}" for count, words in notes if count)


def _is_op(contract: Contract, name: str) -> bool:
    """True for the column in which a delta says what became of a row: it is no state."""
    return contract.load == "delta" and name == "op"


def _comment(contract: Contract) -> str:
    """What the table says of itself: it is another table once the key or the load kind is another one."""
    return f"{contract.load} by {', '.join(contract.key)}"


def _sql(day: date) -> str:
    """A date in SQL."""
    return f"date {literal(day.isoformat())}"


def _same(contract: Contract, left: str, right: str) -> str:
    """The condition that two relations speak of the same key."""
    return " and ".join(f"{left}.{key} = {right}.{key}" for key in map(identifier, contract.key))


def _listed(contract: Contract, relation: str) -> str:
    """The key's columns of a relation."""
    return _of(relation, [identifier(name) for name in contract.key])


def _of(relation: str, names: list[str]) -> str:
    """Quoted columns of a relation."""
    return ", ".join(f"{relation}.{name}" for name in names)


def _row(relation: str, names: list[str]) -> str:
    """Quoted columns as one value."""
    return f"row({_of(relation, names)})"
