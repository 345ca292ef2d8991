"""A bank of two persons, one company and one merchant whose books tie, on the business date and the day before.

Every tie of the ledger gate compares something here. A test changes one thing and looks which ties break.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import yaml

from tagmart.core.duck import connect, identifier
from tagmart.core.settings import project_root
from tagmart.gates.facts import GateInput, gather
from tagmart.gates.suite import load_suite
from tests.gate_cases import RUN, SUITES, new_home
from tests.gate_cases import D as BIZ_DATE

ROOT = project_root()
TIES = load_suite(SUITES, "ledger").ties
D, YESTERDAY = "date '2026-06-30'", "date '2026-06-29'"
TAGS = "customer_id varchar, dep_bal decimal(18,2), dep_davg_mtd decimal(18,2), loan_bal decimal(18,2), aum_bal decimal(18,2)," \
    " tier_code varchar, prof_is_id_checkdigit_right boolean, prof_is_id_birth_same boolean, prof_mng_org varchar"
# Organisation, currency, subject, net debit before the day, debited, credited. What is missing to a trial balance is booked
# against one subject on and one off the balance sheet.
BOOK = [
    ("B100", "CNY", "201101", -100, 0, 50), ("B100", "CNY", "201111", -1000, 50, 27), ("B100", "CNY", "2002", -20, 0, 0),
    ("B200", "CNY", "201101", -200, 0, 1), ("B200", "USD", "201101", -10, 0, 0), ("B200", "CNY", "2231", -5, 1, 0),
    ("B100", "CNY", "130301", 460, 0, 10), ("B100", "CNY", "1303019", 40, 0, 0), ("B200", "CNY", "130311", 350, 0, 0),
    ("B100", "CNY", "7011", 70, 0, 0), ("B200", "CNY", "7002", 100, 0, 0), ("B200", "CNY", "1301", 40, 0, 0),
    ("B100", "CNY", "1305", 33, 0, 0), ("B200", "CNY", "2241", -2, 0, 0), ("B100", "CNY", "3011", 0, 0, 25),
]  # fmt: skip
ROWS = {
    "account": """('A0000000000000001', 'R1', 'retail', 'demand', 'CNY', 'B100', '201101'),
        ('A0000000000000002', 'C1', 'corporate', 'demand', 'CNY', 'B100', '201111'),
        ('A0000000000000003', 'R2', 'retail', 'demand', 'CNY', 'B200', '201101'),
        ('A0000000000000004', 'R2', 'retail', 'demand', 'USD', 'B200', '201101'),
        ('A0000000000000005', 'C1', 'corporate', 'margin', 'CNY', 'B100', '2002')
        as row(acct_no, customer_id, entity, kind_code, ccy, gl_org, gl_subject)""",
    "account_person": """('A0000000000000001', 'R1', 'owner'), ('A0000000000000002', 'C1', 'owner'), ('A0000000000000003', 'R2', 'owner'),
        ('A0000000000000004', 'R2', 'owner'), ('A0000000000000005', 'C1', 'owner') as row(acct_no, customer_id, role_code)""",
    "account_balance_daily": f"""('A0000000000000001', {YESTERDAY}, 'demand', 100, 100), ('A0000000000000001', {D}, 'demand', 150, 150),
        ('A0000000000000002', {YESTERDAY}, 'demand', 1000, 1000), ('A0000000000000002', {D}, 'demand', 977, 977),
        ('A0000000000000003', {YESTERDAY}, 'demand', 200, 200), ('A0000000000000003', {D}, 'demand', 201, 201),
        ('A0000000000000004', {YESTERDAY}, 'demand', 70, 10), ('A0000000000000004', {D}, 'demand', 70, 10),
        ('A0000000000000005', {YESTERDAY}, 'margin', 20, 20), ('A0000000000000005', {D}, 'margin', 20, 20)
        as row(acct_no, bal_date, prod, bal, bal_orig)""",
    "ledger_account": f"""('A0000000000000005', {D}, 20, 20, 0, 'B100', 'CNY'), ('A0000000000000003', {D}, 201, 0, 4, 'B200', 'CNY')
        as row(acct_no, bal_date, bal, frozen_amt, accrued_int, gl_org, ccy)""",
    "ledger_accum": f"""('A0000000000000001', {D}, 'CNY', 150), ('A0000000000000002', {D}, 'CNY', 300), ('A0000000000000003', {D}, 'CNY', 60),
        ('A0000000000000004', {D}, 'USD', 30) as row(acct_no, bal_date, ccy, gained)""",
    "ledger_leg": """('T1', 1, 'A0000000000000002', 'D', 50, 'wage', '201111', 'P1'), ('T1', 2, 'A0000000000000001', 'C', 50, 'wage', '201101', 'P1'),
        ('T2', 1, 'A0000000000000003', 'C', 1, 'interest', '201101', null), ('T3', 1, 'A0000000000000002', 'C', 27, 'other', '201111', 'S1')
        as row(txn_no, leg, acct_no, dc_flag, amt, purpose_code, gl_subject, biz_ref)""",
    "transaction": f"""('T1', 1, 'A0000000000000002', {D}, 'out', 50, 50, 'wage'), ('T1', 2, 'A0000000000000001', {D}, 'in', 50, 50, 'wage'),
        ('T2', 1, 'A0000000000000003', {D}, 'in', 1, 1, 'interest'), ('T3', 1, 'A0000000000000002', {D}, 'in', 27, 27, 'other')
        as row(txn_no, leg, acct_no, acct_date, direction, amt, amt_orig, purpose)""",
    "ledger_note": f"""('N1', 'K1', 'mtg', {YESTERDAY}, 500, 40, 4, null, false, '130301', 'B100'), ('N1', 'K1', 'mtg', {D}, 490, 40, 5, null, false, '130301', 'B100'),
        ('N2', 'K2', 'wcap', {YESTERDAY}, 300, 0, 0, null, false, '130311', 'B200'), ('N2', 'K2', 'wcap', {D}, 300, 0, 0, null, false, '130311', 'B200'),
        ('N3', 'K3', 'cons', {YESTERDAY}, 70, 70, 400, date '2026-01-02', false, '7011', 'B100'), ('N3', 'K3', 'cons', {D}, 70, 70, 401, date '2026-01-02', false, '7011', 'B100'),
        ('N4', 'K4', 'wcap', {YESTERDAY}, 50, 0, 0, null, false, '130311', 'B200'), ('N4', 'K4', 'wcap', {D}, 50, 0, 0, null, false, '130311', 'B200')
        as row(note_no, contract_no, kind_code, bal_date, principal_amt, overdue_amt, dpd, write_off_date, is_entrusted, gl_subject, gl_org)""",
    "loan_note": f"""('N1', 'R1', 'retail', {YESTERDAY}, 500, false), ('N1', 'R1', 'retail', {D}, 490, false), ('N2', 'C1', 'corporate', {YESTERDAY}, 300, true),
        ('N2', 'C1', 'corporate', {D}, 300, true), ('N4', 'C1', 'corporate', {YESTERDAY}, 50, false), ('N4', 'C1', 'corporate', {D}, 50, false)
        as row(note_no, customer_id, entity, bal_date, principal_amt, is_inclusive)""",
    "loan_repayment": f"('N1', {D}, 10) as row(note_no, acct_date, prin_amt)",
    "loan_schedule": """('N1', 1, 250, 10), ('N1', 2, 250, 0), ('N2', 1, 300, 0), ('N3', 1, 70, 0), ('N4', 1, 50, 0)
        as row(note_no, term_no, prin_amt, paid_prin_amt)""",
    "loan_contract": """('K1', 'L1', 600, date '2020-01-01'), ('K2', 'L2', 300, date '2020-01-01'), ('K3', null, 90, date '2020-01-01'),
        ('K4', 'L1', 50, date '2020-01-01') as row(contract_no, limit_no, contract_amt, from_date)""",
    "credit_limit": """('L1', 'single', null, 700, 540, true, false, 'live'), ('L2', 'single', null, 300, 300, false, false, 'live'),
        ('L3', 'single', 'L4', 100, 80, true, false, 'live'), ('L4', 'group', null, 100, 80, true, false, 'live')
        as row(limit_no, kind_code, parent_limit_no, amt, used_amt, is_revolving, is_low_risk, status_code)""",
    "branch": "('H000', null), ('B100', 'H000'), ('B101', 'B100') as row(org_id, parent_id)",
    "contribution": "('A0000000000000001', date '2026-05-31', 'dep', 9, 10, 2, 3, 0) as row(item_no, month_end, side_code, net_amt, ftp_amt, fee_amt, cost_amt, provision_amt)",
    "off_balance": f"""('BW1', 'L3', 'guarantee', 100, 'A0000000000000005', 20, {YESTERDAY}, date '2026-09-01', '7002', 'B200'),
        ('BW2', null, 'discount', 40, null, 0, {YESTERDAY}, date '2026-09-01', '1301', 'B200')
        as row(biz_no, limit_no, kind_code, face_amt, margin_acct_no, margin_amt, start_date, due_date, gl_subject, gl_org)""",
    "credit_card": f"('CC00000000000001', 'R1', {D}, 33, 0), ('CC00000000000002', 'R2', {D}, 0, 2) as row(cc_acct_no, customer_id, bal_date, bal, credit_bal)",
    "order": f"""('O1', 'R1', 'F1', 'fund', 'sub', 25, {D}, null, 'accepted', null), ('O2', 'R1', 'F1', 'fund', 'sub', 9, {YESTERDAY}, {D}, 'settled', 5)
        as row(order_no, customer_id, prod_id, line_code, order_type, amt, order_date, confirm_date, status_code, units)""",
    "holding": f"('R1', 'F1', 'fund', {YESTERDAY}, 10, 10), ('R1', 'F1', 'fund', {D}, 15, 20) as row(customer_id, prod_id, line_code, hold_date, units, market_amt)",
    "price": f"('F1', {D}, 1.05, 1.00) as row(prod_id, price_date, price, prev_price)",
    "product": "('F1', 'fund', 'equity') as row(prod_id, line_code, kind_code)",
    "fx_rate": f"('USD', {YESTERDAY}, 7, 'p', 2), ('USD', {D}, 7, 'p', 2) as row(ccy, rate_date, rate, src_file, src_line)",
    "calendar": "(date '2026-06-30', true, true), (date '2026-06-29', true, true), (date '2026-06-26', false, true) as row(cal_date, is_trading_day, is_settle_day)",
    "pay_detail": f"""('P1', 1, 'E9', {D}, 50, 'wage', 'ok'), ('P1', 2, 'E9', {D}, 7, 'wage', 'failed')
        as row(batch_no, seq, payer_ecif, pay_date, amt, pay_type, result_code)""",
    "merchant": "('M000000000001', 'MC1', 'T1') as row(mer_no, customer_id, cycle_code)",
    "merchant_settlement": f"""('M000000000001', 'S1', {D}, 30, 2, 1, 27, false, 'T3')
        as row(mer_no, settle_no, settle_date, gross_amt, refund_amt, fee_amt, net_amt, is_returned, core_txn_no)""",
    "merchant_transaction": f"('M000000000001', 'X1', {YESTERDAY}, true, false, 30) as row(mer_no, txn_no, acct_date, is_ok, is_refund, amt)",
    "class_report": f"""({D}, 'B100', 2, 1, 490), ({D}, 'B200', 1, 2, 350) as row(class_date, gl_org, class_code, note_cnt, principal_amt)""",
    "management_profit": "('B100', date '2026-05-31', 9, 10, 2, 3, 0) as row(gl_org, month_end, net_amt, ftp_amt, fee_amt, cost_amt, provision_amt)",
    "ledger_note_org": "('N1', 'B100'), ('N2', 'B200'), ('N4', 'B200') as row(note_no, gl_org)",
    "registry_unit": f"({D}, 'F1', 15) as row(reg_date, prod_id, units)",
    # Q1 is of the weekend; Q2 was paid before the network's day-cut and posted behind the core's, Q3 is its like of the Friday before.
    "quick_pay_leg": f"""('Q1', 'A0000000000000001', {YESTERDAY}, timestamp '2026-06-27 12:00:00', 'out', 'netsunion', 30),
        ('Q2', 'A0000000000000003', {D}, timestamp '2026-06-29 23:30:00', 'out', 'netsunion', 12),
        ('Q3', 'A0000000000000003', {YESTERDAY}, timestamp '2026-06-26 23:59:59', 'out', 'netsunion', 7),
        ('Q4', 'A0000000000000001', {YESTERDAY}, timestamp '2026-06-29 09:00:00', 'in', 'unionpay', 5),
        ('Q5', 'A0000000000000001', {D}, timestamp '2026-06-30 09:00:00', 'out', 'unionpay', 8)
        as row(txn_no, acct_no, acct_date, txn_time, direction, network_code, amt)""",
    "network_clearing": f"""({YESTERDAY}, 'netsunion', 'out', timestamp '2026-06-26 23:59:59', timestamp '2026-06-29 23:59:59', 42),
        ({YESTERDAY}, 'unionpay', 'in', timestamp '2026-06-26 23:00:00', timestamp '2026-06-29 23:00:00', 5),
        ({D}, 'unionpay', 'out', timestamp '2026-06-29 23:00:00', timestamp '2026-06-30 23:00:00', 8)
        as row(settle_date, network_code, direction, from_time, cut_time, amt)""",
    "regulatory_figure": """('G01', 'deposit', 'B100', 'CNY', 'reported', 1147), ('G01', 'deposit', 'B100', 'CNY', 'margin', -20),
        ('G01', 'deposit', 'B200', 'CNY', 'reported', 201), ('G01', 'deposit', 'B200', 'USD', 'reported', 10),
        ('G01', 'loan', 'B100', 'CNY', 'reported', 523), ('G01', 'loan', 'B100', 'CNY', 'card', -33),
        ('G01', 'loan', 'B200', 'CNY', 'reported', 350), ('S71', 'inclusive_loan', 'B200', 'CNY', 'reported', 300),
        ('EAST', 'retail_customer', 'H000', 'heads', 'reported', 1), ('EAST', 'retail_customer', 'H000', 'heads', 'prospect', 1),
        ('EAST', 'corporate_customer', 'H000', 'heads', 'reported', 1)
        as row(report_code, item_code, gl_org, unit_code, reason_code, amt)""",
    "party": """('R1', 'retail', 'normal', '张甲', '张甲', '990101198001010011', date '2020-01-01', 'B101'),
        ('R2', 'retail', 'normal', '李乙', '李乙', '990101198001010022', date '2020-01-01', 'B201'),
        ('C1', 'corporate', 'normal', null, null, null, date '2020-01-01', 'B101'), ('MC1', 'merchant', 'normal', null, null, null, date '2020-01-01', null)
        as row(customer_id, entity, status_code, cust_name, name_key, id_no, open_date, open_org)""",
    "party_xref": "('ecif', 'E1', 'R1'), ('ecif', 'E2', 'R2'), ('ecif', 'E9', 'C1'), ('merchant', 'M1', 'MC1') as row(source_system, source_id, customer_id)",
    "party_merge": "('R9', 'R2', date '2025-01-01') as row(customer_id, into_customer_id, merge_date)",
    "manager_assignment": "('R1', 'M1', 0.7, date '2020-01-01'), ('R1', 'M2', 0.3, date '2020-01-01') as row(customer_id, manager_id, share_ratio, from_date)",
    "override": "('R2', date '2020-01-01') as row(customer_id, from_date)",
    "loan_class": f"('N1', {D}, 2, 2), ('N2', {D}, 1, 1), ('N4', {D}, 1, 1) as row(note_no, class_date, class_code, prev_class)",
    "identity_check": f"('R1', 'K1', {D}, 'match') as row(customer_id, check_no, check_date, result_code)",
}  # fmt: skip
ALWAYS = {"ledger_leg": {"ccy": "CNY", "acct_date": D}, "ledger_note": {"ccy": "CNY"}, "class_report": {"ccy": "CNY"},
          "management_profit": {"ccy": "CNY"}, "quick_pay_leg": {"ccy": "CNY"}, "network_clearing": {"ccy": "CNY"}, "regulatory_figure": {"report_date": D}}
MART = """
    insert into mart.tags_retail values ('R1', 150, 5, 490, 200, 'mass', true, true, 'B101'), ('R2', 271, 9, 0, 300, 'wealth', true, true, null);
    insert into mart.tags_corporate values ('C1', 977, 10, 350, null, null, null, null, 'B100');
    insert into mart.tags_merchant values ('MC1', null, null, null, null, null, null, null, null);
"""


def make_warehouse(path: Path, extra: Iterable[str] = ()) -> None:
    """The warehouse of the bank, in tables with the columns and types that the models promise."""
    with connect(path) as warehouse:
        warehouse.execute("create schema dwd; create schema dws; create schema ref; create schema ops")
        # R1 earned 50 and 1 on the market; R2 got interest of 1.
        warehouse.execute(f"""
            create table dws.retail_asset_daily (customer_id varchar, acct_date date, prod varchar, bal decimal(18,2));
            insert into dws.retail_asset_daily values ('R1', {YESTERDAY}, 'all', 119), ('R1', {D}, 'all', 170), ('R2', {YESTERDAY}, 'all', 270), ('R2', {D}, 'all', 271)
        """)
        for table, rows in ROWS.items():
            values, names = rows.rsplit(" as row(", 1)
            name = f"dwd.{identifier(table)}"
            warehouse.execute(f"create table {name} ({_columns(table)})")
            always = "".join(f", {value if value.startswith('date') else repr(value)} as {column}" for column, value in ALWAYS.get(table, {}).items())
            warehouse.execute(f"insert into {name} by name select *{always} from (values {values}) as row({names}")
        warehouse.execute(f"create table dwd.gl_balance ({_columns('gl_balance')})")
        for line in _ledger():
            warehouse.execute(f"insert into dwd.gl_balance by name select {line}")
        warehouse.execute("update dwd.account_balance_daily as balance set ccy = account.ccy from dwd.account as account where account.acct_no = balance.acct_no")
        warehouse.execute("update dwd.regulatory_figure set kind_code = if(reason_code = 'reported', 'reported', 'explained')")
        for seed in ("ledger_subject", "class_floor", "tier_rule"):
            warehouse.execute(f"create table ref.{seed} as from read_csv('{ROOT}/dbt_project/seeds/{seed}.csv', all_varchar=true)")
        warehouse.execute("""
            create or replace table ref.ledger_subject as select * replace (valid_from::date as valid_from, valid_to::date as valid_to) from ref.ledger_subject;
            create or replace table ref.class_floor as
            select * replace (dpd_from::int as dpd_from, class_code::int as class_code, valid_from::date as valid_from, valid_to::date as valid_to) from ref.class_floor;
            create or replace table ref.tier_rule as
            select * replace (tier_no::int as tier_no, valid_from::date as valid_from, valid_to::date as valid_to) from ref.tier_rule;
        """)
        warehouse.execute(f"create table ops.run_context as select 'run' as run_id, {D} as biz_date, 'demo' as bank")
        for statement in extra:
            warehouse.execute(statement)


def make_mart(path: Path, extra: Iterable[str] = ()) -> None:
    """The mart of the bank: what ties read of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with connect(path) as mart:
        mart.execute("create schema mart")
        for entity in ("retail", "corporate", "merchant"):
            mart.execute(f"create table mart.tags_{entity} ({TAGS})")
        mart.execute(MART)
        for statement in extra:
            mart.execute(statement)


def _columns(table: str) -> str:
    """Columns and types of a model of dwd, as its YAML promises them."""
    file = ROOT / "dbt_project" / "models" / "dwd" / f"dwd_{table}.yml"
    model = yaml.safe_load(file.read_text(encoding="utf-8"))["models"][0]
    return ", ".join(f"{identifier(column['name'])} {column['data_type']}" for column in model["columns"])


def _ledger() -> Iterable[str]:
    """The general ledger of both days, with its contra subjects."""
    lines = list(BOOK)
    for org, ccy in sorted({(line[0], line[1]) for line in BOOK}):
        for is_on, contra in ((True, "1003"), (False, "7999")):
            mine = [line for line in BOOK if line[:2] == (org, ccy) and is_on != line[2].startswith("7")]
            net, debit, credit = (sum(line[at] for line in mine) for at in (3, 4, 5))
            lines.append((org, ccy, contra, -net, credit, debit))
    for org, ccy, subject, net, debit, credit in lines:
        shared = f"{org!r} as gl_org, {ccy!r} as ccy, {subject!r} as subject, {not subject.startswith('7')} as is_on_balance"
        close = net + debit - credit
        yield f"{YESTERDAY} as acct_date, {shared}, {_sides('open', net)}, 0 as turn_dr, 0 as turn_cr, {_sides('close', net)}"
        yield f"{D} as acct_date, {shared}, {_sides('open', net)}, {debit} as turn_dr, {credit} as turn_cr, {_sides('close', close)}"


def _sides(name: str, net: int) -> str:
    return f"{max(net, 0)} as {name}_dr, {max(-net, 0)} as {name}_cr"


class Night:
    """A home with one run of the bank, and the mart of the day before."""

    def __init__(self, tmp_path: Path, base: Path, has_prior: bool = True) -> None:
        self.settings, self.state = new_home(tmp_path)
        self.mart = self.settings.run_dir(RUN) / "tagmart.duckdb"
        self.prior = self.settings.published / "2026-06-29" / "20260629-001" / "tagmart.duckdb"
        for target, name in ((self.settings.warehouse, "warehouse.duckdb"), (self.mart, "tagmart.duckdb"), (self.prior, "tagmart.duckdb")):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(base / name, target)
        if has_prior:
            self.state.put("publish", {"run_id": "20260629-001", "biz_date": "2026-06-29", "published_at": "2026-06-30T03:00:00",
                                       "path": "published/2026-06-29/20260629-001", "became_current": 1})

    def change(self, statement: str) -> None:
        """Change something in the warehouse, or in the mart (mart:) or yesterday's (prior:)."""
        files = {"mart": self.mart, "prior": self.prior}
        where, _, rest = statement.partition(": ")
        with connect(files.get(where, self.settings.warehouse)) as connection:
            connection.execute(rest if where in files else statement)

    def facts(self, ties: tuple = TIES, biz_date: date = BIZ_DATE) -> list[dict]:
        return gather("tie", GateInput(self.settings, self.state, RUN, biz_date, {}, ties))

    def states(self, ties: tuple = TIES) -> dict[str, str]:
        return {fact["tie"]: fact["state"] for fact in self.facts(ties) if fact["is_whole"]}


def changed_root(tmp_path: Path, which: str, **changes: object) -> Path:
    """A root whose expectations have the words of one tie changed."""
    folder = tmp_path / "root"
    shutil.copytree(ROOT / "expectations", folder / "expectations")
    path = folder / "expectations" / "ties" / f"{which}.yml"
    block = yaml.safe_load(path.read_text(encoding="utf-8")) | changes
    path.write_text(yaml.safe_dump(block, allow_unicode=True), encoding="utf-8")
    return folder
