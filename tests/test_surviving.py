"""The table of faults in docs/surviving.md: every row is proved by a test that exists, and no fault of the catalogue is left out."""

from __future__ import annotations

import ast
import re

from tagmart.core.settings import project_root
from tagmart.synth.faults import CATALOGUE

ROW = re.compile(r"^\| (.+?) \| (.+?) \| (.+?) \| `(tests/\w+\.py)::(\w+)` \|$")


def test_every_fault_of_the_table_names_a_test_that_exists():
    lines = (project_root() / "docs" / "surviving.md").read_text("utf-8").splitlines()
    told = [line for line in lines if line.startswith("| ") and not line.startswith("| fault |")]
    rows = [ROW.match(line) for line in told]
    assert [line for line, row in zip(told, rows, strict=True) if row is None] == []
    assert len({row[1] for row in rows}) == len(rows) >= 40
    tests = {file: {node.name for node in ast.walk(ast.parse((project_root() / file).read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}
             for file in {row[4] for row in rows}}
    assert [row[5] for row in rows if row[5] not in tests[row[4]]] == []
    assert {name for row in rows if (name := row[1].split("`")[1] if row[1].startswith("`") else "")} >= {fault.name for fault in CATALOGUE}
