"""The words of tags: what specs may say, how names and labels are made, which days a window holds, what is written."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings
from tagmart.explain import explain_tag
from tagmart.explain.tag import catalogue_row
from tagmart.tagspec import entity_models, generate
from tagmart.tagspec.catalogue import Registered, check, register
from tagmart.tagspec.handwritten import read_handwritten
from tagmart.tagspec.model import Tag, Text
from tagmart.tagspec.read import family_of
from tagmart.tagspec.vocabulary import read_vocabulary
from tagmart.tagspec.windows import base_day, bounds, bounds_sql, point_sql

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = Settings(root=ROOT, bank="demo", home=ROOT / "var" / "demo")
VOCABULARY = read_vocabulary(SETTINGS.specs_dir, "retail")

BLOCK = """
family: txn
from: dws_retail_transaction_daily
slices: {direction: all}
combos: [[direction]]
measures: [amt_sum]
windows: [30d]
missing: zero
"""


def read(text: str):
    return family_of(yaml.safe_load(text), "retail", "retail/transaction.yml", VOCABULARY)


@pytest.fixture(scope="module")
def tags() -> dict[str, Tag]:
    return {tag.name: tag for model in entity_models(SETTINGS, "retail", VOCABULARY) for tag in model.tags}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "[amt_sum]",
            "[{name: day_cnt, agg: count_day}]",
            "measure 'day_cnt' has agg 'count_day'. Did you mean 'count_days'?",
        ),
        ("[amt_sum]", "[amt_sums]", "family 'txn' has measure 'amt_sums'. Did you mean 'amt_sum'?"),
        ("[30d]", "[31d]", "family 'txn' has window '31d'. Did you mean '30d'?"),
        ("[30d]", "[365d, l12m]", "has both 365d and l12m. Do: drop one, or say why with `both_years: <reason>`"),
        ("family: txn", "family: tnx", "unknown family 'tnx'. Did you mean 'txn'?"),
        ("{direction: all}", "{direction: [in]}", "slice 'direction' is not exhaustive. Seen: no place for out"),
        ("missing: zero", "missing: nil", "family 'txn' has missing 'nil'"),
        (
            "missing: zero",
            "missing: zero\nwindow: [30d]",
            "the block has an unknown key 'window'. Did you mean 'windows'?",
        ),
        ("missing: zero", "", "family 'txn' has no 'missing'. Do: add `missing:`"),
        ("windows: [30d]", "windows: []", "flow 'amt_sum' has no window"),
        ("[amt_sum]", "[bal]", "measure 'bal' needs column of dws_retail_transaction_daily 'bal'"),
        ("[[direction]]", "[[mode]]", "family 'txn' combines slice 'mode'"),
    ],
)
def test_a_spec_that_makes_no_sense_says_what_to_write(old: str, new: str, message: str) -> None:
    with pytest.raises(TagmartError) as raised:
        read(BLOCK.replace(old, new))
    assert str(raised.value).startswith("retail/transaction.yml: ")
    assert message in str(raised.value)


def test_slices_out_of_order_are_refused_with_the_order() -> None:
    block = BLOCK.replace("{direction: all}", "{direction: all, channel: all}")
    with pytest.raises(TagmartError, match=re.escape("write [channel, direction]")):
        read(block.replace("[[direction]]", "[[direction, channel]]"))


def test_two_blocks_may_not_write_one_model(tmp_path: Path) -> None:
    settings = _copy(tmp_path)
    (settings.specs_dir / "retail" / "zzz.yml").write_text(BLOCK, encoding="utf-8")
    with pytest.raises(TagmartError, match="two blocks make the model tag_retail_txn_direction"):
        generate(settings)


@pytest.mark.parametrize(
    ("name", "zh", "en"),
    [
        (
            "txn_qpay_out_amt_sum_90d",
            "近90天快捷支付支出金额合计(元)",
            "Money out, quick pay: total amount, last 90 days (CNY)",
        ),
        ("dep_davg_lm", "上月存款月日均余额(元)", "Deposits: day-average balance, last month (CNY)"),
        ("aum_davg_mtd", "本月AUM月日均余额(元)", "AUM: day-average balance, month to date (CNY)"),
        ("aum_davg_ytd", "本年AUM年日均余额(元)", "AUM: day-average balance, year to date (CNY)"),
        ("dep_davg_90d", "近90天存款日均余额(元)", "Deposits: day-average balance, last 90 days (CNY)"),
        ("dep_bal_boy", "年初存款余额(元)", "Deposits: balance, at the start of the year (CNY)"),
        ("aum_chg_boy", "AUM较年初变动(元)", "AUM: change since the start of the year (CNY)"),
        ("dep_cd_bal", "大额存单余额(元)", "Large CDs: balance (CNY)"),
        ("dep_demand_davg_lm", "上月活期存款月日均余额(元)", "Deposits, demand: day-average balance, last month (CNY)"),
        (
            "wm_red_amt_sum_30d",
            "近30天理财赎回金额合计(元)",
            "Wealth products, redemptions: total amount, last 30 days (CNY)",
        ),
        (
            "chn_view_wm_day_cnt_30d",
            "近30天理财页面浏览天数(天)",
            "Page views, wealth pages: number of days, last 30 days",
        ),
        ("txn_in_last_date_ltd", "累计收入最近一次日期", "Money in: last day, to date"),
    ],
)
def test_labels_follow_the_grammar(tags: dict[str, Tag], name: str, zh: str, en: str) -> None:
    assert tags[name].label == Text(zh, en)


def test_names_of_the_domain_are_there(tags: dict[str, Tag]) -> None:
    promised = [
        "aum_bal", "aum_davg_mtd", "aum_davg_lm", "aum_bal_boy", "aum_chg_boy", "aum_chg_30d", "dep_bal",
        "dep_bal_boy", "dep_chg_boy", "dep_demand_bal", "dep_demand_davg_lm", "dep_cd_bal", "dep_term_bal", "wm_bal",
        "fund_bal", "wm_red_amt_sum_30d", "wm_sub_amt_sum_30d", "wm_sub_amt_sum_90d", "fund_sip_fail_cnt_l3m",
        "txn_out_amt_sum_30d", "txn_in_amt_max_l12m", "chn_view_wm_day_cnt_30d", "pay_wage_amt_sum_l12m",
        "aum_peak_amt_l12m", "inv_transit_bal",
    ]  # fmt: skip
    assert [name for name in promised if name not in tags] == []


def test_unnatural_pairs_have_no_tag(tags: dict[str, Tag]) -> None:
    assert "txn_in_interest_amt_sum_30d" in tags
    assert "txn_out_interest_amt_sum_30d" not in tags
    assert "txn_in_household_amt_sum_30d" not in tags
    assert {"txn_in_other_amt_sum_30d", "txn_out_other_amt_sum_30d"} <= tags.keys()


def test_sentences_say_what_a_slice_counts(tags: dict[str, Tag]) -> None:
    with (SETTINGS.dbt_project / "seeds" / "parameter.csv").open(encoding="utf-8", newline="") as lines:
        (seconds,) = {row["value"] for row in csv.DictReader(lines) if row["name"] == "view_min_sec"}
    sentence = tags["chn_view_wm_cnt_30d"].sentence
    assert f"仅计停留满{seconds}秒的浏览" in sentence.zh and f"Only views of at least {seconds} seconds" in sentence.en
    assert "停留" not in tags["chn_login_cnt_30d"].sentence.zh
    assert "不含大额存单" in tags["dep_term_bal"].sentence.zh and "含结构性存款与大额存单" in tags["dep_bal"].sentence.zh


def test_every_tag_says_who_answers_for_it_and_how_it_is_protected(tags: dict[str, Tag]) -> None:
    for tag in tags.values():
        assert tag.sentence.zh and tag.sentence.en and tag.formula and tag.owner_business and tag.owner_technical, (
            tag.name
        )
        assert tag.purposes and tag.feeds and "{" not in tag.label.zh, tag.name


def test_a_window_of_n_days_leaves_out_the_day_exactly_n_days_before() -> None:
    first, last = bounds(VOCABULARY.windows["30d"], date(2026, 6, 30))
    assert (first, last) == (date(2026, 6, 1), date(2026, 6, 30))
    assert date(2026, 6, 30) - timedelta(days=30) < first
    assert date(2026, 6, 30) - timedelta(days=29) == first


@pytest.mark.parametrize(
    ("biz_date", "window", "first", "last"),
    [
        # month ends, also the leap day: the last complete month is never D's own, not even on its last day
        ("2026-06-30", "lm", "2026-05-01", "2026-05-31"),
        ("2024-02-29", "lm", "2024-01-01", "2024-01-31"),
        ("2024-03-01", "lm", "2024-02-01", "2024-02-29"),
        ("2025-03-31", "lm", "2025-02-01", "2025-02-28"),
        ("2026-01-01", "lm", "2025-12-01", "2025-12-31"),
        ("2026-01-01", "mtd", "2026-01-01", "2026-01-01"),
        ("2026-01-01", "ytd", "2026-01-01", "2026-01-01"),
        ("2026-01-01", "lq", "2025-10-01", "2025-12-31"),
        ("2026-01-01", "ly", "2025-01-01", "2025-12-31"),
        ("2025-12-31", "ly", "2024-01-01", "2024-12-31"),
        ("2026-06-30", "lq", "2026-01-01", "2026-03-31"),
        ("2026-05-15", "qtd", "2026-04-01", "2026-05-15"),
        ("2026-01-31", "l3m", "2025-10-01", "2025-12-31"),
        ("2026-06-30", "l12m", "2025-06-01", "2026-05-31"),
        ("2024-02-29", "365d", "2023-03-02", "2024-02-29"),
        ("2024-03-01", "7d", "2024-02-24", "2024-03-01"),
    ],
)
def test_windows_on_dates_that_are_easy_to_get_wrong(biz_date: str, window: str, first: str, last: str) -> None:
    day = date.fromisoformat
    assert bounds(VOCABULARY.windows[window], day(biz_date)) == (day(first), day(last))


@pytest.mark.parametrize(
    ("biz_date", "base", "day"),
    [
        ("2026-06-30", "bom", "2026-05-31"), ("2024-03-31", "bom", "2024-02-29"), ("2026-01-01", "boy", "2025-12-31"),
        ("2025-12-31", "boy", "2024-12-31"), ("2026-06-30", "boq", "2026-03-31"), ("2026-07-01", "boq", "2026-06-30"),
    ],
)  # fmt: skip
def test_base_points_lie_before_the_period_that_holds_the_date(biz_date: str, base: str, day: str) -> None:
    assert base_day(VOCABULARY.bases[base], date.fromisoformat(biz_date)) == date.fromisoformat(day)


@pytest.fixture(scope="module")
def duck():
    connection = connect()
    yield connection
    connection.close()


@given(biz_date=st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_sql_and_python_agree_on_every_date(duck, biz_date: date) -> None:
    columns, expected = {}, {}
    for code, window in VOCABULARY.windows.items():
        first, last = bounds(window, biz_date)
        columns |= bounds_sql(window)
        expected |= {f"from_{code}": first, f"to_{code}": last}
    for code, base in VOCABULARY.bases.items():
        columns |= point_sql(base)
        expected[f"at_{code}"] = base_day(base, biz_date)
    listed = ", ".join(f"{expression} as {name}" for name, expression in columns.items())
    found = duck.execute(f"select {listed} from (select date '{biz_date}' as biz_date) as run_date").fetchone()
    assert dict(zip(columns, found, strict=True)) == {name: expected[name] for name in columns}


def test_generated_files_are_current() -> None:
    assert generate(SETTINGS, check=True).stale == (), "run `tagmart tags generate` and commit what it writes"


def test_generation_is_deterministic_and_mends_only_what_differs(tmp_path: Path) -> None:
    settings = _copy(tmp_path)
    first = generate(settings)
    assert generate(settings).written == ()
    orphan = settings.dbt_project / "models/generated/tags/retail/tag_retail_gone.sql"
    orphan.write_text("select 1", encoding="utf-8")
    broken = settings.dbt_project / "models/generated/wide/tags_retail.sql"
    before = broken.read_bytes()
    broken.write_text("edited by hand", encoding="utf-8")
    stale = ("models/generated/tags/retail/tag_retail_gone.sql", "models/generated/wide/tags_retail.sql")
    assert generate(settings, check=True).stale == stale
    result = generate(settings)
    assert (result.written, result.removed) == (stale[1:], stale[:1])
    assert broken.read_bytes() == before and not orphan.exists()
    assert first.tags["retail"] >= 700


def test_generated_files_say_where_they_come_from(tmp_path: Path) -> None:
    settings = _copy(tmp_path)
    for path in generate(settings).written:
        if not path.endswith(".csv"):
            head = (settings.dbt_project / path).read_text(encoding="utf-8").splitlines()[:2]
            assert head[0].lstrip("-# ").startswith("One row per"), path
            assert "generated by `tagmart tags generate`; do not edit" in head[1], path


def test_restricted_tags_are_named_in_no_file_of_the_mart(tmp_path: Path) -> None:
    settings = _copy(tmp_path)
    _handwritten(settings, restricted=True)
    assert generate(settings).restricted == 1
    project = settings.dbt_project
    for path in ("seeds/generated/tag_catalog.csv", "models/generated/wide/tags_retail.sql"):
        assert "risk_drawn_cnt" not in (project / path).read_text(encoding="utf-8")
    for path in (
        "seeds/generated/restricted_tag_catalog.csv",
        "models/generated/restricted/restricted_tags_retail.sql",
    ):
        assert "risk_drawn_cnt" in (project / path).read_text(encoding="utf-8")


def test_a_handwritten_tag_stands_in_the_wide_table_and_the_catalogue(tmp_path: Path) -> None:
    settings = _copy(tmp_path)
    _handwritten(settings, restricted=False)
    generate(settings)
    wide = (settings.dbt_project / "models/generated/wide/tags_retail.sql").read_text(encoding="utf-8")
    assert "        tag_retail_drawn.risk_drawn_cnt" in wide
    row = catalogue_row(settings, "risk_drawn_cnt")
    assert (row["zh"], row["unit"], row["personal_class"], row["purposes"]) == ("画样数(次)", "times", "C2", "risk")
    with pytest.raises(TagmartError, match=r"there is no tag 'risk_drawn_cn'\. Did you mean 'risk_drawn_cnt'\?"):
        catalogue_row(settings, "risk_drawn_cn")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("画样｜Drawn.", "Drawn.", "the description of tag 'risk_drawn_cnt' is not in both languages. Seen: Drawn."),
        ("画样｜Drawn.", "画样｜", "the description of tag 'risk_drawn_cnt' is not in both languages. Seen: 画样｜"),
        ("description:", "descripton:", "tag 'risk_drawn_cnt' has no 'description'"),
        ("missing:", "mising:", "meta of tag 'risk_drawn_cnt' has an unknown key 'mising'. Did you mean 'missing'?"),
    ],
)
def test_a_handwritten_tag_that_says_too_little_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    settings = _copy(tmp_path)
    path = _handwritten(settings, restricted=False)
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(TagmartError, match=re.escape(message)):
        read_handwritten(path.parent, "retail", VOCABULARY)


def test_a_number_is_never_used_again(tags: dict[str, Tag]) -> None:
    known = (Registered("retail", "R-TXN-00007", "txn_gone_cnt", "active", "2026-01-01"),)
    lines = register(known, [tags["txn_cnt_30d"]], "2026-06-30")
    assert lines[0] == replace(known[0], status="retired")
    assert lines[1] == Registered("retail", "R-TXN-00008", "txn_cnt_30d", "active", "2026-06-30")


def test_names_and_labels_stand_once(tags: dict[str, Tag]) -> None:
    one, two = tags["txn_cnt_30d"], tags["txn_cnt_90d"]
    with pytest.raises(TagmartError, match="is made twice"):
        check([one, one])
    with pytest.raises(TagmartError, match="two tags have the label"):
        check([one, replace(two, label=one.label)])
    for name in ("Txn_cnt", "txn__cnt", "txn_" + "x" * 60):
        with pytest.raises(TagmartError, match="is not usable"):
            check([replace(one, name=name)])


def test_the_catalogue_reads_back(tmp_path: Path) -> None:
    settings = _copy(tmp_path)
    generate(settings)
    text = (settings.dbt_project / "seeds/generated/tag_catalog.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len({row["tag_id"] for row in rows}) == len(rows) == len({(row["entity"], row["zh"]) for row in rows})


def test_explaining_a_tag_goes_down_to_the_contracts_and_shows_published_figures(tmp_path: Path) -> None:
    settings = replace(SETTINGS, home=tmp_path)
    assert "nothing is published yet" in _page(explain_tag(settings, "txn_qpay_out_amt_sum_90d"))
    run = tmp_path / "published" / "2026-06-30" / "run_1"
    run.mkdir(parents=True)
    (tmp_path / "published" / "current").symlink_to(run)
    mart = connect(run / "tagmart.duckdb")
    mart.execute("create schema mart")
    mart.execute(
        """create table mart.tag_profile as select 'txn_qpay_out_amt_sum_90d' as tag_name, 500 as row_cnt,
        3 as null_cnt, 41 as zero_cnt, 77 as distinct_cnt, '0.00' as min_value, '912.40' as max_value,
        12.5 as mean_value, cast(null as integer) as true_cnt"""
    )
    mart.close()
    page = _page(explain_tag(settings, "txn_qpay_out_amt_sum_90d"))
    for words in ("近90天快捷支付支出金额合计(元)", "tag_retail_txn_channel_direction", "dws_retail_transaction_daily"):
        assert words in page
    assert "expectations/contracts/demo/core/core_txn.yml" in page
    assert "2026-06-30" in page and "row_cnt 500" in page and "max_value 912.40" in page and "true_cnt" not in page


def test_explaining_needs_no_pandas() -> None:
    script = "import sys; import tagmart.explain; import tagmart.tagspec; print('pandas' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "False\n"
    )


def _page(page: object) -> str:
    """What a person reads, on a wide screen."""
    console = Console(width=300, record=True, file=io.StringIO())
    console.print(page)
    return console.export_text()


def _copy(folder: Path) -> Settings:
    """The specs of the checkout in a project of their own, without hand-written tags."""
    shutil.copytree(SETTINGS.specs_dir, folder / "dbt_project" / "tag_specs")
    return Settings(root=folder, bank="demo", home=folder / "var")


def _handwritten(settings: Settings, restricted: bool) -> Path:
    folder = settings.dbt_project / "models" / "tags" / "retail"
    folder.mkdir(parents=True)
    (folder / "tag_retail_drawn.sql").write_text("select 1", encoding="utf-8")
    meta = {"entity": "retail", "theme": "risk", "family": "risk", "feeds": ["core_ctrl"], "restricted": restricted}
    tag = {"zh": "画样数", "en": "Drawn", "unit": "times", "missing": "zero"}
    columns = [
        {"name": "customer_id", "data_type": "varchar"},
        {
            "name": "risk_drawn_cnt", "data_type": "INTEGER", "description": "画样｜Drawn.", "config": {"meta": tag},
        },
    ]  # fmt: skip
    model = {"name": "tag_retail_drawn", "config": {"meta": meta}, "columns": columns}
    path = folder / "tag_retail_drawn.yml"
    path.write_text(yaml.safe_dump({"version": 2, "models": [model]}, allow_unicode=True), encoding="utf-8")
    return path
