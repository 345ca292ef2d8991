"""What the demo bank planted beside balances and flows comes back as tags: policies, households, businesses, plans, arrears.

The answers are worked out by the generator from its own world; see test_demo_truths.py for the balances, flows and events.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.nights import Home

pytestmark = [pytest.mark.night, pytest.mark.xdist_group("month_end")]

# What is true of a customer of the bank (0 where the answers do not name the customer), and the tags that say so.
TRUTHS = {
    "select ecif_no, policy_cnt as truth from answer('investments')": "ins_policy_cnt",
    "select ecif_no, protect_policy_cnt as truth from answer('investments')": "ins_protect_policy_cnt",
    "select ecif_no, lapsed_policy_cnt as truth from answer('investments')": "ins_lapsed_cnt",
    "select ecif_no, premium_paid_amt as truth from answer('investments')": "ins_paid_amt_ltd",
    "select ecif_no, sip_prod_cnt_90 as truth from answer('investments')": "prod_sip_cnt_90d",
    """
    select ecif_no, count(distinct other) as truth from (
        select ecif_no, other_ecif_no as other from answer('households')
        union all select other_ecif_no, ecif_no from answer('households')
    ) group by ecif_no
    """: "prof_household_cnt",
    """
    select ecif_no, count(*) as truth from answer('households') where kind_code = 'child' group by ecif_no
    """: "coalesce(prof_child_declared_cnt, 0)",
    """
    select other_ecif_no as ecif_no, count(*) as truth from answer('households') where kind_code = 'supplementary' group by 1
    """: "cast(prof_is_card_supplementary as integer)",
    """
    select owner_ecif_no as ecif_no, count(*) as truth from answer('merchants') where status_code = 'normal' group by owner_ecif_no
    """: "prof_mer_cnt",
    "select operator_ecif as ecif_no, count(*) as truth from answer('companies') group by operator_ecif": "prof_operator_cnt",
    "select ecif_no, sum(instal_plan_cnt) as truth from answer('cards') group by ecif_no": "cc_instal_plan_cnt",
    "select ecif_no, max(loan_dpd) as truth from answer('customers') group by ecif_no": "greatest(loan_mtg_dpd, loan_cons_dpd, loan_biz_dpd)",
    "select ecif_no, max(greatest(loan_dpd, cc_dpd)) as truth from answer('customers') group by ecif_no": "risk_dpd_max",
}  # fmt: skip


@pytest.fixture(scope="module")
def faced(month_end: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with `tags`: the published tags of every retail customer, with the customer's number in the bank."""
    connection = duckdb.connect()
    connection.execute(f"attach '{month_end.path / 'warehouse.duckdb'}' as warehouse (read_only)")
    connection.execute(f"attach '{month_end.current / 'tagmart.duckdb'}' as tagmart (read_only)")
    connection.execute(f"create macro answer(name) as table from read_parquet('{month_end.landing}/answers/' || name || '.parquet')")
    connection.execute("""
        create table tags as
        select xref.source_id as ecif_no, tags.*
        from tagmart.mart.tags_retail as tags
        inner join warehouse.dwd.party_xref as xref on xref.source_system = 'ecif' and xref.customer_id = tags.customer_id
    """)
    yield connection
    connection.close()


@pytest.mark.parametrize("truth", TRUTHS, ids=[tag.replace(" ", "") for tag in TRUTHS.values()])
def test_every_truth_is_what_the_tag_says(faced, truth):
    tag = TRUTHS[truth]
    compared = f"select tags.ecif_no, coalesce(truth, 0) as truth, {tag} as said from tags left join ({truth}) using (ecif_no)"
    kinds = faced.execute(f"select count(distinct truth) from ({compared})").fetchone()[0]
    assert kinds > 1, "the truth is the same of everybody: nothing is shown by comparing it"
    assert faced.execute(f"from ({compared}) where truth is distinct from said order by ecif_no").fetchall() == []


def test_arrears_began_on_the_day_that_was_planted(faced):
    found = faced.execute("""
        select events.event_date, tags.risk_overdue_since_date
        from answer('planted') as events inner join tags using (ecif_no) where events.kind = 'overdue'
    """).fetchall()
    assert found
    assert [said for _, said in found] == [true for true, _ in found]


@pytest.mark.parametrize(
    ("part", "tag", "cents"),
    [
        ("ext_net", "aum_ext_net_amt_sum_mtd + aum_samebank_net_amt_sum_mtd", 0),
        # Holdings are rounded to cents one by one, the tag once.
        ("market", "aum_market_amt_sum_mtd", 10),
    ],
)
def test_parts_of_the_bridge_are_what_the_tags_say(faced, part, tag, cents):
    compared = f"""
        select customer_id, sum({part}) as truth, coalesce(any_value({tag}), 0) as said
        from answer('bridge') inner join tags using (ecif_no) where span = 'month' group by customer_id
    """
    assert faced.execute(f"select count(*) from ({compared}) where truth <> 0").fetchone()[0] > 20
    assert faced.execute(f"from ({compared}) where abs(truth - said) * 100 > {cents}").fetchall() == []
