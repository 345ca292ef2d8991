"""Which tags of an entity say who manages a customer and how much is at stake: models/entities.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from tagmart.core.errors import TagmartError, nearest
from tagmart.core.plain_yaml import read_yaml
from tagmart.rules.catalogue import Catalogue


@dataclass(frozen=True)
class Entity:
    """Tags of an entity by what they tell; None where it has no such tag.

    Attributes:
        branch: the organisation that manages the customer, as in mart.dim_branch.
        manager: the customer's main manager.
        money: the amount that a segment of such customers is worth.
    """

    branch: str | None = None
    manager: str | None = None
    money: str | None = None


def read_entities(path: Path, catalogue: Catalogue) -> Mapping[str, Entity]:
    """Read models/entities.yml: entity → its tags by what they tell.

    Raises:
        TagmartError: if the file is missing, or names a word or a tag that is not known.
    """
    if not path.is_file():
        raise TagmartError("there is no file of entities", where=str(path), do="restore models/entities.yml from the checkout")
    where, known = f"{path.parent.name}/{path.name}", [one.name for one in fields(Entity)]
    found = {}
    for entity, said in (read_yaml(path) or {}).items():
        tags = catalogue.of(entity)
        for word, tag in said.items():
            if word not in known:
                raise TagmartError(f"unknown word '{word}'", where=where, do=nearest(word, known))
            if tag not in tags:
                raise TagmartError(f"unknown tag '{tag}' of {entity}", where=where, do=nearest(tag, set(tags)))
        found[entity] = Entity(**said)
    return found
