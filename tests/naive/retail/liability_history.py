"""Loans and card debt at base points, their changes since, and their averages over every calendar day of a window."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, base, days_of, divided, inside
from tests.naive.retail._debts import KINDS
from tests.naive.tally import last, of, total

# Family → windows of its averages and base points of its balances, from the naming of the families.
OF_LOANS = (["30d", "90d", "365d", "mtd", "qtd", "ytd", "lm", "lq", "l3m"], ["bom", "boq", "boy"])
OF_A_KIND = (["30d", "90d", "365d", "mtd", "ytd", "lm"], ["bom", "boy"])
OF_CARDS = (["30d", "90d", "365d", "mtd", "ytd", "lm", "l3m"], ["bom", "boq", "boy"])


def tags(bank: Bank) -> pd.DataFrame:
    notes = of("retail", bank.dwd("loan_note")).rename(columns={"principal_amt": "bal"})
    cards = bank.dwd("credit_card")
    told = _family("loan", notes, *OF_LOANS, bank) | _family("cc", cards, *OF_CARDS, bank)
    for kind in KINDS:
        told |= _family(f"loan_{kind}", notes[notes.kind_code == kind], *OF_A_KIND, bank)
    for name, rows in {"loan": notes, "cc": cards}.items():
        a_day = inside(rows, "bal_date", "365d", bank.day).groupby(["customer_id", "bal_date"])["bal"].sum().reset_index()
        told[f"{name}_bal_max_365d"] = last(a_day, "bal", bank.customers("retail")).fillna(0)
    return pd.DataFrame(told)


def _family(name: str, rows: pd.DataFrame, windows: list[str], points: list[str], bank: Bank) -> dict[str, pd.Series]:
    customers, day = bank.customers("retail"), bank.day

    def at(when: pd.Timestamp) -> pd.Series:
        return total(rows[rows.bal_date == when], "bal", customers)

    told = {f"{name}_bal_{point}": at(base(point, day)) for point in points}
    told |= {f"{name}_chg_{point}": at(day) - at(base(point, day)) for point in ("bom", "boy")}
    told[f"{name}_chg_30d"] = at(day) - at(day - 30 * DAY)
    for window in windows:
        sums = total(inside(rows, "bal_date", window, day), "bal", customers)
        told[f"{name}_davg_{window}"] = divided(sums, days_of(window, day))
    return told
