"""`tagmart tags generate`: read the specs, write what follows from them, or say what is not current."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tagmart.core import clock
from tagmart.core.settings import Settings
from tagmart.tagspec import files
from tagmart.tagspec.catalogue import Registered, catalogue_csv, check, read_registry, register, registry_csv
from tagmart.tagspec.expand import tag_models
from tagmart.tagspec.fold_sql import fold_sql
from tagmart.tagspec.folds import folds_of
from tagmart.tagspec.handwritten import read_handwritten
from tagmart.tagspec.model import Tag, TagModel, Text, Vocabulary
from tagmart.tagspec.read import read_families
from tagmart.tagspec.sql import tag_model_sql
from tagmart.tagspec.vocabulary import read_vocabulary

ENTITIES = ("retail", "corporate", "merchant")
REF = re.compile(r"ref\('(\w+)'\)")


@dataclass(frozen=True)
class GenerateResult:
    """What a generation found.

    Attributes:
        tags: number of tags in the mart's catalogue, by entity.
        restricted: number of tags that go to the restricted file.
        written, removed: files, relative to the dbt project; empty where only checked.
        stale: files that are not what the specs say; empty where they were written.
    """

    tags: Mapping[str, int]
    restricted: int
    written: tuple[str, ...]
    removed: tuple[str, ...]
    stale: tuple[str, ...]


def generate(settings: Settings, check: bool = False) -> GenerateResult:
    """Write every generated tag file of the checkout, and remove those that no spec asks for.

    Args:
        settings: whose `dbt_project` is read and written.
        check: write nothing; list what would change in `stale`.

    Raises:
        TagmartError: if a spec or a hand-written YAML makes no sense; then nothing has been written.
    """
    project = settings.dbt_project
    models, wanted = working_tree(settings)
    changed = [path for path, body in wanted.items() if _differs(project / path, body)]
    orphans = [path for path in _present(project) if path not in wanted]
    counts = {
        entity: sum(not tag.restricted for model in entity_list for tag in model.tags)
        for entity, entity_list in models.items()
        if entity_list
    }
    restricted = sum(tag.restricted for entity_list in models.values() for model in entity_list for tag in model.tags)
    if check:
        return GenerateResult(counts, restricted, (), (), tuple(sorted([*changed, *orphans])))
    for path in changed:
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(wanted[path], encoding="utf-8", newline="\n")
    for path in orphans:
        (project / path).unlink()
    return GenerateResult(counts, restricted, tuple(sorted(changed)), tuple(sorted(orphans)), ())


def working_tree(settings: Settings) -> tuple[dict[str, tuple[TagModel, ...]], dict[str, str]]:
    """The tag models of every entity as the specs and YAML of the checkout say now, and every generated file.

    Raises:
        TagmartError: if a spec or a hand-written YAML makes no sense.
    """
    vocabularies = {entity: read_vocabulary(settings.specs_dir, entity) for entity in ENTITIES}
    models = {entity: entity_models(settings, entity, words) for entity, words in vocabularies.items()}
    return models, generated_files(settings, models, vocabularies)


def entity_models(settings: Settings, entity: str, vocabulary: Vocabulary) -> tuple[TagModel, ...]:
    """Every tag model of an entity with its published tags, in the order of the wide table.

    Raises:
        TagmartError: if a spec, a hand-written YAML or a name breaks a rule.
    """
    made = tag_models(read_families(settings.specs_dir, entity, vocabulary), vocabulary)
    handwritten = read_handwritten(settings.dbt_project / "models" / "tags" / entity, entity, vocabulary)
    check([tag for model in (*handwritten, *made) for tag in model.tags])
    order = list(vocabulary.families)
    published = [
        replace(model, tags=tuple(tag for tag in model.tags if tag.status != "draft"))
        for model in (*handwritten, *made)
    ]
    return tuple(
        sorted((model for model in published if model.tags), key=lambda model: order.index(model.tags[0].family))
    )


def generated_files(
    settings: Settings, models: Mapping[str, tuple[TagModel, ...]], vocabularies: Mapping[str, Vocabulary]
) -> dict[str, str]:
    """Every generated file, by its path in the dbt project.

    Args:
        models: tag models by entity.
        vocabularies: the words of each entity.
    """
    tags = [tag for entity_list in models.values() for model in entity_list for tag in model.tags]
    known = read_registry(settings.specs_dir / "registry.csv")
    registry = register(known, tags, clock.now().date().isoformat())
    wanted = {"tag_specs/registry.csv": registry_csv(registry)}
    for entity, entity_list in models.items():
        made, folds, families = _families(entity, entity_list, vocabularies[entity])
        wanted |= made
        written = [model for model in entity_list if not model.family]
        if written:
            wanted[f"tests/generated/{entity}_tags_keep_the_spine.sql"] = files.spine_test_sql(entity, written)
        wanted |= _wide(entity, _with_tags(entity_list, restricted=False), folds, families)
        wanted |= _restricted(entity, _with_tags(entity_list, restricted=True))
    # The names of themes are common words: every entity's vocabulary says the same.
    themes = next(iter(vocabularies.values())).themes
    wanted |= _catalogue([tag for tag in tags if not tag.restricted], registry, themes, "models/ads/dimensions", "")
    # A name is a disclosure: restricted tags stand in no catalogue but their own file's.
    hidden = [tag for tag in tags if tag.restricted]
    if hidden:
        wanted |= _catalogue(hidden, registry, themes, "models/generated/restricted", "restricted_")
    return wanted


def _with_tags(models: tuple[TagModel, ...], restricted: bool) -> list[TagModel]:
    """The models with those of their tags that one file shows; models without any are left out."""
    cut = [replace(model, tags=tuple(tag for tag in model.tags if tag.restricted == restricted)) for model in models]
    return [model for model in cut if model.tags]


def _families(
    entity: str, models: tuple[TagModel, ...], vocabulary: Vocabulary
) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """The files of the folds and families of an entity; and the SQL of folds and of families by name."""
    wanted, folds, families = {}, {}, {}
    read = folds_of(models, vocabulary)
    for fold in {fold.name: fold for fold in read.values() if fold.name}.values():
        stem = f"models/generated/folds/{entity}/{fold.name}"
        wanted[f"{stem}.sql"] = folds[fold.name] = fold_sql(fold, entity)
        wanted[f"{stem}.yml"] = files.fold_yml(fold, entity)
    for model in models:
        if model.family:
            stem = f"models/generated/tags/{entity}/{model.name}"
            sql = tag_model_sql(model, model.family, read[model.name], vocabulary)
            wanted[f"{stem}.sql"] = families[model.name] = sql
            wanted[f"{stem}.yml"] = files.tag_model_yml(model, model.family)
    return wanted, folds, families


def _wide(
    entity: str, models: list[TagModel], folds: Mapping[str, str], families: Mapping[str, str]
) -> dict[str, str]:
    if not models:
        return {}
    about = f"One row per {entity} customer of the spine: {sum(len(model.tags) for model in models)} tags."
    name, shown = f"tags_{entity}", {model.name for model in models}
    needs = sorted({need for sql in (*folds.values(), *families.values()) for need in REF.findall(sql)} - shown)
    stem = f"models/generated/wide/{name}"
    return {
        f"{stem}.sql": files.wide_sql(entity, models, about, tuple(folds), tuple(families), needs),
        f"{stem}.yml": files.wide_yml(name, models, about),
    }


def _restricted(entity: str, models: list[TagModel]) -> dict[str, str]:
    if not models:
        return {}
    count = sum(len(model.tags) for model in models)
    about = f"One row per {entity} customer of the spine: {count} restricted tags, for those who may see them."
    name = f"restricted_tags_{entity}"
    stem = f"models/generated/restricted/{name}"
    return {
        f"{stem}.sql": files.restricted_sql(entity, models, about),
        f"{stem}.yml": files.wide_yml(name, models, about),
    }


def _catalogue(
    tags: list[Tag], registry: tuple[Registered, ...], themes: Mapping[str, Text], folder: str, prefix: str
) -> dict[str, str]:
    """A catalogue: the seed with its types, and the model that readers see under the name tag_catalog."""
    # dbt wants another name for the model than for the seed; readers of either file see it as tag_catalog.
    seed, model = f"{prefix}tag_catalog", f"{prefix}catalog" if prefix else "mart_tag_catalog"
    about = f"One row per {'restricted tag' if prefix else 'published tag'}: its meaning, owner, security and origin."
    return {
        f"seeds/generated/{seed}.csv": catalogue_csv(tags, registry, themes),
        f"seeds/generated/{seed}.yml": files.seed_yml(seed),
        f"{folder}/{model}.sql": files.catalogue_sql(seed, about),
        f"{folder}/{model}.yml": files.catalogue_yml(model, about),
    }


def _present(project: Path) -> list[str]:
    """The generated files that are there: whole folders, and by name where a folder has other writers too."""
    patterns = (
        "models/generated/tags/*/*", "models/generated/folds/*/*", "models/generated/wide/*", "models/generated/restricted/*",
        "seeds/generated/*tag_catalog.*", "tests/generated/*",
        "models/ads/**/mart_tag_catalog.*",
    )  # fmt: skip
    found = {path for pattern in patterns for path in project.glob(pattern) if path.suffix in (".sql", ".yml", ".csv")}
    return sorted(path.relative_to(project).as_posix() for path in found)


def _differs(path: Path, body: str) -> bool:
    return not path.is_file() or path.read_bytes() != body.encode("utf-8")
