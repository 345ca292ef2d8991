"""The leads that need no planted event: day by day the detectors raise what a second reading of DOMAIN.md 5 expects, and no more.

Large sums, wages that stop, changes of companies, limits nobody drew and new partners are in test_leads_on_the_bank.py, where
the bank says itself what it planted. For the other fifteen this asks the night's warehouse for every day of some months.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd
import pytest

from tagmart.leads import load_contract
from tests.drawn import text_of
from tests.lead_days import Days
from tests.lead_nights import LEADS
from tests.naive.bank import Bank, bank_of
from tests.naive.fold import DAY
from tests.naive.leads import corporate, merchant, retail_credit, retail_dues, retail_money, retail_tier, retail_wages
from tests.naive.leads._evening import Evening, Told
from tests.naive.merchant._rows import merchants
from tests.nights import MONTH_END, Home

pytestmark = [pytest.mark.night, pytest.mark.xdist_group("month_end")]

READINGS: dict[str, Callable[[Evening], Told]] = {
    reading.__name__: reading
    for reading in (
        retail_money.big_out, retail_dues.td_due, retail_dues.wm_due, retail_dues.wm_parked, retail_wages.pay_new, retail_wages.pay_jump,
        retail_money.same_name_out, retail_money.sec_out, retail_tier.tier_near, retail_credit.mtg_prepay, retail_credit.cc_big_spend,
        retail_money.wake, retail_dues.doc_due, corporate.accept_gap, merchant.mer_silent,
    )
}  # fmt: skip
# The other five are held against what the bank planted.
PLANTED = {"big_in", "pay_stop", "corp_change", "limit_undrawn", "corp_new_cp"}
# Nobody of this bank moves so much to securities within a week, repays a mortgage in these months, or wakes on one of their days.
OF_NOBODY = {"sec_out", "mtg_prepay", "wake"}
# Their key names one occurrence, which is of one day.
OF_ONE_DAY = {"wm_parked", "mtg_prepay", "cc_big_spend"}
CENTS = {"tier_next_amt", "tier_own_amt", "tier_forecast_amt", "aum_davg_lm", "pay_amt_median_l3m", "aum_bal"}
# The month of bonuses, and the last two.
WINDOW = pd.date_range("2026-01-01", "2026-01-31").union(pd.date_range("2026-05-01", MONTH_END))
EVENINGS = WINDOW.union(WINDOW - DAY)

# A state is delivered as it is tonight: what it was on a day follows from its dates.
AS_OF = {
    "dwd_term_deposit": "select * replace (case when status_code = 'matured' and due_date > {day} then 'live' else status_code end as status_code)"
    " from warehouse.dwd.term_deposit",
    "dwd_off_balance": "select * replace (case when status_code in ('settled', 'advanced') and due_date > {day} then 'live' else status_code end"
    " as status_code) from warehouse.dwd.off_balance",
    "dwd_loan_schedule": "select * replace (case when paid_date <= {day} then paid_prin_amt else 0 end as paid_prin_amt) from warehouse.dwd.loan_schedule",
    "tags_retail": "select * from told_retail where day = {day}",
    "tags_merchant": "select * from told_merchant where day = {day}",
}  # fmt: skip


@pytest.fixture(scope="module")
def bank(month_end: Home) -> Bank:
    return bank_of(month_end.path, month_end.current, MONTH_END)


@pytest.fixture(scope="module")
def days(month_end: Home, bank: Bank) -> Iterator[Days]:
    """The warehouse at its days. Tags of each day and of the day before are those that the second reading takes: test_naive.py holds them."""
    found, today = Days(month_end), "(select biz_date from ops.run_context)"
    for entity, table in (("retail", _retail(bank)), ("merchant", _merchants(bank))):
        found.duck.register("table_of_cents", table)
        tags = [f"cast({tag} * 0.01 as decimal(18, 2)) as {tag}" if tag in CENTS else tag for tag in table if tag != "day"]
        found.duck.execute(f"create table told_{entity} as select cast(day as date) as day, {', '.join(tags)} from table_of_cents")
        found.duck.execute(f"drop table ops.prior_tag_{entity}")
        before = ", ".join(["customer_id", *(tag for tag in load_contract(LEADS).tags_before[entity] if tag in table)])
        found.duck.execute(f"create view ops.prior_tag_{entity} as select {before} from told_{entity} where day = {today} - 1")
    found.stand_ins = {name: query.format(day=today) for name, query in AS_OF.items()}
    yield found
    found.duck.close()


def _retail(bank: Bank) -> pd.DataFrame:
    """Tags of retail customers at the end of each day, and of the day before."""
    tables = [
        Evening(bank, day + DAY).tags().assign(day=day, aum_bal=Evening(bank, day).assets()).rename_axis("customer_id").reset_index()
        for day in EVENINGS
    ]
    return pd.concat(tables, ignore_index=True)


def _merchants(bank: Bank) -> pd.DataFrame:
    """Tags of merchants at the end of each day, and of the day before."""
    rows = merchants(bank)
    seasonal = rows.mcc.isin(bank.seed("mcc_seasonal").mcc)
    told = [
        {"day": day, "customer_id": who, "mer_silent_bizdays": merchant.silent_days(bank, who, day), "mer_is_seasonal": seasonal[who],
         "mer_status_code": rows.status_code[who]}
        for day in EVENINGS for who in rows.index
    ]  # fmt: skip
    return pd.DataFrame(told).astype({"mer_silent_bizdays": "Int64"})


@pytest.mark.parametrize("code", READINGS)
def test_the_detector_raises_what_the_second_reading_expects(days: Days, bank: Bank, code: str) -> None:
    record = set().union(*(bank.customers(entity) for entity in ("retail", "corporate", "merchant")))
    detector = days.render(text_of(f"lead_{code}"))
    expected, found = set(), set()
    for day in WINDOW:
        expected |= {(day, *lead) for lead in READINGS[code](Evening(bank, day)) if lead[0] in record}
        days.turn_to(day.date())
        rows = days.duck.execute(f"select customer_id, variant_code, dedupe_part, evidence_from, evidence_to from ({detector})").fetchall()
        assert all(start <= end <= day.date() for *_, start, end in rows), "its evidence is of the day or before"
        raised = [(who, variant, part) for who, variant, part, *_ in rows if who in record]
        assert len({(who, part) for who, _, part in raised}) == len(raised), "a key comes once a day"
        found |= {(day, *lead) for lead in raised}
    right = len(expected & found)
    share = f"recall {right / len(expected):.2f}, precision {right / max(1, len(found)):.2f}" if expected else "nobody of this bank"
    print(f"\n{code}: expected {len(expected)}, found {right}, raised {len(found)}; {share}")
    assert sorted(expected - found) == [], "expected and not raised"
    assert sorted(found - expected) == [], "raised and not expected"
    assert (code in OF_NOBODY) == (not expected), "a kind that nobody has is listed, and no other"
    if code in OF_ONE_DAY:
        assert len({tuple(lead) for _, *lead in expected}) == len(expected)


def test_every_lead_is_held_against_something() -> None:
    codes = {path.stem for path in LEADS.glob("*/*.yml")}
    assert codes == READINGS.keys() | PLANTED and not READINGS.keys() & PLANTED
