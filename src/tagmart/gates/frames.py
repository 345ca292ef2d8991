"""The frames of facts that expectations look at: their columns, and nothing of how they are gathered.

Every frame has `subject`, the thing a row is about (a feed, a tag, a table, a segment): what is red is named by it.
Numbers and flags (1 or 0) may be empty. `message` and `owner`, where a frame has them, speak for the subject itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TEXT, NUMBER = "text", "number"


@dataclass(frozen=True)
class Frame:
    """A kind of facts.

    Attributes:
        row: what a row is.
        columns: name → text or number.
    """

    row: str
    columns: Mapping[str, str]


def _columns(texts: str, numbers: str) -> dict[str, str]:
    return {**dict.fromkeys(texts.split(), TEXT), **dict.fromkeys(numbers.split(), NUMBER)}


FRAMES: Mapping[str, Frame] = {
    "feed": Frame(
        "one feed of the bank's contracts, as the ingest of this run left it",
        _columns(
            "subject load status message owner",
            "in_contract rows_declared rows_in rows_loaded rows_quarantined rows_accounted bad_share bad_share_limit"
            " bad_share_over as_of_lag_days stale_days stale_over noted gap_cnt batch_gap_cnt twin_cnt",
        ),
    ),
    "landing": Frame(
        "one file in the folder of the business date that belongs to no feed",
        _columns("subject message", "belongs"),
    ),
    "reference": Frame(
        "one reference of a contract: columns whose values must stand in another feed",
        _columns("subject load severity owner message", "rows_cnt orphan_cnt orphan_share share_limit share_over"),
    ),
    "tag": Frame(
        "one tag: its profile beside its row of the catalogue",
        _columns(
            "subject entity data_type base_type family theme_code unit missing status value_list min_value max_value",
            "is_catalogued is_profiled feeds_present unsaid_cnt is_traced row_cnt spine_cnt null_cnt null_share zero_share true_cnt"
            " distinct_cnt min_number max_number mean_value unknown_code_cnt",
        ),
    ),
    "table": Frame(
        "one wide table, beside the spine that it must equal",
        _columns(
            "subject entity",
            "is_kept row_cnt customer_cnt null_customer_cnt other_date_cnt spine_cnt party_cnt column_cnt"
            " bare_column_cnt",
        ),
    ),
    "additive": Frame(
        "one total that must equal the sum of its slices, for every customer",
        _columns("subject entity total slice", "part_cnt customer_cnt broken_cnt total_sum parts_sum gap"),
    ),
    "monotone": Frame(
        "one pair of windows, the shorter inside the longer: its count may not be larger",
        _columns("subject entity shorter longer", "customer_cnt broken_cnt"),
    ),
    "tie": Frame(
        "one tie of the ledger as a whole, and one row per line of it whose two sides are not equal",
        _columns(
            "subject tie state owner message gl_org gl_subject ccy",
            "is_whole line_cnt must_compare left_amount right_amount gap over key_cnt",
        ),
    ),
    "volume": Frame(
        "one feed whose rows carry their own date: rows of the business date beside those of earlier days of the same kind",
        _columns("subject owner kind message", "is_judged rows_cnt day_cnt median_cnt deviations median_share"),
    ),
    "drift": Frame(
        "one tag, or one wide table, beside the same of earlier nights of the same kind; one row says which nights",
        _columns(
            "subject entity tag theme_code owner message",
            "is_compared is_table base_cnt row_cnt row_ratio null_share base_null_share null_change psi psi_over range_ratio",
        ),
    ),
    "lead": Frame(
        "one owner of leads (a manager, a pool, a team) of the day; one row says whether there are leads at all",
        _columns("subject owner_kind message", "lead_cnt chosen_cnt budget over_budget stranger_cnt twice_cnt usual_cnt night_cnt deviations"),
    ),
    "lead_key": Frame(
        "one event lead: its leads of the day beside their evidence, and beside the leads of runs before",
        _columns("subject message", "lead_cnt early_cnt repeat_cnt over_kind_cnt is_degraded"),
    ),
    "contact": Frame(
        "one campaign that has contacts the next day",
        _columns("subject", "contact_cnt forbidden_cnt twice_cnt stranger_cnt warning_cnt"),
    ),
    "segment": Frame(
        "one segment of the day: its members beside its row of figures and yesterday's members",
        _columns(
            "subject entity message owner",
            "is_catalogued is_base size member_cnt distinct_cnt stranger_cnt prior_size entered left_cnt prior_seen"
            " entered_seen left_seen size_by_flow spine_cnt spine_share failed usual_size night_cnt deviations",
        ),
    ),
}
