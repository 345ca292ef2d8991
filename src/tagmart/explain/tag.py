"""`tagmart tags explain <tag>`: everything that is known of one tag, on one page."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.core.errors import TagmartError, nearest
from tagmart.core.settings import Settings
from tagmart.explain.descent import Descent, descent_of

if TYPE_CHECKING:
    from rich.console import RenderableType

PROFILE = (
    "row_cnt", "null_cnt", "zero_cnt", "distinct_cnt", "min_value", "max_value", "mean_value", "true_cnt",
)  # fmt: skip


def explain_tag(settings: Settings, name: str) -> RenderableType:
    """A tag's meaning, formula, lineage, owner, security, and its figures in the current published mart.

    Args:
        settings: whose catalogue, contracts and published mart are read.
        name: the tag's name or its tag_id.

    Raises:
        TagmartError: if there is no such tag, with the nearest name.
    """
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    row = catalogue_row(settings, name)
    page = Table.grid(padding=(0, 2))
    page.add_column(style="bold", no_wrap=True)
    page.add_column(overflow="fold")
    lineage = descent_of(row["model"], settings.dbt_project, settings.contracts_dir, settings.root)
    for title, value in [*facts(row), *descent(lineage), *figures(settings, row["tag_name"])]:
        page.add_row(title, Text(value))
    return Group(Text(f"{row['tag_name']}  {row['zh']}｜{row['en']}", style="bold"), page)


def catalogue_row(settings: Settings, name: str) -> dict[str, str]:
    """The line of the catalogue for a tag's name or number.

    Raises:
        TagmartError: if there is none.
    """
    path = settings.dbt_project / "seeds" / "generated" / "tag_catalog.csv"
    if not path.is_file():
        raise TagmartError("there is no catalogue", where=str(path), do="run `tagmart tags generate`")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        if name in (row["tag_name"], row["tag_id"]):
            return row
    hint = nearest(name, tuple(row["tag_name"] for row in rows))
    raise TagmartError(f"there is no tag '{name}'" + (f". {hint}" if hint else ""), where="catalogue")


def facts(row: dict[str, str]) -> list[tuple[str, str]]:
    """What the catalogue says, as titles and values."""
    security = f"{row['personal_class']}, level {row['security_level']}, {row['security_class']}"
    place = [f"{row['theme_zh']} ({row['theme_code']})", f"family {row['family']}", row["product"], row["line"]]
    return [
        ("Number", f"{row['tag_id']} · {row['entity']} · {row['status']} since {row['since']}"),
        ("Meaning", f"{row['sentence_zh']}\n{row['sentence_en']}"),
        ("Formula", row["formula"]),
        ("Value", " · ".join(part for part in (row["data_type"], row["unit"], row["value_list"], row["kind"]) if part)),
        ("No row", f"{row['missing']}; NULL without {row['source_feeds'].replace(' ', ', ')}"),
        ("Place", " · ".join(place)),
        ("Owner", f"{row['owner_business']} · computed by {row['owner_technical']}"),
        ("Security", f"{security}; for {row['purposes'].replace(' ', ', ')}"),
    ]


def descent(lineage: Descent) -> list[tuple[str, str]]:
    """The lineage as titles and values, from the tag model down to the contracts."""
    lines = [
        ("Made by", ", ".join(lineage.models["tag"])),
        ("← dws", ", ".join(lineage.models["dws"])),
        ("← dwd", ", ".join(lineage.models["dwd"])),
        ("← feeds", ", ".join(lineage.feeds)),
        ("← contracts", "\n".join(lineage.contracts)),
        ("Absent here", ", ".join(lineage.absent)),
    ]
    return [(title, value) for title, value in lines if value]


def figures(settings: Settings, name: str) -> list[tuple[str, str]]:
    """The profile of the tag in the current published mart, or why there is none."""
    mart = settings.published / "current" / "tagmart.duckdb"
    if not mart.exists():
        return [("Figures", "nothing is published yet")]
    row = _profile(mart, name)
    if row is None:
        return [("Figures", "the published mart does not have this tag yet")]
    biz_date, values = row
    shown = ", ".join(f"{title} {value}" for title, value in zip(PROFILE, values, strict=True) if value is not None)
    return [(f"Figures {biz_date}", shown)]


def _profile(mart: Path, name: str) -> tuple[str, tuple[object, ...]] | None:
    """The business date of the mart and the tag's line of mart.tag_profile."""
    from tagmart.core.duck import connect

    connection = connect(mart, read_only=True)
    try:
        found = connection.execute(
            f"select {', '.join(PROFILE)} from mart.tag_profile where tag_name = ?", [name]
        ).fetchone()
    finally:
        connection.close()
    # current -> <biz_date>/<run_id>
    return (mart.resolve().parent.parent.name, found) if found else None
