"""What a company contributes by management accounting, over closed months; the last one is the latest delivered."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate._shared import by_day, notes, of_companies
from tests.naive.fold import divided, per_customer
from tests.naive.tally import different, number, total

PARTS = ["ftp", "fee", "cost", "provision", "net"]


def tags(bank: Bank) -> pd.DataFrame:
    """Income, cost, provision and what is left, over 1, 3, 12 closed months and the year of the last one."""
    customers, rows = bank.customers("corporate"), _rows(bank)
    last = rows.month.max()
    january = pd.Period(f"{last.year}-01", "M")
    windows = {"lm": (last, last), "l3m": (last - 2, last), "l12m": (last - 11, last), "ytd": (january, last)}
    found = pd.DataFrame({
        f"val_{part}_amt_{name}": total(_within(rows, *months), f"{part}_amt", customers)
        for part in PARTS for name, months in windows.items()
    })
    year = _within(rows, *windows["l12m"])
    for side, name in [("dep", "lm"), ("dep", "l12m"), ("loan", "lm"), ("loan", "l12m")]:
        of_side = _within(rows, *windows[name]).query("side_code == @side")
        found[f"val_{side}_net_amt_{name}"] = total(of_side, "net_amt", customers)
    income, net = found.val_ftp_amt_l12m + found.val_fee_amt_l12m, found.val_net_amt_l12m
    for part in ["fee", "cost", "provision"]:
        found[f"val_{part}_ratio_l12m"] = divided(found[f"val_{part}_amt_l12m"], income, 4)
    found["val_dep_net_ratio_l12m"] = divided(found.val_dep_net_amt_l12m, net, 4)
    before = total(_within(rows, last - 5, last - 3), "net_amt", customers)
    found["val_net_chg_ratio_l3m"] = divided(found.val_net_amt_l3m - before, before, 4)
    found["val_contrib_month_cnt_l12m"] = different(year, "month", customers)
    month_end = pd.Series(last.end_time.normalize(), index=customers)
    found["val_contrib_month_date"] = month_end.where(customers.isin(rows.customer_id))
    return pd.concat([found, _months(bank, year), _rank(rows, net), _return(bank, net, last)], axis=1)


def _rows(bank: Bank) -> pd.DataFrame:
    """Contributions of companies. The last closed month is the bank's: none of the companies is without one."""
    rows = of_companies(bank, "contribution")
    return rows.assign(month=rows.month_end.dt.to_period("M"))


def _within(rows: pd.DataFrame, first: pd.Period, last: pd.Period) -> pd.DataFrame:
    return rows[(rows.month >= first) & (rows.month <= last)]


def _months(bank: Bank, year: pd.DataFrame) -> pd.DataFrame:
    """The best and the worst of the months on record, and how many brought a loss."""
    customers = bank.customers("corporate")
    months = year.groupby(["customer_id", "month"], as_index=False).net_amt.sum()
    return pd.DataFrame({
        "val_net_max_amt_l12m": per_customer(months, "net_amt", "max", customers),
        "val_net_min_amt_l12m": per_customer(months, "net_amt", "min", customers),
        "val_loss_month_cnt_l12m": number(months[months.net_amt < 0], customers),
    })


def _rank(rows: pd.DataFrame, net: pd.Series) -> pd.DataFrame:
    """Ten groups of equal size by net contribution, then customer number; the first ones take what does not divide."""
    ranked = net[net.index.isin(rows.customer_id)].reset_index()
    ranked.columns = ["customer_id", "net"]
    ranked = ranked.sort_values(["net", "customer_id"], ascending=[False, True]).customer_id
    size, larger = divmod(len(ranked), 10)
    groups = [group for group in range(1, 11) for _ in range(size + (group <= larger))]
    tenth = pd.Series(groups, index=ranked, dtype="Int64").reindex(net.index)
    return pd.DataFrame({"val_net_decile_code": tenth})


def _return(bank: Bank, net: pd.Series, last: pd.Period) -> pd.DataFrame:
    """Net contribution of the year ÷ (day average of loans over it × the capital that a loan takes)."""
    first_day, last_day = (last - 11).start_time, last.end_time.normalize()
    daily = by_day(notes(bank), "principal_amt")
    lent = total(daily[daily.day.between(first_day, last_day)], "bal", bank.customers("corporate"))
    share = Fraction(bank.parameter("corp_capital_ratio"))
    days = (last_day - first_day).days + 1
    return pd.DataFrame({"val_rorac_l12m": divided(net * days * share.denominator, lent * share.numerator, 4)})
