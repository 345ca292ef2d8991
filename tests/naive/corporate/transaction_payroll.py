"""Corporate, transaction: what the company pays its people through the bank's payroll system."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import divided, inside, per_customer
from tests.naive.tally import days, different, first, has, last, number, total, without


def tags(bank: Bank) -> pd.DataFrame:
    day, customers, contracts = bank.day, bank.customers("corporate"), bank.dwd("pay_contract")
    contracts = contracts[contracts.from_date <= day]
    # The customer is who pays; who is paid is a person.
    details = bank.dwd("pay_detail").rename(columns={"customer_id": "person"})
    details = details.rename(columns={"payer_customer_id": "customer_id"})
    details = details.assign(month=pay_months(bank, details, contracts))
    paid = details[details.result_code == "ok"]
    ever = has(contracts, customers)
    of_contract = people(bank, paid, customers) | failures(details, day, customers)
    of_contract |= {"pay_last_date": last(paid, "pay_date", customers)}
    of_contract |= {"pay_idle_days": days(of_contract["pay_last_date"], day)}
    live = contracts[contracts.to_date.isna() | (contracts.to_date > day)]
    found = {name: tag.where(ever) for name, tag in of_contract.items()} | {
        "pay_contract_date": first(contracts, "from_date", customers),
        "pay_contract_is_live": has(live, customers),
        "pay_contract_day": per_customer(live, "pay_day", "max", customers),
    }
    return pd.DataFrame(found | amounts(paid, day, customers), index=customers)


def pay_months(bank: Bank, details: pd.DataFrame, contracts: pd.DataFrame) -> pd.Series:
    """The month that a payment is for: the next one if the usual day is early and what is paid late comes before it."""
    latest = contracts.sort_values(["from_date", "contract_no"]).drop_duplicates("customer_id", keep="last")
    early, forward = int(bank.parameter("pay_early_day")), int(bank.parameter("pay_forward_day"))
    usual = details.customer_id.map(latest.set_index("customer_id").pay_day)
    month = details.pay_date.dt.to_period("M")
    return month.where(~((usual <= early) & (details.pay_date.dt.day >= forward)).fillna(False).astype(bool), month + 1)


def heads(paid: pd.DataFrame, month: pd.Period, customers: pd.Index) -> pd.Series:
    """How many different people were paid for a month."""
    return different(paid[paid.month == month], "person", customers)


def people(bank: Bank, paid: pd.DataFrame, customers: pd.Index) -> dict[str, pd.Series]:
    """Who was paid in the last month, and in those before."""
    now = bank.day.to_period("M")
    head = {back: heads(paid, now - back, customers) for back in range(1, 13)}
    before = head[2] + head[3] + head[4]
    who = {back: paid[paid.month == now - back][["customer_id", "person"]].drop_duplicates() for back in range(1, 13)}
    year = paid[(paid.month < now) & (paid.month >= now - 12)]
    earlier = pd.concat(who[back] for back in range(2, 13)).drop_duplicates()
    wages = paid[(paid.month == now - 1) & (paid.pay_type == "wage")]
    rich = who[1][who[1].person.isin(well_off(bank))]
    staff = bank.dwd("company").set_index("customer_id")["staff_cnt"].reindex(customers)
    return {
        "pay_head_cnt_lm": head[1],
        "pay_head_chg_ratio_l3m": divided(head[1] * 3 - before, before, 4),
        "pay_head_max_cnt_l12m": pd.DataFrame(head).max(axis=1).astype("Int64"),
        "pay_head_new_cnt_lm": number(without(who[1], earlier), customers),
        "pay_head_left_cnt_lm": number(without(who[2], who[1]), customers),
        "pay_staff_link_ratio": divided(number(rich, customers), head[1], 4),
        "pay_coverage_ratio_lm": divided(head[1], staff, 4),
        "pay_wage_per_head_amt_lm": divided(total(wages, "amt", customers), different(wages, "person", customers)),
        "pay_month_cnt_l12m": per_customer(year, "month", "nunique", customers).astype("Int64").fillna(0),
    }


def well_off(bank: Bank) -> pd.Index:
    """People with at least so much AUM at the day: deposits, investments and money in transit."""
    day, held, orders = bank.day, bank.dwd("holding"), bank.dwd("order")
    balance = bank.dwd("account_balance_daily")
    balance = balance[(balance.bal_date == day) & balance["prod"].isin(["demand", "term", "cd"])]
    deposits = balance.groupby("customer_id")["bal"].sum()
    invested = held[held.hold_date == day].groupby("customer_id")["market_amt"].sum()
    orders = orders[orders.status_code != "failed"]
    buying = orders[orders.order_type.isin(["sub", "sip"]) & (orders.confirm_date.isna() | (orders.confirm_date > day))]
    selling = orders[(orders.order_type == "red") & (orders.confirm_date <= day)]
    selling = selling[selling.settle_date.isna() | (selling.settle_date > day)]
    transit = pd.concat([buying, selling]).groupby("customer_id")["amt"].sum()
    aum = pd.concat([deposits, invested, transit]).groupby(level=0).sum()
    return aum[aum >= int(bank.parameter("pay_link_aum_amt")) * 100].index


def failures(details: pd.DataFrame, day: pd.Timestamp, customers: pd.Index) -> dict[str, pd.Series]:
    """Payments of the last three months that failed."""
    now = day.to_period("M")
    recent = details[(details.month < now) & (details.month >= now - 3)]
    failed = number(recent[recent.result_code == "failed"], customers)
    return {"pay_fail_cnt_l3m": failed, "pay_fail_ratio_l3m": divided(failed, number(recent, customers), 4)}


def amounts(paid: pd.DataFrame, day: pd.Timestamp, customers: pd.Index) -> dict[str, pd.Series]:
    """Amounts and numbers by the day on which they were paid."""
    found = {}
    for name in ["ytd", "lm", "l3m", "l12m"]:
        then = inside(paid, "pay_date", name, day)
        found[f"pay_amt_sum_{name}"] = total(then, "amt", customers)
        if name != "ytd":
            found[f"pay_cnt_{name}"] = number(then, customers)
    year = inside(paid, "pay_date", "l12m", day)
    for kind in ["wage", "bonus"]:
        found[f"pay_{kind}_amt_sum_l12m"] = total(year[year.pay_type == kind], "amt", customers)
    return found | {"pay_first_date_ltd": first(paid, "pay_date", customers)}
