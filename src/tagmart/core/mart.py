"""The one module that names the mart's tables, and gives those that Python makes their columns and comments.

Everything else asks here, so that a name promised to readers stands in one place. A comment is bilingual, written
`中文｜English`, as in the tables that dbt makes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tagmart.core.duck import identifier, literal

if TYPE_CHECKING:
    import duckdb

SCHEMA = "mart"
MART_FILE = "tagmart.duckdb"
RESTRICTED_FILE = "restricted.duckdb"
# A wide table is `tags_<entity>`: these columns say who and when, all the others are tags.
TAGS_PREFIX = "tags_"
TAG_KEYS = ("customer_id", "biz_date")

TAG_CATALOG = "tag_catalog"
SEGMENT_CATALOG = "segment_catalog"
SEGMENT_MEMBER = "segment_member"
SEGMENT_DAILY = "segment_daily"
SEGMENT_FAULT = "segment_fault"
TAG_USE = "tag_use"
CODE_VALUE = "code_value"
EVENT_LEAD = "event_lead"
LEAD_CATALOG = "lead_catalog"
CONTACT_LIST = "contact_list"
CONTACT_SUPPRESSED = "contact_suppressed"


@dataclass(frozen=True)
class Column:
    """A column of a table that Python makes.

    Attributes:
        name: its name.
        type: its DuckDB type.
        zh: what it holds, in Chinese.
        en: the same in English.
        volatile: true where two runs over the same files may differ, so that content hashes leave it out.
    """

    name: str
    type: str
    zh: str
    en: str
    volatile: bool = False

    @property
    def comment(self) -> str:
        """The column's comment as readers see it."""
        return f"{self.zh}｜{self.en}"


@dataclass(frozen=True)
class Table:
    """A mart table that Python makes."""

    name: str
    zh: str
    en: str
    columns: tuple[Column, ...]


TAG_PROFILE = Table(
    "tag_profile",
    "标签画像：每个已发布标签一行",
    "One row per tag of a wide table: how it is filled at the business date",
    (
        Column("entity", "varchar", "主体：retail 零售、corporate 对公、merchant 商户", "Whom the tag describes"),
        Column(
            "tag_name", "varchar", "标签英文名，即宽表列名", "Name of the tag, which is its column in the wide table"
        ),
        Column("biz_date", "date", "业务日期", "Business date"),
        Column("data_type", "varchar", "数据类型", "Data type"),
        Column("row_cnt", "bigint", "客户数（宽表行数）", "Customers, that is rows of the wide table"),
        Column("null_cnt", "bigint", "空值客户数", "Customers without a value"),
        Column("null_share", "decimal(9,6)", "空值占比", "Share of customers without a value"),
        Column("zero_cnt", "bigint", "零值客户数，仅数值标签", "Customers with zero; numbers only"),
        Column("zero_share", "decimal(9,6)", "零值占比，仅数值标签", "Share of customers with zero; numbers only"),
        Column("true_cnt", "bigint", "取值为真的客户数，仅标志标签", "Customers for whom it is true; flags only"),
        Column("distinct_cnt", "bigint", "不同取值个数（精确）", "Different values, counted exactly"),
        Column("min_value", "varchar", "最小值", "Smallest value"),
        Column("max_value", "varchar", "最大值", "Largest value"),
        Column("mean_value", "decimal(24,4)", "均值；标志标签为真值占比", "Mean; for a flag the share of true"),
        Column(
            "bins", "varchar", "取值分布（JSON）：区间下限或代码对应的客户数；大行为抽样",
            "How values are spread, as JSON: lower edge or code and its customers; numbers of a large bank of a sample",
        ),
    ),
)

FEED_STATUS = Table(
    "feed_status",
    "供数状态：每个供数接口一行",
    "One row per feed: how its delivery for the business date was taken in",
    (
        Column("run_id", "varchar", "批次号", "Run", volatile=True),
        Column("feed", "varchar", "供数接口", "Feed"),
        Column("biz_date", "date", "业务日期", "Business date"),
        Column("load_kind", "varchar", "加载方式：full 全量、delta 增量、journal 流水、static 静态", "Load kind"),
        Column(
            "status",
            "varchar",
            "状态：loaded 已入库、unchanged 未变化、carried 沿用旧数、held 相关标签沿用旧值",
            "Status: loaded, unchanged, carried (an older state stands in), held (the tags made of it keep older values)",
            volatile=True,
        ),
        Column("rows_declared", "bigint", "控制文件声明行数", "Rows that the control file declares"),
        Column("rows_in", "bigint", "读入行数", "Rows read"),
        Column("rows_loaded", "bigint", "入库行数", "Rows loaded"),
        Column("rows_quarantined", "bigint", "隔离行数", "Rows that broke the contract and were set aside"),
        Column("bad_share", "decimal(9,6)", "坏行占比", "Share of rows set aside"),
        Column("bad_share_limit", "decimal(9,6)", "坏行占比上限", "Share above which the feed stops the night"),
        Column("as_of", "date", "数据截至日期", "Date up to which the feed tells"),
        Column("stale_days", "integer", "沿用天数：应到未到而沿用旧数据的天数", "Days for which an older state has been carried; 0 if up to date"),
        Column("tags_held", "integer", "因其迟到而沿用旧值的标签数", "Tags that keep values of an earlier night because of it"),
        Column("owner", "varchar", "责任方", "Owner"),
        Column("message", "varchar", "说明", "Message of the ingest", volatile=True),
    ),
)

GATE_RESULT = Table(
    "gate_result",
    "质量门结果：每条期望一行，不合格对象另各一行",
    "One row per expectation of the run, and one per subject that breaks it (at most 50)",
    (
        Column("run_id", "varchar", "批次号", "Run", volatile=True),
        Column("gate", "varchar", "质量门", "Gate"),
        Column("expectation", "varchar", "期望编号", "Expectation"),
        Column(
            "subject",
            "varchar",
            "对象（供数、标签、客群等）；空为期望本身",
            "What broke it; empty for the expectation itself",
        ),
        Column("theme", "varchar", "主题：标签类对象所属主题", "Theme of the tag that it is about; empty for other things"),
        Column("severity", "varchar", "级别：fail 阻断、hold 相关标签沿用旧值、warn 提醒", "fail stops the night, hold keeps earlier values, warn tells the owner"),
        Column("consequence", "varchar", "后果：stop 全部停发、theme 主题停发、family 标签族停发、warn 提醒", "On break: stop, theme <name>, family or warn"),
        Column("owner", "varchar", "责任方", "Owner"),
        Column("success", "boolean", "是否合格", "True where it holds"),
        Column("observed", "varchar", "观测值", "What was seen", volatile=True),
        Column("message", "varchar", "说明", "What it means", volatile=True),
        Column("what_to_do", "varchar", "处置办法", "What to do"),
        Column("checked_at", "timestamp", "检查时间（北京时间）", "When it was checked, bank time", volatile=True),
    ),
)

GATE_FAILING_ROW = Table(
    "gate_failing_row",
    "质量门不合格明细：每个不合格对象至多十行，账号等已脱敏",
    "At most ten keys per subject that breaks an expectation, the worst first; accounts and other identifiers masked",
    (
        Column("run_id", "varchar", "批次号", "Run", volatile=True),
        Column("gate", "varchar", "质量门", "Gate"),
        Column("expectation", "varchar", "期望编号", "Expectation"),
        Column("subject", "varchar", "对象（总账行、标签等）", "What broke it: a line of the ledger, a tag"),
        Column("place", "integer", "排序，1 为最严重", "Place; 1 is the worst"),
        Column("key_kind", "varchar", "键的种类：account 账户、note 借据、customer 客户等", "What the key is: account, note, customer, …"),
        Column("key", "varchar", "键（账号等仅留末四位）", "The key; of accounts and other identifiers the last four signs"),
        Column("reason", "varchar", "原因", "Why it is here"),
        Column("gl_org", "varchar", "核算机构", "Organisation that keeps the books"),
        Column("gl_subject", "varchar", "科目", "Subject"),
        Column("ccy", "varchar", "币种", "Currency"),
        Column("amount_left", "decimal(24,4)", "左侧金额", "Amount on the left side"),
        Column("amount_right", "decimal(24,4)", "右侧金额", "Amount on the right side"),
        Column("difference", "decimal(24,4)", "差额（左减右）", "Left side less right side"),
    ),
)

RUN_MANIFEST = Table(
    "run_manifest",
    "批次清单：批次、数据表、输入文件与口径文件各若干行",
    "What this file is made of: facts of the run, one row per table, per delivery that it stands on and per file or folder"
    " of the checkout that says how",
    (
        Column(
            "kind",
            "varchar",
            "类别：run 批次、table 数据表、file 输入文件、stage 步骤、code 程序、seed 代码表、spec 口径",
            "run, table, file (a delivery), stage, code, seed or spec",
        ),
        Column("name", "varchar", "名称", "Name of the fact, table, delivery, stage or file"),
        Column("row_cnt", "bigint", "行数", "Rows"),
        Column(
            "content_hash",
            "varchar",
            "内容指纹：表为业务列指纹，供数文件为 MD5，其余为 SHA-256 前 32 位",
            "Fingerprint of a table, MD5 of a delivery, else the first 32 digits of SHA-256",
        ),
        Column(
            "value",
            "varchar",
            "取值；步骤为秒数，供数文件为接口与日期",
            "Value; seconds for a stage, feed and date for a delivery",
            volatile=True,
        ),
    ),
)

QUALITY_STAMP = Table(
    "quality_stamp",
    "质量与时效标记：一行，供看板展示",
    "One row for a dashboard to show: how fresh the figures are, and what the gates said of them",
    (
        Column("bank", "varchar", "银行", "Bank"),
        Column("run_id", "varchar", "批次号", "Run", volatile=True),
        Column("biz_date", "date", "业务日期：数据截至日", "Business date: as of which day the figures are"),
        Column(
            "published_at",
            "timestamp",
            "发布时间（北京时间）",
            "When the file was closed to be published, bank time",
            volatile=True,
        ),
        Column(
            "stale_after",
            "timestamp",
            "过期时间（北京时间）：此后应有更新的一天",
            "From then on a newer business date is due, bank time",
        ),
        Column(
            "quality",
            "varchar",
            "总体：good 正常、warned 有提醒、degraded 有沿用旧数",
            "good; warned: a gate has something to tell an owner; degraded: something stands on an older state",
        ),
        Column("gate_checks", "integer", "质量检查项数", "Expectations that were checked"),
        Column("gate_warned", "integer", "提醒项数", "Expectations that do not hold and only warn"),
        Column("feeds", "integer", "供数接口数", "Feeds"),
        Column("feeds_late", "integer", "迟到的供数接口数", "Feeds whose older state is carried, or whose tags are held"),
        Column("late_feeds", "varchar", "迟到沿用的供数接口及其数据日期", "Those feeds, each with its date"),
        Column("oldest_as_of", "date", "每日供数中最早的数据日期", "The oldest state among feeds that are due by date"),
        Column("tags_held", "integer", "沿用旧值的标签数", "Tags that keep values of an earlier night"),
        Column("held", "varchar", "沿用旧值的原因", "What holds them: feeds, themes, families, each with its number of tags and their date"),
        Column("rows_quarantined", "bigint", "隔离行数", "Rows of the day's deliveries that were set aside"),
        Column("segments", "integer", "客群数", "Segments"),
        Column("segments_degraded", "integer", "降级或沿用成员的客群数", "Segments that stand on an older state, or keep the members of an earlier night"),
        Column("leads_degraded", "integer", "标记为降级的线索数", "Leads that read something of an earlier day"),
        Column("zh", "varchar", "说明（中文）", "A line to show, in Chinese"),
        Column("en", "varchar", "说明（英文）", "A line to show, in English"),
    ),
)

RESTATEMENT = Table(
    "restatement",
    "重述回执：与同一业务日期上一有效批次相比，有变化的标签、客户、客群、线索各一行；首个批次为空",
    "What this run says otherwise than the last good run of the same date: a row per tag, customer, segment and lead that changed;"
    " empty in the first run of a date",
    (
        Column("old_run_id", "varchar", "被重述的批次号", "The run that it is compared with", volatile=True),
        Column("kind", "varchar", "类别：tag 标签、customer 客户、segment 客群、lead 线索", "tag, customer, segment or lead"),
        Column("entity", "varchar", "主体", "Whom it describes"),
        Column("name", "varchar", "标签英文名、客户编号、客群编号或线索代码", "Name of the tag; customer, segment or kind of lead"),
        Column("rows_before", "bigint", "原行数：标签为有值客户数，客群为成员数，客户为是否在册", "Before: customers with a value, members, 1 if in the table"),
        Column("rows_after", "bigint", "新行数", "The same after"),
        Column("changed_cnt", "bigint", "变化数：标签为客户数，客户为标签数，客群为进出数，线索为进出及金额变化数", "Customers of a tag, tags of a customer, rows in and out, leads with another amount too"),
        Column("filled_cnt", "bigint", "新增数", "New: had no value or was not there"),
        Column("emptied_cnt", "bigint", "消失数", "Gone: has no value or is not there any more"),
        Column("value_before", "decimal(38,6)", "原合计：数值标签、线索金额", "Sum before: of a tag that is a number, of customers in both; of the amounts of leads"),
        Column("value_after", "decimal(38,6)", "新合计，仅数值标签", "Sum after"),
        Column("difference", "decimal(38,6)", "差额（新减原）", "After less before"),
    ),
)

PYTHON_TABLES = (TAG_PROFILE, FEED_STATUS, GATE_RESULT, GATE_FAILING_ROW, QUALITY_STAMP, RESTATEMENT, RUN_MANIFEST)

# What readers in Chinese call whom a tag describes.
ENTITY_ZH = {"retail": "零售", "corporate": "对公", "merchant": "商户"}
# Views of the wide tables by theme, with Chinese names: beside the promised tables, not among them.
THEMES_SCHEMA = "zh"

# What a reader may rely on.
PROMISED = (
    "tags_retail",
    "tags_corporate",
    "tags_merchant",
    TAG_CATALOG,
    SEGMENT_CATALOG,
    SEGMENT_MEMBER,
    SEGMENT_DAILY,
    EVENT_LEAD,
    LEAD_CATALOG,
    CONTACT_LIST,
    CONTACT_SUPPRESSED,
    SEGMENT_FAULT,
    TAG_USE,
    CODE_VALUE,
    "dim_branch",
    "dim_product",
    "dim_manager",
    *(table.name for table in PYTHON_TABLES),
)

# Comments for keys that recur in many tables, used where a table itself brings none.
COMMON_COMMENTS = {
    "customer_id": "客户统一编号｜Customer, unique across entities",
    "biz_date": "业务日期｜Business date",
    "run_id": "批次号｜Run that wrote the row",
    "entity": "主体：retail 零售、corporate 对公、merchant 商户｜Whom it describes",
    "segment_id": "客群编号｜Segment",
    "tag_id": "标签编号，永不复用｜Identifier of the tag, never reused",
    "tag_name": "标签英文名｜Name of the tag",
    "first_date": "首次进入日期｜First date in the segment without a break",
    "org_id": "机构号｜Branch",
    "prod_id": "产品编号｜Product",
    "manager_id": "客户经理编号｜Customer manager",
    "valid_from": "生效日期｜Valid from",
    "valid_to": "失效日期｜Valid to",
    "zh": "中文名称｜Name in Chinese",
    "en": "英文名称｜Name in English",
    "list": "代码表｜Code list",
    "code": "代码｜Code",
    "sort": "排序｜Order of display",
}


def qualified(table: str, schema: str = SCHEMA) -> str:
    """Schema and table, quoted, without a catalogue: a three-part name breaks when the file is opened alone."""
    return f"{identifier(schema)}.{identifier(table)}"


def write_table(
    connection: duckdb.DuckDBPyConnection, table: Table, rows: Iterable[Mapping[str, object]]
) -> None:
    """Make the table anew with these rows and its bilingual comments; a column that a row lacks is NULL."""
    rows, name = list(rows), qualified(table.name)
    columns = ", ".join(f"{identifier(column.name)} {column.type}" for column in table.columns)
    comments = [f"comment on table {name} is {literal(f'{table.zh}｜{table.en}')}"] + [
        f"comment on column {name}.{identifier(column.name)} is {literal(column.comment)}" for column in table.columns
    ]
    connection.execute(
        "; ".join(
            [
                f"create schema if not exists {identifier(SCHEMA)}",
                f"create or replace table {name} ({columns})",
                *comments,
            ]
        )
    )
    if rows:
        # Lists travel in one statement, row by row a thousand tags take seconds; as text, binding a parameter imports pandas.
        lists = (json.dumps([_plain(row.get(column.name)) for row in rows], ensure_ascii=False) for column in table.columns)
        values = ", ".join(
            f"unnest(cast(from_json({literal(said)}, '[\"VARCHAR\"]') as {column.type}[]))"
            for said, column in zip(lists, table.columns, strict=True)
        )
        connection.execute(f"insert into {name} select {values}")


def volatile_columns(table: str) -> frozenset[str]:
    """Columns of a mart table that may differ between two runs over the same files."""
    known = {made.name: made for made in PYTHON_TABLES}
    if table not in known:
        return frozenset({"run_id"})
    return frozenset(column.name for column in known[table].columns if column.volatile)


def tag_tables(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The wide tables of the file's mart: entity → table name."""
    found = connection.execute(
        f"select table_name from duckdb_tables() where database_name = current_database() and schema_name = {literal(SCHEMA)}"
        f" and starts_with(table_name, {literal(TAGS_PREFIX)}) order by table_name"
    ).fetchall()
    return {name.removeprefix(TAGS_PREFIX): name for (name,) in found}


def table_columns(
    connection: duckdb.DuckDBPyConnection, table: str, schema: str = SCHEMA, database: str | None = None
) -> dict[str, str]:
    """Columns of a table in order: name → type. Empty if there is no such table.

    Args:
        database: the name under which its file is attached; None: the current one.
    """
    # Literals, because with parameters DuckDB imports pandas, and a preview must answer in a second.
    found = connection.execute(
        "select column_name, data_type from duckdb_columns()"
        f" where database_name = coalesce({literal(database)}, current_database())"
        f" and schema_name = {literal(schema)} and table_name = {literal(table)} order by column_index"
    ).fetchall()
    return dict(found)


def _plain(value: object) -> object:
    """A value as JSON says it, and the column's type reads it: nothing, a flag, or text."""
    return None if value is None else value if isinstance(value, bool) else str(value)
