"""Tag specs become dbt models, their YAML, the wide table and the catalogue."""

from tagmart.tagspec.write import GenerateResult, entity_models, generate

__all__ = ["GenerateResult", "entity_models", "generate"]
