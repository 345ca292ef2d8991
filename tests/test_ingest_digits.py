"""Check digits in SQL against python-stdnum, on thousands of right and wrong numbers; what is known to differ is said."""

from __future__ import annotations

import random

import duckdb
import pytest
from stdnum import luhn
from stdnum.cn import ric, uscc

from tagmart.ingest.digits import CHECKS, USCC_LETTERS


def wrong(check: str, numbers: list[str | None]) -> list[bool | None]:
    """What the SQL says of each number, as a column of its own and worked out beforehand: both must agree."""
    it = CHECKS[check]
    names = [f"n{at}" for at, _ in enumerate(it.columns("raw"))]
    prepared = ", ".join(f"{sql} as {name}" for sql, name in zip(it.columns("raw"), names, strict=True))
    with duckdb.connect() as database:
        database.execute("create table numbers (place integer, raw varchar)")
        database.executemany("insert into numbers values (?, ?)", list(enumerate(numbers)))
        rows = database.execute(f"""
            select if(raw is null, null, {it.is_wrong('raw', *names)}), {it.sql('raw')}
            from (select *, {prepared} from numbers) order by place
        """).fetchall()
    assert [first for first, _ in rows] == [second for _, second in rows]
    return [first for first, _ in rows]


def spoiled(dice: random.Random, number: str, letters: str) -> str:
    """A number with a digit changed, two exchanged, one dropped or one too many; or as it is."""
    at = dice.randrange(len(number) - 1)
    return dice.choice([
        number, number,
        number[:at] + dice.choice(letters) + number[at + 1 :],
        number[:at] + number[at + 1] + number[at] + number[at + 2 :],
        number[:at] + number[at + 1 :],
        number[:at] + dice.choice(letters) + number[at:],
    ])


def test_resident_identity_numbers():
    dice = random.Random(1)
    numbers = []
    for _ in range(4000):
        region = dice.choice(["110101", "310115", "440305", "650102", "990101", "810000", "830000", "119999"])
        born = f"{dice.randrange(1930, 2026)}{dice.randrange(0, 14):02d}{dice.randrange(0, 33):02d}"
        body = f"{region}{born}{dice.randrange(1000):03d}"
        numbers.append(spoiled(dice, body + ric.calc_check_digit(body + "0"), "0123456789X"))

    def oracle(number: str) -> bool:
        # stdnum's own validate refuses reserved regions and residence permits; its check digit and calendar are right.
        if len(number) != 18 or not number[:17].isdigit() or number[17] not in "0123456789X":
            return len(number) != 15 or not number.isdigit() or number[0] == "0" or not is_day("19" + number[6:12])
        return ric.calc_check_digit(number) != number[17] or not is_day(number[6:14]) or number[0] == "0"

    assert wrong("resident_id", numbers) == [oracle(number) for number in numbers]
    assert 1000 < sum(wrong("resident_id", numbers)) < 3500


def is_day(text: str) -> bool:
    try:
        ric.get_birth_date("000000" + text)
    except ric.InvalidComponent:
        return False
    return True


@pytest.mark.parametrize(("number", "is_wrong"), [
    ("11010119900307803X", ric.calc_check_digit("110101199003078030") != "X"),
    ("110101900307803", False),
    ("110101900230803", True),
    ("110101900307 803"[:15], True),
    ("81000019900307" + "803" + ric.calc_check_digit("810000199003078030"), False),
    ("99010119900307" + "803" + ric.calc_check_digit("990101199003078030"), False),
    ("", True), (" ", True), ("1.1000000000e+161", True), ("9e18", True), ("-9e18", True), ("1_1010119900307803", True),
    ("１１０１０１１９９００３０７８０３Ｘ", True), (None, None),
])
def test_single_identity_numbers(number, is_wrong):
    assert wrong("resident_id", [number]) == [is_wrong]


def test_a_small_x_is_as_good_as_a_large_one():
    body = next(f"110101199003{at:05d}" for at in range(1000, 2000) if ric.calc_check_digit(f"110101199003{at:05d}0") == "X")
    assert wrong("resident_id", [body + "X", body + "x", body + "0", body + "Y"]) == [False, False, True, True]


def test_unified_social_credit_codes():
    dice = random.Random(2)
    codes = []
    for _ in range(4000):
        body = dice.choice(["91", "92", "12", "51", "93", "MB"]) + f"{dice.randrange(110000, 659999)}"
        body += "".join(dice.choice(USCC_LETTERS) for _ in range(9))
        codes.append(spoiled(dice, body + uscc.calc_check_digit(body), USCC_LETTERS + "IOSVZa"))

    def oracle(code: str) -> bool:
        # stdnum wants digits in the first two places too, where the standard has letters, and takes small letters.
        if len(code) != 18 or set(code) - set(USCC_LETTERS) or not code[2:8].isdigit():
            return True
        return uscc.calc_check_digit(code[:17]) != code[17]

    assert wrong("uscc", codes) == [oracle(code) for code in codes]
    assert wrong("uscc", ["", None, "91110000MA001234X", "王" * 18]) == [True, None, True, True]


def test_card_numbers():
    dice = random.Random(3)
    numbers = []
    for _ in range(4000):
        body = str(dice.randrange(1, 10)) + "".join(str(dice.randrange(10)) for _ in range(dice.randrange(1, 18)))
        numbers.append(spoiled(dice, body + luhn.calc_check_digit(body), "0123456789"))

    def oracle(number: str) -> bool:
        # A number with a zero before it is none of a card.
        return not 2 <= len(number) <= 19 or number[0] == "0" or not luhn.is_valid(number)

    assert wrong("luhn", numbers) == [oracle(number) for number in numbers]
    assert wrong("luhn", ["", None, "1e1", " 18", "18 ", "1_8", "18.0", "+18", "18", "99999999999999999999"]) == [
        True, None, True, True, True, True, True, True, False, True]
