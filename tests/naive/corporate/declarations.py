"""What a company declared to the tax office and to customs, while it allows the bank to know: tax_… and cus_…"""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate._shared import latest
from tests.naive.fold import DAY, divided, inside, per_customer, window
from tests.naive.tally import number

Months = tuple[pd.Timestamp, pd.Timestamp]


def tags(bank: Bank) -> pd.DataFrame:
    """Tags of both declarations; only rows whose authorisation holds at the business date are used."""
    return pd.concat([_tax(bank), _customs(bank)], axis=1)


def _tax(bank: Bank) -> pd.DataFrame:
    customers, rows = bank.customers("corporate"), _authorised(bank, "company_tax")
    year = inside(rows, "period", "l12m", bank.day)
    sales, paid = (per_customer(year, column, "sum", customers) for column in ["vat_sales_amt", "tax_paid_amt"])
    grade = latest(rows[rows.credit_grade.notna()], ["grade_year", "period"], customers)
    found = _authorisation(bank, "company_tax", "tax")
    for name in ["lm", "l3m", "l6m", "l12m", "ytd"]:
        found[f"tax_sales_amt_sum_{name}"] = _sum(rows, "vat_sales_amt", name, bank)
    for name in ["l3m", "l12m", "ytd"]:
        found[f"tax_paid_amt_sum_{name}"] = _sum(rows, "tax_paid_amt", name, bank)
    found["tax_last_date"] = per_customer(rows, "period", "max", customers)
    found["tax_credit_code"] = grade.credit_grade
    found["tax_credit_year"] = grade.grade_year
    found["tax_month_cnt_l12m"] = number(year, customers).where(found.tax_is_authorised)
    found["tax_sales_month_cnt_l12m"] = number(year[year.vat_sales_amt > 0], customers).where(found.tax_is_authorised)
    found["tax_burden_ratio_l12m"] = divided(paid, sales, 4)
    found["tax_sales_max_ratio_l12m"] = divided(per_customer(year, "vat_sales_amt", "max", customers), sales, 4)
    found["tax_sales_yoy_l12m"] = _growth(rows, "vat_sales_amt", 12, 12, bank)
    found["tax_paid_yoy_l12m"] = _growth(rows, "tax_paid_amt", 12, 12, bank)
    found["tax_sales_yoy_l3m"] = _growth(rows, "vat_sales_amt", 3, 12, bank)
    found["tax_sales_chg_ratio_l3m"] = _growth(rows, "vat_sales_amt", 3, 3, bank)
    return found


def _customs(bank: Bank) -> pd.DataFrame:
    customers, rows = bank.customers("corporate"), _authorised(bank, "company_customs")
    year = inside(rows, "period", "l12m", bank.day)
    exports, imports = (per_customer(year, column, "sum", customers) for column in ["export_amt", "import_amt"])
    sales = _sum(_authorised(bank, "company_tax"), "vat_sales_amt", "l12m", bank)
    found = _authorisation(bank, "company_customs", "cus")
    for side in ["export", "import"]:
        for name in ["lm", "l3m", "l12m", "ytd"]:
            found[f"cus_{side}_amt_{name}"] = _sum(rows, f"{side}_amt", name, bank)
        traded = year[year[f"{side}_amt"] > 0]
        found[f"cus_{side}_month_cnt_l12m"] = number(traded, customers).where(found.cus_is_authorised)
        found[f"cus_{side}_yoy_l12m"] = _growth(rows, f"{side}_amt", 12, 12, bank)
    found["cus_credit_code"] = latest(rows, ["period"], customers).credit_level
    found["cus_last_date"] = per_customer(rows, "period", "max", customers)
    found["cus_trade_amt_l12m"] = exports + imports
    found["cus_net_export_amt_l12m"] = exports - imports
    found["cus_export_ratio_l12m"] = divided(exports, exports + imports, 4)
    found["cus_export_sales_ratio_l12m"] = divided(exports, sales, 4)
    return found


def _authorised(bank: Bank, table: str) -> pd.DataFrame:
    rows = bank.dwd(table)
    return rows[rows.is_authorised]


def _authorisation(bank: Bank, table: str, family: str) -> pd.DataFrame:
    """Whether an authorisation holds, and how long the last one lasts or how long ago it ended."""
    customers = bank.customers("corporate")
    last = bank.dwd(table).groupby("customer_id").auth_to.max().reindex(customers)
    held = _authorised(bank, table).customer_id
    return pd.DataFrame({
        f"{family}_is_authorised": pd.Series(customers.isin(held), index=customers, dtype="boolean"),
        f"{family}_auth_expiry_days": (last - bank.day).dt.days.astype("Int64"),
    })


def _sum(rows: pd.DataFrame, column: str, name: str, bank: Bank) -> pd.Series:
    """Sum over the months of a window, of the running year only those before the month of the day; NA without a month."""
    first, last = window(name, bank.day)
    if name == "ytd":
        last = bank.day.to_period("M").start_time - DAY
    return _months(rows, column, (first, last), "sum", bank)


def _months(rows: pd.DataFrame, column: str, months: Months, how: str, bank: Bank) -> pd.Series:
    within = rows[(rows.period >= months[0]) & (rows.period <= months[1])]
    return per_customer(within, column, how, bank.customers("corporate"))


def _growth(rows: pd.DataFrame, column: str, length: int, back: int, bank: Bank) -> pd.Series:
    """The last `length` complete months ÷ as many that ended `back` months earlier − 1; NA unless all months are declared."""
    running = bank.day.to_period("M")
    starts = (running - length, running - length - back)
    now, then = ((first.start_time, (first + length).start_time - DAY) for first in starts)
    above, below = _months(rows, column, now, "sum", bank), _months(rows, column, then, "sum", bank)
    known = [_months(rows, column, months, "count", bank) == length for months in (now, then)]
    complete = known[0] & known[1]
    return divided(above - below, below.where(complete), 4)
