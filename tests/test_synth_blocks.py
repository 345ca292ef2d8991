"""A bank in blocks: the same bytes whatever the number of processes, one numbering of parts, and no id twice."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tagmart.core.errors import TagmartError
from tagmart.synth import generate, sizes
from tests import demo_files

BIZ_DATE = date(2026, 6, 30)
WANTED = {"customers": 240, "corporates": 24, "merchants": 18, "seed": 3, "biz_date": BIZ_DATE, "history_months": 1}


@pytest.fixture(scope="module")
def landings(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One bank of two blocks, made by one process and by two."""
    one, two = (tmp_path_factory.mktemp(name) for name in ("one", "two"))
    usual = sizes.BLOCK_RETAIL
    sizes.BLOCK_RETAIL = 120
    try:
        generate(one, processes=1, **WANTED)
        generate(two, processes=2, **WANTED)
    finally:
        sizes.BLOCK_RETAIL = usual
    return one, two


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_number_of_processes_changes_no_byte(landings):
    first, second = (_digests(landing) for landing in landings)
    assert first == second
    assert not (landings[0] / ".blocks").exists()


def test_parts_of_all_blocks_are_numbered_through_and_in_one_control_file(landings):
    contract = demo_files.contracts()["core_acct"]
    parts = [paths for _, kind, paths in demo_files.deliveries(contract, landings[0]) if kind == "I"]
    assert [len(paths) for paths in parts] == [len(parts[0])]
    assert len(parts[0]) >= 2
    control = (parts[0][0].parent / contract.files.control_of(date(2026, 6, 29), "I")).read_text("utf-8")
    assert all(path.name in control for path in parts[0])


def test_no_key_is_twice_in_a_delivery_of_several_blocks(landings):
    con = demo_files.tables(landings[0])
    for feed, contract in demo_files.contracts().items():
        twice = con.execute(f"""
            select count(*) from (select count(*) from {feed} group by delivered, {', '.join(contract.key)} having count(*) > 1)
        """).fetchone()[0]
        assert twice == 0, feed
    con.close()


def test_numbers_of_accounts_customers_and_documents_are_of_one_block(landings):
    con = demo_files.tables(landings[0])
    assert con.execute("select count(*), count(distinct ecif_no) from core_acct group by acct_no having count(distinct ecif_no) > 1").fetchall() == []
    links = f"'{landings[0]}/answers/links.parquet'"
    shared = con.execute(f"""
        select id_no from ecif_retail inner join {links} as links on links.src_sys = 'ecif' and links.src_id = ecif_retail.ecif_no
        where id_no is not null group by 1 having count(distinct left(ecif_retail.ecif_no, 3)) > 1
    """).fetchall()
    assert shared == []
    con.close()


def test_answers_of_all_blocks_are_joined(landings):
    answers = landings[0] / "answers"
    told = json.loads((answers / "world.json").read_text("utf-8"))
    customers = pq.read_table(answers / "customers.parquet")
    known = customers.column("ecif_no").to_pylist()
    assert told["customers"] == 240
    assert told["totals"]["customers"] == len(known) == len({*known}) <= 240
    assert {number[1:3] for number in known} == {"00", "01"}


def test_blocks_share_sizes_and_prices_and_nothing_else():
    places = sizes.cut(sizes.usual_sizes(25_000), 7)
    assert len(places) == 3
    assert sum(place.sizes.retail for place in places) == 25_000
    assert sum(place.sizes.corporate for place in places) == 1250
    first, second = (place.dice(5).random() for place in places[:2])
    assert first != second
    assert places[0].common_dice(5).random() == places[1].common_dice(5).random()
    assert [place.base(5) for place in places] == [0, 100_000, 200_000]


@pytest.mark.parametrize("customers", [19, 1_000_001])
def test_sizes_out_of_range_are_refused(customers, tmp_path):
    with pytest.raises(TagmartError, match="20"):
        generate(tmp_path, **{**WANTED, "customers": customers})
