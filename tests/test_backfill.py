"""Tags over past dates: states from rows of days, and on the month-end night the very values that it published."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagmart.core.duck import connect
from tagmart.night.backfill import Made, make_tables
from tests.nights import MONTH_END, Home

FIRST = date(2026, 6, 1)
# A base tag of each form of partial, a hand-written one, a derived one, and one that two entities have.
TAGS = "txn_cnt_30d,dep_demand_davg_30d,mer_amt_sum_30d,prof_age,val_is_sleeping,aum_bal,prof_tenure_days"


@settings(max_examples=25, deadline=None)
@given(
    rows=st.dictionaries(st.tuples(st.sampled_from("ab"), st.integers(0, 7)), st.sampled_from([None, 1, 2]), max_size=16),
    back=st.integers(0, 7),
)
def test_states_say_of_each_day_what_its_row_says(rows: dict[tuple[str, int], int | None], back: int) -> None:
    day = FIRST + timedelta(days=back)
    told = {(cust, FIRST + timedelta(days=number)): value for (cust, number), value in rows.items()}
    values = ", ".join(f"('{cust}', date '{at}', {'null' if value is None else value}::integer)" for (cust, at), value in told.items())
    with connect() as connection:
        connection.execute("create schema dws; create table fed (cust varchar, acct_date date, bal integer)")
        if values:
            connection.execute(f"insert into fed values {values}")
        make_tables(connection, [Made("dws.held", "select acct_date, cust, bal from fed", "history", "acct_date", ("cust",))], day)
        found = connection.execute("select cust, valid_from, valid_to, bal from dws.held order by 1, 2").fetchall()
    known = {key: value for key, value in told.items() if key[1] <= day}
    last = max((at for _, at in known), default=None)
    said = {
        (cust, first + timedelta(days=number)): bal for cust, first, to, bal in found
        for number in range((min(to, last + timedelta(days=1)) - first).days)
    }  # fmt: skip
    assert said == known
    assert all((to == date(9999, 12, 31)) == ((cust, last) in known and to > last) for cust, _, to, _ in found)
    for (cust, _, to, bal), (other, first, _, next_bal) in pairwise(found):
        assert (cust, to, bal) != (other, first, next_bal)


@pytest.mark.night
@pytest.mark.xdist_group("month_end")
def test_a_past_date_gets_what_its_night_published(month_end: Home) -> None:
    said = month_end.tagmart("backfill", "--from", str(MONTH_END), "--to", str(MONTH_END), "--tags", TAGS).stdout
    made = {path.parent.name: path for path in month_end.path.glob(f"published/backfill/*/*/{MONTH_END}.parquet")}
    assert set(made) == {"retail", "corporate", "merchant"}
    assert all(str(path.relative_to(month_end.path)) in said for path in made.values())
    with month_end.opened(month_end.current / "tagmart.duckdb") as mart:
        for entity, path in made.items():
            columns = [row[0] for row in mart.execute(f"describe from '{path}'").fetchall()]
            assert set(columns) & set(TAGS.split(","))
            published = mart.execute(f"select {', '.join(columns)} from mart.tags_{entity} order by customer_id").fetchall()
            assert mart.execute(f"select * from '{path}' order by customer_id").fetchall() == published
    assert "is there" in month_end.tagmart("backfill", "--from", str(MONTH_END), "--to", str(MONTH_END), "--tags", TAGS).stdout
    later = month_end.tagmart(
        "backfill", "--from", str(MONTH_END), "--to", str(MONTH_END + timedelta(days=1)), "--tags", TAGS, check=False
    )
    assert later.returncode == 1
    assert "the warehouse has not come so far" in later.stderr
    hidden = month_end.tagmart("backfill", "--from", str(MONTH_END), "--to", str(MONTH_END), "--tags", "risk_ctrl_acct_cnt", check=False)
    assert "a restricted tag is published in the restricted file only" in hidden.stderr
