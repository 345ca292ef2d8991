"""Who may read whom, what no file may say, and what a DAG may cost: the rules of docs/decisions that a machine can check."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "tagmart"
MODELS = ROOT / "dbt_project" / "models"

# Each package may import from those to its left, and from itself; one line is one step.
ORDER = [
    {"core"}, {"contracts"}, {"ingest", "synth", "tagspec", "folding", "rules", "leads"}, {"gates", "publish", "explain"}, {"night"}, {"cli"},
]


def rank(package: str) -> int:
    return next(position for position, packages in enumerate(ORDER) if package in packages)


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else (
            [alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
        found |= {name.split(".")[1] for name in names if name.startswith("tagmart.")}
    return found


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", *patterns], cwd=ROOT, capture_output=True,
                            text=True, check=True)
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def model_files(*layers: str) -> list[Path]:
    return sorted(path for layer in layers for path in (MODELS / layer).rglob("*.sql"))


def references(path: Path) -> set[str]:
    return set(re.findall(r"ref\(\s*'([^']+)'", path.read_text(encoding="utf-8")))


def test_packages_import_only_from_their_left():
    wrong = []
    for path in SOURCE.rglob("*.py"):
        package = path.relative_to(SOURCE).parts[0]
        if package.endswith(".py"):
            continue
        for other in imports_of(path) - {package}:
            if rank(other) >= rank(package):
                wrong.append(f"{path.relative_to(ROOT)} imports tagmart.{other}")
    assert not wrong, "\n".join(wrong)


def test_dags_import_only_the_launcher():
    for path in (ROOT / "dags").glob("*.py"):
        assert imports_of(path) <= {"night"}, path
        assert "tagmart.night.launch" in path.read_text(encoding="utf-8")
        assert len(path.read_text(encoding="utf-8").splitlines()) < 110


def test_only_staging_reads_ods():
    readers = re.compile(r"source\(\s*'ods'|ods_(journal|delta|full|static)\(|\bods\.")
    wrong = [path for path in MODELS.rglob("*.sql") if "staging" not in path.parts and readers.search(path.read_text("utf-8"))]
    assert not wrong, wrong


def test_only_party_xref_makes_customer_ids():
    makers = [path.name for path in MODELS.rglob("*.sql") if re.search(r"\bmd5\(", path.read_text("utf-8"))]
    assert makers == ["dwd_party_xref.sql"]


@pytest.mark.parametrize(("layer", "may_read"), [
    ("staging", ("stg_",)),
    ("dwd", ("stg_", "dwd_", "cp_", "code_", "seed_")),
    ("dws", ("dwd_", "dws_")),
])
def test_layers_read_downwards(layer, may_read):
    seeds = {path.stem for path in (ROOT / "dbt_project" / "seeds").rglob("*.csv")}
    wrong = [
        f"{path.name} reads {name}" for path in model_files(layer) for name in references(path)
        if not name.startswith(may_read) and name not in seeds
    ]
    assert not wrong, "\n".join(wrong)


def test_tag_models_have_two_storeys_at_most():
    tag_models = {path.stem: references(path) for path in model_files("tags", "generated/tags")}
    for name, reads in tag_models.items():
        for base in reads & tag_models.keys():
            deeper = tag_models[base] & tag_models.keys()
            assert not deeper, f"{name} reads {base}, which itself reads {sorted(deeper)}"


def test_only_a_macro_divides():
    """A plain `/` of decimals is a double, and rounds some halves of the last digit down; the macro `divided` does not."""
    comment = re.compile(r"--[^\n]*|\{#.*?#\}", re.S)
    assert not [path for path in model_files("dws", "tags") if "/" in comment.sub("", path.read_text(encoding="utf-8"))]


def test_both_banks_have_every_staging_model():
    names = {path.stem for path in (MODELS / "staging").glob("stg_*.yml")}
    for bank in ("demo", "berka"):
        assert {path.stem for path in (MODELS / "staging" / bank).glob("stg_*.sql")} == names, bank


def test_absent_feeds_are_those_without_a_contract():
    for bank in ("demo", "berka"):
        contracts = [yaml.safe_load(path.read_text("utf-8")) for path in (ROOT / "expectations/contracts" / bank).rglob("*.yml")]
        present = {feed for contract in contracts for feed in contract.get("provides", [contract["feed"]])}
        for path in (MODELS / "staging" / bank).glob("stg_*.sql"):
            absent = "absent_feed()" in path.read_text("utf-8")
            assert absent == (path.stem.removeprefix("stg_") not in present), f"{bank}: {path.stem}"


def test_every_model_has_its_yaml_and_says_what_a_row_is():
    for path in MODELS.rglob("*.sql"):
        beside = [path.with_suffix(".yml"), path.parent.parent / f"{path.stem}.yml"]
        assert any(candidate.exists() for candidate in beside), f"{path} has no YAML beside it"
        first = path.read_text(encoding="utf-8").lstrip().splitlines()[0]
        assert first.startswith(("--", "{#")), f"{path}: the first line says what a row is"


def test_no_model_looks_at_the_clock():
    clock = re.compile(r"\b(current_date|current_timestamp|now\(\)|today\(\)|get_current_timestamp|localtimestamp)\b", re.I)
    wrong = [path for folder in ("models", "macros", "tests") for path in (ROOT / "dbt_project" / folder).rglob("*.sql")
             if clock.search(path.read_text("utf-8"))]
    assert not wrong, wrong


def test_python_has_one_clock():
    clock = re.compile(r"datetime\.(now|today|utcnow)\(|date\.today\(|time\.time\(")
    wrong = [path for path in SOURCE.rglob("*.py") if path.name != "clock.py" and clock.search(path.read_text("utf-8"))]
    assert not wrong, wrong


def test_modules_stay_readable():
    long = [
        f"{path.relative_to(ROOT)}: {count}" for path in tracked("*.py", "*.sql", "*.yml")
        if "generated" not in path.parts and (count := len(path.read_text("utf-8").splitlines())) > 400
    ]
    assert not long, long


def test_the_project_speaks_of_itself_alone():
    own = Path(__file__)
    homes = {str(ROOT.parent) + "/", str(Path.home()) + "/"} - {"/"}
    for path in tracked("*.py", "*.sql", "*.yml", "*.md", "*.toml", "Makefile", ".ci/run"):
        if path != own:
            text = path.read_text(encoding="utf-8")
            assert not any(home in text for home in homes), f"{path} names a path of this machine"


def test_parsing_the_dags_imports_nothing_heavy():
    """Airflow parses them every half minute: none of the libraries that stages use."""
    script = (
        "import sys, airflow.sdk, pendulum\n"
        f"sys.path.insert(0, {str(ROOT / 'dags')!r})\n"
        "import nightly\n"
        "print('heavy:', *[name for name in ('duckdb', 'dbt', 'pandas', 'great_expectations') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.split("\n")[-2] == "heavy:"
