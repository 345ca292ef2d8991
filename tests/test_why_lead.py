"""`tagmart why lead` over a drawn night: each part of the road from event to lead, met and not met, and what nobody is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from io import StringIO
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from tagmart.core.duck import connect, identifier, literal
from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings, project_root
from tagmart.core.state import State
from tagmart.explain.lead_page import why_lead_page
from tagmart.explain.lead_why import LeadAnswer, Part, why_lead
from tagmart.leads import load_contract
from tagmart.publish.store import good_runs_before, record
from tagmart.tagspec.render import renderer
from tests.drawn import PROJECT, columns_of, feeds, seeds, text_of
from tests.lead_nights import LEADS

D = date(2026, 6, 30)
Runs = Mapping[date, str]
RUN = "20260630-001"
LEG = {"leg": 1, "entity": "retail", "acct_date": D, "direction": "in", "cp_class": "other_bank_other", "purpose": "transfer",
       "init_code": "C", "is_self": True, "is_reversal": False, "is_void": False}  # fmt: skip
OWNED = {"lead_code": "big_in", "variant_code": "main", "lead_kind": "marketing", "priority": 1, "entity": "retail", "biz_date": D,
         "expiry_date": date(2026, 7, 5), "owner_kind": "manager", "owner_id": "M1", "org_id": "B1", "evidence_from": D, "evidence_to": D,
         "evidence_cnt": 1, "evidence_keys": "k", "dedupe_part": ""}  # fmt: skip


def fill(connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], *rows: Mapping[str, object]) -> None:
    """A table of these columns with these rows."""
    connection.execute(f"create table if not exists {table} ({', '.join(f'{identifier(name)} {kind}' for name, kind in columns.items())})")
    for row in rows:
        listed = ", ".join("null" if value is None else literal(value) for value in row.values())
        connection.execute(f"insert into {table} ({', '.join(row)}) values ({listed})")


def publish(home: Path) -> Path:
    """A published night: customers `in`, `left`, `held` and `barred` have a lead, the others none."""
    folder = home / "published" / f"{D}" / RUN
    folder.mkdir(parents=True)
    with connect(folder / "tagmart.duckdb") as mart:
        mart.execute("create schema mart")
        fill(mart, "mart.tags_retail", {"customer_id": "varchar"}, *({"customer_id": one} for one in (
            "in", "left", "held", "barred", "cooled", "short", "still", "woke", "controlled")))  # fmt: skip
        seed = PROJECT / "seeds" / "generated" / "lead_catalog.csv"
        mart.execute(f"create table mart.lead_catalog as select *, 'evaluated' as state_code from read_csv({literal(seed)}, header = true)")
        mart.execute("update mart.lead_catalog set state_code = 'no_feed' where lead_code = 'wm_due'")
        leads = [("in", 900, 1, True, None), ("left", 5, 8, False, "budget"), ("held", 7, None, False, "internal_rule"),
                 ("barred", 7, None, False, "internal_rule")]  # fmt: skip
        crowd = [(f"o{at}", 800 - at, at + 2, at < 5, None if at < 5 else "budget") for at in range(6)]
        fill(mart, "mart.event_lead", columns_of("event_lead"), *(
            OWNED | {"lead_id": f"L{customer}", "customer_id": customer, "amt": amt, "rank_no": rank, "is_chosen": chosen, "reason_code": reason}
            for customer, amt, rank, chosen, reason in [*leads, *crowd]))  # fmt: skip
        fill(mart, "mart.contact_list", columns_of("contact_list"), {"channel": "call", "campaign_kind": "lead", "campaign_code": "big_in",
             "customer_id": "in", "contact_date": date(2026, 7, 1)})  # fmt: skip
        fill(mart, "mart.contact_suppressed", columns_of("contact_suppressed"), *(
            {"campaign_kind": "lead", "campaign_code": "big_in", "channel": channel, "customer_id": customer, "reason_code": reason}
            for customer, channel, reason in (("in", "wecom", "consent"), ("held", "call", "internal_rule"), ("barred", "call", "internal_rule"),
                                              ("held", "wecom", "internal_rule"), ("barred", "wecom", "internal_rule"))))  # fmt: skip
    record(State(home / "state.sqlite"), RUN, D, folder.relative_to(home).as_posix())
    return folder


def stand(home: Path) -> None:
    """The warehouse as that night left it, with what the nights before raised; of 06-28 no run was published."""
    with connect(home / "warehouse.duckdb") as warehouse:
        warehouse.execute("create schema ops; create schema dwd; create schema ref")
        warehouse.execute(f"create table ops.run_context as select '{RUN}' as run_id, date '{D}' as biz_date, 'demo' as bank")
        warehouse.execute(f"create table ops.feed_present as select {', '.join(f'true as {feed}' for feed in feeds())}")
        fill(warehouse, "ops.prior_tag_retail", {"customer_id": "varchar", **load_contract(LEADS).tags_before["retail"]}, *(
            {"customer_id": one, "tier_code": "growth", "txn_self_idle_days": 200} for one in ("cooled", "short", "still", "woke", "controlled")))  # fmt: skip
        for name in ("lead_threshold", "tier_rule"):
            fill(warehouse, f"ref.{name}", seeds()[name])
            warehouse.execute(f"insert into ref.{name} from read_csv({literal(PROJECT / 'seeds' / f'{name}.csv')}, columns = {seeds()[name]})")
        legs = [("cooled", 100_000), ("short", "99999.99"), ("controlled", 2_000)]
        fill(warehouse, "dwd.transaction", columns_of("dwd_transaction"),
             *(LEG | {"txn_no": customer, "acct_no": "6222000011112222", "customer_id": customer, "amt": amt} for customer, amt in legs))  # fmt: skip
        fill(warehouse, "dwd.account_control", columns_of("dwd_account_control"), {"customer_id": "controlled", "from_date": date(2026, 6, 20)})
        history = {"run_id": "varchar", "lead_date": "date", "lead_id": "varchar", "lead_code": "varchar", "customer_id": "varchar", "dedupe_part": "varchar"}
        fill(warehouse, "ops.lead_history", history, *(
            {"run_id": run, "lead_date": day, "lead_id": lead, "lead_code": "big_in", "customer_id": customer, "dedupe_part": ""}
            for run, day, lead, customer in (("r25", "2026-06-25", "SEEN", "cooled"), ("r28", "2026-06-28", "UNSEEN", "cooled"), ("r25", "2026-06-01", "STALE", "in"))))  # fmt: skip
    compiled = home / "dbt" / "compiled" / "tagmart" / "models" / "ads" / "leads"
    compiled.mkdir(parents=True)
    for code in ("big_in", "wake"):
        (compiled / f"lead_{code}.sql").write_text(renderer(PROJECT)(text_of(f"lead_{code}")), encoding="utf-8")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Path, Runs]]:
    home = tmp_path_factory.mktemp("home")
    state = State(home / "state.sqlite")
    record(state, "r25", date(2026, 6, 25), "published/2026-06-25/r25")
    folder = publish(home)
    stand(home)
    yield Settings(root=project_root(), bank="demo", home=home), folder, good_runs_before(state, D)


def parts(found: LeadAnswer) -> dict[str, Part]:
    return {part.name: part for part in (found.raised[0].parts if found.raised else found.parts)}


def printed(found: LeadAnswer) -> str:
    text = StringIO()
    Console(file=text, width=300).print(why_lead_page(found))
    return text.getvalue()


def test_a_lead_says_its_key_owner_reach_and_rank(asked: tuple[Settings, Path, Runs]) -> None:
    found = why_lead(*asked, "in", "L-R-0001")
    said = parts(found)
    assert {name: part.holds for name, part in said.items()} == {
        "trigger": True, "cool-down": True, "owner": True, "reach": True, "reach by call": True, "reach by wecom": False, "budget": True,
    }  # fmt: skip
    assert "not before 2026-07-07" in said["cool-down"].says and "M1: manager, the first of the chain" in said["owner"].says
    assert said["reach by call"].says == "on the list of 2026-07-01" and said["reach by wecom"].says.startswith("consent:")
    assert said["budget"].says.startswith("rank 1 of 8") and "15 a day, at most 6 of one kind; 6 chosen" in said["budget"].says
    assert "key: big_in, customer, the customer alone" in printed(found) and "amount 900.00" in printed(found)


def test_a_lead_over_the_budget_says_its_rank(asked: tuple[Settings, Path, Runs]) -> None:
    found = why_lead(*asked, "left", "big_in")
    assert parts(found)["budget"] == Part("budget", False, "left out: rank 8 of 8 (priority, amount, days to expiry), 8. of its kind; at most 6 of one kind")
    assert "not given: budget" in printed(found)


def test_who_is_left_alone_cannot_be_told_from_who_is_barred(asked: tuple[Settings, Path, Runs]) -> None:
    held, barred = (printed(why_lead(*asked, customer, "big_in")).replace(customer, "*") for customer in ("held", "barred"))
    assert held == barred and "no more is told" in held and "holdout" not in held


def test_a_key_that_cools_down_names_the_lead_that_readers_saw(asked: tuple[Settings, Path, Runs]) -> None:
    found = why_lead(*asked, "cooled", "big_in")
    assert {name: part.holds for name, part in parts(found).items()} == {"evaluated": True, "trigger": True, "cool-down": False}
    assert parts(found)["cool-down"].says == "lead SEEN of 2026-06-25 cools its key down until 2026-07-02"
    assert "Not met: cool-down" in printed(found)


def test_a_trigger_that_was_not_met_shows_how_far_the_customer_came(asked: tuple[Settings, Path, Runs]) -> None:
    found = why_lead(*asked, "short", "big_in")
    assert parts(found)["trigger"].holds is False and "cool-down" not in parts(found)
    steps = {step.name: step for step in found.steps}
    assert [steps[name].rows for name in ("lines", "came", "went", "final")] == [1, 1, 0, 0]
    assert dict(steps["came"].values[0])["amt"] == "99999.99" and dict(steps["lines"].values[0])["line_amt"] == "100000.00"
    assert "6222000011112222" not in printed(found)
    assert [step.rows for step in why_lead(*asked, "still", "big_in").steps] == [1, 0, 0, 0, 0, 0]


def test_controls_are_not_told_by_the_step_at_which_a_customer_is_lost(asked: tuple[Settings, Path, Runs]) -> None:
    controlled, still = (why_lead(*asked, customer, "wake") for customer in ("controlled", "still"))
    assert controlled.steps == () and printed(controlled).replace("controlled", "*") == printed(still).replace("still", "*")
    restricted = {name for name in load_contract(LEADS).events if "(restricted)" in next((PROJECT / "models").rglob(f"{name}.yml")).read_text("utf-8")}
    assert restricted == set(load_contract(LEADS).withheld)


def test_what_no_night_could_evaluate_and_what_nobody_knows(asked: tuple[Settings, Path, Runs]) -> None:
    settings, *rest = asked
    assert parts(why_lead(settings, *rest, "still", "wm_due"))["evaluated"].holds is False
    with pytest.raises(TagmartError, match=r"no such lead.*Did you mean 'big_in'"):
        why_lead(settings, *rest, "still", "bigin")
    with pytest.raises(TagmartError, match="not among the retail customers"):
        why_lead(settings, *rest, "nobody", "big_in")
    with connect(settings.warehouse) as warehouse:
        warehouse.execute("update ops.run_context set biz_date = date '2026-07-01'")
    found = why_lead(settings, *rest, "cooled", "big_in")
    assert parts(found)["trigger"].holds is None and parts(found)["cool-down"].holds is None
    assert "cannot be asked any more" in found.notes[0] and "cannot be told" in printed(found)
