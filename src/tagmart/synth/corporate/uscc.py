"""Unified social credit codes 统一社会信用代码 (GB 32100-2015): right in form, in regions that were never assigned."""

from __future__ import annotations

import numpy as np

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# Weights of GB 32100 for the whole code, of GB 11714 for the organisation code inside it.
_WEIGHTS = np.array([3**at % 31 for at in range(17)])
_BODY_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
_LETTERS = np.array(list(ALPHABET))


def codes(head: list[str], serial: np.ndarray) -> list[str]:
    """Whole codes with both of their check characters.

    Args:
        head: the first eight characters of each: who registered, what kind of entity, region.
        serial: a whole number below 10^8 for each, the body of the organisation code.
    """
    body = (serial[:, None] // 10 ** np.arange(7, -1, -1)) % 10
    rest = (11 - (body * _BODY_WEIGHTS).sum(axis=1) % 11) % 11
    # The organisation code writes 10 as X, which is also a letter of the larger alphabet.
    mark = np.where(rest == 10, ALPHABET.index("X"), rest)
    front = np.array([list(text) for text in head], dtype=np.int64).reshape(len(head), 8)
    digits = np.column_stack([front, body, mark])
    last = (31 - (digits * _WEIGHTS).sum(axis=1) % 31) % 31
    return ["".join(row) for row in _LETTERS[np.column_stack([digits, last])]]


def miswritten(code: str) -> str:
    """The code with its last character wrong, as a clerk wrote it down."""
    return code[:-1] + ALPHABET[(ALPHABET.index(code[-1]) + 7) % 31]
