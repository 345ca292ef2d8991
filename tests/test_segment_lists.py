"""Imported lists: what is read of files, what is declared, and whom a rule then finds."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import pytest
import yaml
from openpyxl import Workbook

from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings
from tagmart.rules import compile_rules
from tagmart.rules.lists import declared, import_list, load_lists, members_of
from tagmart.rules.saving import save
from tagmart.rules.sheets import read_column
from tests.rule_tables import CATALOGUE, ENTITIES, D, members, rule

ROWS = (("name", None, "customer_id"), ("x", None, "c0"), (None, None, 42), ("y",))


def workbook(path: Path) -> Path:
    book = Workbook()
    for row in ROWS:
        book.active.append(row)
    book.save(path)
    return path


def packed(path: Path, **parts: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return path


def home_of(tmp_path: Path) -> Settings:
    folder = tmp_path / "models" / "rules" / "retail" / "deposit"
    folder.mkdir(parents=True)
    raw = {"segment_id": "S-R-0007", "key": "first", "zh": "一", "en": "One", "entity": "retail", "line": "deposit", "owner": "Retail",
           "purpose": "marketing", "description": {"zh": "一", "en": "One"}, "rule": "dep_bal > 1"}  # fmt: skip
    (folder / "first.yml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    generated = tmp_path / "dbt_project" / "seeds" / "generated"
    generated.mkdir(parents=True)
    (generated / "tag_catalog.csv").write_text(
        'tag_id,tag_name,entity,data_type,purposes,unit\nR-D-1,dep_bal,retail,"decimal(18,2)",marketing,cny\n', encoding="utf-8"
    )
    (tmp_path / "models" / "entities.yml").write_text("retail: {money: dep_bal}\n", encoding="utf-8")
    return Settings(root=tmp_path, bank="demo", home=tmp_path / "home")


FIELDS = {"key": "vip_dinner", "zh": "晚宴名单", "en": "Dinner guests", "entity": "retail", "owner": "Private banking",
          "purpose": "marketing", "expires": date(2026, 12, 31)}  # fmt: skip


def test_a_column_of_csv_and_xlsx(tmp_path):
    (tmp_path / "a.csv").write_bytes("姓名,customer_id\n张,c0\n李, 42 \n王,\n".encode("gb18030"))
    assert read_column(tmp_path / "a.csv", "customer_id") == ["c0", "42"]
    assert read_column(workbook(tmp_path / "a.xlsx"), "customer_id") == ["c0", "42"]


def test_a_workbook_that_is_none(tmp_path):
    (tmp_path / "text.xlsx").write_text("customer_id\nc0\n", encoding="utf-8")
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(workbook(tmp_path / "a.xlsx").read_bytes()[:-200])
    for path in (tmp_path / "text.xlsx", cut, packed(tmp_path / "empty.xlsx", readme="nothing")):
        with pytest.raises(TagmartError, match="cannot be read"):
            read_column(path, "customer_id")
    with pytest.raises(TagmartError, match="too large"):
        read_column(packed(tmp_path / "bomb.xlsx", zeros="0" * 200_000_001), "customer_id")


def test_a_list_is_declared_for_review_and_its_rows_stay_at_home(tmp_path):
    settings, source = home_of(tmp_path), tmp_path / "guests.csv"
    source.write_text("customer_id\nc0\nnobody-9\nc0\n", encoding="utf-8")
    path, count, strangers = import_list(settings, source, FIELDS, "customer_id", frozenset({"c0", "c1"}), D)
    assert (count, strangers) == (2, ["nobody-9"])
    assert "nobody-9" not in path.read_text(encoding="utf-8")
    (segment,) = load_lists(settings)
    assert (segment.segment_id, segment.valid_from, segment.valid_to) == ("L-R-0001", D, date(2026, 12, 31))
    ((_, said),) = declared(settings)
    assert members_of(settings, said) == ["c0", "nobody-9"], "a row that matches nobody yet is kept"
    with pytest.raises(TagmartError, match="a segment 'vip_dinner' already"):
        import_list(settings, source, FIELDS, "customer_id", frozenset(), D)
    (settings.lists_home / "vip_dinner.csv").write_text("customer_id\nc1\n", encoding="utf-8")
    assert members_of(settings, said) is None, "another file than the one that was reviewed"


def test_rules_read_a_list_as_a_segment(tmp_path):
    settings, source = home_of(tmp_path), tmp_path / "guests.csv"
    source.write_text("customer_id\nc0\nc9\nc2\n", encoding="utf-8")
    import_list(settings, source, FIELDS, "customer_id", frozenset(), D)
    upper = rule("in segment vip_dinner and dep_bal > 1", "guests_with_money", 2, valid_from=D, valid_to=date(2026, 12, 31))
    rest = rule("not in segment vip_dinner", "others", 3, valid_from=D, valid_to=date(2026, 12, 31))
    rows = [{"dep_bal": 5}, {"dep_bal": 5}, {"dep_bal": 0}]
    found = members([*load_lists(settings), upper, rest], rows, listed={"vip_dinner": members_of(settings, declared(settings)[0][1])})
    assert found == {"vip_dinner": {"c0", "c2"}, "guests_with_money": {"c0"}, "others": {"c1"}}


@pytest.mark.parametrize(("listed", "purpose", "text", "says"), [
    ("marketing", "marketing", "in segment vip_dinner", None), ("service", "service", "in segment vip_dinner", None),
    ("service", "marketing", "in segment vip_dinner", r"the list 'vip_dinner' may not be used for marketing.*imported for service.*not in segment"),
    ("risk", "marketing", "dep_bal > 1 and not in segment vip_dinner", None),
    ("risk", "marketing", "dep_bal > 1 and not (not in segment vip_dinner)", "may not be used for marketing"),
    ("risk", "marketing", "in segment between and dep_bal > 1", "may not be used for marketing"),
    ("marketing", "management", "in segment vip_dinner", "may not be used for management"),
    ("marketing", "management", "not in segment vip_dinner", "may not be used for management"),
])  # fmt: skip
def test_a_list_serves_the_purpose_that_it_was_imported_for(tmp_path, listed, purpose, text, says):
    """Also where a rule stands on it by way of another; to keep people out is allowed to marketing and service."""
    settings, source = home_of(tmp_path), tmp_path / "guests.csv"
    source.write_text("customer_id\nc0\n", encoding="utf-8")
    import_list(settings, source, FIELDS | {"purpose": listed}, "customer_id", frozenset(), D)
    validity = {"valid_from": D, "valid_to": date(2026, 12, 31)}
    rules = [*load_lists(settings), rule(text, "upper", 2, purpose=purpose, **validity),
             *([rule("in segment vip_dinner", "between", 3, purpose=listed, **validity)] if "between" in text else [])]  # fmt: skip
    if says is None:
        assert len(compile_rules(rules, CATALOGUE, ENTITIES)) == 2
    else:
        with pytest.raises(TagmartError, match=says):
            compile_rules(rules, CATALOGUE, ENTITIES)


def test_a_saved_rule_gets_the_next_number_and_is_checked_first(tmp_path):
    settings = home_of(tmp_path)
    fields = {"key": "second", "zh": "二", "en": "Two", "entity": "retail", "line": "wealth", "owner": "Retail", "purpose": "marketing",
              "description": {"zh": "二", "en": "Two"}, "rule": "in segment first and\n dep_bal > 5"}  # fmt: skip
    path = save(settings, fields)
    assert yaml.safe_load(path.read_text(encoding="utf-8")) == {
        "segment_id": "S-R-0008", **fields, "rule": "in segment first and dep_bal > 5",
    }  # fmt: skip
    with pytest.raises(TagmartError, match="unknown tag 'dep_bla'"):
        save(settings, {**fields, "key": "third", "rule": "dep_bla > 5"})
    assert not (path.parent / "third.yml").exists()
    with pytest.raises(TagmartError, match="a rule 'second' already"):
        save(settings, fields)
