"""References of a contract: columns whose values must stand in other feeds. Read from `refers`, checked over all contracts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tagmart.contracts.model import Contract, Reference, Target
from tagmart.contracts.words import fail, known, list_of, name_of, one_of, share_of, text_of
from tagmart.core.errors import nearest

SEVERITIES = ("warn", "fail")


def read_refers(where: str, raw: object) -> tuple[Reference, ...]:
    """The block `refers`: a list of {columns: [acct_no], to: core_acct}.

    `to` is a feed (its key is meant), FEED.COLUMN where another column is meant, or a list of these: one of them is enough.
    """
    found = []
    for number, item in enumerate(list_of(where, "refers", raw), start=1):
        here = f"refers[{number}]"
        block = known(where, here, item, ("columns", "to"), ("columns", "to", "limit", "severity"))
        columns = tuple(name_of(where, f"{here}.columns", name) for name in list_of(where, f"{here}.columns", block["columns"]))
        targets = block["to"] if isinstance(block["to"], list) else [block["to"]]
        if not columns or not targets:
            fail(where, here, "a reference is from columns to a feed", repr(item), "write {columns: [acct_no], to: core_acct}")
        found.append(Reference(
            columns=columns,
            to=tuple(_target(where, f"{here}.to", target) for target in targets),
            limit=share_of(where, f"{here}.limit", block.get("limit", Reference.limit)),
            severity=one_of(where, f"{here}.severity", block.get("severity", Reference.severity), SEVERITIES),
        ))
    return tuple(found)


def _target(where: str, key: str, raw: object) -> Target:
    """FEED or FEED.COLUMN."""
    feed, dot, column = text_of(where, key, raw).partition(".")
    return Target(name_of(where, key, feed), (name_of(where, key, column),) if dot else ())


def resolved(contract: Contract, contracts: Mapping[str, Contract]) -> Contract:
    """The contract with the columns of each target named.

    Args:
        contract: whose references are as they are written.
        contracts: all contracts of the bank.

    Raises:
        TagmartError: if a feed or a column is not there, or the columns cannot be compared.
    """
    refers = []
    for number, one in enumerate(contract.refers, start=1):
        here = f"refers[{number}]"
        for name in one.columns:
            _require_column(contract.path, f"{here}.columns", contract, name)
        targets = tuple(_resolved_target(contract, f"{here}.to", one, target, contracts) for target in one.to)
        refers.append(replace(one, to=targets))
    return replace(contract, refers=tuple(refers))


def _resolved_target(
    contract: Contract, here: str, reference: Reference, target: Target, contracts: Mapping[str, Contract]
) -> Target:
    """A target with its columns, which are there and can be compared with those that refer to it."""
    where = contract.path
    if target.feed not in contracts:
        fail(where, here, "there is no such feed", target.feed, nearest(target.feed, set(contracts)) or "name a feed of this bank")
    other = contracts[target.feed]
    columns = target.columns or other.key
    for name in columns:
        _require_column(where, here, other, name)
    if len(columns) != len(reference.columns):
        fail(where, here, f"{len(reference.columns)} columns cannot refer to {len(columns)}", f"{other.feed} ({', '.join(columns)})",
             f"name as many columns, or one column of it: {other.feed}.{columns[0]}")
    for name, theirs in zip(reference.columns, columns, strict=True):
        kinds = contract.column(name).type.kind, other.column(theirs).type.kind
        if kinds[0] != kinds[1]:
            fail(where, here, f"the columns are of two types: {name} {kinds[0]}, {other.feed}.{theirs} {kinds[1]}", name,
                 "let a column refer to one of its own type")
    return Target(other.feed, columns)


def _require_column(where: str, key: str, contract: Contract, name: str) -> None:
    """Refuse a column that a contract does not have."""
    if name not in contract.names:
        fail(where, key, f"{contract.feed} has no such column", name, nearest(name, set(contract.names)) or "name a column of the contract")
