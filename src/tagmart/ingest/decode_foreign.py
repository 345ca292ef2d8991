"""UTF-8 among GB18030: almost any bytes are letters of GB18030, so such a line decodes, as other letters, and nobody is told.

A letter of Chinese is three bytes in UTF-8, a lead 0xE3 to 0xE9 and two from 0x80 to 0xBF. Pairs of these are letters of
GBK too, but rare ones, and only one order of rare letters in very many is UTF-8 from its first byte to its last. Bytes from
0x80 to 0xA0, of which UTF-8 has many, no letter of GB2312 has: they are looked for first, in a whole block at once.
"""

from __future__ import annotations

import re

import numpy as np

ENCODINGS = ("gb18030", "gbk")
# A letter of UTF-8 with a byte that GB2312 never has.
TELL = re.compile(rb"[\xe3-\xe9](?:[\x80-\xa0][\x80-\xbf]|[\x80-\xbf][\x80-\xa0])")
HIGH = re.compile(rb"[\x80-\xff]+")
# So many letters in a line that is UTF-8 as a whole, or in one word of it, are no accident.
LETTERS_IN_LINE, LETTERS_IN_WORD = 3, 4


def foreign_at(raw: bytes) -> int | None:
    """The byte of a line on which UTF-8 begins, None where it does not.

    Args:
        raw: a line of a file in GB18030 or GBK.
    """
    if not TELL.search(raw):
        return None
    found = [(word.start(), _letters(word.group())) for word in HIGH.finditer(raw)]
    if long := [at for at, letters in found if letters >= LETTERS_IN_WORD]:
        return long[0]
    is_whole = all(letters >= 0 for _, letters in found)
    return found[0][0] if is_whole and sum(letters for _, letters in found) >= LETTERS_IN_LINE else None


def has_foreign_line(raw: bytes) -> bool:
    """True where `foreign_at` finds something in a line of a block.

    Args:
        raw: whole lines.
    """
    data = np.frombuffer(raw, np.uint8)
    low = np.flatnonzero(_within(data, 0x80, 0xA0))
    if not len(low):
        return False
    before, behind = data[low - 1], data[np.minimum(low + 1, len(data) - 1)]
    second = _within(before, 0xE3, 0xE9) & _within(behind, 0x80, 0xBF)
    third = _within(data[low - 2], 0xE3, 0xE9) & _within(before, 0x80, 0xBF)
    end = 0
    for place in low[second | third].tolist():
        if place >= end:
            begin, end = raw.rfind(b"\n", 0, place) + 1, raw.find(b"\n", place)
            end = len(raw) if end < 0 else end
            if foreign_at(raw[begin:end]) is not None:
                return True
    return False


def _letters(word: bytes) -> int:
    """How many letters of Chinese a word has as UTF-8; -1 if it is not UTF-8."""
    try:
        return sum("\u3000" <= letter <= "\u9fff" for letter in word.decode("utf-8"))
    except UnicodeDecodeError:
        return -1


def _within(data: np.ndarray, first: int, last: int) -> np.ndarray:
    """Which bytes are from one to another; what is below the first wraps around and is above the last."""
    return (data - np.uint8(first)) <= np.uint8(last - first)
