"""A real bank through the real stages: every expected number of Berka that a tag or a dwd table expresses, value by value.

The expected files hold answers for 1993-12-31. For other dates the same answers are computed here from the raw files, by SQL of
its own; that SQL is first held against the expected files, so it can be trusted where they end.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.nights import STAGES

pytestmark = [pytest.mark.night, pytest.mark.xdist_group("berka")]

WINDOWS = (30, 90, 180, 365)
MODES = {"VKLAD": ("in", "cash"), "VYBER": ("out", "cash"), "PREVOD Z UCTU": ("in", "transfer"),
         "PREVOD NA UCET": ("out", "transfer"), "VYBER KARTOU": ("out", "other"), "<EMPTY>": ("in", "other")}
# `other` is a value of several slices: a tag name says of which, but for purposes.
MODE_WORDS = {"other": "modeother"}
PURPOSES = {"UROK": "interest", "SLUZBY": "fee", "SANKC. UROK": "penalty", "DUCHOD": "pension", "POJISTNE": "insurance",
            "SIPO": "household", "UVER": "loan", "<NONE>": "other"}
NATURAL = {"interest": "in", "pension": "in", "fee": "out", "penalty": "out", "insurance": "out", "household": "out", "loan": "out"}


class Answers:
    """The expected numbers of one date as tables, and a count of the values that were compared.

    Tables: window_agg, avg_daily_balance, account_recency, month_end, in the form of the expected files.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.tags = {row[0] for row in connection.execute("select column_name from duckdb_columns() where table_name = 'tags_by_account'").fetchall()}
        self.compared = 0
        self.differences: list[str] = []

    def compare(self, what: str, expected: str, actual: str, tolerance: str = "0") -> None:
        """Compare two queries (key, value); a key that only one side has counts as a difference unless its value is zero or null."""
        rows = self.connection.execute(f"""
            with expected as (select * from ({expected}) as one(key, value)), actual as (select * from ({actual}) as two(key, value))
            select count(*), count(*) filter (where bad), min(case when bad then key::varchar || ': expected '
                || coalesce(wanted::varchar, 'nothing') || ', got ' || coalesce(got::varchar, 'nothing') end)
            from (select key, expected.value as wanted, actual.value as got,
                    case when typeof(expected.value) = 'DATE' or typeof(actual.value) = 'DATE'
                        then expected.value::varchar is distinct from actual.value::varchar
                        else abs(coalesce(expected.value::varchar::decimal(20, 4), 0)
                            - coalesce(actual.value::varchar::decimal(20, 4), 0)) > {tolerance} end as bad
                from expected full join actual using (key))
        """).fetchone()
        self.compared += rows[0]
        if rows[1]:
            self.differences.append(f"{what}: {rows[1]} of {rows[0]} differ, such as {rows[2]}")


def raw_tables(connection: duckdb.DuckDBPyConnection, raw: Path, as_of: str) -> None:
    """The answers for a date, from the raw files alone."""
    connection.execute(f"""
        create or replace table raw_txn as
        select account_id::integer as account_id, strptime('19' || date, '%Y%m%d')::date as day, amount::decimal(12, 2) as amount,
            balance::decimal(12, 2) as balance, if(type = 'PRIJEM', 'credit', 'debit') as side, type,
            if(coalesce(operation, '') = '', '<EMPTY>', operation) as operation, if(trim(coalesce(k_symbol, '')) = '', '<NONE>', k_symbol) as k_symbol
        from read_csv('{raw}/trans.asc', delim = ';', header = true, all_varchar = true, nullstr = '')
        where strptime('19' || date, '%Y%m%d')::date <= date '{as_of}';
        create or replace table window_agg as
        select account_id, span as window_days, dim, dim_value,
            coalesce(sum(case when side = 'credit' then amount end), 0) as credit_sum, count(case when side = 'credit' then 1 end) as credit_cnt,
            coalesce(sum(case when side = 'debit' then amount end), 0) as debit_sum, count(case when side = 'debit' then 1 end) as debit_cnt,
            max(case when side = 'credit' then amount end) as credit_max, max(case when side = 'debit' then amount end) as debit_max,
            count(distinct day) as active_days, min(day) as first_date, max(day) as last_date
        from (select *, unnest([{{'dim': 'total', 'dim_value': 'ALL'}}, {{'dim': 'type', 'dim_value': type}},
                {{'dim': 'operation', 'dim_value': operation}}, {{'dim': 'k_symbol_trimmed', 'dim_value': k_symbol}}], recursive := true) from raw_txn)
        cross join (select unnest([30, 90, 180, 365]) as span)
        where day > date '{as_of}' - span
        group by account_id, span, dim, dim_value;
        create or replace table raw_daily as
        with days as (select account_id, day, sum(if(side = 'credit', amount, -amount)) as moved from raw_txn group by account_id, day),
        running as (select account_id, day, sum(moved) over (partition by account_id order by day) as total from days),
        closing as (select running.account_id, running.day, arg_min(balance, abs(balance - total)) as balance
            from running join raw_txn on raw_txn.account_id = running.account_id and raw_txn.day = running.day group by running.account_id, running.day),
        spans as (select *, coalesce(lead(day) over (partition by account_id order by day), date '{as_of}' + 1) as until from closing)
        select account_id, unnest(generate_series(day, until - interval 1 day, interval 1 day))::date as day, balance from spans;
        create or replace table avg_daily_balance as
        select account_id, span as window_days, round(sum(balance) / span, 4) as avg_all_days, count(*) as open_days,
            round(sum(balance) / count(*), 4) as avg_open_days, min(balance) as min_eod, max(balance) as max_eod
        from raw_daily cross join (select unnest([30, 90, 180, 365]) as span) where day > date '{as_of}' - span group by account_id, span;
        create or replace table account_recency as
        select account_id, min(day) as first_posting, max(day) as last_posting, max(case when side = 'credit' then day end) as last_credit,
            max(case when side = 'debit' then day end) as last_debit, count(*) as n_ltd,
            max(case when k_symbol not in ('UROK', 'SLUZBY', 'SANKC. UROK') then day end) as last_customer_initiated,
            sum(if(side = 'credit', amount, 0)) as credit_ltd, sum(if(side = 'debit', amount, 0)) as debit_ltd
        from raw_txn group by account_id;
        create or replace table month_end as
        select account_id, day as month_end, balance as closing_balance from raw_daily where day = last_day(day);
    """)


def expected_tables(connection: duckdb.DuckDBPyConnection, expected: Path) -> None:
    """The answers for 1993-12-31, from the expected files."""
    for table, file in (("window_agg", "window_agg"), ("avg_daily_balance", "avg_daily_balance"),
                        ("account_recency", "account_recency"), ("month_end", "account_month_end_balance")):
        connection.execute(f"create or replace table {table} as select * from '{expected}/{file}.parquet'")


def compare_windows(answers: Answers) -> None:
    """Windows of 30, 90, 180 and 365 days: in total and by type, operation and k_symbol."""
    def both(dim: str, values: str, what: str, days: int, tag: str, fold: str = "sum") -> None:
        answers.compare(
            f"{tag} against {what} of {dim}",
            f"select account_id, {fold}({what}) from window_agg where dim = '{dim}' and dim_value in ({values}) and window_days = {days}"
            " group by account_id",
            f"select account_id, {tag} from tags_by_account",
        )

    for days in WINDOWS:
        both("total", "'ALL'", "active_days", days, f"txn_day_cnt_{days}d")
        both("total", "'ALL'", "credit_cnt + debit_cnt", days, f"txn_cnt_{days}d")
        for direction, side, types in (("in", "credit", "'PRIJEM'"), ("out", "debit", "'VYDAJ', 'VYBER'")):
            for dim, values in (("total", "'ALL'"), ("type", types)):
                both(dim, values, f"{side}_sum", days, f"txn_{direction}_amt_sum_{days}d")
                both(dim, values, f"{side}_cnt", days, f"txn_{direction}_cnt_{days}d")
                both(dim, values, f"{side}_max", days, f"txn_{direction}_amt_max_{days}d", fold="max")
        both("type", "'PRIJEM'", "active_days", days, f"txn_in_day_cnt_{days}d")
        for operation, (direction, mode) in MODES.items():
            side = "credit" if direction == "in" else "debit"
            for measure, column in (("amt_sum", "sum"), ("cnt", "cnt"), ("amt_max", "max")):
                both("operation", f"'{operation}'", f"{side}_{column}", days, f"txn_{direction}_{MODE_WORDS.get(mode, mode)}_{measure}_{days}d")
        for symbol, purpose in PURPOSES.items():
            for direction, side in (("in", "credit"), ("out", "debit")):
                if NATURAL.get(purpose, direction) == direction:
                    for measure, column in (("amt_sum", "sum"), ("cnt", "cnt")):
                        both("k_symbol_trimmed", f"'{symbol}'", f"{side}_{column}", days, f"txn_{direction}_{purpose}_{measure}_{days}d")


def compare_dwd(answers: Answers, as_of: str) -> None:
    """The parts of the windows that no tag says (days, first and last dates by operation and k_symbol), from dwd.transaction."""
    dims = {"total": "'ALL'", "operation": "mode_name", "k_symbol_trimmed": "purpose_name"}
    modes = " ".join(f"when direction = '{direction}' and mode = '{mode}' then '{name}'" for name, (direction, mode) in MODES.items())
    purposes = " ".join(f"when purpose = '{code}' then '{name}'" for name, code in PURPOSES.items())
    answers.connection.execute(f"""
        create or replace table dwd_txn as select acct_no::integer as account_id, acct_date, amt, direction,
            case {modes} end as mode_name, case {purposes} end as purpose_name from warehouse.dwd.transaction
        where acct_date <= date '{as_of}'
    """)
    folds = {"active_days": "count(distinct acct_date)", "first_date": "min(acct_date)", "last_date": "max(acct_date)",
             "credit_max": "max(case when direction = 'in' then amt end)", "debit_max": "max(case when direction = 'out' then amt end)"}
    for days in WINDOWS:
        for dim, value in dims.items():
            for column, fold in folds.items():
                answers.compare(
                    f"dwd {column} {days}d by {dim}",
                    f"select account_id || '/' || dim_value, {column} from window_agg where dim = '{dim}' and window_days = {days}",
                    f"select account_id || '/' || {value}, {fold} from dwd_txn where acct_date > date '{as_of}' - {days} group by account_id, {value}",
                )


def compare_balances(answers: Answers, as_of: str) -> None:
    """Day averages, lowest and highest end-of-day balances, month ends."""
    for days in WINDOWS:
        expected = f"from avg_daily_balance where window_days = {days}"
        for column, tag in (("avg_all_days", f"dep_davg_{days}d"), ("min_eod", f"dep_bal_min_{days}d"), ("max_eod", f"dep_bal_max_{days}d")):
            if tag in answers.tags:
                answers.compare(tag, f"select account_id, round({column}::decimal(18, 4), 2) {expected}",
                                f"select account_id, {tag} from tags_by_account", "0.005")
        for column, fold in (("open_days", "count(*)"), ("avg_open_days", "round(sum(bal) / count(*), 4)"), ("min_eod", "min(bal)"),
                             ("max_eod", "max(bal)")):
            answers.compare(f"dwd {column} {days}d", f"select account_id, {column}::decimal(18, 4) {expected}",
                            f"select acct_no::integer, {fold} from warehouse.dwd.account_balance_daily"
                            f" where bal_date > date '{as_of}' - {days} and bal_date <= date '{as_of}' group by acct_no", "0.0001")
    answers.compare(
        "month-end balances", "select account_id || '/' || month_end, closing_balance from month_end",
        "select acct_no || '/' || bal_date, bal from warehouse.dwd.account_balance_daily"
        f" where bal_date = last_day(bal_date) and bal_date <= date '{as_of}'", "1.00",
    )


def compare_recency(answers: Answers, as_of: str) -> None:
    """First and last postings, the customer's own last action, life-to-date counts and sums."""
    pairs = {"first_posting": "txn_first_date", "last_posting": "txn_last_date", "last_credit": "txn_last_in_date",
             "last_debit": "txn_last_out_date", "last_customer_initiated": "txn_self_last_date", "n_ltd": "txn_in_cnt_ltd + txn_out_cnt_ltd",
             "credit_ltd": "txn_in_amt_sum_ltd", "debit_ltd": "txn_out_amt_sum_ltd",
             f"date '{as_of}' - last_posting": "txn_idle_days"}
    for column, tag in pairs.items():
        answers.compare(tag, f"select account_id, {column} from account_recency",
                        f"select account_id, {tag} from tags_by_account where {tag} is not null")


def compare_people(answers: Answers, expected: Path) -> None:
    """Birth date, gender, age of every client; owner and disponent of every account that was open."""
    xref = "warehouse.dwd.party_xref as xref"
    answers.compare("birth date", f"select client_id, birth_date from '{expected}/client.parquet'",
                    f"select source_id::integer, birth_date from warehouse.dwd.party join {xref} using (customer_id)")
    answers.compare("gender", f"select client_id, if(gender = 'F', 1, 2) from '{expected}/client.parquet'",
                    f"select source_id::integer, if(gender_code = 'F', 1, 2) from warehouse.dwd.party join {xref} using (customer_id)")
    answers.compare("gender tag", f"select client_id, if(gender = 'F', 1, 2) from '{expected}/client.parquet'",
                    f"select source_id::integer, if(prof_gender_code = 'F', 1, 2) from mart.mart.tags_retail join {xref} using (customer_id)")
    answers.compare("age", f"select client_id, age_completed from '{expected}/client_age.parquet'",
                    f"select source_id::integer, prof_age from mart.mart.tags_retail join {xref} using (customer_id)")
    for role in ("owner", "disponent"):
        answers.compare(
            role, f"select account_id, {role}_client_id from '{expected}/account_people.parquet'"
            " semi join (select acct_no::integer as account_id from warehouse.dwd.account) using (account_id)"
            f" where {role}_client_id is not null",
            f"select acct_no::integer, source_id::integer from warehouse.dwd.account_person join {xref} using (customer_id)"
            f" where role_code = '{role}' and acct_no in (select acct_no from warehouse.dwd.account)",
        )


@pytest.fixture(scope="module")
def berka(home_of, real_data):
    home = home_of("berka", real_data / "berka" / "raw")
    home.night("1993-12-31")
    return home


def open_answers(home, mart: Path) -> Answers:
    """A connection with a mart and the warehouse attached, and the tags by account (the account's OWNER has them)."""
    connection = duckdb.connect()
    connection.execute(f"attach '{mart}' as mart (read_only)")
    connection.execute(f"attach '{home.path / 'warehouse.duckdb'}' as warehouse (read_only)")
    connection.execute("""
        create table tags_by_account as
        select account.acct_no::integer as account_id, tags.* from mart.mart.tags_retail as tags
        join warehouse.dwd.account as account using (customer_id)
    """)
    return Answers(connection)


def test_every_expected_number(berka, real_data, capsys):
    answers, expected = open_answers(berka, berka.current / "tagmart.duckdb"), real_data / "berka" / "expected"
    expected_tables(answers.connection, expected)
    compare_windows(answers)
    compare_dwd(answers, "1993-12-31")
    compare_balances(answers, "1993-12-31")
    compare_recency(answers, "1993-12-31")
    compare_people(answers, expected)
    with capsys.disabled():
        print(f"\nBerka 1993-12-31: {answers.compared:,} values compared, {len(answers.differences)} tags or columns differ")
    assert not answers.differences, "\n".join(answers.differences)
    assert answers.compared > 50_000


def test_the_sql_for_other_dates_gives_the_expected_files(real_data):
    """The answers that this file computes from raw are the publishers' answers, on the date for which both exist."""
    berka_folder, connection = real_data / "berka", duckdb.connect()
    raw_tables(connection, berka_folder / "raw", "1993-12-31")
    for table, columns in (
        ("window_agg", "account_id, window_days, dim, dim_value, credit_sum, credit_cnt, debit_sum, debit_cnt, credit_max, debit_max,"
         " active_days, first_date, last_date"),
        ("avg_daily_balance", "account_id, window_days, open_days, min_eod, max_eod"),
        ("account_recency", "account_id, first_posting, last_posting, last_credit, last_debit, last_customer_initiated, n_ltd"),
    ):
        where = "where dim <> 'k_symbol'" if table == "window_agg" else ""
        theirs = f"select {columns} from '{berka_folder}/expected/{table}.parquet' {where}"
        ours = f"select {columns} from {table}"
        different = connection.execute(
            f"select count(*) from (({theirs} except {ours}) union all ({ours} except {theirs}))").fetchone()[0]
        assert different == 0, table


@pytest.mark.parametrize("biz_date", ["1994-03-30", pytest.param("1993-06-30", marks=pytest.mark.drill)])
def test_other_dates_are_just_as_right(berka, real_data, biz_date):
    run_id = berka.begin(biz_date)
    for stage in STAGES[:STAGES.index("profile")]:
        berka.stage(run_id, stage)
    answers = open_answers(berka, berka.path / "candidate" / "tagmart.duckdb")
    raw_tables(answers.connection, real_data / "berka" / "raw", biz_date)
    compare_windows(answers)
    compare_balances(answers, biz_date)
    compare_recency(answers, biz_date)
    assert not answers.differences, "\n".join(answers.differences)
    assert answers.compared > 50_000


def test_absent_feeds_give_null_and_never_zero(berka):
    with berka.opened(berka.current / "tagmart.duckdb") as mart:
        absent = [row[0] for row in mart.execute("""
            select tag_name from mart.tag_catalog where entity = 'retail'
            and list_has_any(string_split(replace(source_feeds, ' ', ''), ','), ['chn_event', 'inv_hold', 'inv_order', 'pay_detail', 'cc_acct', 'core_term'])
        """).fetchall()]
        assert len(absent) > 20
        counts = mart.execute("select " + ", ".join(f"count({name})" for name in absent) + " from mart.tags_retail").fetchone()
        assert dict(zip(absent, counts, strict=True)) == dict.fromkeys(absent, 0)
        assert mart.execute("select count(txn_cnt_30d) from mart.tags_retail").fetchone()[0] == 5369
