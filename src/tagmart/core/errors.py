"""The one kind of error that a person is meant to read."""

from __future__ import annotations


class TagmartError(Exception):
    """Something a person can act on: what happened, where, what was seen, what to do.

    Args:
        what: what is wrong, in one sentence without a full stop.
        where: file, line, byte, column, table or step.
        seen: the value or state that was found.
        do: the next move of the person who reads it.
    """

    def __init__(self, what: str, *, where: str = "", seen: str = "", do: str = "") -> None:
        self.what, self.where, self.seen, self.do = what, where, seen, do
        super().__init__(what)

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.seen:
            parts.append(f"Seen: {self.seen}")
        if self.do:
            parts.append(f"Do: {self.do}")
        return " ".join(part if part.endswith((".", "?", "!")) else part + "." for part in parts)


class BusyError(TagmartError):
    """Somebody else is writing: the one failure that a later try, with nothing changed, can cure."""


def nearest(word: str, known: list[str] | set[str] | tuple[str, ...]) -> str:
    """Return ``Did you mean 'x'?`` for the known word nearest to `word`, or an empty string."""
    import difflib

    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"Did you mean '{close[0]}'?" if close else ""
