"""What the generator knows of merchants comes back as tags, from its files, without a night: amounts, payers, silence, cash-out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from tagmart.synth import generate
from tests import demo_files
from tests.drawn import Night, columns_of
from tests.merchant_nights import tags_of

D = date(2026, 6, 30)
READ = {"mer_info": "mer_no", "mer_terminal": "sn", "mer_txn": "txn_no", "mer_settle": "settle_no"}
# (what is true of a merchant, the tag that says so)
TRUTHS = [
    ("true_settles_here", "mer_settle_is_own"),
    ("true_status_code", "mer_status_code"),
    ("true_kind_code", "mer_kind_code"),
    ("true_cnt_30", "coalesce(mer_cnt_30d, 0)"),
    ("true_cnt_90", "coalesce(mer_cnt_90d, 0)"),
    ("true_amt_30", "coalesce(mer_amt_sum_30d, 0)"),
    ("true_amt_90", "coalesce(mer_amt_sum_90d, 0)"),
    ("true_refund_amt_30", "coalesce(mer_refund_amt_sum_30d, 0)"),
    ("true_refund_amt_90", "coalesce(mer_refund_amt_sum_90d, 0)"),
    ("true_fee_amt_30", "coalesce(mer_fee_amt_sum_30d, 0)"),
    ("true_payer_cnt_90", "mer_payer_cnt_90d"),
    ("true_repeat_payer_cnt_90", "mer_payer_repeat_cnt_90d"),
    ("case when true_cnt_90 > 0 then 1 - true_token_share_90 end", "mer_token_null_ratio_90d"),
]


@pytest.fixture(scope="module")
def faced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every merchant of a small bank with many of them: `true_...` and its tags in one row."""
    landing = tmp_path_factory.mktemp("merchant_truths")
    generate(landing, customers=300, merchants=90, seed=5, biz_date=D, days=1)
    duck = demo_files.tables(landing, *READ)
    for feed, key in READ.items():
        stage(duck, feed, key)
    # These truths are of the merchants' own: what merchants are linked to has no row.
    duck.execute("""
        create table dwd_party_xref as
        select 'merchant' as source_system, mer_no as source_id, 'merchant' as entity, 'M' || mer_no as customer_id from stg_mer_info
    """)
    night = Night(duck, biz_date=str(D))
    night.build("dwd_merchant", "dwd_merchant_terminal", "dwd_merchant_transaction", "dwd_merchant_settlement")
    night.make("dws_merchant_spine", f"select customer_id, date '{D}' as biz_date from dwd_merchant")
    tags_of(night, "restricted")
    models = [f"tag_merchant_{model}" for model in ("profile", "ratio", "rhythm", "payer", "settle", "risk", "restricted")]
    joined = " ".join(f"inner join {model} using (customer_id)" for model in models[1:])
    duck.execute(f"""
        create table faced as
        select truths.*, folded.*, tags.*
        from (select columns('.*') as 'true_\\0' from read_parquet('{landing}/answers/merchants.parquet')) as truths
        inner join dwd_merchant as merchants on truths.true_mer_no = merchants.mer_no
        inner join (select * from {models[0]} {joined}) as tags on merchants.customer_id = tags.customer_id
        left join ({folds()}) as folded on merchants.customer_id = folded.folded_customer_id
    """)
    duck.execute(f"create table secrets as from read_parquet('{landing}/answers/merchants_restricted.parquet')")
    yield duck
    duck.close()


def stage(duck: duckdb.DuckDBPyConnection, feed: str, key: str) -> None:
    """The staging table of a feed: the last delivered version of every row, typed as its YAML says."""
    columns = [(name, kind) for name, kind in columns_of(f"stg_{feed}").items() if not name.startswith("src_")]
    cast = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in columns)
    duck.execute(f"""
        create table stg_{feed} as select {cast}, '' as src_file, 0 as src_line
        from {feed} qualify row_number() over (partition by {key} order by delivered desc) = 1
    """)


def folds() -> str:
    """The window tags that truths are compared with, folded from the partial by the plainest query."""
    names = {"mer_amt_sum": "amt_sum", "mer_cnt": "cnt", "mer_refund_amt_sum": "refund_amt", "mer_fee_amt_sum": "fee_amt"}
    sums = ", ".join(
        f"coalesce(sum({column}) filter (acct_date > date '{D}' - {days}), 0) as {name}_{days}d"
        for name, column in names.items()
        for days in (30, 90)
    )
    return f"select customer_id as folded_customer_id, {sums} from dws_merchant_transaction_daily group by customer_id"


def test_every_truth_is_what_the_tag_says(faced: duckdb.DuckDBPyConnection) -> None:
    merchants = faced.execute("select count(*) from faced").fetchone()[0]
    assert merchants > 70
    differences = []
    for truth, tag in TRUTHS:
        rows = faced.execute(f"select true_mer_no, {truth}, {tag} from faced where ({truth}) is distinct from ({tag})").fetchall()
        differences += [f"{tag} of {number}: {said!r}, and true is {true!r}" for number, true, said in rows]
    assert not differences, "\n".join(differences[:20])


def test_busy_shops_are_silent_for_the_days_that_they_are(faced: duckdb.DuckDBPyConnection) -> None:
    """A shop that sells a few times a week looks open on fewer weekdays than it is; a busy one shows them all."""
    busy = "true_cnt_90 >= 150"
    compared, wrong = faced.execute(f"""
        select count(*), count(*) filter (true_silent_bizdays is distinct from mer_silent_bizdays) from faced where {busy}
    """).fetchone()
    assert compared > 30
    assert wrong == 0
    gone = faced.execute(f"""
        select count(*), count(*) filter (mer_silent_bizdays >= 30), count(*) filter (risk_is_silent or mer_is_seasonal) from faced
        where true_vanish_date between date '{D}' - 300 and date '{D}' - 60
    """).fetchone()
    assert gone[0] > 1
    assert gone[0] == gone[1] == gone[2]


def test_cash_sold_for_credit_stands_out(faced: duckdb.DuckDBPyConnection) -> None:
    """The planted ones are watched and blocked without a reason in the mart; nobody else is."""
    rows = faced.execute("""
        select is_cashout, min(mer_cashout_score), max(mer_cashout_score), bool_and(mer_is_watch), bool_or(risk_is_marketing_blocked)
        from faced inner join secrets on true_mer_no = secrets.mer_no group by is_cashout order by is_cashout
    """).fetchall()
    (_, _, honest, _, blocked), (_, dodgy, _, watched, _) = rows
    assert honest < 20 < 50 <= dodgy
    assert watched
    assert not blocked


def test_seasonal_shops_are_on_the_list(faced: duckdb.DuckDBPyConnection) -> None:
    missed = faced.execute("select count(*) filter (not mer_is_seasonal), count(*) from faced where true_is_seasonal").fetchone()
    assert missed[0] == 0 < missed[1]
