"""Families become tag models: every combination of slices, every measure, every window."""

from __future__ import annotations

from itertools import product

from tagmart.core.errors import TagmartError
from tagmart.tagspec.labels import formula, label, missing_of, name, sentence
from tagmart.tagspec.model import Column, Family, SliceValue, Tag, TagModel, Vocabulary

# Slices with the value that each of them has: what one tag is made for.
Slices = tuple[tuple[str, SliceValue], ...]


def tag_models(families: tuple[Family, ...], vocabulary: Vocabulary) -> tuple[TagModel, ...]:
    """The generated tag models of the families that are not drafts, in the order of the specs.

    Raises:
        TagmartError: if two blocks would write the same model.
    """
    models: dict[str, TagModel] = {}
    for family in families:
        if family.status == "draft":
            continue
        for combo in family.combos:
            model_name = family.model_name(combo)
            if model_name in models:
                raise TagmartError(
                    f"two blocks make the model {model_name}", where=family.spec,
                    do="put their measures into one block, or give one of them `model: <word>`",
                )  # fmt: skip
            made = [_tag(family, column, model_name, vocabulary) for column in columns(family, combo, vocabulary)]
            models[model_name] = TagModel(model_name, family.entity, tuple(made), family, combo)
    return tuple(models.values())


def columns(family: Family, combo: tuple[str, ...], vocabulary: Vocabulary) -> list[Column]:
    """The columns of one combination, slice by slice."""
    return [
        Column(narrow.narrow, values, narrow.measure, narrow.window, narrow.base, narrow.change)
        for values in slice_values(family, combo, vocabulary)
        for narrow in narrow_columns(family, vocabulary)
    ]


def narrow_columns(family: Family, vocabulary: Vocabulary) -> list[Column]:
    """What is aggregated per customer and slice: states, base points, changes, then flows by window."""
    balance = vocabulary.measures["bal"]
    made = [Column(measure.name, (), measure) for measure in family.states]
    made += [Column(f"{balance.name}_{base.code}", (), balance, base=base) for base in family.bases]
    made += [Column(change.code, (), balance, change=change) for change in family.changes]
    made += [
        Column(f"{measure.name}_{window.code}", (), measure, window=window)
        for measure, windows in family.flows
        for window in windows
    ]
    return made


def slice_values(
    family: Family, combo: tuple[str, ...], vocabulary: Vocabulary
) -> list[tuple[tuple[str, SliceValue], ...]]:
    """The value pairs of a combination that make sense; one empty tuple for the total."""
    choices = [[(code, vocabulary.slices[code][value]) for value in family.slices[code]] for code in combo]
    return [values for values in product(*choices) if _is_natural(values)]


def _is_natural(values: tuple[tuple[str, SliceValue], ...]) -> bool:
    """Interest is paid in and never out: what the source sends as another pair is counted as `other`."""
    held = {code: value.code for code, value in values}
    return all(held[code] in allowed for _, value in values for code, allowed in value.only.items() if code in held)


def _tag(family: Family, column: Column, model_name: str, vocabulary: Vocabulary) -> Tag:
    words = family.words
    point = column.window or column.base or column.change
    return Tag(
        entity=family.entity,
        name=name(family, column),
        family=words.code,
        theme=words.theme,
        label=label(family, column, vocabulary),
        sentence=sentence(family, column, vocabulary),
        formula=formula(family, column),
        product=words.product,
        line=words.line,
        kind="statistic" if column.window or column.change else "fact",
        data_type=column.measure.data_type,
        unit=column.measure.unit,
        value_list="",
        missing=missing_of(family, column),
        window=point.code if point else "",
        owner_business=words.owner_business,
        owner_technical=words.owner_technical,
        security=words.security,
        purposes=words.purposes,
        status=family.status,
        replacement=family.replacement,
        model=model_name,
        feeds=family.feeds,
        column=column,
    )
