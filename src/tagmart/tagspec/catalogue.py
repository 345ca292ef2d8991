"""Catalogue rows, stable tag ids, and the checks that hold over all tags of an entity."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tagmart.core.errors import TagmartError
from tagmart.tagspec.model import Tag, Text

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST = 63
REGISTRY = ("entity", "tag_id", "name", "status", "since", "status_since")
# column: type, Chinese, English. The seed, the model of the mart and its comments are all written from here.
COLUMNS: Mapping[str, tuple[str, str, str]] = {
    "tag_id": ("varchar", "标签编号", "Stable number of the tag, never used again"),
    "tag_name": ("varchar", "标签名", "Column name in the wide table"),
    "entity": ("varchar", "实体", "Whom the tag describes"),
    "theme_code": ("varchar", "主题代码", "Theme, first level, from the customer's view"),
    "theme_zh": ("varchar", "主题", "Theme in Chinese"),
    "zh": ("varchar", "中文名", "Label in Chinese"),
    "en": ("varchar", "英文名", "Label in English"),
    "sentence_zh": ("varchar", "业务口径", "What it means, in Chinese"),
    "sentence_en": ("varchar", "业务口径(英文)", "What it means, in English"),
    "formula": ("varchar", "技术口径", "How it is computed"),
    "product": ("varchar", "产品", "Product that it speaks of"),
    "line": ("varchar", "业务条线", "Business line that owns it"),
    "family": ("varchar", "标签族", "Tags that differ only by slice, measure and window"),
    "kind": ("varchar", "标签类型", "fact, statistic, rule, predicted, manual or imported"),
    "data_type": ("varchar", "数据类型", "SQL type"),
    "unit": ("varchar", "单位", "Unit of the value"),
    "value_list": ("varchar", "码表", "List of mart.code_value that holds its values"),
    "missing": ("varchar", "缺失含义", "What it says where the feed has no row; without the feed it is NULL"),
    "window_code": ("varchar", "统计窗口", "Window, base point or change; empty for a state"),
    "owner_business": ("varchar", "业务负责方", "Who answers for the meaning"),
    "owner_technical": ("varchar", "技术负责方", "Who answers for the computation"),
    "personal_class": ("varchar", "个人金融信息类别", "C1, C2 or none"),
    "security_level": ("integer", "数据安全级别", "1 to 5"),
    "security_class": ("varchar", "数据分类", "一般, 敏感 or 重要"),
    "purposes": ("varchar", "使用目的", "What it may be used for, separated by blanks"),
    "status": ("varchar", "状态", "active or deprecated"),
    "since": ("date", "登记日期", "Day on which it was first registered"),
    "status_since": ("date", "状态起始日", "Day since which it has this status"),
    "replacement": ("varchar", "替代标签", "Tag or family to use instead of a deprecated one; none if there is none"),
    "model": ("varchar", "加工模型", "dbt model that makes it"),
    "source_feeds": ("varchar", "源数据", "Feeds without which it is NULL, separated by blanks"),
    "source_columns": ("varchar", "源字段", "Columns of feeds that its value is made of, separated by blanks"),
    "as_of": ("date", "数据截至日期", "The date that its values tell of: the business date, or an earlier one where a feed is late"),
    "held_because": ("varchar", "沿用原因", "Why it keeps values of an earlier night; empty if it does not"),
}
# What the night itself finds out, from the SQL compiled for its bank; the seed does not have it.
NIGHTLY = ("source_columns",)
# What the night says of its own date, until it holds a tag back.
OF_THE_NIGHT = {"as_of": "{{ biz_date() }}", "held_because": "cast(null as varchar)"}
SEED_COLUMNS = tuple(column for column in COLUMNS if column not in (*NIGHTLY, *OF_THE_NIGHT))


@dataclass(frozen=True)
class Registered:
    """A line of registry.csv: a number once given stays with its name."""

    entity: str
    tag_id: str
    name: str
    status: str
    since: str
    status_since: str


def check(tags: Iterable[Tag]) -> None:
    """Hold the tags of one entity against the rules of names.

    Raises:
        TagmartError: if a name is not lower case or too long, or a name or a label stands twice.
    """
    names: dict[str, Tag] = {}
    labels: dict[str, Tag] = {}
    for tag in tags:
        if not NAME.fullmatch(tag.name) or len(tag.name) > LONGEST:
            raise TagmartError(
                f"tag name '{tag.name}' is not usable", where=tag.model, seen=f"{len(tag.name)} characters",
                do=f"use lower case, digits and single underscores, at most {LONGEST} characters",
            )  # fmt: skip
        if tag.name in names:
            raise TagmartError(
                f"tag '{tag.name}' is made twice",
                where=tag.model,
                seen=f"also in {names[tag.name].model}",
                do="drop one",
            )
        names[tag.name] = tag
        for label in (tag.label.zh, tag.label.en):
            if label in labels:
                raise TagmartError(
                    f"two tags have the label '{label}'", where=tag.model, seen=f"{labels[label].name} and {tag.name}",
                    do="two labels must differ as the tags do",
                )  # fmt: skip
            labels[label] = tag


def read_registry(path: Path) -> tuple[Registered, ...]:
    """The registry; empty where there is none yet."""
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(Registered(*(row[column] for column in REGISTRY)) for row in csv.DictReader(lines))


def register(known: tuple[Registered, ...], tags: Iterable[Tag], today: str) -> tuple[Registered, ...]:
    """The registry with the tags of now: new names get the next number of their family, lost ones are retired.

    Args:
        known: the registry as it stands; its order is kept.
        tags: every tag there is, of every entity.
        today: the date that new lines carry, as 2026-06-30.
    """
    now = {(tag.entity, tag.name): tag for tag in tags}
    lines = []
    last: dict[str, int] = {}
    for line in known:
        tag = now.pop((line.entity, line.name), None)
        status = tag.status if tag else "retired"
        lines.append(line if status == line.status else replace(line, status=status, status_since=today))
        prefix, _, number = line.tag_id.rpartition("-")
        last[prefix] = max(last.get(prefix, 0), int(number))
    for tag in now.values():
        prefix = f"{tag.entity[0].upper()}-{tag.family.upper()}"
        last[prefix] = last.get(prefix, 0) + 1
        lines.append(Registered(tag.entity, f"{prefix}-{last[prefix]:05d}", tag.name, tag.status, today, today))
    return tuple(lines)


def registry_csv(lines: Iterable[Registered]) -> str:
    """registry.csv."""
    return _csv(REGISTRY, [tuple(getattr(line, column) for column in REGISTRY) for line in lines])


def catalogue_csv(tags: Iterable[Tag], registry: Iterable[Registered], themes: Mapping[str, Text]) -> str:
    """The seed of the catalogue, one line per tag."""
    registered = {(line.entity, line.name): line for line in registry}
    return _csv(SEED_COLUMNS, [_row(tag, registered[tag.entity, tag.name], themes) for tag in tags])


def _row(tag: Tag, line: Registered, themes: Mapping[str, Text]) -> tuple[object, ...]:
    return (
        line.tag_id, tag.name, tag.entity, tag.theme, themes[tag.theme].zh, tag.label.zh, tag.label.en,
        tag.sentence.zh, tag.sentence.en, tag.formula, tag.product, tag.line, tag.family, tag.kind, tag.data_type,
        tag.unit, tag.value_list, tag.missing, tag.window, tag.owner_business, tag.owner_technical,
        tag.security.personal, tag.security.level, tag.security.data_class, " ".join(tag.purposes), tag.status,
        line.since, line.status_since, tag.replacement, tag.model, " ".join(tag.feeds),
    )  # fmt: skip


def _csv(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return target.getvalue()
