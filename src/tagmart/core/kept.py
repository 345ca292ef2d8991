"""Files that are kept between nights because they are dear to make, each named after a hash of all that it was made of."""

from __future__ import annotations

from pathlib import Path

# A bank and a branch each have one of a kind.
MOST_KEPT = 8


def forget_older(folder: Path, ending: str) -> None:
    """Remove all but the last used files of a kind.

    Args:
        folder: where they lie.
        ending: of the names of the kind, with its dot.
    """
    by_use = sorted(folder.glob(f"*{ending}"), key=lambda each: each.stat().st_mtime, reverse=True)
    for old in by_use[MOST_KEPT:]:
        old.unlink(missing_ok=True)
