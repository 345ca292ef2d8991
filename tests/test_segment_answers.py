"""What people ask of customer groups, over a drawn night: preview, why, diff, overlap."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import duckdb
import pytest
import yaml
from rich.console import Console

from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings
from tagmart.explain.overlap import overlaps
from tagmart.explain.preview import preview
from tagmart.explain.segment_diff import diff_segment
from tagmart.explain.segment_page import why_segment_page
from tagmart.explain.segment_why import why_segment
from tagmart.explain.selection import Night, rule_to_try
from tests.rule_tables import BRANCHES, CATALOGUE, COLUMN_TYPES, D, members, rule

RULES = [
    rule("dep_bal >= 10", "rich", 1), rule("in segment rich and not prof_is_staff", "rich_clients", 2),
    rule("dep_bal >= 10 and dep_bal >= 5", "rich_too", 3),
]  # fmt: skip
ROWS = [
    {"dep_bal": 100, "prof_is_staff": False, "prof_mng_org": "B101"}, {"dep_bal": 50, "prof_is_staff": True, "prof_mng_org": "B201"},
    {"dep_bal": 10, "prof_is_staff": False}, {"dep_bal": 8, "prof_is_staff": False}, {"dep_bal": None, "prof_is_staff": None},
]  # fmt: skip


def make_night(tmp_path: Path, rows: list[dict] = ROWS, biz_date: date = D, past: dict[int, Path] | None = None) -> Night:
    """A published file with these customers and the segments of RULES, open."""
    (tmp_path / "models").mkdir(parents=True, exist_ok=True)
    entities = {"retail": {"branch": "prof_mng_org", "manager": "prof_manager_id", "money": "dep_bal"}}
    (tmp_path / "models" / "entities.yml").write_text(yaml.safe_dump(entities), encoding="utf-8")
    folder = tmp_path / f"{biz_date}" / "run"
    folder.mkdir(parents=True)
    mart = duckdb.connect(str(folder / "tagmart.duckdb"))
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMN_TYPES.items())
    mart.execute(f"create schema mart; create table mart.tags_retail ({columns})")
    for number, row in enumerate(rows):
        full = {"customer_id": f"c{number}", "biz_date": biz_date, **row}
        mart.execute(f"insert into mart.tags_retail ({', '.join(full)}) values ({', '.join('?' * len(full))})", list(full.values()))
    mart.execute("create table mart.dim_branch (org_id varchar, org_path varchar)")
    mart.executemany("insert into mart.dim_branch values (?, ?)", list(BRANCHES.items()))
    names = ("segment_id", "key", "zh", "en", "entity", "line", "owner", "purpose", "scope", "description_zh", "description_en")
    mart.execute(f"create table mart.segment_catalog ({', '.join(f'{name} varchar' for name in names)},"
                 " rule varchar, valid_from date, valid_to date, ranking varchar)")  # fmt: skip
    mart.execute("create table mart.segment_member (segment_id varchar, customer_id varchar, first_date date)")
    mart.execute("create table mart.segment_daily (segment_id varchar, size integer, failure varchar)")
    for one in RULES:
        said = [getattr(one, name) for name in names]
        mart.execute(f"insert into mart.segment_catalog values ({', '.join('?' * 15)})", [*said, one.text, None, None, None])
        found = members(RULES, rows, biz_date)[one.key]
        mart.execute("insert into mart.segment_daily values (?, ?, null)", [one.segment_id, len(found)])
        for customer in sorted(found):
            mart.execute("insert into mart.segment_member values (?, ?, ?)", [one.segment_id, customer, biz_date])
    mart.execute("create table mart.tag_profile (tag_name varchar, entity varchar, mean_value decimal(24, 4))")
    mart.execute("create table mart.tag_catalog (tag_name varchar, entity varchar, theme_code varchar, zh varchar, en varchar, purposes varchar)")
    mart.execute("insert into mart.tag_profile values ('dep_bal', 'retail', 42), ('prof_is_staff', 'retail', 0.25), ('tax_bal', 'retail', 1)")
    mart.execute(
        "insert into mart.tag_catalog values ('dep_bal', 'retail', 'asset', '存款', 'Deposits', 'service marketing'),"
        " ('prof_is_staff', 'retail', 'profile', '员工', 'Staff', 'marketing'), ('tax_bal', 'retail', 'asset', '税', 'Tax', 'statutory')"
    )
    night = Night(Settings(root=tmp_path, bank="demo", home=tmp_path), mart, biz_date, lambda days: (past or {}).get(days))
    night.__dict__["catalogue"] = CATALOGUE
    return night


def test_a_preview_is_exact_and_hides_who_it_is(tmp_path):
    found = preview(make_night(tmp_path), rule_to_try("in segment rich and dep_bal >= 50", "retail", "marketing"))
    assert (found.size, found.of) == (2, 5)
    assert {(trait.name, trait.members) for trait in found.traits} == {("dep_bal", 75.0), ("prof_is_staff", 0.5)}, "tax is not for marketing"
    assert [(one.key, one.both) for one in found.shared] == [("rich", 2), ("rich_too", 2), ("rich_clients", 1)]
    assert all(one.startswith("…") for one in found.sample)


@pytest.mark.parametrize(
    "tried",
    [
        rule("dep_bal * 2 > 20 or prof_is_staff is missing"), rule("not in any segment (rich, rich_clients)"),
        rule("dep_bal > 0", top={"n": 1, "by": "dep_bal", "within": "branch"}), rule("dep_bal > 0", scope="B100"),
        rule("dep_bal > 0", top={"n": 2, "by": "dep_bal", "order": "asc"}), rule("dep_bal > 0", valid_from=D + timedelta(1)),
        rule("chg(dep_bal, 1d) > 0"), rule("before(dep_bal, 2d) is missing"),
    ],
)  # fmt: skip
def test_a_tried_rule_selects_whom_its_model_selects(tmp_path, tried):
    before = [{"dep_bal": 90}, {"dep_bal": 60}]
    yesterday = make_night(tmp_path, before, D - timedelta(1))
    yesterday.mart.close()
    night = make_night(tmp_path, past={1: tmp_path / f"{D - timedelta(1)}" / "run"})
    found = {customer for (customer,) in night.mart.execute(night.selection(night.compile(tried))).fetchall()}
    others = [one for one in RULES if one.key != tried.key]
    renumbered = rule(tried.text, tried.key, 9, scope=tried.scope, valid_from=tried.valid_from,
                      **({"top": vars(tried.top)} if tried.top else {}))  # fmt: skip
    assert found == members([*others, renumbered], ROWS, past={1: before})["the_rule"]


def test_why_somebody_is_in(tmp_path):
    earlier = [make_night(tmp_path / "1", biz_date=D - timedelta(1)),
               make_night(tmp_path / "2", [{"dep_bal": 100, "prof_is_staff": True}], D - timedelta(2))]  # fmt: skip
    answer = why_segment(make_night(tmp_path), "c0", "rich_clients", lambda: map(nullcontext, earlier))
    assert answer.is_member
    assert [(one.text, one.holds, one.since) for one in answer.conditions] == [
        ("in segment rich", True, D - timedelta(2)), ("not prof_is_staff", True, D - timedelta(1)),
    ]  # fmt: skip


def test_why_somebody_is_not_in_names_the_nearest_failing_condition_first(tmp_path):
    answer = why_segment(make_night(tmp_path), "c3", "S-R-0003", list)
    assert not answer.is_member
    assert [(one.text, one.holds, one.distance) for one in answer.conditions] == [
        ("dep_bal >= 10", False, pytest.approx(0.2)), ("dep_bal >= 5", True, None),
    ]  # fmt: skip
    assert answer.conditions[0].values == (("dep_bal", "8.00"),)
    missing = why_segment(make_night(tmp_path / "b"), "c4", "rich", list).conditions[0]
    assert (missing.holds, missing.values, missing.distance) == (None, (("dep_bal", "missing"),), None)


def test_why_descends_into_the_lower_segment_that_a_customer_is_not_in(tmp_path):
    """c3 misses `rich_clients` for the sake of `rich`, by two in ten; c4 because nothing is known of the customer."""
    night = make_night(tmp_path)
    answer = why_segment(night, "c3", "rich_clients", list)
    assert [(one.text, one.holds) for one in answer.conditions] == [("in segment rich", False), ("not prof_is_staff", True)]
    [below] = answer.conditions[0].below
    assert (below.item.rule.key, below.failure) == ("rich", None)
    assert [(one.text, one.values, one.distance) for one in below.conditions] == [("dep_bal >= 10", (("dep_bal", "8.00"),), pytest.approx(0.2))]
    night.mart.execute("update mart.segment_daily set failure = 'tag_gone dep_bal' where segment_id = 'S-R-0001'")
    [below] = why_segment(night, "c4", "rich_clients", list).conditions[0].below
    assert (below.failure, below.conditions[0].holds) == ("tag_gone dep_bal", None)
    text = StringIO()
    Console(file=text, width=200).print(why_segment_page(answer))
    assert text.getvalue().index("in segment rich") < text.getvalue().index("dep_bal >= 10") < text.getvalue().index("not prof_is_staff")
    assert all(not one.below for one in why_segment(night, "c1", "rich_clients", list).conditions), "who is in the lower one needs no descent"


def test_why_of_nobody_and_of_nothing(tmp_path):
    night = make_night(tmp_path)
    with pytest.raises(TagmartError, match=r"no such segment.*Did you mean 'rich'"):
        why_segment(night, "c0", "richh", list)
    with pytest.raises(TagmartError, match="not among the retail customers"):
        why_segment(night, "c99", "rich", list)


def test_a_changed_rule_moves_people_and_money(tmp_path):
    night = make_night(tmp_path)
    folder = tmp_path / "models" / "rules" / "retail" / "deposit"
    folder.mkdir(parents=True)
    raw = {"segment_id": "S-R-0001", "key": "rich", "zh": "富", "en": "Rich", "entity": "retail", "line": "deposit", "owner": "Retail",
           "purpose": "marketing", "description": {"zh": "富", "en": "Rich"}, "rule": "dep_bal between 8 and 60"}  # fmt: skip
    (folder / "rich.yml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    found = diff_segment(night, "rich")
    assert (found.entering.count, found.entering.money) == (1, Decimal("8.00"))
    assert (found.leaving.count, found.leaving.money) == (1, Decimal("100.00"))
    assert (found.staying.count, found.above) == (2, ("rich_clients",))
    assert found.changes == (("zh", "客群", "富"), ("en", "Segment", "Rich"), ("description_zh", "说明", "富"), ("description_en", "What", "Rich"))
    night.mart.execute("alter table mart.segment_catalog add column channels varchar; alter table mart.segment_catalog add column priority integer")
    night.mart.execute("update mart.segment_catalog set channels = 'sms', priority = 5, ranking = '3 by dep_bal desc within branch'")
    (folder / "rich.yml").write_text(yaml.safe_dump(raw | {"channel": ["call", "sms"], "priority": 1, "scope": "B101", "top": {"n": 2, "by": "dep_bal"}}))
    night.mart.execute("drop table tried; drop table moved")
    night.__dict__.pop("live")
    assert {field: change for field, *change in diff_segment(night, "rich").changes}.items() >= {
        "channels": ["sms", "call, sms"], "priority": ["5", "1"], "scope": ["head_office", "B101"],
        "top": ["3 by dep_bal desc within branch", "2 by dep_bal desc"],
    }.items()  # fmt: skip


def test_identical_and_nested_segments_are_found(tmp_path):
    pairs = overlaps(make_night(tmp_path).mart, least_share=0.9)
    assert [(pair.relation, pair.first, pair.second, pair.both) for pair in pairs] == [
        ("identical", "S-R-0001", "S-R-0003", 3), ("nested", "S-R-0002", "S-R-0001", 2), ("nested", "S-R-0002", "S-R-0003", 2),
    ]  # fmt: skip
