"""The grammar of names, labels, sentences and formulas: generated, never typed."""

from __future__ import annotations

from tagmart.tagspec.model import QUOTIENTS, Column, Family, Text, Vocabulary
from tagmart.tagspec.windows import base_in_words, in_formula, in_words

AGGREGATE_ZH = {
    "count_days": "至少有一笔或一次的天数",
    "mean_days": "每日日终余额之和÷期间日历天数",
    "mean_elapsed_days": "每日日终余额之和÷期间已过天数",
    "min": "期间有记录日的最低值",
    "min_of_days": "期间有记录各日的最低值",
    "per_day": "期间合计÷期间日历天数",
    "per_elapsed_day": "期间合计÷期间已过天数",
    "count_months": "至少有一笔或一次的自然月数",
    "std_days": "按期间每个日历日的合计计算的总体标准差，无发生之日为0",
    "share": "占全部之比，分母不大于0时为空",
    "yoy": "本期合计÷上年同期合计-1，上年同期不大于0时为空",
}
AGGREGATE_EN = {
    "count_days": "days with at least one",
    "mean_days": "end-of-day balances summed ÷ calendar days of the period",
    "mean_elapsed_days": "end-of-day balances summed ÷ elapsed days of the period",
    "min": "the lowest of the days on record",
    "min_of_days": "the lowest of the days of the period that are on record",
    "per_day": "total ÷ calendar days of the period",
    "per_elapsed_day": "total ÷ elapsed days of the period",
    "count_months": "calendar months with at least one",
    "std_days": "of the totals of all calendar days of the period, days without any being 0",
    "share": "÷ the same of all; empty where that is not above 0",
    "yoy": "total ÷ total of the same period a year before - 1; empty where that is not above 0",
}


def name(family: Family, column: Column) -> str:
    """family[_slice…]_measure[_window]."""
    return "_".join([family.words.code, *(value.name for _, value in column.values), column.narrow])


def label(family: Family, column: Column, vocabulary: Vocabulary) -> Text:
    """[窗口][切片][对象][度量](单位), and the same in English as object, slices: measure, window (unit)."""
    subject, moment, what = _subject(family, column), _moment(column), _what(column)
    unit = vocabulary.units[column.measure.unit]
    zh = f"{moment.zh}{subject.zh}{what.zh}" + (f"({unit.zh})" if unit.zh else "")
    en = f"{subject.en}: {what.en}" + (f", {moment.en}" if moment.en else "") + (f" ({unit.en})" if unit.en else "")
    return Text(zh, en)


def sentence(family: Family, column: Column, vocabulary: Vocabulary) -> Text:
    """What the tag means to the business (业务口径)."""
    subject, what, missing = _subject(family, column), _what(column), vocabulary.missing[missing_of(family, column)]
    if column.window:
        when = in_words(column.window)
        core = Text(f"{when.zh}，客户{subject.zh}的{what.zh}", f"{subject.en}: {what.en}, {when.en}")
    elif column.change:
        core = Text(
            f"客户{subject.zh}余额{what.zh}：业务日期日终余额减基期日终余额",
            f"{subject.en}: {what.en}, balance at the end of the business date minus that of the base day",
        )
    else:
        when = base_in_words(column.base) if column.base else Text("业务日期", "at the end of the business date")
        core = Text(f"{when.zh}日终，客户{subject.zh}的{what.zh}", f"{subject.en}: {what.en} {when.en}")
    notes = [value.note for _, value in column.values if value.note.zh] or [
        family.note if family.note.zh else family.words.note
    ]
    how = _how(column, family)
    zh = [core.zh + (f"（{AGGREGATE_ZH[how]}）" if how in AGGREGATE_ZH else ""), *(note.zh for note in notes)]
    en = [core.en + (f" ({AGGREGATE_EN[how]})" if how in AGGREGATE_EN else ""), *(note.en for note in notes)]
    return Text(
        "。".join(part for part in [*zh, missing.zh] if part) + "。",
        ". ".join(part[:1].upper() + part[1:] for part in [*en, missing.en] if part) + ".",
    )


def formula(family: Family, column: Column) -> str:
    """How the tag is computed (技术口径), in one line."""
    measure, day = column.measure, family.table.date or "day"
    if column.window:
        rows = in_formula(column.window, day)
        made = {
            "count_days": f"count(distinct {day} where {measure.of} > 0)",
            "first_day": f"min({day} where {measure.of} > 0)",
            "last_day": f"max({day} where {measure.of} > 0)",
            "mean_days": f"round(sum({measure.of}) / calendar days, 2)",
            "per_day": f"round(sum({measure.of}) / calendar days, 2)",
            "count_months": f"count(distinct month of {day} where {measure.of} > 0)",
            "std_days": f"round(stddev_pop(sum({measure.of}) per calendar day), 2)",
            "share": f"round(sum({measure.of}) / sum({measure.of}) over {_whole(column)}, 4)",
            "yoy": f"round(sum({measure.of}) / sum({measure.of}) one year before - 1, 4)",
        }.get(measure.agg, f"{measure.agg}({measure.of})")
    elif column.change:
        point = column.change.base.code if column.change.base else f"D - {column.change.days}"
        made, rows = f"{measure.of}(D) - {measure.of}({point})", "no row counts as 0"
    else:
        made = f"sum({measure.of})"
        if measure.agg == "share":
            made = f"round({made} / {made} over {_whole(column)}, 4)"
        rows = f"{day} = {column.base.code if column.base else 'D'}"
    pinned = {code: (value.code,) for code, value in column.values}
    cuts = [
        f"{code} = {values[0]}" if len(values) == 1 else f"{code} in ({', '.join(values)})"
        for code, values in {**family.where, **pinned}.items()
    ]
    return (
        f"{made} from {family.table.name} where {' and '.join([*cuts, rows])}; NULL without {', '.join(family.feeds)}"
    )


def missing_of(family: Family, column: Column) -> str:
    """What stands where there is no row: a date has no zero, and a quotient none without a divisor."""
    measure = column.measure
    return "not_applicable" if measure.data_type == "date" or measure.agg in QUOTIENTS else family.missing


def _whole(column: Column) -> str:
    """What a share is a share of."""
    dropped = [code for code, _ in column.values if code not in column.measure.within]
    return f"every {' and '.join(dropped)}"


def _subject(family: Family, column: Column) -> Text:
    """Slices and object. Some slices stand for the object itself: 支出 says more than 支出交易."""
    values = [value for _, value in column.values]
    objects = [value.text for value in values if value.place == "object"] or [family.words.text]
    before = [value.text for value in values if value.place == "before"]
    after = [value.text for value in values if value.place == "after"]
    zh = "".join(text.zh for text in [*before, *objects, *after])
    en = ", ".join(text.en for text in [*objects, *before, *after])
    return Text(zh, en[:1].upper() + en[1:])


def _how(column: Column, family: Family) -> str:
    """The aggregate over a window, where it needs explaining; a running period is divided by its elapsed days."""
    agg = column.measure.agg
    if not column.window:
        return agg if agg == "share" and not (column.base or column.change) else ""
    if agg == "min" and family.table.form == "history":
        return "min_of_days"
    elapsed = {"mean_days": "mean_elapsed_days", "per_day": "per_elapsed_day"} if column.window.running else {}
    return elapsed.get(agg, agg)


def _moment(column: Column) -> Text:
    """The window or base point that a label begins (Chinese) or ends (English) with; a change says its own."""
    if column.window:
        return column.window.text
    return column.base.text if column.base else Text()


def _what(column: Column) -> Text:
    """The measure; an average names its period."""
    if column.change:
        return column.change.text
    span = column.window.span if column.window else ""
    return Text(column.measure.text.zh.replace("{span}", span), column.measure.text.en)
