"""Rules become dbt models: members per storey, one list of memberships, and the segment catalogue.

The SQL itself is written by `tagmart.rules.sql`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tagmart.core.settings import Settings
from tagmart.rules.catalogue import read_catalogue
from tagmart.rules.compiler import CompiledRule, compile_rules
from tagmart.rules.entities import read_entities
from tagmart.rules.files import load_rules
from tagmart.rules.lists import load_lists
from tagmart.rules.sql import MARK, all_members_sql, faults_sql, members_sql

OWN_FAULTS = "One row per segment and reason for which it failed of itself; what stands on it fails in mart.segment_daily."
ALL_MEMBERS = "One row per customer and segment that the customer is in, of every entity that has rules."
USE_COLUMNS = {
    "segment_id": ("varchar", "客群编号｜Segment"),
    "entity": ("varchar", "客户类别｜Whom it selects"),
    "used_kind": ("varchar", "所用对象：tag 标签、segment 客群｜What is named: a tag or a segment"),
    "used_name": ("varchar", "标签名或客群代码｜Name of the tag, or key of the segment"),
}
SEGMENT = {"name": "segment_id", "data_type": "varchar", "description": "客群编号｜Number of the segment"}
CUSTOMER = {"name": "customer_id", "data_type": "varchar", "description": "客户号｜Number of the customer"}
CATALOGUE_COLUMNS = {
    "segment_id": ("varchar", "客群编号｜Stable number of the segment, never given to another"),
    "key": ("varchar", "客群代码｜Name by which rules refer to the segment"),
    "zh": ("varchar", "中文名称｜Chinese label"),
    "en": ("varchar", "英文名称｜English label"),
    "entity": ("varchar", "客户类别｜Whom the segment selects: retail, corporate or merchant"),
    "line": ("varchar", "业务条线｜Business line that the rule belongs to"),
    "owner": ("varchar", "负责部门｜Department that answers for the rule"),
    "purpose": ("varchar", "使用目的｜What the segment may be used for"),
    "scope": ("varchar", "适用机构｜Part of the bank whose customers it selects"),
    "channels": ("varchar", "触达渠道，以|分隔｜Touch channels that it is meant for, separated by |"),
    "priority": ("integer", "优先级，1最高｜Priority, 1 (first) to 9"),
    "distribution": ("varchar", "分配起点：客户经理、协管、网点池、远程、数字｜Where the chain of those who act on it begins"),
    "ranking": ("varchar", "排名限制，空为全部｜The first so many of those whom the rule selects; empty is everybody"),
    "description_zh": ("varchar", "中文说明｜One sentence in Chinese"),
    "description_en": ("varchar", "英文说明｜One sentence in English"),
    "rule": ("varchar", "规则原文｜The rule as the business wrote it"),
    "storey": ("integer", "层级｜0 if the rule reads tags only, else one more than the segments that it reads"),
    "valid_from": ("date", "生效日期｜First business date on which the rule holds; empty is always"),
    "valid_to": ("date", "失效日期｜Last business date on which the rule holds; empty is open"),
    "tag_ids": ("varchar", "所用标签编号｜Numbers of the tags that the rule names, separated by |"),
    "segment_keys": ("varchar", "所用客群代码｜Keys of the segments that the rule names, separated by |"),
    "past": ("varchar", "所用历史取值(标签@天数)｜Past values that the rule names, as tag@days, separated by |"),
    "late": ("varchar", "数据滞后时的处理｜degrade: selected from tags of an earlier day and marked; hold: its members of that day stay"),
}


@dataclass(frozen=True)
class Generated:
    """What a generation did, or with `check` would do.

    Attributes:
        stale: the files that were not what the rules say (now written, unless it was a check), those to remove included.
        summary: how many rules and files there are.
    """

    stale: tuple[Path, ...]
    summary: str


def generate(settings: Settings, check: bool = False) -> Generated:
    """Write the segment models, their YAML and the segment catalogue from the rules.

    Args:
        settings: where rules and the dbt project are.
        check: write nothing, only say what is stale.

    Raises:
        TagmartError: if a rule cannot run; nothing is written then.
    """
    seeds = settings.dbt_project / "seeds"
    catalogue = read_catalogue(seeds / "generated" / "tag_catalog.csv", seeds / "code_value.csv")
    segments = [*load_rules(settings.rules_dir), *load_lists(settings)]
    compiled = compile_rules(segments, catalogue, read_entities(settings.entities_file, catalogue))
    models_dir = settings.dbt_project / "models" / "generated" / "segments"
    wanted = {models_dir / name: text for name, text in model_files(compiled).items()}
    wanted |= {seeds / "generated" / name: text for name, text in seed_files(compiled).items()}
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    left_over = [path for path in models_dir.glob("*") if path.is_file() and path not in wanted]
    if not check:
        for path in stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
        for path in left_over:
            path.unlink()
    return Generated(tuple(sorted(stale + left_over)), f"{len(compiled)} rules in {len(wanted)} files")


def model_files(compiled: Sequence[CompiledRule]) -> dict[str, str]:
    """The dbt models and their YAML: file name → text."""
    files: dict[str, str] = {}
    storeys = {
        entity: sorted({item.storey for item in compiled if item.rule.entity == entity})
        for entity in sorted({item.rule.entity for item in compiled})
    }
    for entity, numbers in storeys.items():
        below: dict[str, str] = {}
        for storey in numbers:
            on_storey = [item for item in compiled if (item.rule.entity, item.storey) == (entity, storey)]
            name = f"segment_membership_{entity}_{storey}"
            files[f"{name}.sql"] = members_sql(entity, storey, on_storey, below)
            files[f"{name}.yml"] = _membership_yaml(name, entity, storey)
            below |= {item.rule.key: item.rule.segment_id for item in on_storey}
    files["segment_membership.sql"] = all_members_sql(storeys, ALL_MEMBERS)
    files["segment_membership.yml"] = _all_members_yaml()
    files["segment_own_fault.sql"] = faults_sql(compiled, OWN_FAULTS)
    files["segment_own_fault.yml"] = _own_faults_yaml()
    return files


def seed_files(compiled: Sequence[CompiledRule]) -> dict[str, str]:
    """The segment catalogue and its YAML: file name → text."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(CATALOGUE_COLUMNS), lineterminator="\n")
    writer.writeheader()
    for item in sorted(compiled, key=lambda compiled_rule: compiled_rule.rule.segment_id):
        rule = item.rule
        found = {name: getattr(rule, name) for name in CATALOGUE_COLUMNS if hasattr(rule, name)}
        writer.writerow({
            **found, "rule": rule.text, "storey": item.storey, "channels": "|".join(rule.channels),
            "ranking": rule.top.said if rule.top else "", "past": "|".join(f"{tag}@{days}" for tag, days in item.past),
            "tag_ids": "|".join(item.tag_ids), "segment_keys": "|".join(item.segments),
        })  # fmt: skip
    says = "One row per segment: what it is, whose it is and the rule that selects it."
    uses = [
        (item.rule.segment_id, item.rule.entity, kind, used)
        for item in compiled
        for kind, listed in (("tag", item.tags), ("segment", item.segments))
        for used in listed
    ]
    use_buffer = io.StringIO(newline="")
    csv.writer(use_buffer, lineterminator="\n").writerows([list(USE_COLUMNS), *sorted(uses)])
    return {
        "segment_catalog.csv": buffer.getvalue(), "segment_catalog.yml": _seed_yaml("segment_catalog", says, CATALOGUE_COLUMNS),
        "segment_use.csv": use_buffer.getvalue(),
        "segment_use.yml": _seed_yaml("segment_use", "One row per segment and tag or segment that its rule names.", USE_COLUMNS),
    }  # fmt: skip


def _seed_yaml(name: str, says: str, columns: Mapping[str, tuple[str, str]]) -> str:
    return _yaml({
        "version": 2,
        "seeds": [{
            "name": name,
            "description": says,
            "config": {"full_refresh": True, "column_types": {column: kind for column, (kind, _) in columns.items()}},
            "columns": [{"name": column, "description": meaning} for column, (_, meaning) in columns.items()],
        }],
    })  # fmt: skip


def _own_faults_yaml() -> str:
    columns = [
        SEGMENT,
        {"name": "reason_code", "data_type": "varchar", "description": "失败原因：tag_gone 标签停用、list_gone 名单缺失｜Why it failed"},
        {"name": "seen", "data_type": "varchar", "description": "所见｜What was seen: the tag or the list"},
    ]
    return _yaml(_document("segment_own_fault", OWN_FAULTS, columns))


def _membership_yaml(name: str, entity: str, storey: int) -> str:
    says = f"One row per segment of storey {storey} and {entity} customer who is in it."
    customer = {**CUSTOMER, "data_tests": [{"not_null": {"name": f"seg_{name}_customer_is_there"}}]}
    return _yaml(_document(name, says, [SEGMENT, customer]))


def _all_members_yaml() -> str:
    entity = {"name": "entity", "data_type": "varchar", "description": "客户类别｜Whom the segment selects"}
    return _yaml(_document("segment_membership", ALL_MEMBERS, [SEGMENT, CUSTOMER, entity]))


def _document(name: str, says: str, columns: list[dict]) -> dict:
    return {"version": 2, "models": [{"name": name, "description": says, "columns": columns}]}


def _yaml(document: dict) -> str:
    return f"# {MARK}\n" + yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)
