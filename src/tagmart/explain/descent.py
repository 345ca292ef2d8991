"""From what a dbt model is made: its refs, followed down to the feeds and the contracts that deliver them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

REF = re.compile(r"ref\(\s*['\"](\w+)['\"]\s*\)")
FEED = re.compile(r"^feed:\s*(\w+)", re.MULTILINE)
PROVIDES = re.compile(r"^provides:\s*\[([^\]]*)\]", re.MULTILINE)
LAYERS = ("tag", "dws", "dwd", "stg")


@dataclass(frozen=True)
class Descent:
    """What a tag model reads, layer by layer, without the spine that every tag stands on.

    Attributes:
        models: dbt models by layer: tag, dws, dwd.
        feeds: canonical feeds (staging models without `stg_`).
        contracts: contract files of the bank, relative to the checkout, that provide those feeds.
        absent: feeds that no contract of the bank provides.
    """

    models: dict[str, tuple[str, ...]]
    feeds: tuple[str, ...]
    contracts: tuple[str, ...]
    absent: tuple[str, ...]


def descent_of(model: str, dbt_project: Path, contracts_dir: Path, root: Path) -> Descent:
    """Follow the refs of a tag model.

    Args:
        model: name of the tag model.
        dbt_project: the dbt project whose models are read.
        contracts_dir: contracts of the bank.
        root: the checkout, to which paths are relative.
    """
    files = {path.stem: path for path in (dbt_project / "models").rglob("*.sql")}
    seen: dict[str, None] = {}
    waiting = [model]
    while waiting:
        name = waiting.pop(0)
        if name in seen or name not in files or name.endswith("_spine"):
            continue
        seen[name] = None
        if not name.startswith("stg_"):
            waiting += REF.findall(files[name].read_text(encoding="utf-8"))
    by_layer = {layer: tuple(name for name in seen if name.split("_")[0] == layer) for layer in LAYERS}
    feeds = tuple(name.removeprefix("stg_") for name in by_layer.pop("stg"))
    providers = _providers(contracts_dir, root)
    return Descent(
        models=by_layer,
        feeds=feeds,
        contracts=tuple(dict.fromkeys(providers[feed] for feed in feeds if feed in providers)),
        absent=tuple(feed for feed in feeds if feed not in providers),
    )


def _providers(contracts_dir: Path, root: Path) -> dict[str, str]:
    """Feed by the contract that provides it. Two lines are read of each file: parsing all of them takes a second."""
    providers = {}
    for path in sorted(contracts_dir.rglob("*.yml")):
        body = path.read_text(encoding="utf-8")
        own, provides = FEED.search(body), PROVIDES.search(body)
        named = [feed.strip() for feed in provides.group(1).split(",")] if provides else []
        for feed in named or ([own.group(1)] if own else []):
            providers[feed] = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    return providers
