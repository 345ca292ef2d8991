"""Corporate, product: what the company holds of nine product lines, since when, and what it gave up."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate import _credit as credit
from tests.naive.corporate.product_account import DEMAND, TERM, accounts, open_at
from tests.naive.corporate.product_agreement import agreements
from tests.naive.fold import DAY, per_customer
from tests.naive.tally import different, first, has, number


def tags(bank: Bank) -> pd.DataFrame:
    day, customers = bank.day, bank.customers("corporate")
    notes, business = credit.notes_at(bank, day), credit.off_balance(bank)
    unsettled = business[business.status_code != "settled"]
    live_accounts, holdings, merchants = open_at(accounts(bank), day), bank.dwd("holding"), merchants_of(bank)
    worth = holdings[(holdings.hold_date == day) & (holdings.market_amt > 0)]
    found = {
        "prod_has_term": has(live_accounts[live_accounts.kind_code.isin(TERM)], customers),
        "prod_has_invest": has(worth, customers),
        "prod_has_loan": has(notes, customers),
        "prod_loan_kind_cnt": different(notes, "kind_code", customers),
        "prod_offbal_kind_cnt": different(unsettled, "kind_code", customers),
        "prod_loan_first_date": first(credit.notes_on_record(bank), "start_date", customers),
        "prod_has_merchant": has(merchants[merchants.status_code != "closed"], customers),
        "prod_merchant_cnt": number(merchants[merchants.status_code != "closed"], customers),
        "prod_merchant_ended_cnt": number(merchants[merchants.status_code == "closed"], customers),
        "prod_merchant_date": first(merchants, "start_date", customers),
    }
    for kind in ["wcap", "fixed", "trade", "sole"]:
        found[f"prod_has_loan_{kind}"] = has(notes[notes.kind_code == kind], customers)
    for kind in ["accept", "guarantee", "lc", "discount", "commit"]:
        found[f"prod_has_{kind}"] = has(unsettled[unsettled.kind_code == kind], customers)
    return pd.DataFrame(found | lines(bank, customers), index=customers)


def merchants_of(bank: Bank) -> pd.DataFrame:
    """Acquiring contracts begun by the day; the customer is who signed them."""
    every = bank.dwd("merchant").drop(columns="customer_id").rename(columns={"owner_customer_id": "customer_id"})
    return every[(every.owner_entity_code == "corporate") & (every.start_date <= bank.day)]


def products(bank: Bank) -> pd.DataFrame:
    """Every product of a line that a company has or had: customer, line, first day, day from which it is over."""
    every, signed, business, merchants = accounts(bank), agreements(bank), credit.off_balance(bank), merchants_of(bank)
    notes = credit.notes_on_record(bank)
    # A note is over on the first day off the books, business once it is settled; otherwise its due date ends nothing.
    gone = notes.assign(over=(notes.bal_date + DAY).where(notes.bal_date < bank.day))
    business = business.assign(over=business.due_date.clip(upper=bank.day).where(business.status_code == "settled"))
    parts = [
        ("account", every[every.kind_code.isin(DEMAND)], "open_date", "close_date"),
        ("term", every[every.kind_code.isin(TERM)], "open_date", "close_date"),
        ("loan", gone, "start_date", "over"),
        ("offbal", business, "start_date", "over"),
        ("ebank", signed[signed.agr_type.isin(["ebank", "direct_link"])], "from_date", "to_date"),
        ("merchant", merchants, "start_date", "end_date"),
    ]
    parts += [(kind, signed[signed.agr_type == kind], "from_date", "to_date") for kind in ("cashmgmt", "payroll", "fx")]
    named = [
        rows[["customer_id", begin, end]].set_axis(["customer_id", "begin", "end"], axis=1).assign(line=line)
        for line, rows, begin, end in parts
    ]
    return pd.concat(named, ignore_index=True)


def held(every: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Customer and line, once, of what is held at a day."""
    there = every[(every.begin <= day) & (every.end.isna() | (every.end > day))]
    return there[["customer_id", "line"]].drop_duplicates()


def lines(bank: Bank, customers: pd.Index) -> dict[str, pd.Series]:
    """How many lines, how they changed, when they began and ended."""
    every = products(bank)
    now, before = held(every, bank.day), held(every, bank.day - 365 * DAY)
    both = now.merge(before, how="outer", indicator=True)
    begun = every.groupby(["customer_id", "line"], as_index=False).agg(begin=("begin", "min"), end=("end", "max"))
    begun = begun.sort_values(["begin", "line"])
    ended = begun.merge(now, how="left", indicator=True).query("_merge == 'left_only'")
    count = number(now, customers)
    return {
        "prod_line_cnt": count,
        "prod_is_single_line": count == 1,
        "prod_line_new_cnt_365d": number(both[both._merge == "left_only"], customers),
        "prod_line_lapsed_cnt_365d": number(both[both._merge == "right_only"], customers),
        "prod_line_first_date": per_customer(begun, "begin", "min", customers),
        "prod_line_last_date": per_customer(begun, "begin", "max", customers),
        "prod_line_last_code": per_customer(begun, "line", "last", customers),
        "prod_line_end_date": per_customer(ended, "end", "max", customers),
    }
