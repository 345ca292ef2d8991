"""Persons who hold two customer numbers, and how the second one was written down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth import names

# What is different under the second number: nothing, an old number of 15 digits, a letter of the name, a digit of the
# number, no number at all, another document, or blanks and full-width letters in the name.
HOWS = ("same", "old_number", "name_typo", "number_typo", "no_number", "other_document", "name_form")
HOW_SHARE = (0.25, 0.2, 0.15, 0.15, 0.1, 0.1, 0.05)
DOUBLE_SHARE = 0.015


@dataclass(frozen=True)
class Doubles:
    """Pairs of customer numbers of one person, one array element a pair.

    Attributes:
        kept, copied: customers; the second one is the younger record, often without any product (`is_bare`).
        how: index of HOWS.
    """

    kept: np.ndarray
    copied: np.ndarray
    how: np.ndarray
    is_bare: np.ndarray


def make_doubles(rng: np.random.Generator, band: np.ndarray, twins: np.ndarray) -> Doubles:
    """Draw the pairs: 1.5 % of customers are somebody who is already there; two thirds of them have no assets.

    Args:
        rng: dice.
        band: customers by assets.
        twins: customers who share a number with another person, left out here.
    """
    count = max(2, round(len(band) * DOUBLE_SHARE))
    order = rng.permutation(np.setdiff1d(np.arange(len(band)), twins.ravel()))
    empty, others = order[band[order] == 0], order[band[order] > 0]
    bare = min(len(empty), -(-count * 2 // 3))
    copied = np.r_[empty[:bare], others[: count - bare]]
    kept = others[count - bare :][:count]
    return Doubles(
        kept, copied[: len(kept)], rng.choice(len(HOWS), len(kept), p=HOW_SHARE), (np.arange(count) < bare)[: len(kept)]
    )


def write_doubles(
    doubles: Doubles, name: list[str], id_type: list[str], id_no: list[str], birth: np.ndarray
) -> np.ndarray:
    """Give the second numbers name and document of their person, with what is different; changes the lists.

    Returns:
        How each pair differs in the end: an old number or a wrong digit needs a resident number to start from.
    """
    how = doubles.how.copy()
    for at, (kept, copied) in enumerate(zip(doubles.kept, doubles.copied, strict=True)):
        name[copied], id_type[copied], id_no[copied], kind = written_as(
            HOWS[how[at]], name[kept], id_type[kept], id_no[kept], birth[kept], at
        )
        how[at] = HOWS.index(kind)
    return how


def written_as(
    kind: str, name: str, id_type: str, number: str, birth: np.datetime64, variant: int
) -> tuple[str, str, str, str]:
    """Name, type and number of a document as somebody wrote them down, and what really is different: an old number or a
    wrong digit needs a resident number to start from.

    Args:
        kind: one of HOWS.
        name, id_type, number, birth: of the person.
        variant: which of the forms of a name is taken.
    """
    is_resident = id_type == "resident" and len(number) == 18
    if (kind == "old_number" and not (is_resident and birth < np.datetime64("1985-01-01"))) or (
        kind in ("number_typo", "other_document") and not is_resident
    ):
        kind = "same"
    if kind == "old_number":
        number = names.old_number(number)
    elif kind == "name_typo":
        name = names.typo_name(name)
    elif kind == "name_form":
        name = names.varied_name(name, 1 + variant % 3)
    elif kind == "number_typo":
        # Two neighbouring digits of the order number change places, so that the check digit no longer fits.
        swapped = number[:14] + number[15] + number[14] + number[16:]
        number = swapped if swapped != number else number[:16] + str((int(number[16]) + 1) % 10) + number[17:]
    elif kind == "no_number":
        number = ""
    elif kind == "other_document":
        id_type, number = "passport", f"ZY{number[9:17]}"
    return name, id_type, number, kind
