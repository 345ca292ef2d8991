"""The demo bank's planted truths come back as tags, value by value, and every fact names the line that it came from.

The answers are worked out by the generator from its own world, before any file is written: nothing here is compared with a
second reading of the same SQL. What the answers leave out (kinds of controls and of court cases, birth dates that the bank
does not know) is read from the delivered files, by the plainest query that will do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests import demo_files
from tests.nights import MONTH_END as D
from tests.nights import Home

pytestmark = [pytest.mark.night, pytest.mark.xdist_group("month_end")]

# The initial load is of 28 June: 13 complete months of days before that month are delivered, and no day before them.
# What the generator knows of older days, no tag can know.
DELIVERED_FROM = date(2025, 5, 1)
NAMED_LINES = 50

# (what is true of a customer, over the answers with their columns prefixed by true_; the tag that says so)
PERSON = [
    ("case when true_has_birth_date then true_age end", "prof_age"),
    ("case when true_has_birth_date then true_age < 18 end", "prof_is_minor"),
    ("case when true_has_birth_date then month(true_birth_date) end", "prof_birth_month"),
    ("true_status_code", "prof_status_code"),
    ("true_status_code = 'deceased'", "prof_is_deceased"),
    ("true_has_manager", "prof_has_manager"),
    ("true_has_manager", "prof_manager_id is not null"),
]
ASSETS = [
    ("true_demand_bal", "dep_demand_bal"),
    ("true_term_bal", "dep_term_bal"),
    ("true_cd_bal", "dep_cd_bal"),
    ("true_demand_bal + true_term_bal + true_cd_bal", "dep_bal"),
    # Interest that is not paid yet is insured too; it is below a twentieth of a deposit.
    (
        "greatest(0, true_demand_bal + true_term_bal + true_cd_bal - 500000)",
        """case
            when dep_over_insured_amt <= greatest(0, 1.05 * (true_demand_bal + true_term_bal + true_cd_bal) - 500000)
                then least(dep_over_insured_amt, greatest(0, true_demand_bal + true_term_bal + true_cd_bal - 500000))
        end""",
    ),
    ("true_wm_bal", "wm_bal"),
    ("true_wm_bal > 0", "prod_has_wm_hold"),
    ("true_fund_bal", "fund_bal"),
    ("true_fund_bal > 0", "prod_has_fund_hold"),
    ("true_pm_bal", "pm_bal"),
    ("true_tb_bal", "tb_bal"),
    ("true_trust_bal", "inv_trust_bal"),
    ("true_transit_amt", "inv_transit_bal"),
    ("true_aum", "aum_bal"),
]
FLOWS = [
    (truth.format(days=days), tag.format(days=days))
    for days in (30, 90, 365)
    for truth, tag in (
        ("true_in_amt_{days}", "txn_in_amt_sum_{days}d"),
        ("true_in_cnt_{days}", "txn_in_cnt_{days}d"),
        ("true_out_amt_{days}", "txn_out_amt_sum_{days}d"),
        ("true_out_cnt_{days}", "txn_out_cnt_{days}d"),
        ("true_in_cnt_{days} + true_out_cnt_{days}", "txn_cnt_{days}d"),
        ("true_self_in_cnt_{days} + true_self_out_cnt_{days}", "txn_self_cnt_{days}d"),
    )
] + [
    ("true_in_amt_30 - true_out_amt_30", "txn_net_amt_sum_30d"),
    ("true_in_amt_90 - true_out_amt_90", "txn_net_amt_sum_90d"),
]
RECENCY = [
    ("case when true_last_self_date >= delivered_from then true_last_self_date end", "txn_self_last_date"),
    ("case when true_last_act_date >= delivered_from then d - true_last_act_date end", "txn_self_idle_days"),
    ("coalesce(d - true_last_self_date >= 180, true)", "val_is_sleeping"),
]
DEBTS = [
    ("true_loan_bal", "loan_bal"),
    ("true_loan_bal > 0", "prod_has_loan"),
    ("true_loan_mtg_bal", "loan_mtg_bal"),
    ("true_loan_cons_bal", "loan_cons_bal"),
    ("true_loan_biz_bal", "loan_biz_bal"),
    ("true_loan_overdue_amt", "loan_overdue_amt"),
    ("true_loan_dpd", "loan_dpd_max"),
    ("true_has_cc", "prod_has_cc"),
    ("true_cc_bal", "cc_bal"),
    ("true_cc_dpd", "cc_dpd"),
    ("true_loan_dpd > 0 or true_cc_dpd > 0", "risk_is_overdue"),
]
SERVICE = [
    ("true_login_days_30", "chn_login_day_cnt_30d"),
    ("true_login_cnt_30", "chn_login_cnt_30d"),
    ("true_login_cnt_30 > 0", "chn_is_active_30d"),
    ("true_open_complaints", "val_complaint_open_cnt"),
    ("true_consent_sms", "reach_sms_is_ok"),
    ("true_consent_call", "reach_call_is_ok"),
    ("true_consent_push", "reach_push_is_ok"),
    ("true_consent_mbox", "reach_mbox_is_ok"),
    ("true_consent_wecom", "reach_wecom_is_ok"),
    # Nobody is reachable without consent; whom the bank has contacted often enough of late is not either.
    (
        "true_consent_sms or true_consent_call or true_consent_push or true_consent_mbox or true_consent_wecom",
        """case
            when reach_any_is_ok or val_contact_cnt_30d = 0 then reach_any_is_ok
            else true_consent_sms or true_consent_call or true_consent_push or true_consent_mbox or true_consent_wecom
        end""",
    ),
    ("true_is_enforced", "risk_is_enforced"),
]
# All of these but the opaque flag stand in the restricted file.
CONTROLS = [
    ("true_controls", "risk_ctrl_court_cnt + risk_ctrl_police_cnt + risk_ctrl_bank_cnt + risk_ctrl_aml_cnt"),
    (
        "true_controls",
        "risk_ctrl_freeze_cnt + risk_ctrl_stop_pay_cnt + risk_ctrl_no_pay_cnt + risk_ctrl_non_counter_cnt",
    ),
    ("true_is_blocked", "risk_is_marketing_blocked"),
    ("true_is_blocked", "risk_block_reason_code is not null"),
]
# A wage is the usual amount give or take a fiftieth (one standard deviation): the median of three is well within a tenth.
PAY = [
    ("case when true_last_pay_date >= delivered_from then true_last_pay_date end", "pay_last_date"),
    ("case when true_last_pay_date > d - 183 then 1 when true_is_pension then 3 else 0 end", "pay_source_code"),
    (
        "case when true_first_pay_date < date '2026-06-01' and true_last_pay_date >= date '2026-03-01' then true end",
        "pay_amt_median_l3m between 0.9 * true_usual_pay_amt and 1.1 * true_usual_pay_amt",
    ),
    # Who was paid in the month of D has not stopped.
    ("case when true_last_pay_date >= date '2026-06-01' then 0 else pay_stop_days end", "pay_stop_days"),
]
TRUTHS = PERSON + ASSETS + FLOWS + RECENCY + DEBTS + SERVICE + CONTROLS + PAY

# planted list -> what must be so of the customer, by the tags that should see it (event_date and amt are the event's)
PLANTED = {
    # A stop shows once the employer has paid somebody else in a later month; see CAN_SHOW.
    "payroll_stop": "pay_stop_days > 0 and pay_stop_days < d - true_last_pay_date",
    # Where the employer went as a whole, nobody stopped being paid: no customer is to be asked about it.
    "employer_moved": "coalesce(pay_stop_days, 0) = 0",
    "dormant": "val_is_sleeping and coalesce(d - txn_self_last_date, 180) >= 180 and txn_self_cnt_180d = 0",
    "overdue": "risk_is_overdue and loan_dpd_max >= d - event_date and loan_overdue_amt >= amt",
    "big_move": """case
        when amt > 0 then txn_in_amt_max_90d >= amt and txn_in_samename_amt_sum_90d >= amt
        else txn_out_amt_max_90d >= -amt and txn_out_samename_amt_sum_90d >= -amt
    end""",
    "account_closed": "not prod_has_dep_acct and prod_acct_cnt = 0 and acct_closed_cnt > 0 and dep_bal = 0",
    # An equal document number alone makes nobody the same customer: each of the two has a row.
    "same_document": "customer_id is not null",
}
CAN_SHOW = {
    "payroll_stop": """true_last_pay_date >= delivered_from and exists (
        from truths as colleagues
        where
            colleagues.true_employer = events.true_employer
            and colleagues.true_last_pay_date >= date_trunc('month', events.true_last_pay_date) + interval 1 month
    ) and date_trunc('month', true_last_pay_date) + interval 2 month <= d""",
}

OPEN_TO_MARKETING = """
    prof_status_code = 'normal' and not prof_is_minor and not prof_is_deceased and not prof_is_staff
    and not risk_is_marketing_blocked and reach_any_is_ok and val_complaint_open_cnt = 0
"""
# The rules of some segments, written again in plain SQL over the tags.
SEGMENTS = {
    "dep_due_30d": f"{OPEN_TO_MARKETING} and dep_term_due_noroll_amt_next30d >= 50000",
    "etc_no_card": f"""
        {OPEN_TO_MARKETING} and prof_age >= 22 and prof_age <= 60 and not prof_is_student and loan_dpd_max = 0
        and loan_dpd_max_l12m < 30 and cc_dpd = 0 and risk_class_worst_code <= 1 and not risk_is_enforced
        and prod_has_etc and cc_active_cnt = 0
    """,
    "risk_test_expired": "prof_status_code = 'normal' and prod_risk_valid_days <= 0 and wm_bal + fund_bal > 0",
}

# feeds read from the files -> their keys
DELIVERED = {"core_ctrl": "ctrl_no", "core_acct": "acct_no", "ecif_retail": "ecif_no", "ext_court": "case_no"}

# table of dwd -> the columns of its file that tell which row it is, and what they are in dwd
PROVENANCE = {
    "transaction": {"txn_no": "txn_no", "leg": "leg", "acct_no": "acct_no", "acct_date": "acct_date", "amt": "amt_orig"},
    "account": {"acct_no": "acct_no", "open_date": "open_date", "prod_id": "prod_id"},
    "account_balance_daily": {"acct_no": "acct_no", "bal_date": "bal_date", "bal": "bal_orig"},
}


@pytest.fixture(scope="module")
def faced(month_end: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with `truths` (every known customer) and `faced` (those of the spine, with all their tags)."""
    connection = duckdb.connect()
    for file in (month_end.path / "warehouse.duckdb", month_end.current / "tagmart.duckdb", month_end.current / "restricted.duckdb"):
        connection.execute(f"attach '{file}' (read_only)")
    make_truths(connection, month_end.landing)
    connection.execute("""
        create table faced as
        select truths.*, tags.*, controls.* exclude (customer_id, biz_date)
        from truths
        inner join warehouse.dwd.party_xref as xref on xref.source_system = 'ecif' and xref.source_id = truths.true_ecif_no
        inner join tagmart.mart.tags_retail as tags on tags.customer_id = xref.customer_id
        inner join restricted.mart.tags_retail as controls on controls.customer_id = xref.customer_id
    """)
    yield connection
    connection.close()


def bring_delivered(connection: duckdb.DuckDBPyConnection, landing: Path) -> None:
    """The last delivered version of every row of the feeds that tell what the answers leave out, as tables."""
    read = demo_files.tables(landing, *DELIVERED)
    for feed, key in DELIVERED.items():
        last = read.execute(f"from {feed} qualify row_number() over (partition by {key} order by delivered desc) = 1")
        connection.register(f"{feed}_rows", last.to_arrow_table())
        connection.execute(f"create table {feed} as from {feed}_rows")


def make_truths(connection: duckdb.DuckDBPyConnection, landing: Path) -> None:
    """The answers, and the few truths that only the files tell."""
    bring_delivered(connection, landing)
    connection.execute(f"""
        create table truths as
        with controls as (
            select
                accounts.ecif_no,
                bool_or(by_code in ('court', 'police', 'aml') or ctrl_kind in ('freeze', 'no_receive_no_pay')) as is_blocked
            from core_ctrl as controls
            inner join core_acct as accounts using (acct_no)
            where controls.from_date <= '{D}' and (controls.to_date is null or controls.to_date > '{D}')
            group by accounts.ecif_no
        ),

        people as (from ecif_retail)

        select
            columns(answers.*) as 'true_\\0',
            date '{D}' as d,
            date '{DELIVERED_FROM}' as delivered_from,
            people.birth_date is not null as true_has_birth_date,
            coalesce(controls.is_blocked, false) as true_is_blocked,
            exists (
                from ext_court as cases
                where
                    cases.id_no = people.id_no
                    and cases.role_code = 'defendant'
                    and cases.kind_code <> 'civil'
                    and cases.filed_date <= '{D}'
                    and (cases.closed_date is null or cases.closed_date > '{D}')
            ) as true_is_enforced
        from '{landing}/answers/customers.parquet' as answers
        inner join people on people.ecif_no = answers.ecif_no
        left join controls on controls.ecif_no = answers.ecif_no
    """)


def number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one number that a query gives."""
    return connection.execute(query).fetchone()[0]


def test_the_spine_is_everybody_but_merged_and_erased(faced):
    wanted = faced.execute("""
        select true_ecif_no from truths where true_is_known and true_status_code not in ('merged', 'erased') order by 1
    """).fetchall()
    assert faced.execute("select true_ecif_no from faced order by 1").fetchall() == wanted
    assert number(faced, "select count(*) from truths") > len(wanted) > 350
    assert number(faced, "select count(*) from tagmart.mart.tags_retail") == len(wanted)


def test_every_truth_is_what_the_tag_says(faced, capsys):
    differences, compared = [], 0
    customers = number(faced, "select count(*) from faced")
    for truth, tag in TRUTHS:
        values = number(faced, f"select count(distinct coalesce(cast({truth} as varchar), '')) from faced")
        assert values > 1, f"{truth} is the same of everybody: nothing is shown by comparing it"
        rows = faced.execute(f"""
            select true_ecif_no, {truth}, {tag} from faced where ({truth}) is distinct from ({tag}) order by 1
        """).fetchall()
        differences += [f"{tag} of {customer}: {said!r}, and true is {true!r} ({truth})" for customer, true, said in rows]
        compared += customers
    with capsys.disabled():
        print(f"\n{compared:,} values of {customers} customers compared in {len(TRUTHS)} tags: {len(differences)} differ")
    assert not differences, "\n".join(differences[:40])


def test_planted_events_are_recovered(faced, month_end, capsys):
    faced.execute(f"create or replace table planted as from '{month_end.landing}/answers/planted.parquet'")
    told = []
    assert {row[0] for row in faced.execute("select distinct kind from planted").fetchall()} == set(PLANTED)
    for kind, is_recovered in PLANTED.items():
        can_show = CAN_SHOW.get(kind, "true")
        events = f"(from planted left join faced on true_ecif_no = ecif_no where kind = '{kind}') as events"
        rows = faced.execute(f"select ecif_no, event_date, amt, {is_recovered} from {events} where {can_show}").fetchall()
        assert rows, f"no planted {kind} can show"
        assert all(row[3] for row in rows), f"{kind}: {[row[:3] for row in rows if not row[3]]}"
        told.append(f"{kind} {len(rows)}")
    with capsys.disabled():
        print(f"\nplanted events recovered: {', '.join(told)}")


@pytest.mark.parametrize("key", SEGMENTS)
def test_a_segment_is_what_its_rule_says_of_the_tags(faced, key):
    wanted = faced.execute(f"select customer_id from tagmart.mart.tags_retail where {SEGMENTS[key]} order by 1").fetchall()
    members = faced.execute("""
        select members.customer_id
        from tagmart.mart.segment_member as members
        inner join tagmart.mart.segment_catalog as catalog using (segment_id)
        where catalog.key = ?
        order by 1
    """, [key]).fetchall()
    assert members == wanted
    assert wanted


@pytest.mark.parametrize("table", PROVENANCE)
def test_every_fact_names_the_line_that_it_came_from(faced, month_end, table):
    fact = f"warehouse.dwd.{table}"
    rows, named, lines = faced.execute(
        f"select count(*), count(src_file || src_line), count(distinct (src_file, src_line)) from {fact}"
    ).fetchone()
    assert rows == named == lines > NAMED_LINES
    columns = PROVENANCE[table]
    asked = ", ".join(columns.values())
    # By a hash of the row, so that the rows lie all over the files and are the same in every run.
    chosen = faced.execute(f"select src_file, src_line, {asked} from {fact} order by md5(concat_ws('|', {asked})) limit {NAMED_LINES}")
    contracts, read = demo_files.contracts(), {}
    for file, line, *values in chosen.fetchall():
        contract = contracts[re.sub(r"_[0-9]{8}_.*", "", file)]
        if file not in read:
            [path] = month_end.landing.glob(f"*/{file}")
            read[file] = demo_files.rows(contract, D, path)
        fields = dict(zip(contract.names, read[file][line - 2], strict=True))
        assert [fields[column] for column in columns] == [str(value) for value in values], f"{file} line {line}"
