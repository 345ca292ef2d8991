"""What a feed's files must be: read from expectations/contracts/<bank>/<system>/<feed>.yml and checked once."""

from tagmart.contracts.load import canonical_feeds, load_contracts, present_feeds
from tagmart.contracts.model import Column, ColumnType, Contract, Files, Form, FrameField, Limits, Reference, Target

__all__ = [
    "Column",
    "ColumnType",
    "Contract",
    "Files",
    "Form",
    "FrameField",
    "Limits",
    "Reference",
    "Target",
    "canonical_feeds",
    "load_contracts",
    "present_feeds",
]
