"""Keys that stand in more than one row of a delivery."""

from __future__ import annotations

import duckdb

from tagmart.contracts import Contract
from tagmart.core.duck import identifier
from tagmart.ingest.decode_faults import DUPLICATE_RULE
from tagmart.ingest.store import TAKEN


def duplicate_rule(contract: Contract) -> tuple[str, str]:
    """The column and rule of rows with a key that another row has."""
    return ", ".join(contract.key), DUPLICATE_RULE


def mark_duplicates(warehouse: duckdb.DuckDBPyConnection, contract: Contract, number: int) -> int:
    """Mark rows whose key another good row has too: nobody can say which of them is right, so all are set aside.

    Args:
        warehouse: where `taken` is.
        contract: of the feed, with its key.
        number: the fault to write into `taken`; `seen` then names the key and another row that has it.

    Returns:
        How many rows were marked.
    """
    keys = [identifier(name) for name in contract.key]
    # Almost always no key stands twice, and hashes of eight bytes are enough to be sure of it.
    rows, different = warehouse.execute(
        f"select count(*), count(distinct hash({', '.join(keys)})) from {TAKEN} where fault is null"
    ).fetchone()
    if rows == different:
        return 0
    warehouse.execute(f"""
        create or replace temp table twice as
        select {', '.join(keys)}, arg_min(part, (part, src_line)) as first_part, min((part, src_line))[2] as first_line,
            arg_max(part, (part, src_line)) as last_part, max((part, src_line))[2] as last_line
        from {TAKEN}
        where fault is null
        group by {', '.join(keys)}
        having count(*) > 1
    """)
    shown = ", ".join(
        f"left(cast(taken.{identifier(name)} as varchar), 1) || '***'" if contract.column(name).personal == "C2"
        else f"cast(taken.{identifier(name)} as varchar)"
        for name in contract.key
    )
    is_first = "(taken.part, taken.src_line) = (first_part, first_line)"
    other_part, other_line = f"if({is_first}, last_part, first_part)", f"if({is_first}, last_line, first_line)"
    return warehouse.execute(f"""
        update {TAKEN} as taken
        set fault = {number},
            seen = concat_ws(', ', {shown}) || '; also on line ' || {other_line}
                || if({other_part} <> taken.part, ' of part ' || ({other_part} + 1), '')
        from temp.main.twice as twice
        where taken.fault is null and {' and '.join(f'taken.{key} = twice.{key}' for key in keys)}
    """).fetchone()[0]
