"""Drawn nights for the models of companies: tiny tables, and the project's own SQL run over them as dbt would run it.

Rows are written as keyword arguments; what a row does not say is empty. Parameters, cut points and industry flags are the
seeds of the project, so that a drawn value means what it means at night.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jinja2 import Environment

from tagmart.core.duck import connect, literal

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
MODELS = {path.stem: path for path in (PROJECT / "models").rglob("*.sql") if "staging" not in path.parts}
FEEDS = sorted(path.stem.removeprefix("stg_") for path in (PROJECT / "models" / "staging").glob("stg_*.yml"))
SEEDS = {
    "parameter": {"value": "decimal(18,2)"}, "cut_point": {"code": "integer", "lower_bound": "decimal(18,2)"}, "industry_flag": {},
}  # fmt: skip
D = "2026-06-30"
MONEY, DAY, TEXT, COUNT, FLAG, SHARE = "decimal(18,2)", "date", "varchar", "integer", "boolean", "decimal(7,4)"
TABLES = {
    "dws_corporate_spine": {"customer_id": TEXT, "biz_date": DAY},
    "dwd_company": {
        "customer_id": TEXT, "status_code": TEXT, "cust_name": TEXT, "uscc": TEXT, "corp_type_code": TEXT, "industry_code": TEXT,
        "size_code": TEXT, "staff_cnt": COUNT, "reg_capital": MONEY, "found_date": DAY, "legal_rep_name": TEXT, "open_date": DAY,
        "open_org": TEXT, "mng_org": TEXT, "kyc_next_date": DAY, "group_id": TEXT,
    },
    "dwd_party": {"customer_id": TEXT, "entity": TEXT, "status_code": TEXT, "open_date": DAY},
    "dwd_branch": {"org_id": TEXT, "region_code": TEXT},
    "dwd_manager_assignment": {
        "customer_id": TEXT, "manager_id": TEXT, "role_code": TEXT, "org_id": TEXT, "from_date": DAY, "to_date": DAY,
    },
    "dwd_company_registry": {
        "customer_id": TEXT, "change_date": DAY, "status_code": TEXT, "name_key": TEXT, "legal_rep_key": TEXT, "capital_amt": MONEY,
        "shareholder_cnt": COUNT, "is_abnormal": FLAG, "abnormal_date": DAY, "pledge_ratio": SHARE,
    },
    "dwd_company_list": {
        "customer_id": TEXT, "list_code": TEXT, "batch": TEXT, "level_code": TEXT, "from_date": DAY, "to_date": DAY,
    },
    "dwd_company_tax": {
        "customer_id": TEXT, "period": DAY, "vat_sales_amt": MONEY, "tax_paid_amt": MONEY, "credit_grade": TEXT,
        "grade_year": COUNT, "auth_from": DAY, "auth_to": DAY, "is_authorised": FLAG,
    },
    "dwd_company_customs": {
        "customer_id": TEXT, "period": DAY, "export_amt": MONEY, "import_amt": MONEY, "credit_level": TEXT, "auth_from": DAY,
        "auth_to": DAY, "is_authorised": FLAG,
    },
    "dwd_relation": {
        "from_customer_id": TEXT, "from_entity": TEXT, "to_customer_id": TEXT, "to_entity": TEXT, "rel_code": TEXT,
        "share_ratio": SHARE, "from_date": DAY, "to_date": DAY,
    },
    "dws_retail_asset_daily": {"customer_id": TEXT, "acct_date": DAY, "prod": TEXT, "bal": MONEY},
    "dwd_loan_note": {
        "customer_id": TEXT, "entity": TEXT, "note_no": TEXT, "kind_code": TEXT, "bal_date": DAY, "principal_amt": MONEY,
        "start_date": DAY,
    },
    "dwd_off_balance": {
        "customer_id": TEXT, "entity": TEXT, "kind_code": TEXT, "status_code": TEXT, "start_date": DAY, "due_date": DAY,
    },
    "dwd_credit_limit": {"customer_id": TEXT, "status_code": TEXT, "from_date": DAY, "to_date": DAY},
    "dwd_holding": {"customer_id": TEXT, "hold_date": DAY, "market_amt": MONEY},
    "dwd_merchant": {
        "mer_no": TEXT, "owner_customer_id": TEXT, "owner_entity_code": TEXT, "status_code": TEXT, "start_date": DAY,
        "end_date": DAY,
    },
    "dwd_account": {
        "acct_no": TEXT, "customer_id": TEXT, "entity": TEXT, "nature_code": TEXT, "kind_code": TEXT, "open_org": TEXT,
        "open_date": DAY, "close_date": DAY, "status_code": TEXT,
    },
    "dwd_agreement": {
        "customer_id": TEXT, "entity": TEXT, "agr_type": TEXT, "from_date": DAY, "to_date": DAY,
    },
    "dwd_pay_contract": {"customer_id": TEXT, "pay_day": COUNT, "from_date": DAY, "to_date": DAY},
    "dwd_pay_detail": {
        "customer_id": TEXT, "payer_customer_id": TEXT, "pay_date": DAY, "amt": MONEY, "pay_type": TEXT, "result_code": TEXT,
    },
    "dwd_account_balance_daily": {
        "acct_no": TEXT, "customer_id": TEXT, "entity": TEXT, "bal_date": DAY, "prod": TEXT, "ccy": TEXT, "bal": MONEY,
    },
    "dwd_account_month": {"customer_id": TEXT, "entity": TEXT, "month_end": DAY, "prod": TEXT, "davg_bal": MONEY},
    "dws_corporate_asset_daily": {"customer_id": TEXT, "acct_date": DAY, "prod": TEXT, "bal": MONEY},
    "dws_corporate_liability_daily": {"customer_id": TEXT, "acct_date": DAY, "bal": MONEY},
    "dws_corporate_exposure": {"customer_id": TEXT, "exposure_amt": MONEY},
    "dwd_contribution": {
        "customer_id": TEXT, "entity": TEXT, "month_end": DAY, "side_code": TEXT, "ftp_amt": MONEY, "fee_amt": MONEY,
        "cost_amt": MONEY, "provision_amt": MONEY, "net_amt": MONEY,
    },
    "dwd_calendar": {"cal_date": DAY, "is_workday": FLAG},
    "dwd_transaction": {
        "txn_no": TEXT, "leg": COUNT, "acct_no": TEXT, "customer_id": TEXT, "entity": TEXT, "acct_date": DAY,
        "txn_time": "timestamp", "direction": TEXT, "amt": MONEY, "ccy": TEXT, "channel": TEXT, "mode": TEXT, "purpose": TEXT,
        "init_code": TEXT, "cp_class": TEXT, "cp_acct_no": TEXT, "cp_bank_code": TEXT,
        "cp_customer_id": TEXT, "is_self": FLAG, "is_reversal": FLAG,
        "is_void": FLAG, "src_file": TEXT, "src_line": COUNT,
    },
}  # fmt: skip
# A plain receipt from a customer at another bank; a drawn posting says how it differs.
POSTING = {
    "entity": "corporate", "leg": 1, "direction": "in", "ccy": "CNY", "channel": "batch", "mode": "transfer", "purpose": "transfer",
    "init_code": "P", "cp_class": "other_bank_other", "is_self": False, "is_reversal": False, "is_void": False,
}  # fmt: skip


class Night:
    """One night over drawn tables."""

    def __init__(self, duck: object) -> None:
        self.duck = duck
        self.postings = 0

    def draw(self, table: str, **values: object) -> None:
        """One row of a table; columns that are not named stay empty."""
        strange = values.keys() - TABLES[table].keys()
        assert not strange, f"{table} has no {strange}"
        listed = ", ".join(f"{name} := {_sql(value)}" for name, value in values.items()) or "dummy := null"
        self.duck.execute(f"insert into {table} by name select unnest(struct_pack({listed}))")

    def post(self, customer: str, day: str, amount: str, cp: str = "", **differs: object) -> None:
        """A leg of a posting on the company's only account; `cp` is the account of the other side: A-… here is a company's."""
        self.postings += 1
        here = cp.startswith("A-") and differs.get("cp_bank_code") == "OWN"
        held = {**POSTING, "txn_no": f"T{self.postings}", "acct_no": f"A-{customer}", "customer_id": customer, "acct_date": day,
                "txn_time": f"{day} 10:00:00", "amt": amount, "cp_acct_no": cp, "cp_bank_code": "B102",
                "cp_customer_id": cp.removeprefix("A-") if here else None, **differs}  # fmt: skip
        self.draw("dwd_transaction", **held)

    def flows(self) -> None:
        """What dwd and dws make of the postings drawn so far."""
        for model in ("dwd_corporate_flow", "dws_corporate_transaction_daily"):
            self.duck.execute(f"create table {model} as {rendered(model)}")

    def rows(self, model: str) -> list[tuple]:
        """What a model says, row by row."""
        return self.duck.execute(f"select * from ({rendered(model)}) order by all").fetchall()

    def tags(self, model: str, *names: str) -> dict[str, tuple]:
        """Some tags of every company, in this order."""
        listed = ", ".join(["customer_id", *names])
        return {row[0]: row[1:] for row in self.duck.execute(f"select {listed} from ({rendered(model)})").fetchall()}


def _sql(value: object) -> str:
    if value is None or isinstance(value, bool | int):
        return "null" if value is None else str(value).lower()
    return literal(str(value))


@contextmanager
def night(companies: str, absent: tuple[str, ...] = (), biz_date: str = D) -> Iterator[Night]:
    """A night with these companies of record and nothing else."""
    duck = connect()
    try:
        duck.execute("create schema ops")
        duck.execute(f"create table ops.run_context as select date {literal(biz_date)} as biz_date, 'demo' as bank")
        fed = ", ".join(f"{str(feed not in absent).lower()} as {feed}" for feed in FEEDS)
        duck.execute(f"create table ops.feed_present as select {fed}")
        for seed, kinds in SEEDS.items():
            path = literal(str(PROJECT / "seeds" / f"{seed}.csv"))
            listed = ", ".join(f"{name}: {literal(kind)}" for name, kind in {**kinds, "valid_from": DAY, "valid_to": DAY}.items())
            duck.execute(f"create table {seed} as select * from read_csv({path}, header = true, types = {{{listed}}})")
        for table, columns in TABLES.items():
            duck.execute(f"create table {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
        made = Night(duck)
        for company in companies.split():
            made.draw("dws_corporate_spine", customer_id=company, biz_date=biz_date)
        yield made
    finally:
        duck.close()


def rendered(model: str) -> str:
    """The SQL of a model with the project's own macros; only `ref` and `source` are plain names."""
    environment = Environment(extensions=["jinja2.ext.do"], autoescape=False)  # noqa: S701 - SQL, not a page
    words = {"ref": lambda name: name, "source": lambda schema, name: f"{schema}.{name}", "config": lambda **_: ""}
    macros = "".join(path.read_text(encoding="utf-8") for path in sorted((PROJECT / "macros").glob("*.sql")))
    return environment.from_string(macros + MODELS[model].read_text(encoding="utf-8"), globals=words).render()
