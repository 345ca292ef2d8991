"""Drawn nights of families of tags: a spec, tiny partials, and what the SQL that is generated of the one says of the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import yaml

from tagmart.tagspec.expand import tag_models
from tagmart.tagspec.fold_sql import fold_sql
from tagmart.tagspec.folds import folds_of
from tagmart.tagspec.model import Table, TagModel
from tagmart.tagspec.read import family_of
from tagmart.tagspec.sql import tag_model_sql
from tagmart.tagspec.vocabulary import read_vocabulary
from tests.drawn import PROJECT, Night
from tests.drawn import night as drawn_night

WORDS = read_vocabulary(PROJECT / "tag_specs", "retail")
# A partial of what falls due, by the day on which it does.
DUE = Table("dws_retail_due", "retail", {"prod": ("mtg", "cons")}, {"amt_sum": "sum", "cnt": "sum"}, ("crd_note",), None, "due", "due_date")
# Balances by day, as a partial that keeps a row for every day would give them.
BY_DAY = Table(
    "dws_retail_asset_daily", "retail", WORDS.tables["dws_retail_asset_history"].slices, {"bal": "sum"}, (),
    WORDS.tables["dws_retail_asset_history"].feeds_by, "flow", "acct_date",
)  # fmt: skip
VOCABULARY = replace(WORDS, tables={**WORDS.tables, DUE.name: DUE, BY_DAY.name: BY_DAY})
DUE_COLUMNS = {"customer_id": "varchar", "due_date": "date", "prod": "varchar", "amt_sum": "decimal(18,2)", "cnt": "integer"}


@contextmanager
def night(biz_date: str, customers: str, tables: dict[str, list[tuple]], absent: tuple[str, ...] = ()) -> Iterator[Night]:
    """One night with these customers of record and these rows of partials, whole and in the order of their columns."""
    with drawn_night(customers, absent, biz_date) as drawn:
        drawn.table(DUE.name, DUE_COLUMNS)
        for name, rows in tables.items():
            drawn.draw(name, *rows)
        yield drawn


def model_of(text: str) -> TagModel:
    """The one tag model of a spec."""
    family = family_of(yaml.safe_load(text), "retail", "retail/drawn.yml", VOCABULARY)
    (model,) = tag_models((family,), VOCABULARY)
    return model


@cache
def written(text: str) -> tuple[str, str, str]:
    """What is generated of a spec: the name of what its tags share of the partial and the model of that, and their own model."""
    model = model_of(text)
    fold = folds_of((model,), VOCABULARY)[model.name]
    return fold.name, fold_sql(fold, model.entity) if fold.name else "", tag_model_sql(model, model.family, fold, VOCABULARY)


def sql_of(drawn: Night, text: str) -> str:
    """The SQL of the tag model of a spec, when all that it reads is there."""
    shared, fold, tags = written(text)
    if shared:
        drawn.make(shared, drawn.resolved(fold))
    return drawn.resolved(tags)


def tags_of(drawn: Night, text: str) -> dict[str, dict[str, object]]:
    """What the tag model of a spec says: customer, then tag by tag."""
    return drawn.read(sql_of(drawn, text))


def pick(found: dict[str, dict[str, object]], *names: str) -> dict[str, tuple]:
    """Some tags of every customer, in this order."""
    return {customer: tuple(values[name] for name in names) for customer, values in found.items()}


def txn(customer: str, day: str, direction: str, amount: str, count: int = 1, **slices: str) -> tuple:
    """A row of the transaction partial; amt_max is empty where nothing is counted."""
    held = {"channel": "qpay", "mode": "transfer", "purpose": "consume", "cp": "merchant", **slices}
    largest = None if count == 0 else amount
    return (
        customer, day, held["channel"], direction, held["mode"], held["purpose"], held["cp"], amount, largest, count,
        count,
    )  # fmt: skip
