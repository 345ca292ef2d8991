"""The people of the demo bank: who they are, how rich, how active, who pays them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tagmart.synth import names, reference
from tagmart.synth.calendar import Horizon
from tagmart.synth.identity import Doubles, make_doubles, write_doubles
from tagmart.synth.sizes import Place

# Shares of customers by assets under management: below 1, 10k, 50k, 500k, 3m, 6m, and above.
BAND_EDGES = (0.35, 0.75, 0.88, 0.98, 0.997, 0.999, 1.0)
BAND_LOG10 = ((0.0, 0.0), (1.3, 4.0), (4.0, 4.7), (4.7, 5.7), (5.7, 6.477), (6.477, 6.778), (6.778, 6.778))
# Paid today, paid before, pensioners.
PAYROLL_SHARE, FORMER_SHARE, PENSION_SHARE = 0.22, 0.03, 0.05
PAY_DAYS = (5, 8, 10, 15, 20, 25)
ACTIVE, LOW, DORMANT = 0, 1, 2
NEVER = 1 << 30


@dataclass(frozen=True)
class Population:
    """Facts of customers, one array element a customer. Days are indexes of the horizon, negative before it.

    Attributes:
        band: 0 (empty) to 6 by assets; `wealth` in cents at the start or at opening.
        has_account: an account that was ever opened and not closed before the world began.
        activity: ACTIVE, LOW or DORMANT (own action ends at `quiet_day`).
        closing_day: the day on which the only account is closed, NEVER for most.
        employer: index of the paying employer, -1 without; pays from `pay_from` to before `pay_to`, on `pay_day`.
        income: usual monthly income in cents.
        twins: pairs (kept, copied) of customers who share a document number under two names.
        doubles: pairs of customers who are one person.
    """

    size: int
    ecif_no: np.ndarray
    name: list[str]
    id_type: list[str]
    id_no: list[str]
    birth: np.ndarray
    is_male: np.ndarray
    band: np.ndarray
    wealth: np.ndarray
    open_day: np.ndarray
    outlet: np.ndarray
    has_account: np.ndarray
    activity: np.ndarray
    quiet_day: np.ndarray
    closing_day: np.ndarray
    occupation: list[str]
    employer: np.ndarray
    pay_from: np.ndarray
    pay_to: np.ndarray
    pay_day: np.ndarray
    is_pension: np.ndarray
    income: np.ndarray
    has_mbank: np.ndarray
    twins: np.ndarray
    doubles: Doubles
    employers: int
    moved_employers: np.ndarray
    moved_day: np.ndarray
    single_stop: np.ndarray


def _ages(rng: np.random.Generator, size: int, horizon: Horizon) -> np.ndarray:
    """Birth dates; 3 % are minors."""
    age = np.clip(rng.gamma(7, 6.5, size), 18, 96)
    age = np.where(rng.random(size) < 0.03, rng.uniform(1, 18, size), age)
    born = horizon.size - np.round(age * 365.25).astype(np.int64) - rng.integers(0, 365, size)
    return horizon.origin + born.astype("timedelta64[D]")


def _wealth(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Bands and assets in cents: exact shares by rank, log-uniform inside a band, Pareto at the top."""
    rank = (rng.permutation(size) + 0.5) / size
    band = np.searchsorted(np.array(BAND_EDGES), rank, side="right")
    low = np.array([edge[0] for edge in BAND_LOG10])[band]
    high = np.array([edge[1] for edge in BAND_LOG10])[band]
    wealth = 10 ** rng.uniform(low, np.maximum(high, low + 1e-9))
    wealth = np.where(band == 6, 6e6 * (1 + rng.pareto(1.8, size)), wealth)
    cents = np.where(band == 0, rng.integers(0, 100, size), (wealth * 100).astype(np.int64))
    return band.astype(np.int64), cents.astype(np.int64)


def _employment(rng: np.random.Generator, people: dict[str, np.ndarray], horizon: Horizon) -> dict[str, np.ndarray]:
    """Who is paid by whom, from when and until when."""
    size = len(people["band"])
    employers = max(4, round(size * PAYROLL_SHARE / 9))
    weight = 1.0 / np.arange(1, employers + 1) ** 1.1
    age = (horizon.origin + horizon.size - people["birth"]).astype(np.int64) / 365.25
    fits = np.flatnonzero(
        (people["band"] > 0) & (age >= 21) & (age < 62) & (people["activity"] != DORMANT) & people["stays"]
    )
    wanted = min(len(fits), round(size * (PAYROLL_SHARE + FORMER_SHARE)))
    chosen = rng.permutation(fits)[:wanted]
    employer = np.full(size, -1, dtype=np.int64)
    employer[chosen] = rng.choice(employers, wanted, p=weight / weight.sum())
    pay_from = np.where(rng.random(size) < 0.12, rng.integers(60, horizon.size - 60, size), -1)
    pay_from = np.maximum(pay_from, people["open_day"])
    pay_to = np.full(size, NEVER, dtype=np.int64)
    single = np.zeros(size, dtype=bool)
    single[chosen] = rng.random(wanted) < 0.06
    # Stops of single people: late in the world, so that the last quarter has some to find.
    pay_to = np.where(single, rng.integers(horizon.size - 240, horizon.size - 35, size), pay_to)
    single &= pay_from < pay_to - 120
    pay_to = np.where(single, pay_to, NEVER)
    movers = rng.permutation(np.arange(1, employers))[: max(1, round(employers * 0.12))]
    moved_day = np.full(employers, NEVER, dtype=np.int64)
    moved_day[movers] = rng.integers(120, horizon.size - 30, len(movers))
    paid = employer >= 0
    pay_to = np.where(paid, np.minimum(pay_to, moved_day[np.maximum(employer, 0)]), pay_to)
    single &= paid & (pay_to < moved_day[np.maximum(employer, 0)])
    retired = np.flatnonzero(
        (people["band"] > 0) & (age >= 62) & ~paid & people["stays"] & (people["activity"] != DORMANT)
    )
    pension = np.zeros(size, dtype=bool)
    pension[rng.permutation(retired)[: round(size * PENSION_SHARE)]] = True
    return {
        "employer": employer,
        "pay_from": pay_from,
        "pay_to": pay_to,
        "is_pension": pension,
        "single_stop": single,
        "moved_employers": np.sort(movers),
        "moved_day": moved_day,
        "pay_day": rng.choice(PAY_DAYS, employers),
        "age": age,
    }


def _twins(rng: np.random.Generator, size: int) -> np.ndarray:
    """Pairs (kept, copied) of customers who hold one document number under two names: a finding for people."""
    pairs = round(size * 0.003)
    return rng.permutation(size)[: 2 * pairs].reshape(pairs, 2)


def make_population(rng: np.random.Generator, size: int, horizon: Horizon, place: Place) -> Population:
    """All customers of the world, those who join during it included."""
    band, wealth = _wealth(rng, size)
    birth, is_male = _ages(rng, size, horizon), rng.random(size) < 0.5
    twins = _twins(rng, size)
    doubles = make_doubles(place.dice(80), band, twins)
    bare = doubles.copied[doubles.is_bare]
    for kept, copied in (twins.T, (doubles.kept, doubles.copied)):
        birth[copied], is_male[copied] = birth[kept], is_male[kept]
    born = (birth - horizon.origin).astype(np.int64)
    joined = np.where(rng.random(size) < 0.1, rng.integers(0, horizon.size, size), -rng.integers(30, 7000, size))
    joined[bare] = -30 - np.abs(joined[bare])
    open_day = np.maximum(joined, np.minimum(born + 30, -30))
    activity = rng.choice(3, size, p=(0.72, 0.15, 0.13))
    activity = np.where((open_day >= 0) & (activity == DORMANT), LOW, activity)
    quiet_day = np.where(activity == DORMANT, rng.integers(100, horizon.size - 100, size), NEVER)
    # Who has fallen quiet closes nothing.
    leaver = (band == 1) & (open_day < 0) & (activity != DORMANT) & (rng.random(size) < 0.03)
    closing_day = np.where(leaver, rng.integers(60, horizon.size, size), NEVER)
    people = {"band": band, "birth": birth, "activity": activity, "open_day": open_day, "stays": ~leaver}
    work = _employment(rng, people, horizon)
    income = np.exp(rng.normal(np.log(6500), 0.5, size)) * 100
    income = np.where(work["employer"] < 0, income * 0.55, income)
    income = np.where(work["is_pension"], np.clip(income * 1.1, 150_000, 1_200_000), income)
    income = np.maximum(income, wealth * 0.004)
    numbers = names.resident_numbers(rng, birth, is_male, place.block, place.count)
    id_type, id_no = _documents(rng, numbers, birth)
    for kept, copied in twins:
        id_type[copied], id_no[copied] = id_type[kept], id_no[kept]
    name = names.person_names(rng, is_male)
    _foreign_documents(name, id_type, id_no)
    doubles = replace(doubles, how=write_doubles(doubles, name, id_type, id_no, birth))
    has_account = (band > 0) | (rng.random(size) < 0.45)
    has_account[bare] = False
    return Population(
        size=size,
        ecif_no=np.array([f"1{place.block:02d}{at + 1:07d}" for at in range(size)]),
        name=name,
        id_type=id_type,
        id_no=id_no,
        birth=birth,
        is_male=is_male,
        band=band,
        wealth=wealth,
        open_day=open_day,
        outlet=rng.integers(0, reference.OUTLETS, size),
        has_account=has_account,
        activity=activity,
        quiet_day=quiet_day,
        closing_day=closing_day,
        occupation=_occupations(rng, work["age"], work["employer"] >= 0),
        employer=work["employer"],
        pay_from=work["pay_from"],
        pay_to=work["pay_to"],
        pay_day=np.where(work["is_pension"], 12, work["pay_day"][np.maximum(work["employer"], 0)]),
        is_pension=work["is_pension"],
        income=income.astype(np.int64),
        has_mbank=(band > 0) & (rng.random(size) < np.where(activity == ACTIVE, 0.85, 0.4)) & (work["age"] > 12),
        twins=twins,
        doubles=doubles,
        employers=len(work["pay_day"]),
        moved_employers=work["moved_employers"],
        moved_day=work["moved_day"],
        single_stop=work["single_stop"],
    )


def _documents(rng: np.random.Generator, numbers: list[str], birth: np.ndarray) -> tuple[list[str], list[str]]:
    """Document type and number: mostly 18 digits, some old 15-digit ones, passports, permits, and some never recorded."""
    draw = rng.random(len(numbers))
    old = birth < np.datetime64("1985-01-01")
    types, found = [], []
    for at, number in enumerate(numbers):
        is_passport, is_permit = draw[at] > 0.9985, 0.495 < draw[at] < 0.497
        types.append("passport" if is_passport else "permit_hmt" if is_permit else "resident")
        if is_passport:
            found.append(f"ZZ{number[9:16]}")
        elif is_permit:
            found.append(names.permit_number(number, at))
        elif draw[at] > 0.997:
            found.append("")
        else:
            found.append(names.old_number(number) if old[at] and draw[at] < 0.013 else number)
    return types, found


def _foreign_documents(name: list[str], id_type: list[str], id_no: list[str]) -> None:
    """Who has a foreign name has a passport; changes the lists."""
    for at, written in enumerate(name):
        if " " in written and id_type[at] == "resident":
            id_type[at], id_no[at] = "passport", f"ZZ{id_no[at][9:16]}"


def _occupations(rng: np.random.Generator, age: np.ndarray, is_paid: np.ndarray) -> list[str]:
    """An occupation that fits the age; empty where it was never asked."""
    draw = rng.random(len(age))
    found = []
    for years, paid, pick in zip(age, is_paid, draw, strict=True):
        if pick < 0.06:
            found.append("")
        elif years < 22 and not paid:
            found.append("student")
        elif years >= 60 and not paid:
            found.append("retired")
        elif paid:
            found.append("civil" if pick < 0.2 else "staff" if pick < 0.65 else "worker")
        else:
            found.append("owner" if pick < 0.25 else "worker" if pick < 0.6 else "other")
    return found
