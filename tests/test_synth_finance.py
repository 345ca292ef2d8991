"""The general ledger of the demo bank is the sum of its details, to the cent, on every day."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tagmart.contracts import load_contracts
from tagmart.core.settings import project_root
from tagmart.synth import generate
from tagmart.synth.finance.contributions import DELIVERY_DAY
from tests import demo_files

BIZ_DATE = date(2026, 6, 30)
M = "decimal(18, 2)"


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A small bank with two nights, and `gl` with amounts."""
    folder = tmp_path_factory.mktemp("finance")
    generate(folder, customers=500, seed=4, biz_date=BIZ_DATE, days=2, history_months=4)
    con = _ledger(folder)
    for feed, key in (("crd_contract", "contract_no"), ("crd_schedule", "note_no, term_no")):
        con.execute(f"""create view {feed}_now as from {feed}
                        qualify row_number() over (partition by {key} order by delivered desc) = 1""")
    con.execute(f"create view true_loan_events as from '{folder}/answers/loan_events.parquet'")
    yield con
    con.close()


def _ledger(folder: Path) -> duckdb.DuckDBPyConnection:
    con = demo_files.tables(folder)
    amounts = ", ".join(
        f"{side}_{way}::{M} as {side}_{way}" for side in ("open", "turn", "close") for way in ("dr", "cr")
    )
    con.execute(f"""
        create table gl as
        select acct_date::date as day, gl_org, ccy, subject, {amounts}, is_on_balance = 'Y' as is_on from gl_balance
    """)
    return con


def _none(con: duckdb.DuckDBPyConnection, query: str) -> None:
    """The query finds what must not be."""
    broken = con.execute(query).fetchall()
    assert not broken, broken[:5]


def _differences(con: duckdb.DuckDBPyConnection, details: str, ledger: str) -> list[tuple]:
    """Days, organisations and subjects on which details and ledger differ; both have a column amt."""
    return con.execute(f"""
        with details as ({details}), ledger as ({ledger})
        select day, gl_org, ccy, subject, coalesce(details.amt, 0), coalesce(ledger.amt, 0)
        from details full join ledger using (day, gl_org, ccy, subject)
        where coalesce(details.amt, 0) <> coalesce(ledger.amt, 0)
        order by all limit 5
    """).fetchall()


def test_debits_are_credits_on_and_off_the_balance_sheet(bank):
    broken = bank.execute("""
        select day, gl_org, ccy, is_on from gl group by all
        having sum(turn_dr) <> sum(turn_cr) or sum(close_dr) <> sum(close_cr) or sum(open_dr) <> sum(open_cr)
    """).fetchall()
    assert not broken
    assert bank.execute("select count(distinct day) from gl").fetchone()[0] > 120


def test_every_day_opens_as_the_day_before_closed(bank):
    broken = bank.execute("""
        with lines as (
            select *, lag(close_dr - close_cr) over (partition by gl_org, ccy, subject order by day) as before from gl
        )
        select * from lines
        where coalesce(before <> open_dr - open_cr, false)
        or close_dr - close_cr <> open_dr - open_cr + turn_dr - turn_cr or (close_dr <> 0 and close_cr <> 0)
    """).fetchall()
    assert not broken


def test_deposits_and_margin_tie(bank):
    details = f"select bal_date::date as day, gl_org, ccy, gl_subject as subject, sum(bal::{M}) as amt from core_bal group by all"
    ledger = """
        select day, gl_org, ccy, subject, close_cr - close_dr as amt from gl where subject like '2011%' or subject = '2002'
    """
    assert not _differences(bank, details, ledger)
    subjects = {row[0] for row in bank.execute("select distinct gl_subject from core_bal").fetchall()}
    assert {"201101", "201102", "201111"} <= subjects


def test_turnover_ties_by_side(bank):
    for side, column in (("D", "turn_dr"), ("C", "turn_cr")):
        details = f"""
            select acct_date::date as day, core_acct.gl_org, core_txn.ccy, core_txn.gl_subject as subject, sum(amt::{M}) as amt
            from core_txn
            inner join (select distinct acct_no, gl_org from core_acct) as core_acct using (acct_no)
            where dc_flag = '{side}' group by all
        """
        ledger = f"""
            select day, gl_org, ccy, subject, {column} as amt from gl where subject like '2011%' or subject = '2002'
        """
        assert not _differences(bank, details, ledger)


def test_loans_tie_normal_and_overdue(bank):
    details = f"""
        select bal_date::date as day, gl_org, ccy, gl_subject as subject, sum(principal_amt::{M} - overdue_amt::{M}) as amt
        from crd_note where write_off_date is null and is_entrusted = 'N' group by all
        union all
        select bal_date::date, gl_org, ccy, gl_subject || '9', sum(overdue_amt::{M})
        from crd_note where write_off_date is null and is_entrusted = 'N' group by all
    """
    ledger = "select day, gl_org, ccy, subject, close_dr - close_cr as amt from gl where subject like '1303%'"
    assert not _differences(bank, details, ledger)


def test_claims_given_up_and_other_peoples_loans_are_memos(bank):
    details = f"""
        select bal_date::date as day, gl_org, ccy, gl_subject as subject, sum(principal_amt::{M}) as amt
        from crd_note where write_off_date is not null or is_entrusted = 'Y' group by all
    """
    ledger = "select day, gl_org, ccy, subject, close_dr - close_cr as amt from gl where subject in ('7006', '7011')"
    assert not _differences(bank, details, ledger)
    found = bank.execute("""
        select count(distinct note_no) filter (write_off_date is not null and ecif_no like '1%'),
            count(distinct note_no) filter (write_off_date is not null and ecif_no like '2%'),
            count(distinct note_no) filter (is_entrusted = 'Y' and ecif_no like '1%'),
            count(distinct note_no) filter (is_entrusted = 'Y' and ecif_no like '2%'),
            count(*) filter ((gl_subject in ('7006', '7011')) <> (write_off_date is not null or is_entrusted = 'Y')),
            count(*) filter (write_off_date > bal_date)
        from crd_note
    """).fetchone()
    assert min(found[:4]) >= 1
    assert found[4:] == (0, 0)
    # What is given up is charged to the provision, on its day.
    lost = bank.execute("select count(*) from gl where subject = '1304' and close_cr > 0").fetchone()
    assert lost[0] > 0


def test_cards_tie(bank):
    whole = bank.execute(f"""
        with details as (
            select bal_date::date as day, sum(bal::{M}) as owed, sum(credit_bal::{M}) as paid from cc_acct group by 1
        ),
        ledger as (
            select day, sum(close_dr - close_cr) filter (subject = '1305') as owed,
                coalesce(sum(close_cr - close_dr) filter (subject = '2241'), 0) as paid
            from gl group by 1
        )
        select count(*), count(*) filter (details.owed = ledger.owed and details.paid = ledger.paid)
        from details inner join ledger using (day)
    """).fetchone()
    assert whole[0] == whole[1] > 120


def test_off_balance_business_ties(bank):
    broken = bank.execute(f"""
        with days as (select distinct day from gl), live as (
            from crd_offbal qualify row_number() over (partition by biz_no order by delivered) = 1
        ),
        details as (
            select days.day, live.gl_subject as subject, sum(face_amt::{M}) as amt
            from days inner join live on live.start_date::date <= days.day and days.day < live.due_date::date
            group by all
        ),
        ledger as (
            select day, subject, sum(close_dr - close_cr) as amt from gl
            where subject in ('1301', '7001', '7002', '7003', '7005') group by all
        )
        select * from details full join ledger using (day, subject) where coalesce(details.amt, 0) <> coalesce(ledger.amt, 0)
    """).fetchall()
    assert not broken


def test_interest_payable_and_money_in_transit_tie(bank):
    broken = bank.execute(f"""
        with details as (select bal_date::date as day, gl_org, sum(accrued_int::{M}) as amt from core_bal group by all),
        ledger as (select day, gl_org, close_cr - close_dr as amt from gl where subject = '2231')
        select * from details full join ledger using (day, gl_org) where coalesce(details.amt, 0) <> coalesce(ledger.amt, 0)
    """).fetchall()
    assert not broken
    transit = bank.execute(f"""
        with orders as (
            from inv_order qualify row_number() over (partition by order_no order by delivered desc) = 1
        )
        select sum(amt::{M}) from orders
        where order_type in ('sub', 'sip') and status_code <> 'failed' and order_date <= '{BIZ_DATE}'
        and coalesce(confirm_date, '9999-12-31') > '{BIZ_DATE}'
    """).fetchone()[0]
    ledger = bank.execute(f"select sum(close_cr - close_dr) from gl where subject = '3011' and day = '{BIZ_DATE}'").fetchone()[0]
    assert (transit or 0) == ledger


def test_contributions_add_up_and_come_after_the_month(bank):
    wrong = bank.execute(f"""
        select count(*) from fin_contrib
        where net::{M} <> ftp_income::{M} + fee_income::{M} - cost::{M} - provision::{M} or delivered <= replace(month, '-', '')
    """).fetchone()[0]
    assert wrong == 0
    assert bank.execute("select max(month) from fin_contrib").fetchone()[0] == "2026-05-31"
    strangers = bank.execute("""
        select count(*) from fin_contrib
        where acct_or_note not in (select acct_no from core_acct union all select note_no from crd_note)
    """).fetchone()[0]
    assert strangers == 0


def test_totals_of_other_systems_are_what_single_rows_add_up_to(bank):
    """Classes of every month end, contributions of every closed month, the registry's units of every day that is delivered."""
    details = {
        f"select class_date, gl_org, class_code, count(*), sum(principal_amt::{M}) from crd_class join crd_note using (note_no)"
        " where bal_date = class_date group by all":
        f"select class_date, gl_org, class_code, note_cnt::int, principal_amt::{M} from crd_class_rpt where delivered = (select max(delivered) from crd_class_rpt)",
        f"select month, gl_org, sum(net::{M}), sum(ftp_income::{M}), sum(fee_income::{M}), sum(cost::{M}), sum(provision::{M}) from fin_contrib join"
        " (select distinct acct_no as acct_or_note, gl_org from core_acct union select distinct note_no, gl_org from crd_note) using (acct_or_note) group by all":
        f"select month, gl_org, net::{M}, ftp_income::{M}, fee_income::{M}, cost::{M}, provision::{M} from fin_pnl where delivered = (select max(delivered) from fin_pnl)",
        "select hold_date, prod_id, sum(units::decimal(18, 4)) from inv_hold where hold_date in (select reg_date from inv_ta) group by all":
        "select reg_date, prod_id, units::decimal(18, 4) from inv_ta",
    }  # fmt: skip
    for rows, totals in details.items():
        found, reported = ({*bank.execute(query).fetchall()} for query in (rows, totals))
        assert found == reported and len(found) > 5
    assert {row[0] for row in bank.execute("select distinct class_date from crd_class_rpt").fetchall()} >= {"2026-05-31", "2026-06-30"}
    assert bank.execute("select count(distinct reg_date) from inv_ta").fetchone()[0] == 3


def test_networks_clear_by_their_own_clock(bank):
    """Of every settle day that is delivered: the payments of its moments, whichever day the core has posted them on."""
    networks = "case cp_bank_code when 'TP01' then 'netsunion' when 'TP02' then 'unionpay' end"
    cleared = f"""
        select settle_date, network_code, direction_code, count(txn_no), coalesce(sum(core_txn.amt::{M}), 0)
        from pay_clear left join core_txn
            on channel_code = 'qpay' and {networks} = network_code and if(dc_flag = 'C', 'in', 'out') = direction_code
            and txn_time > from_time and txn_time <= cut_time
        where settle_date >= '2026-06-01' and settle_date < '{BIZ_DATE}' group by all"""
    reported = f"""
        select settle_date, network_code, direction_code, txn_cnt::int, amt::{M} from pay_clear
        where settle_date >= '2026-06-01' and settle_date < '{BIZ_DATE}'"""
    found, said = ({*bank.execute(query).fetchall()} for query in (cleared, reported))
    # Four rows for each of the 20 settle days of June before the last one; the 19th is a holiday.
    assert found == said and len(said) == 4 * 20
    assert bank.execute("select count(*) from core_txn where channel_code = 'qpay' and coalesce(cp_bank_code, '') not in ('TP01', 'TP02')").fetchone() == (0,)
    cuts = bank.execute("select from_time, cut_time from pay_clear where settle_date = '2026-06-29' group by all order by 1").fetchall()
    assert cuts == [("2026-06-26 23:00:00", "2026-06-29 23:00:00"), ("2026-06-26 23:59:59", "2026-06-29 23:59:59")]
    parted = bank.execute("select count(distinct substr(txn_time, 1, 10)) from core_txn where channel_code = 'qpay' and acct_date = '2026-06-29'").fetchone()
    assert parted == (2,)


def test_the_regulator_is_told_what_single_rows_add_up_to(bank):
    """Of the month end: accounts, notes, cards, bills, advances and customers, each counted from its own feed."""
    now = f"'{BIZ_DATE}'"
    notes = f"select gl_org, principal_amt::{M} as amt, is_inclusive from crd_note where bal_date = {now} and write_off_date is null and is_entrusted = 'N'"
    ledger = f"select gl_org, close_dr - close_cr as amt, subject from gl where day = {now} and ccy = 'CNY'"
    rows = f"""
        select 'deposit' as item, gl_org, ccy as unit, 'reported' as reason, sum(bal::{M}) as amt from core_bal where bal_date = {now} group by all
        union all select 'deposit', gl_org, ccy, 'margin', -sum(bal::{M}) from core_bal where bal_date = {now} and gl_subject = '2002' group by all
        union all select 'loan', gl_org, 'CNY', 'reported', sum(amt) from (
            select gl_org, amt from ({notes}) union all select gl_org, amt from ({ledger}) where subject in ('1301', '1305', '1306')) group by all
        union all select 'loan', gl_org, 'CNY', case subject when '1301' then 'discount' when '1305' then 'card' else 'advance' end, -sum(amt)
            from ({ledger}) where subject in ('1301', '1305', '1306') group by all
        union all select 'inclusive_loan', gl_org, 'CNY', 'reported', sum(amt) from ({notes}) where is_inclusive = 'Y' group by all
        union all select 'corporate_customer', 'H000', 'heads', 'reported', count(distinct ecif_no) from ecif_corp
        union all select 'retail_customer', 'H000', 'heads', if(is_served, 'reported', 'prospect'), count(*) from (
            select ecif_no in (select ecif_no from core_acct union all select ecif_no from cc_acct) as is_served from ecif_retail
            qualify row_number() over (partition by ecif_no order by delivered desc) = 1 and status_code not in ('merged', 'erased')) group by all
    """
    found = {*bank.execute(f"select * from ({rows}) where amt <> 0").fetchall()}
    said = {*bank.execute(f"select item_code, gl_org, unit_code, reason_code, amt::{M} from fin_reg where report_date = {now}").fetchall()}
    assert found == said
    # Everything that is explained is there, so that the list is not empty by chance.
    assert {row[3] for row in said} >= {"margin", "card", "prospect"}
    assert {row[0] for row in bank.execute("select distinct report_date from fin_reg").fetchall()} >= {"2026-05-31", "2026-06-30"}
    assert {row[0] for row in bank.execute("select kind_code from fin_reg where (reason_code = 'reported') <> (kind_code = 'reported')").fetchall()} == set()


def test_contributions_come_between_the_eighth_and_the_fifteenth_workday():
    """Of every month of the bank's calendar."""
    contract = load_contracts(project_root() / "expectations" / "contracts" / "demo")["fin_contrib"]
    assert (contract.due.when, contract.due.day) == ("monthly", DELIVERY_DAY)
    worked = {}
    with (project_root() / "dbt_project" / "seeds" / "calendar_day.csv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            month, day = row["cal_date"][:7], int(row["cal_date"][8:])
            worked[month] = worked.get(month, 0) + (row["is_workday"] == "true" and day <= DELIVERY_DAY)
    assert len(worked) >= 36
    assert {month: count for month, count in worked.items() if not 8 <= count <= 15} == {}


def test_planted_differences_are_what_the_answers_say(tmp_path: Path):
    """Without them the ledger ties; with them it differs by exactly these amounts, and nowhere else."""
    generate(tmp_path, customers=120, seed=4, biz_date=BIZ_DATE, days=1, history_months=1, gl_differences=2)
    con = _ledger(tmp_path)
    planted = con.execute(f"""
        select kind, gl_org, subject, acct_date, amt from '{tmp_path}/answers/gl_difference.parquet'
        where subject like '2011%'
    """).fetchall()
    assert {row[0] for row in planted} == {"detail", "trial"}
    details = f"select bal_date::date as day, gl_org, ccy, gl_subject as subject, sum(bal::{M}) as amt from core_bal group by all"
    ledger = "select day, gl_org, ccy, subject, close_cr - close_dr as amt from gl where subject like '2011%' or subject = '2002'"
    found = {(org, subject, day, right - left) for day, org, _, subject, left, right in _differences(con, details, ledger)}
    assert found == {(org, subject, day, amt) for _, org, subject, day, amt in planted}
    uneven = con.execute("""
        select gl_org from gl where is_on group by day, gl_org having sum(close_dr) <> sum(close_cr)
    """).fetchall()
    assert uneven == [(row[1],) for row in planted if row[0] == "trial"]


def test_extended_loans_are_due_later_from_the_day_of_the_agreement(bank):
    _none(bank, """
        with notes as (
            select note_no, contract_no, bal_date, due_date, ext_cnt::int as ext_cnt,
                lag(due_date) over (partition by note_no order by bal_date) as due_before,
                lag(ext_cnt::int) over (partition by note_no order by bal_date) as ext_before
            from crd_note
        )
        select notes.* from notes left join crd_contract_now using (contract_no)
        where (due_before is not null and (due_before <> due_date) <> (ext_before <> ext_cnt))
            or (bal_date = '2026-06-30' and due_date <> to_date)""")
    _none(bank, """
        select notes.note_no from crd_schedule_now as plan
        join (select note_no, due_date as ends, bal_date from crd_note where bal_date = '2026-06-30') as notes using (note_no)
        group by notes.note_no, notes.ends having max(plan.due_date) <> notes.ends""")
    assert bank.execute("select count(distinct left(note_no, 1)) from crd_note where ext_cnt = '1'").fetchone()[0] >= 1


def test_what_happened_to_loans_is_what_their_file_says(bank):
    kinds = {row[0] for row in bank.execute("select distinct kind from true_loan_events").fetchall()}
    assert kinds == {"write_off", "extension", "restructure", "entrusted"}
    _none(bank, """
        with notes as (from crd_note where bal_date = '2026-06-30'),
        said as (
            select note_no, max(event_date) filter (kind = 'write_off') as written,
                count(*) filter (kind = 'extension') as longer, count(*) filter (kind = 'entrusted') as others
            from true_loan_events group by all
        )
        select notes.note_no from notes left join said using (note_no)
        where notes.write_off_date::date is distinct from said.written or ext_cnt::int <> coalesce(longer, 0)
            or (is_entrusted = 'Y') <> (coalesce(others, 0) > 0)""")
    # Restructured loans are watched for a year, and stand no better than special mention meanwhile.
    _none(bank, """
        select crd_class.note_no from crd_class left join true_loan_events as said
            on said.note_no = crd_class.note_no and kind = 'restructure'
        where (is_restructured = 'Y') <> coalesce(class_date::date between event_date and said.observe_to, false)
            or (is_restructured = 'Y' and (class_code::int < 2 or crd_class.observe_to::date <> said.observe_to))""")
    _none(bank, """
        select crd_class.note_no from crd_class join crd_note on crd_note.note_no = crd_class.note_no and bal_date = class_date
        where write_off_date is not null or is_entrusted = 'Y'""")
