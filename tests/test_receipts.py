"""Receipts, drawn: of which stored rows each row of a query is made; what rows of a partial fold to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tagmart.contracts import load_contracts
from tagmart.core.duck import connect
from tagmart.core.settings import Settings, project_root
from tagmart.explain.partial import Row, Span, fold, spans_of
from tagmart.explain.receipt import Stored, UnfoldableError, with_receipts
from tagmart.explain.rows import personal_columns
from tagmart.tagspec.expand import tag_models
from tagmart.tagspec.read import read_families
from tagmart.tagspec.vocabulary import read_vocabulary
from tests.tag_nights import model_of

TABLES = {
    "dwd.txn": ("line integer, cust varchar, day integer, amt integer, kind varchar",
                [(1, "a", 1, 5, "in"), (2, "a", 1, 0, "in"), (3, "a", 2, 7, "out"), (4, "b", 1, 9, "in"), (5, "b", 2, None, "out")]),
    "dwd.acct": ("line integer, cust varchar, nature varchar", [(11, "a", "x"), (12, "b", "y")]),
    "ref.word": ("kind varchar, word varchar", [("in", "come"), ("out", "go")]),
    "dws.held": ("cust varchar, valid_from integer, valid_to integer, bal integer", [("a", 1, 2, 5), ("a", 2, 9, 7), ("b", 1, 9, 9)]),
    "ops.run_context": ("biz_date integer", [(2,)]),
}  # fmt: skip
MODELS = {
    "dws.daily": "with t as (select * from dwd.txn) select cust, day, cast(sum(amt) as integer) as amt, count(*) as cnt from t group by all",
    "dws.held": "select cust, day, sum(amt) as bal from dwd.txn group by 1, 2",
    "dws.round": "with recursive r as (select 1 as n union all select n + 1 from r where n < 3) select n, amt from r, dwd.txn",
}  # fmt: skip


@pytest.fixture(scope="module")
def duck():
    with connect() as connection:
        for table, (columns, rows) in TABLES.items():
            connection.execute(f"create schema if not exists {table.split('.')[0]}; create table {table} ({columns})")
            connection.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)
        yield connection


def stored(**more: object) -> Stored:
    columns = {name: tuple(word.split()[0] for word in text.split(", ")) for name, (text, _) in TABLES.items()}
    slip = "[{'source': '%s', 'src_file': 'f', 'src_line': line::bigint, 'seen': []::varchar[]}]"
    return Stored(
        lambda table: columns.get(table, ()), lambda table: slip % table if table.startswith("dwd.") else None,
        lambda table: MODELS.get(table), **more,
    )  # fmt: skip


def lines(duck, sql: str, asked: str, **more: object) -> dict[str, list[int]]:
    """The lines of the receipts of each row, by the row's `cust`, or by '' where it has none."""
    made = with_receipts(sql, tuple(asked.split()), stored(**more))
    found: dict[str, list[int]] = {}
    for cust, slips in duck.execute(f"select columns('cust|receipt') from ({made}) as made").fetchall():
        found.setdefault(cust, []).extend(slip["src_line"] for slip in slips or ())
    return {cust: sorted(set(numbers)) for cust, numbers in found.items()}


@pytest.mark.parametrize(
    ("sql", "asked", "a", "b"),
    [
        ("select cust, amt as x from dwd.txn where day = 1", "x", [1, 2], [4]),
        # Of a sum those that are not 0; of a count of rows all of them; of a maximum those that have a value.
        ("select cust, sum(amt) as x from dwd.txn group by 1", "x", [1, 3], [4]),
        ("select cust, count(*) as x from dwd.txn group by 1", "x", [1, 2, 3], [4, 5]),
        ("select cust, max(amt) as x from dwd.txn group by 1", "x", [1, 2, 3], [4]),
        ("select cust, sum(case when kind = 'in' then amt end) as x from dwd.txn group by 1", "x", [1], [4]),
        ("select cust, sum(amt) filter (where kind = 'out') as x from dwd.txn group by 1", "x", [3], []),
        ("select cust, count(distinct case when amt > 5 then day end) as x from dwd.txn group by 1", "x", [3], [4]),
        ("select cust, min(day) as y, sum(amt) as x from dwd.txn group by 1", "y", [1, 2, 3], [4, 5]),
        # Of two sources only the one that the asked column reads.
        ("select t.cust, t.amt as x, acct.nature as y from dwd.txn as t join dwd.acct as acct using (cust)", "y", [11], [12]),
        ("select acct.cust, coalesce(s.x, 0) as x from dwd.acct as acct left join"
         " (select cust, sum(amt) as x from dwd.txn where kind = 'out' group by 1) as s on s.cust = acct.cust", "x", [3], []),
        # What a list says of a row is made of the row.
        ("select t.cust, word.word as x from dwd.txn as t left join ref.word as word on t.kind = word.kind where day = 2", "x",
         [3], [5]),
        ("select cust, true as x from dwd.acct", "x", [11], [12]),
        ("select distinct cust, kind as x from dwd.txn where amt >= 0", "x", [1, 2, 3], [4]),
        ("select cust, amt as x from dwd.txn where day = 1 union all select cust, 1 as x from dwd.acct", "x", [1, 2, 11], [4, 12]),
        ("select cust, kind as x from dwd.txn union select cust, nature as y from dwd.acct", "x", [1, 2, 3, 11], [4, 5, 12]),
        # One named query, asked two things.
        ("with s as (select cust, sum(amt) as amt, max(day) as day from dwd.txn where kind = 'out' group by 1)"
         " select one.cust, one.amt as x, two.day as y from s as one join s as two using (cust)", "x", [3], []),
        ("with t as (select *, amt * 2 as twice from dwd.txn), s as (select * exclude (kind) from t where day = 1)"
         " select s.*, twice + 1 as x from s", "x", [1, 2], [4]),
        ("select cust, row_number() over (partition by cust order by day desc, line) as n, amt as x from dwd.txn qualify n = 1", "x",
         [3], [5]),
        ("select cust, day, sum(amt) over (partition by cust order by day) as x from dwd.txn qualify day = 2", "x", [1, 2, 3], [4, 5]),
        ("select cust, sum(amt) as x from dws.daily where day = 1 group by 1", "x", [1], [4]),
        ("select cust, sum(cnt) as x from dws.daily group by 1", "x", [1, 2, 3], [4, 5]),
    ],
)  # fmt: skip
def test_the_rows_that_a_column_is_made_of(duck, sql: str, asked: str, a: list[int], b: list[int]) -> None:
    found = lines(duck, sql, asked)
    assert found["a"] == a
    assert found.get("b", []) == b


def test_the_rows_stay_what_they_were(duck) -> None:
    """A rewritten query gives the values that it gave before: a value computed again is the night's own."""
    sql = (
        "with d as (select * from dws.daily), n as (select (select max(biz_date) from ops.run_context) as today)"
        " select cust, sum(case when day = n.today then amt end) as now, count(*) as days from d cross join n group by 1"
    )
    plain = sql.replace("dws.daily", f"({MODELS['dws.daily']}) as daily")
    made = with_receipts(sql, ("now",), stored())
    assert duck.execute(f"select * exclude (receipt) from ({made}) order by 1").fetchall() == duck.execute(f"{plain} order by 1").fetchall()


def test_a_history_day_by_day_and_by_its_first_days(duck) -> None:
    sql = "select cust, bal as x from dws.held where valid_from <= 2 and valid_to > 2"
    assert lines(duck, sql, "x", day_by_day=True) == {"a": [3], "b": []}
    assert lines(duck, sql, "x") == {"a": [3], "b": [4]}


def test_another_business_date_is_read_instead(duck) -> None:
    sql = "select cust, sum(case when day = run_context.biz_date then amt end) as x from dwd.txn, ops.run_context group by 1"
    assert lines(duck, sql, "x") == {"a": [3], "b": []}
    assert lines(duck, sql, "x", instead={"ops.run_context": "select 1 as biz_date"}) == {"a": [1], "b": [4]}


@pytest.mark.parametrize("sql", ["select amt as x from dws.round", "select amt as x from dwd.txn except select 1", "select from"])
def test_what_cannot_be_followed_is_said(sql: str) -> None:
    with pytest.raises(UnfoldableError):
        with_receipts(sql, ("x",), stored())


def test_personal_columns_are_those_of_the_contracts() -> None:
    found = personal_columns(Settings.load("demo"))
    folder = project_root() / "expectations" / "contracts"
    for bank in ("demo", "berka"):
        named = {
            column.name for contract in load_contracts(folder / bank).values() for column in contract.columns if column.personal
        }
        assert named
        assert named <= found


D = date(2026, 6, 24)
BLOCK = """
family: txn
from: dws_retail_transaction_daily
where: {mode: [transfer]}
slices: {direction: all, channel: [mbank, other]}
combos: [[channel, direction]]
measures: [amt_sum, amt_max, cnt, day_cnt, last_date, amt_davg, amt_std, amt_ratio]
windows: [30d, lm]
missing: zero
"""


def row(day: str, amount: str, channel: str = "mbank", direction: str = "out", mode: str = "transfer") -> Row:
    slices = {"channel": channel, "direction": direction, "cp": "cash", "mode": mode, "purpose": "consume"}
    return Row(date.fromisoformat(day), date.fromisoformat(day), slices, Decimal(amount))


@pytest.mark.parametrize(
    ("name", "value", "days"),
    [
        # The day exactly 30 days ago is out; cash is cut away; the counter is another channel, and a direction another tag.
        ("txn_mbank_out_amt_sum_30d", "60.00", ["2026-05-26", "2026-06-24", "2026-06-24"]),
        ("txn_other_out_amt_sum_30d", "7.00", ["2026-06-01"]),
        ("txn_mbank_in_amt_sum_30d", "0.00", []),
        ("txn_mbank_out_amt_davg_30d", "2.00", ["2026-05-26", "2026-06-24", "2026-06-24"]),
        ("txn_mbank_out_day_cnt_30d", 2, ["2026-05-26", "2026-06-24", "2026-06-24"]),
        ("txn_mbank_out_last_date_30d", D, ["2026-05-26", "2026-06-24", "2026-06-24"]),
        ("txn_mbank_out_amt_sum_lm", "1010.00", ["2026-05-25", "2026-05-26"]),
        ("txn_mbank_out_amt_ratio_30d", "0.8955", ["2026-05-26", "2026-06-24", "2026-06-24"]),
        ("txn_other_in_last_date_30d", None, []),
    ],
)
def test_rows_fold_as_the_sentence_says(name: str, value: object, days: list[str]) -> None:
    model = model_of(BLOCK)
    rows = [
        row("2026-05-25", "1000"), row("2026-05-26", "10"), row("2026-06-24", "20"), row("2026-06-24", "30", mode="transfer"),
        row("2026-06-01", "7", channel="counter"), row("2026-06-02", "99", mode="cash"),
    ]  # fmt: skip
    [tag] = [tag for tag in model.tags if tag.name == name]
    vocabulary = read_vocabulary(project_root() / "dbt_project" / "tag_specs", "retail")
    folded = fold(tag, model, rows, D, vocabulary)
    assert folded.value == (Decimal(value) if isinstance(value, str) else value)
    assert [str(one.first) for one in folded.rows] == days


def test_a_state_counts_on_each_of_its_days() -> None:
    specs = project_root() / "dbt_project" / "tag_specs"
    vocabulary = read_vocabulary(specs, "retail")
    models = tag_models(read_families(specs, "retail", vocabulary), vocabulary)
    found = {tag.name: (tag, model) for model in models for tag in model.tags}
    states = [
        Row(date(2026, 5, 1), date(2026, 6, 23), {"prod": "demand"}, Decimal(300)),
        Row(D, date(9999, 12, 30), {"prod": "demand"}, Decimal(600)),
        Row(D, date(9999, 12, 30), {"prod": "term"}, Decimal(1)),
    ]
    totals = [
        Row(date(2026, 5, 1), date(2026, 6, 23), {"total": "dep"}, Decimal(300)),
        Row(D, date(9999, 12, 30), {"total": "dep"}, Decimal(601)),
        Row(D, date(9999, 12, 30), {"total": "held"}, Decimal(7)),
    ]
    said = {name: fold(*found[name], states, D, vocabulary).value for name in ("dep_demand_bal", "dep_demand_davg_30d")}
    assert said == {"dep_demand_bal": Decimal(600), "dep_demand_davg_30d": Decimal(310)}
    assert fold(*found["dep_davg_30d"], totals, D, vocabulary).value == Decimal("310.03")


def test_the_days_of_a_tag_in_words() -> None:
    model = model_of(BLOCK)
    spans = {tag.name: spans_of(tag.column, D) for tag in model.tags}
    assert [str(span) for span in spans["txn_mbank_out_amt_sum_30d"]] == ["2026-05-26 to 2026-06-24 (30 days)"]
    assert [str(span) for span in spans["txn_mbank_out_amt_sum_lm"]] == ["2026-05-01 to 2026-05-31 (31 days)"]
    assert str(Span(D, D)) == "the end of 2026-06-24"
    assert str(Span(None, D)) == "the first day on record to 2026-06-24"
