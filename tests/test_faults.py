"""Every fault of the catalogue, planted into a landing and met by the loader: seen, named exactly, and nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings, project_root
from tagmart.core.state import State
from tagmart.gates.facts import GateInput
from tagmart.gates.reference_facts import reference_facts
from tagmart.ingest import FeedFact, ingest_night
from tagmart.synth import generate
from tagmart.synth.faults import CATALOGUE, Planted, faults_page, plant_faults
from tagmart.synth.faults.model import OUTCOMES
from tests.planted import Identifiers, named
from tests.test_synth_forms import DAY

BEFORE = date(2026, 6, 29)
# What the loader says of a feed's night, by what must become of the fault.
STATUSES = {
    "refused": {"refused", "over_limit"}, "late": {"missing"}, "carried": {"carried"}, "held": {"held"},
    "quarantined": {"loaded"}, "warned": {"loaded", "unchanged"},
}
# What is planted by taking it away.
ABSENT = {"missing_part", "missing_journal", "missing_held", "missing_state", "control_absent", "control_absent_state"}
# One of each way of being found, each in a feed of its own; `make drill` plants every fault of the catalogue, and some go
# through the real DAG (test_demo_night.py).
QUICK = (
    "cut_archive@core_bal", "missing_part@gl_balance", "older_batch@crd_note", "resent@mer_txn", "shrunk_full@ref_org",
    "doubled_header@chn_event",
    "mixed_encodings@ref_product", "retyped_column@inv_hold", "foreign_row", "missing_state@crm_assign", "missing_held", "cut_file@cc_txn", "wrong_check_digit",
)


class Bank:
    """A landing and the home of a bank that has loaded the night before."""

    def __init__(self, root: Path) -> None:
        self.landing, self.home = root / "landing", root / "home"

    def night(self, day: date) -> dict[str, FeedFact]:
        """The loader's night."""
        os.environ["TAGMART_LANDING"] = str(self.landing)
        settings = Settings(root=project_root(), bank="demo", home=self.home)
        settings.claim_home()
        try:
            return {fact.feed: fact for fact in ingest_night(settings, self.state, f"run-{day}", day)}
        finally:
            del os.environ["TAGMART_LANDING"]

    @property
    def given(self) -> GateInput:
        """What the gates of the night look at."""
        return GateInput(Settings(root=project_root(), bank="demo", home=self.home), self.state, f"run-{DAY}", DAY, {})

    @property
    def state(self) -> State:
        return State(self.home / "state.sqlite")

    def copy(self, root: Path) -> Bank:
        """The same again; files of the landing are shared, for faults put others in their place."""
        shutil.copytree(self.landing, root / "landing", copy_function=os.link)
        shutil.copytree(self.home, root / "home")
        return Bank(root)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    """A small bank with the initial load and a night in its warehouse, and the files of the next night."""
    root = tmp_path_factory.mktemp("bank")
    generate(root / "landing", customers=250, seed=5, biz_date=DAY, days=2, history_months=2)
    made = Bank(root)
    facts = made.night(BEFORE)
    assert {fact.status for fact in facts.values()} == {"loaded"}, [fact.message for fact in facts.values() if fact.message]
    return made


@pytest.mark.parametrize("faults", [QUICK, ("orphan_account",)], ids=["many", "orphan"])
def test_faults_of_one_night_are_told_apart(bank, tmp_path, faults):
    spoiled = bank.copy(tmp_path)
    planted = plant_faults(spoiled.landing, faults, seed=3)
    check(spoiled, planted, spoiled.night(DAY))


def rounds() -> list[list[str]]:
    """Every fault of the catalogue, in as few nights as leave each a feed of its own."""
    nights: list[dict[str, str]] = []
    for fault in CATALOGUE:
        free = next((night for night in nights if fault.feed not in night), None)
        if free is None:
            nights.append(free := {})
        free[fault.feed] = fault.name
    return [list(night.values()) for night in nights]


@pytest.mark.drill
@pytest.mark.parametrize("faults", rounds(), ids=lambda faults: faults[0])
def test_every_fault_is_seen_named_and_loses_nothing(bank, tmp_path, faults):
    spoiled = bank.copy(tmp_path)
    planted = plant_faults(spoiled.landing, faults, seed=3)
    check(spoiled, planted, spoiled.night(DAY))


def check(bank: Bank, planted: list[Planted], facts: dict[str, FeedFact]) -> None:
    """What became of every fault is what the catalogue says, nobody else is affected, and no customer is named to the operator."""
    assert named(bank.home, Identifiers.of(bank.home / "warehouse.duckdb")) == {}
    for one in planted:
        check_one(bank, one, facts[one.feed])
    others = [fact for name, fact in facts.items() if name not in {one.feed for one in planted}]
    assert {fact.status for fact in others} <= {"loaded", "unchanged"}, [fact.message for fact in others if fact.message]
    # Rows in = rows loaded + rows in quarantine, for every delivery that was taken in.
    for fact in facts.values():
        if fact.status in ("loaded", "unchanged") and fact.rows_in is not None:
            assert fact.rows_in == fact.rows_loaded + fact.rows_quarantined, fact


def check_one(bank: Bank, planted: Planted, fact: FeedFact) -> None:
    """What became of one fault: the status, the words, the place."""
    assert fact.status in STATUSES[planted.outcome], (fact.status, fact.message)
    said = told(bank, planted, fact)
    for words in planted.says:
        assert words in said, f"{words!r} is not said: {said}"
    if planted.outcome == "refused":
        day = planted.biz_date
        assert any(place in said for place in (planted.file, f"{day:%Y%m%d}/{planted.feed}", f"{day}/{planted.feed}")), said
        if planted.line and fact.status == "over_limit":
            assert f"line {planted.line}" in said
    if planted.outcome == "quarantined":
        [bad] = bank.state.rows("select * from quarantine where feed = ?", planted.feed)
        assert (bad["file"], bad["first_line"]) == (planted.file, planted.line)
        assert planted.column in (None, bad["column_name"])
        assert fact.rows_quarantined
    is_there = (bank.landing / f"{planted.biz_date:%Y%m%d}" / planted.file).exists()
    assert is_there == (planted.fault not in ABSENT)


def told(bank: Bank, planted: Planted, fact: FeedFact) -> str:
    """Everything that the operator is told of a feed's night."""
    words = [fact.message, fact.notes]
    words += [f"{row['rule']} {row['column_name']}" for row in bank.state.rows("select * from quarantine where feed = ?", planted.feed)]
    words += [row["message"] for row in bank.state.rows("select message from strange_file")]
    words += [str(fact["message"]) for fact in reference_facts(bank.given) if str(fact["subject"]).startswith(f"{planted.feed}.")]
    return "\n".join(words)


def test_what_cannot_be_planted_is_refused(bank, tmp_path):
    landing = bank.copy(tmp_path).landing
    for wanted, words in ((["no_such_fault"], "there is no such fault"), (["empty_feed@no_such_feed"], "there is no such feed"),
                          (["added_column@crd_note"], "needs a header"), (["wrong_count", "cut_file"], "hide each other")):
        with pytest.raises(TagmartError, match=words):
            plant_faults(landing, wanted, seed=1)
    assert not (landing / "answers" / "faults.json").exists()


def test_the_answer_file_says_what_was_planted_where(bank, tmp_path):
    landing = bank.copy(tmp_path).landing
    planted = plant_faults(landing, ["letter_in_amount", "cut_file@core_txn"], seed=1)
    told = json.loads((landing / "answers" / "faults.json").read_text("utf-8"))["planted"]
    assert [(one["fault"], one["feed"], one["file"], one["line"]) for one in told] == [
        (one.fault, one.feed, one.file, one.line) for one in planted]
    assert told[0]["column"] == "bal"


def test_the_catalogue_is_whole_and_documented():
    assert len(CATALOGUE) >= 25
    assert len({fault.name for fault in CATALOGUE}) == len(CATALOGUE)
    assert {fault.outcome for fault in CATALOGUE} == set(OUTCOMES)
    page = (project_root() / "docs" / "faults.md").read_text("utf-8")
    assert page == faults_page(), "run: python -m tagmart synth --faults page > docs/faults.md"
