"""How fast a big file comes in: GB18030 with the separator |@|, checked against its contract, into ods.

Beside it: DuckDB reading the same rows as clean UTF-8 CSV into a table with the same types (what the issue measures by),
DuckDB's `encodings` extension where it is installed, and pandas. The rows are made from a seed; every one of their columns
has a type, most have a rule, and three kinds of check digits are among them. Each reader runs in a process of its own.

    python benchmarks/loader.py                    5,000,000 rows, about 1 GB, twice
    python benchmarks/loader.py --rows 500000      the same in a tenth of the time
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb

from tagmart.contracts import Contract, load_contracts
from tagmart.core.duck import literal
from tagmart.ingest.control import md5_of, read_manifest
from tagmart.ingest.deliver import take_delivery
from tagmart.ingest.digits import ID_CHARACTERS, ID_WEIGHTS, USCC_LETTERS, USCC_WEIGHTS
from tagmart.ingest.landing import Delivery
from tagmart.ingest.store import prepare_table

DAY = date(2026, 6, 30)
SEED = 20260630
SEPARATOR = "|@|"
PANDAS_ROWS = 200_000
READERS = ("duckdb", "tagmart", "encodings", "pandas")
CONTRACT = """
feed: flow
title: {zh: 流水, en: Transactions}
description: One row is a transaction.
load: journal
owner: core banking
files: {name: "flow_{biz_date}_{kind}.dat", control: "flow_{biz_date}_{kind}.ok", delivery: daily, sums: [amt]}
form: {encoding: gb18030, separator: "|@|", quote: none, header: true}
row_date: txn_date
key: [txn_no]
columns:
  - {name: txn_no, type: string(14), required: true}
  - {name: serial_no, type: string(20), required: true}
  - {name: card_no, type: string(19), required: true, check: luhn}
  - {name: id_no, type: string(18), required: true, check: resident_id, personal: C2}
  - {name: cust_name, type: string(40), required: true, personal: C2}
  - {name: cp_name, type: string(60)}
  - {name: cp_uscc, type: string(18), check: uscc}
  - {name: amt, type: "decimal(18,2)", required: true}
  - {name: bal, type: "decimal(18,2)", required: true}
  - {name: ccy, type: string(3), required: true, values: [CNY, USD, EUR, HKD]}
  - {name: side, type: string(1), required: true, values: [C, D]}
  - {name: brief, type: string(40)}
  - {name: address, type: string(80)}
  - {name: txn_date, type: date, required: true}
  - {name: txn_time, type: timestamp, required: true}
  - {name: cnt, type: integer, required: true}
  - {name: is_own, type: boolean, required: true}
  - {name: branch_id, type: string(6), required: true}
  - {name: product_code, type: string(10), required: true}
  - {name: mcc, type: string(4)}
"""


def main() -> None:
    """Make the files, let every reader read them, print the table."""
    arguments = argparse.ArgumentParser(description="how fast a big file comes in")
    arguments.add_argument("--rows", type=int, default=5_000_000)
    arguments.add_argument("--runs", type=int, default=2, help="how often the first two readers run; the best counts")
    arguments.add_argument("--memory", default="2GB", help="DuckDB's limit, of all readers")
    arguments.add_argument("--folder", type=Path, help="where the files are (kept); a temporary folder otherwise")
    arguments.add_argument("--measure", choices=READERS, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    os.environ["TAGMART_MEMORY"] = given.memory
    if given.measure:
        print(json.dumps(measured(given.measure, given.folder)))
    elif given.folder:
        report(given.folder, given.rows, given.runs, given.memory)
    else:
        with tempfile.TemporaryDirectory() as folder:
            report(Path(folder), given.rows, given.runs, given.memory)


def report(folder: Path, rows: int, runs: int, memory: str) -> None:
    """Make the files if they are not there, and print how every reader does."""
    if not control_file(folder).exists():
        started = time.perf_counter()
        make_files(folder, rows)
        print(f"files made in {time.perf_counter() - started:.0f} s")
    size = data_file(folder).stat().st_size
    print(f"{rows:,} rows, {size / 1e9:.2f} GB of GB18030; {os.cpu_count()} cores, DuckDB's limit {memory}\n")
    results: dict[str, list[dict]] = {}
    for reader in [*("duckdb", "tagmart") * runs, "encodings", "pandas"]:
        results.setdefault(reader, []).append(run(reader, folder, memory))
    base = min(one["seconds"] for one in results["duckdb"])
    print(f"{'reader':<34}{'seconds':>9}{'ratio':>8}{'CPU s':>8}{'memory':>9}   runs")
    labels = {
        "duckdb": "DuckDB, the rows as clean UTF-8", "tagmart": "tagmart, GB18030, checked",
        "encodings": "DuckDB, extension encodings", "pandas": "pandas, GB18030, unchecked",
    }
    for reader, found in results.items():
        best = min(found, key=lambda one: one.get("seconds", 0))
        if "failed" in best:
            print(f"{labels[reader]:<34}{best['failed']}")
            continue
        print(f"{labels[reader]:<34}{best['seconds']:>9.1f}{best['seconds'] / base:>8.2f}{best['cpu']:>8.1f}"
              f"{best['mb']:>6,.0f} MB   {', '.join(str(round(one['seconds'], 1)) for one in found)}{best.get('note', '')}")


def run(reader: str, folder: Path, memory: str) -> dict:
    """One reader in a process of its own."""
    command = [sys.executable, __file__, "--measure", reader, "--folder", str(folder), "--memory", memory]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1][:150]}
    return json.loads(done.stdout.splitlines()[-1])


def measured(reader: str, folder: Path) -> dict:
    """Let a reader read, and say how long it took and what it needed; its table is removed again."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        warehouse = connected(Path(scratch))
        prepare = {"encodings": load_encodings, "tagmart": make_table}.get(reader, lambda _: None)
        prepare(warehouse)
        started = time.perf_counter()
        share = {"duckdb": read_clean, "tagmart": read_checked, "encodings": read_encoded, "pandas": read_pandas}[reader](warehouse, folder)
        seconds = (time.perf_counter() - started) / share
        warehouse.close()
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = sum(one.ru_utime + one.ru_stime for one in (own, children))
    # Of the children only the largest is known: it counts for both.
    note = "" if share == 1 else f"   (scaled up from {share:.1%} of the rows)"
    return {"seconds": seconds, "cpu": cpu / share, "mb": (own.ru_maxrss + 2 * children.ru_maxrss) / 1024, "note": note}


def connected(folder: Path) -> duckdb.DuckDBPyConnection:
    """A warehouse of its own."""
    return duckdb.connect(str(folder / "warehouse.duckdb"), config={"threads": 2, "memory_limit": os.environ["TAGMART_MEMORY"]})


def contract_of(folder: Path) -> Contract:
    """The contract, read as a bank's are."""
    path = folder / "contracts" / "core" / "flow.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(CONTRACT, encoding="utf-8")
    return load_contracts(folder / "contracts")["flow"]


def make_table(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The feed's table, empty."""
    with tempfile.TemporaryDirectory() as folder:
        prepare_table(warehouse, contract_of(Path(folder)))


def read_checked(warehouse: duckdb.DuckDBPyConnection, folder: Path) -> float:
    """The whole of a delivery: control file, content, decoding, types, rules, check digits, keys, totals, ods."""
    contract = contract_of(folder)
    delivery = Delivery(DAY, "J", (data_file(folder),), control_file(folder))
    taken = take_delivery(warehouse, contract, delivery, read_manifest(contract, delivery), folder / "quarantine")
    if taken.rows_loaded != taken.rows_in:
        raise SystemExit(f"{taken.rows_quarantined} rows are bad: {taken.first_bad}")
    return 1


def read_clean(warehouse: duckdb.DuckDBPyConnection, folder: Path) -> float:
    """The same rows and types, as DuckDB likes them best."""
    columns = {column.name: column.type.sql for column in contract_of(folder).columns}
    warehouse.execute(f"create table flow as select * from read_csv({literal(str(clean_file(folder)))}, header = true,"
                      f" auto_detect = false, delim = ',', quote = '', columns = {columns})")
    return 1


def load_encodings(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The extension that reads other encodings, if it is installed; nothing is fetched."""
    warehouse.execute("load encodings")


def read_encoded(warehouse: duckdb.DuckDBPyConnection, folder: Path) -> float:
    """The GB18030 file through the extension."""
    columns = {column.name: column.type.sql for column in contract_of(folder).columns}
    warehouse.execute(f"create table flow as select * from read_csv({literal(str(data_file(folder)))}, header = true,"
                      f" auto_detect = false, delim = '|@|', quote = '', encoding = 'gb18030', columns = {columns})")
    return 1


def read_pandas(warehouse: duckdb.DuckDBPyConnection, folder: Path) -> float:
    """pandas' only reader of such separators, with types as far as it has them; a share of the rows."""
    import pandas

    path = data_file(folder)
    frame = pandas.read_csv(path, sep=r"\|@\|", engine="python", encoding="gb18030", nrows=PANDAS_ROWS,
                            dtype={"card_no": str, "id_no": str, "branch_id": str, "mcc": str, "serial_no": str},
                            parse_dates=["txn_date", "txn_time"])
    warehouse.execute("create table flow as select * from frame")
    return len(frame) / sum(part.rows_declared for part in [read_manifest(contract_of(folder), Delivery(DAY, "J", (path,), control_file(folder)))])


def data_file(folder: Path) -> Path:
    """The file as the bank sends it."""
    return folder / f"flow_{DAY:%Y%m%d}_J.dat"


def control_file(folder: Path) -> Path:
    """Its control file."""
    return folder / f"flow_{DAY:%Y%m%d}_J.ok"


def clean_file(folder: Path) -> Path:
    """The same rows as clean CSV."""
    return folder / "flow.csv"


def make_files(folder: Path, rows: int) -> None:
    """The rows from a seed, as clean CSV, as the bank's file, and its control file."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch, connected(Path(scratch)) as warehouse:
        warehouse.execute(f"create macro drawn(i, stream, size) as (hash(i * 64 + stream + {SEED * 1000003}) % size)::bigint")
        warehouse.execute(f"copy ({rows_of(rows)}) to {literal(str(clean_file(folder)))} (header, delimiter ',', quote '')")
        total = warehouse.execute(f"select sum(amt) from read_csv({literal(str(clean_file(folder)))}, columns = "
                                  f"{ {column.name: column.type.sql for column in contract_of(folder).columns} })").fetchone()[0]
    with clean_file(folder).open("r", encoding="utf-8", newline="") as clean, data_file(folder).open("wb") as out:
        while text := clean.read(1 << 22):
            out.write(text.replace(",", SEPARATOR).encode("gb18030"))
    size = data_file(folder).stat().st_size
    control_file(folder).write_text(
        f"{data_file(folder).name}|{size}|{rows}|{md5_of(data_file(folder))}\nSUM|amt|{total}|\nTOTAL|{size}|{rows}|\n", encoding="utf-8"
    )


def rows_of(rows: int) -> str:
    """SQL of the rows: all numbers right, names with rare letters, three in ten with a company on the other side."""
    names = "['示例王小明', '示例欧阳𠮷', '示例李㛃', '示例张三丰', '示例陈䶮', '示例刘㐀', '示例赵·敏', '示例ＡＢ']"
    towns = "['北京市朝阳区示例路', '上海市浦东新区示例大道', '广东省深圳市南山区示例科技园', '杭州市示例街']"
    briefs = "['工资代发', '转账', '消费', '利息', '转账汇款-备注', 'ATM取现', '']"
    digits_of_card = " + ".join(
        f"(card // {10**at} % 10) * 2 - if(card // {10**at} % 10 > 4, 9, 0)" if at % 2 == 0 else f"card // {10**at} % 10" for at in range(15)
    )
    digits_of_id = " + ".join(f"{weight} * (id // {10 ** (16 - at)} % 10)" for at, weight in enumerate(ID_WEIGHTS))
    digits_of_code = " + ".join(
        f"{weight} * (strpos('{USCC_LETTERS}', substr(code, {at}, 1)) - 1)" for at, weight in enumerate(USCC_WEIGHTS, start=1)
    )
    return f"""
        select
            'T' || lpad(i::varchar, 13, '0') as txn_no,
            '20260630' || lpad((i % 86400)::varchar, 6, '0') || lpad((i % 997)::varchar, 4, '0') as serial_no,
            card || ((10 - ({digits_of_card}) % 10) % 10)::varchar as card_no,
            id || substr('{ID_CHARACTERS}', 1 + ({digits_of_id}) % 11, 1) as id_no,
            {names}[1 + drawn(i, 1, 8)] as cust_name,
            if(code is null, '', '示例商户' || drawn(i, 2, 9999) || '有限公司') as cp_name,
            if(code is null, '', code || substr('{USCC_LETTERS}', 1 + (31 - ({digits_of_code}) % 31) % 31, 1)) as cp_uscc,
            (drawn(i, 3, 10000000) / 100)::decimal(18,2) as amt,
            (drawn(i, 4, 1000000000) / 100)::decimal(18,2) as bal,
            if(drawn(i, 5, 100) < 97, 'CNY', 'USD') as ccy,
            if(drawn(i, 6, 2) = 0, 'C', 'D') as side,
            {briefs}[1 + drawn(i, 7, 7)] as brief,
            {towns}[1 + drawn(i, 8, 4)] || drawn(i, 9, 300) || '号' as address,
            date '{DAY}' as txn_date,
            timestamp '{DAY}' + to_seconds(i % 86400) as txn_time,
            drawn(i, 10, 1000)::integer as cnt,
            if(drawn(i, 11, 3) = 0, 'N', 'Y') as is_own,
            lpad(drawn(i, 12, 900)::varchar, 6, '0') as branch_id,
            'PRD' || lpad(drawn(i, 13, 3000)::varchar, 5, '0') as product_code,
            if(drawn(i, 14, 2) = 0, '', lpad(drawn(i, 15, 9999)::varchar, 4, '0')) as mcc
        from (
            select
                i,
                622200000000000 + drawn(i, 16, 100000000000)::bigint as card,
                99010100000000000 + (1940 + drawn(i, 17, 60)::bigint) * 10000000 + (1 + drawn(i, 18, 12)::bigint) * 100000
                    + (1 + drawn(i, 19, 28)::bigint) * 1000 + drawn(i, 20, 1000)::bigint as id,
                if(drawn(i, 21, 10) < 3, '91110000MA' || lpad(drawn(i, 22, 10000000)::varchar, 7, '0'), null) as code
            from range({rows}) as numbers (i)
        )
    """


if __name__ == "__main__":
    main()
