"""Companies of the demo bank: their ledger, loans, ties and registers keep the facts that the generator promises."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from stdnum.cn import uscc

from tagmart.synth import generate
from tests import demo_files

BIZ_DATE = date(2026, 6, 30)
FEEDS = (
    "ref_price",    "ecif_corp", "ecif_relation", "ecif_retail", "core_acct", "core_bal", "core_txn", "core_term", "core_agreement",
    "pay_contract", "pay_detail", "crd_limit", "crd_contract", "crd_note", "crd_schedule", "crd_repay", "crd_class",
    "crd_security", "crd_offbal", "core_recon", "ext_bizreg", "ext_tax", "ext_customs", "ext_court", "ext_list", "ref_calendar",
)
NEWEST = {
    "ecif_corp": "ecif_no", "core_acct": "acct_no", "core_term": "acct_no, seq", "crd_limit": "limit_no",
    "crd_contract": "contract_no", "crd_schedule": "note_no, term_no", "crd_security": "guar_no", "crd_offbal": "biz_no",
    "core_recon": "acct_no, stmt_date",
    "pay_contract": "contract_no", "ecif_relation": "from_party, to_party, rel_code",
}


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bank with forty companies and three nights, the last of them in the week of a register's delivery."""
    folder = tmp_path_factory.mktemp("corporate")
    generate(folder, customers=160, corporates=40, seed=5, biz_date=BIZ_DATE, days=3, history_months=4)
    return folder


@pytest.fixture(scope="module")
def files(landing: Path) -> duckdb.DuckDBPyConnection:
    """A table per feed with all its rows, and `<feed>_now` with the last word on each key."""
    con = demo_files.tables(landing, *FEEDS)
    for feed, key in NEWEST.items():
        con.execute(
            f"create view {feed}_now as select * from {feed} qualify row_number() over (partition by {key} order by delivered desc) = 1"
        )
    demo_files.value_in_yuan(con)
    con.execute("create view firm_acct as select core_acct_now.* from core_acct_now semi join ecif_corp using (ecif_no)")
    for name in ("companies", "circles", "limits", "corporate_warnings"):
        con.execute(f"create view true_{name} as from '{landing}/answers/{name}.parquet'")
    return con


def _none(files: duckdb.DuckDBPyConnection, sql: str) -> None:
    """The query finds what must not be."""
    assert files.execute(sql).fetchall() == []


def test_accounts_roll_to_the_cent_and_are_never_overdrawn(files: duckdb.DuckDBPyConnection) -> None:
    _none(files, """
        with balances as (
            select acct_no, bal_date::date as day, bal::decimal(18,2) as bal from core_bal semi join firm_acct using (acct_no)
        ),
        legs as (
            select acct_no, acct_date::date as day, sum(case dc_flag when 'C' then 1 else -1 end * amt::decimal(18,2)) as net
            from core_txn group by all
        ),
        rolled as (
            select *, bal - lag(bal) over (partition by acct_no order by day) as moved,
                row_number() over (partition by acct_no order by day) as nth
            from balances left join legs using (acct_no, day)
        )
        select * from rolled where bal < 0 or (nth > 1 and moved <> coalesce(net, 0)) limit 5""")


def test_balances_carry_their_ledger_facts(files: duckdb.DuckDBPyConnection) -> None:
    _none(files, """
        select core_bal.acct_no from core_bal join core_acct_now as acct using (acct_no)
        where core_bal.gl_subject <> acct.gl_subject or core_bal.gl_org <> acct.gl_org
            or bal::decimal(18,2) <> avail_bal::decimal(18,2) + frozen_amt::decimal(18,2)
            or (kind_code = 'margin' and frozen_amt::decimal(18,2) <> bal::decimal(18,2))""")
    # 积数: the sum of daily balances grows by the balance of the day, or begins again where interest was posted.
    _none(files, """
        with sums as (
            select acct_no, bal_date::date as day, bal::decimal(18,2) as bal, accum::decimal(18,2) as accum from core_bal
        ),
        steps as (select *, lag(accum) over (partition by acct_no order by day) as before from sums)
        select * from steps
        where before is not null
            and accum <> bal + case when month(day) % 3 = 0 and day(day) = 21 then 0 else before end""")


def test_interest_posted_is_what_had_accrued(files: duckdb.DuckDBPyConnection) -> None:
    _none(files, """
        with accrued as (
            select acct_no, accrued_int::decimal(18,2) as cents, bal_date::date + 1 as day
            from core_bal join core_acct_now using (acct_no)
            where kind_code = 'demand' and bal_date = '2026-06-20'
        ),
        posted as (
            select acct_no, acct_date::date as day, amt::decimal(18,2) as cents
            from core_txn where purpose_code = 'interest' and acct_date = '2026-06-21'
        )
        select * from accrued left join (select * from posted) as posted using (acct_no, day)
        where accrued.cents > 0 and posted.cents is distinct from accrued.cents
            and acct_no in (select acct_no from core_acct_now where status_code = 'open' and kind_code = 'demand')
            and (select count(*) from posted as many where many.acct_no = accrued.acct_no) <= 1""")


def test_every_payroll_batch_is_paid_by_its_company(files: duckdb.DuckDBPyConnection) -> None:
    batches = files.execute("""
        with paid as (
            select batch_no, payer_ecif, sum(amt::decimal(18,2)) as amt, count(*) as heads
            from pay_detail where result_code = 'ok' and payer_ecif is not null group by all
        ),
        debits as (
            select biz_ref as batch_no, ecif_no as payer_ecif, sum(amt::decimal(18,2)) as amt, count(*) as legs
            from core_txn join firm_acct using (acct_no) where purpose_code = 'wage' and dc_flag = 'D' group by all
        ),
        credits as (
            select biz_ref as batch_no, sum(amt::decimal(18,2)) as amt, count(*) as heads
            from core_txn where purpose_code = 'wage' and dc_flag = 'C' and biz_ref is not null group by all
        )
        select count(*), count(*) filter (debits.amt = paid.amt and debits.legs = 1 and credits.amt = paid.amt
            and credits.heads = paid.heads)
        from paid left join debits using (batch_no, payer_ecif) left join credits using (batch_no)""").fetchone()
    assert batches[0] > 10 and batches[0] == batches[1]
    _none(files, """
        select distinct payer_ecif from pay_detail where payer_ecif is not null and payer_ecif not in
            (select payer_ecif from pay_contract_now where status_code = 'live' or to_date > pay_date)""")


def test_every_settlement_account_is_confirmed_each_quarter_and_some_late(files: duckdb.DuckDBPyConnection) -> None:
    """A statement of the end of a quarter for whatever account was open then; a reply to one while the account is open."""
    files.execute("""
        create or replace macro day(written) as
            case when written not in ('', '00010101', '99991231') then strptime(replace(written, '-', ''), '%Y%m%d')::date end;
        create or replace view sent as
        select acct_no, ecif_no, day(stmt_date) as stmt, day(due_date) as due, day(reply_date) as reply, coalesce(result_code, '') as result
        from core_recon_now;
        create or replace view settling as
        select acct_no, ecif_no, day(open_date) as opened, day(close_date) as closed from firm_acct where is_settle = 'Y' and ccy = 'CNY'
    """)
    _none(files, """
        select acct_no, stmt
        from (from settling cross join (select distinct stmt from sent))
        full join (select acct_no, stmt, true as is_sent from sent) using (acct_no, stmt)
        where coalesce(opened <= stmt and (closed is null or closed > stmt), false) <> coalesce(is_sent, false)
            or stmt <> last_day(stmt) or month(stmt) % 3 <> 0
    """)
    _none(files, """
        select acct_no from sent inner join settling using (acct_no)
        where reply <= stmt or reply > closed or (reply is null) <> (result = '') or sent.ecif_no <> settling.ecif_no
    """)
    late, in_time, waiting = files.execute(f"""
        select count(case when reply > due then 1 end), count(case when reply <= due then 1 end),
            count(case when reply is null and due < date '{BIZ_DATE}' then 1 end)
        from sent
    """).fetchone()
    assert late > 0 and waiting > 0 and in_time > 4 * late


def test_a_note_owes_what_its_schedule_has_not_paid(files: duckdb.DuckDBPyConnection) -> None:
    for day in ("20260627", "20260628", "20260630"):
        _none(files, f"""
            with schedule as (
                select * from crd_schedule where delivered <= '{day}'
                qualify row_number() over (partition by note_no, term_no order by delivered desc) = 1
            ),
            unpaid as (
                select note_no, sum(prin_amt::decimal(18,2) - paid_prin_amt::decimal(18,2)) as cents from schedule group by all
            )
            select * from (select * from crd_note where replace(bal_date, '-', '') = '{day}') as note
            left join unpaid using (note_no) where unpaid.cents is distinct from note.principal_amt::decimal(18,2)""")


def test_notes_roll_with_their_repayments(files: duckdb.DuckDBPyConnection) -> None:
    _none(files, """
        with notes as (
            select note_no, bal_date::date as day, principal_amt::decimal(18,2) as cents, dpd::int as dpd from crd_note
        ),
        paid as (select note_no, acct_date::date as day, sum(prin_amt::decimal(18,2)) as paid from crd_repay group by all),
        rolled as (
            select *, lag(cents) over (partition by note_no order by day) as before,
                lag(dpd) over (partition by note_no order by day) as dpd_before
            from notes left join paid using (note_no, day)
        )
        select * from rolled where before is not null and (before - cents <> coalesce(paid, 0) or dpd > dpd_before + 1)""")
    late = files.execute("""
        select count(distinct ecif_no) from crd_note semi join ecif_corp using (ecif_no)
        where bal_date = '2026-06-30' and dpd::int > 90""").fetchone()
    assert late[0] >= 1


def test_limits_hold_their_contracts_and_notes(files: duckdb.DuckDBPyConnection) -> None:
    _none(files, """
        with owed as (
            select contract_no, sum(principal_amt::decimal(18,2)) as owed from crd_note where bal_date = '2026-06-30' group by all
        ),
        drawn as (select limit_no, sum(owed) as drawn from owed join crd_contract_now using (contract_no) group by all)
        select limit_no from drawn join crd_limit_now as line using (limit_no)
        where drawn > line.amt::decimal(18,2) or line.used_amt::decimal(18,2) > line.amt::decimal(18,2)
            or (line.status_code <> 'live' and line.to_date >= '2026-06-30')
        union all
        select contract_no from owed join crd_contract_now using (contract_no) where owed > contract_amt::decimal(18,2)
        union all
        select contract_no from crd_contract_now anti join crd_limit_now using (limit_no)
        where contract_no not in (select contract_no from crd_note where is_entrusted = 'Y')""")
    _none(files, """
        select limit_no from true_limits left join crd_limit_now using (limit_no)
        where true_limits.used_amt is distinct from crd_limit_now.used_amt::decimal(18,2)
            or true_limits.ecif_no <> crd_limit_now.ecif_no""")
    # Every business off the balance sheet is under a limit of its company: what margin covers in full under a low-risk one.
    _none(files, """
        select biz_no from crd_offbal_now as business left join crd_limit_now as line using (limit_no)
        where line.ecif_no is distinct from business.ecif_no
            or line.is_low_risk <> case when business.status_code = 'live' and face_amt = margin_amt then 'Y' else line.is_low_risk end
            or (line.kind_code = 'product') <> (line.is_low_risk = 'Y')""")
    undrawn = files.execute("select count(*) from true_limits where used_amt = 0 and avail_amt > 0").fetchone()
    assert undrawn[0] >= 3


def test_ten_per_cent_of_bad_claims_drag_a_companys_others_down(files: duckdb.DuckDBPyConnection) -> None:
    _none(files, """
        with claims as (
            select crd_class.class_date, crd_note.ecif_no, class_code::int as class, dpd::int as dpd, is_restructured,
                principal_amt::decimal(18,2) as cents
            from crd_class join crd_note on crd_note.note_no = crd_class.note_no and bal_date = class_date
            semi join ecif_corp on ecif_corp.ecif_no = crd_note.ecif_no
        ),
        debtors as (
            select *, sum(case when dpd > 90 then cents else 0 end) over debtor > 0.1 * sum(cents) over debtor as drags
            from claims window debtor as (partition by class_date, ecif_no)
        )
        select * from debtors where (drags and class < 3) or (dpd > 90 and class < 3) 
            or (not drags and dpd = 0 and class > if(is_restructured = 'Y', 2, 1))
            or (is_restructured = 'Y' and class < 2)""")


def test_margin_stands_behind_bills(files: duckdb.DuckDBPyConnection) -> None:
    _none(files, """
        with needed as (
            select margin_acct_no as acct_no, sum(margin_amt::decimal(18,2)) as cents
            from crd_offbal_now where status_code = 'live' and margin_acct_no is not null group by all
        )
        select * from needed join core_bal using (acct_no)
        where bal_date = '2026-06-30' and bal::decimal(18,2) <> needed.cents""")
    assert files.execute("select count(*) from crd_offbal_now where kind_code = 'accept'").fetchone()[0] > 0


def test_guarantee_circles_are_strongly_connected(files: duckdb.DuckDBPyConnection) -> None:
    edges = files.execute("""
        select distinct provider_ecif, contract.ecif_no from crd_security_now
        join crd_contract_now as contract using (contract_no) join ecif_corp on ecif_corp.ecif_no = provider_ecif
        where crd_security_now.kind_code = 'guarantee' and crd_security_now.to_date > '2026-06-30'""").fetchall()
    planted = files.execute("select circle_id, list(distinct guarantor_ecif) from true_circles group by all").fetchall()
    members = {frozenset(part) for part in _components(edges) if len(part) >= 3}
    assert members == {frozenset(names) for _, names in planted}
    assert all(3 <= len(names) <= 7 for names in members) and members
    ties = set(files.execute("select from_party, to_party from ecif_relation_now where rel_code = 'guarantor'").fetchall())
    assert set(edges) <= ties


def _components(edges: list[tuple[str, str]]) -> list[set[str]]:
    """Strongly connected components by mutual reachability."""
    nodes = {node for edge in edges for node in edge}
    after = {node: {b for a, b in edges if a == node} for node in nodes}
    reach = {}
    for node in nodes:
        seen, todo = set(), [node]
        while todo:
            for other in after[todo.pop()] - seen:
                seen.add(other)
                todo.append(other)
        reach[node] = seen
    return [{node} | {other for other in reach[node] if node in reach[other]} for node in nodes]


def test_codes_are_right_where_the_register_writes_them(files: duckdb.DuckDBPyConnection) -> None:
    for feed in ("ext_bizreg", "ext_tax", "ext_customs", "ext_list"):
        codes = [code for (code,) in files.execute(f"select distinct uscc from {feed}").fetchall()]
        assert codes and all(uscc.is_valid(code) for code in codes), feed
    written = files.execute("select ecif_no, uscc, true_uscc, is_uscc_wrong from ecif_corp_now join true_companies using (ecif_no)")
    rows = written.fetchall()
    assert all(uscc.is_valid(code) != wrong and (code == true) != wrong for _, code, true, wrong in rows)
    assert sum(row[3] for row in rows) >= 1


def test_ties_name_parties(files: duckdb.DuckDBPyConnection) -> None:
    # Who is no customer has a name, and who is one has none beside the customer file.
    _none(files, """
        with parties as (select ecif_no from ecif_retail union select ecif_no from ecif_corp)
        select from_party, from_name from ecif_relation
        where (from_party in (select ecif_no from parties)) = (from_name is not null)
            or to_party not in (select ecif_no from parties)""")
    _none(files, """
        select to_party from ecif_relation_now where rel_code = 'shareholder' group by all
        having sum(share_ratio::decimal(9,4)) > 1""")
    _none(files, """
        select ecif_no from ecif_corp_now where corp_type = 'sole' and ecif_no not in
            (select to_party from ecif_relation join ecif_retail on ecif_no = from_party where rel_code = 'operator')""")


def test_figures_are_delivered_only_while_they_may_be_read(files: duckdb.DuckDBPyConnection) -> None:
    for feed in ("ext_tax", "ext_customs"):
        _none(files, f"select uscc from {feed} where period > auth_to or period >= delivered")
    assert files.execute("select count(*) from true_companies where is_lapsed").fetchone()[0] >= 1


def test_answers_agree_with_the_files(files: duckdb.DuckDBPyConnection) -> None:
    _none(files, """
        with balances as (
            select ecif_no, sum(yuan) filter (kind_code = 'demand') as demand_bal,
                sum(bal::decimal(18,2)) filter (kind_code = 'term') as term_bal,
                sum(bal::decimal(18,2)) filter (kind_code = 'margin') as margin_bal
            from core_bal_yuan as core_bal join firm_acct using (acct_no) where bal_date = '2026-06-30' group by all
        )
        select * from true_companies left join balances using (ecif_no)
        where true_companies.demand_bal <> coalesce(balances.demand_bal, 0)
            or true_companies.term_bal <> coalesce(balances.term_bal, 0)
            or true_companies.margin_bal <> coalesce(balances.margin_bal, 0)""")
    _none(files, """
        with owed as (
            select ecif_no, sum(principal_amt::decimal(18,2)) as cents, max(dpd::int) as dpd
            from crd_note where bal_date = '2026-06-30' and write_off_date is null and is_entrusted = 'N' group by all
        )
        select * from true_companies left join owed using (ecif_no)
        where loan_bal <> coalesce(cents, 0) or loan_dpd <> coalesce(dpd, 0)""")
    _none(files, """
        with heads as (
            select payer_ecif as ecif_no, count(distinct ecif_no) as heads from pay_detail
            where result_code = 'ok' and pay_date between '2026-06-01' and '2026-06-30' group by payer_ecif
        )
        select * from true_companies left join heads using (ecif_no) where pay_heads_lm <> coalesce(heads, 0)""")
    kinds = {kind for (kind,) in files.execute("select distinct kind from true_corporate_warnings").fetchall()}
    assert {"legal_rep_changed", "abnormal", "dishonest", "overdue", "authorisation_lapsed", "limit_undrawn"} <= kinds
