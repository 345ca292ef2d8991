"""Profile: who pays the customer's wage, and where the customer says to work."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside
from tests.naive.retail._person import folded, known, persons


def tags(bank: Bank) -> pd.DataFrame:
    customers = bank.customers("retail")
    wages = bank.dwd("pay_detail").query("pay_type == 'wage' and result_code == 'ok'")
    wages = inside(wages, "pay_date", f"{bank.parameter('pay_source_days')}d", bank.day)
    last = wages.sort_values(["pay_date", "batch_no", "seq"]).drop_duplicates("customer_id", keep="last")
    last = last.set_index("customer_id").reindex(customers)
    company = bank.dwd("company").set_index("customer_id")
    payer = last.payer_customer_id
    stated, paying = folded(persons(bank).employer_name), folded(payer.map(company.cust_name))
    found = {
        "prof_is_employer_customer": payer.isin(company.index).astype("boolean").mask(last.batch_no.isna()),
        "prof_employer_industry_code": payer.map(company.industry_code).str[:1],
        "prof_employer_size_code": payer.map(company.size_code),
        "prof_employer_type_code": payer.map(company.corp_type_code),
        "prof_is_employer_same": known(stated == paying, stated, paying),
        "prof_colleague_cnt": (stated.map(stated.value_counts()) - 1).astype("Int64"),
    }
    return pd.DataFrame(found)
