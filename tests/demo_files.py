"""The demo bank's files read back by their contracts, without the loader: for tests of what synth writes."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from tagmart.contracts import Column, Contract, load_contracts
from tagmart.core.settings import project_root


@cache
def contracts() -> dict[str, Contract]:
    """The contracts of the demo bank."""
    return load_contracts(project_root() / "expectations" / "contracts" / "demo")


def deliveries(contract: Contract, landing: Path) -> Iterator[tuple[date, str, list[Path]]]:
    """Date, kind and data files of every delivery of a feed, oldest first."""
    for folder in sorted(landing.glob("2*")):
        found: dict[str, list[Path]] = {}
        for path in sorted(folder.iterdir()):
            if match := contract.files.name_pattern().match(path.name):
                found.setdefault(match["kind"], []).append(path)
        for kind, paths in found.items():
            yield datetime.strptime(folder.name, "%Y%m%d").date(), kind, paths


def content(path: Path) -> bytes:
    """A data file without its packing."""
    if path.name.endswith(".gz"):
        return gzip.decompress(path.read_bytes())
    if path.name.endswith(".zst"):
        return pa.input_stream(str(path), compression="zstd").read()
    return path.read_bytes()


def records(contract: Contract, path: Path) -> list[list[str]]:
    """The fields of every record of a file, header, head and tail too, as they stand there."""
    form = contract.form
    raw = content(path)
    raw = raw.removeprefix(b"\xef\xbb\xbf") if form.encoding == "utf-8-sig" else raw
    if form.is_fixed:
        lines = [line.removesuffix(b"\r") for line in raw.split(b"\n")[:-1]]
        heads, tails = len(form.head) > 0, len(form.tail) > 0
        widths = [[one.width for one in frame] for frame in (form.head, form.tail)]
        body = [column.width for column in contract.columns]
        shape = [widths[0]] * heads + [body] * (len(lines) - heads - tails) + [widths[1]] * tails
        return [[field.decode(form.encoding) for field in _cut(line, one)] for line, one in zip(lines, shape, strict=True)]
    text = raw.decode(form.encoding)
    if form.quote:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=form.separator, quotechar=form.quote, strict=True))
    assert not text or text.endswith("\n")
    lines = text.replace("\r\n", "\n").split("\n")[:-1]
    if form.trailing:
        assert all(line.endswith(form.separator) for line in lines)
        lines = [line.removesuffix(form.separator) for line in lines]
    return [line.split(form.separator) for line in lines]


def rows(contract: Contract, day: date, path: Path) -> list[list[str | None]]:
    """The rows of a file, their values in one writing: ISO dates, amounts with point and leading minus, None for nothing."""
    then, form = contract.at(day), contract.form
    found = records(then, path)
    if form.header:
        assert found.pop(0) == list(then.names), path
    found = found[bool(form.head) : len(found) - bool(form.tail)]
    assert all(len(row) == len(then.columns) for row in found), path
    return [[plain(then, column, value) for column, value in zip(then.columns, row, strict=True)] for row in found]


def plain(contract: Contract, column: Column, value: str) -> str | None:
    """One value as any bank would write it."""
    form, kind = contract.form, column.type.kind
    value = value.strip(" ") if form.is_fixed else value
    if not value:
        return None
    if kind in ("date", "timestamp"):
        if value in form.no_date:
            return None
        return _moment(value, form.date) if kind == "date" else _time(value, form.timestamp)
    if kind == "decimal":
        if value.endswith("-"):
            value = f"-{value[:-1]}"
        if column.implied:
            digits = f"{int(value.lstrip('-')):0{column.type.scale + 1}d}"
            value = ("-" if value.startswith("-") else "") + f"{digits[: -column.type.scale]}.{digits[-column.type.scale :]}"
    return value


def tables(landing: Path, *feeds: str) -> duckdb.DuckDBPyConnection:
    """A table per feed (of these, or of all) over all deliveries, all text, with the delivery date as `delivered`.

    Columns are those of all times.
    """
    con = duckdb.connect()
    for contract in contracts().values():
        if feeds and contract.feed not in feeds:
            continue
        values: dict[str, list[str | None]] = {name: [] for name in (*contract.names, "delivered")}
        for day, _, paths in deliveries(contract, landing):
            names = contract.at(day).names
            for path in paths:
                columns = list(zip(*rows(contract, day, path), strict=True)) or [()] * len(names)
                count = len(columns[0])
                for name in contract.names:
                    values[name] += columns[names.index(name)] if name in names else [None] * count
                values["delivered"] += [f"{day:%Y%m%d}"] * count
        filled = pa.table({name: pa.array(column, pa.string()) for name, column in values.items()})
        con.register("filled", filled)
        con.execute(f"create table {contract.feed} as select * from filled")
        con.unregister("filled")
    return con


def control_values(path: Path) -> list[str]:
    """Every word of a control file."""
    return re.split(r"[|=\n]", path.read_text("utf-8"))


@cache
def _moment(value: str, shape: str) -> str:
    return str(datetime.strptime(value, shape).date())


def _time(value: str, shape: str) -> str:
    return value if shape == "%Y-%m-%d %H:%M:%S" else str(datetime.strptime(value, shape))


def _cut(line: bytes, widths: list[int]) -> list[bytes]:
    """The fields of a line of fixed width."""
    assert len(line) == sum(widths)
    found, begin = [], 0
    for width in widths:
        found.append(line[begin : begin + width])
        begin += width
    return found


def value_in_yuan(con: duckdb.DuckDBPyConnection) -> None:
    """A view core_bal_yuan: balances with what they are worth at the middle rate of their day, the last one known by then."""
    con.execute("""
        create or replace view core_bal_yuan as
        select core_bal.*, (bal::decimal(18, 2) * coalesce(rates.price, '1')::decimal(18, 4))::decimal(18, 2) as yuan
        from core_bal asof left join (from ref_price where kind_code = 'fx') as rates
        on core_bal.ccy = rates.price_code and core_bal.bal_date >= rates.price_date
    """)
