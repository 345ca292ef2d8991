"""Rules of the business: read, checked against the tag catalogue, and written as dbt models that select segments.

A rule is text in a small language; nothing of that text reaches the database. It is parsed, every part is held against
a closed list, and the SQL is printed from what was recognised.
"""

from tagmart.rules.catalogue import Catalogue, Tag, read_catalogue
from tagmart.rules.compiler import CompiledRule, compile_rules
from tagmart.rules.entities import Entity, read_entities
from tagmart.rules.files import Rule, load_rules
from tagmart.rules.writing import generate

__all__ = [
    "Catalogue", "CompiledRule", "Entity", "Rule", "Tag", "compile_rules", "generate", "load_rules", "read_catalogue",
    "read_entities",
]  # fmt: skip
