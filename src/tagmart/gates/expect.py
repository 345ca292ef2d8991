"""Running expectations with Great Expectations over facts that were gathered before.

Its context is a file context under TAGMART_HOME/gx, built anew from our YAML at every gate: its files are not ours to
read.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tagmart.core.errors import TagmartError, nearest
from tagmart.gates.frames import FRAMES, NUMBER
from tagmart.gates.library import great_expectations
from tagmart.gates.suite import COLUMN_ARGUMENTS, Expectation, Suite

FOLDER = "gx"
# What Great Expectations is asked: whether an expectation holds and of how many, and who breaks it.
WHETHER = {"result_format": "BASIC"}
WHO = {"result_format": "COMPLETE", "unexpected_index_column_names": ["subject"]}


@dataclass(frozen=True)
class Checked:
    """What one expectation found.

    Attributes:
        expectation: what was expected.
        success: true if it holds.
        observed: what was seen, in a few words.
        broken: the subjects that break it, each with the values seen; empty where it judges a frame as a whole.
    """

    expectation: Expectation
    success: bool
    observed: str
    broken: tuple[tuple[str, str], ...] = ()


def check(home: Path, suite: Suite, facts: Mapping[str, Sequence[Mapping[str, object]]]) -> list[Checked]:
    """Run a suite over its facts.

    Args:
        home: TAGMART_HOME.
        suite: the expectations.
        facts: frame → rows.

    Returns:
        One result per expectation, in the suite's order.

    Raises:
        TagmartError: if an expectation cannot be run: it has no such name or argument, or it raised. That is not a pass.
    """
    gx = great_expectations()
    implementations = {expectation.id: _implementation(gx, suite, expectation) for expectation in suite.expectations}
    shutil.rmtree(home / FOLDER, ignore_errors=True)
    (home / FOLDER).mkdir(parents=True, mode=0o700)
    context = gx.get_context(mode="file", project_root_dir=str(home))
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("facts")
    found: dict[str, Checked] = {}
    for frame in suite.frames:
        own = [expectation for expectation in suite.expectations if expectation.facts == frame]
        table = _table(frame, facts[frame])
        _require_readable_where(suite, own, table)
        batch = source.add_dataframe_asset(frame).add_batch_definition_whole_dataframe("all")

        def run(name: str, format_: Mapping[str, object], expectations: Iterable[Any], batch: Any = batch, table: Any = table) -> dict[str, Any]:
            named = gx.ExpectationSuite(name=name, expectations=list(expectations))
            validation = gx.ValidationDefinition(name=name, data=batch, suite=context.suites.add(named))
            outcome = context.validation_definitions.add(validation).run(batch_parameters={"dataframe": table}, result_format=format_)
            # Great Expectations may return results in an order of its own: they are known by the id they carry.
            return {result.expectation_config.meta["id"]: result for result in outcome.results}

        # Whether, first: who breaks it costs Great Expectations as much again, and is asked of the few that somebody breaks.
        name = f"{suite.gate}_{frame}"
        results = run(name, WHETHER, (implementations[item.id] for item in own))
        if broken := [item for item in own if _is_broken(results.get(item.id))]:
            results |= run(f"{name}_broken", WHO, (_implementation(gx, suite, item) for item in broken))
        found |= {item.id: _checked(suite, item, results.get(item.id)) for item in own}
    return [found[expectation.id] for expectation in suite.expectations]


def _is_broken(result: Any) -> bool:
    """Does somebody break the expectation, even if no more than it allows?"""
    return result is not None and (not result.success or bool(result.result.get("unexpected_count")))


def _implementation(gx: Any, suite: Suite, expectation: Expectation) -> Any:
    """The expectation as an object of Great Expectations."""
    registry = gx.expectations.registry
    known = registry.list_registered_expectation_implementations()
    where = f"{suite.path.name}: {expectation.id}"
    if expectation.expect not in known:
        raise TagmartError(
            "there is no such expectation",
            where=where,
            seen=repr(expectation.expect),
            do=nearest(expectation.expect, known) or "see the gallery of Great Expectations 1.24",
        )
    arguments = dict(expectation.kwargs)
    if expectation.where:
        arguments |= {"row_condition": expectation.where, "condition_parser": "pandas"}
    try:
        return registry.get_expectation_impl(expectation.expect)(**arguments, meta={"id": expectation.id})
    except (ValueError, TypeError) as error:
        raise TagmartError(
            f"wrong arguments for {expectation.expect}",
            where=where,
            seen=" ".join(str(error).split())[:300],
            do="mend `kwargs`",
        ) from error


def _table(frame: str, rows: Iterable[Mapping[str, object]]) -> Any:
    """Facts as a pandas frame with exactly the columns that were promised."""
    import pandas

    rows = list(rows)
    columns = {}
    for name, kind in FRAMES[frame].columns.items():
        values = [row.get(name) for row in rows]
        if kind == NUMBER:
            columns[name] = pandas.array([None if value is None else float(value) for value in values], dtype="float64")
        else:
            columns[name] = pandas.array([None if value is None else str(value) for value in values], dtype="object")
    return pandas.DataFrame(columns)


def _require_readable_where(suite: Suite, expectations: Iterable[Expectation], table: Any) -> None:
    """Refuse a condition that pandas cannot read, with the name that it did not know."""
    read: set[str] = set()
    for expectation in expectations:
        if expectation.where is None or expectation.where in read:
            continue
        read.add(expectation.where)
        try:
            table.query(expectation.where)
        except Exception as error:
            word = str(error).split("'")[1] if str(error).count("'") > 1 else ""
            raise TagmartError(
                "the condition `where` cannot be read",
                where=f"{suite.path.name}: {expectation.id}",
                seen=f"{expectation.where}: {error}",
                do=nearest(word, list(table.columns)) or "write a pandas query",
            ) from error


def _checked(suite: Suite, expectation: Expectation, result: Any) -> Checked:
    """One result in our words; one that was not computed is an error."""
    where = f"{suite.path.name}: {expectation.id}"
    if result is None:
        raise TagmartError("Great Expectations gave no result", where=where, do="run the gate again; it has not passed")
    if reason := _exception(result.exception_info):
        raise TagmartError(
            "the expectation could not be computed", where=where, seen=reason, do="mend it; the gate has not passed"
        )
    detail = result.result
    broken = tuple(_broken(row) for row in detail.get("unexpected_index_list") or ())
    if "element_count" in detail:
        total, bad = detail["element_count"], detail.get("unexpected_count", 0)
        observed = f"{bad} of {total}" if bad else f"all {total}" if total else "nothing to check"
    else:
        observed = f"{detail.get('observed_value')}"
    return Checked(expectation, bool(result.success), observed, broken)


def _exception(info: Any) -> str:
    """The message of what was raised inside; it stands at the top or one level down."""
    if not info:
        return ""
    blocks = [info] if "raised_exception" in info else list(info.values())
    for block in blocks:
        if block.get("raised_exception"):
            return " ".join(str(block.get("exception_message")).split())[:300]
    return ""


def _broken(row: Mapping[str, object]) -> tuple[str, str]:
    """The subject of a row that breaks an expectation, and the values seen."""
    values = ", ".join(
        f"{name} {_plain(value)}" for name, value in row.items() if name not in ("subject", *COLUMN_ARGUMENTS)
    )
    return str(row["subject"]), values


def _plain(value: object) -> str:
    """A value as a person writes it: whole numbers without a point, nothing as `empty`."""
    if value is None or value != value:
        return "empty"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else f"{value:.6g}"
    return str(value)
