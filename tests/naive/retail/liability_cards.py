"""Credit cards: what is owed and allowed, what was spent and repaid, statements, instalments."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import divided, inside
from tests.naive.retail._debts import cards, open_cards
from tests.naive.tally import days, different, first, has, last, number, total

# Kind of entry → the windows in which its amount is told, and those in which its entries are counted.
AMOUNTS = {
    "spend": ["30d", "90d", "l12m"],
    "cash": ["90d", "l12m"],
    "fee": ["l12m"],
    "int": ["l12m"],
    "repay": ["90d", "l12m"],
    "refund": ["l12m"],
}
COUNTS = {"spend": ["30d", "90d", "l12m"], "cash": ["l12m"]}


def tags(bank: Bank) -> pd.DataFrame:
    # Where a customer has no card most counts and sums do not apply.
    with_card = has(open_cards(bank), bank.customers("retail"))
    told = {name: values.where(with_card) for name, values in (_spent(bank) | _statements(bank)).items()}
    return pd.DataFrame(told | _state(bank) | _sleep(bank) | _instalments(bank))


def _state(bank: Bank) -> dict[str, pd.Series]:
    customers, ever, live = bank.customers("retail"), cards(bank), open_cards(bank)
    owed, limit = total(ever, "bal", customers), total(live, "limit_amt", customers)
    use = live.assign(use=divided(live.bal, live.limit_amt, 4))
    opened = first(ever, "open_date", customers)
    return {
        "cc_bal": owed,
        "cc_limit_amt": limit,
        "cc_avail_amt": (limit - owed).clip(lower=0),
        "cc_util_ratio": divided(owed, limit, 4),
        "cc_credit_bal": total(ever, "credit_bal", customers),
        "cc_instal_bal": total(ever, "instal_bal", customers),
        "cc_instal_ratio": divided(total(ever, "instal_bal", customers), owed, 4),
        "cc_acct_cnt": number(live, customers),
        "cc_active_cnt": number(ever[ever.status_code == "active"], customers),
        "cc_first_date": opened,
        "cc_tenure_days": days(opened, bank.day),
        "cc_limit_max_amt": last(live, "limit_amt", customers),
        "cc_temp_limit_amt": total(live, "temp_limit_amt", customers),
        "cc_util_max_ratio": last(use, "use", customers),
    }


def _spent(bank: Bank) -> dict[str, pd.Series]:
    customers, day = bank.customers("retail"), bank.day
    booked, told = bank.dwd("credit_card_transaction"), {}
    for kind, windows in AMOUNTS.items():
        for window in windows:
            rows = inside(booked[booked.kind_code == kind], "acct_date", window, day)
            told[f"cc_{kind}_amt_sum_{window}"] = total(rows, "amt", customers)
            if window in COUNTS.get(kind, ()):
                told[f"cc_{kind}_cnt_{window}"] = number(rows, customers)
    year = inside(booked, "acct_date", "l12m", day)
    abroad = year[(year.kind_code == "spend") & (year.country_code != "CHN")]
    used = year[year.kind_code.isin(["spend", "cash"]) & year.is_self]
    told["cc_abroad_amt_sum_l12m"] = total(abroad, "amt", customers)
    told["cc_active_month_cnt_l12m"] = different(used.assign(month=used.acct_date.dt.to_period("M")), "month", customers)
    return told


def _sleep(bank: Bank) -> dict[str, pd.Series]:
    customers, day, live = bank.customers("retail"), bank.day, open_cards(bank)
    booked = bank.dwd("credit_card_transaction")
    acted = last(booked[booked.is_self & (booked.acct_date <= day)], "acct_date", customers)
    since = acted.fillna(first(live, "open_date", customers))
    # A month that began on the 31st is full at the end of a shorter one.
    is_running = (since.dt.day > day.day) & (not day.is_month_end)
    months = (day.year - since.dt.year) * 12 + day.month - since.dt.month - is_running
    is_flat = (total(live, "bal", customers) == 0) & (total(live, "credit_bal", customers) == 0)
    idle = months.astype("Int64").where(is_flat, 0).where(has(live, customers))
    return {"cc_self_last_date": acted, "cc_self_idle_months": idle}


def _statements(bank: Bank) -> dict[str, pd.Series]:
    customers, day = bank.customers("retail"), bank.day
    all_months = _billed(bank)
    month, quarter, half, year = (inside(all_months, "stmt_month", name, day) for name in ("lm", "l3m", "l6m", "l12m"))
    told = {
        "cc_stmt_amt_lm": total(month, "stmt_amt", customers),
        "cc_stmt_min_amt_lm": total(month, "min_pay_amt", customers),
        "cc_stmt_paid_amt_lm": total(month, "paid_amt", customers).mask(has(month[month.paid_amt.isna()], customers)),
        "cc_stmt_amt_sum_l3m": total(quarter, "stmt_amt", customers),
        "cc_stmt_amt_sum_l12m": total(year, "stmt_amt", customers),
        "cc_stmt_paid_amt_sum_l12m": total(year, "paid_amt", customers),
        "cc_stmt_max_amt_l6m": last(half, "stmt_amt", customers).fillna(0),
        "cc_stmt_month_cnt_l6m": different(half[half.stmt_amt > 0], "stmt_month", customers),
    }
    in_part = half[(half.paid_amt == half.min_pay_amt) & (half.paid_amt < half.stmt_amt)]
    told["cc_minpay_cnt_l6m"] = number(in_part, customers)
    for name, rows in {"l6m": half, "l12m": year}.items():
        revolving = rows[(rows.paid_amt >= rows.min_pay_amt) & (rows.paid_amt < rows.stmt_amt)]
        told[f"cc_revolve_cnt_{name}"] = number(revolving, customers)
        told[f"cc_late_cnt_{name}"] = number(rows[rows.paid_amt < rows.min_pay_amt], customers)
        told[f"cc_full_cnt_{name}"] = number(rows[(rows.stmt_amt > 0) & (rows.paid_amt >= rows.stmt_amt)], customers)
    asked = total(year[year.paid_amt.notna()], "stmt_amt", customers)
    told["cc_stmt_pay_ratio_l12m"] = divided(told["cc_stmt_paid_amt_sum_l12m"], asked, 4)
    months = different(half, "stmt_month", customers)
    told["cc_stmt_mean_amt_l6m"] = divided(total(half, "stmt_amt", customers), months)
    return told


def _billed(bank: Bank) -> pd.DataFrame:
    """Statements as delivered on their due dates, and those of last month that are not due by what the cards said at its end."""
    delivered = bank.dwd("credit_card_statement")
    columns = ["customer_id", "cc_acct_no", "stmt_month", "stmt_amt", "min_pay_amt", "paid_amt"]
    month_end = bank.day.replace(day=1) - pd.Timedelta(days=1)
    there = cards(bank, month_end)
    known = delivered.cc_acct_no[delivered.stmt_month == month_end]
    is_new = (there.open_date >= month_end.replace(day=1)) & ~(there.last_stmt_amt > 0)
    waiting = there[~there.cc_acct_no.isin(known) & ~is_new]
    nothing = pd.Series(0, index=waiting.index, dtype="Int64").where(waiting.last_stmt_amt == 0)
    waiting = waiting.assign(stmt_month=month_end, stmt_amt=waiting.last_stmt_amt, paid_amt=nothing)
    return pd.concat([delivered[columns], waiting[columns]])


def _instalments(bank: Bank) -> dict[str, pd.Series]:
    customers, plans = bank.customers("retail"), bank.dwd("card_instalment")
    plans = plans[plans.start_date <= bank.day]
    live, begun = plans[plans.status_code == "live"], inside(plans, "start_date", "l12m", bank.day)
    # A fee rate has six decimals in its table and four in the tag.
    fee = live.assign(fee=live.fee_rate * live.principal_amt)
    return {
        "cc_instal_left_amt": total(live, "left_amt", customers),
        "cc_instal_amt_sum_l12m": total(begun, "principal_amt", customers),
        "cc_instal_fee_rate": divided(total(fee, "fee", customers), total(live, "principal_amt", customers) * 100),
    }
