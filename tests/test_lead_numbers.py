"""The numbers of leads and of reach are dated seeds: another value gives another answer, and no trigger holds one of its own."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable

import pytest

from tests.drawn import PROJECT
from tests.lead_nights import LeadNight, lead_night
from tests.test_leads import Machine, customer

D = "2026-06-30"
ADS = PROJECT / "models" / "ads"
# Days of a week (and the six before the last), months and days of a year, days that hold any three workdays, lengths of keys, a median.
PLAIN = {"0", "1", "6", "7", "12", "16", "20", "30", "365", "0.5"}
# The numbers of the rules of reach are their names; a digest's share; no cap.
OF_FILE = {"reach_target.sql": {*(str(rule) for rule in range(1, 13)), "4294967296", "1000000"}}
RULE_NUMBERS = re.compile(r"(?<![\w.'])\d+(?:\.\d+)?(?![\w.'])")


def plain(sql: str) -> str:
    """The SQL without comments, texts, Jinja and types."""
    for taken in (r"--[^\n]*", r"\{\{.*?\}\}", r"\{%.*?%\}", r"'[^']*'", r"decimal\(\d+, ?\d+\)"):
        sql = re.sub(taken, "", sql, flags=re.DOTALL)
    return sql


def test_no_trigger_and_no_rule_of_reach_holds_a_number_of_its_own() -> None:
    found = {path.name: set(RULE_NUMBERS.findall(plain(path.read_text("utf-8")))) for folder in ("leads", "contacts") for path in (ADS / folder).glob("*.sql")}
    strange = {name: numbers - PLAIN - OF_FILE.get(name, set()) for name, numbers in found.items()}
    assert {name: numbers for name, numbers in strange.items() if numbers} == {}


def test_every_number_of_the_seeds_is_asked_for() -> None:
    sql = "".join(path.read_text("utf-8") for folder in (ADS / "leads", ADS / "contacts", PROJECT / "macros") for path in folder.glob("*.sql"))
    for seed, begin in (("lead_threshold", ""), ("parameter", "reach_")):
        with (PROJECT / "seeds" / f"{seed}.csv").open(encoding="utf-8", newline="") as lines:
            names = {row["name"] for row in csv.DictReader(lines) if row["name"].startswith(begin)}
        caps = {name for name in names if re.fullmatch(r"reach_cap_\w+_days", name)}
        assert {name for name in names - caps if f"'{name}'" not in sql} == set(), "a number that nothing reads is no number"


def complained(machine: Machine) -> None:
    machine.draw("dwd_complaint", customer_id="x", case_no="1", topic_code="marketing", open_date="2026-06-01", close_date="2026-06-02")


def bought(machine: Machine) -> None:
    machine.draw("dwd_order", customer_id="x", order_no="1", line_code="wm", order_type="sub", order_date="2026-06-10", status_code="settled")


def contacted(machine: Machine, who: str, result: str) -> None:
    machine.draw("dwd_marketing_contact", customer_id=who, entity="retail", contact_no="1", channel_code="visit", contact_date="2026-06-10",
                 wish_product="wm", result_code=result, log_status="done", is_holdout=False)  # fmt: skip


def refused(machine: Machine) -> None:
    contacted(machine, "x", "refused")


def spouse_was_spoken_to(machine: Machine) -> None:
    customer(machine, "y")
    machine.draw("dwd_relation", from_customer_id="x", to_customer_id="y", rel_code="spouse", from_date="2020-01-01")
    contacted(machine, "y", "reached")


def twice_in_vain(machine: Machine) -> None:
    machine.duck.execute(f"update {machine.table('tags_retail')} set risk_unreachable_cnt_90d = 2 where customer_id = 'x'")


@pytest.mark.parametrize(("name", "value", "happened", "before", "after"), [
    ("reach_complaint_days", 10, complained, "complaint", None), ("reach_bought_days", 10, bought, "recent", None),
    ("reach_refused_days", 10, refused, "recent", None), ("reach_household_days", 10, spouse_was_spoken_to, "household", None),
    ("reach_vain_cnt", 2, twice_in_vain, None, "bad_contact"),
])  # fmt: skip
def test_another_number_is_another_reach_from_its_day_on(
    name: str, value: int, happened: Callable[[Machine], None], before: str | None, after: str | None
) -> None:
    with lead_night() as drawn:
        drawn.__class__ = Machine
        drawn.duck.execute(f"update {drawn.table('lead_catalog')} set channels = 'sms', holdout = 0, product = 'wm' where lead_code = 'big_in'")
        customer(drawn, "x", granted="sms")
        happened(drawn)
        drawn.event("x")
        reason = "select reason_code from reach_target where channel = 'sms' and customer_id = 'x'"
        drawn.reached("customer_id")
        assert drawn.duck.execute(reason).fetchall() == [(before,)]
        drawn.duck.execute(f"insert into parameter (name, bank, value, valid_from) values ('{name}', 'all', {value}, date '{D}')")
        drawn.duck.execute(f"update parameter set valid_to = date '{D}' - 1 where name = '{name}' and valid_from < date '{D}'")
        drawn.reached("customer_id")
        assert drawn.duck.execute(reason).fetchall() == [(after,)]


def test_the_hours_of_calls_are_told_with_the_list(drawn: LeadNight) -> None:
    drawn.draw("reach_target", campaign_kind="lead", campaign_code="big_in", channel="call", customer_id="a", contact_date="2026-07-01")
    hours = f"select hours from ({drawn.sql('contact_list')})"
    assert drawn.duck.execute(hours).fetchall() == [("09:00-12:00,14:00-20:00",)]
    drawn.duck.execute("update parameter set value = 18 where name = 'reach_call_to_hour'")
    assert drawn.duck.execute(hours).fetchall() == [("09:00-12:00,14:00-18:00",)]


@pytest.fixture
def drawn():
    with lead_night() as found:
        yield found


def document(drawn: LeadNight) -> None:
    drawn.draw("dwd_party", customer_id="a", entity="retail", id_expiry_date="2026-07-20")


def bill(drawn: LeadNight) -> None:
    drawn.draw("dwd_off_balance", customer_id="a", entity="corporate", kind_code="accept", biz_no="1", status_code="live", start_date="2026-01-01",
               due_date="2026-07-20", face_amt=100, margin_amt=0)  # fmt: skip


def mixed_movements(drawn: LeadNight) -> None:
    drawn.before("a", tier_code="mass")
    leg = {"leg": 1, "acct_no": "A", "customer_id": "a", "entity": "retail", "direction": "in", "cp_class": "other_bank_other", "purpose": "transfer",
           "init_code": "C", "is_self": True, "is_reversal": False, "is_void": False}  # fmt: skip
    amounts = [*(100 + at for at in range(10)), *(20_000 for _ in range(10))]
    drawn.draw("dwd_transaction", *(leg | {"txn_no": f"T{at}", "acct_date": "2026-06-01", "amt": amt} for at, amt in enumerate(amounts)),
               leg | {"txn_no": "now", "acct_date": D, "amt": 50_000})  # fmt: skip


def gambled(drawn: LeadNight) -> None:
    drawn.draw("dwd_credit_card", cc_acct_no="1", customer_id="a", bal_date=D, stmt_day=20)
    drawn.draw("dwd_credit_card_transaction", cc_acct_no="1", customer_id="a", acct_date=D, amt=5_000, txn_no="1", kind_code="spend", mcc="7995")


@pytest.mark.parametrize(("code", "happened", "change"), [
    ("doc_due", document, "update lead_threshold set value = 20 where name = 'doc_far_days'"),
    ("accept_gap", bill, "update lead_threshold set value = 20 where name = 'gap_far_days'"),
    ("big_in", mixed_movements, "update lead_threshold set value = 0.5 where name = 'usual_ratio'"),
    ("cc_big_spend", gambled, "delete from mcc_excluded where mcc = '7995'"),
])  # fmt: skip
def test_another_number_is_another_lead(drawn: LeadNight, code: str, happened: Callable[[LeadNight], None], change: str) -> None:
    happened(drawn)
    assert drawn.who(code) == ""
    drawn.duck.execute(change)
    assert drawn.who(code) == "a"
