"""What the values of a sample show of its columns: types, keys, closed sets, check digits, personal data."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from tagmart.core.duck import connect, literal
from tagmart.ingest.digits import CHECKS

DATES = {r"\d{4}-\d\d-\d\d": "%Y-%m-%d", r"\d{8}": "%Y%m%d", r"\d{4}/\d\d/\d\d": "%Y/%m/%d"}
TIMESTAMPS = {
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d": "%Y-%m-%d %H:%M:%S", r"\d{14}": "%Y%m%d%H%M%S",
    r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d": "%Y/%m/%d %H:%M:%S", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d": "%Y-%m-%dT%H:%M:%S",
}
NO_DATES = ("00010101", "99991231", "0001-01-01", "9999-12-31", "00000000", "0000-00-00")
INTEGER = re.compile(r"[+-]?(0|[1-9]\d{0,8})")
DECIMAL = re.compile(r"[+-]?(\d{1,20})(?:\.(\d{1,10}))?-?")
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
PERSON = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f]{2,4}|[\u3400-\u9fff]{1,10}·[\u3400-\u9fff·]{1,20}")
MOBILE = re.compile(r"1[3-9]\d{9}")
PERSONAL_NAME = re.compile(r"(^|_)(cust_?name|person_?name|name|mobile|phone|tel|email|mail|addr|address|id_?no|cert_?no|passport|wechat)(_|$)", re.I)
# A set of values is told from a few values by rows enough for each to come again.
SET_ROWS, SET_VALUES, SET_LENGTH = 50, 12, 16


@dataclass(frozen=True)
class Guess:
    """What is guessed of a column.

    Attributes:
        kind: as a contract writes it, such as decimal(18,2).
        required: true where no value is empty.
        values: the closed set, none where it is open.
        personal: C2 where it seems to identify a person.
        check: the check digit that its values have.
        remark: what a person should look at.
    """

    kind: str
    required: bool
    values: tuple[str, ...] = ()
    personal: str | None = None
    check: str | None = None
    remark: str = ""


def date_form(columns: Sequence[Sequence[str]], forms: dict[str, str]) -> str | None:
    """The form in which most columns of dates are written; None where there is none."""
    found = Counter(
        form for values in columns for pattern, form in forms.items() if _are_dates(_filled(values), pattern, form)
    )
    return found.most_common(1)[0][0] if found else None


def no_dates(columns: Sequence[Sequence[str]], form: str | None) -> tuple[str, ...]:
    """Texts that stand for no date, in columns that hold dates."""
    dated = [filled for values in columns if form and (filled := _filled(values)) and _kind(filled, form, None) == "date"]
    return tuple(one for one in NO_DATES if any(one in values for values in dated))


def guess_column(name: str, values: Sequence[str], date: str | None, timestamp: str | None) -> Guess:
    """What a column is.

    Args:
        name: as the header writes it, or made up.
        values: raw.
        date: the form of dates in this file, or None.
        timestamp: the same of timestamps.
    """
    filled = _filled(values)
    required = len(filled) == len(values) and bool(values)
    if not filled:
        return Guess("string(32)", False, remark="always empty in the sample")
    kind = _kind(filled, date, timestamp)
    if kind:
        # What stands for no date is nothing, and so is not there where something must be.
        has_none = kind in ("date", "timestamp") and any(value in NO_DATES for value in filled)
        return Guess(kind, required and not has_none)
    check = _check(filled)
    personal = "C2" if check == "resident_id" or _is_personal(name, filled) else None
    size = next((size for size in SIZES if size >= max(map(len, filled))), 16384)
    values_of = ()
    distinct = Counter(filled)
    if (
        not personal and not check and len(filled) >= SET_ROWS and len(distinct) <= SET_VALUES and min(distinct.values()) > 1
        and size <= SET_LENGTH
    ):
        values_of = tuple(sorted(distinct))
    return Guess(f"string({size})", required, values_of, personal, check)


def guess_key(guesses: Sequence[Guess], rows: Sequence[Sequence[str]]) -> tuple[tuple[int, ...], bool]:
    """The places of the fewest columns that are unique together, and whether any are; amounts are no keys."""
    usable = [at for at, guess in enumerate(guesses) if guess.required and not guess.kind.startswith("decimal")][:12]
    for size in (1, 2, 3):
        for places in combinations(usable, size):
            if len({tuple(row[at] for at in places) for row in rows}) == len(rows):
                return places, True
    required = tuple(at for at, guess in enumerate(guesses) if guess.required)
    return (required or (0,)), bool(rows) and len({tuple(row[at] for at in required) for row in rows}) == len(rows)


def _filled(values: Sequence[str]) -> list[str]:
    """The values that are not empty."""
    return [value for value in values if value.strip()]


def _kind(filled: list[str], date: str | None, timestamp: str | None) -> str | None:
    """The type of values that are no texts; None for texts."""
    for form, forms, kind in ((date, DATES, "date"), (timestamp, TIMESTAMPS, "timestamp")):
        pattern = next((pattern for pattern, one in forms.items() if one == form), None)
        if pattern and (_are_dates(filled, pattern, form or "") or _are_no_dates(filled, pattern)):
            return kind
    if set(filled) <= {"Y", "N"}:
        return "boolean"
    lengths = {len(value) for value in filled}
    if len(lengths) == 1 and lengths.pop() >= 8 and all(value.isdigit() for value in filled):
        # Numbers of one length are names of things.
        return None
    if all(map(INTEGER.fullmatch, filled)):
        return "integer"
    matches = [DECIMAL.fullmatch(value) for value in filled]
    if not all(matches) or any(value[0] in "+-" and value[-1] == "-" for value in filled):
        return None
    scale = max(len(match.group(2) or "") for match in matches)
    whole = max(len(match.group(1)) for match in matches)
    if scale == 0 and any(match.group(1)[0] == "0" and len(match.group(1)) > 1 for match in matches):
        return None
    return f"decimal({max(18, whole + scale)},{scale})"


def _are_dates(filled: list[str], pattern: str, form: str) -> bool:
    """True where all values are dates of a form, or stand for none, and one is a date."""
    real = [value for value in filled if value not in NO_DATES]
    if not real or not all(re.fullmatch(pattern, value) for value in real):
        return False
    try:
        years = {datetime.strptime(value, form).year for value in set(real)}
    except ValueError:
        return False
    # Eight digits may be a number.
    return form != "%Y%m%d" or all(1900 <= year <= 2200 for year in years)


def _are_no_dates(filled: list[str], pattern: str) -> bool:
    """True where all values stand for no date, in the form of the file's dates."""
    return all(value in NO_DATES and re.fullmatch(pattern, value) for value in filled)


def _check(filled: list[str]) -> str | None:
    """The check digit that all values have; of few values chance would have it too."""
    distinct = sorted(set(filled))
    for name, (pattern, least) in {
        "resident_id": (r"\d{15}|\d{17}[\dXx]", 1), "uscc": (r"[0-9A-HJ-NPQRTUWXY]{18}", 1), "luhn": (r"\d{12,19}", 5),
    }.items():
        if len(distinct) >= least and all(re.fullmatch(pattern, value) for value in distinct) and _all_valid(name, distinct):
            return name
    return None


def _all_valid(name: str, values: list[str]) -> bool:
    """True where the loader's own rule accepts every value."""
    listed = ", ".join(f"({literal(value)})" for value in values[:5000])
    with connect() as memory:
        return not memory.execute(
            f"select bool_or({CHECKS[name].sql('value')}) from (values {listed}) as sample (value)"
        ).fetchone()[0]


def _is_personal(name: str, filled: list[str]) -> bool:
    """True where names or values look like those of persons."""
    if PERSONAL_NAME.search(name) and not re.search(r"prod|org|branch|dept|file|bank|code", name, re.I):
        return True
    persons = sum(bool(PERSON.fullmatch(value)) for value in filled)
    # Two to four signs may be a word too; of those a column has few.
    if persons >= 0.8 * len(filled) and len(set(filled)) > 4:
        return True
    return sum(bool(MOBILE.fullmatch(value)) for value in filled) >= 0.8 * len(filled)
