"""What a run was made of: the deliveries, and what the checkout said how; for its manifest, and for building it again."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path

from tagmart.core.settings import Settings
from tagmart.core.state import State

# Written when the run begins, in its working folder: what was edited while it went on can be told.
SOURCES_FILE = "sources.json"
CHANGED = "changed while the run went on"
# What a night reads of src/tagmart: the other rooms make files that are committed, banks for trials, and the command line.
ROOMS = ("core", "contracts", "ingest", "tagspec", "gates", "publish", "explain", "night")
PACKAGES = ("dbt-core", "dbt-duckdb", "great-expectations")
NOT_READ = {"__pycache__", "target", "logs"}

Source = tuple[str, str]


def sources(settings: Settings) -> dict[Source, str]:
    """Fingerprints of what the checkout says how: each seed and each spec, and the code by folder.

    Args:
        settings: the checkout and the bank.

    Returns:
        (kind, path inside the checkout) → the first 32 digits of SHA-256; kinds are seed, spec and code.
    """
    project = settings.dbt_project
    seeds = _files(project / "seeds", "*.csv")
    specs = [
        path
        for folder in (
            settings.specs_dir, settings.contracts_dir, settings.suites_dir, settings.suites_dir.parent / "ties", settings.root / "models",
        )
        for path in _files(folder)
    ]
    models = [folder for folder in sorted((project / "models").glob("*")) if folder.name != "staging"]
    folders = [
        *models, project / "models" / "staging" / settings.bank, project / "macros", project / "materializations",
        project / "tests", project / "dbt_project.yml", *(settings.root / "src" / "tagmart" / room for room in ROOMS),
    ]  # fmt: skip
    found = {("seed", path): [path] for path in seeds} | {("spec", path): [path] for path in specs}
    found |= {("code", folder): _files(folder) for folder in folders if folder.exists()}
    return {
        (kind, path.relative_to(settings.root).as_posix()): _digest(settings.root, files)
        for (kind, path), files in found.items()
    }


def remember_sources(settings: Settings, run_id: str) -> None:
    """Write what the checkout says as a run begins into the run's working folder."""
    said = [[kind, name, digest] for (kind, name), digest in sources(settings).items()]
    (settings.run_dir(run_id) / SOURCES_FILE).write_text(json.dumps(said, indent=0) + "\n", encoding="utf-8")


def source_facts(settings: Settings, run_id: str) -> list[dict]:
    """Rows of the manifest: what the checkout said when the run began, and what has changed since."""
    now, file = sources(settings), settings.run_dir(run_id) / SOURCES_FILE
    then = now
    if file.exists():
        then = {(kind, name): digest for kind, name, digest in json.loads(file.read_text(encoding="utf-8"))}
    return [
        {"kind": kind, "name": name, "content_hash": digest, "value": None if now.get((kind, name)) == digest else CHANGED}
        for (kind, name), digest in then.items()
    ]


def programs() -> dict[str, str]:
    """The programs that a night runs on, and their versions."""
    packages = {f"{name.replace('-', '_')}_version": version(name) for name in PACKAGES}
    return {"duckdb_version": f"v{version('duckdb')}", "python_version": platform.python_version(), **packages}


def run_facts(state: State, run_id: str, biz_date: date) -> list[dict]:
    """Rows of the manifest about the run itself: what it was asked to make, with which programs, and how long it took."""
    run = state.row("select * from run where run_id = ?", run_id) or {}
    facts = {
        "run_id": run_id,
        "biz_date": biz_date.isoformat(),
        "bank": run.get("bank"),
        "yesterday": run.get("yesterday"),
        **{name: run[name] for name in ("held_from", "bridged_from", "restates") if run.get(name)},
        "code_revision": run.get("code_revision"),
        **programs(),
    }
    stages = state.rows("select stage, seconds from stage where run_id = ? and seconds is not null", run_id)
    return [
        *({"kind": "run", "name": name, "value": value} for name, value in facts.items()),
        *({"kind": "stage", "name": stage["stage"], "value": f"{stage['seconds']:.2f}"} for stage in stages),
    ]


def file_facts(state: State, biz_date: date) -> list[dict]:
    """Rows of the manifest: one per delivery that is in ods up to the date, with its MD5; a night stands on all of them."""
    arrivals = state.rows(
        "select * from arrival where biz_date <= ? or biz_date = 'static' order by feed, biz_date", biz_date.isoformat()
    )
    return [
        {
            "kind": "file",
            "name": arrival["files"],
            "row_cnt": arrival["rows_in"],
            "content_hash": arrival["md5"],
            "value": f"{arrival['feed']} {arrival['biz_date']}",
        }
        for arrival in arrivals
    ]


def _files(place: Path, pattern: str = "*") -> list[Path]:
    """The files in a folder and below, or the file itself; not what tools leave there."""
    if place.is_file():
        return [place]
    return sorted(path for path in place.rglob(pattern) if path.is_file() and NOT_READ.isdisjoint(path.parts) and path.suffix != ".pyc")


def _digest(root: Path, files: Iterable[Path]) -> str:
    """One fingerprint of names and contents."""
    said = hashlib.sha256()
    for piece in _pieces(root, files):
        said.update(piece)
    return said.hexdigest()[:32]


def _pieces(root: Path, files: Iterable[Path]) -> Iterator[bytes]:
    for path in files:
        text = path.read_bytes()
        yield f"{path.relative_to(root).as_posix()}\0{len(text)}\0".encode()
        yield text
