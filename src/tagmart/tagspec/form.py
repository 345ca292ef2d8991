"""Reading YAML with errors that name the file, the thing, the value seen and the nearest word that is known."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from tagmart.core.errors import TagmartError, nearest
from tagmart.tagspec.model import Text

# libyaml where it is built in: thirty contracts and two hundred columns are read in a fifth of the time.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_all(path: Path, where: str) -> list[Any]:
    """The documents of a YAML file that are not empty.

    Raises:
        TagmartError: if the file is not YAML, with the line.
    """
    try:
        documents = list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=LOADER))
    except yaml.YAMLError as error:
        raise TagmartError(
            "is not YAML", where=where, seen=" ".join(str(error).split()), do="mend that line"
        ) from error
    return [document for document in documents if document is not None]


def mapping(value: Any, where: str) -> Mapping[str, Any]:
    """`value` as a mapping with text keys.

    Raises:
        TagmartError: if it is something else.
    """
    if not isinstance(value, dict):
        raise TagmartError("expected `key: value` pairs", where=where, seen=repr(value))
    return {str(key): entry for key, entry in value.items()}


def words(value: Any, where: str) -> tuple[str, ...]:
    """A word or a list of words as a tuple.

    Raises:
        TagmartError: if it is neither.
    """
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(word, str | int) for word in value):
        raise TagmartError("expected a word or a list of words", where=where, seen=repr(value))
    return tuple(str(word) for word in value)


def choose(word: Any, known: Collection[str], what: str, where: str) -> str:
    """`word` if it is known.

    Args:
        what: what the word is, as "measure 'day_cnt' has agg".

    Raises:
        TagmartError: else, with the nearest known word.
    """
    if isinstance(word, str) and word in known:
        return word
    hint = nearest(str(word), tuple(known)) or f"Known are {', '.join(known)}"
    raise TagmartError(f"{what} '{word}'. {hint}", where=where)


def only_keys(entry: Mapping[str, Any], known: Collection[str], what: str, where: str) -> None:
    """Refuse keys that nobody reads.

    Raises:
        TagmartError: for the first key that is not known.
    """
    for key in entry:
        choose(key, known, f"{what} has an unknown key", where)


def needed(entry: Mapping[str, Any], key: str, what: str, where: str) -> Any:
    """The value of a key that must be there.

    Raises:
        TagmartError: if it is not.
    """
    if key not in entry:
        raise TagmartError(f"{what} has no '{key}'", where=where, do=f"add `{key}:`")
    return entry[key]


def text(entry: Mapping[str, Any], what: str, where: str) -> Text:
    """The labels `zh` and `en` of an entry.

    Raises:
        TagmartError: if one of them is not there.
    """
    return Text(str(needed(entry, "zh", what, where)), str(needed(entry, "en", what, where)))


def replacement(entry: Mapping[str, Any], what: str, where: str) -> str:
    """What to use instead of a deprecated tag or family: a name, or `none`. Empty while it is not deprecated.

    Raises:
        TagmartError: if something is deprecated and does not say it, or says it and is not deprecated.
    """
    named, is_leaving = str(entry.get("replacement", "")), entry.get("status") == "deprecated"
    if is_leaving and not named:
        raise TagmartError(f"{what} is deprecated without a replacement", where=where, do="add `replacement:`, or `none`")
    if named and not is_leaving:
        raise TagmartError(f"{what} has a replacement and is not deprecated", where=where, do="add `status: deprecated`")
    return named
