"""`tagmart tags new`: the first draft of a family or of a one-off, which works as it is and waits to be edited."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings
from tagmart.tagspec.form import choose, mapping
from tagmart.tagspec.model import Table, Vocabulary
from tagmart.tagspec.read import family_of
from tagmart.tagspec.vocabulary import WORDS_FILE, read_vocabulary

NAME = re.compile(r"[a-z][a-z0-9_]*")
# What a first draft measures, in this order, as far as the partial has the column.
FLOWS, STATES = ("amt_sum", "cnt", "day_cnt"), ("bal", "davg")
FIRST_WINDOWS = "[30d, 90d]"


def new_family(
    settings: Settings, family: str, entity: str, table: str, theme: str, zh: str, en: str
) -> tuple[Path, ...]:
    """Append a block to tag_specs/<entity>/<theme>.yml, and the words of the family to words.yml where it has none.

    Args:
        family: the word that its tags begin with.
        table: the daily partial that it folds.
        theme, zh, en: theme and object of the family; needed only where words.yml does not have it.

    Returns:
        The files that were written.

    Raises:
        TagmartError: if the partial is unknown, or a new family lacks its words; then nothing has been written.
    """
    vocabulary = read_vocabulary(settings.specs_dir, entity)
    known = vocabulary.tables[choose(table, vocabulary.tables, "--from", f"{entity}/{WORDS_FILE}")]
    written = []
    words = settings.specs_dir / entity / WORDS_FILE
    if family in vocabulary.families:
        theme = vocabulary.families[family].theme
        body = words.read_text(encoding="utf-8")
    else:
        body = _with_family(words, family, theme, zh, en, vocabulary)
        written.append(words)
    block = _block(family, known, vocabulary)
    if family in vocabulary.families:
        family_of(mapping(yaml.safe_load(block), "draft"), entity, "draft", vocabulary)
    spec = settings.specs_dir / entity / f"{theme}.yml"
    earlier = spec.read_text(encoding="utf-8") if spec.is_file() else ""
    spec.write_text(f"{earlier}---\n{block}" if earlier else block, encoding="utf-8")
    if written:
        words.write_text(body, encoding="utf-8")
    return (*written, spec)


def new_one_off(settings: Settings, name: str, entity: str, reads: str, theme: str) -> tuple[Path, ...]:
    """Write models/tags/<entity>/<name>.sql and .yml: one tag that says whether the customer has a row.

    Raises:
        TagmartError: if the name is not tag_<entity>_<subject>, it is there already, or `reads` is no model of dwd.
    """
    subject = name.removeprefix(f"tag_{entity}_")
    if subject == name or not NAME.fullmatch(name):
        raise TagmartError(f"a one-off of {entity} is named tag_{entity}_<subject>", where=name)
    vocabulary = read_vocabulary(settings.specs_dir, entity)
    choose(theme, vocabulary.themes, "--theme", name)
    dwd = {path.stem for path in (settings.dbt_project / "models" / "dwd").glob("*.sql")}
    choose(reads, dwd, "--from", name)
    folder = settings.dbt_project / "models" / "tags" / entity
    sql, yml = folder / f"{name}.sql", folder / f"{name}.yml"
    if sql.exists() or yml.exists():
        raise TagmartError("this model is there already", where=str(sql), do="edit it, or choose another name")
    family = next(code for code, words in vocabulary.families.items() if words.theme == theme)
    feed = reads.removeprefix("dwd_")
    sql.write_text(SQL.format(entity=entity, reads=reads, tag=f"{family}_has_{subject}", feed=vocabulary.spine, rows=feed),
                   encoding="utf-8")
    yml.write_text(YML.format(name=name, entity=entity, theme=theme, family=family, tag=f"{family}_has_{subject}",
                              feed=vocabulary.spine, rows=feed), encoding="utf-8")
    return sql, yml


def _block(family: str, table: Table, vocabulary: Vocabulary) -> str:
    """The lines of a first draft: the total of a new family, another cut of one that has tags already."""
    measures = [name for name in (*FLOWS, *STATES) if name in vocabulary.measures
                and vocabulary.measures[name].of in table.folds]
    has_flow = any(vocabulary.measures[name].kind == "flow" for name in measures)
    lines = [f"family: {family}", f"from: {table.name}"]
    if family in vocabulary.families and table.slices:
        first = next(iter(table.slices))
        # Two models of one family need two names.
        lines += [f"slices: {{{first}: all}}", f"combos: [[{first}]]", "model: draft"]
    else:
        lines += ["combos: [[]]"]
    lines += [f"measures: [{', '.join(measures)}]", *([f"windows: {FIRST_WINDOWS}"] if has_flow else []), "missing: zero"]
    return "\n".join([*lines, ""])


def _with_family(path: Path, family: str, theme: str, zh: str, en: str, vocabulary: Vocabulary) -> str:
    """words.yml with the words of a new family, last in the order of the wide table."""
    if not NAME.fullmatch(family):
        raise TagmartError(f"'{family}' is no name of a family", where=path.name, do="use lower case letters")
    choose(theme, vocabulary.themes, "--theme", path.name)
    if not zh or not en:
        raise TagmartError(f"family '{family}' is new", where=path.name, do="say what its labels call it: --zh and --en")
    body = path.read_text(encoding="utf-8")
    place = body.index("\ntables:")
    line = f"  {family}: {{zh: {zh}, en: {en}, theme: {theme}, product: {family}}}\n"
    return f"{body[:place].rstrip()}\n{line}{body[place:]}"


SQL = """-- a row is one {entity} customer of the spine; …
{{% set feeds = ['{feed}'] %}}

with spine as (
    select customer_id from {{{{ ref('dws_{entity}_spine') }}}}
),

found as (
    select customer_id, count(*) as cnt from {{{{ ref('{reads}') }}}} group by customer_id
),

final as (
    select
        spine.customer_id,
        {{{{ tag_value(feeds, 'found.cnt > 0', 'boolean', 'false') }}}} as {tag}
    from spine
    left join found on spine.customer_id = found.customer_id
)

select * from final
"""
YML = """version: 2
models:
  - name: {name}
    description: "One row per {entity} customer of the spine; …"
    config:
      meta: {{entity: {entity}, theme: {theme}, family: {family}, feeds: [{feed}]}}
    columns:
      - name: customer_id
        data_type: varchar
        description: "客户编号｜Customer id"
      - name: {tag}
        data_type: boolean
        description: "是否有{rows}记录。｜Whether there is a row of {rows}."
        config: {{meta: {{zh: 有{rows}, en: Has {rows}, unit: none, missing: "false", kind: fact}}}}
"""
