"""Which rows a delivery has, and writing them: parts of at most PART_ROWS rows, in pieces, packed and counted on the way."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tagmart.contracts import Contract, FrameField, load_contracts
from tagmart.contracts.due import is_due
from tagmart.contracts.model import DAILY_KIND, INITIAL_KIND
from tagmart.core.errors import TagmartError
from tagmart.core.settings import project_root
from tagmart.synth.calendar import Horizon
from tagmart.synth.files.columns import DATED, DELTA, FULL, JOURNAL, Feed, Part, pick
from tagmart.synth.files.render import amount_text, codec_of, fixed_field, line_end, rows_as_bytes

BANK = "demo"
# Every delivery of the demo bank is the first of its date; one that is sent again counts up.
BATCH_NO = 1
PART_ROWS = 1_000_000
# Written at a time, so that memory does not grow with the part.
PIECE_ROWS = 100_000
LOADS = {FULL: "full", DATED: "full", DELTA: "delta", JOURNAL: "journal"}


@cache
def demo_contracts() -> dict[str, Contract]:
    """The contracts of the demo bank, by feed."""
    return load_contracts(project_root() / "expectations" / "contracts" / BANK)


def write_feed(
    feed: Feed, folder: Path, horizon: Horizon, first: int, last: int, contract: Contract | None = None
) -> list[Part]:
    """Write the parts of the initial load of day `first` and of the deliveries that are due up to `last`.

    Args:
        feed: one feed, or one slice of it.
        folder: of the parts, under names that no other part has; `finish` brings them to their deliveries.
        horizon: of the world.
        first: day of the initial load.
        last: day of the last delivery.
        contract: says the form, and on which days a delivery is due; None for that of the demo bank.

    Raises:
        TagmartError: if the contract is not there, or the feed is not what it says.
    """
    contract = contract or _contract_of(feed)
    _check_feed(feed, contract)
    folder.mkdir(parents=True, exist_ok=True)
    days = _delivery_days(feed, contract, horizon, first, last)
    return [
        part
        for day, rows in _deliveries(feed, days)
        for part in _write_delivery(
            feed, contract, folder, horizon, day, INITIAL_KIND if day == first else DAILY_KIND[contract.load], rows
        )
    ]


def day_of(horizon: Horizon, day: int) -> date:
    """The date of a day index."""
    return (horizon.origin + np.timedelta64(day, "D")).astype(date)


def _contract_of(feed: Feed) -> Contract:
    """The demo bank's contract of a feed."""
    contracts = demo_contracts()
    if feed.name not in contracts:
        raise TagmartError("the feed has no contract", where=feed.name,
                           do=f"write expectations/contracts/{BANK}/<system>/{feed.name}.yml")
    return contracts[feed.name]


def _check_feed(feed: Feed, contract: Contract) -> None:
    """The world and the contract name the same columns, and the same way of loading."""
    made, named = {*feed.columns} | ({"op"} if feed.load == DELTA else set()), {*contract.names}
    if made != named:
        raise TagmartError("the columns of the feed are not those of its contract", where=contract.path,
                           seen=f"only the world has {sorted(made - named)}, only the contract has {sorted(named - made)}",
                           do="make both the same")
    if LOADS[feed.load] != contract.load:
        raise TagmartError("the feed is not loaded as its contract says", where=contract.path,
                           seen=f"{feed.load}, contract {contract.load}", do="make both the same")


def _delivery_days(feed: Feed, contract: Contract, horizon: Horizon, first: int, last: int) -> np.ndarray:
    """The day of the initial load, then every day on which a delivery is due or, on issue, has something to say."""
    later = np.arange(first + 1, last + 1)
    if contract.due.when == "on_issue":
        return np.r_[first, later[np.isin(later, feed.day)]]
    table = horizon.table
    due = [
        is_due(contract.due, day_of(horizon, int(day)), is_workday=bool(table.is_workday[day]),
               is_trading_day=bool(table.is_trading_day[day]))
        for day in later
    ]
    return np.r_[first, later[np.array(due, dtype=bool)]]


def _deliveries(feed: Feed, days: np.ndarray) -> Iterator[tuple[int, pa.Table]]:
    """The rows of every delivery that this feed, or this slice of it, has something to say to."""
    table = pa.table(feed.columns)
    if feed.load == FULL:
        for day in days:
            yield int(day), table.filter(pa.array(feed.day <= day)) if len(feed.day) else table
        return
    # A row comes with the first delivery on or behind its day; of a day's rows none come with another day's.
    at = np.searchsorted(days, feed.day, side="left")
    if feed.load == DATED:
        at = np.where((feed.day > days[0]) & (days[np.minimum(at, len(days) - 1)] != feed.day), len(days), at)
    if feed.load == DELTA:
        yield from _versions(feed, table, days, at)
        return
    order = np.argsort(np.where(at < len(days), feed.day, np.iinfo(np.int64).max), kind="stable")
    ordered = table if np.array_equal(order, np.arange(len(order))) else table.take(pa.array(order))
    cuts = np.searchsorted(at[order], np.arange(len(days) + 1), side="left")
    low, high = (int(days[0]), int(days[-1])) if feed.span is None else feed.span
    for number, day in enumerate(days):
        rows = ordered.slice(cuts[number], cuts[number + 1] - cuts[number])
        if rows.num_rows or max(low, int(days[0])) <= day <= max(high, int(days[0])):
            yield int(day), rows


def _versions(feed: Feed, table: pa.Table, days: np.ndarray, at: np.ndarray) -> Iterator[tuple[int, pa.Table]]:
    """Of every key, its last version in each delivery: I where the key is new in it, else U."""
    order = np.lexsort((np.arange(len(feed.day)), feed.day, feed.key))
    key, place = feed.key[order], at[order]
    is_first = np.r_[True, key[1:] != key[:-1]][: len(key)]
    is_last = np.r_[(key[1:] != key[:-1]) | (place[1:] != place[:-1]), True][-len(key) :] if len(key) else is_first
    born = np.repeat(place[is_first], np.diff(np.r_[np.flatnonzero(is_first), len(key)]))
    for number, day in enumerate(days):
        chosen = np.flatnonzero(is_last & (place == number))
        chosen = chosen[np.argsort(order[chosen], kind="stable")]
        fresh = (born[chosen] == number).astype(np.int64)
        yield int(day), table.take(pa.array(order[chosen])).add_column(0, "op", pick(("U", "I"), fresh))


def _write_delivery(
    feed: Feed, contract: Contract, folder: Path, horizon: Horizon, day: int, kind: str, table: pa.Table
) -> Iterator[Part]:
    """Write the rows of one delivery as parts of at most PART_ROWS rows."""
    delivered = day_of(horizon, day)
    then = contract.at(delivered)
    for number in range(max(1, -(-table.num_rows // PART_ROWS))):
        rows = table.slice(number * PART_ROWS, PART_ROWS)
        sums = {name: _total(then, rows, name) for name in summed(then)}
        path = folder / f"{feed.name}.{day}.{(feed.span or (0, 0))[0]}.{number}"
        size, md5 = _write_part(then, path, delivered, rows, sums)
        declared = tuple((name, sums[name]) for name in then.files.sums if name in sums)
        yield Part(feed.name, day, kind, path, rows.num_rows, size, md5, declared)


def _write_part(contract: Contract, path: Path, day: date, rows: pa.Table, sums: dict[str, int]) -> tuple[int, str]:
    """Write a data file; its bytes and md5 as it lies there."""
    pack = packer(contract.files.compression)
    digest, size = hashlib.md5(usedforsecurity=False), 0
    with path.open("wb") as handle:
        for content in _pieces(contract, day, rows, sums):
            packed = pack(content)
            digest.update(packed)
            size += handle.write(packed)
        packed = pack(None)
        digest.update(packed)
        size += handle.write(packed)
    return size, digest.hexdigest()


def _pieces(contract: Contract, day: date, rows: pa.Table, sums: dict[str, int]) -> Iterator[bytes]:
    """The content of a data file: header, head record, rows, tail record."""
    form = contract.form
    if form.encoding == "utf-8-sig":
        yield b"\xef\xbb\xbf"
    if form.header:
        yield form.separator.join(contract.names).encode(codec_of(form)) + line_end(form)
    if form.head:
        yield frame_record(contract, form.head, day, rows.num_rows, sums)
    for start in range(0, rows.num_rows, PIECE_ROWS):
        yield rows_as_bytes(contract, rows.slice(start, PIECE_ROWS))
    if form.tail:
        yield frame_record(contract, form.tail, day, rows.num_rows, sums)


def frame_record(
    contract: Contract,
    frame: tuple[FrameField, ...],
    day: date,
    rows: int,
    sums: dict[str, int],
    batch_no: int = BATCH_NO,
    bank: str = BANK,
) -> bytes:
    """A head or tail record of a part.

    Args:
        contract: of the feed, at that day.
        frame: its form's head or tail.
        day: of the delivery.
        rows: of the part.
        sums: totals of the part, in whole numbers of the column's last place.
        batch_no: of the delivery.
        bank: that sends it.
    """
    form = contract.form
    facts = {"feed": contract.feed, "bank": bank, "biz_date": f"{day:%Y%m%d}", "rows": str(rows), "batch_no": str(batch_no),
             "any": ""}
    facts |= {f"sum:{name}": amount_text(contract.column(name), form, places) for name, places in sums.items()}
    words = [(one, (one.says[1:] if one.says.startswith("=") else facts[one.says]).encode(codec_of(form))) for one in frame]
    if not form.is_fixed:
        return form.separator.encode(codec_of(form)).join(word for _, word in words) + line_end(form)
    numbers = ("rows", "batch_no", "sum:")
    return b"".join(fixed_field(word, one.width, one.says.startswith(numbers)) for one, word in words) + line_end(form)


def summed(contract: Contract) -> set[str]:
    """The columns whose totals the control file, the head or the tail declares."""
    framed = {one.says[4:] for one in (*contract.form.head, *contract.form.tail) if one.says.startswith("sum:")}
    return (framed | {*contract.files.sums}) & {*contract.names}


def _total(contract: Contract, rows: pa.Table, name: str) -> int:
    """The total of a decimal column, in whole numbers of its last place."""
    scale = contract.column(name).type.scale
    total = pc.sum(rows.column(name).cast(pa.decimal128(38, scale))).as_py()
    return int(total.scaleb(scale)) if total is not None else 0


def packer(kind: str | None) -> Callable[[bytes | None], bytes]:
    """Takes content piece by piece, and None at the end; gives what is to be written. Same content, same bytes."""
    if kind is None:
        return lambda content: content or b""
    if kind == "gz":
        # Without a time stamp, which gzip files have otherwise.
        packed = zlib.compressobj(level=1, wbits=31)
        return lambda content: packed.flush() if content is None else packed.compress(content)
    sink = pa.BufferOutputStream()
    stream = pa.CompressedOutputStream(sink, "zstd")

    def pack(content: bytes | None) -> bytes:
        if content is not None:
            stream.write(content)
            return b""
        stream.close()
        return sink.getvalue().to_pybytes()

    return pack
