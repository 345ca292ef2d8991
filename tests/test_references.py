"""References of contracts: rows that speak of what is not there are counted at gate 1, by file and line, against the state of the date."""

from __future__ import annotations

from datetime import date

import pytest

from tagmart.contracts import Target, load_contracts
from tagmart.core.errors import TagmartError
from tagmart.core.settings import project_root
from tagmart.gates.expect import check
from tagmart.gates.facts import Fact, GateInput
from tagmart.gates.reference_facts import reference_facts
from tagmart.gates.suite import load_suite
from tests.gate_cases import GOOD
from tests.tiny_bank import FIRST, SECOND, THIRD, Bank

CONTRACT = """
feed: {feed}
title: {{zh: 表, en: Rows}}
description: One row is a row.
load: {load}
owner: the source
files: {{name: "{feed}_{{biz_date}}_{{kind}}_{{part}}.dat", control: "{feed}_{{biz_date}}_{{kind}}.ok", delivery: daily}}
form: {{encoding: utf-8, separator: "|", quote: none, header: true}}
key: [{key}]
allow_empty: true
limits: {{shrink: 1}}
late: {late}
{refers}
columns:
{columns}
"""
OP = "  - {name: op, type: string(1), required: true, values: [I, U, D]}\n"


@pytest.fixture
def bank(tmp_path, monkeypatch) -> Bank:
    monkeypatch.delenv("TAGMART_LANDING", raising=False)
    return Bank(tmp_path)


def contract(bank: Bank, feed: str, load: str, names: str, refers: str = "", late: str = "stop") -> None:
    """Columns are strings; those with a ! are the key."""
    columns = [name.strip("!") for name in names.split()]
    lines = "\n".join(f"  - {{name: {name}, type: {'integer' if name == 'seq' else 'string(8)'}, required: {str(f'{name}!' in names).lower()}}}"
                      for name in columns)
    bank.contract(CONTRACT.format(
        feed=feed, load=load, key=", ".join(name.strip("!") for name in names.split() if name.endswith("!")), late=late,
        refers=f"refers: [{refers}]" if refers else "", columns=(OP if load == "delta" else "") + lines))


def deliver(bank: Bank, feed: str, day: date, rows: str, kind: str = "") -> None:
    """A delivery of rows, in one line with blanks between them."""
    loaded = load_contracts(bank.settings.contracts_dir)[feed]
    kind = kind or ("I" if day == FIRST else {"full": "F", "delta": "D", "journal": "J"}[loaded.load])
    bank.deliver(feed, day, kind, "\n".join(["|".join(loaded.names), *rows.split()]) + "\n")


def night(bank: Bank, day: date) -> dict[str, Fact]:
    facts = bank.night(day)
    assert {fact.status for fact in facts.values()} <= {"loaded", "unchanged", "carried"}, [fact.message for fact in facts.values()]
    given = GateInput(bank.settings, bank.state, f"run-{bank.runs}", day, {})
    return {str(fact["subject"]): fact for fact in reference_facts(given)}


def counted(facts: dict[str, Fact]) -> dict[str, tuple]:
    return {subject: (fact["orphan_cnt"], fact["rows_cnt"]) for subject, fact in facts.items()}


def test_orphans_are_counted_against_the_state_of_the_date(bank):
    contract(bank, "acct", "delta", "acct_no!")
    contract(bank, "txn", "journal", "txn_no! acct_no", "{columns: [acct_no], to: acct}")
    deliver(bank, "acct", FIRST, "I|A I|B")
    deliver(bank, "acct", SECOND, "D|B I|C")
    deliver(bank, "acct", THIRD, "I|E")
    deliver(bank, "txn", FIRST, "1|A 2|B 3|")
    deliver(bank, "txn", SECOND, "4|A 5|B 6|C 7|D 8|E")
    deliver(bank, "txn", THIRD, "9|E")
    name = "txn.acct_no → acct.acct_no"
    # The third row names no account; B was there on its own date.
    assert counted(night(bank, FIRST)) == {name: (0, 2)}
    fact = night(bank, SECOND)[name]
    assert (fact["orphan_cnt"], fact["rows_cnt"], fact["orphan_share"], fact["owner"]) == (3, 5, 0.6, "the source")
    assert fact["message"] == ("3 of 5 rows refer to what is not in acct: txn_20260629_J_001.dat, line 3; txn_20260629_J_001.dat, line 5;"
                               " txn_20260629_J_001.dat, line 6")
    assert counted(night(bank, THIRD)) == {name: (0, 1)}
    # The same night again, now that a later account is known: what is looked at is the state of its own date.
    assert counted(night(bank, SECOND)) == {name: (3, 5)}


def test_what_one_run_takes_in_of_earlier_days_is_looked_at_too(bank):
    contract(bank, "acct", "full", "acct_no!")
    contract(bank, "txn", "journal", "txn_no! acct_no", "{columns: [acct_no], to: acct}")
    for day in (FIRST, SECOND, THIRD):
        deliver(bank, "acct", day, "A")
        deliver(bank, "txn", day, f"{day.day}|A {day.day}x|Z")
    assert list(counted(night(bank, THIRD)).values()) == [(3, 6)]
    assert list(counted(night(bank, THIRD)).values()) == [(1, 2)]


def test_one_of_several_feeds_is_enough_and_keys_may_have_several_columns(bank):
    contract(bank, "person", "delta", "party!")
    contract(bank, "company", "full", "party!")
    contract(bank, "slot", "full", "party! seq!")
    contract(bank, "hold", "delta", "hold_no! party seq", "{columns: [party], to: [person, company]}, {columns: [party, seq], to: slot}")
    deliver(bank, "person", FIRST, "I|P1")
    deliver(bank, "company", FIRST, "C1")
    deliver(bank, "slot", FIRST, "P1|1 C1|2")
    # What a delta deletes refers to nothing.
    deliver(bank, "hold", FIRST, "I|1|P1|1 I|2|C1|1 I|3|X|1 D|4|Y|9 I|5|P1|")
    assert counted(night(bank, FIRST)) == {"hold.party → person | company": (1, 4), "hold.party, seq → slot.party, seq": (2, 3)}


def test_a_full_state_is_asked_every_night_and_may_refer_to_itself_or_to_any_column(bank):
    contract(bank, "org", "full", "org! parent boss", "{columns: [parent], to: org}", late="{carry: 3}")
    contract(bank, "desk", "full", "desk! boss", "{columns: [boss], to: org.boss}")
    deliver(bank, "org", FIRST, "1||x 2|1|y 3|9|y")
    deliver(bank, "desk", FIRST, "a|x b|y c|z")
    wanted = {"desk.boss → org.boss": (1, 3), "org.parent → org.org": (1, 2)}
    assert counted(night(bank, FIRST)) == wanted
    deliver(bank, "desk", SECOND, "a|x b|y c|z")
    facts = night(bank, SECOND)
    assert counted(facts) == wanted
    assert "org is not up to date" in facts["desk.boss → org.boss"]["message"]


@pytest.mark.parametrize(("reference", "share", "red"), [
    ("limit: 0.5", 0.0, set()), ("limit: 0.1", 0.4, {"no_orphans"}), ("severity: fail", 0.5, {"references_hold"}),
])
def test_gate_1_is_as_strict_as_the_contract_says(bank, reference, share, red):
    contract(bank, "acct", "full", "acct_no!", late="{carry: 3}")
    contract(bank, "txn", "journal", "txn_no! acct_no", f"{{columns: [acct_no], to: acct, {reference}}}")
    deliver(bank, "acct", FIRST, "A")
    deliver(bank, "txn", FIRST, "1|A 2|B")
    suite = load_suite(project_root() / "expectations" / "suites", "gate1")

    def broken(facts: dict[str, Fact]) -> set[str]:
        given = {frame: [] for frame in suite.frames} | {"feed": [GOOD["feed"]], "reference": list(facts.values())}
        checked = check(bank.settings.home, suite, given)
        return {result.expectation.id for result in checked if not result.success}

    facts = night(bank, FIRST)
    assert next(iter(facts.values()))["share_over"] == pytest.approx(share)
    assert broken(facts) == red
    # Accounts of today have not come: that a posting finds none of them is no reason to stop.
    deliver(bank, "txn", SECOND, "3|A 4|B")
    assert broken(night(bank, SECOND)) == (red and {"no_orphans"})


@pytest.mark.parametrize(("refers", "said"), [
    ("{columns: [acct_no], to: acct}", None),
    ("{columns: [acct_no], to: acct.acct_no, limit: 0.1, severity: fail}", None),
    ("{columns: [acct_no], to: acctt}", r"txn.yml: refers\[1\].to: there is no such feed. Seen: acctt. Do: Did you mean 'acct'"),
    ("{columns: [acct_mo], to: acct}", r"refers\[1\].columns: txn has no such column. Seen: acct_mo. Do: Did you mean 'acct_no'"),
    ("{columns: [acct_no], to: acct.acct_mo}", r"refers\[1\].to: acct has no such column. Seen: acct_mo. Do: Did you mean 'acct_no'"),
    ("{columns: [acct_no, txn_no], to: acct}", r"2 columns cannot refer to 1. Seen: acct \(acct_no\)"),
    ("{columns: [seq], to: acct}", "of two types: seq integer, acct.acct_no string"),
    ("{columns: [acct_no]}", "'to' is missing"),
    ("{columns: [], to: acct}", "from columns to a feed"),
    ("{columns: [acct_no], too: acct, to: acct}", "Did you mean 'to'"),
    ("{columns: [acct_no], to: acct, severity: error}", "refers.1..severity: unknown word"),
    ("{columns: [acct_no], to: acct, limit: 2}", "refers.1..limit: this is not a share"),
])
def test_a_reference_that_cannot_be_is_refused_with_the_nearest_right_word(bank, refers, said):
    contract(bank, "acct", "delta", "acct_no!")
    contract(bank, "txn", "journal", "txn_no! acct_no seq", refers)
    if said is None:
        [one] = load_contracts(bank.settings.contracts_dir)["txn"].refers
        assert one.to == (Target("acct", ("acct_no",)),)
        return
    with pytest.raises(TagmartError, match=said):
        load_contracts(bank.settings.contracts_dir)


def test_nothing_is_counted_where_there_is_no_table(bank):
    contract(bank, "acct", "delta", "acct_no!")
    contract(bank, "txn", "journal", "txn_no! acct_no", "{columns: [acct_no], to: acct, severity: fail}")
    given = GateInput(bank.settings, bank.state, "run-0", FIRST, {})
    assert [(fact["orphan_cnt"], fact["share_over"]) for fact in reference_facts(given)] == [(None, None)]
    # A feed that has never come has an empty table, and then every row is an orphan: a warning, whatever the contract says.
    deliver(bank, "txn", FIRST, "1|A")
    bank.night(FIRST)
    [fact] = reference_facts(GateInput(bank.settings, bank.state, "run-1", FIRST, {}))
    assert (fact["orphan_cnt"], fact["severity"]) == (1, "warn")
    assert "(acct is not up to date)" in fact["message"]
