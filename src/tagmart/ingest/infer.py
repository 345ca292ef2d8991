"""A first draft of a contract from a sample file, for a person to go through line by line."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tagmart.contracts import Column
from tagmart.contracts.forbidden import why_never
from tagmart.contracts.model import DAILY_KIND, INITIAL_KIND, ColumnType
from tagmart.contracts.parts import RESERVED
from tagmart.core.errors import TagmartError
from tagmart.ingest.infer_columns import DATES, TIMESTAMPS, Guess, date_form, guess_column, guess_key, no_dates
from tagmart.ingest.infer_form import Sample, read_sample

CONTROL = {".ok": "list", ".ctl": "keys", ".flg": "flag"}
ONCE = "a date and a kind are not in the file's name, so it is taken for a file that comes once"


@dataclass(frozen=True)
class _Name:
    """What a file's name says: its pattern, and what stands for the placeholders."""

    pattern: str
    feed: str
    day: str | None
    kind: str | None


@dataclass(frozen=True)
class _Draft:
    """What is guessed of a feed; see Contract for the words."""

    feed: str
    sample: Sample
    named: _Name
    load: str
    date: str | None
    timestamp: str | None
    no_dates: tuple[str, ...]
    names: list[str]
    guesses: list[Guess]
    key: list[str]
    row_date: str | None
    remarks: list[str]


def draft_contract(path: Path, feed: str | None = None) -> str:
    """The YAML of a contract that loads and accepts the sample.

    Args:
        path: the sample; its name is read too.
        feed: the feed's name; None to take it from the file's name.

    Raises:
        TagmartError: if the sample has no form that a contract can say, or holds a column that is never taken in.
    """
    sample = read_sample(path)
    named = _named(path)
    feed = feed or named.feed
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,62}", feed):
        raise TagmartError("this is no name of a feed", where="--feed", seen=repr(feed), do="use letters, digits and _")
    names = _column_names(sample, feed)
    texts = [[row[at] for row in sample.rows] for at in range(len(names))]
    # In a file of fixed width a number has blanks before it; before a text they are its own.
    columns = [[value.strip() for value in values] for values in texts] if sample.widths else texts
    date, timestamp = date_form(columns, DATES), date_form(columns, TIMESTAMPS)
    guesses = [guess_column(name, values, date, timestamp) for name, values in zip(names, columns, strict=True)]
    if sample.widths:
        columns = [text if guess.kind.startswith("string") else values
                   for text, guess, values in zip(texts, guesses, columns, strict=True)]
        guesses = [guess_column(name, values, date, timestamp) for name, values in zip(names, columns, strict=True)]
    rows = [list(row) for row in zip(*columns, strict=True)]
    is_delta = names[0] == "op" and bool(sample.rows) and set(columns[0]) <= {"I", "U", "D"}
    if is_delta:
        guesses[0] = Guess("string(1)", True, ("I", "U", "D"))
    load, remarks = _load(named, is_delta)
    key, is_unique = guess_key(guesses[is_delta:], [row[is_delta:] for row in rows])
    key_names = [names[at + is_delta] for at in key]
    if not sample.rows:
        remarks.append("the sample has no rows: it shows neither types nor the key")
    elif not is_unique:
        remarks.append("no columns are unique in the sample: name the key yourself")
    guesses = [guess if name not in key_names else _required(guess) for name, guess in zip(names, guesses, strict=True)]
    if sample.odd:
        remarks.append(f"{sample.odd:,} lines have another number of fields than the rest")
    if sample.is_cut:
        remarks.append(f"only the first {len(sample.rows):,} rows were looked at")
    if sample.widths:
        remarks.append(f"a record is {sum(sample.widths)} bytes, that is certain; where its fields begin and end is guessed from blanks, dates and"
                       " where numbers and letters meet: two fields without a blank between them may pass for one, and a decimal without its"
                       " point for a whole number. Have the source say the widths")
    row_date = _row_date(named, load, names, columns, guesses, date)
    return _written(path, _Draft(feed, sample, named, load, date, timestamp, no_dates(columns, date), names, guesses, key_names,
                                 row_date, remarks))


def _named(path: Path) -> _Name:
    """The pattern of the file's name: its date, kind and part are what changes."""
    day = re.search(r"(?<!\d)((?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?!\d)", path.name)
    kind = re.search(r"(?<=[_.-])([IFDJ])(?=[_.-])", path.name)
    stem = path.name.split(".")[0][: day.start()] if day and day.start() else path.name.split(".")[0]
    feed = re.sub(r"\W+", "_", stem, flags=re.ASCII).strip("_").lower() or "feed"
    feed = feed if feed[0].isalpha() else f"feed_{feed}"
    if not day or not kind or {"{", "}"} & set(path.name):
        return _Name(path.name, feed, None, None)
    spans = [(day.span(1), "{biz_date}"), (kind.span(1), "{kind}")]
    if part := re.search(r"(?<=[_.-])(\d{3})(?=\.)", path.name):
        spans.append((part.span(1), "{part}"))
    pattern = path.name
    for (begin, end), word in sorted(spans, reverse=True):
        pattern = pattern[:begin] + word + pattern[end:]
    return _Name(pattern, feed, day.group(1), kind.group(1))


def _load(named: _Name, is_delta: bool) -> tuple[str, list[str]]:
    """The load, and what to look at."""
    if named.kind is None:
        return "static", [ONCE]
    if is_delta and named.kind in ("D", INITIAL_KIND):
        return "delta", []
    load = next((load for load, kind in DAILY_KIND.items() if kind == named.kind), "full")
    if load == "delta":
        return "static", ["the kind in the file's name is D, but there is no column op with I, U, D: it cannot be a delta as it is"]
    return load, ["an initial load: say whether full or journal deliveries follow"] if named.kind == INITIAL_KIND else []


def _column_names(sample: Sample, feed: str) -> list[str]:
    """The names of the header, or numbers.

    Raises:
        TagmartError: for names that no contract may have.
    """
    names = list(sample.header or ())
    if not names:
        width = len(sample.rows[0]) if sample.rows else len(sample.head or ("",))
        names = [f"c{at:02d}" for at in range(1, width + 1)]
    for name in names:
        if name.lower() in RESERVED:
            raise TagmartError("the loader adds a column of this name itself", where="line 1", seen=name,
                               do="have the source name the column otherwise")
        if reason := why_never(feed, Column(name, ColumnType("string", 1))):
            raise TagmartError(f"tagmart never takes in {reason}", where="line 1", seen=name,
                               do="have the source leave the column out; do not keep this file")
    return names


def _row_date(
    named: _Name, load: str, names: list[str], columns: list[list[str]], guesses: list[Guess], date: str | None
) -> str | None:
    """The first date column all of whose values are the delivery's date; an initial load has other dates too."""
    if not date or not named.day or load not in ("full", "journal") or named.kind == INITIAL_KIND:
        return None
    day = datetime.strptime(named.day, "%Y%m%d").strftime(date)
    return next((name for name, values, guess in zip(names, columns, guesses, strict=True)
                 if guess.kind == "date" and set(values) == {day}), None)


def _required(guess: Guess) -> Guess:
    """A column of the key."""
    return Guess(guess.kind, True, guess.values, guess.personal, guess.check, guess.remark)


def _written(path: Path, draft: _Draft) -> str:
    """The draft as YAML."""
    sample, named, load = draft.sample, draft.named, draft.load
    name = path.name if load == "static" else named.pattern
    control, control_form = _control(path, named, load)
    form = [
        f"encoding: {sample.encoding}", f"separator: {_text(sample.separator) if sample.separator else 'fixed'}", f"quote: {_text(sample.quote) if sample.quote else 'none'}",
        f"header: {'true' if sample.header else 'false'}",
        *([f"date: {_text(draft.date)}"] if draft.date else []), *([f"timestamp: {_text(draft.timestamp)}"] if draft.timestamp else []),
        *(["trailing: true"] if sample.trailing else []), *(["crlf: true"] if sample.crlf else []),
        *([f"no_date: [{', '.join(map(_text, draft.no_dates))}]"] if draft.no_dates else []),
        *([f"head: [{', '.join(_frame(sample, sample.head, draft.feed, named))}]"] if sample.head else []),
        *([f"tail: [{', '.join(_frame(sample, sample.tail, draft.feed, named))}]"] if sample.tail else []),
    ]
    lines = [
        f"# A draft from {path.name}. It says what the sample shows: go through every line with the source.",
        *(f"# Look at this: {remark}." for remark in draft.remarks),
        f"feed: {draft.feed}", f"title: {{zh: {draft.feed}, en: {draft.feed}}}", "description: One row is …", f"load: {load}", "owner: the source's owner",
        "files:", f"  name: {_text(name)}", f"  control: {_text(control) if control else 'none'}",
        *([f"  control_form: {control_form}"] if control else []),
        f"  delivery: {'static' if load == 'static' else 'daily'}",
        f"form: {{{', '.join(form)}}}",
        *([f"row_date: {_text(draft.row_date)}"] if draft.row_date else []),
        f"key: [{', '.join(map(_text, draft.key))}]", "limits: {bad_share: 0}", f"allow_empty: {'false' if sample.rows else 'true'}", "columns:",
    ]
    for at, (column, guess) in enumerate(zip(draft.names, draft.guesses, strict=True)):
        parts = [f"name: {_text(column)}", f"type: {_text(guess.kind)}"]
        parts += [f"width: {sample.widths[at]}"] if sample.widths else []
        parts += ["required: true"] if guess.required else []
        parts += [f"values: [{', '.join(map(_text, guess.values))}]"] if guess.values else []
        parts += [f"personal: {guess.personal}"] if guess.personal else []
        parts += [f"check: {guess.check}"] if guess.check else []
        parts += [f"description: {_text(sample.labels[at])}"] if sample.labels else []
        lines.append(f"  - {{{', '.join(parts)}}}" + (f"  # {guess.remark}" if guess.remark and sample.rows else ""))
    return "\n".join(lines) + "\n"


def _control(path: Path, named: _Name, load: str) -> tuple[str | None, str]:
    """The control file that lies beside the sample, as a pattern, and its form."""
    stem, pattern = re.sub(r"[_-]\d{3}(?=\.)", "", path.name), re.sub(r"[_-]\{part\}(?=\.)", "", named.pattern)
    for suffix, form in CONTROL.items():
        if (path.parent / (stem.split(".")[0] + suffix)).is_file():
            return (stem if load == "static" else pattern).split(".")[0] + suffix, form
    return None, "list"


def _frame(sample: Sample, fields: tuple[str, ...], feed: str, named: _Name) -> list[str]:
    """What the fields of a head or tail record seem to hold."""
    if fields == sample.labels:
        return ["any"] * len(fields)
    said = {named.day: "biz_date", feed: "feed", feed.upper(): "feed"}
    said |= {} if sample.is_cut or sample.odd else {str(len(sample.rows)): "rows"}
    words = []
    for at, field in enumerate(fields):
        word = said.get(field, said.get(field.strip().lstrip("0"), "any") if sample.widths else "any")
        if at == 0 and word == "any" and field and not re.search(r"[:\d]", field):
            word = f"={field.strip()}" if sample.widths else _text(f"={field}")
        words.append(_text(f"{word}:{len(field)}") if sample.widths else word)
    return words


def _text(text: str) -> str:
    """A text as YAML, always in quotes: JSON's are YAML's."""
    return json.dumps(text, ensure_ascii=False)
