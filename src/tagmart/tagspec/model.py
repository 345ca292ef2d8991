"""What a vocabulary, a family and a tag are. Nothing here reads or writes a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PLACES = ("before", "object", "after")
AGGREGATES = (
    "sum", "max", "min", "count_days", "count_months", "first_day", "last_day", "at", "mean_days", "per_day", "std_days",
    "share", "yoy",
)  # fmt: skip
# A quotient: where there is nothing to divide by it is not applicable, whatever the family says of no rows.
QUOTIENTS = ("share", "yoy")
FORMS = ("flow", "history", "due")
FOLDS = ("sum", "max", "min")
TYPES = ("decimal(18,2)", "decimal(18,4)", "integer", "boolean", "varchar", "date")
STATUSES = ("draft", "active", "deprecated")


@dataclass(frozen=True)
class Text:
    """A text in both languages."""

    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class Security:
    """Personal information class (C1, C2, none), data level 1 to 5, and class 一般, 敏感 or 重要."""

    personal: str
    level: int
    data_class: str


@dataclass(frozen=True)
class SliceValue:
    """A value of a slice.

    Attributes:
        code: the value in the partial.
        name: what stands in a tag's name.
        place: where labels put it: before, instead of (`object`) or after the object.
        only: other slices by the values with which this one makes a natural pair; empty: all.
        note: what sentences must add, instead of the note of the family; empty: the family's.
    """

    code: str
    name: str
    text: Text
    place: str
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    note: Text = field(default_factory=Text)


@dataclass(frozen=True)
class Measure:
    """What is measured: an aggregate of one column of a partial. `kind` is flow (has a window) or state (has none).

    Attributes:
        within: slices that a share keeps: of what moved in the same direction, not of everything.
    """

    name: str
    agg: str
    of: str
    kind: str
    data_type: str
    unit: str
    text: Text
    within: tuple[str, ...] = ()


@dataclass(frozen=True)
class Window:
    """Days of which a flow is taken. Exactly one rule holds: days, running, complete (with count), next, or all."""

    code: str
    text: Text
    span: str = ""
    days: int = 0
    running: str = ""
    complete: str = ""
    count: int = 0
    next: int = 0


@dataclass(frozen=True)
class Base:
    """A base point: the last day before the month, quarter or year that holds D."""

    code: str
    before: str
    text: Text


@dataclass(frozen=True)
class Change:
    """The state of D minus that of a base point, or of `days` days before."""

    code: str
    text: Text
    base: Base | None = None
    days: int = 0


@dataclass(frozen=True)
class TotalOf:
    """What a total is the sum of: these values of a slice of another partial."""

    table: str
    slice: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A partial: its slices with the values that it can hold, how columns fold, and the feeds it needs.

    Attributes:
        form: flow (a row of a day says what happened on it), history (a row says what was so from `valid_from` until the day
            before `valid_to`; where there is no row there was nothing), due (a row says what falls due on a day).
        date: the day of a flow or of what is due; empty for a history.
        feeds: feeds without which no row can be judged; empty where they depend on a slice.
        feeds_by: a slice, with the feeds that each of its values needs.
        totals: where the values of its one slice are totals of another partial, what each is the sum of.
    """

    name: str
    entity: str
    slices: Mapping[str, tuple[str, ...]]
    folds: Mapping[str, str]
    feeds: tuple[str, ...]
    feeds_by: tuple[str, Mapping[str, tuple[str, ...]]] | None
    form: str = "flow"
    date: str = ""
    valid_from: str = ""
    valid_to: str = ""
    totals: Mapping[str, TotalOf] = field(default_factory=dict)


@dataclass(frozen=True)
class FamilyWords:
    """What the vocabulary says of a family: its object, where it belongs, who owns it, how it is protected."""

    code: str
    text: Text
    theme: str
    product: str
    line: str
    note: Text
    owner_business: str
    owner_technical: str
    security: Security
    purposes: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """Every word that the specs of one entity may use.

    Attributes:
        spine: the feed of the entity's customers of record; a bank without it does not keep the entity.
    """

    spine: str
    units: Mapping[str, Text]
    kinds: Mapping[str, Text]
    missing: Mapping[str, Text]
    purposes: tuple[str, ...]
    themes: Mapping[str, Text]
    families: Mapping[str, FamilyWords]
    slices: Mapping[str, Mapping[str, SliceValue]]
    measures: Mapping[str, Measure]
    windows: Mapping[str, Window]
    bases: Mapping[str, Base]
    changes: Mapping[str, Change]
    tables: Mapping[str, Table]


@dataclass(frozen=True)
class Family:
    """One block of a spec: tags that differ only by slice, measure and window, from one partial.

    Attributes:
        spec: the file that declares it, as tag_specs/retail/transaction.yml.
        where: slices by the values to which the partial is cut.
        slices: slices by the values that tags are made for; the others fold into `other`.
        combos: slices that are crossed, in the order of the vocabulary; () is the total.
        flows: measures of kind flow, each with its windows.
        states: measures of kind state; bases and changes are those of the balance.
    """

    spec: str
    entity: str
    words: FamilyWords
    table: Table
    feeds: tuple[str, ...]
    where: Mapping[str, tuple[str, ...]]
    slices: Mapping[str, tuple[str, ...]]
    combos: tuple[tuple[str, ...], ...]
    flows: tuple[tuple[Measure, tuple[Window, ...]], ...]
    states: tuple[Measure, ...]
    bases: tuple[Base, ...]
    changes: tuple[Change, ...]
    missing: str
    note: Text
    status: str
    replacement: str = ""
    model: str = ""

    def model_name(self, combo: tuple[str, ...]) -> str:
        """The dbt model of one combination: tag_retail_txn_direction_mode."""
        return "_".join(["tag", self.entity, self.words.code, *([self.model] if self.model else combo)])


@dataclass(frozen=True)
class Column:
    """How one generated tag is made: the narrow column it is picked from, and for which slice values.

    Attributes:
        narrow: column of the aggregate per customer and slice.
        measure: the measure; for a base or a change, the balance's.
        window, base, change: at most one of them is set.
    """

    narrow: str
    values: tuple[tuple[str, SliceValue], ...]
    measure: Measure
    window: Window | None = None
    base: Base | None = None
    change: Change | None = None


@dataclass(frozen=True)
class Tag:
    """One tag as the catalogue shows it, generated or written by hand."""

    entity: str
    name: str
    family: str
    theme: str
    label: Text
    sentence: Text
    formula: str
    product: str
    line: str
    kind: str
    data_type: str
    unit: str
    value_list: str
    missing: str
    window: str
    owner_business: str
    owner_technical: str
    security: Security
    purposes: tuple[str, ...]
    status: str
    model: str
    feeds: tuple[str, ...]
    restricted: bool = False
    replacement: str = ""
    column: Column | None = None

    @property
    def description(self) -> str:
        """The column comment: both labels."""
        return f"{self.label.zh}｜{self.label.en}"


@dataclass(frozen=True)
class TagModel:
    """A dbt model that makes tags. `family` and `combo` are set where the model is generated."""

    name: str
    entity: str
    tags: tuple[Tag, ...]
    family: Family | None = None
    combo: tuple[str, ...] = ()
