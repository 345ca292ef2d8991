"""What all leads share: keys and cool-downs, owners, budgets, the rules of reach in their order, and the words of lead files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml

from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings
from tagmart.leads import generate_leads, load_leads
from tagmart.night.leads import late_leads
from tests.drawn import rendered
from tests.lead_nights import LEADS, LeadNight, lead_night

D = "2026-06-30"
ROOT = Path(__file__).resolve().parents[1]


class Machine(LeadNight):
    """The models after the detectors, over events that are drawn in place of them."""

    def event(self, customer: str, code: str = "big_in", variant: str = "main", part: str = "", amt: float = 1, **more: object) -> None:
        """An event as a detector says it."""
        self.draw("lead_raised", {"lead_code": code, "customer_id": customer, "variant_code": variant, "dedupe_part": part, "amt": amt,
                  "evidence_from": self.biz_date, "evidence_to": self.biz_date, "evidence_cnt": 1, "evidence_keys": "k"} | more)  # fmt: skip

    def leads(self, *names: str) -> list[tuple]:
        """The leads of the night, as the table of all of them says."""
        self.build("event_lead_raised")
        return self.duck.execute(f"select {', '.join(names)} from event_lead_raised order by all").fetchall()

    def remembered(self, run_id: str = "drawn", published: bool = True) -> None:
        """What the end of the night writes down."""
        self.duck.execute(rendered("{{ lead_history_record('event_lead_raised') }}")[0])
        if published:
            self.duck.execute(f"insert into ops.published_run values ('{self.biz_date}', '{run_id}')")

    def reached(self, *names: str) -> list[tuple]:
        """The targets of the campaigns, with the first rule that forbids each."""
        self.build("event_lead_raised", "reach_customer", "reach_target")
        return self.duck.execute(f"select {', '.join(names)} from reach_target order by all").fetchall()


@pytest.fixture
def machine() -> Iterator[Machine]:
    with lead_night() as drawn:
        drawn.__class__ = Machine
        yield drawn


def customer(machine: Machine, name: str, granted: str = "call", **tags: object) -> None:
    """A retail customer of record in order, with consent to these channels."""
    machine.draw("dws_retail_spine", customer_id=name, biz_date=machine.biz_date)
    machine.draw("dwd_party", customer_id=name, entity="retail", mng_org="B1")
    machine.now("retail", name, **({"prof_status_code": "normal", "prof_age": 40, "prod_risk_valid_days": 10, "prod_risk_level_code": 5,
                                    "prof_is_mobile_verified": True, "tier_code": "growth"} | tags))  # fmt: skip
    for channel in granted.split():
        machine.draw("dwd_consent", customer_id=name, channel_code=channel, purpose_code="marketing", event_time="2026-01-01 10:00:00",
                     action_code="grant")  # fmt: skip


def test_a_key_is_raised_once_in_its_cool_down_whatever_runs_were_not_published(machine: Machine) -> None:
    customer(machine, "a")
    machine.event("a")
    machine.event("a", amt=2)
    [(first,)] = machine.leads("lead_id")
    machine.remembered(published=False)
    assert machine.leads("lead_id") == [(first,)], "the same night again says the same"
    machine.turn_to("2026-07-01")
    machine.duck.execute("update ops.run_context set run_id = 'next'")
    [(second,)] = machine.leads("lead_id")
    assert second != first, "a run that nobody saw cools nothing down"
    machine.duck.execute("insert into ops.published_run values ('2026-06-30', 'drawn')")
    assert machine.leads("lead_id") == []
    machine.turn_to("2026-07-06")
    assert machine.leads("lead_id") == []
    machine.turn_to("2026-07-07")
    assert len(machine.leads("lead_id")) == 1
    machine.turn_to(D)
    machine.duck.execute("update ops.run_context set run_id = 'drawn'")
    assert machine.leads("lead_id") == [(first,)], "an old night that is run again gives the same ids"


def test_a_change_is_told_once_for_ever_and_what_has_no_cool_down_again_at_once(machine: Machine) -> None:
    machine.draw("dws_corporate_spine", customer_id="c", biz_date=D)
    customer(machine, "a")
    machine.event("c", "corp_change", part="x")
    machine.event("a", "doc_due", part="document")
    assert machine.leads("lead_code") == [("corp_change",), ("doc_due",)]
    machine.remembered()
    machine.turn_to("2027-06-30")
    machine.duck.execute("update lead_raised set evidence_to = '2026-06-30'")
    assert machine.leads("lead_code") == [("doc_due",)]


def test_strangers_and_evidence_of_tomorrow_are_no_leads(machine: Machine) -> None:
    customer(machine, "a")
    machine.event("stranger")
    machine.event("a", evidence_to="2026-07-01")
    assert machine.leads("lead_id") == []


def test_the_chain_of_owners(machine: Machine) -> None:
    machine.draw("dwd_branch", {"org_id": "B1"}, {"org_id": "B2", "close_date": "2026-01-01"})
    for name, tier in (("managed", "mass"), ("shared", "mass"), ("pooled", "growth"), ("called", "mass"), ("alone", "mass"), ("left", "growth")):
        customer(machine, name, granted="call" if name in ("managed", "called") else "sms", tier_code=tier)
        machine.event(name)
    machine.duck.execute("update dwd_party set mng_org = 'B2' where customer_id = 'left'")
    for name, manager, role, end in (("managed", "M1", "main", None), ("managed", "M2", "co", None), ("shared", "M3", "main", "2026-06-30"), ("shared", "M2", "co", None)):
        machine.draw("dwd_manager_assignment", customer_id=name, manager_id=manager, role_code=role, org_id="B1", from_date="2020-01-01", to_date=end)
    machine.draw("dws_merchant_spine", customer_id="shop", biz_date=D)
    machine.draw("dwd_merchant", customer_id="shop", owner_customer_id="managed", mng_org="B1")
    machine.event("shop", "mer_silent")
    machine.draw("dws_corporate_spine", customer_id="c", biz_date=D)
    machine.draw("dwd_party", customer_id="c", entity="corporate", mng_org="B1")
    machine.event("c", "accept_gap", part="b", expiry_date="2026-07-07")
    machine.event("managed", "mtg_prepay", variant="head", part="head:n")
    assert machine.leads("customer_id", "owner_kind", "owner_id", "lead_kind") == [
        ("alone", "digital", "digital", "marketing"), ("c", "risk", "risk:B1", "warning"), ("called", "remote", "remote", "marketing"),
        ("left", "digital", "digital", "marketing"), ("managed", "line_head", "line_head:loan", "warning"), ("managed", "manager", "M1", "marketing"),
        ("pooled", "branch_pool", "branch:B1", "marketing"), ("shared", "shared_manager", "M2", "marketing"), ("shop", "manager", "M1", "marketing"),
    ]  # fmt: skip


def test_a_budget_takes_by_priority_amount_and_expiry_and_at_most_two_in_five_of_a_kind(machine: Machine) -> None:
    owners = {"owner_kind": "manager", "owner_id": "M1", "entity": "retail", "lead_kind": "marketing", "lead_date": D}
    rows = [("big_in", 1, 100 - at) for at in range(9)] + [("pay_jump", 2, 50 - at) for at in range(8)] + [("cc_big_spend", 2, 10 - at) for at in range(5)]
    for at, (code, priority, amt) in enumerate(rows):
        machine.draw("event_lead_raised", owners | {"lead_id": f"{at:02d}", "lead_code": code, "priority": priority, "amt": amt,
                     "customer_id": f"c{at}", "expiry_date": "2026-07-05"})  # fmt: skip
    machine.draw("event_lead_raised", owners | {"lead_id": "w", "lead_code": "accept_gap", "lead_kind": "warning", "priority": 1, "owner_kind": "risk",
                 "owner_id": "risk:B1", "customer_id": "w", "expiry_date": "2026-07-05"})  # fmt: skip
    machine.draw("event_lead_raised", owners | {"lead_id": "no", "lead_code": "big_in", "priority": 1, "amt": 999, "customer_id": "no", "expiry_date": "2026-07-05"})
    machine.draw("reach_target", lead_id="no", channel="manager", rule_no=8, reason_code="holdout")
    machine.build("event_lead")
    said = machine.duck.execute("select lead_id, lead_code, is_chosen, reason_code, rank_no from event_lead order by lead_id").fetchall()
    chosen = Counter(code for _, code, is_chosen, _, _ in said if is_chosen)
    assert chosen == {"big_in": 6, "pay_jump": 6, "cc_big_spend": 3, "accept_gap": 1}
    assert [(lead, reason) for lead, code, is_chosen, reason, _ in said if code == "big_in" and not is_chosen] == [
        ("06", "budget"), ("07", "budget"), ("08", "budget"), ("no", "internal_rule"),
    ]  # fmt: skip
    ranks = {lead: rank for lead, _, _, _, rank in said}
    assert ranks["00"] == 1 and ranks["21"] == 22 and ranks["no"] is None


def test_leads_that_read_something_of_an_earlier_day_are_marked(machine: Machine) -> None:
    machine.duck.execute("insert into ops.late_lead values ('cc_big_spend', date '2026-06-29', 'feed cc_txn'), ('wake', null, 'feed core_txn')")
    for code in ("big_in", "cc_big_spend", "wake"):
        machine.draw("event_lead_raised", {"lead_id": code, "lead_code": code, "customer_id": "a", "owner_kind": "manager", "owner_id": "M1", "priority": 1,
                     "entity": "retail", "lead_kind": "marketing", "lead_date": D, "expiry_date": "2026-07-05"})  # fmt: skip
    machine.build("event_lead")
    assert machine.duck.execute("select lead_code, is_degraded, as_of::varchar from event_lead order by lead_code").fetchall() == [
        ("big_in", False, D), ("cc_big_spend", True, "2026-06-29"), ("wake", True, None),
    ]  # fmt: skip
    for lead in load_leads(LEADS):
        for variant in lead.variants:
            machine.draw("lead_fed", lead_code=lead.code, variant_code=variant.code, is_fed=True)
    said = machine.duck.execute(f"select distinct lead_code, as_of::varchar, late_because from ({machine.sql('mart_lead_catalog')}) where is_degraded order by 1").fetchall()
    assert said == [("cc_big_spend", "2026-06-29", "feed cc_txn"), ("wake", None, "feed core_txn")]


def test_a_lead_is_late_by_the_feeds_and_tags_that_it_declares() -> None:
    """Feeds through all models below its events; tags of the night, and those of the night before that it held; each of its own entities."""
    day, older = date(2026, 6, 29), date(2026, 6, 27)
    models = ROOT / "dbt_project" / "models"
    tags, before = {("retail", "aum_bal"): day, ("corporate", "mer_silent_bizdays"): day}, {("retail", "tier_code"): older, ("merchant", "tier_code"): older}
    found = late_leads(load_leads(LEADS), models, {"cc_txn": day, "ref_price": None}, tags, before)
    assert found["cc_big_spend"] == (day, "feed cc_txn")
    # Its movements are converted with rates: through dwd_transaction.
    assert found["corp_new_cp"] == (None, "feed ref_price")
    assert found["tier_near"] == (older, "tag of the night before tier_code")
    assert found["big_out"] == (None, "feed ref_price, tag aum_bal, tag of the night before tier_code")
    assert not found.keys() & {"mer_silent", "pay_jump", "limit_undrawn", "wm_due"}
    assert late_leads(load_leads(LEADS), models, {}, {}, {}) == {}


# In the order of DOMAIN.md F: each customer breaks one rule, and the one after it as well.
REASONS = {
    "a01": ("status", {"prof_status_code": "closed", "risk_is_marketing_blocked": True}),
    "a02": ("internal_rule", {"risk_is_marketing_blocked": True, "prof_is_minor": True}),
    "a03": ("minor", {"prof_is_minor": True}),
    "a05": ("complaint", {"prod_risk_valid_days": 0}),
    "a06": ("suitability", {"prod_risk_valid_days": 0}),
    "a07": ("recent", {}),
    "a12": ("bad_contact", {"prof_is_mobile_verified": False}),
    "a13": (None, {}),
}


def test_the_rules_of_reach_in_their_order(machine: Machine) -> None:
    machine.duck.execute(f"update {machine.table('lead_catalog')} set channels = 'sms', holdout = 0 where lead_code = 'big_in'")
    for name, (_, tags) in REASONS.items():
        customer(machine, name, granted="" if name == "a03" else "sms", **tags)
        machine.event(name)
    customer(machine, "a04", granted="call")
    machine.event("a04")
    machine.draw("dwd_consent", customer_id="a13", channel_code="sms", purpose_code="service", event_time="2026-02-01 10:00:00", action_code="withdraw")
    machine.draw("dwd_complaint", customer_id="a05", case_no="1", topic_code="fee", open_date="2026-06-01")
    for name in ("a06", "a07"):
        machine.draw("dwd_order", customer_id=name, order_no=name, line_code="wm", order_type="sub", order_date="2026-06-01", status_code="settled")
    found = dict(machine.duck.execute(_reached(machine, "sms")).fetchall())
    assert found == {name: reason for name, (reason, _) in REASONS.items()} | {"a04": "consent"}
    lists = {row[0] for row in machine.duck.execute(f"select customer_id from ({machine.sql('contact_list')})").fetchall()}
    suppressed = dict(machine.duck.execute(f"select customer_id, reason_code from ({machine.sql('contact_suppressed')}) where channel = 'sms'").fetchall())
    assert lists == {"a13"} and lists.isdisjoint(suppressed)
    true = machine.duck.execute(f"select distinct customer_id, true_reason from ({machine.sql('restricted_contact_suppressed')})").fetchall()
    assert true == [("a02", "blocked")]


def _reached(machine: Machine, channel: str) -> str:
    machine.reached("customer_id")
    return f"select customer_id, reason_code from reach_target where channel = '{channel}'"


def test_no_consent_on_record_is_no_contact_and_the_last_word_counts(machine: Machine) -> None:
    machine.duck.execute(f"update {machine.table('lead_catalog')} set channels = 'sms', holdout = 0 where lead_code = 'big_in'")
    for name in ("silent", "granted", "withdrew"):
        customer(machine, name, granted="" if name == "silent" else "sms")
        machine.event(name)
    machine.draw("dwd_consent", customer_id="withdrew", channel_code="sms", purpose_code="marketing", event_time="2026-01-01 10:00:00", action_code="withdraw")
    machine.draw("dwd_consent", customer_id="granted", channel_code="sms", purpose_code="marketing", event_time="2026-07-01 00:00:00", action_code="withdraw")
    assert dict(machine.duck.execute(_reached(machine, "sms")).fetchall()) == {"silent": "consent", "granted": None, "withdrew": "consent"}


def test_caps_count_what_was_sent_and_what_is_planned_and_households_get_one(machine: Machine) -> None:
    machine.duck.execute(f"update {machine.table('lead_catalog')} set channels = 'sms', holdout = 0, product = null where lead_code in ('big_in', 'wake', 'pay_new')")
    machine.duck.execute("update lead_catalog set channels = 'sms', holdout = 0, product = 'dep' where lead_code = 'td_due'")
    customer(machine, "full", granted="sms")
    customer(machine, "one", granted="sms")
    for name, days in (("full", ("2026-06-02", "2026-06-20")), ("one", ("2026-06-01", "2026-06-20"))):
        for day in days:
            machine.draw("dwd_marketing_contact", customer_id=name, entity="retail", contact_no=f"{name}{day}", channel_code="sms", contact_date=day,
                         result_code="sent", log_status="done", is_holdout=False)  # fmt: skip
        for code in ("big_in", "wake", "pay_new"):
            machine.event(name, code, part="p")
    for name in ("wife", "husband"):
        customer(machine, name, granted="sms")
        machine.event(name, "td_due", part="w")
    machine.draw("dwd_relation", from_customer_id="wife", to_customer_id="husband", rel_code="spouse", from_date="2020-01-01")
    machine.reached("customer_id")
    found = machine.duck.execute("select customer_id, campaign_code, reason_code from reach_target where channel = 'sms' order by all").fetchall()
    assert found == [
        ("full", "big_in", "cap"), ("full", "pay_new", "cap"), ("full", "wake", "cap"), ("husband", "td_due", None),
        ("one", "big_in", None), ("one", "pay_new", "cap"), ("one", "wake", "cap"), ("wife", "td_due", "household"),
    ]  # fmt: skip


@pytest.mark.parametrize(("day", "reason"), [("2026-06-30", None), ("2026-07-03", "quiet"), ("2026-02-15", "quiet")])
def test_calls_are_quiet_on_days_of_rest(day: str, reason: str | None) -> None:
    with lead_night(biz_date=day) as drawn:
        drawn.__class__ = Machine
        drawn.duck.execute(f"update {drawn.table('lead_catalog')} set channels = 'call', holdout = 0 where lead_code = 'big_in'")
        customer(drawn, "a")
        drawn.event("a")
        assert dict(drawn.duck.execute(_reached(drawn, "call")).fetchall()) == {"a": reason}


def test_a_hold_out_is_the_same_on_every_day_and_about_its_share(machine: Machine) -> None:
    machine.duck.execute(f"update {machine.table('lead_catalog')} set channels = 'sms', holdout = 0.2 where lead_code = 'big_in'")
    names = [f"n{number}" for number in range(200)]
    for name in names:
        machine.draw("dws_retail_spine", customer_id=name, biz_date=D)
        machine.event(name)
    machine.duck.execute(f"insert into {machine.table('tags_retail')} (customer_id, prof_status_code, prod_risk_valid_days, prod_risk_level_code,"
                         " prof_is_mobile_verified) select customer_id, 'normal', 1, 5, true from lead_raised")  # fmt: skip
    machine.duck.execute(f"insert into {machine.table('dwd_party')} (customer_id, entity) select customer_id, 'retail' from lead_raised")
    machine.duck.execute(f"insert into {machine.table('dwd_consent')} (customer_id, channel_code, purpose_code, event_time, action_code)"
                         " select customer_id, 'sms', 'marketing', timestamp '2026-01-01', 'grant' from lead_raised")  # fmt: skip
    held = [name for name, reason in machine.duck.execute(_reached(machine, "sms")).fetchall() if reason == "holdout"]
    assert 20 <= len(held) <= 60
    machine.turn_to("2026-07-01")
    assert set(held) == {name for name, reason in machine.duck.execute(_reached(machine, "sms")).fetchall() if reason == "holdout"}


def test_the_twenty_leads_are_those_of_the_domain() -> None:
    leads = {lead.code: lead for lead in load_leads(LEADS)}
    assert len(leads) == 20 and len({lead.lead_id for lead in leads.values()}) == 20
    table = {code: (lead.cool_days, lead.life_days, lead.priority, lead.variants[0].kind[0]) for code, lead in leads.items()}
    assert table == {
        "big_in": (7, 5, 1, "m"), "big_out": (7, 3, 1, "m"), "td_due": (3, 10, 1, "m"), "wm_due": (0, 7, 1, "m"), "wm_parked": (14, 7, 2, "m"),
        "pay_new": (180, 30, 2, "m"), "pay_stop": (90, 15, 1, "m"), "pay_jump": (30, 7, 2, "m"), "same_name_out": (14, 5, 1, "m"),
        "sec_out": (14, 5, 2, "m"), "tier_near": (31, None, 1, "m"), "mtg_prepay": (90, 10, 2, "m"), "cc_big_spend": (7, None, 2, "m"),
        "limit_undrawn": (0, 15, 3, "m"), "wake": (180, 7, 2, "m"), "doc_due": (0, 30, 2, "s"), "corp_new_cp": (30, 10, 2, "m"),
        "accept_gap": (0, None, 1, "w"), "corp_change": (None, 30, 1, "w"), "mer_silent": (30, 10, 1, "m"),
    }  # fmt: skip
    assert {code for code, lead in leads.items() if all(variant.is_intraday for variant in lead.variants)} == {
        "td_due", "pay_new", "pay_jump", "big_in", "same_name_out", "sec_out", "limit_undrawn", "doc_due", "corp_new_cp",
    }  # fmt: skip


def test_each_variant_says_whether_the_night_could_evaluate_it(machine: Machine) -> None:
    """A shop's collapse needs no night before, a case no registry: what one variant lacks is not the other's state."""
    machine.duck.execute("update ops.feed_present set ext_bizreg = false, crm_risk_test = false")
    machine.before("c", "corporate", dep_bal=1)
    machine.build("lead_fed")
    catalogue = f"select lead_code, variant_code, state_code from ({machine.sql('mart_lead_catalog')})"
    states = {(code, variant): state for code, variant, state in machine.duck.execute(catalogue).fetchall()}
    assert [states["mer_silent", variant] for variant in ("main", "drop")] == ["no_yesterday", "evaluated"]
    assert [states["pay_stop", variant] for variant in ("main", "employer")] == ["no_yesterday", "evaluated"]
    assert [states["doc_due", variant] for variant in ("main", "risk_test")] == ["evaluated", "no_feed"]
    assert [states["corp_change", variant] for variant in ("main", "case")] == ["no_feed", "no_yesterday"]
    machine.before("a", tier_code="mass")
    states = {(code, variant): state for code, variant, state in machine.duck.execute(catalogue).fetchall()}
    assert [states["corp_change", variant] for variant in ("main", "case")] == ["no_feed", "evaluated"]
    # A tag without its feed is empty for everybody: no tier, no line of a large amount. Of the debts and deposits of a company one is enough.
    machine.duck.execute("update ops.feed_present set inv_hold = false, crd_limit = false, core_txn = false, mer_info = false")
    machine.build("lead_fed")
    fed = dict(machine.duck.execute("select lead_code || ' ' || variant_code, is_fed from lead_fed").fetchall())
    assert [code for code in ("big_in main", "tier_near main", "tier_near fall", "wake main", "mer_silent drop", "corp_new_cp main") if fed[code]] == []
    assert all(fed[code] for code in ("corp_change case", "pay_stop main", "td_due main", "accept_gap main"))
    machine.duck.execute("update ops.feed_present set core_bal = false, crd_note = false")
    machine.build("lead_fed")
    assert machine.duck.execute("select is_fed from lead_fed where lead_code = 'corp_change' and variant_code = 'case'").fetchall() == [(False,)]


def test_what_is_generated_is_current() -> None:
    stale, _ = generate_leads(Settings(root=ROOT, bank="demo", home=ROOT / "var" / "demo"), check=True)
    assert stale == ()


@pytest.mark.parametrize(("field", "value", "says"), [
    ("kind", "gossip", "the kind is not one of"), ("cool", "often", "cool is no number"), ("holdout", 2, "the hold-out is no share"),
    ("code", "other", "the file is not called after the code"), ("colour", "red", "unknown field 'colour'"),
    ("variants", {"main": {"inputs": {"events": ["dwd_party"]}}}, "a variant needs what the lead does not declare"),
    ("variants", {"main": {"inputs": {"events": []}}}, "the lead declares what no variant needs"),
    ("inputs", {"events": ["dwd_secret"], "tags_before": [], "tags": []}, "the contract of the leads names no events"),
])  # fmt: skip
def test_a_lead_that_no_night_could_evaluate_is_refused(tmp_path: Path, field: str, value: object, says: str) -> None:
    room = tmp_path / "models" / "leads"
    (room / "retail").mkdir(parents=True)
    (room / "contract.yml").write_text((LEADS / "contract.yml").read_text("utf-8"), "utf-8")
    lead = yaml.safe_load((LEADS / "retail" / "big_in.yml").read_text("utf-8")) | {field: value}
    (room / "retail" / "big_in.yml").write_text(yaml.safe_dump(lead, allow_unicode=True), "utf-8")
    with pytest.raises(TagmartError, match=says):
        load_leads(room)
