"""What arrays make of folds and families is what their SQL says, of every entity, over random partials."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagmart.core.settings import Settings, project_root
from tagmart.folding.block import Block
from tagmart.folding.columns import as_column
from tagmart.folding.customers import Customers
from tagmart.folding.family import family
from tagmart.folding.fold import fold
from tagmart.folding.partial import Partial, look_up, readings
from tagmart.folding.plans import UnfitError, family_plan, fold_plan
from tagmart.folding.rows import Rows, folded, must_fit
from tagmart.night import blocks
from tagmart.night.blocks import Wide, fill
from tagmart.tagspec.fold_sql import fold_sql
from tagmart.tagspec.folds import folds_of, is_count
from tagmart.tagspec.model import Table, TagModel
from tagmart.tagspec.render import renderer
from tagmart.tagspec.sql import tag_model_sql
from tagmart.tagspec.vocabulary import read_vocabulary
from tagmart.tagspec.write import ENTITIES, entity_models
from tests.drawn import feeds

D = date(2026, 3, 31)
# Days on which windows begin and end, and those beside them; leap days and years that no window reaches.
BACK = (0, 1, 2, 6, 7, 8, 27, 28, 29, 30, 31, 58, 59, 60, 89, 90, 91, 118, 119, 120, 179, 180, 181, 239, 240, 364, 365, 366, 395, 400, 455, 761, 1500)
CUSTOMERS, STRANGER, NOBODY = [f"C{number:02d}" for number in range(9)], "C99", "C50"


@dataclass(frozen=True)
class Statements:
    """The rendered SQL of an entity's folds and families, by the names of their models, and the partials that they read."""

    folds: Mapping[str, str]
    families: Mapping[str, str]
    models: Mapping[str, TagModel]
    tables: tuple[Table, ...]


@cache
def statements(entity: str) -> Statements:
    project = Settings(root=project_root(), bank="demo", home=project_root())
    vocabulary = read_vocabulary(project.specs_dir, entity)
    models = {model.name: model for model in entity_models(project, entity, vocabulary) if model.family}
    read = folds_of(models.values(), vocabulary)
    render = renderer(project.dbt_project, ref=str)
    return Statements(
        folds={one.name: render(fold_sql(one, entity)) for one in read.values() if one.name},
        families={name: render(tag_model_sql(model, model.family, read[name], vocabulary)) for name, model in models.items()},
        models=models,
        tables=tuple({model.family.table.name: model.family.table for model in models.values()}.values()),
    )


def day_of(chance: np.random.Generator) -> date:
    return D - timedelta(days=int(chance.choice(BACK) if chance.random() < 0.6 else chance.integers(-80, 800)))


def rows_of(table: Table, chance: np.random.Generator) -> list[tuple]:
    """Rows of a partial: of a history each state ends where the next begins, sometimes before, and sometimes on its own day."""
    def value(of: str, how: str) -> object:
        if how == "max" and chance.random() < 0.2:
            return None  # of a day on which nothing came through
        return int(chance.integers(-1, 4)) if is_count(of) else round(float(chance.choice([0, 0.01, -55.55, 1e7, chance.random() * 1000])), 2)

    def values() -> list[object]:
        return [value(of, how) for of, how in table.folds.items()]

    made = []
    for customer in [*CUSTOMERS[:-1], STRANGER]:
        for _ in range(int(chance.integers(0, 6))):
            slices = [str(chance.choice(every)) for every in table.slices.values()]
            if table.form != "history":
                made += [(customer, *slices, day_of(chance), *values()) for _ in range(int(chance.integers(1, 12)))]
                continue
            days = sorted(day_of(chance) for _ in range(int(chance.integers(2, 14))))
            ends = [day if chance.random() < 0.8 else max(begin, day - timedelta(days=3)) for begin, day in pairwise(days)]
            made += [(customer, *slices, begin, end, *values()) for begin, end in zip(days, [*ends, date(9999, 12, 31)], strict=True)]
    return made


def bank_of(entity: str, seed: int, absent: str = "") -> duckdb.DuckDBPyConnection:
    """A bank in memory with random partials of an entity; the feeds are there, but for one."""
    chance, bank = np.random.default_rng(seed), duckdb.connect(config={"threads": 1})
    bank.execute(f"create schema ops; create table ops.run_context as select date '{D}' as biz_date; set arrow_output_version = '1.5'")
    bank.execute(f"create table ops.feed_present as select {', '.join(f'{feed != absent} as {feed}' for feed in feeds())}")
    bank.execute(f"create table dws_{entity}_spine as select unnest({[*CUSTOMERS, NOBODY]}) as customer_id")
    for table in statements(entity).tables:
        days = {table.valid_from: "date", table.valid_to: "date"} if table.form == "history" else {table.date: "date"}
        columns = {"customer_id": "varchar", **dict.fromkeys(table.slices, "varchar"), **days}
        columns |= {of: "integer" if is_count(of) else "decimal(18,2)" for of in table.folds}
        bank.execute(f"create table {table.name} ({', '.join(f'{chr(34)}{name}{chr(34)} {kind}' for name, kind in columns.items())})")
        bank.executemany(f"insert into {table.name} values ({', '.join('?' * len(columns))})", rows_of(table, chance))
    return bank


def customers_of(bank: duckdb.DuckDBPyConnection, entity: str) -> Customers:
    bank.execute(f"create table customers as select customer_id, cast(row_number() over (order by customer_id) - 1 as integer) as row_no from dws_{entity}_spine")
    return Customers("customers", bank.execute("select customer_id from customers order by row_no").to_arrow_table().column(0).combine_chunks())


def looked_up(bank: duckdb.DuckDBPyConnection, entity: str) -> dict[str, Partial]:
    """The partials of all folds that have anything."""
    found = {name: look_up(bank, sql) for name, sql in statements(entity).folds.items()}
    return {name: partial for name, partial in found.items() if partial}


def block_of(bank: duckdb.DuckDBPyConnection, entity: str, name: str) -> Block:
    """All customers in two parts, with a fold made, and those that are read together with it."""
    block = Block(customers_of(bank, entity).parts(2), statements(entity).folds, looked_up(bank, entity))
    for relations in readings(block.partials):
        for part in range(2) if name in relations else ():
            block.fold(bank, relations, part)
    return block


def by_sql(bank: duckdb.DuckDBPyConnection, entity: str, name: str) -> list[tuple]:
    return bank.execute(f"from ({statements(entity).families[name]}) order by customer_id").fetchall()


def read_back(bank: duckdb.DuckDBPyConnection, made: object) -> tuple[list[tuple], list[tuple]]:
    """The rows of a relation in arrays, and its columns with their types."""
    found = bank.from_arrow(made)
    return found.fetchall(), list(zip(found.columns, map(str, found.types), strict=True))


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_generated_fold_and_family_is_taken_apart(entity):
    """None is left to the database without anybody noticing: a new form of SQL is a new form here."""
    said = statements(entity)
    kept = {name: {f"{kind}_{of}" for kind, of in fold_plan(sql).kept} for name, sql in said.folds.items()}
    for name, sql in said.families.items():
        plan = family_plan(sql)
        assert [(tag.name, tag.data_type) for tag in plan.tags] == [(tag.name, tag.data_type) for tag in said.models[name].tags]
        assert {tag.narrow for tag in plan.tags} <= set(plan.columns), name
        read = {window.value.removeprefix("bit_count(").removesuffix(")") for column in plan.columns.values() for window in column.over}
        assert read <= kept[plan.fold], name


@pytest.mark.parametrize("entity", ENTITIES)
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 3))
def test_arrays_give_what_the_sql_says(entity, seed, count):
    """Every tag of every customer, over days at the edges of windows, slices that meet, states without a day and gaps."""
    with bank_of(entity, seed) as bank:
        said, parts = statements(entity), customers_of(bank, entity).parts(count)
        for name, sql in said.folds.items():
            bank.execute(f"create table {name} as {sql}")
        partials = looked_up(bank, entity)
        folds = [{} for _ in parts]
        for relations in readings(partials):
            for customers, made in zip(parts, folds, strict=True):
                made |= zip(relations, fold(bank, [partials[name] for name in relations], customers), strict=True)
        for name, sql in said.families.items():
            if family_plan(sql).fold not in partials:
                assert not bank.execute(f"from {family_plan(sql).fold}").fetchall(), name
                continue
            made = pa.concat_tables([family(bank, sql, customers, those) for customers, those in zip(parts, folds, strict=True)])
            rows, columns = read_back(bank, made)
            assert rows == by_sql(bank, entity, name), name
            assert columns == [(told[0], told[1]) for told in bank.execute(f"describe ({sql})").fetchall()], name


def test_a_table_filled_in_blocks_of_several_parts_is_what_the_sql_says(monkeypatch):
    """Three blocks of customers, each folded in two parts; folds of one partial read together."""
    monkeypatch.setattr(blocks, "PART", 1)
    said, names = statements("retail"), ("tag_retail_txn", "tag_retail_txn_ever", "tag_retail_aum")
    with bank_of("retail", 11) as bank:
        columns = ", ".join(f"{name}.* exclude (customer_id)" for name in names)
        sql = f"select {names[0]}.customer_id, {columns} from {' positional join '.join(f'temp.main.{name}' for name in names)}"
        fill(bank, Wide("wide", "dws_retail_spine", 4, "steps", said.folds, {name: said.families[name] for name in names}, sql))
        for name, made in said.folds.items():
            bank.execute(f"create table {name} as {made}")
        rows = [by_sql(bank, "retail", name) for name in names]
        beside = [(who, *one, *two, *three) for (who, *one), (_, *two), (_, *three) in zip(*rows, strict=True)]
        assert bank.execute("from wide order by customer_id").fetchall() == beside


def test_without_its_feed_a_family_is_unknown():
    """Absent is not zero, whatever lies in the partial."""
    with bank_of("retail", 1, absent="core_txn") as bank:
        name, block = "tag_retail_txn_direction", block_of(bank, "retail", "fold_retail_transaction_daily")
        rows, _ = read_back(bank, block.family(bank, statements("retail").families[name]))
        assert [row[0] for row in rows] == sorted([*CUSTOMERS, NOBODY])
        assert {value for row in rows for value in row[1:]} == {None}


@pytest.mark.parametrize(
    "damage",
    ["update {} set bal = null where customer_id = 'C01'", "update {} set total = null where customer_id = 'C01'", "truncate {}",
     "update {} set bal = 2000000000000.00 where customer_id = 'C01'", "alter table {} alter bal type double"],
    ids=["a missing value", "a missing slice", "no row", "more than whole numbers hold", "another type"],
)  # fmt: skip
def test_what_arrays_cannot_hold_the_database_computes(damage):
    """The same values as from the SQL alone, and no error."""
    name, partial = "tag_retail_aum", "dws_retail_total_history"
    with bank_of("retail", 3) as bank:
        bank.execute(damage.format(partial))
        said, block = statements("retail"), block_of(bank, "retail", "fold_retail_total_history")
        rows, _ = read_back(bank, block.family(bank, said.families[name]))
        # The SQL reads the fold as a table: the block has made it.
        assert rows == by_sql(bank, "retail", name)
        assert any(any(row[1:]) for row in rows) == (damage != "truncate {}")


@pytest.mark.parametrize(("made", "data_type", "absent"), [
    ("cast(round({} * 100 / 90) / 100 as decimal(18,2))", "decimal(18,2)", ""), ("cast(round({} * 100 / 90) / 100 as integer)", "integer", ""),
    ("cast({} as integer)", "varchar", "pay_detail"),
], ids=["an average of whole numbers", "an average in whole numbers", "a text"])  # fmt: skip
def test_a_form_that_nobody_has_generated_yet_is_right(made, data_type, absent):
    """What a spec may say one day: other columns of the same family are as they were."""
    name, counted = "tag_retail_pay", "sum(case when folded.piece between bounds.from_90d and bounds.biz_date then folded.sum_cnt end)"
    with bank_of("retail", 4, absent) as bank:
        sql = statements("retail").families[name]
        for old, new in ((f"cast({counted} as integer)", made.format(counted)), ("cnt_90d, 0) end as integer)", f"cnt_90d, 0) end as {data_type})")):
            assert old in sql
            sql = sql.replace(old, new)
        rows, _ = read_back(bank, block_of(bank, "retail", "fold_retail_pay_daily").family(bank, sql))
        assert rows == bank.execute(f"from ({sql}) order by customer_id").fetchall()


def test_the_highest_of_whole_numbers_passes_over_those_that_are_missing():
    """Days past due are whole numbers in 32 bits; what stands for a missing one needs 64."""
    with bank_of("retail", 9) as bank:
        bank.execute("alter table dws_retail_liability_history alter dpd type integer; update dws_retail_liability_history set dpd = null where day(valid_from) % 2 = 0")
        kept = re.compile(r"        cast\(sum.*sum_bal,\n        max\(cut\.bal\) as max_bal\n")
        sql = statements("retail").folds["fold_retail_liability_history"].replace("partial.bal", "partial.dpd")
        sql, count = kept.subn("        max(cut.dpd) as max_dpd\n", sql)
        customers = customers_of(bank, "retail")
        (made,) = fold(bank, [look_up(bank, sql)], customers)
        found = sorted(zip(made.rows.customer.tolist(), made.rows.piece.tolist(), made.rows.values["max_dpd"].tolist(), strict=True))
        pieces, none = made.partial.days.starts.tolist(), np.iinfo(np.int64).min
        said = bank.execute(f"select row_no, cast(piece - date '1970-01-01' as integer), max_dpd from ({sql}) join customers using (customer_id)").fetchall()
        assert count == 1
        assert found == sorted((row, pieces.index(day), none if highest is None else highest) for row, day, highest in said)
        assert {highest is None for _, _, highest in said} == {True, False}


def test_a_fold_that_arrays_cannot_hold_does_not_keep_the_others_of_its_reading_from_them():
    """A missing number of own transfers matters to one of three folds."""
    with bank_of("retail", 2) as bank:
        bank.execute(f"update dws_retail_transaction_daily set self_cnt = null where customer_id = 'C01'; delete from dws_retail_transaction_daily where acct_date < date '{D}' - 400")
        said, block = statements("retail"), block_of(bank, "retail", "fold_retail_transaction_daily")
        tables = "select table_name from duckdb_tables() where table_name like 'fold_%'"
        for name, made in (("tag_retail_txn_ever", []), ("tag_retail_txn", [("fold_retail_transaction_daily",)])):
            block.family(bank, said.families[name])
            assert bank.execute(tables).fetchall() == made


@pytest.mark.parametrize(("since", "together"), [(400, True), (2000, False)])
def test_all_of_history_is_read_for_itself_once_it_is_long(since, together):
    with bank_of("retail", 2) as bank:
        bank.execute(f"update dws_retail_transaction_daily set acct_date = greatest(acct_date, date '{D}' - {since})")
        bank.execute(f"insert into dws_retail_transaction_daily select * replace (date '{D}' - {since} as acct_date) from dws_retail_transaction_daily")
        read = {frozenset(relations) for relations in readings(looked_up(bank, "retail")) if "transaction" in relations[0]}
    ever, *others = (f"fold_retail_transaction_daily{which}" for which in ("_ever", "", "_recent"))
    assert read == ({frozenset([ever, *others])} if together else {frozenset([ever]), frozenset(others)})


def test_a_number_of_more_digits_than_its_column_is_refused():
    for value in (10**18, -(10**18)):
        with pytest.raises(UnfitError):
            as_column(np.array([0, value]), pa.decimal64(18, 2))


def test_a_sum_that_no_column_holds_is_an_error_of_the_database():
    """Nothing wraps around: 18 digits are what a column has."""
    with bank_of("retail", 5) as bank:
        bank.execute("update dws_retail_pay_daily set amt_sum = 9000000000000000.00")
        said, block = statements("retail"), block_of(bank, "retail", "fold_retail_pay_daily")
        with pytest.raises(duckdb.ConversionException, match="value is out of range"):
            block.family(bank, said.families["tag_retail_pay"])


def test_many_great_sums_fit_and_one_too_great_does_not():
    """What counts is what comes together in one place, and not how much there is in the whole block."""
    must_fit(np.arange(20_000), np.full(20_000, 10**15))
    with pytest.raises(UnfitError):
        must_fit(np.zeros(20_000, np.int64), np.full(20_000, -(10**15)))


def test_a_family_whose_slices_nobody_has_is_empty():
    """A fold with rows, none of them of the family: of one that adds slices up day by day, too."""
    with bank_of("retail", 7) as bank:
        bank.execute("update dws_retail_liability_history set prod = 'cc'")
        customers, said = customers_of(bank, "retail"), statements("retail")
        bank.execute(f"create table fold_retail_liability_history as {said.folds['fold_retail_liability_history']}")
        (made,) = fold(bank, [looked_up(bank, "retail")["fold_retail_liability_history"]], customers)
        for name in ("tag_retail_loan", "tag_retail_loan_prod"):
            rows, _ = read_back(bank, family(bank, said.families[name], customers, {"fold_retail_liability_history": made}))
            assert rows == by_sql(bank, "retail", name)
            assert len(rows) == len(customers.ids)
            assert not any(any(row[1:]) for row in rows)


KEYS = st.lists(st.tuples(st.integers(5, 9), st.sampled_from((0, 7, 300)), st.integers(0, 3), st.integers(-9, 9), st.integers(0, 15)), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(rows=KEYS, far=st.booleans())
def test_rows_of_the_same_key_become_one(rows, far):
    """Added up, the highest, the lowest and the bits of each; whether keys lie close together or far apart."""
    if far:
        rows = [*rows, (2_000_000, 0, 1, 4, 2)]
    customer, slices, piece, value, bits = (np.array(column) for column in zip(*rows, strict=True))
    made = folded(Rows(customer.astype(np.int32), slices.astype(np.int32), piece.astype(np.int32),
                       {"sum_a": value, "max_a": value, "min_a": value, "days_a.0": bits.astype(np.uint64)}))  # fmt: skip
    expected: dict[tuple, list] = {}
    for *key, number, bit in rows:
        held = expected.setdefault(tuple(key), [0, number, number, 0])
        expected[tuple(key)] = [held[0] + number, max(held[1], number), min(held[2], number), held[3] | bit]
    found = zip(made.customer, made.slices, made.piece, *(made.values[name] for name in ("sum_a", "max_a", "min_a", "days_a.0")), strict=True)
    assert {tuple(map(int, row[:3])): list(map(int, row[3:])) for row in found} == expected
    assert list(zip(made.customer, made.slices, made.piece, strict=True)) == sorted(expected)
