"""A number that a bank sets: one key of a small YAML file."""

from __future__ import annotations

from pathlib import Path

from tagmart.core.errors import TagmartError
from tagmart.core.plain_yaml import read_yaml


def whole_number(path: Path, key: str, what: str, example: int) -> int:
    """The whole number that a file says.

    Args:
        path: the YAML file.
        key: under which it stands.
        what: what is not said if it is missing, for the message.
        example: a number that is usual, for the message.

    Raises:
        TagmartError: if there is no such file, or it says no whole number under the key.
    """
    content = read_yaml(path) if path.is_file() else None
    if not isinstance(content, dict) or not isinstance(content.get(key), int):
        raise TagmartError(what, where=str(path), seen=repr(content), do=f"write `{key}: {example}`")
    return content[key]
