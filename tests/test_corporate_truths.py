"""What the generator knows of companies, before any file is written, comes back as their tags, value by value."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.nights import Home

pytestmark = [pytest.mark.night, pytest.mark.xdist_group("month_end")]

# (what is true of a company; the tags that say so)
TRUTHS = [
    ("demand_bal", "dep_demand_bal"),
    ("term_bal", "dep_term_bal"),
    ("demand_bal + term_bal", "dep_bal"),
    ("margin_bal", "dep_margin_bal"),
    ("truths.loan_bal", "tags.loan_bal"),
    ("truths.loan_overdue_amt", "tags.loan_overdue_amt"),
    ("loan_dpd", "risk_dpd_max"),
    ("class_code", "coalesce(risk_debtor_class_code, 0)"),
    ("limit_amt", "crd_limit_amt"),
    ("limit_used_amt", "crd_used_amt"),
    ("limit_avail_amt", "coalesce(crd_avail_amt, 0)"),
    ("offbal_face_amt", "obs_accept_bal + obs_guarantee_bal + obs_lc_bal + obs_discount_bal + obs_commit_bal"),
    ("advance_amt", "obs_adv_amt"),
    ("is_dishonest", "risk_is_dishonest"),
    ("circle_id is not null", "risk_circle_id is not null"),
    ("truths.group_id is not null", "group_member_cnt is not null"),
]


@pytest.fixture(scope="module")
def faced(month_end: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with `truths` and `tags`, one row a company, by the number of the customer file."""
    connection = duckdb.connect()
    face(connection, month_end.path / "warehouse.duckdb", month_end.current / "tagmart.duckdb", month_end.landing)
    yield connection
    connection.close()


def face(connection: duckdb.DuckDBPyConnection, warehouse: Path, mart: Path, landing: Path) -> None:
    connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
    connection.execute(f"attach '{mart}' as tagmart (read_only)")
    connection.execute(f"create table truths as select * from '{landing / 'answers' / 'companies.parquet'}'")
    connection.execute("""
        create table tags as
        select xref.source_id as ecif_no, tags.*
        from tagmart.mart.tags_corporate as tags
        inner join warehouse.dwd.party_xref as xref on xref.customer_id = tags.customer_id and xref.source_system = 'ecif'
    """)


@pytest.mark.parametrize(("truth", "tag"), TRUTHS, ids=[tag for _, tag in TRUTHS])
def test_tags_of_companies_say_what_is_true(faced, truth: str, tag: str) -> None:
    known, wrong = faced.execute(
        f"select count(*), count(*) filter (({truth}) is distinct from ({tag})) from truths inner join tags using (ecif_no)"
    ).fetchone()
    assert known > 20
    assert wrong == 0
