"""Column lineage, drawn: what each column of a query is made of, and what only decides its rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.core.settings import SHARED, Settings
from tagmart.explain import lineage
from tagmart.explain.columns import Origin, Relation, columns_of
from tagmart.explain.lineage import CATALOGUES, Lineage, write_lineage

TABLES = {"dwd.txn": ("cust", "day", "amt", "kind"), "dwd.party": ("cust", "name", "born"), "ref.cut": ("code", "low")}


def read(sql: str) -> Relation:
    return columns_of(sql, lambda table: TABLES.get(table, ()), "tag_drawn")


def said(origins: frozenset[Origin]) -> str:
    return " ".join(sorted(f"{origin.table.split('.')[1]}.{origin.column}" for origin in origins))


@pytest.mark.parametrize(
    ("sql", "column", "value", "rows"),
    [
        ("select amt as a from dwd.txn", "a", "txn.amt", ""),
        ("select Txn.AMT as A from dwd.txn", "a", "txn.amt", ""),
        ("select sum(amt) as a from dwd.txn where kind = 'x' group by cust", "a", "txn.amt", "txn.cust txn.kind"),
        ("select case when kind = 'x' then amt end as a from dwd.txn", "a", "txn.amt txn.kind", ""),
        ("select count(*) as a from dwd.txn where amt > 0", "a", "", "txn.amt"),
        ("select * exclude (amt) from dwd.txn", "day", "txn.day", ""),
        ("select txn.*, born from dwd.txn as txn join dwd.party using (cust)", "born", "party.born", "party.cust txn.cust"),
        ("select amt * 2 as a, a + 1 as b from dwd.txn", "b", "txn.amt", ""),
        ("with x as (select cust, amt as a from dwd.txn where kind = 'x') select max(a) as m from x group by cust", "m",
         "txn.amt", "txn.cust txn.kind"),
        ("select amt from dwd.txn union all select born from dwd.party", "amt", "party.born txn.amt", ""),
        ("select cust, amt from dwd.txn union all by name select name as amt, cust from dwd.party", "amt",
         "party.name txn.amt", ""),
        ("select (select max(low) from ref.cut where code = txn.kind) as a from dwd.txn as txn", "a",
         "cut.code cut.low txn.kind", ""),
        ("select day from dwd.txn as txn where exists (select 1 from dwd.party where party.cust = txn.cust)", "day",
         "txn.day", "party.cust txn.cust"),
        ("select row_number() over (partition by cust order by day) as n from dwd.txn qualify n = 1", "n",
         "txn.cust txn.day", "txn.cust txn.day"),
        ("select unnest(generate_series(day, day + 3, interval 1 day)) as d from dwd.txn", "d", "txn.day", ""),
        ("select steps.step + amt as a from dwd.txn cross join (select unnest([1, 2]) as step) as steps", "a", "txn.amt", ""),
        ("with recursive up as (select cust, name from dwd.party union all select up.cust, txn.kind from up"
         " join dwd.txn as txn on up.name = txn.cust) select * from up", "name", "party.name txn.kind",
         "party.name txn.cust txn.kind"),
        ("select list_transform([amt], lambda x: x + 1) as a from dwd.txn", "a", "txn.amt", ""),
        ("select list_reduce([amt], lambda x, y: x + y + length(kind)) as a from dwd.txn", "a", "txn.amt txn.kind", ""),
        ("select sum(amt) over w as a from dwd.txn window w as (partition by cust order by day)", "a",
         "txn.amt txn.cust txn.day", ""),
        ("select a from dwd.txn as t(a)", "a", "txn.cust", ""),
        ("select amt from dwd.txn as t(a)", "amt", "txn.amt", ""),
        ("with x(a, b) as (select cust, amt from dwd.txn) select b from x", "b", "txn.amt", ""),
        ("select v.low from (values ('x', 1), ('y', 2)) as v(code, low) join dwd.txn on v.code = txn.kind", "low", "", "txn.kind"),
        ("select n.step as a from dwd.txn as txn, range(amt) as n(step)", "a", "txn.amt", ""),
        ("select * replace (amt + length(kind) as amt) from dwd.txn", "amt", "txn.amt txn.kind", ""),
        ("select distinct on (day) amt from dwd.txn", "amt", "txn.amt", "txn.day"),
        ("select amt in (select low from ref.cut) as a from dwd.txn", "a", "cut.low txn.amt", ""),
        ("select sum(amt order by day) filter (where kind = 'x') as a from dwd.txn", "a", "txn.amt txn.day txn.kind", ""),
    ],
)  # fmt: skip
def test_what_a_column_is_made_of(sql: str, column: str, value: str, rows: str) -> None:
    relation = read(sql)
    assert said(relation.columns[column]) == value
    assert said(relation.rows) == rows


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select amount from dwd.txn", "tag_drawn: the compiled SQL names a column that no table of its query has. Seen: amount"),
        ("select a from dwd.gone", "tag_drawn: the compiled SQL reads a table that is not there. Seen: dwd.gone"),
        ("select from where", 'tag_drawn: the compiled SQL cannot be read. Seen: syntax error at or near "where"'),
        ("select amt from dwd.txn; select born from dwd.party", "tag_drawn: the compiled SQL cannot be read. Seen: 2 statements"),
        ("insert into dwd.txn select 1", "tag_drawn: the compiled SQL cannot be read. Seen: Only SELECT statements"),
        ("select * from dwd.txn pivot (sum(amt) for kind in ('x'))",
         "tag_drawn: the compiled SQL says something whose columns cannot be traced. Seen: PIVOT"),
        ("select columns('a.*') from dwd.txn", "says something whose columns cannot be traced. Seen: a star with columns"),
        ("select max(columns('a.*')) from dwd.txn", "cannot be traced. Seen: a star inside an expression"),
        ("select list_transform([amt], lambda x: y + 1) as a from dwd.txn", "no table of its query has. Seen: y"),
    ],
)
def test_sql_that_cannot_be_traced_is_named(sql: str, message: str) -> None:
    with pytest.raises(TagmartError, match=message.replace(".", r"\.")):
        read(sql)


def test_through_the_layers() -> None:
    """A filter of the lowest layer still decides the rows of the highest; what makes the value is no mere filter."""
    models = {
        "stg.txn": Relation(
            {"cust": frozenset({Origin("ods.t", "c")}), "amt": frozenset({Origin("ods.t", "a"), Origin("ods.t", "flag")})},
            frozenset({Origin("ods.t", "flag"), Origin("ods.t", "deleted")}),
        ),
        "tags.sum": Relation({"total": frozenset({Origin("stg.txn", "amt")})}, frozenset({Origin("stg.txn", "cust")})),
    }
    traced = Lineage(models).trace(Origin("tags.sum", "total"))
    assert traced.value == {Origin("stg.txn", "amt"), Origin("ods.t", "a"), Origin("ods.t", "flag")}
    assert traced.rows == {Origin("ods.t", "c"), Origin("ods.t", "deleted")}


def test_a_lineage_is_read_once_and_anew_where_a_text_or_a_table_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, reads = Settings(tmp_path / "root", "demo", tmp_path / "home"), []
    monkeypatch.delenv(SHARED, raising=False)
    read = lineage.compiled_lineage
    monkeypatch.setattr(lineage, "compiled_lineage", lambda *given: reads.append(given) or read(*given))
    compiled, tag = settings.home / "dbt/compiled/tagmart/models/dwd_txn.sql", settings.dbt_project / "models/tags/tag_retail_drawn.sql"
    texts = {
        compiled: "select customer_id, amt from ods.txn",
        tag: "select customer_id, amt as drawn from {{ ref('dwd_txn') }}",
        **{settings.dbt_project / "seeds/generated" / name: "entity,tag_name,model\n" for name in CATALOGUES},
    }
    texts[settings.dbt_project / "seeds/generated" / CATALOGUES[0]] += "retail,drawn,tag_retail_drawn\n"
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def change(*statements: str) -> None:
        with connect(settings.warehouse) as warehouse:
            for statement in statements:
                warehouse.execute(statement)

    def written() -> list[tuple]:
        assert write_lineage(settings) == 1
        with connect(settings.warehouse) as warehouse:
            return warehouse.execute("select layer, table_name, column_name, role from ops.tag_lineage order by all").fetchall()

    change("create schema ods", "create schema dwd", "create schema ops", "create schema seg",
           "create table ods.txn as select 'C1' as customer_id, 1 as amt, 2 as fee", "create table dwd.txn as select 'C1' as customer_id, 1 as amt")
    first = [("dwd", "txn", "amt", "value"), ("source", "txn", "amt", "value")]
    assert (written(), len(reads)) == (first, 1)
    change("create table seg.member as select 'C1' as customer_id")
    assert (written(), len(reads)) == (first, 1), "a night that has nothing new reads nothing"
    compiled.write_text("select customer_id, amt + fee as amt from ods.txn")
    with_fee = [first[0], ("source", "txn", "amt", "value"), ("source", "txn", "fee", "value")]
    assert (written(), len(reads)) == (with_fee, 2)
    tag.write_text("select customer_id, amt as drawn from {{ ref('dwd_txn') }} where amt > 0")
    assert (written(), len(reads)) == (with_fee, 3)
    change("alter table ods.txn add column kind varchar")
    assert (written(), len(reads)) == (with_fee, 4)
