"""The road of a data engineer who adds a tag: draft it, generate, try it, see what a change of it changes."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings, project_root
from tagmart.explain import diff_page, diff_tags, try_tags
from tagmart.tagspec import generate, new_family, new_one_off
from tests.drawn import feeds

D = "2026-06-30"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A checkout whose only tags are those of one family, and a home after a night of three customers."""
    root = tmp_path / "checkout"
    project, specs = root / "dbt_project", project_root() / "dbt_project" / "tag_specs"
    (project / "models" / "dwd").mkdir(parents=True)
    (project / "models" / "dwd" / "dwd_complaint.sql").write_text("select 1")
    shutil.copytree(project_root() / "dbt_project" / "macros", project / "macros")
    for entity in ("retail", "corporate", "merchant"):
        (project / "tag_specs" / entity).mkdir(parents=True)
        shutil.copy(specs / entity / "words.yml", project / "tag_specs" / entity)
        (project / "models" / "tags" / entity).mkdir(parents=True)
    shutil.copy(specs / "vocabulary.yml", project / "tag_specs")
    (project / "tag_specs" / "retail" / "payroll.yml").write_text(
        "family: pay\nfrom: dws_retail_pay_daily\ncombos: [[]]\nmeasures: [amt_sum, cnt]\nwindows: [30d]\nmissing: zero\n"
    )
    settings = Settings(root=root, bank="demo", home=tmp_path / "home")
    settings.home.mkdir()
    with connect(settings.warehouse) as warehouse:
        warehouse.execute(f"""
            create schema ops; create schema dws; create schema dwd;
            create table ops.run_context as select date '{D}' as biz_date;
            create table ops.feed_present ({', '.join(f'{feed} boolean' for feed in feeds())});
            insert into ops.feed_present values ({', '.join('true' for _ in feeds())});
            create table dws.retail_spine as select unnest(['A', 'B', 'C']) as customer_id, date '{D}' as biz_date;
            create table dwd.complaint as select 'B' as customer_id;
            create table dws.retail_pay_daily (
                customer_id varchar, acct_date date, type varchar, amt_sum decimal(18,2), amt_max decimal(18,2), cnt integer
            );
            insert into dws.retail_pay_daily values
                ('A', '2026-06-15', 'wage', 100, 100, 1), ('A', '2026-05-15', 'wage', 90, 90, 1),
                ('B', '2026-06-01', 'bonus', 50, 30, 2)
        """)
    generate(settings)
    return settings


def shown(page: object) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(page)
    return console.export_text()


def publish(settings: Settings, run_id: str, rows: str) -> None:
    folder = settings.published / D / run_id
    folder.mkdir(parents=True)
    with connect(folder / "tagmart.duckdb") as mart:
        mart.execute("create schema mart; create table mart.tags_retail (customer_id varchar, pay_cnt_30d integer)")
        mart.execute(f"insert into mart.tags_retail values {rows}")


def test_trying_a_family_shows_customers_and_figures(settings: Settings) -> None:
    page = shown(try_tags(settings, "pay"))
    assert "2 tags of 1 model(s)" in page and f"at {D}" in page
    assert "100.00" in page and "近30天代发金额合计(元)" in page
    only = shown(try_tags(settings, "pay_cnt_30d"))
    assert "1 tags" in only and "pay_amt_sum_30d" not in only


def test_trying_what_is_not_there_names_the_nearest(settings: Settings) -> None:
    with pytest.raises(TagmartError, match=r"no family, model or tag 'pay_cnt_30'\. Did you mean 'pay_cnt_30d'"):
        try_tags(settings, "pay_cnt_30")


def test_a_changed_definition_shows_whom_it_changes(settings: Settings) -> None:
    """The window grows from 30 to 90 days under another name, and a count of the published night was another."""
    publish(settings, "20260630-001", "('A', 1), ('B', 5), ('C', null)")
    changes = {change.name: change for change in diff_tags(settings, "pay")}
    count = changes["pay_cnt_30d"]
    assert (count.customers, count.changed, count.filled, count.emptied) == (3, 2, 1, 0)
    assert (count.before, count.after) == (6, 3)
    assert count.examples == (("B", 5, 2), ("C", None, 0))
    assert changes["pay_amt_sum_30d"].is_new
    assert "pay_cnt_30d: 2 of 3 customers change (66.7 %)" in shown(diff_page(list(changes.values())))


def test_without_a_night_there_is_nothing_to_try_or_compare(settings: Settings) -> None:
    with pytest.raises(TagmartError, match="no published run to compare with"):
        diff_tags(settings, "pay")
    settings.warehouse.unlink()
    with pytest.raises(TagmartError, match="no warehouse to try on"):
        try_tags(settings, "pay")


def test_a_drafted_family_works_at_once(settings: Settings) -> None:
    """Words and eight lines are written, generated and computed, and nothing else is asked."""
    words, spec = new_family(settings, "gift", "retail", "dws_retail_pay_daily", "transaction", "礼金", "Gifts")
    assert (words.name, spec.name) == ("words.yml", "transaction.yml")
    assert generate(settings).tags["retail"] == 2 + 6
    assert "近90天礼金笔数(笔)" in shown(try_tags(settings, "gift"))
    new_family(settings, "pay", "retail", "dws_retail_pay_daily", "", "", "")
    assert "pay_bonus_amt_sum_90d" in shown(try_tags(settings, "tag_retail_pay_draft"))


def test_a_drafted_one_off_works_at_once(settings: Settings) -> None:
    sql, yml = new_one_off(settings, "tag_retail_gripe", "retail", "dwd_complaint", "value")
    assert sql.is_file() and yml.is_file()
    generate(settings)
    page = shown(try_tags(settings, "tag_retail_gripe"))
    assert page.index("True") < page.index("False"), "customers with a value come first"
    with pytest.raises(TagmartError, match="this model is there already"):
        new_one_off(settings, "tag_retail_gripe", "retail", "dwd_complaint", "value")


@pytest.mark.parametrize(
    ("family", "table", "theme", "zh", "message"),
    [
        ("pay", "dws_retail_py_daily", "", "", "Did you mean 'dws_retail_pay_daily'"),
        ("gift", "dws_retail_pay_daily", "transactions", "礼金", "Did you mean 'transaction'"),
        ("gift", "dws_retail_pay_daily", "transaction", "", "say what its labels call it"),
        ("Gift", "dws_retail_pay_daily", "transaction", "礼金", "is no name of a family"),
    ],
)
def test_a_draft_that_makes_no_sense_writes_nothing(
    settings: Settings, family: str, table: str, theme: str, zh: str, message: str
) -> None:
    specs = settings.specs_dir / "retail"
    before = {path.name: path.read_text() for path in specs.iterdir()}
    with pytest.raises(TagmartError, match=message):
        new_family(settings, family, "retail", table, theme, zh, "Gifts")
    assert {path.name: path.read_text() for path in specs.iterdir()} == before
