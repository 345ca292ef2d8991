"""Tags of single postings: dates, silence, nets, counterparties, shares, medians and the channel most used."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import divided, inside, lower_median, per_customer
from tests.naive.retail._flows import Tags, or_zero
from tests.naive.retail._postings import flows, postings
from tests.naive.tally import days


def tags(bank: Bank) -> pd.DataFrame:
    """The tags of tag_retail_transaction, in some groups."""
    return pd.DataFrame(_dates(bank) | _acts(bank) | _windows(bank, "30d") | _windows(bank, "90d") | _quarter(bank))


def _dates(bank: Bank) -> Tags:
    customers, rows = bank.customers("retail"), flows(bank)
    items = rows[rows.is_item]
    last = per_customer(items, "day", "max", customers)
    return {
        "txn_first_date": per_customer(items, "day", "min", customers),
        "txn_last_date": last,
        "txn_last_in_date": per_customer(items[items.direction == "in"], "day", "max", customers),
        "txn_last_out_date": per_customer(items[items.direction == "out"], "day", "max", customers),
        "txn_idle_days": (bank.day - last).dt.days.astype("Int64"),
    }


def acts(bank: Bank) -> pd.DataFrame:
    """What the customer herself had posted, transfers between her own accounts included; undoing something is no act."""
    rows = postings(bank)
    return rows[rows.is_self & rows.is_item]


def _acts(bank: Bank) -> Tags:
    customers, rows = bank.customers("retail"), acts(bank)
    last = per_customer(rows, "day", "max", customers)
    months = inside(rows, "day", "l12m", bank.day)
    months = months.assign(month=months.day.dt.to_period("M"))
    lately = inside(rows, "day", "90d", bank.day)
    return {
        "txn_self_last_date": last,
        "txn_self_idle_days": days(_last_act_anywhere(bank, last), bank.day),
        "txn_self_month_cnt_l12m": or_zero(per_customer(months, "month", "nunique", customers)),
        "txn_main_channel_code_90d": most_common(lately, "channel", customers),
        "txn_channel_cnt_90d": or_zero(per_customer(lately, "channel", "nunique", customers)),
    }


def _last_act_anywhere(bank: Bank, on_deposits: pd.Series) -> pd.Series:
    """The later of the last act on deposit accounts and the last one on credit cards."""
    entries = bank.dwd("credit_card_transaction")
    own = entries[entries.is_self & (entries.acct_date <= bank.day)]
    on_cards = per_customer(own, "acct_date", "max", on_deposits.index)
    return pd.concat([on_deposits, on_cards], axis=1).max(axis=1)


def _windows(bank: Bank, window: str) -> Tags:
    customers, rows = bank.customers("retail"), inside(flows(bank), "day", window, bank.day)
    # Money out is positive here, money in negative.
    signed = rows.assign(out=rows.amt.where(rows.direction == "out", -rows.amt))
    items = rows[rows.is_item]
    nets = {
        "txn_samename_other_net_amt_sum": signed[signed.cp_class == "other_bank_same_name"],
        "txn_sec_net_amt_sum": signed[signed.cp_class == "securities"],
    }
    found = {f"{name}_{window}": or_zero(per_customer(of, "out", "sum", customers)) for name, of in nets.items()}
    agreed = bank.dwd("agreement")
    custody = agreed[(agreed.agr_type == "stock_custody") & (agreed.from_date <= bank.day)].customer_id
    moved = flows(bank).query("cp_class == 'securities'").customer_id
    asked = customers.isin(custody) | customers.isin(moved)
    found[f"txn_sec_net_amt_sum_{window}"] = found[f"txn_sec_net_amt_sum_{window}"].where(asked)
    found[f"txn_net_amt_sum_{window}"] = -or_zero(per_customer(signed, "out", "sum", customers))
    found[f"txn_cp_cnt_{window}"] = or_zero(per_customer(items, "cp_acct_no", "nunique", customers))
    got = items[items.direction == "in"]
    found[f"txn_in_cp_cnt_{window}"] = or_zero(per_customer(got, "cp_acct_no", "nunique", customers))
    return found


def _quarter(bank: Bank) -> Tags:
    customers, rows = bank.customers("retail"), inside(postings(bank), "day", "90d", bank.day)
    own, paid = rows[rows.is_own & (rows.direction == "out")], rows[~rows.is_own & (rows.direction == "out")]
    got = rows[~rows.is_own & (rows.direction == "in")]
    total = per_customer(paid, "amt", "sum", customers)
    return {
        "txn_qpay_out_share_ratio_90d": _share(paid[paid.channel == "qpay"], total),
        "txn_out_cash_share_ratio_90d": _share(paid[paid["mode"] == "cash"], total),
        "txn_own_amt_sum_90d": or_zero(per_customer(own, "amt", "sum", customers)),
        "txn_reversal_cnt_90d": or_zero(per_customer(rows[rows.is_reversal], "day", "count", customers)),
        "txn_out_amt_median_90d": per_customer(paid[paid.is_item], "amt", lower_median, customers),
        "txn_in_amt_median_90d": per_customer(got[got.is_item], "amt", lower_median, customers),
    }


def _share(part: pd.DataFrame, total: pd.Series) -> pd.Series:
    """The amount of some rows ÷ the total of their customer."""
    return divided(or_zero(per_customer(part, "amt", "sum", total.index)), total, 4)


def most_common(rows: pd.DataFrame, column: str, customers: pd.Index) -> pd.Series:
    """The value of a column that most rows of a customer have; of equals, the first of the alphabet."""
    counts = rows.groupby(["customer_id", column]).size().rename("rows").reset_index()
    first = counts.sort_values(["rows", column], ascending=[False, True]).groupby("customer_id")[column].first()
    return first.reindex(customers)
