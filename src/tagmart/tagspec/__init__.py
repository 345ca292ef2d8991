"""Tag specs become dbt models, their YAML, the wide table and the catalogue."""

from tagmart.tagspec.scaffold import new_family, new_one_off
from tagmart.tagspec.write import GenerateResult, entity_models, generate, working_tree

__all__ = ["GenerateResult", "entity_models", "generate", "new_family", "new_one_off", "working_tree"]
