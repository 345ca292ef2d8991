"""What the generator knows of the demo bank's companies comes back as tags, company by company.

D is no month end: the generator calls a month complete on its last day, tags on the day after.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.nights import MID_MONTH, Home

pytestmark = [pytest.mark.night, pytest.mark.xdist_group("mid_month")]

# (what is true of a company, the tag that says so)
TRUTHS = [
    ("corp_type", "corp_type_code"),
    ("size_code", "corp_size_code"),
    ("has_basic", "acct_has_basic"),
    ("in_amt_90", "txn_in_amt_sum_90d"),
    ("in_cnt_90", "txn_in_cnt_90d"),
    ("out_amt_90", "txn_out_amt_sum_90d"),
    ("out_cnt_90", "txn_out_cnt_90d"),
    ("operator_ecif is not null", "owner_is_customer"),
    ("group_id", "group_id"),
    ("group_id is not null", "group_is_member"),
]
# The registers know a company by its right code: where the customer file has a wrong one, nothing of them may arrive.
REGISTERED = [
    # The register comes once a week: what changed on D itself is not delivered yet.
    (f"case when legal_rep_chg_date < date '{MID_MONTH}' then legal_rep_chg_date end", "reg_legalrep_chg_date"),
    ("is_abnormal", "reg_is_abnormal"),
    ("is_authorised", "tax_is_authorised"),
    ("is_lapsed", "coalesce(tax_auth_expiry_days < 0, false)"),
    ("is_lapsed and tax_sales_amt_sum_l12m is not null", "false"),
    ("is_above_scale", "corp_is_above_scale"),
    ("is_listed", "corp_is_listed"),
    ("is_innovative", "corp_is_innovative"),
    ("is_srdi", "corp_is_srdi"),
    ("is_little_giant", "corp_is_littlegiant"),
    ("is_high_tech", "corp_is_hightech"),
]


@pytest.fixture(scope="module")
def faced(mid_month: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with `faced`: every company, what is true of it and all its tags."""
    connection = duckdb.connect()
    for name in ("warehouse", "candidate/tagmart"):
        connection.execute(f"attach '{mid_month.path / name}.duckdb' (read_only)")
    connection.execute(f"""
        create table faced as
        select truths.*, tags.* exclude (size_code)
        from '{mid_month.landing}/answers/companies.parquet' as truths
        inner join warehouse.dwd.party_xref as xref on xref.source_system = 'ecif' and xref.source_id = truths.ecif_no
        inner join (select *, null as size_code from tagmart.mart.tags_corporate) as tags using (customer_id)
    """)
    yield connection
    connection.close()


def wrong(faced: duckdb.DuckDBPyConnection, truth: str, tag: str, who: str) -> list[tuple]:
    return faced.execute(f"select ecif_no, {truth}, {tag} from faced where {who} and ({truth}) is distinct from ({tag})").fetchall()


@pytest.mark.parametrize(("truth", "tag"), TRUTHS)
def test_truths(faced: duckdb.DuckDBPyConnection, truth: str, tag: str) -> None:
    assert wrong(faced, truth, tag, "true") == []
    assert faced.execute(f"select count(distinct {truth}) from faced").fetchone() > (1,) or "group" in truth


@pytest.mark.parametrize(("truth", "tag"), REGISTERED)
def test_truths_of_registers(faced: duckdb.DuckDBPyConnection, truth: str, tag: str) -> None:
    assert wrong(faced, truth, tag, "not is_uscc_wrong") == []


def test_a_wrong_code_brings_nothing_of_any_register(faced: duckdb.DuckDBPyConnection) -> None:
    (found,) = faced.execute("""
        select list(distinct [reg_has_entry, tax_is_authorised, reg_is_abnormal, list_cnt > 0]) from faced where is_uscc_wrong
    """).fetchone()
    assert found == [[False, False, False, False]]


def test_payroll_heads_of_contracts_in_force(faced: duckdb.DuckDBPyConnection) -> None:
    rows = faced.execute("""
        select ecif_no, pay_heads_lm, pay_head_cnt_lm from faced where pay_contract_is_live and pay_contract_day > 10
    """).fetchall()
    assert rows
    assert [row for row in rows if row[1] != row[2]] == []


def test_new_large_payers_are_planted_ones(faced: duckdb.DuckDBPyConnection) -> None:
    # A partner may be planted for a day after D: not every planted one has paid yet, but whoever has is one of them.
    rows = faced.execute("select has_new_partner, stl_cp_newlarge_amt_sum_30d from faced where stl_cp_newlarge_cnt_30d > 0").fetchall()
    assert rows
    assert all(planted and amount >= 500_000 for planted, amount in rows)
