"""What can be wrong with a row before its values are looked at, and how a bad row is told."""

from __future__ import annotations

from dataclasses import dataclass

FIELDS_RULE = "number of fields"
LENGTH_RULE = "length of the line"
ENCODING_RULE = "encoding"
CONTROL_RULE = "control character"
TRAILING_RULE = "separator at the end of the line"
QUOTING_RULE = "quoting"
DUPLICATE_RULE = "duplicate key"

# Line, column ("" where it is the line as a whole), rule, what was seen.
Fault = tuple[int, str, str, str]


@dataclass(frozen=True)
class BadRow:
    """A row that broke the contract.

    Attributes:
        part: which part of the delivery, from 0.
        line: line in that part, from 1; the header counts.
        column: the column, empty where the row as a whole is at fault.
        rule: what was broken.
        seen: the value or state that was found.
    """

    part: int
    line: int
    column: str
    rule: str
    seen: str

    @property
    def shows_value(self) -> bool:
        """True where `seen` is the column's value; else it says where something is, and holds nothing personal."""
        return self.rule not in (ENCODING_RULE, CONTROL_RULE, DUPLICATE_RULE)
