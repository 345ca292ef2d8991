"""Planting faults into a finished landing, and writing down which."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from tagmart.contracts import Contract
from tagmart.core.errors import TagmartError, nearest
from tagmart.synth.faults.catalogue import CATALOGUE
from tagmart.synth.faults.model import Fault, Planted, Site
from tagmart.synth.files.parts import demo_contracts

ANSWERS = "faults.json"


def plant_faults(
    landing: Path, wanted: Sequence[str], seed: int, contracts: Mapping[str, Contract] | None = None
) -> list[Planted]:
    """Plant faults into the last deliveries of a landing, and write landing/answers/faults.json.

    Args:
        landing: a finished landing; its files are replaced.
        wanted: NAME or NAME@FEED, each in a feed of its own.
        seed: where in a file a fault goes; the same arguments give the same bytes.
        contracts: of the bank; None for those of the demo bank.

    Raises:
        TagmartError: if there is no such fault or feed, the feed cannot have the fault, or two faults meet in one feed;
            nothing is planted then.
    """
    contracts = demo_contracts() if contracts is None else contracts
    chosen = choose_faults(wanted, contracts)
    sites = [_site(landing, contracts[feed], seed, number) for number, (_, feed) in enumerate(chosen)]
    planted = [_plant(fault, site) for (fault, _), site in zip(chosen, sites, strict=True)]
    folder = landing / "answers"
    folder.mkdir(exist_ok=True)
    told = {"seed": seed, "planted": [dict(one.record()) for one in planted]}
    (folder / ANSWERS).write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return planted


def choose_faults(wanted: Sequence[str], contracts: Mapping[str, Contract] | None = None) -> list[tuple[Fault, str]]:
    """The faults that words name, and the feeds for them.

    Raises:
        TagmartError: as plant_faults, before anything is made.
    """
    contracts = demo_contracts() if contracts is None else contracts
    chosen = [_chosen(word.strip(), contracts) for word in wanted]
    feeds = [feed for _, feed in chosen]
    if twice := next((feed for feed in feeds if feeds.count(feed) > 1), None):
        raise TagmartError("two faults in one delivery would hide each other", where="--faults", seen=f"both in {twice}",
                           do="give each a feed of its own: NAME@FEED")
    return chosen


def _chosen(word: str, contracts: Mapping[str, Contract]) -> tuple[Fault, str]:
    """The fault and the feed that a word names."""
    name, _, feed = word.partition("@")
    fault = next((one for one in CATALOGUE if one.name == name), None)
    if fault is None:
        names = [one.name for one in CATALOGUE]
        raise TagmartError("there is no such fault", where="--faults", seen=repr(name),
                           do=nearest(name, names) or "`--faults list` shows them all")
    feed = feed or fault.feed
    if feed not in contracts:
        raise TagmartError("there is no such feed", where="--faults", seen=repr(feed), do=nearest(feed, set(contracts)))
    if not fault.fits(contracts[feed]):
        fitting = [one for one, contract in contracts.items() if fault.fits(contract)]
        raise TagmartError(f"{feed} cannot have this fault: it needs {fault.needs}", where="--faults", seen=word,
                           do=f"choose one of {', '.join(fitting)}" if fitting else "choose another fault")
    return fault, feed


def _site(landing: Path, contract: Contract, seed: int, number: int) -> Site:
    """The last delivery of a feed."""
    pattern = contract.files.name_pattern()
    days = tuple(
        datetime.strptime(folder.name, "%Y%m%d").date()
        for folder in sorted(landing.glob("2*"))
        if any(pattern.match(path.name) for path in folder.iterdir())
    )
    if not days:
        raise TagmartError("the feed has no delivery", where=f"{landing.name}/{contract.feed}", do="choose another feed: NAME@FEED")
    return Site(landing, contract, days, days[-1], np.random.default_rng([seed, number]))


def _plant(fault: Fault, site: Site) -> Planted:
    """Plant one fault."""
    mark = fault.plant(site)
    # What would stop the night holds the feed's tags instead, where its contract says so.
    outcome = "held" if fault.outcome == "refused" and site.contract.late.policy == "hold" else fault.outcome
    return Planted(fault.name, site.contract.feed, mark.day or site.day, mark.file, mark.line, mark.column, outcome,
                   (*fault.says, *mark.says), fault.done, fault.do)
