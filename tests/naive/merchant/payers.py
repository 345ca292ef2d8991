"""Single sales of merchants and who pays them, by the token of the payer."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, at_place, divided, lower_median
from tests.naive.merchant._rows import cents, in_window, sales, share
from tests.naive.tally import number, total


@cache
def tags(bank: Bank) -> pd.DataFrame:
    """mer_ticket_…, mer_payer_… and ratios of single sales."""
    customers = bank.customers("merchant")
    found = _of_window(bank, "30d") | _of_window(bank, "90d")
    rows = in_window(bank, sales(bank), "90d")
    named = rows[rows.payer_token.notna()]
    payers, every = _payers(named, customers), number(rows, customers)
    days = named.groupby(["customer_id", "payer_token"]).acct_date.nunique()
    repeat = days[days >= 2].groupby("customer_id").size().reindex(customers, fill_value=0)
    found["mer_ticket_amt_min_90d"] = rows.groupby("customer_id").amt.min().reindex(customers)
    found["mer_payer_repeat_cnt_90d"] = repeat
    told = number(named, customers) * 10_000 >= every * share(bank, "mer_token_min_ratio")
    found["mer_payer_repeat_ratio_90d"] = divided(repeat, payers, 4).where(told)
    found["mer_payer_top5_ratio_90d"] = _of_highest(named, 5, customers)
    found["mer_payer_amt_90d"] = divided(total(named, "amt", customers), payers)
    return pd.DataFrame(found | _new(bank), index=customers)


def _payers(named: pd.DataFrame, customers: pd.Index) -> pd.Series:
    return named.groupby("customer_id").payer_token.nunique().reindex(customers, fill_value=0)


def _of_highest(named: pd.DataFrame, count: int, customers: pd.Index) -> pd.Series:
    """What the payers with the highest amounts paid, as a share of all that is paid with a token."""
    paid = named.groupby(["customer_id", "payer_token"]).amt.sum().sort_values(ascending=False)
    top = paid.groupby("customer_id").head(count).groupby("customer_id").sum().reindex(customers)
    return divided(top, total(named, "amt", customers), 4)


def _of_window(bank: Bank, name: str) -> dict[str, pd.Series]:
    customers, rows = bank.customers("merchant"), in_window(bank, sales(bank), name)
    named, single, every = rows[rows.payer_token.notna()], rows.groupby("customer_id").amt, total(rows, "amt", customers)
    whole = (rows.amt >= cents(bank, "mer_round_min_amt")) & (rows.amt % cents(bank, "mer_round_unit_amt") == 0)
    limits = [int(Decimal(bound) * 100) for bound in bank.seed("cut_point").query("cut_list == 'mer_limit_line'").lower_bound]
    near = pd.Series(False, index=rows.index)
    for limit in limits:
        near |= (rows.amt <= limit) & (rows.amt * 10_000 >= limit * share(bank, "mer_near_limit_ratio"))
    return {
        f"mer_ticket_amt_median_{name}": single.agg(lower_median).reindex(customers),
        f"mer_ticket_amt_p90_{name}": single.agg(at_place(9)).reindex(customers),
        f"mer_round_ratio_{name}": divided(total(rows[whole], "amt", customers), every, 4),
        f"mer_near_limit_ratio_{name}": divided(total(rows[near], "amt", customers), every, 4),
        f"mer_payer_cnt_{name}": _payers(named, customers),
        f"mer_payer_top_ratio_{name}": _of_highest(named, 1, customers),
        f"mer_token_null_ratio_{name}": divided(number(rows, customers) - number(named, customers), number(rows, customers), 4),
    }


def _new(bank: Bank) -> dict[str, pd.Series]:
    """Payers of the last 30 days who paid nothing in the 335 days before."""
    customers, sold = bank.customers("merchant"), sales(bank)
    named = sold[sold.payer_token.notna()]
    now = in_window(bank, named, "30d")
    before = named[named.acct_date.between(bank.day - 364 * DAY, bank.day - 30 * DAY)]
    known = pd.MultiIndex.from_frame(before[["customer_id", "payer_token"]])
    new = now[~pd.MultiIndex.from_frame(now[["customer_id", "payer_token"]]).isin(known)]
    count = _payers(new, customers)
    return {"mer_payer_new_cnt_30d": count, "mer_payer_new_ratio_30d": divided(count, _payers(now, customers), 4)}
