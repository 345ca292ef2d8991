"""Facts about drift: every tag beside the same tag of earlier nights of the same kind, all from their profiles.

The baseline is the sum of up to twelve published nights before the one under test: month ends beside month ends, workdays beside
workdays (DOMAIN 0.11). A tag over a running month is compared at month ends only, one over a running quarter or year not at all:
it grows until the window begins anew, which is no drift. A tag that keeps values of an earlier night is neither compared nor a
measure: it says what another day was like.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tagmart.core.mart import TAG_CATALOG, TAG_PROFILE, qualified, table_columns
from tagmart.gates.day_kind import read_kinds
from tagmart.gates.facts import EVERYTHING, Fact, GateInput, night_database
from tagmart.gates.past import LEAST_NIGHTS, Past, past_nights, read_past
from tagmart.gates.tag_facts import HELD_COLUMNS, HELD_TAGS, held_tags

if TYPE_CHECKING:
    import duckdb

# How far back nights of one kind are looked for: a year of month ends.
SPAN_DAYS = 400
# Groups of bins that hold so much of the baseline at least, and codes that are so frequent at least; the rest is one group.
GROUP_SHARE, CODE_SHARE = 0.1, 0.02
# Fewer values say nothing of how they are spread.
LEAST_VALUES = 50
# Stability index from which a distribution counts as another one (a common rule of scoring practice), and how many times the
# index that chance alone would give is let pass beside it.
SHIFTED, CHANCE = 0.25, 2
# A unit that has changed makes the largest value a hundred times larger; below this size it is chance.
SMALLEST_RANGE = 100
RUNNING = ("mtd", "qtd", "ytd")
COLUMNS = ("entity", "tag_name", "data_type", "row_cnt", "null_cnt", "true_cnt", "min_value", "max_value", "bins")


@dataclass
class Filling:
    """How a tag is filled, on one night or on several together.

    Attributes:
        nights: how many.
        rows: customers.
        nulls: of them without a value.
        bins: lower edge or code → customers.
        largest: the largest value without its sign; None where it is no number.
    """

    nights: int = 0
    rows: int = 0
    nulls: int = 0
    bins: dict[str, int] = field(default_factory=dict)
    largest: float | None = None

    def add(self, row: Mapping[str, object]) -> None:
        """Take in a row of a profile."""
        self.nights += 1
        self.rows += int(row["row_cnt"])
        self.nulls += int(row["null_cnt"])
        for name, count in _bins(row).items():
            self.bins[name] = self.bins.get(name, 0) + count
        ends = [abs(float(row[name])) for name in ("min_value", "max_value") if row[name] is not None and _is_number(row)]
        self.largest = max([*ends, self.largest or 0.0]) if ends else self.largest

    @property
    def null_share(self) -> float:
        """Share of customers without a value."""
        return self.nulls / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class Stability:
    """How far two distributions are apart.

    Attributes:
        index: the population stability index: Σ (new − old) · ln(new ÷ old) over groups of about a tenth of the old one.
        allowed: what is let pass: a quarter, and twice what chance gives among so few customers in so many groups.
    """

    index: float
    allowed: float


def drift_facts(given: GateInput) -> list[Fact]:
    """One fact per tag, one per wide table, and one that says with what they were compared."""
    kinds = read_kinds(given.settings.dbt_project)
    kind, days = kinds.of_state(given.biz_date), kinds.like(given.biz_date, SPAN_DAYS, kinds.of_state)
    nights = past_nights(given, days)
    with night_database(given) as connection:
        tonight = _profile(connection)
        catalogue = _catalogue(connection)
        present, held = _present(connection), held_tags(connection)
    if len(nights) < LEAST_NIGHTS:
        said = f"not compared: {len(nights)} {kind} night(s) published before, {LEAST_NIGHTS} are needed"
        return [{"subject": EVERYTHING, "message": said}]
    base = _baseline(nights)
    facts = [
        _fact(row, None if _tag(row) in held else base.get(_key(row)), catalogue.get(_tag(row), {}), present, kind) for row in tonight
    ]
    said = f"compared with {len(nights)} {kind} nights, {nights[-1].biz_date} … {nights[0].biz_date}"
    return [{"subject": EVERYTHING, "message": said}, *facts, *_tables(tonight, base)]


def _baseline(nights: Sequence[Past]) -> dict[tuple[str, str, str], Filling]:
    """How every tag was filled on earlier nights, added up; without those on which it was held."""
    base: dict[tuple[str, str, str], Filling] = {}
    for night in nights:
        held = set(read_past([night], TAG_CATALOG, HELD_COLUMNS, HELD_TAGS))
        for values in read_past([night], TAG_PROFILE.name, COLUMNS, _query()):
            row = dict(zip(COLUMNS, values, strict=True))
            if _tag(row) not in held:
                base.setdefault(_key(row), Filling()).add(row)
    return base


def stability(base: Mapping[str, int], now: Mapping[str, int], nights: int = 1) -> Stability:
    """The stability index of a distribution beside an earlier one.

    Args:
        base: bins of the earlier one, perhaps of several nights added up.
        now: bins of the one under test.
        nights: how many nights the earlier one is of: the same customers again tell nothing new.
    """
    groups = _groups(base, now)
    old_all, new_all = sum(base.values()), sum(now.values())
    index = 0.0
    for names in groups:
        # Half a customer in every group: of an empty one there is no logarithm.
        old = (sum(base.get(name, 0) for name in names) + 0.5) / (old_all + 0.5 * len(groups))
        new = (sum(now.get(name, 0) for name in names) + 0.5) / (new_all + 0.5 * len(groups))
        index += (new - old) * math.log(new / old)
    chance = (len(groups) - 1) * (1 / max(new_all, 1) + nights / max(old_all, 1))
    return Stability(index, SHIFTED + CHANCE * chance)


def _groups(base: Mapping[str, int], now: Mapping[str, int]) -> list[list[str]]:
    """Bins put together: numbers to neighbours that hold a tenth of the baseline, codes alone or with the rare ones."""
    names, total = {*base, *now}, sum(base.values())
    try:
        ordered = sorted(names, key=float)
    except ValueError:
        common = sorted(name for name in names if base.get(name, 0) >= CODE_SHARE * total)
        rare = sorted(names - set(common))
        return [[name] for name in common] + ([rare] if rare else [])
    groups: list[list[str]] = [[]]
    held = 0
    for name in ordered:
        groups[-1].append(name)
        held += base.get(name, 0)
        if held >= GROUP_SHARE * total:
            groups.append([])
            held = 0
    # What is left at the end is less than a tenth: it joins its neighbour, unless all of it is new.
    if groups[-1] and len(groups) > 1 and held:
        last = groups.pop()
        groups[-1] += last
    return [group for group in groups if group]


def _fact(row: Mapping[str, object], base: Filling | None, entry: Mapping[str, object], present: Mapping[str, object], kind: str) -> Fact:
    """The fact of one tag."""
    now = Filling()
    now.add(row)
    window, feeds = str(entry.get("window_code") or ""), str(entry.get("source_feeds") or "").replace(",", " ").split()
    is_known = base is not None and base.nights >= LEAST_NIGHTS and all(present.get(feed) for feed in feeds)
    is_compared = is_known and (window not in RUNNING or (window == "mtd" and kind == "month end"))
    fact: Fact = {
        "subject": row["tag_name"], "tag": row["tag_name"], "entity": row["entity"], "theme_code": entry.get("theme_code"),
        "owner": entry.get("owner_business"), "row_cnt": now.rows, "is_compared": int(is_compared), "null_share": now.null_share,
    }  # fmt: skip
    if not is_compared:
        return fact
    fact |= {"base_cnt": base.nights, "base_null_share": base.null_share, "null_change": abs(now.null_share - base.null_share)}
    said = [f"{row['entity']}: empty for {now.null_share:.1%} of customers, {base.null_share:.1%} before"]
    if sum(now.bins.values()) >= LEAST_VALUES and sum(base.bins.values()) >= LEAST_VALUES * base.nights:
        found = stability(base.bins, now.bins, base.nights)
        fact |= {"psi": found.index, "psi_over": found.index - found.allowed}
        said.append(f"stability index {found.index:.2f} of at most {found.allowed:.2f}")
    if now.largest is not None and base.largest is not None:
        fact["range_ratio"] = now.largest / max(base.largest, SMALLEST_RANGE)
        said.append(f"largest {now.largest:,.2f}, {base.largest:,.2f} before")
    # The feeds are named so that tags of a late one join its alarm.
    return fact | {"message": "; ".join(said) + (f"; made of {' '.join(feeds)}" if feeds else "")}


def _tables(tonight: Iterable[Mapping[str, object]], base: Mapping[tuple[str, str, str], Filling]) -> list[Fact]:
    """One fact per wide table: its customers beside the mean of the nights before."""
    rows: dict[str, int] = {str(row["entity"]): int(row["row_cnt"]) for row in tonight}
    before: dict[str, float] = {}
    for (entity, _, _), filling in base.items():
        before[entity] = max(before.get(entity, 0.0), filling.rows / filling.nights)
    return [
        {"subject": f"tags_{entity}", "entity": entity, "is_table": 1, "is_compared": 0, "row_cnt": count, "row_ratio": count / before[entity],
         "message": f"{count:,} customers, {before[entity]:,.0f} in the mean of the nights before"}
        for entity, count in rows.items() if before.get(entity)
    ]  # fmt: skip


def _profile(connection: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """The profile of the night under test."""
    return [dict(zip(COLUMNS, row, strict=True)) for row in connection.execute(_query()).fetchall()]


def _query() -> str:
    return f"select {', '.join(COLUMNS)} from {qualified(TAG_PROFILE.name)}"


def _catalogue(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, object]]:
    """What the catalogue says of the tags: theme, owner, window, feeds, as far as it has the columns."""
    wanted = [name for name in ("theme_code", "owner_business", "window_code", "source_feeds") if name in table_columns(connection, TAG_CATALOG)]
    rows = connection.execute(f"select {', '.join(['entity', 'tag_name', *wanted])} from {qualified(TAG_CATALOG)}").fetchall()
    return {(entity, name): dict(zip(wanted, rest, strict=True)) for entity, name, *rest in rows}


def _present(connection: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """Which feeds the bank has."""
    found = connection.execute("select * from warehouse.ops.feed_present")
    return dict(zip((column[0] for column in found.description), found.fetchone(), strict=True))


def _key(row: Mapping[str, object]) -> tuple[str, str, str]:
    """A tag whose type has changed is another one."""
    return str(row["entity"]), str(row["tag_name"]), str(row["data_type"])


def _tag(row: Mapping[str, object]) -> tuple[str, str]:
    return str(row["entity"]), str(row["tag_name"])


def _is_number(row: Mapping[str, object]) -> bool:
    return str(row["data_type"]).split("(")[0] in ("DECIMAL", "INTEGER", "BIGINT")


def _bins(row: Mapping[str, object]) -> dict[str, int]:
    """The bins of a profile; those of a flag are its counts."""
    if row["true_cnt"] is not None:
        true = int(row["true_cnt"])
        return {"true": true, "false": int(row["row_cnt"]) - int(row["null_cnt"]) - true}
    return json.loads(str(row["bins"])) if row["bins"] else {}
