"""Tags beside themselves on earlier nights: bins, the stability index, which nights count; known dirt; jumps and leads."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy
import pytest
import yaml
from hypothesis import given as drawn
from hypothesis import settings as how
from hypothesis import strategies as st

from tagmart.contracts import load_contracts
from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings, project_root
from tagmart.gates.bins import binned
from tagmart.gates.day_kind import Kinds, read_kinds
from tagmart.gates.delivery_facts import recounted
from tagmart.gates.drift_facts import stability
from tagmart.gates.expect import Checked, check
from tagmart.gates.facts import EVERYTHING, GateInput, gather
from tagmart.gates.gate import judge
from tagmart.gates.known import KnownDirt, let_pass, read_known
from tagmart.gates.past import beside, past_nights
from tagmart.gates.profile import profile_candidate
from tagmart.gates.suite import load_suite
from tests.gate_cases import GOOD, RUN, SUITES, D, new_home

MONTH_ENDS = [date(2026, 5, 31), date(2026, 4, 30), date(2026, 3, 31)]
GATE2 = load_suite(SUITES, "gate2")


@how(max_examples=60, deadline=None)
@drawn(st.lists(st.decimals(min_value=-10**9, max_value=10**9, places=2).map(float), max_size=40))
def test_bins_hold_every_value_once_and_have_it_between_their_edges(values: list[float]):
    found = binned(numpy.array(values, dtype=float))
    edges = sorted(float(edge) for edge in found)
    assert sum(found.values()) == len(values)
    naive: Counter[float] = Counter()
    for value in values:
        # The edge nearest to zero: 1 or 1.5 times a power of two, with the value's sign.
        power = 2.0 ** numpy.floor(numpy.log2(abs(value))) if value else 0.0
        naive[float(f"{numpy.sign(value) * power * (1.5 if value and abs(value) >= 1.5 * power else 1):g}") + 0.0] += 1
    assert {float(edge): count for edge, count in found.items()} == dict(naive)
    assert edges == [float(edge) for edge in found]


def test_the_index_is_nothing_for_the_same_and_much_for_another_unit():
    base = {f"{2.0**power:g}": 100 for power in range(10)}
    cents = {f"{2.0**(power + 7):g}": 100 for power in range(10)}
    assert stability(base, base).index == 0
    moved = stability(base, cents)
    assert moved.index > 3 > 0.3 > moved.allowed
    assert stability({"F": 500, "M": 500}, {"F": 100, "M": 900}).index == pytest.approx(0.4 * numpy.log(5) + 0.4 * numpy.log(1.8), rel=0.01)


def test_chance_among_few_customers_is_let_pass():
    random = numpy.random.default_rng(7)
    over = 0
    for _ in range(200):
        nights = [Counter(map(str, random.integers(0, 10, 60))) for _ in range(2)]
        found = stability(*nights)
        over += found.index > found.allowed
    assert over <= 4


@pytest.mark.parametrize(("day", "volume", "state"), [
    (date(2026, 6, 30), "month end", "month end"), (date(2026, 6, 21), "interest day", "day of rest"), (date(2026, 6, 24), "workday", "workday"),
    (date(2026, 10, 1), "holiday", "day of rest"), (date(2026, 2, 17), "Spring Festival rest", "Spring Festival"),
    (date(2026, 5, 31), "month end at rest", "month end"),
])  # fmt: skip
def test_kinds_of_days(day: date, volume: str, state: str):
    kinds = read_kinds(project_root() / "dbt_project")
    assert (kinds.of_volume(day), kinds.of_state(day)) == (volume, state)


def test_a_day_the_calendar_does_not_know_goes_by_its_weekday():
    assert [Kinds({}).of_state(date(1993, 12, day)) for day in (24, 25, 31)] == ["workday", "day of rest", "month end"]


class Nights:
    """A home with a candidate of a hundred customers, and published nights of the same tags."""

    def __init__(self, tmp_path: Path) -> None:
        self.settings, self.state = new_home(tmp_path)
        self.file = self.settings.run_dir(RUN) / "tagmart.duckdb"
        self.file.parent.mkdir(parents=True)
        with connect(self.file) as mart:
            mart.execute("""
                create schema mart;
                create table mart.tags_retail as
                select 'C' || range as customer_id, date '2026-06-30' as biz_date, (100 + range)::decimal(18,2) as dep_bal,
                    (range % 2 = 0) as prof_staff_flag, ['F', 'M'][(range % 2 + 1)::bigint] as prof_gender_code, (range % 7)::integer as txn_cnt_mtd,
                    (range % 7)::integer as txn_cnt_ytd, date '2026-06-30' - range::integer as prof_since_date, 'Name ' || range as prof_name
                from range(100);
                create table mart.code_value as select 'gender' as list, unnest(['F', 'M']) as code;
                create table mart.tag_catalog as
                select 'retail' as entity, name as tag_name, split_part(name, '_', 1) as family, 'none' as unit, 'active' as status,
                    'asset' as theme_code, 'unknown' as missing, value_list, 'core_bal' as source_feeds, 'x.y' as source_columns,
                    window_code, 'retail banking' as owner_business
                from (values ('dep_bal', '', ''), ('prof_staff_flag', '', ''), ('prof_gender_code', 'gender', ''), ('txn_cnt_mtd', '', 'mtd'),
                    ('txn_cnt_ytd', '', 'ytd'), ('prof_since_date', '', ''), ('prof_name', '', '')) as rows (name, value_list, window_code);
                create table mart.segment_daily as select 'S1' as segment_id, 40 as size
            """)
        with connect(self.settings.warehouse) as warehouse:
            warehouse.execute("create schema ops; create table ops.feed_present as select true as core_bal;"
                              " create schema dws; create table dws.retail_spine as select 'C' || range as customer_id from range(100)")
        profile_candidate(self.file)

    def publish(self, day: date, number: int = 1) -> str:
        """What is there now, as the night of a date."""
        run = f"{day:%Y%m%d}-{number:03d}"
        folder = self.settings.published / day.isoformat() / run
        folder.mkdir(parents=True)
        shutil.copy(self.file, folder)
        self.state.put("publish", {"run_id": run, "biz_date": day.isoformat(), "published_at": f"{day}T03:00:0{number}",
                                   "path": str(folder.relative_to(self.settings.home)), "became_current": 1})
        return run

    def change(self, statement: str) -> None:
        """Change something in the mart of tonight, and profile it."""
        with connect(self.file) as mart:
            mart.execute(statement)
        profile_candidate(self.file)

    def given(self, day: date = D) -> GateInput:
        return GateInput(self.settings, self.state, RUN, day)

    def red(self, tmp_path: Path) -> dict[str, set[str]]:
        """Expectations over drift that are red, each with who breaks it."""
        facts = {**{frame: [] for frame in GATE2.frames}, "drift": gather("drift", self.given())}
        results = check(tmp_path / "gx_home", GATE2, facts)
        return {result.expectation.id: set(dict(result.broken)) for result in results if result.expectation.facts == "drift" and not result.success}


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


def test_a_first_night_says_that_it_is_compared_with_nothing(nights: Nights):
    nights.publish(date(2026, 6, 29))
    nights.publish(MONTH_ENDS[0])
    (fact,) = gather("drift", nights.given())
    assert fact == {"subject": EVERYTHING, "message": "not compared: 1 month end night(s) published before, 3 are needed"}
    outcome = judge(nights.settings, nights.state, RUN, "gate2", {**{frame: [GOOD[frame]] for frame in GATE2.frames}, "drift": [fact]})
    row = nights.state.row("select * from gate_result where expectation = 'spread_as_usual'")
    assert not outcome.failed and row["success"] and "not compared: 1 month end night(s)" in row["observed"]


def test_the_baseline_is_of_good_nights_of_the_same_kind_before_the_one_under_test(nights: Nights):
    for day in [*MONTH_ENDS, date(2026, 6, 29), D, D + timedelta(days=31)]:
        nights.publish(day)
    nights.state.put("current_switch", {"switched_at": "x", "kind": "rollback", "from_run_id": nights.publish(MONTH_ENDS[1], 2), "to_run_id": "20260331-001"})
    found = past_nights(nights.given(), read_kinds(nights.settings.dbt_project).like(D, 400, read_kinds(nights.settings.dbt_project).of_state))
    assert [night.biz_date for night in found] == MONTH_ENDS
    assert found[1].path.parent.name == "20260430-001", "the run that somebody went back from is no measure"
    assert next(iter(past_nights(nights.given()))).biz_date == date(2026, 6, 29), "and of any kind there are more"


@pytest.mark.parametrize(("change", "red"), [
    ("select 1", {}),
    ("update mart.tags_retail set dep_bal = dep_bal * 100", {"spread_as_usual": {"dep_bal"}, "range_as_usual": {"dep_bal"}}),
    ("update mart.tags_retail set dep_bal = null", {"tag_not_gone": {"dep_bal"}, "emptiness_as_usual": {"dep_bal"}}),
    ("update mart.tags_retail set dep_bal = null where dep_bal < 120", {"emptiness_as_usual": {"dep_bal"}}),
    ("update mart.tags_retail set prof_staff_flag = true", {"spread_as_usual": {"prof_staff_flag"}}),
    ("update mart.tags_retail set prof_gender_code = 'M'", {"spread_as_usual": {"prof_gender_code"}}),
    ("update mart.tags_retail set txn_cnt_mtd = txn_cnt_mtd + 90", {"spread_as_usual": {"txn_cnt_mtd"}}),
    ("update mart.tags_retail set txn_cnt_ytd = txn_cnt_ytd + 90", {}),
    ("update mart.tags_retail set prof_since_date = date '1950-01-01'", {"spread_as_usual": {"prof_since_date"}}),
    ("delete from mart.tags_retail where customer_id < 'C2'", {"customers_as_usual": {"tags_retail"}}),
])  # fmt: skip
def test_a_planted_shift_is_found_and_nothing_else(nights: Nights, tmp_path: Path, change: str, red: dict[str, set[str]]):
    for day in MONTH_ENDS:
        nights.publish(day)
    nights.change(change)
    assert nights.red(tmp_path) == red
    facts = {fact["subject"]: fact for fact in gather("drift", nights.given())}
    assert facts[EVERYTHING]["message"] == "compared with 3 month end nights, 2026-03-31 … 2026-05-31"
    assert (facts["dep_bal"]["theme_code"], facts["dep_bal"]["owner"]) == ("asset", "retail banking")
    assert facts["dep_bal"]["message"].endswith("made of core_bal"), "so that the tags of a late feed join its alarm"


def test_a_night_on_which_a_tag_was_held_is_no_measure_for_it_and_a_held_tag_is_not_compared(nights: Nights, tmp_path: Path):
    """Of four nights one held the balances: its values are of another day, and the other three are the measure."""
    with connect(nights.file) as mart:
        mart.execute("alter table mart.tag_catalog add column held_because varchar")
    for day in MONTH_ENDS:
        nights.publish(day)
    with connect(nights.file) as mart:
        mart.execute("update mart.tag_catalog set held_because = 'feed core_bal (late)' where tag_name = 'dep_bal'")
    nights.change("update mart.tags_retail set dep_bal = dep_bal * 100, prof_staff_flag = true")
    nights.publish(date(2026, 2, 28))
    held = {fact["subject"]: fact for fact in gather("drift", nights.given())}["dep_bal"]
    assert held["is_compared"] == 0, "a tag that is held tonight says what another night was like"
    with connect(nights.file) as mart:
        mart.execute("update mart.tag_catalog set held_because = null")
    nights.change("update mart.tags_retail set dep_bal = dep_bal / 100, prof_staff_flag = (substr(customer_id, 2)::integer % 2 = 0)")
    facts = {fact["subject"]: fact for fact in gather("drift", nights.given())}
    assert {name: facts[name]["base_cnt"] for name in ("dep_bal", "prof_staff_flag")} == {"dep_bal": 3, "prof_staff_flag": 4}
    assert facts["dep_bal"]["range_ratio"] == 1
    assert facts["dep_bal"]["psi"] < 0.001 < facts["prof_staff_flag"]["psi"], "what was not held that night is a measure"


def test_a_tag_that_two_entities_have_is_told_apart(nights: Nights):
    with connect(nights.file) as mart:
        mart.execute("create table mart.tags_corporate as select 'X1' as customer_id, date '2026-06-30' as biz_date, null::decimal(18,2) as dep_bal")
        mart.execute("insert into mart.tag_catalog by name select 'corporate' as entity, columns(* exclude (entity)) from mart.tag_catalog where tag_name = 'dep_bal'")
    profile_candidate(nights.file)
    for day in MONTH_ENDS:
        nights.publish(day)
    found = {(fact["subject"], fact["tag"], fact["null_share"]) for fact in gather("drift", nights.given()) if fact.get("tag", "") == "dep_bal"}
    assert found == {("retail.dep_bal", "dep_bal", 0.0), ("corporate.dep_bal", "dep_bal", 1.0)}


def test_no_profile_says_who_somebody_is(nights: Nights):
    nights.change("update mart.tags_retail set prof_gender_code = '13900001234' where customer_id = 'C5'")
    with connect(nights.file) as mart:
        bins = dict(mart.execute("select tag_name, bins from mart.tag_profile").fetchall())
    assert bins["prof_name"] is None, "free text has no bins"
    assert bins["prof_gender_code"] == '{"*": 1, "F": 50, "M": 49}', "a code that nobody knows is counted and not shown"


def test_a_red_tag_has_its_theme(nights: Nights):
    tags = [{**GOOD["tag"], "theme_code": "transaction", "null_share": 0.5}]
    sums = [{**GOOD["additive"], "total": "txn_cnt_30d", "broken_cnt": 2}]
    drift = [{**GOOD["drift"], "psi_over": 1}]
    judge(nights.settings, nights.state, RUN, "gate2", {**{frame: [GOOD[frame]] for frame in GATE2.frames}, "tag": tags, "additive": sums, "drift": drift})
    rows = nights.state.rows("select expectation, theme, owner from gate_result where subject <> ''")
    assert {row["expectation"]: row["theme"] for row in rows} == dict.fromkeys(("zero_means_never_empty", "slices_add_up", "spread_as_usual"), "transaction")
    assert next(row["owner"] for row in rows if row["expectation"] == "spread_as_usual") == "retail banking"


def test_sizes_beside_the_nights_before():
    assert beside(40, [40, 41]) == {"night_cnt": 2, "usual": None, "deviations": None}
    assert beside(40, [40, 41, 39]) == {"night_cnt": 3, "usual": 40, "deviations": 0}
    assert beside(80, [40, 41, 39])["deviations"] > 6 > beside(60, [40, 41, 39])["deviations"]


def test_leads_are_counted_for_everybody_who_works_them(nights: Nights):
    (fact,) = gather("lead", nights.given())
    assert fact["message"] == "not applicable: there is no table mart.event_lead"
    with connect(nights.file) as mart:
        mart.execute("""
            create table mart.event_lead as select * from (values
                ('L1', 'manager', 'M1', 'C1', true), ('L2', 'manager', 'M1', 'C2', true), ('L3', 'manager', 'M1', 'C3', false),
                ('L4', 'branch', 'M1', 'C4', true), ('L4', 'branch', 'M1', 'C4', true), ('L5', 'digital', null, 'C999', true)
            ) as rows (lead_id, owner_kind, owner_id, customer_id, is_chosen)
        """)
    with connect(nights.settings.warehouse) as warehouse:
        warehouse.execute("""
            create schema ref; create table ref.lead_budget as select * from (values
                ('manager', 'all', 15, date '2020-01-01', null), ('manager', 'demo', 1, date '2020-01-01', null),
                ('branch', 'all', 40, date '2020-01-01', null), ('digital', 'all', null, date '2020-01-01', null)
            ) as rows (owner_kind, bank, leads, valid_from, valid_to)
        """)
    for day in MONTH_ENDS:
        nights.publish(day)
    facts = {fact["subject"]: fact for fact in gather("lead", nights.given())}
    names = ("lead_cnt", "chosen_cnt", "budget", "over_budget", "stranger_cnt", "twice_cnt", "usual_cnt")
    assert {who: tuple(facts[who][name] for name in names) for who in facts if who != EVERYTHING} == {
        "manager M1": (3, 2, 1, 1, 0, 0, 2), "branch M1": (2, 2, 40, 0, 0, 2, 2), "digital -": (1, 1, None, None, 1, 0, 1),
    }  # fmt: skip


def test_days_and_batches_that_never_came_are_counted_anew(tmp_path: Path):
    settings, state = new_home(tmp_path)
    contracts = load_contracts(settings.contracts_dir)

    def arrive(feed: str, day: str, batch: int | None = None, replaced: int = 0) -> None:
        state.put("arrival", {"feed": feed, "biz_date": day, "kind": "D", "files": "", "md5": "", "bytes": 0, "rows_in": 1, "rows_loaded": 1,
                              "rows_quarantined": 0, "replaced": replaced, "loaded_at": "x", "run_id": RUN, "batch_no": batch})

    for day in ("2026-06-27", "2026-06-28", "2026-06-30"):
        arrive("core_txn", day)
        arrive("crd_note", day, batch=1)
    arrive("crd_contract", "2026-06-29", batch=4)
    arrive("crd_contract", "2026-06-30", batch=7)
    arrive("crd_limit", "2026-06-29", batch=1)
    arrive("crd_limit", "2026-06-30", batch=3, replaced=9)
    state.put("quarantine", {"feed": "core_txn", "biz_date": "2026-06-30", "file": "f", "rule": "duplicate key", "column_name": "txn_no, leg",
                             "rows": 2, "first_line": 3, "run_id": RUN, "at": "x"})
    found = recounted(GateInput(settings, state, RUN, D), contracts)
    assert (found["core_txn"]["gap_cnt"], found["core_txn"]["twin_cnt"]) == (1, 2)
    assert [found[feed]["batch_gap_cnt"] for feed in ("crd_note", "crd_contract", "crd_limit", "core_txn")] == [0, 2, None, None]
    assert found["core_acct"]["gap_cnt"] is None, "nothing ever came: that is said elsewhere"


FROZEN = KnownDirt("demo", "gate2", "slices_add_up", "a by channel", 2, date(2026, 6, 1), D, "old core")


@pytest.mark.parametrize(("change", "passes"), [
    ({}, True), ({"count": 1}, False), ({"until": D - timedelta(days=1)}, False), ({"since": D + timedelta(days=1)}, False),
    ({"subject": "b by channel"}, False), ({"subject": "", "count": 1}, True), ({"subject": "", "count": 0}, False),
])  # fmt: skip
def test_known_dirt_thaws_when_its_count_or_its_date_is_passed(change: dict, passes: bool):
    expectation = next(item for item in GATE2.expectations if item.id == "slices_add_up")
    red = Checked(expectation, False, "1 of 1", (("a by channel", "broken_cnt 2"),))
    (result,) = let_pass([red], [KnownDirt(**{**vars(FROZEN), **change})], {"additive": [{**GOOD["additive"], "broken_cnt": 2}]}, D)
    assert result.success == passes
    assert result.broken == (() if passes else red.broken)
    assert ("known: " in result.observed) == passes
    assert ("thawed: " in result.observed) == (not passes and change.get("subject") != "b by channel")


def test_what_counts_nothing_is_frozen_by_the_number_of_subjects():
    expectation = next(item for item in GATE2.expectations if item.id == "narrow_types")
    red = Checked(expectation, False, "1 of 1", (("txn_cnt_30d", "base_type HUGEINT"),))
    with pytest.raises(TagmartError, match=r"counts nothing of a subject.*leave `subject` out"):
        let_pass([red], [KnownDirt("all", "gate2", "narrow_types", "txn_cnt_30d", 1, D, D, "r")], {"tag": [GOOD["tag"]]}, D)


def test_frozen_dirt_makes_a_gate_green_and_says_so(nights: Nights, tmp_path: Path):
    root = tmp_path / "root"
    shutil.copytree(project_root() / "expectations", root / "expectations")
    entry = {"bank": "demo", "gate": "gate1", "expectation": "rows_set_aside", "subject": "core_txn", "count": 3, "since": date(2026, 6, 1),
             "until": date(2026, 7, 31), "reason": "three legs with a currency of the old core"}
    (root / "expectations" / "known.yml").write_text(yaml.safe_dump({"known": [entry]}), encoding="utf-8")
    settings = Settings(root=root, bank="demo", home=nights.settings.home)
    suite = load_suite(SUITES, "gate1")
    for rows, good in ((3, True), (4, False)):
        facts = {**{frame: [GOOD[frame]] for frame in suite.frames}, "feed": [{**GOOD["feed"], "rows_quarantined": rows}]}
        judge(settings, nights.state, RUN, "gate1", facts)
        row = nights.state.row("select * from gate_result where expectation = 'rows_set_aside' and subject = ''")
        assert (bool(row["success"]), f"{rows} of at most 3 until 2026-07-31 (three legs" in row["observed"]) == (good, True)


@pytest.mark.parametrize(("change", "said"), [
    ({"expectation": "rows_sett_aside"}, "no such expectation to freeze.*Did you mean 'rows_set_aside'"), ({"count": None}, "`count` is a number"),
    ({"untill": D}, "unknown key.*Did you mean 'until'"), ({"gate": "ledger", "expectation": "t05_card_debt"}, "a tie freezes differences in its own file"),
])  # fmt: skip
def test_mistakes_in_known_dirt_are_errors(tmp_path: Path, change: dict, said: str):
    shutil.copytree(project_root() / "expectations", tmp_path / "expectations")
    entry = {"bank": "demo", "gate": "gate1", "expectation": "rows_set_aside", "count": 3, "since": D, "until": D, "reason": "r", **change}
    (tmp_path / "expectations" / "known.yml").write_text(yaml.safe_dump({"known": [entry]}), encoding="utf-8")
    with pytest.raises(TagmartError, match=said):
        read_known(tmp_path / "expectations", "demo")


def test_known_dirt_of_the_project_can_be_read():
    assert read_known(project_root() / "expectations", "demo") == ()
