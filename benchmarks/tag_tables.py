"""Partials and raw rows with a bank's skew, made inside DuckDB from hashes: the same at every run."""

from __future__ import annotations

import duckdb

from tagmart.tagspec.model import Tag

DAY = "date '2026-06-30'"
EMPTY_SHARE = 0.37
HABITS = 25
# channel, direction, mode, purpose, cp, and how many of a thousand transactions.
KINDS = (
    ("qpay", "out", "transfer", "consume", "third_pay", 440), ("qpay", "out", "transfer", "consume", "merchant", 140),
    ("qpay", "out", "transfer", "household", "third_pay", 30), ("qpay", "in", "transfer", "transfer", "third_pay", 60),
    ("mbank", "out", "transfer", "transfer", "other_bank_other", 40), ("mbank", "out", "transfer", "transfer", "same_bank_other", 20),
    ("mbank", "in", "transfer", "transfer", "other_bank_other", 30), ("mbank", "out", "transfer", "invest", "fund_insurance", 10),
    ("mbank", "out", "transfer", "loan", "bank_gl", 10), ("mbank", "out", "transfer", "transfer", "other_bank_same_name", 10),
    ("mbank", "in", "transfer", "transfer", "other_bank_same_name", 10), ("ebank", "out", "transfer", "transfer", "other_bank_other", 10),
    ("ebank", "in", "transfer", "transfer", "other_bank_other", 10), ("counter", "in", "cash", "other", "cash", 10),
    ("counter", "out", "cash", "other", "cash", 10), ("smart", "in", "cash", "other", "cash", 10), ("atm", "out", "cash", "other", "cash", 20),
    ("atm", "in", "cash", "other", "cash", 10), ("pos", "out", "transfer", "consume", "merchant", 50),
    ("batch", "in", "transfer", "wage", "other_bank_other", 15), ("batch", "in", "transfer", "interest", "bank_gl", 10),
    ("batch", "out", "transfer", "fee", "bank_gl", 7), ("batch", "out", "transfer", "insurance", "fund_insurance", 4),
    ("batch", "in", "transfer", "pension", "government", 3), ("phone", "out", "transfer", "household", "government", 1),
    ("agent", "out", "cash", "other", "cash", 2), ("batch", "out", "transfer", "tax", "government", 2),
    ("other", "in", "other", "other", "other", 10), ("other", "out", "other", "other", "other", 9), ("mbank", "out", "transfer", "invest", "securities", 7),
)  # fmt: skip
# What share of active customers has a product, and how often its balance changes in thirteen months; money is in transit for three days.
ASSETS = (
    ("demand", 1.0, "least(txns, 250)"), ("term", 0.25, "4"), ("cd", 0.04, "2"), ("wm", 0.15, "12"), ("fund", 0.10, "280"),
    ("pm", 0.02, "280"), ("tb", 0.01, "2"), ("trust", 0.002, "12"), ("transit", 0.08, "8"),
)  # fmt: skip
DEBTS = (("mtg", 0.06, "13"), ("cons", 0.08, "13"), ("biz", 0.03, "13"), ("cc", 0.18, "100"))
# As nights leave a partial: the last tenth of its days in the order of days, the rest in the order of customers (macro daily_order).
IN_ORDER = "order by {day} > date '2026-06-30' - {tenth}, case when {day} <= date '2026-06-30' - {tenth} then customer_id end, {day}"
YEAR, TENTH = 365, 36
FEEDS = (
    "core_acct", "core_acct_person", "core_txn", "core_bal", "inv_hold", "inv_order", "crd_note", "cc_acct", "chn_event", "pay_detail",
)  # fmt: skip


def make_tables(duck: duckdb.DuckDBPyConnection, customers: int, transactions: int, years: int = 1) -> None:
    """Every partial that retail families read, and the raw transactions of the last year.

    Args:
        transactions: in one year, of all customers.
        years: how many years the partials reach back: those before the last one are the same again.
    """
    duck.execute("create schema ops")
    duck.execute(f"create table ops.run_context as select {DAY} as biz_date")
    duck.execute(f"create table ops.feed_present as select {', '.join(f'true as {feed}' for feed in FEEDS)}")
    duck.execute(f"""
        create table dws_retail_spine as
        select 'R' || lpad(cast(number as varchar), 9, '0') as customer_id, {DAY} as biz_date, number from range({customers}) as made(number)""")
    duck.execute(f"""
        create temp table active as
        with ranked as (
            select customer_id, number, 1.0 / (row_number() over (order by hash(number + 7)) + {customers} * 0.001) as weight
            from dws_retail_spine where hash(number) / 18446744073709551615.0 >= {EMPTY_SHARE})
        select customer_id, number, cast(round({transactions} * weight / sum(weight) over ()) as integer) as txns from ranked""")
    _transactions(duck)
    _histories(duck)
    _events(duck)
    if years > 1:
        _earlier_years(duck, years)
    duck.execute("checkpoint")


def _in_order(day: str, years: int = 1) -> str:
    return IN_ORDER.format(day=day, tenth=TENTH * years)


def _earlier_years(duck: duckdb.DuckDBPyConnection, years: int) -> None:
    """Repeat the rows of every partial for the years before, and lay it out as nights of so many years leave it."""
    found = duck.execute(
        "select table_name, column_name from duckdb_columns() where table_name like 'dws\\_%' escape '\\' and column_name in ('acct_date', 'valid_from')"
    ).fetchall()
    for table, day in found:
        parts = [f"select * from {table}"]
        for back in range(1, years):
            moved, cut = f"{day} - {back * YEAR} as {day}", ""
            if day == "valid_from":
                # The states of a year end where the next one begins.
                until = f"{DAY} - {406 + (back - 1) * YEAR}"
                moved += f", case when valid_to = '9999-12-31' then {until} else least(valid_to - {back * YEAR}, {until}) end as valid_to"
                cut = f" where valid_from - {back * YEAR} < {until}"
            parts.append(f"select * replace ({moved}) from {table}{cut}")
        duck.execute(f"create or replace table {table} as from ({' union all '.join(parts)}) {_in_order(day, years)}")


def _transactions(duck: duckdb.DuckDBPyConnection) -> None:
    """Raw rows, each of one of a customer's habits, and the daily partial made from them."""
    slots = [kind[:5] for kind in KINDS for _ in range(kind[5])]
    values = ", ".join(f"({slot}, {', '.join(repr(word) for word in kind)})" for slot, kind in enumerate(slots))
    duck.execute(f"create temp table kind as select * from (values {values}) as made(slot, channel, direction, mode, purpose, cp)")
    duck.execute(f"""
        create table raw_transaction as
        with posted as (select customer_id, number, unnest(range(txns)) as item from active),
        drawn as (select customer_id, number, hash(number, item) as chance from posted)
        select customer_id, {DAY} - cast((chance // 1000) % 365 as integer) as acct_date, channel, direction, mode, purpose, cp,
            cast(exp(2 + ((chance // 1000000) % 1000) / 150.0) as decimal(18, 2)) as amt, (chance // 7) % 10 < 8 as is_self
        from drawn join kind on slot = hash(number, chance % {HABITS}) % {len(slots)}""")
    duck.execute(f"""
        create table dws_retail_transaction_daily as
        from (select customer_id, acct_date, channel, direction, mode, purpose, cp, cast(sum(amt) as decimal(18, 2)) as amt_sum, max(amt) as amt_max,
            cast(count(*) as integer) as cnt, cast(sum(is_self::int) as integer) as self_cnt
        from raw_transaction group by all) {_in_order('acct_date')}""")


def _histories(duck: duckdb.DuckDBPyConnection) -> None:
    for table, products, more in (
        ("asset", ASSETS, ""),
        ("liability", DEBTS, ", cast(0 as decimal(18, 2)) as overdue_amt, cast(0 as integer) as dpd"),
    ):
        parts = " union all ".join(
            f"select customer_id, number, '{prod}' as prod, unnest(range({often})) as item from active"
            f" where hash(number, '{prod}') % 10000 < {int(share * 10000)}"
            for prod, share, often in products
        )
        duck.execute(f"""
            create table dws_retail_{table}_history as
            with changes as (
                select distinct customer_id, prod, {DAY} - 406 + cast(hash(number, item, prod) % 407 as integer) as valid_from from ({parts}) as part)
            select customer_id, prod, valid_from,
                least(
                    coalesce(lead(valid_from) over (partition by customer_id, prod order by valid_from), date '9999-12-31'),
                    case when prod = 'transit' then valid_from + 3 else date '9999-12-31' end
                ) as valid_to,
                cast(exp(4 + (hash(customer_id, valid_from, prod) % 1000) / 120.0) as decimal(18, 2)) as bal{more}
            from changes {_in_order('valid_from')}""")
    _totals(duck)


def _totals(duck: duckdb.DuckDBPyConnection) -> None:
    """The sums of assets that are kept because their peaks are asked for: all deposits, everything held, money in transit."""
    duck.execute(f"""
        create table dws_retail_total_history as
        with parts as (
            select *, 'held' as total from dws_retail_asset_history where prod <> 'transit'
            union all select *, 'dep' as total from dws_retail_asset_history where prod in ('demand', 'term', 'cd')
            union all select *, 'transit' as total from dws_retail_asset_history where prod = 'transit'),
        steps as (
            select customer_id, total, valid_from as day, bal as amt from parts
            union all select customer_id, total, valid_to, -bal from parts where valid_to < '9999-12-31'),
        changes as (select customer_id, total, day, sum(amt) as amt from steps group by all)
        from (select customer_id, total, day as valid_from,
            coalesce(lead(day) over following, date '9999-12-31') as valid_to, cast(sum(amt) over following as decimal(18, 2)) as bal
        from changes window following as (partition by customer_id, total order by day)) {_in_order('valid_from')}""")


def _events(duck: duckdb.DuckDBPyConnection) -> None:
    """What is small: log-ins and page views, pay, orders."""
    pages = "['wm', 'fund', 'loan', 'dep', 'cc', 'pay', 'other'][cast(1 + (chance // 7) % 7 as integer)]"
    duck.execute(f"""
        create table dws_retail_channel_daily as
        with seen as (select customer_id, number, unnest(range(least(txns // 2, 300))) as item from active),
        drawn as (select customer_id, hash(number, item, 3) as chance from seen)
        from (select customer_id, {DAY} - cast((chance // 100) % 365 as integer) as acct_date,
            case when chance % 10 < 4 then 'login' when chance % 10 < 8 then 'view' else 'click' end as event,
            case when chance % 10 < 4 then 'other' else {pages} end as page,
            cast(count(*) as integer) as cnt, cast(count(*) * 9 as integer) as stay_sec
        from drawn group by all) {_in_order('acct_date')}""")
    duck.execute(f"""
        create table dws_retail_pay_daily as
        with paid as (select customer_id, number, unnest(range(14)) as item from active where hash(number, 'pay') % 100 < 35)
        select customer_id, {DAY} - cast(item * 30 + hash(number) % 5 as integer) as acct_date,
            case when hash(number, item) % 10 < 8 then 'wage' when hash(number, item) % 10 = 8 then 'bonus' else 'pension' end as type,
            cast(3000 + hash(number) % 20000 as decimal(18, 2)) as amt_sum, amt_sum as amt_max, cast(1 as integer) as cnt
        from paid""")
    duck.execute(f"""
        create table dws_retail_order_daily as
        with placed as (select customer_id, number, unnest(range(20)) as item from active where hash(number, 'order') % 100 < 18)
        select customer_id, {DAY} - cast(hash(number, item) % 365 as integer) as acct_date, case when hash(number, item, 1) % 2 = 0 then 'wm' else 'fund' end as prod,
            ['sub', 'red', 'sip', 'div'][cast(1 + hash(number, item, 2) % 4 as integer)] as "order",
            cast(sum(1000 + hash(number, item) % 20000) as decimal(18, 2)) as amt_sum, cast(max(1000 + hash(number, item) % 20000) as decimal(18, 2)) as amt_max,
            cast(count(*) as integer) as cnt, cast(sum((hash(number, item, 5) % 20 = 0)::int) as integer) as fail_cnt
        from placed group by all""")


def stand_in(tag: Tag) -> str:
    """A value of a tag that is written by hand, in its type and as empty as such tags are."""
    chance = f"hash(spine.customer_id, '{tag.name}')"
    value = {
        "integer": f"cast({chance} % 5 as integer)",
        "boolean": f"{chance} % 9 = 0",
        "date": f"date '2020-01-01' + cast({chance} % 2000 as integer)",
        "varchar": f"case {chance} % 4 when 0 then 'aa' when 1 then 'none' else 'normal' end",
        "decimal(18,2)": f"case when {chance} % 3 = 0 then cast({chance} % 10000000 / 100.0 as decimal(18, 2)) else 0 end",
        "decimal(18,4)": f"case when {chance} % 3 = 0 then cast({chance} % 10000 / 10000.0 as decimal(18, 4)) end",
    }[tag.data_type]
    return f"{value} as {tag.name}"
