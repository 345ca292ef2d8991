"""Personal pension accounts: what was paid this calendar year, and what the year's limit leaves."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside
from tests.naive.retail.product_agreements import signed
from tests.naive.tally import has, least_zero, total


def tags(bank: Bank) -> pd.DataFrame:
    customers, agreed = bank.customers("retail"), signed(bank)
    holds = has(agreed[agreed.is_live & (agreed.agr_type == "pension")], customers)
    year = inside(bank.dwd("pension_contribution"), "paid_date", "ytd", bank.day)
    given, back = year[year.kind_code == "pay"], year[year.kind_code == "return"]
    paid = total(given, "amt", customers) - total(back, "amt", customers)
    cap = int(Decimal(bank.parameter("pens_cap_amt")) * 100)
    return pd.DataFrame({"pens_paid_amt_sum_ytd": paid.where(holds), "pens_room_amt_ytd": least_zero(cap - paid).where(holds)})
