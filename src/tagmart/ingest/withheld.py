"""Keys whose rows of a full delivery lie in quarantine: the delivery says nothing of them, so they stay as they were.

Without this a key would close because its row could not be read, as if the bank had dropped it. The keys of each delivery
are remembered, because the history must not depend on the order in which deliveries come: a day that comes late changes
such a key on all the days after it that say nothing of it either.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import accumulate

import duckdb

from tagmart.contracts import Contract
from tagmart.core.duck import identifier, literal
from tagmart.ingest.check_rules import typed
from tagmart.ingest.quarantine import QuarantinedRow

# Beside the history tables; no feed can have this name: those begin with a letter.
WITHHELD = "hist._withheld"
NOT_READ = "\ufffd"


def key_texts(contract: Contract, rows: Iterable[QuarantinedRow]) -> list[tuple[str, ...] | None]:
    """The keys of records that could not be taken apart, as texts; None where the key cannot be read.

    Their fields are looked for at their places from the beginning of the record: what is broken may lie behind them. A
    text that is no key does no harm, for it matters only if a state of this very key would close on this very day.

    Args:
        contract: with the columns of the delivery's date.
        rows: the records.
    """
    if contract.form.header and (contract.drift.moved == "accept" or contract.drift.added == "ignore"):
        # The columns may stand in another order than here.
        return [None for _ in rows]
    places = [contract.names.index(name) for name in contract.key]
    return [_texts_at(contract, row.content.removesuffix(b"\n").removesuffix(b"\r"), places) for row in rows]


def _texts_at(contract: Contract, content: bytes, places: Sequence[int]) -> tuple[str, ...] | None:
    """Some fields of a record, None if one of them is not there, empty, or no text."""
    form = contract.form
    codec = "utf-8" if form.encoding == "utf-8-sig" else form.encoding
    if form.is_fixed:
        begins = [0, *accumulate(column.width or 0 for column in contract.columns)]
        if len(content) < begins[max(places) + 1]:
            return None
        texts = [content[begins[place] : begins[place + 1]].decode(codec, errors="replace").strip() for place in places]
    else:
        text = content.decode(codec, errors="replace").removeprefix("\ufeff")
        try:
            fields = next(csv.reader([text], delimiter=form.separator or ",", quotechar=form.quote)) if form.quote else text.split(form.separator)
        except (csv.Error, StopIteration):
            return None
        if len(fields) <= max(places):
            return None
        texts = [fields[place] for place in places]
    return tuple(texts) if all(text and NOT_READ not in text for text in texts) else None


def withhold(
    warehouse: duckdb.DuckDBPyConnection,
    contract: Contract,
    day: date,
    taken: str,
    unread: Sequence[tuple[str, ...] | None],
) -> tuple[str, ...]:
    """Remember the keys of which a delivery says nothing, in place of those remembered of it before.

    To be called in the transaction that stores the delivery, when its good rows are in ods: what a good row says, holds.

    Args:
        warehouse: open for writing, in a transaction.
        contract: of a full feed that keeps history.
        day: the delivery's date.
        taken: the judged rows, as `store` knows them.
        unread: what `key_texts` says of the rows that are not in `taken`.

    Returns:
        What a person should know: how many keys stay as they were, and how many rows have no key that can be read.
    """
    feed, at = literal(contract.feed), f"date {literal(day.isoformat())}"
    keys = [identifier(name) for name in contract.key]
    listed, is_whole = ", ".join(keys), " and ".join(f"{key} is not null" for key in keys)
    make(warehouse)
    warehouse.execute(f"delete from {WITHHELD} where feed = {feed} and biz_date = {at}")
    bad = f"select {listed} from {taken} where fault is not null"
    if not unread and not warehouse.execute(f"select exists ({bad})").fetchone()[0]:
        return ()
    if readable := [one for one in unread if one is not None]:
        names = [f"r{number}" for number, _ in enumerate(keys)]
        columns = [typed(contract.column(name), contract.form, raw) for name, raw in zip(contract.key, names, strict=True)]
        rows = ", ".join(f"({', '.join(map(literal, one))})" for one in readable)
        bad += f" union all select {', '.join(columns)} from (values {rows}) as read ({', '.join(names)})"
    count = warehouse.execute(f"""
        insert into {WITHHELD}
        select distinct {feed}, {at}, [{', '.join(f'cast({key} as varchar)' for key in keys)}]
        from ({bad}) as bad
        anti join (select {listed} from ods.{identifier(contract.feed)} where biz_date = {at}) as said using ({listed})
        where {is_whole}
    """).fetchone()[0]
    lost = warehouse.execute(f"select count(*) from ({bad}) as bad where not ({is_whole})").fetchone()[0] + unread.count(None)
    notes = []
    if count:
        words = "keys came only in rows that are in quarantine: they stay" if count > 1 else "key came only in a row that is in quarantine: it stays"
        notes.append(f"{count:,} {words} as before")
    if lost:
        notes.append(f"{lost:,} {'rows' if lost > 1 else 'row'} in quarantine without a key that can be read:"
                     " a key that no other row has is closed")
    return tuple(notes)


def make(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Have the table: homes that are older than it lack it."""
    warehouse.execute("create schema if not exists hist")
    warehouse.execute(f"create table if not exists {WITHHELD} (feed varchar, biz_date date, key varchar[])")


def forget(warehouse: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Forget the keys of all deliveries of a feed: it will be loaded again."""
    make(warehouse)
    warehouse.execute(f"delete from {WITHHELD} where feed = {literal(contract.feed)}")


def keys_where(contract: Contract, condition: str, more: str = "") -> str:
    """SQL of the remembered keys of a feed, each in its column and type.

    Args:
        contract: of the feed.
        condition: over `biz_date`.
        more: further columns, with a comma before them.
    """
    columns = ", ".join(
        f"cast(key[{number}] as {contract.column(name).type.sql}) as {identifier(name)}"
        for number, name in enumerate(contract.key, start=1)
    )
    return f"select {columns}{more} from {WITHHELD} where feed = {literal(contract.feed)} and {condition}"
