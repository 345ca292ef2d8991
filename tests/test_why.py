"""`tagmart why tag` on the month-end night: rows fold to what was published, and every line holds the row it is named for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tagmart.core.duck import connect, literal
from tagmart.core.settings import Settings, project_root
from tagmart.explain.partial import fold, spans_of
from tagmart.explain.rows import Shelf, Slip
from tagmart.explain.why import why_tag
from tagmart.tagspec.expand import tag_models
from tagmart.tagspec.model import Tag, TagModel, Vocabulary
from tagmart.tagspec.read import read_families
from tagmart.tagspec.vocabulary import read_vocabulary
from tests import demo_files
from tests.nights import Home

pytestmark = [pytest.mark.night, pytest.mark.xdist_group("month_end")]

ENTITIES = ("retail", "corporate", "merchant")
CUSTOMERS = 3
LINES = 6
# A text of more characters than this is a number or a name and no code.
LONG = 7
# Hand-written tags: a fact of a register, a balance at a point, what other tags say, one of the restricted file.
WRITTEN = ("prof_age", "aum_bal", "corp_capital_amt", "mer_ticket_amt_median_30d")


@dataclass(frozen=True)
class Night:
    """The night's published values and its warehouse."""

    home: Home
    settings: Settings
    folder: Path
    biz_date: date
    warehouse: duckdb.DuckDBPyConnection
    mart: duckdb.DuckDBPyConnection

    def values(self, entity: str, customer: str) -> dict[str, object]:
        found = self.mart.execute(f"select * from mart.tags_{entity} where customer_id = ?", [customer])
        return dict(zip([column[0] for column in found.description], found.fetchone(), strict=True))

    def customers(self, table: str) -> list[str]:
        """Some customers of a partial, the same in every run."""
        found = self.warehouse.execute(f"select customer_id from {table} group by 1 order by md5(customer_id) limit {CUSTOMERS}")
        return [customer for (customer,) in found.fetchall()]

    def shelf(self, customer: str, vocabulary: Vocabulary) -> Shelf:
        return Shelf(self.settings, self.warehouse, customer, self.biz_date, frozenset(vocabulary.slices))


def night_of(home: Home) -> Night:
    folder = home.current
    settings = Settings.load(home.bank, home.path)
    return Night(
        home, settings, folder, date.fromisoformat(folder.parent.name), connect(settings.warehouse, read_only=True),
        connect(folder / "tagmart.duckdb", read_only=True),
    )  # fmt: skip


@pytest.fixture(scope="module")
def night(month_end: Home) -> Iterator[Night]:
    made = night_of(month_end)
    yield made
    made.warehouse.close()
    made.mart.close()


def generated(entity: str) -> tuple[Vocabulary, list[tuple[Tag, TagModel]]]:
    specs = project_root() / "dbt_project" / "tag_specs"
    vocabulary = read_vocabulary(specs, entity)
    models = tag_models(read_families(specs, entity, vocabulary), vocabulary)
    return vocabulary, [(tag, model) for model in models for tag in model.tags]


@pytest.mark.parametrize("entity", ENTITIES)
def test_the_rows_of_every_generated_tag_fold_to_its_value(night: Night, entity: str) -> None:
    """A second reading of every generated tag, row by row in Python, beside the folds of pieces in SQL."""
    vocabulary, tags = generated(entity)
    customers = {customer for _, model in tags for customer in night.customers(f"dws.{model.family.table.name.removeprefix('dws_')}")}
    wrong, told = [], 0
    for customer in sorted(customers)[:CUSTOMERS]:
        values, shelf, read = night.values(entity, customer), night.shelf(customer, vocabulary), {}
        for tag, model in tags:
            key = model.family.table.name, tag.column.measure.of
            rows = read.get(key) or read.setdefault(key, shelf.partial_rows(model.family.table, key[1]))
            folded = fold(tag, model, rows, night.biz_date, vocabulary)
            told += bool(folded.rows)
            if folded.value != values[tag.name]:
                wrong.append((tag.name, customer, folded.value, values[tag.name]))
    assert wrong == []
    assert told > 100


@pytest.mark.parametrize("entity", ENTITIES)
def test_the_lines_behind_every_partial_hold_its_rows(night: Night, entity: str) -> None:
    vocabulary, tags = generated(entity)
    tables = {model.family.table.name: (tag, model) for tag, model in tags if tag.column.measure.of in ("amt_sum", "bal", "cnt")}
    assert set(tables) == {model.family.table.name for _, model in tags}
    files = Files(night)
    for name, (tag, model) in tables.items():
        table, of, seen = model.family.table, tag.column.measure.of, 0
        for customer in night.customers(f"dws.{name.removeprefix('dws_')}"):
            shelf = night.shelf(customer, vocabulary)
            rows = fold(tag, model, shelf.partial_rows(table, of), night.biz_date, vocabulary).rows or shelf.partial_rows(table, of)[-3:]
            spans = [*spans_of(tag.column, night.biz_date), *(spans_of(tag.column, one.first)[0] for one in rows)]
            slips = shelf.behind_partial(table, of, rows, spans)
            measured = [one for one in rows if one.value]
            assert slips or not measured, f"{name}: no stored row behind {len(measured)} row(s) of {customer}"
            for slip in slips[:LINES]:
                files.check(slip)
                seen += 1
        assert seen, name


class Files:
    """The landing, read by its contracts."""

    def __init__(self, night: Night) -> None:
        self.night, self.contracts, self.read = night, demo_files.contracts(), {}

    def check(self, slip: Slip) -> None:
        """The line of a slip must hold a number or name of the very row that the slip is of."""
        if slip.src_file not in self.read:
            [path] = self.night.home.landing.glob(f"*/{slip.src_file}")
            self.read[slip.src_file] = demo_files.records(self.contracts[re.sub(r"_[0-9]{8}_.*", "", slip.src_file)], path)
        record = {field.strip() for field in self.read[slip.src_file][slip.src_line - 1]}
        found = self.night.warehouse.execute(
            f"select * exclude (customer_id, src_file) from {slip.source}"
            f" where src_file = {literal(slip.src_file)} and src_line = {slip.src_line}"
        ).fetchall()
        assert found, slip
        texts = {value for row in found for value in row if isinstance(value, str) and len(value) > LONG}
        assert texts & record, (slip.source, slip.src_file, slip.src_line)


def test_a_handwritten_tag_is_computed_again_and_shows_its_lines(night: Night) -> None:
    files = Files(night)
    for name in WRITTEN:
        entity = night.mart.execute("select entity from mart.tag_catalog where tag_name = ? order by 1 desc", [name]).fetchone()[0]
        found = night.mart.execute(
            f"select customer_id from mart.tags_{entity} where {name} <> 0 order by md5(customer_id) limit 2"
        ).fetchall()
        for (customer,) in found:
            receipt = why_tag(night.settings, night.folder, customer, name)
            assert receipt.same, (name, receipt.proof, receipt.notes)
            assert receipt.slips or receipt.value.bases, name
            for slip in receipt.slips[:LINES]:
                files.check(slip)
        assert found, name


def test_nothing_on_a_receipt_says_who_it_is(night: Night) -> None:
    vocabulary, _ = generated("retail")
    shelf = night.shelf("", vocabulary)
    tables = [table for table in shelf.types if table.startswith("dwd.")]
    shown = {column for table in tables for column in shelf.shown(table)}
    assert len(tables) > 40
    assert not shown & shelf.personal
    assert not [column for column in shown if column.endswith(("_no", "_name", "_id", "_key", "_token", "mobile", "address"))]


def test_the_command(night: Night) -> None:
    home, (customer, value) = night.home, night.mart.execute(
        "select customer_id, txn_cnt_30d from mart.tags_retail where txn_cnt_30d > 30 order by 1 limit 1"
    ).fetchone()  # fmt: skip
    said = home.tagmart("why", "tag", customer, "txn_cnt_30d", "--date", str(night.biz_date)).stdout
    assert f"fold to {value} = published {value}" in said
    assert "dws.retail_transaction_daily" in said
    assert re.search(r"core_txn_\d{8}_\w_\d{3}\.dat +\d+", said)
    assert "more; --all prints them" in said
    assert "more; --all" not in home.tagmart("why", "tag", customer, "txn_cnt_30d", "--all").stdout

    def refused(*words: str) -> str:
        done = home.tagmart("why", "tag", *words, check=False)
        assert done.returncode == 1
        return done.stderr

    assert "Did you mean 'txn_cnt_30d'?" in refused(customer, "txn_cnt_30x")
    company = night.mart.execute("select min(customer_id) from mart.tags_corporate").fetchone()[0]
    assert f"corporate customer {company}" in home.tagmart("why", "tag", company, "prof_tenure_days").stdout
    assert "no such corporate customer" in refused(customer, "corp_capital_amt")
    assert "no good published run of 2020-01-01" in refused(customer, "txn_cnt_30d", "--date", "2020-01-01")


def test_restricted_tags_and_what_discloses_them_need_a_word(night: Night) -> None:
    home = night.home
    with connect(night.folder / "restricted.duckdb", read_only=True) as restricted:
        [customer] = restricted.execute("select customer_id from mart.tags_retail where risk_ctrl_acct_cnt > 0 order by 1").fetchone()
    done = home.tagmart("why", "tag", customer, "risk_ctrl_acct_cnt", check=False)
    assert done.returncode == 1
    assert "need --restricted" in done.stderr
    assert "dwd.account_control · " in home.tagmart("why", "tag", customer, "risk_ctrl_acct_cnt", "--restricted").stdout
    said = home.tagmart("why", "tag", customer, "risk_is_marketing_blocked").stdout
    assert "Rows of dwd.account_control are shown only with --restricted" in said
    assert "core_ctrl" not in said
