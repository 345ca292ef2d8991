"""Small pieces of SQL text, the same in every generated file."""

from __future__ import annotations

from collections.abc import Iterable

INDENT = " " * 4
# Slices whose codes are words of SQL.
RESERVED = ("order",)


def cte(name: str, body: str) -> str:
    """A common table expression."""
    return f"{name} as (\n{indented(body)}\n)"


def indented(text: str, depth: int = 1) -> str:
    """Every line that is not empty, deeper by so many steps."""
    return "\n".join(INDENT * depth + line if line else line for line in text.split("\n"))


def listed(lines: Iterable[str]) -> str:
    """A list, one entry a line."""
    return indented(",\n".join(lines))


def quoted(values: Iterable[str]) -> str:
    """Words as a list of SQL texts."""
    return ", ".join(f"'{value}'" for value in values)


def column_name(code: str) -> str:
    """The column of a slice."""
    return f'"{code}"' if code in RESERVED else code
