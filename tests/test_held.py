"""Publishing in part: what is held, whose values it keeps, of which date it is, and what becomes of segments."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings, project_root
from tagmart.core.state import State
from tagmart.gates import GateOutcome
from tagmart.gates.expect import Checked
from tagmart.gates.gate import judge
from tagmart.gates.holding import remember_holds
from tagmart.gates.suite import load_suite
from tagmart.night import stages
from tagmart.night.held import hold_tags, is_left_held, late_segments, mark_segments, most_days, require_earlier
from tagmart.night.leads import mark_leads
from tagmart.publish.held_tags import Cause, hold_back
from tagmart.publish.publishing import _require_gates
from tests.gate_cases import GOOD, SUITES
from tests.publishing import D

RUN, YESTERDAY = "20260630-001", date(2026, 6, 29)
# A tag, the theme and family that it is of, and the feeds and tags behind it through all layers; `pop` alone stands on nothing but customers.
TAGS = {
    "log_cnt": ("transaction", "log", ("events",), ()),
    "dep_bal": ("asset", "dep", ("balances",), ()),
    "fund_bal": ("asset", "fund", ("holdings",), ()),
    "aum_bal": ("asset", "aum", ("balances", "holdings"), ("dep_bal", "fund_bal")),
    "rfm_level": ("value", "rfm", ("events", "balances", "holdings"), ("log_cnt", "aum_bal", "dep_bal", "fund_bal")),
    "pop": ("profile", "prof", (), ()),
}
# Customer → what the night made of each tag, in the order of TAGS, and what was published the day before.
NOW = {"ann": (1, 10, 20, 30, 5, 1), "bob": (2, 11, 21, 32, 6, 1), "new": (3, 12, 22, 34, 7, 1)}
THEN = {"ann": (91, 90, 90, 180, 9, 1), "bob": (92, 90, 90, 180, 9, 1), "gone": (93, 90, 90, 180, 9, 1)}


def file(folder: Path, values: dict[str, tuple], day: date, run_id: str, as_of: dict[str, str] | None = None) -> None:
    """The two files of a run; in the restricted one stands `alert`, made of events."""
    folder.mkdir(parents=True)
    names = list(TAGS)
    with connect(folder / "tagmart.duckdb") as mart:
        mart.execute("create schema mart")
        columns = ", ".join(f"{name} integer" for name in names)
        mart.execute(f"create table mart.tags_retail (customer_id varchar, biz_date date, {columns})")
        for customer, row in values.items():
            mart.execute(f"insert into mart.tags_retail values ('{customer}', date '{day}', {', '.join(map(str, row))})")
        _catalogue(mart, [(name, theme, family) for name, (theme, family, *_) in TAGS.items()], day, as_of or {})
        mart.execute("create table mart.segment_member (segment_id varchar, customer_id varchar, first_date date)")
        mart.execute("insert into mart.segment_member values ('S-1', 'ann', date '2026-05-01'), ('S-1', 'gone', date '2026-05-01')")
        mart.execute(f"create table mart.run_manifest as select 'run' as kind, 'biz_date' as name, '{day}' as value")
    with connect(folder / "restricted.duckdb") as restricted:
        restricted.execute("create schema mart")
        flags = ", ".join(f"('{customer}', {str(day == YESTERDAY).lower()})" for customer in values)
        restricted.execute(f"create table mart.tags_retail as select * from (values {flags}) as flag (customer_id, alert)")
        _catalogue(restricted, [("alert", "risk", "alert")], day, as_of or {})
        restricted.execute(f"create table mart.run_manifest as select 'run' as kind, 'biz_date' as name, '{day}' as value")


def _catalogue(mart, tags: list[tuple[str, str, str]], day: date, as_of: dict[str, str]) -> None:
    rows = ", ".join(
        f"('R-{name}', 'retail', '{name}', '{theme}', '{family}', 'tag_{name}', date '{as_of.get(name, day)}', null::varchar)"
        for name, theme, family in tags
    )
    mart.execute("create table mart.tag_catalog as select * from (values " + rows
                 + ") as tag (tag_id, entity, tag_name, theme_code, family, model, as_of, held_because)")


@pytest.fixture
def home(tmp_path: Path) -> tuple[Settings, State]:
    """A home whose run of D has its wide tables, and in which the day before and, out of order, the day after are published."""
    settings = Settings(root=project_root(), bank="demo", home=tmp_path / "home")
    settings.claim_home()
    state = State(settings.state_db)
    for day, values in ((YESTERDAY, THEN), (date(2026, 7, 1), dict.fromkeys(THEN, (0, 0, 0, 0, 0, 0)))):
        run_id = f"{day:%Y%m%d}-001"
        folder = settings.published / day.isoformat() / run_id
        file(folder, values, day, run_id, {"fund_bal": "2026-06-27"})
        state.put("publish", {"run_id": run_id, "biz_date": day.isoformat(), "published_at": "2026-07-01T07:00:00+08:00",
                              "path": folder.relative_to(settings.home).as_posix(), "became_current": 1})
    file(settings.run_dir(RUN), NOW, D, RUN)
    state.put("run", {"run_id": RUN, "bank": "demo", "biz_date": D.isoformat(), "status": "running", "started_at": "2026-07-01"})
    with connect(settings.warehouse) as warehouse:
        warehouse.execute("create schema ops; create schema dws; create schema ref")
        warehouse.execute(f"create table ops.run_context as select date '{D}' as biz_date")
        warehouse.execute("create table dws.retail_spine as select unnest(['ann', 'bob', 'new']) as customer_id")
        lineage = [("source", feed, "id", name) for name, (_, _, feeds, _) in TAGS.items() for feed in (*feeds, "parties") if name != "pop"]
        lineage += [("source", "parties", "id", "pop"), ("source", "events", "id", "alert"), ("source", "parties", "id", "alert")]
        lineage += [("tags", f"tag_{base}", base, name) for name, (*_, bases) in TAGS.items() for base in bases]
        values = ", ".join(f"('retail', '{name}', '{layer}', '{table}', '{column}')" for layer, table, column, name in lineage)
        warehouse.execute("create table ops.tag_lineage as select * from (values " + values
                          + ") as line (entity, tag_name, layer, table_name, column_name)")
        warehouse.execute("""
            create table ref.segment_catalog as select * from (values
                ('S-1', 'watched', 'hold', 'R-log_cnt|R-pop', null), ('S-2', 'rich', 'degrade', 'R-aum_bal', null),
                ('S-3', 'both', 'degrade', 'R-pop', 'watched'), ('S-4', 'all', 'hold', 'R-pop', null)
            ) as rule (segment_id, key, late, tag_ids, segment_keys)""")
    return settings, state


def hold(state: State, *holds: tuple[str, str, str]) -> None:
    for gate, kind, name in holds:
        state.put("held", {"run_id": RUN, "gate": gate, "kind": kind, "name": name, "because": "late"})


def wide(settings: Settings) -> dict[str, tuple]:
    with connect(settings.run_dir(RUN) / "tagmart.duckdb", read_only=True) as mart:
        return {row[0]: row[1:] for row in mart.execute(f"select customer_id, {', '.join(TAGS)} from mart.tags_retail").fetchall()}


def told(settings: Settings) -> dict[str, str]:
    with connect(settings.run_dir(RUN) / "tagmart.duckdb", read_only=True) as mart:
        return dict(mart.execute("select tag_name, as_of::varchar from mart.tag_catalog where held_because is not null").fetchall())


@pytest.mark.parametrize(("kind", "name", "held"), [
    ("feed", "events", {"log_cnt", "rfm_level"}),
    ("feed", "holdings", {"fund_bal", "aum_bal", "rfm_level"}),
    ("theme", "asset", {"dep_bal", "fund_bal", "aum_bal", "rfm_level"}),
    ("theme", "of retail.fund_bal", {"dep_bal", "fund_bal", "aum_bal", "rfm_level"}),
    ("family", "of retail.dep_bal", {"dep_bal", "aum_bal", "rfm_level"}),
    ("family", "fund", {"fund_bal", "aum_bal", "rfm_level"}),
])
def test_what_is_held_keeps_the_values_of_the_day_before_with_what_is_derived_from_it(home, kind, name, held):
    settings, state = home
    hold(state, ("gate1", kind, name))
    for _ in range(2):  # A stage that is run again changes nothing.
        [done] = hold_tags(settings, state, RUN, D)
    place = {tag: at for at, tag in enumerate(TAGS)}
    assert wide(settings) == {
        customer: tuple((None if customer == "new" else THEN[customer][place[tag]]) if tag in held else NOW[customer][place[tag]] for tag in TAGS)
        for customer in NOW
    }
    # A tag that the day before itself had held is as old as it was then.
    assert told(settings) == {tag: "2026-06-27" if tag == "fund_bal" else "2026-06-29" for tag in held}
    restricted = held >= {"log_cnt"}
    assert done.tags == len(held) + restricted == state.row("select tags from held")["tags"]
    with connect(settings.run_dir(RUN) / "restricted.duckdb", read_only=True) as file_:
        kept = dict(file_.execute("select * from mart.tags_retail").fetchall())
    assert kept == ({"ann": True, "bob": True, "new": None} if restricted else dict.fromkeys(NOW, False))


def test_a_night_on_time_is_left_alone_and_a_carried_feed_only_makes_its_tags_older(home):
    settings, state = home
    state.put("feed_fact", {"run_id": RUN, "feed": "events", "biz_date": "2026-06-30", "load": "delta", "status": "carried", "as_of": "2026-06-28"})
    assert hold_tags(settings, state, RUN, D) == []
    assert (wide(settings), told(settings)) == (NOW, {})
    with connect(settings.run_dir(RUN) / "tagmart.duckdb", read_only=True) as mart:
        older = mart.execute("select tag_name from mart.tag_catalog where as_of = date '2026-06-28' order by 1").fetchall()
    assert older == [("log_cnt",), ("rfm_level",)]


def test_what_cannot_be_held_stops_the_night(home):
    settings, state = home
    candidate, earlier = settings.run_dir(RUN), settings.published / "2026-06-29" / "20260629-001"
    with pytest.raises(TagmartError, match="the customers themselves too"):
        hold_back(candidate, settings.warehouse, earlier, [Cause("feed", "parties", "late")], {})
    hold(state, ("ledger", "theme", "transaction"))
    hold_tags(settings, state, RUN, D)
    with pytest.raises(TagmartError, match="a cause of an earlier try"):
        hold_back(candidate, settings.warehouse, earlier, [Cause("feed", "events", "late")], {})
    state.do("update publish set removed_at = 'x' where biz_date = '2026-06-29'")
    # What is published of a later date is nobody's yesterday.
    with pytest.raises(TagmartError, match="no earlier night was published"):
        require_earlier(settings, state, RUN, D)


def test_a_gate_that_is_run_again_judges_what_the_night_made_and_not_what_was_put_back(home, monkeypatch):
    """Killed after gate 2 had put a theme back: its word is forgotten with the try, and the wide tables are made anew before it judges."""
    settings, state = home
    hold(state, ("gate1", "feed", "holdings"), ("gate2", "theme", "transaction"))
    hold_tags(settings, state, RUN, D)
    assert not is_left_held(settings, state, RUN)
    turn, done = stages.Turn(settings, state, RUN, D), []

    def wide_again(_: stages.Turn) -> str:
        done.append("wide")
        shutil.rmtree(settings.run_dir(RUN))
        file(settings.run_dir(RUN), NOW, D, RUN)
        return ""

    monkeypatch.setattr(stages, "_wide", wide_again)
    monkeypatch.setattr("tagmart.publish.label_candidate", lambda _: None)
    monkeypatch.setattr("tagmart.gates.profile.profile_candidate", lambda _: done.append("profile") or 0)
    monkeypatch.setattr("tagmart.gates.run_gate", lambda *given: done.append(given[-1]) or GateOutcome(given[-1], False, "green", ()))
    stages._forget_from(state, RUN, "gate2")
    assert is_left_held(settings, state, RUN)
    stages._gate("gate2")(turn)
    assert done == ["wide", "profile", "gate2", "ledger"]
    assert set(told(settings)) == {"fund_bal", "aum_bal", "rfm_level"}, "what gate 1 holds is held again, and nothing else"
    stages._gate("gate2")(turn)
    assert done[4:] == ["gate2", "ledger"], "nothing is made twice without need"


@pytest.mark.parametrize(("cause", "as_of"), [(("ledger", "family", "fund"), date(2026, 6, 27)), (("ledger", "feed", "events"), date(2026, 7, 1))])
def test_nothing_that_breaks_is_held_for_longer_than_the_policy_says(home, cause, as_of):
    settings, state = home
    hold(state, cause)
    late = as_of + timedelta(days=most_days(project_root() / "expectations" / "held.yml"))
    assert hold_tags(settings, state, RUN, late)
    with pytest.raises(TagmartError, match="would be held for 4 days"):
        hold_tags(settings, state, RUN, late + timedelta(days=1))
    # For how long a late feed may be held says its contract, and gate 1 has asked.
    state.do("update held set gate = 'gate1'")
    assert cause[1] != "feed" or hold_tags(settings, state, RUN, late + timedelta(days=1))


def test_segments_of_held_tags_are_degraded_or_keep_their_members_by_policy(home):
    settings, state = home
    assert mark_segments(settings, state, RUN, D) == (0, 0)
    hold(state, ("gate1", "feed", "events"))
    hold_tags(settings, state, RUN, D)
    assert mark_segments(settings, state, RUN, D) == (1, 1)
    with connect(settings.warehouse, read_only=True) as warehouse:
        marked = warehouse.execute("select segment_id, state, as_of from ops.late_segment order by 1").fetchall()
        members = warehouse.execute("select * from ops.held_member").fetchall()
    # S-3 stands on a late segment; of the members of S-1 one is no customer any more.
    assert marked == [("S-1", "held", YESTERDAY), ("S-3", "degraded", YESTERDAY)]
    assert members == [("S-1", "ann", date(2026, 5, 1))]


def test_leads_of_a_held_feed_or_of_tags_held_the_night_before_are_marked(home):
    """From the state and the catalogues of both nights; the home's tags are those that leads of the project read."""
    settings, state = home
    assert mark_leads(settings, state, RUN, D) == 0
    state.put("feed_fact", {"run_id": RUN, "feed": "cc_txn", "biz_date": "2026-06-30", "load": "journal", "status": "held", "as_of": "2026-06-28"})
    for folder, tag, as_of in ((settings.run_dir(RUN), "pay_stop_days", "2026-06-29"), (settings.published / "2026-06-29" / "20260629-001", "tier_code", "2026-06-25"),
                               (settings.published / "2026-06-29" / "20260629-001", "txn_self_idle_days", "2026-06-29")):  # fmt: skip
        with connect(folder / "tagmart.duckdb") as mart:
            mart.execute(f"insert into mart.tag_catalog by name select 'retail' as entity, '{tag}' as tag_name, date '{as_of}' as as_of")
    assert mark_leads(settings, state, RUN, D) == 7
    with connect(settings.warehouse, read_only=True) as warehouse:
        found = {row[0]: row[1:] for row in warehouse.execute("select lead_code, as_of::varchar, because from ops.late_lead").fetchall()}
    assert found["cc_big_spend"] == ("2026-06-28", "feed cc_txn")
    assert found["pay_stop"] == ("2026-06-29", "tag pay_stop_days")
    assert {code for code, (_, because) in found.items() if because == "tag of the night before tier_code"} == {
        "big_in", "big_out", "same_name_out", "sec_out", "tier_near",
    }  # fmt: skip


def test_a_segment_is_as_old_as_its_oldest_tag():
    rules = [("A", "a", "hold", "1|2", ""), ("B", "b", "hold", "3", "a"), ("C", "c", "hold", "4", None)]
    assert late_segments(rules, {"1": D, "3": YESTERDAY}) == {"A": D, "B": YESTERDAY}
    assert late_segments(rules, {"2": None, "3": D}) == {"A": None, "B": None}


def held_by(state: State) -> set[tuple]:
    return {(row["gate"], row["kind"], row["name"], row["because"]) for row in state.rows("select * from held")}


def test_gates_hold_what_is_late_or_breaks_and_the_night_goes_on(home):
    settings, state = home
    late = {**GOOD["feed"], "subject": "chn_event", "status": "held", "stale_days": 1, "as_of": "2026-06-29", "message": "no delivery"}
    outcome = judge(settings, state, RUN, "gate1", {frame: [] for frame in load_suite(SUITES, "gate1").frames} | {"feed": [GOOD["feed"], late]})
    assert not outcome.failed
    assert [result.expectation.id for result in outcome.checked if not result.success] == ["feed_not_held"]
    assert held_by(state) == {("gate1", "feed", "chn_event", "late or refused")}
    good = {frame: [GOOD[frame]] for frame in load_suite(SUITES, "gate2").frames}
    broken = [{**GOOD["additive"], "subject": "aum_bal by product", "total": "aum_bal", "broken_cnt": 2, "gap": 5}]
    outcome = judge(settings, state, RUN, "gate2", {**good, "additive": broken})
    assert not outcome.failed
    assert "the theme concerned and the tags derived from it keep their last good values" in outcome.summary
    held = ("gate2", "theme", f"of {GOOD['additive']['entity']}.aum_bal", "slices_add_up, column_sums_add_up")
    assert held_by(state) == {("gate1", "feed", "chn_event", "late or refused"), held}
    _require_gates(state, RUN, ("gate1", "gate2"))
    # Mended, and run again: nothing is left of it.
    judge(settings, state, RUN, "gate2", good)
    assert held not in held_by(state)


def test_a_tag_that_is_gone_holds_its_theme_and_not_that_of_another_entity(home):
    """Two entities have a tag of this name; of one of them it is empty for everybody."""
    settings, state = home
    good = {frame: [GOOD[frame]] for frame in load_suite(SUITES, "gate2").frames}
    tag = {**GOOD["drift"], "tag": "dep_bal", "theme_code": "asset"}
    drift = [{**tag, "subject": "corporate.dep_bal", "entity": "corporate"},
             {**tag, "subject": "retail.dep_bal", "entity": "retail", "null_share": 1, "message": "retail: empty for 100.0%"}]
    outcome = judge(settings, state, RUN, "gate2", {**good, "drift": drift})
    assert not outcome.failed
    gone = next(result for result in outcome.checked if result.expectation.id == "tag_not_gone")
    assert (gone.success, gone.broken[0][0]) == (False, "retail.dep_bal")
    assert held_by(state) == {("gate2", "theme", "of retail.dep_bal", "tag_not_gone")}
    hold_tags(settings, state, RUN, D)
    assert set(told(settings)) == {"dep_bal", "fund_bal", "aum_bal", "rfm_level"}


def test_what_is_wrong_with_a_whole_table_cannot_be_held(home):
    """A suite that says so is refused when it breaks: nothing would be held, and the night would go on."""
    _, state = home
    suite = load_suite(SUITES, "gate2")
    wrong = replace(next(one for one in suite.expectations if one.id == "customers_as_usual"), severity="hold", consequence="theme")
    table = {"subject": "tags_retail", "entity": "retail", "is_table": 1, "row_ratio": 0.5}
    with pytest.raises(TagmartError, match="only a tag has a theme"):
        remember_holds(state, RUN, suite, [Checked(wrong, False, "1 of 1", (("tags_retail", "row_ratio 0.5"),))], {"drift": [table]})


def test_a_broken_tie_holds_its_theme_or_the_tags_of_its_feeds(home):
    settings, state = home
    suite = load_suite(SUITES, "ledger")
    ties = {tie.id: tie for tie in suite.ties if tie.severity == "hold"}
    theme, family = (next(tie for tie in ties.values() if tie.on_break.startswith(word) and not tie.holds) for word in ("theme", "family"))
    part = ties["t19_payroll_debit"]
    facts = [
        {"subject": "B1 · 2011 · CNY", "tie": tie.id, "state": "broken", "is_whole": 0, "line_cnt": 1, "must_compare": 0, "over": 5}
        for tie in (theme, family, part)
    ]
    good = {"subject": "x", "tie": "x", "state": "holds", "is_whole": 1, "line_cnt": 1, "must_compare": 1, "over": 0}
    outcome = judge(settings, state, RUN, "ledger", {"tie": [good, *facts]})
    assert not outcome.failed
    wanted = {("ledger", "theme", theme.on_break.split()[1], theme.id)} | {("ledger", "feed", feed, family.id) for feed in family.feeds}
    # A payroll batch that is off says nothing of the other postings of the day.
    wanted.add(("ledger", "feed", "pay_detail", part.id))
    assert held_by(state) == wanted


def test_only_an_expectation_over_tags_can_hold(tmp_path):
    text = (SUITES / "gate1.yml").read_text(encoding="utf-8").replace("    facts: feed\n", "    facts: feed\n    on_break: theme\n", 1)
    (tmp_path / "gate1.yml").write_text(text, encoding="utf-8")
    with pytest.raises(TagmartError, match="only an expectation over tags"):
        load_suite(tmp_path, "gate1")
