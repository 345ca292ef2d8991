"""`tagmart why tag`: the receipt of one value, from the published file down to the lines of the source files."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.core.duck import identifier, literal
from tagmart.core.errors import TagmartError, nearest
from tagmart.core.mart import (
    MART_FILE,
    RESTRICTED_FILE,
    RUN_MANIFEST,
    TAG_CATALOG,
    TAGS_PREFIX,
    qualified,
    table_columns,
)
from tagmart.core.settings import Settings
from tagmart.explain.descent import REF
from tagmart.explain.lineage import CATALOGUES
from tagmart.explain.partial import Folded, Row, fold, spans_of
from tagmart.explain.receipt import UnfoldableError
from tagmart.explain.rows import SHOWN_LAYER, Shelf, Slip, model_files
from tagmart.explain.trial import workbench
from tagmart.tagspec.expand import tag_models
from tagmart.tagspec.model import Tag, TagModel, Vocabulary
from tagmart.tagspec.read import read_families
from tagmart.tagspec.render import TAGS, relation_of, rendered
from tagmart.tagspec.vocabulary import read_vocabulary

if TYPE_CHECKING:
    import duckdb

# Of a definition: the model of the tag and what it stands on, down to the partials.
DEFINED_BY = ("tag", "fold", "dws")


@dataclass(frozen=True)
class Value:
    """A value as a published run says it.

    Attributes:
        row: the tag's line of that run's catalogue.
        value: the value; None where it is empty.
        customer: whose.
        biz_date, run_id: the run.
        code: the revision of the code that made it, as the run's manifest says.
        bases: of a derived tag the values of the tags that it was made of, by their names.
    """

    row: Mapping[str, object]
    value: object
    customer: str
    biz_date: date
    run_id: str
    code: str
    bases: Mapping[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.row["tag_name"])


@dataclass(frozen=True)
class Receipt:
    """What made a value.

    Attributes:
        value: what was published.
        window: the days that it speaks of, in words; empty where none are known.
        definition: fingerprint of the SQL of the checkout, and which models that is.
        proof: what the rows come to when they are put together again; empty where nobody can tell.
        partial: of a generated tag its partial, slices and what it measures.
        rows: the rows of the partial.
        slips: the dwd rows.
        notes: what a reader must know about the rows.
        same: whether the rows come to the published value; None where nobody can tell.
    """

    value: Value
    window: str
    definition: tuple[str, tuple[str, ...]]
    notes: tuple[str, ...] = ()
    proof: str = ""
    same: bool | None = None
    partial: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    slips: tuple[Slip, ...] = ()
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def why_tag(settings: Settings, folder: Path, customer: str, name: str, restricted: bool = False) -> Receipt:
    """The receipt of one tag of one customer.

    Args:
        settings: whose checkout and warehouse are read.
        folder: published/<biz_date>/<run_id>.
        customer: the customer's number.
        name: the tag's name or number.
        restricted: true to read the restricted file, whose very names disclose.

    Raises:
        TagmartError: if the run has no such tag or no such customer.
    """
    value = _published(folder, customer, name, restricted)
    entity = str(value.row["entity"])
    vocabulary = read_vocabulary(settings.specs_dir, entity)
    made = [
        (tag, model) for model in tag_models(read_families(settings.specs_dir, entity, vocabulary), vocabulary)
        for tag in model.tags if tag.name == value.name
    ]  # fmt: skip
    definition = definition_of(settings, str(value.row["model"]))
    now = _of_now(settings, value)
    window = _window(value, made[0][0] if made else None, vocabulary)
    if not definition[1]:
        return Receipt(value, window, definition, now)
    try:
        with workbench(settings) as (connection, stands_at):
            withheld = frozenset() if restricted else _withheld(connection, settings, entity)
            shelf = Shelf(
                settings, connection, customer, value.biz_date, frozenset(vocabulary.slices),
                _told(connection, entity, value.name), withheld,
            )  # fmt: skip
            return _receipt(shelf, stands_at, value, made, vocabulary, (window, definition), now)
    except TagmartError as error:
        return Receipt(value, window, definition, (*now, f"The rows cannot be shown: {error}"))


def _of_now(settings: Settings, value: Value) -> tuple[str, ...]:
    """What has become of the definition since the run: the rows are read by that of the checkout."""
    for file in CATALOGUES:
        with (settings.dbt_project / "seeds" / "generated" / file).open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                if (row["entity"], row["tag_name"]) == (value.row["entity"], value.name):
                    if all(row[key] == (value.row[key] or "") for key in ("formula", "sentence_en", "model", "data_type")):
                        return ()
                    return (f"The checkout defines it otherwise than the run did: {row['sentence_en']} Formula: {row['formula']}",)
    return ("The checkout has this tag no more: which rows made it cannot be told.",)


def _receipt(
    shelf: Shelf, stands_at: date, value: Value, made: Sequence[tuple[Tag, TagModel]], vocabulary: Vocabulary,
    known: tuple[str, tuple[str, tuple[str, ...]]], now: tuple[str, ...],
) -> Receipt:  # fmt: skip
    """The rows of the warehouse behind a published value."""
    notes = [*now, *_notes(shelf.connection, stands_at, value)]
    notes += [f"Rows of {table} are shown only with --restricted." for table in sorted(shelf.withheld & set(shelf.told))]
    if stands_at < value.biz_date:
        return Receipt(value, *known, tuple(notes))
    if made:
        tag, model = made[0]
        table, of = model.family.table, tag.column.measure.of
        rows = shelf.partial_rows(table, of)
        folded = fold(tag, model, rows, value.biz_date, vocabulary)
        try:
            slips = shelf.behind_partial(table, of, folded.rows, spans_of(tag.column, value.biz_date))
        except UnfoldableError as error:
            slips = shelf.of_customer(_inputs(shelf, value))
            notes.append(_all_rows(error))
        again = folded.value if value.value is not None or not _absent(shelf.connection, value) else None
        return Receipt(
            value, *known, tuple(notes), _proof(again, value.value, folded), again == value.value,
            (table.name, of, *table.slices), folded.rows, tuple(slips), {one: shelf.shown(one) for one in _sources(slips)},
        )  # fmt: skip
    return _of_handwritten(shelf, value, known, notes)


def _of_handwritten(
    shelf: Shelf, value: Value, known: tuple[str, tuple[str, tuple[str, ...]]], notes: list[str]
) -> Receipt:
    path = model_files(shelf.settings)[str(value.row["model"])]
    sql = rendered(path.read_text(encoding="utf-8"), shelf.settings.dbt_project)
    proof, same = "", None
    try:
        again, slips = shelf.behind_tag(sql, value.name)
        if not slips and shelf.told:
            # Its rows may be those of somebody else: the owner of a merchant, the companies of a group.
            again, slips = shelf.behind_tag(sql, value.name, whoever=True)
            notes += ["The rows are of others: of an owner, of a group, of a list."] if slips else []
        same, proof = again == value.value, _proof(again, value.value, None, bool(slips))
    except UnfoldableError as error:
        slips = shelf.of_customer(_inputs(shelf, value))
        notes.append(_all_rows(error))
    columns = {one: shelf.shown(one) for one in _sources(slips)}
    return Receipt(value, *known, tuple(notes), proof, same, slips=tuple(slips), columns=columns)


def _sources(slips: Sequence[Slip]) -> dict[str, None]:
    return dict.fromkeys(slip.source for slip in slips)


def _inputs(shelf: Shelf, value: Value) -> list[str]:
    """The dwd tables that a tag stands on: those that its value is made of, else all that its models read."""
    if shelf.told:
        return list(shelf.told)
    files, models = model_files(shelf.settings), definition_of(shelf.settings, str(value.row["model"]))[1]
    read = {name for model in models for name in REF.findall(files[model].read_text(encoding="utf-8"))}
    return sorted(relation_of(name) for name in read if name.startswith(f"{SHOWN_LAYER}_"))


def _all_rows(error: UnfoldableError) -> str:
    return f"Which rows counted cannot be told ({error}): these are all of the customer in the tables that the tag reads."


def _published(folder: Path, customer: str, name: str, restricted: bool) -> Value:
    """What a published run says; the restricted file is opened only where somebody asks for it."""
    from tagmart.core.duck import connect

    known: list[str] = []
    entities: list[str] = []
    for file in (MART_FILE, RESTRICTED_FILE) if restricted else (MART_FILE,):
        with connect(folder / file, read_only=True) as connection:
            found = connection.execute(f"select * from {qualified(TAG_CATALOG)}")
            columns = [column[0] for column in found.description]
            for row in (dict(zip(columns, each, strict=True)) for each in found.fetchall()):
                known.append(str(row["tag_name"]))
                if name in (row["tag_name"], row["tag_id"]):
                    # Several entities may have a tag of one name: the customer says which is meant.
                    entities.append(str(row["entity"]))
                    if value := _value(connection, folder, row, customer):
                        return value
    if entities:
        raise TagmartError(
            f"the run has no such {' or '.join(entities)} customer", where=str(folder),
            do=f"'{name}' is a tag of {' and '.join(entities)} customers: check the number and whose it is",
        )  # fmt: skip
    hint = nearest(name, tuple(known))
    raise TagmartError(
        f"the run has no tag '{name}'" + (f". {hint}" if hint else ""), where=str(folder),
        do="see the run's mart.tag_catalog" + ("" if restricted else "; tags of the restricted file need --restricted"),
    )  # fmt: skip


def _value(
    connection: duckdb.DuckDBPyConnection, folder: Path, row: Mapping[str, object], customer: str
) -> Value | None:
    """The value of a customer, from the file whose catalogue has the tag; None if its entity has no such customer."""
    table, whose = qualified(TAGS_PREFIX + str(row["entity"])), f"where customer_id = {literal(customer)}"
    value = connection.execute(f"select {identifier(str(row['tag_name']))} from {table} {whose}").fetchone()
    if value is None:
        return None
    manifest = qualified(RUN_MANIFEST.name)
    code = connection.execute(f"select value from {manifest} where kind = 'run' and name = 'code_revision'").fetchone()
    return Value(
        row, value[0], customer, date.fromisoformat(folder.parent.name), folder.name, code[0] if code else "",
        _bases(connection, row, table, whose),
    )  # fmt: skip


def _bases(
    connection: duckdb.DuckDBPyConnection, row: Mapping[str, object], table: str, whose: str
) -> dict[str, object]:
    """Of a derived tag, the tags that it was made of with their values; they stand in the same file or are not shown."""
    if not table_columns(connection, "tag_lineage"):
        return {}
    found = connection.execute(
        "select distinct column_name from mart.tag_lineage where role = 'value' and layer = ? and entity = ? and tag_name = ?"
        " and table_name <> ? and not starts_with(table_name, 'fold_') order by 1",
        [TAGS, row["entity"], row["tag_name"], row["model"]],
    ).fetchall()
    there = table_columns(connection, TAGS_PREFIX + str(row["entity"]))
    names = [name for (name,) in found if name in there and name not in ("customer_id", "biz_date")]
    if not names:
        return {}
    values = connection.execute(f"select {', '.join(map(identifier, names))} from {table} {whose}").fetchone()
    return dict(zip(names, values, strict=True))


def _told(connection: duckdb.DuckDBPyConnection, entity: str, name: str) -> dict[str, frozenset[str]]:
    """The dwd columns that the value of a tag is made of, by table."""
    found = connection.execute(
        f"select '{SHOWN_LAYER}.' || table_name, list(column_name) from ops.tag_lineage"
        " where layer = ? and role = 'value' and entity = ? and tag_name = ? group by 1 order by 1",
        [SHOWN_LAYER, entity, name],
    ).fetchall()
    return {table: frozenset(columns) for table, columns in found}


def _withheld(connection: duckdb.DuckDBPyConnection, settings: Settings, entity: str) -> frozenset[str]:
    """Tables of which more restricted tags are made than others: to see a row of theirs is to be told a restricted value."""
    with (settings.dbt_project / "seeds" / "generated" / CATALOGUES[1]).open(encoding="utf-8", newline="") as lines:
        hidden = ", ".join(["''", *(literal(row["tag_name"]) for row in csv.DictReader(lines) if row["entity"] == entity)])
    found = connection.execute(
        f"select '{SHOWN_LAYER}.' || table_name from ops.tag_lineage where layer = ? and role = 'value' and entity = ?"
        f" group by 1 having count(distinct tag_name) filter (where tag_name in ({hidden})) * 2 > count(distinct tag_name)",
        [SHOWN_LAYER, entity],
    ).fetchall()
    return frozenset(table for (table,) in found)


def _notes(connection: duckdb.DuckDBPyConnection, stands_at: date, value: Value) -> Iterator[str]:
    """What a reader of the rows must know: the warehouse keeps one state, and that is its last night's."""
    run_id = connection.execute("select run_id from ops.run_context").fetchone()[0]
    if stands_at < value.biz_date:
        yield f"The warehouse stands at {stands_at}, before {value.biz_date}: it has no rows of that night."
    elif stands_at > value.biz_date:
        yield (
            f"The warehouse has gone on to {stands_at}: these are the rows up to {value.biz_date} as they stand now."
            " What was sent again, corrected or merged since, and states that have no history, show as they are today."
        )
    elif run_id != value.run_id:
        yield f"The warehouse was built again by {run_id}: these are its rows, not those of {value.run_id}."
    if value.value is None:
        absent = _absent(connection, value)
        yield (
            f"It is empty because this bank does not deliver {', '.join(absent)}."
            if absent else f"It is empty: where there is no row the definition says {value.row['missing']}."
        )  # fmt: skip


def _absent(connection: duckdb.DuckDBPyConnection, value: Value) -> list[str]:
    """Feeds that the tag needs and the bank does not have."""
    found = connection.execute("select * from ops.feed_present")
    present = dict(zip((column[0] for column in found.description), found.fetchone(), strict=True))
    return [feed for feed in str(value.row["source_feeds"]).split() if not present.get(feed)]


def _proof(again: object, published: object, folded: Folded | None, has_rows: bool = True) -> str:
    """What the rows come to, beside what was published."""
    lead = "Computed again from these rows:" if has_rows else "Computed again; no stored row of the customer counts:"
    if folded:
        lead = f"{len(folded.rows)} row(s) fold to"
    of = f" of {folded.whole:,}" if folded and folded.whole is not None else ""
    if again == published:
        return f"{lead} {said(again)}{of} = published {said(published)}"
    return f"{lead} {said(again)}{of}, and published is {said(published)}: they differ"


def said(value: object) -> str:
    """A value on a page; an empty one is NULL."""
    return "NULL" if value is None else str(value)


def _window(value: Value, tag: Tag | None, vocabulary: Vocabulary) -> str:
    """The days that the tag speaks of on its date."""
    if tag:
        return " and ".join(map(str, spans_of(tag.column, value.biz_date)))
    window = vocabulary.windows.get(str(value.row["window_code"] or ""))
    if window:
        from tagmart.explain.partial import Span
        from tagmart.tagspec.windows import bounds

        return str(Span(*bounds(window, value.biz_date)))
    return f"as of {value.biz_date}"


def definition_of(settings: Settings, model: str) -> tuple[str, tuple[str, ...]]:
    """The fingerprint of a tag model as the checkout has it, and the models that it covers.

    It changes with the SQL of the model and of all tag models, folds and partials that it stands on.
    """
    files = model_files(settings)
    seen: dict[str, str] = {}
    waiting = [model]
    while waiting:
        name = waiting.pop()
        if name not in seen and name in files and name.split("_")[0] in DEFINED_BY:
            seen[name] = files[name].read_text(encoding="utf-8")
            waiting += REF.findall(seen[name])
    whole = "\n".join(f"{name}\n{seen[name]}" for name in sorted(seen))
    return sha256(whole.encode()).hexdigest()[:12], tuple(sorted(seen, key=lambda name: (DEFINED_BY.index(name.split("_")[0]), name)))
