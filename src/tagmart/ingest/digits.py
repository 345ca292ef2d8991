"""Check digits as SQL over whole columns. A value per call in Python takes half a minute for a million numbers.

A number's digits are not taken out one by one: with q(k) = number // 10^k, digit k is q(k) - 10 q(k+1), so a weighted sum of
digits is a weighted sum of the q(k), which DuckDB works out for a column at once. Taking the text apart letter by letter
costs five times as much. What several conditions need (the integer of a text) is to be a column of its own (`columns`),
or DuckDB works it out for each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tagmart.core.duck import literal

# GB 11643-1999, 4.2: weights of the 17 digits, 2^(18 - i) mod 11; with the check character as it is the sum is 1 mod 11.
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHARACTERS = "10X98765432"
# Place of a check character, mod 11 one more than its value: x, which some systems write, is as good as X.
_ID_PLACES = "0123456789X0123456789x"
# GB 32100-2015, 5.2: the letters (no I, O, S, V, Z) and weights 3^(i - 1) mod 31; with the check character the sum is 0 mod 31.
USCC_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_USCC_SHAPE = "[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}"


@dataclass(frozen=True)
class Check:
    """How one kind of number is checked.

    Attributes:
        words: the rule, as a message tells it.
        columns: SQL of what the check needs of a text, given SQL of the text; to be worked out once.
        is_wrong: SQL that is true where a text that is not NULL is no such number, given SQL of the text and the names of
            `columns`; never NULL.
    """

    words: str
    columns: Callable[[str], tuple[str, ...]]
    is_wrong: Callable[..., str]

    def sql(self, text: str) -> str:
        """SQL of the whole check, true for wrong numbers, NULL for NULL; for a single use, where nothing is prepared."""
        return f"if({text} is null, null, {self.is_wrong(text, *(f'({column})' for column in self.columns(text)))})"


def _id_columns(raw: str) -> tuple[str, ...]:
    """The first 17 digits (all 15 of an old number), 10^17 where there are none; and the place of the check character."""
    number = f"least(try_cast(left({raw}, 17) as ubigint), {10**17}::ubigint)::bigint"
    return number, f"strpos({literal(_ID_PLACES)}, substr({raw}, 18, 1))"


def _id_is_wrong(raw: str, number: str, place: str) -> str:
    """Neither 18 characters with the right check character, nor 15 digits, which have none; or born on no day there was.

    Regions are not looked up: 81 to 83 are residence permits of people from Hong Kong, Macao and Taiwan, 9 begins cards
    of foreigners, 99 is not given to anyone and used for tests, and districts that were dissolved live on in numbers.
    """
    total = _weighted(number, ID_WEIGHTS, 11)
    # Before the check character stand three digits of a serial, before them the day and the month, in both forms.
    day, month = f"({number} // 1000 % 100)", f"({number} // 100000 % 100)"
    born = f"if(strlen({raw}) = 18, substr({raw}, 7, 8), '19' || substr({raw}, 7, 6))"
    # An exponent is all that the cast takes and that gives so large a number with so few digits.
    return (f"({number} >= {10**17} or contains({raw}, 'e') or contains({raw}, 'E') or strlen({raw}) not in (15, 18)"
            f" or (strlen({raw}) = 18 and ({number} < {11 * 10**15} or {place} = 0 or ({total} + {place}) % 11 <> 2))"
            f" or (strlen({raw}) = 15 and not {number} between {11 * 10**13} and {10**15 - 1})"
            f" or {day} = 0 or {month} not between 1 and 12"
            f" or ({day} > 28 and try_strptime({born}, '%Y%m%d') is null))")


def _uscc_columns(raw: str) -> tuple[str, ...]:
    """The weighted sum of all characters."""
    return (" + ".join(
        f"{weight} * (strpos({literal(USCC_LETTERS)}, substr({raw}, {at}, 1)) - 1)"
        for at, weight in enumerate((*USCC_WEIGHTS, 1), start=1)
    ),)


def _uscc_is_wrong(raw: str, total: str) -> str:
    """Not 18 letters of the code with digits where the region stands, or another sum. Regions are not looked up."""
    return f"({total} % 31 <> 0 or not regexp_full_match({raw}, {literal(_USCC_SHAPE)}))"


def _luhn_columns(raw: str) -> tuple[str, ...]:
    """The digits before the last nine, the last nine; NULL where it is no number."""
    number = f"try_cast({raw} as ubigint)"
    return f"({number} // {10**9})::bigint", f"({number} % {10**9})::bigint", number


def _luhn_is_wrong(raw: str, high: str, low: str, number: str) -> str:
    """ISO/IEC 7812-1, annex B: every second digit from the right is doubled, tens and units added up.

    At most 19 digits and no zero before them, as card numbers are; so the number, written back, is the text.
    """
    total = f"{_luhn_sum(low, 9, 0)} + {_luhn_sum(high, 11, 9)}"
    return f"({number} is null or cast({number} as varchar) <> {raw} or strlen({raw}) not between 2 and 19 or ({total}) % 10 <> 0)"


def _weighted(number: str, weights: tuple[int, ...], modulus: int) -> str:
    """A sum that is the weighted sum of a number's digits, mod `modulus`."""
    terms = []
    for at, weight in enumerate(weights):
        power = len(weights) - 1 - at
        following = weights[at + 1] if power else 0
        if factor := (weight - 10 * following) % modulus:
            terms.append(f"{factor} * ({number} // {10**power})" if power else f"{factor} * {number}")
    return " + ".join(terms)


def _luhn_sum(number: str, digits: int, offset: int) -> str:
    """A sum that is, mod 10, that of the digits of which those at odd places (from the right, plus `offset`) are doubled.

    Twice a digit with its tens added up is 2 d + 1 for d > 4, mod 10; and number // (5 · 10^k) is 2 q(k+1) + 1 just then.
    """
    factors = [0] * (digits + 1)
    halves = []
    for place in range(digits):
        if (place + offset) % 2:
            factors[place] += 2
            factors[place + 1] -= 2
            halves.append(f"{number} // {5 * 10**place}")
        else:
            factors[place] += 1
    quotients = [f"{factor} * ({number} // {10**place})" for place, factor in enumerate(factors[:digits]) if factor]
    return " + ".join(f"({term})" for term in [*quotients, *halves])


CHECKS = {
    "resident_id": Check("resident identity number (GB 11643)", _id_columns, _id_is_wrong),
    "uscc": Check("unified social credit code (GB 32100)", _uscc_columns, _uscc_is_wrong),
    "luhn": Check("check digit of a card number (Luhn)", _luhn_columns, _luhn_is_wrong),
}
