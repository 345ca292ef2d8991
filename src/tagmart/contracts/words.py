"""The small checks that reading a contract is made of. Each refuses with the file, the key, what was seen, what to do."""

from __future__ import annotations

import re
from datetime import date
from typing import NoReturn

from tagmart.core.errors import TagmartError, nearest


def fail(where: str, key: str, what: str, seen: object, do: str) -> NoReturn:
    """Refuse the contract."""
    raise TagmartError(what, where=f"{where}: {key}" if key else where, seen=str(seen), do=do)


def known(where: str, key: str, raw: object, needed: tuple[str, ...], allowed: tuple[str, ...]) -> dict:
    """A block with all the keys it needs and none that is unknown."""
    if not isinstance(raw, dict):
        fail(where, key, "this is not a block of keys", repr(raw), f"write {', '.join(needed or allowed)}")
    for name in raw:
        if name not in allowed:
            fail(where, key, f"unknown key '{name}'", name,
                  nearest(str(name), set(allowed)) or f"use {', '.join(allowed)}")
    for name in needed:
        if raw.get(name) is None:
            fail(where, key, f"key '{name}' is missing", ", ".join(map(str, raw)) or "nothing", f"write {name}: ...")
    return raw


def one_of(where: str, key: str, raw: object, words: tuple[str, ...]) -> str:
    """One of a few words."""
    if raw not in words:
        fail(where, key, "unknown word", repr(raw), nearest(str(raw), words) or f"use one of {', '.join(words)}")
    return str(raw)


def text_of(where: str, key: str, raw: object) -> str:
    """A text that is not empty."""
    if not isinstance(raw, str) or not raw:
        fail(where, key, "this is not a text", repr(raw), "write a text, in quotes where YAML needs them")
    return raw


def name_of(where: str, key: str, raw: object) -> str:
    """A name that can be a table or a column."""
    if isinstance(raw, bool):
        fail(where, key, "YAML reads this word as true or false", str(raw), "put the name in quotes")
    if not isinstance(raw, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,62}", raw):
        fail(where, key, "this is no name", repr(raw), "use letters, digits and _, and begin with a letter")
    return raw


def list_of(where: str, key: str, raw: object) -> list:
    """A list."""
    if not isinstance(raw, list):
        fail(where, key, "this is not a list", repr(raw), "write [a, b]")
    return raw


def flag_of(where: str, key: str, raw: object) -> bool:
    """true or false."""
    if not isinstance(raw, bool):
        fail(where, key, "this is neither true nor false", repr(raw), "write true or false")
    return raw


def share_of(where: str, key: str, raw: object) -> float:
    """A share from 0 to 1."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw <= 1:
        fail(where, key, "this is not a share", repr(raw), "write a number from 0 to 1: 0.001 is one row in a thousand")
    return float(raw)


def whole_of(where: str, key: str, raw: object, least: int, most: int | None = None) -> int:
    """A whole number from `least` to `most`."""
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < least or (most is not None and raw > most):
        fail(where, key, "this is not such a number", repr(raw),
             f"write a whole number from {least}" + (f" to {most}" if most is not None else ""))
    return raw


def date_of(where: str, key: str, raw: object) -> date | None:
    """A date, or None where nothing is written."""
    if raw is not None and type(raw) is not date:
        fail(where, key, "this is not a date", repr(raw), "write it like 2026-06-30, without quotes")
    return raw
