"""Tables built day by day hold exactly what one query over all days says, whatever came in which order and whichever nights ran."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from jinja2 import Template

from tagmart.core.duck import connect, literal
from tagmart.core.settings import project_root
from tests.daily_bank import FOREVER, MODELS, DailyBank, day_of

DAYS = 8
ACCOUNTS = ("A1", "A2", "A3", "A4")
CUSTOMERS = ("C1", "C2", "C3")
DOUBLED = MODELS["dwd_posting"].replace("/* amount */ legs.amt", "/* amount */ legs.amt * 2")
# A definition that fails behind the first days: the build has written rows by then.
BROKEN = MODELS["dwd_posting"].replace("/* amount */ legs.amt", "case when legs.day > date '2026-06-03' then error('broken') else '1' end")
amounts = st.integers(0, 3).map(lambda number: f"{number}.00")
postings = st.lists(st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from((*ACCOUNTS, "X1", None)), amounts), max_size=4)
balances = st.dictionaries(st.sampled_from(ACCOUNTS), amounts, max_size=4)
steps = st.one_of(
    st.tuples(st.just("posting"), st.integers(0, DAYS - 1), postings),
    st.tuples(st.just("balance"), st.integers(0, DAYS - 1), balances),
    st.tuples(st.just("owner"), st.sampled_from(ACCOUNTS), st.tuples(st.integers(0, DAYS - 1), st.sampled_from(CUSTOMERS))),
    st.tuples(st.just("floor"), st.integers(1, DAYS - 1), amounts),
    st.tuples(st.just("define"), st.booleans(), st.none()),
)
nights = st.tuples(st.lists(steps, max_size=4), st.integers(0, DAYS - 1))


def rows_of(bank: DailyBank, query: str) -> list[tuple]:
    with bank.opened() as warehouse:
        return sorted(warehouse.execute(query).fetchall(), key=repr)


def runs_of(rows: list[tuple], last: date) -> list[tuple]:
    """Rows of (customer, day, amt, top) as a history, by the definition: a run of days that follow each other with one value."""
    found = []
    for customer, own in groupby(sorted(rows, key=lambda row: row[:2]), key=lambda row: row[0]):
        run: list | None = None
        for _, day, *values in own:
            if run and run[2] == day and run[3:] == values:
                run[2] = day + timedelta(days=1)
            else:
                run = [customer, day, day + timedelta(days=1), *values]
                found.append(run)
    return sorted(((*tuple(run[:2]), FOREVER if run[2] > last else run[2], *tuple(run[3:])) for run in found), key=repr)


def check(bank: DailyBank, compiled: dict[str, str], number: int) -> None:
    """Every table is what its SQL says of all days."""
    for name in ("dwd_posting", "dws_flow", "dwd_balance"):
        assert rows_of(bank, f"select * from main.{name.split('_')[1]}") == rows_of(bank, compiled[name]), name
    assert rows_of(bank, "select * from main.state") == runs_of(rows_of(bank, compiled["dws_state"]), day_of(number))
    for name in ("dws_flow", "dws_state"):
        check_order(bank, name)


def check_order(bank: DailyBank, name: str) -> None:
    """All rows but the last tenth lie in the order of their customers, if the model asks for it."""
    if "in_order_of" not in bank.models[name]:
        return
    with bank.opened() as warehouse:
        laid = warehouse.execute(f"select row_cnt from ops.daily_order where model = '{name}'").fetchone()
        rows = warehouse.execute(f"select rowid, customer_id from store.{name} order by rowid").fetchall()
    if rows:
        in_order = [customer for rowid, customer in rows if rowid < laid[0]]
        assert in_order == sorted(in_order) and (len(rows) - len(in_order)) * 10 <= len(rows), name


class History:
    """What has come to a bank so far."""

    def __init__(self, bank: DailyBank) -> None:
        self.bank = bank
        self.owners: dict[str, list[tuple[int, str]]] = {}
        self.floor = {0: "0.00"}
        bank.floors(sorted(self.floor.items()))

    def take(self, kind: str, about: object, value: object) -> None:
        if kind == "posting":
            self.bank.deliver("posting", about, [(index, *row) for index, row in enumerate(value)])
        elif kind == "balance":
            self.bank.deliver("balance", about, list(value.items()))
        elif kind == "owner":
            number, customer = value
            changes = dict(self.owners.get(about, [])) | {number: customer}
            self.owners[about] = sorted(changes.items())
            self.bank.accounts(self.owners)
        elif kind == "floor":
            self.floor[about] = value
            self.bank.floors(sorted(self.floor.items()))
        else:
            self.bank.define("dwd_posting", DOUBLED if about else MODELS["dwd_posting"])


def lives_through(bank: DailyBank, story: list) -> None:
    """After every night of a story each table is what its SQL says of all days."""
    history = History(bank)
    for arrivals, number in story:
        for arrival in arrivals:
            history.take(*arrival)
        check(bank, bank.night(number), number)


stories = st.lists(nights, min_size=3, max_size=7)
# A day sent again joins the runs on both sides of it, which are closed, and then parts them: too seldom drawn.
JOINED = [
    ([("owner", "A1", (0, "C1")), *(("balance", day, {"A1": f"{amt}.00"}) for day, amt in enumerate((1, 2, 1, 3)))], 3),
    ([("balance", 1, {"A1": "1.00"})], 3),
    ([("balance", 1, {"A1": "0.00"})], 3),
]


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate))
@example(story=JOINED)
@given(story=stories)
def test_incremental_equals_full(tmp_path_factory: pytest.TempPathFactory, story: list) -> None:
    lives_through(DailyBank(tmp_path_factory.mktemp("daily")), story)


@pytest.mark.drill
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories)
def test_incremental_equals_full_at_length(tmp_path_factory: pytest.TempPathFactory, story: list) -> None:
    lives_through(DailyBank(tmp_path_factory.mktemp("daily")), story)


@pytest.fixture
def settled(tmp_path: Path) -> DailyBank:
    """A bank with six full days, built."""
    bank, chance = DailyBank(tmp_path), random.Random(7)
    history = History(bank)
    for account in ACCOUNTS:
        history.take("owner", account, (0, chance.choice(CUSTOMERS[:2])))
    for number in range(6):
        history.take("posting", number, [(account, chance.choice(ACCOUNTS), "1.00") for account in ACCOUNTS])
        history.take("balance", number, {account: f"{chance.randrange(2)}.00" for account in ACCOUNTS})
    check(bank, bank.night(4), 4)
    bank.history = history
    return bank


def test_a_night_builds_what_it_must_and_no_more(settled: DailyBank) -> None:
    bank, history = settled, settled.history
    bank.night(4)
    assert bank.built() == {}, "the same night again has nothing to build"
    check(bank, bank.night(5), 5)
    assert bank.built() == dict.fromkeys(("dwd_posting", "dws_flow", "dwd_balance", "dws_state"), (1, 0))
    # A day that is sent again: its own days alone, in what reads that feed.
    history.take("posting", 2, [("A1", "A2", "3.00")])
    check(bank, bank.night(5), 5)
    assert bank.built() == {"dwd_posting": (1, 0), "dws_flow": (1, 0)}
    # An account that is merely new.
    history.take("owner", "A9", (5, "C1"))
    bank.night(5)
    assert bank.built() == {}
    # Another owner: the accounts that have rows of it or with it, and then both customers, over all days.
    history.take("owner", "A1", (5, "C3"))
    check(bank, bank.night(5), 5)
    built = bank.built()
    assert {name: days for name, (days, _) in built.items()} == dict.fromkeys(("dwd_posting", "dws_flow", "dwd_balance", "dws_state"), 0)
    assert (built["dwd_balance"][1], built["dws_state"][1]) == (1, 2)
    # Another definition: this table and what stands on it.
    bank.define("dwd_posting", DOUBLED)
    check(bank, bank.night(5), 5)
    assert bank.built() == {"dwd_posting": (6, 0), "dws_flow": (6, 0)}


def test_a_night_for_an_older_date_sees_its_date(settled: DailyBank) -> None:
    bank, history = settled, settled.history
    bank.night(5)
    with bank.opened() as warehouse:
        kept = warehouse.execute("select max(day) from store.dws_flow").fetchone()[0]
    check(bank, bank.night(2), 2)
    assert bank.built() == {}, "nothing has changed before that date, and later days stay where they are"
    with bank.opened() as warehouse:
        assert warehouse.execute("select max(day) from store.dws_flow").fetchone()[0] == kept
        assert warehouse.execute("select max(day) from main.flow").fetchone()[0] == day_of(2)
    history.take("owner", "A1", (4, "C3"))
    check(bank, bank.night(5), 5)
    check(bank, bank.night(3), 3)
    check(bank, bank.night(5), 5)


def test_a_build_that_fails_half_way_leaves_rows_and_record(settled: DailyBank) -> None:
    bank = settled
    record = [f"select * from ops.{name} where model = 'dwd_posting'" for name in ("daily_build", "daily_day", "daily_key")]
    everything = [*record, "select * from store.dwd_posting", "select * from main.posting"]
    before = [rows_of(bank, query) for query in everything]
    bank.define("dwd_posting", BROKEN)
    with pytest.raises(AssertionError, match="broken"):
        bank.night(5)
    assert [rows_of(bank, query) for query in everything] == before
    bank.define("dwd_posting", MODELS["dwd_posting"])
    check(bank, bank.night(5), 5)


def test_rows_of_an_undated_file_may_be_of_any_day(tmp_path: Path) -> None:
    bank = DailyBank(tmp_path)
    bank.define("in_posting", "select * from {{ source('ods', 'posting') }} where day <= {{ biz_date() }}")
    history = History(bank)
    history.take("owner", "A1", (0, "C1"))
    for amount, number, days in (("1.00", 2, 3), ("1.00", 3, 1), ("2.00", 3, 4)):
        bank.deliver_undated("posting", [(at, "A1", None, day_of(at), amount) for at in range(6)], again=amount)
        check(bank, bank.night(number), number)
        assert bank.built()["dws_flow"] == (days, 0)


def test_a_table_whose_rows_hold_for_a_day_costs_its_days(settled: DailyBank) -> None:
    bank = settled
    bank.define("dwd_balance", """
        {{ config(materialized='daily', date_column='day', part='acct_no', owner='customer_id', dated=[
            {'to': 'dim_limit', 'date': 'valid_from'},
        ]) }}
        select balances.acct_no, balances.day, cast('C1' as varchar) as customer_id, cast(balances.amt * rates.amt as decimal(18, 2)) as amt
        from {{ ref('in_balance') }} as balances
        left join {{ ref('dim_limit') }} as rates on balances.day = rates.valid_from
        where {{ daily_rows('balances.day', 'balances.acct_no') }}
    """)
    bank.floors([(number, "2.00") for number in range(6)])
    check(bank, bank.night(5), 5)
    bank.floors([(number, "3.00" if number == 4 else "2.00") for number in range(6)])
    check(bank, bank.night(5), 5)
    assert bank.built()["dwd_balance"] == (1, 0)


def test_a_computed_key_costs_its_parts_and_a_table_without_parts_everything(settled: DailyBank) -> None:
    bank, history = settled, settled.history
    bank.define("dwd_balance", """
        {{ config(materialized='daily', date_column='day', part='acct_no', owner='customer_id', keyed=[
            {'to': 'dim_account', 'key': "md5('account|' || acct_no)", 'reads': ['customer_id'], 'by': 'acct_key'},
        ]) }}
        select balances.acct_no, md5('account|' || balances.acct_no) as acct_key, balances.day, mine.customer_id, balances.amt
        from {{ ref('in_balance') }} as balances
        left join {{ ref('dim_account') }} as mine on balances.acct_no = mine.acct_no
        where {{ daily_rows('balances.day', 'balances.acct_no') }}
    """)
    bank.define("dws_flow", """
        {{ config(materialized='daily', date_column='day') }}
        select customer_id, day, cast(sum(amt) as decimal(18, 2)) as amt, cast(count(*) as integer) as cnt
        from {{ ref('dwd_posting') }}
        where customer_id is not null and {{ daily_rows('day') }}
        group by customer_id, day
    """)
    check(bank, bank.night(5), 5)
    history.take("posting", 3, [("A1", "A2", "3.00")])
    check(bank, bank.night(5), 5)
    assert bank.built() == {"dwd_posting": (1, 0), "dws_flow": (1, 0)}
    history.take("owner", "A1", (5, "C3"))
    check(bank, bank.night(5), 5)
    built = bank.built()
    assert (built["dwd_balance"], built["dws_flow"]) == ((0, 1), (6, 0))


@pytest.mark.parametrize(("runs", "bad"), [
    ([("C1", 1, 3), ("C1", 3, 9), ("C1", 12, 99), ("C2", 1, 99)], []),
    ([("C1", 1, 4), ("C1", 3, 9)], [("C1", 1)]),
    ([("C1", 1, 9), ("C1", 1, 9)], [("C1", 1)]),
    ([("C1", 3, 3)], [("C1", 3)]),
    ([("C1", 1, 99), (None, 1, 99)], [(None, 1)]),
])  # fmt: skip
def test_runs_of_a_history_that_overlap_are_found(runs, bad):
    """The data test of histories, which spares their daily views one of their own: no day of a key is in two runs."""
    text = (project_root() / "dbt_project" / "tests" / "generic" / "runs_apart.sql").read_text("utf-8")
    body = text[text.index("%}") + 2:text.index("{% endtest %}")]
    rows = ", ".join(f"({literal(key) if key else 'null'}, {first}, {after})" for key, first, after in runs)
    query = Template(body).render(columns=["customer_id"], model=f"(values {rows}) as history(customer_id, valid_from, valid_to)")
    with connect() as duck:
        assert [row[:2] for row in duck.execute(query).fetchall()] == bad
