"""Value: stage of life as a customer, lines held, bands, recency, frequency and money."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside, per_customer, window
from tests.naive.retail._assets import DEPOSITS, HOLDINGS, KINDS
from tests.naive.retail._person import counted, days_since, persons
from tests.naive.retail._wealth import day_average, ends, today
from tests.naive.tally import code_of, full_years


def tags(bank: Bank) -> pd.DataFrame:
    day = bank.day
    opened = persons(bank).open_date
    tenure, idle = days_since(opened, day), _idle_days(bank)
    lines = [DEPOSITS, *((line,) for line in HOLDINGS)]
    assets = sum((today(bank, *line) > 0).astype("Int64") for line in lines)
    recency, frequency, money = _rfm(bank, idle)
    found = {
        "val_aum_band_code": code_of(bank, "aum_band", today(bank, *KINDS), 100),
        "val_dep_band_code": code_of(bank, "dep_band", today(bank, *DEPOSITS), 100),
        "val_life_code": _life(bank, tenure, idle),
        "val_asset_line_cnt": assets,
        "val_line_cnt": assets + _debts(bank),
        "val_loyalty_years": full_years(opened, day),
        "val_tenure_code": code_of(bank, "tenure", tenure),
        "val_is_new": tenure <= int(bank.parameter("life_new_days")),
        "val_is_sleeping": (idle.isna() | (idle >= int(bank.parameter("life_sleep_days")))).astype("boolean"),
        "val_rfm_r_code": recency,
        "val_rfm_f_code": frequency,
        "val_rfm_m_code": money,
        "val_rfm_code": recency * 100 + frequency * 10 + money,
    }
    return pd.DataFrame(found)


def _postings(bank: Bank) -> pd.DataFrame:
    """Postings on accounts up to the day, without those that a reversal of the same day undid."""
    rows = bank.dwd("transaction")
    return rows[rows.customer_id.isin(bank.customers("retail")) & (rows.acct_date <= bank.day) & ~rows.is_void]


def _own_acts(bank: Bank) -> pd.DataFrame:
    """What the customer did, moving money between own accounts included; a reversal is no act."""
    rows = _postings(bank)
    return rows[rows.is_self & ~rows.is_reversal]


def _idle_days(bank: Bank) -> pd.Series:
    return days_since(per_customer(_own_acts(bank), "acct_date", "max", bank.customers("retail")), bank.day)


def _rfm(bank: Bank, idle: pd.Series) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Scores of recency, frequency and money; who never acted has the lowest, and what was taken back counts no less than 0."""
    customers, day = bank.customers("retail"), bank.day
    acts, flows = (inside(rows[rows.cp_class != "own"], "acct_date", "90d", day) for rows in (_own_acts(bank), _postings(bank)))
    amount = per_customer(flows, "amt", "sum", customers).fillna(0).clip(lower=0)
    frequency = code_of(bank, "rfm_f", counted(acts, customers, "acct_date"))
    return code_of(bank, "rfm_r", idle).fillna(1), frequency, code_of(bank, "rfm_m", amount, 100)


def _debts(bank: Bank) -> pd.Series:
    """How many of mortgage, consumer loan, business loan and card the customer owes something on."""
    customers = bank.customers("retail")
    note = bank.dwd("loan_note").query("bal_date == @bank.day and kind_code in ['mtg', 'cons', 'biz']")
    card = bank.dwd("credit_card").query("bal_date == @bank.day").groupby("customer_id").bal.sum()
    owed = note.groupby(["customer_id", "kind_code"], as_index=False).principal_amt.sum()
    loans = counted(owed[owed.principal_amt > 0], customers)
    return loans + (card.reindex(customers) > 0).fillna(False).astype("Int64")


def _life(bank: Bank, tenure: pd.Series, idle: pd.Series) -> pd.Series:
    """The first of the stages that fits, written last. Lines and amounts times 100 are whole numbers."""
    names = ("lost_amt", "lost_ratio", "back_amt", "sleep_days", "new_days", "grow_ratio")
    line = {name: int(Decimal(bank.parameter(f"life_{name}")) * 100) for name in names}
    table, day = ends(bank), bank.day
    first, last = window("l12m", day)
    year = table.loc[first:last]

    def is_lost(amount: pd.Series | pd.DataFrame, peak: pd.Series | pd.DataFrame) -> pd.Series | pd.DataFrame:
        return (amount < line["lost_amt"]) & (amount * 100 <= peak * line["lost_ratio"]) & (peak > 0)

    month = day_average(table, "lm", day)
    earlier = day_average(table, "lm", window("l3m", day)[0])  # the third month before it
    stage = pd.Series("mature", index=table.columns, dtype="object")
    stage[month * 100 < earlier * (100 - line["grow_ratio"])] = "declining"
    stage[month * 100 > earlier * (100 + line["grow_ratio"])] = "growing"
    stage[idle.isna() | (idle * 100 >= line["sleep_days"]).fillna(False)] = "sleeping"
    stage[is_lost(table.loc[day], year.max())] = "lost"
    stage[is_lost(year, year.cummax()).any() & (table.loc[day] >= line["back_amt"])] = "back"
    stage[tenure * 100 <= line["new_days"]] = "new"
    return stage
