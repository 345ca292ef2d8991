"""What falls due by the schedules of loans: the day exactly N days ahead, what is paid already, what was paid late."""

from __future__ import annotations

from pathlib import Path

from tagmart.core.duck import connect
from tagmart.tagspec.render import rendered

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
MONEY = "decimal(18,2)"
TABLES = f"""
create schema ops;
create table ops.run_context as select date '2026-06-30' as biz_date, 'demo' as bank;
create table ops.feed_present as
select true as crd_note, true as crd_schedule, true as pay_detail, true as core_acct, true as core_acct_person, true as core_bal;
create table dws_retail_spine as select unnest(['a', 'b']) as customer_id;
create table dwd_loan_note as
select 'a' as customer_id, 'retail' as entity, 'n1' as note_no, 'mtg' as kind_code, date '2026-06-30' as bal_date;
create table dwd_loan_schedule (
    note_no varchar, term_no integer, due_date date, prin_amt {MONEY}, int_amt {MONEY}, paid_prin_amt {MONEY},
    paid_int_amt {MONEY}, paid_date date
);
insert into dwd_loan_schedule values
    ('n1', 1, '2026-04-30', 100, 10, 100, 10, '2026-04-30'),
    ('n1', 2, '2026-05-30', 100, 9, 100, 9, '2026-06-02'),
    ('n1', 3, '2026-06-30', 100, 8, 0, 0, null),
    ('n1', 4, '2026-07-07', 100, 7, 40, 0, null),
    ('n1', 5, '2026-07-30', 100, 6, 0, 0, null),
    ('n1', 6, '2026-07-31', 100, 5, 0, 0, null);
create table dws_retail_asset_history (customer_id varchar, prod varchar, valid_from date, valid_to date, bal {MONEY});
create table tag_retail_payroll (customer_id varchar, pay_amt_median_l3m {MONEY})
"""


def test_instalments_ahead_and_in_time() -> None:
    duck = connect()
    for statement in TABLES.split(";\n"):
        duck.execute(statement)
    text = (PROJECT / "models/tags/retail/tag_retail_loan_plan.sql").read_text(encoding="utf-8")
    found = duck.execute(f"select * from ({rendered(text, PROJECT, ref=str)}) order by customer_id")
    names = [column[0] for column in found.description]
    drawn, without = (dict(zip(names, row, strict=True)) for row in found.fetchall())
    duck.close()
    expected = {
        "loan_due_amt_next7d": 67, "loan_due_amt_next30d": 173, "loan_due_amt_next60d": 278,
        "loan_due_prin_amt_next30d": 160, "loan_due_int_amt_next30d": 13, "loan_mtg_due_amt_next30d": 173,
        "loan_cons_due_amt_next30d": 0, "loan_due_next_amt": 67, "loan_term_paid_cnt": 2, "loan_term_left_cnt": 3,
        "loan_unpaid_term_cnt": 0, "loan_late_cnt_l12m": 1, "loan_due_amt_sum_lm": 109, "loan_due_pay_ratio": None,
    }  # fmt: skip
    assert {name: drawn[name] for name in expected} == expected
    assert drawn["loan_ontime_ratio_l12m"] == 0.5
    assert (without["loan_due_amt_next30d"], without["loan_due_next_date"]) == (0, None)
