"""Contracts: what is right is read, what is wrong is named with its file, its key and the nearest right word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tagmart.contracts import canonical_feeds, load_contracts, present_feeds
from tagmart.core.errors import TagmartError

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = ROOT / "expectations" / "contracts"
STAGING = ROOT / "dbt_project" / "models" / "staging"

GOOD = """
feed: parcel
title: {zh: 包裹, en: Parcels}
description: One row is a parcel.
load: journal
owner: post room
files:
  name: "parcel_{biz_date}_{kind}_{part}.dat"
  control: "parcel_{biz_date}_{kind}.ok"
  delivery: daily
form: {encoding: gb18030, separator: "|", quote: none, header: true, date: "%Y年%m月%d日"}
row_date: sent_date
key: [parcel_no]
limits: {bad_share: 0.01}
columns:
  - {name: parcel_no, type: string(8), required: true}
  - {name: sender, type: string(20), personal: C2}
  - {name: weight, type: "decimal(9,3)"}
  - {name: size_code, type: string(1), values: [S, M, L]}
  - {name: sent_date, type: date, required: true}
"""


def bank(folder: Path, text: str = GOOD, name: str = "parcel") -> Path:
    """A bank with one contract, in system `post`."""
    path = folder / "tiny" / "post" / f"{name}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder / "tiny"


def refusal(folder: Path, text: str) -> str:
    """The message with which a contract is refused."""
    with pytest.raises(TagmartError) as error:
        load_contracts(bank(folder, text))
    return str(error.value)


def test_a_contract_is_read(tmp_path):
    contract = load_contracts(bank(tmp_path))["parcel"]
    assert (contract.system, contract.title_zh, contract.title_en) == ("post", "包裹", "Parcels")
    assert contract.provides == ("parcel",)
    assert contract.form.quote is None
    assert [column.type.sql for column in contract.columns] == ["VARCHAR", "VARCHAR", "DECIMAL(9,3)", "VARCHAR", "DATE"]
    assert contract.column("size_code").values == ("S", "M", "L")
    assert contract.limits.bad_share == 0.01
    assert contract.allow_empty is False


def test_file_names_are_made_and_found(tmp_path):
    from datetime import date

    files = load_contracts(bank(tmp_path))["parcel"].files
    assert files.name_of(date(2026, 6, 30), "J", 2) == "parcel_20260630_J_002.dat"
    assert files.control_of(date(2026, 6, 30), "I") == "parcel_20260630_I.ok"
    assert files.name_pattern().match("parcel_20260630_J_002.dat").groupdict() == {
        "biz_date": "20260630", "kind": "J", "part": "002"
    }
    assert not files.name_pattern().match("parcel_20260630_J_002.dat.tmp")
    assert not files.name_pattern().match("parcel_20260630_J_002xdat")


@pytest.mark.parametrize(("written", "instead", "words"), [
    ("load: journal", "load: jurnal", r"post/parcel.yml: load: unknown word.*'jurnal'.*'journal'"),
    ("owner:", "ovner:", r"unknown key 'ovner'.*Did you mean 'owner'"),
    ("owner: post room\n", "", r"key 'owner' is missing"),
    ("load: journal\n", "load: journal\nlate: {carry: 2}\n", r"a journal is never carried"),
    ("load: journal\n", "load: journal\nload: full\n", r"'load' is written twice"),
    ("feed: parcel", "feed: parcels", r"not named like its file.*Do: write parcel"),
    ("string(8)", "strng(8)", r"columns.parcel_no.type: unknown word.*'strng'.*Did you mean 'string'"),
    ("string(8)", "string", r"a string is written otherwise"),
    ('"decimal(9,3)"', '"decimal(3,9)"', r"at most 38 digits"),
    ("values: [S, M, L]", "values: [on, off]", r"reads this word as true or false"),
    ("key: [parcel_no]", "key: [parcel_nr]", r"key: there is no such column.*Did you mean 'parcel_no'"),
    ("key: [parcel_no]", "key: [sender]", r"columns.sender.required"),
    ("row_date: sent_date", "row_date: weight", r"the column is not a date"),
    ("gb18030", "gb18130", r"form.encoding.*Did you mean 'gb18030'"),
    ("{part}", "{parts}", r"unknown placeholder.*\{parts\}.*Did you mean 'part'"),
    ("_{kind}_{part}", "_{part}", r"says its date and its kind"),
    ("delivery: daily", "delivery: static", r"load and delivery disagree"),
    ("load: journal", "load: delta", r"begin with \{name: op"),
    ("0.01", "5", r"limits.bad_share: this is not a share.*5"),
    ("%Y年%m月%d日", "%y%m%d", r"form.century"),
    ("header: true", "header: yes please", r"neither true nor false"),
    ("name: sender", "name: Parcel_No", r"named twice"),
    ("name: sender", "name: no", r"columns\[2\].name: YAML reads this word as true or false"),
    ("name: sender", "name: src_line", r"the loader adds a column of this name"),
    ("personal: C2", "personal: C3", r"never takes in data of class C3"),
    ("personal: C2", "personal: C4", r"columns.sender.personal: unknown word"),
    ("columns:", "columns: none #", r"not valid YAML|names its columns"),
])
def test_a_mistake_is_named(tmp_path, written, instead, words):
    assert written in GOOD
    assert re.search(words, refusal(tmp_path, GOOD.replace(written, instead, 1)), re.S)


@pytest.mark.parametrize("name", [
    "login_password", "pin", "pin_block2", "cvn", "cvn2", "cvv", "CVV2", "track2", "card_track_1", "fingerprint", "face_image",
    "iris_code", "card_expiry", "card_exp_date", "user_pwd",
])
def test_what_proves_who_a_person_is_stays_at_the_source(tmp_path, name):
    assert "never takes in" in refusal(tmp_path, GOOD.replace("name: sender", f"name: {name}"))


@pytest.mark.parametrize("name", ["id_expiry_date", "face_amt", "opinion", "spin_code", "tracking_no", "expiry_date"])
def test_harmless_names_are_not_mistaken(tmp_path, name):
    assert load_contracts(bank(tmp_path, GOOD.replace("name: sender", f"name: {name}")))


def test_the_expiry_of_a_card_is_told_by_its_feed(tmp_path):
    text = GOOD.replace("feed: parcel", "feed: card_parcel").replace("name: sender", "name: expiry_date")
    with pytest.raises(TagmartError, match="card's expiry date"):
        load_contracts(bank(tmp_path, text, "card_parcel"))


def test_two_contracts_may_not_provide_the_same(tmp_path):
    bank(tmp_path)
    folder = bank(tmp_path, GOOD.replace("feed: parcel", "feed: letter\nprovides: [parcel]"), "letter")
    with pytest.raises(TagmartError, match=r"'parcel' is already provided by post/letter.yml"):
        load_contracts(folder)


def test_the_feeds_of_all_banks(tmp_path):
    bank(tmp_path)
    text = GOOD.replace("feed: parcel", "feed: letter\nprovides: [letter, stamp]")
    other = tmp_path / "other" / "post" / "letter.yml"
    other.parent.mkdir(parents=True)
    other.write_text(text, encoding="utf-8")
    assert canonical_feeds(tmp_path) == {"parcel", "letter", "stamp"}
    assert present_feeds(load_contracts(tmp_path / "other")) == {"letter", "stamp"}


def test_the_demo_bank_has_every_feed_and_berka_those_it_publishes():
    every = canonical_feeds(CONTRACTS)
    assert present_feeds(load_contracts(CONTRACTS / "demo")) == every
    assert present_feeds(load_contracts(CONTRACTS / "berka")) == {
        "core_acct", "core_acct_person", "ecif_retail", "core_txn", "core_bal", "crd_contract", "card_debit", "ref_org"
    }
    assert {path.stem.removeprefix("stg_") for path in STAGING.glob("*.yml")} == every


def test_staging_reads_every_feed_by_its_load():
    contracts = load_contracts(CONTRACTS / "demo")
    for path in (STAGING / "demo").glob("*.sql"):
        for load, feed in re.findall(r"ods_(\w+)\('(\w+)'", path.read_text("utf-8")):
            contract = contracts[feed]
            # A full feed whose rows carry their own date is kept like a journal.
            assert load == contract.load or (load == "journal" and contract.load == "full" and contract.row_date), path.name


def test_demo_columns_have_the_types_that_staging_promises():
    contracts = load_contracts(CONTRACTS / "demo")
    for path in STAGING.glob("stg_*.yml"):
        name = path.stem.removeprefix("stg_")
        contract = contracts.get(name)
        if contract is None:
            continue
        types = {column.name: column.type.sql.lower() for column in contract.columns}
        [model] = yaml.safe_load(path.read_text("utf-8"))["models"]
        for column in model["columns"]:
            if column["name"] not in ("src_file", "src_line"):
                source = "ecif_no" if column["name"] == "party_id" else column["name"]
                assert types.get(source) == column["data_type"], f"{name}.{column['name']}"
