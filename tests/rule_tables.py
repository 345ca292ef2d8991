"""Tiny wide tables and the rules that are tried on them, by way of the generated models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import duckdb
from jinja2 import Template

from tagmart.rules import Catalogue, Entity, Rule, Tag, compile_rules
from tagmart.rules.evaluate import fill
from tagmart.rules.files import rule_of
from tagmart.rules.writing import model_files

D = date(2026, 6, 30)
BOTH = ("marketing", "service", "management")
TAGS = (
    Tag("R-DEP-00001", "dep_bal", "retail", "number", scale=2, unit="cny", purposes=frozenset(BOTH)),
    Tag("R-WM-00001", "wm_bal", "retail", "number", scale=2, unit="cny", purposes=frozenset(BOTH)),
    Tag("R-TXN-00001", "txn_cnt", "retail", "number", unit="items", purposes=frozenset(BOTH)),
    Tag("R-DEP-00002", "dep_ratio", "retail", "number", scale=4, unit="ratio", purposes=frozenset(BOTH)),
    Tag("R-PROF-00001", "prof_is_staff", "retail", "flag", purposes=frozenset(BOTH)),
    Tag("R-PROF-00002", "prof_status_code", "retail", "text", purposes=frozenset(BOTH),
        codes=frozenset({"normal", "closed", "Frozen"})),
    Tag("R-PAY-00001", "pay_start_date", "retail", "date", purposes=frozenset(BOTH)),
    Tag("R-RISK-00001", "risk_is_blocked", "retail", "flag", purposes=frozenset({"risk"})),
    Tag("R-RISK-00002", "risk_code", "retail", "number", unit="level", theme="risk",
        purposes=frozenset({"risk", "marketing"})),
    Tag("R-PROF-00003", "prof_mng_org", "retail", "text", purposes=frozenset(BOTH)),
    Tag("R-PROF-00004", "prof_manager_id", "retail", "text", purposes=frozenset(BOTH)),
    Tag("R-TAX-00001", "tax_bal", "retail", "number", scale=2, unit="cny", purposes=frozenset({"statutory"})),
)  # fmt: skip
ENTITIES = {"retail": Entity(branch="prof_mng_org", manager="prof_manager_id", money="dep_bal")}
BRANCHES = {"H000": "H000", "B100": "H000/B100", "B101": "H000/B100/B101", "B201": "H000/B200/B201"}
COLUMN_TYPES = {
    "customer_id": "varchar", "biz_date": "date", "dep_bal": "decimal(18,2)", "wm_bal": "decimal(18,2)",
    "txn_cnt": "integer", "dep_ratio": "decimal(18,4)", "prof_is_staff": "boolean", "prof_status_code": "varchar",
    "pay_start_date": "date", "risk_is_blocked": "boolean", "risk_code": "integer", "tax_bal": "decimal(18,2)",
    "prof_mng_org": "varchar", "prof_manager_id": "varchar",
}  # fmt: skip


CATALOGUE = Catalogue({"retail": {tag.name: replace(tag, data_type=COLUMN_TYPES[tag.name]) for tag in TAGS}})


def rule(text: str, key: str = "the_rule", number: int = 1, **fields: object) -> Rule:
    """A rule with this text; every other field is filled in."""
    raw = {
        "segment_id": f"S-R-{number:04d}", "key": key, "zh": "客群", "en": "Segment", "entity": "retail", "line": "deposit",
        "owner": "Retail", "purpose": "marketing", "description": {"zh": "说明", "en": "What"}, "rule": text, **fields,
    }  # fmt: skip
    return rule_of(raw, f"models/rules/retail/deposit/{key}.yml")


def members(
    rules: list[Rule], rows: list[dict], biz_date: date = D, past: dict[int, list[dict]] | None = None,
    listed: dict[str, list[str]] | None = None,
) -> dict[str, set[str]]:
    """Members of each segment by key, from the generated models over a wide table with these rows.

    Args:
        rules: the rules.
        rows: one per customer: c0, c1, …; a column that is left out is missing.
        listed: whom imported lists name, by key.
        past: days back → rows of that night, likewise; a night that is left out was not published.
    """
    compiled = compile_rules(rules, CATALOGUE, ENTITIES)
    with duckdb.connect() as connection:
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMN_TYPES.items())
        connection.execute(f"create table tags_retail ({columns}); create table past_tags_retail ({columns}, days_back integer)")
        connection.execute("create table dim_branch (org_id varchar, org_path varchar)")
        connection.executemany("insert into dim_branch values (?, ?)", list(BRANCHES.items()))
        _fill(connection, "tags_retail", [{"biz_date": biz_date, **row} for row in rows])
        connection.execute("create table list_member (entity varchar, list_key varchar, customer_id varchar)")
        for key, ids in (listed or {}).items():
            connection.executemany("insert into list_member values ('retail', ?, ?)", [[key, one] for one in ids])
        for days, then in (past or {}).items():
            _fill(connection, "past_tags_retail", [{"days_back": days, **row} for row in then])
        files = model_files(compiled)
        fill_members(connection, files)
        found = connection.execute(rendered(files["segment_membership.sql"])).fetchall()
    by_key = {item.segment_id: item.key for item in rules}
    result: dict[str, set[str]] = {key: set() for key in by_key.values()}
    for segment_id, customer_id, _ in found:
        assert customer_id not in result[by_key[segment_id]], "a customer is in a segment once"
        result[by_key[segment_id]].add(customer_id)
    return result


def _fill(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict]) -> None:
    for number, row in enumerate(rows):
        full = {"customer_id": f"c{number}", **row}
        marks = ", ".join("?" for _ in full)
        connection.execute(f"insert into {table} ({', '.join(full)}) values ({marks})", list(full.values()))


def fill_members(connection: duckdb.DuckDBPyConnection, files: Mapping[str, str]) -> None:
    """Make the table of every storey's generated model, as its materialization does, the lower ones first."""
    for name in sorted(name for name in files if name.startswith("segment_membership_") and name.endswith(".sql")):
        told: dict = {}
        fill(connection, name.removesuffix(".sql"), rendered(files[name], told=told), told["rules"])


def rendered(query: str, gone: Sequence[str] = (), told: dict | None = None) -> str:
    """The SQL of a generated model over tables that bear the models' names.

    Args:
        query: the model.
        gone: tags that the wide table is said to lack.
        told: takes what the model says of itself.
    """
    said = {} if told is None else told
    lost = ", ".join(f"('{name}')" for name in ("", *gone))
    return Template(query).render(
        ref=lambda name: name, source=lambda _, name: name, config=lambda **words: said.update(words) or "",
        tags_there=lambda _, wanted: "".join(f", {name}" for name in wanted),
        tags_gone=lambda *_: f"select tag_name from (values {lost}) as listed (tag_name) where tag_name <> ''",
    )


def selects(text: str, column: str, values: list[object], **fields: object) -> list[object]:
    """The values of one column whose rows the rule selects."""
    found = members([rule(text, **fields)], [{column: value} for value in values])["the_rule"]
    return [value for number, value in enumerate(values) if f"c{number}" in found]
