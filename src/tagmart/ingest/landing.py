"""Which deliveries lie in the landing folder. Nothing is opened here: only names are read."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from tagmart.contracts import Contract
from tagmart.contracts.model import DAILY_KIND, INITIAL_KIND, STATIC_KIND
from tagmart.core.errors import TagmartError

PACKED = (".gz", ".zst")


@dataclass(frozen=True)
class Delivery:
    """The files of one feed for one date.

    Attributes:
        biz_date: the date; None for a static feed.
        kind: I initial load, F full, D delta, J journal, S static.
        parts: the data files, in order.
        control: the control file, or None.
    """

    biz_date: date | None
    kind: str
    parts: tuple[Path, ...]
    control: Path | None

    @property
    def label(self) -> str:
        """Its date as the state writes it."""
        return self.biz_date.isoformat() if self.biz_date else "static"


def landing_dates(landing: Path, until: date) -> list[date]:
    """The dates up to `until` that have a folder, oldest first. Folders with other names are not ours."""
    dates = []
    for path in landing.iterdir() if landing.is_dir() else ():
        if path.is_dir() and len(path.name) == 8 and path.name.isdigit():
            try:
                dates.append(datetime.strptime(path.name, "%Y%m%d").date())
            except ValueError:
                continue
    return sorted(day for day in dates if day <= until)


def names_in(landing: Path, day: date) -> list[str]:
    """The names of the files in the folder of a date, sorted; none where there is no folder."""
    folder = landing / f"{day:%Y%m%d}"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def find_static(contract: Contract, landing: Path) -> Delivery | None:
    """The one delivery of a static feed, or None."""
    part = landing / contract.files.name
    control = landing / contract.files.control if contract.files.control else None
    if not part.is_file() and not (control and control.is_file()):
        return None
    return Delivery(None, STATIC_KIND, (part,), control)


def has_come(contract: Contract, names: Collection[str]) -> bool:
    """True where any file of a feed is among the names of a folder, its control file alone included."""
    return any(_any_of(written, pattern, names) for written, pattern in _patterns(contract))


def is_complete(contract: Contract, names: Collection[str]) -> bool:
    """True where the source has said that it is done: its control file is there, or a file where it writes none."""
    return _any_of(*_patterns(contract)[-1], names)


def find_daily(contract: Contract, landing: Path, biz_date: date, names: list[str]) -> Delivery:
    """The delivery of a feed in the folder of a date; to be asked for where one is complete.

    Args:
        contract: of the feed.
        landing: the landing folder.
        biz_date: whose folder to look into.
        names: the file names in that folder (read once for all feeds).

    Raises:
        TagmartError: if a file is of another date, of a kind that this feed does not have, lies there twice, or there are
            two deliveries.
    """
    folder = landing / f"{biz_date:%Y%m%d}"
    parts = _matches(contract.files.name_pattern(), names)
    controls = _matches(contract.files.control_pattern(), names)
    found = {**parts, **controls}
    for name, groups in found.items():
        _check_name(contract, folder, name, groups)
    kinds = sorted({groups["kind"] for groups in found.values()})
    if len(kinds) > 1:
        raise TagmartError(
            "there are two deliveries for one date", where=f"{folder.name}/{contract.feed}",
            seen=f"kinds {' and '.join(kinds)}", do="have the source withdraw one of them",
        )
    _refuse_packed_twins(folder, parts, names)
    control = folder / next(iter(controls)) if controls else None
    return Delivery(biz_date, kinds[0], tuple(folder / name for name in sorted(parts)), control)


def strangers(contracts: Mapping[str, Contract], names: Collection[str]) -> dict[str, str]:
    """The files of a dated folder that belong to no contract, with the feed that each is likely meant for (or "").

    Hidden files are nobody's business.
    """
    patterns = [pattern for contract in contracts.values() for _, pattern in _patterns(contract)]
    daily = {feed.lower(): feed for feed, contract in contracts.items() if not contract.is_static}
    found = {}
    for name in sorted(names):
        if not name.startswith(".") and not any(pattern.match(name) for pattern in patterns):
            found[name] = _nearest_feed(name.lower(), daily)
    return found


def _nearest_feed(name: str, feeds: Mapping[str, str]) -> str:
    """The feed whose name a file's name begins with, or is nearest to the words before its date; "" for none."""
    import difflib

    begins = [feed for feed in feeds if name.startswith(feed)]
    if begins:
        return feeds[max(begins, key=len)]
    words = re.split(r"[_.\-]*\d{6,}|\.", name, maxsplit=1)[0]
    close = difflib.get_close_matches(words, sorted(feeds), n=1, cutoff=0.6)
    return feeds[close[0]] if close else ""


def _patterns(contract: Contract) -> list[tuple[str, re.Pattern[str]]]:
    """The names of a contract as it writes them and as patterns: data files, then control files if there are any."""
    files = contract.files
    control = [(files.control, files.control_pattern())] if files.control else []
    return [(files.name, files.name_pattern()), *control]


def _any_of(written: str, pattern: re.Pattern[str], names: Collection[str]) -> bool:
    """True where a name matches. A year of folders has many names, so a pattern is tried only where a name begins like it."""
    start = written.partition("{")[0]
    return any(name.startswith(start) and pattern.match(name) for name in names)


def _matches(pattern: re.Pattern[str] | None, names: Collection[str]) -> dict[str, dict[str, str]]:
    """The names that match, with what their placeholders stand for."""
    if pattern is None:
        return {}
    return {name: match.groupdict() for name in names if (match := pattern.match(name))}


def _check_name(contract: Contract, folder: Path, name: str, groups: dict[str, str]) -> None:
    """Refuse a file whose name says another date than its folder, or a kind that the feed does not have."""
    if groups["biz_date"] != folder.name:
        raise TagmartError(
            "the date in the file name is not the date of its folder", where=f"{folder.name}/{name}",
            seen=f"{groups['biz_date']} in the name, {folder.name} as the folder",
            do="have the source say which date it is, and put the file where it belongs",
        )
    allowed = (INITIAL_KIND, DAILY_KIND[contract.load])
    if groups["kind"] not in allowed:
        raise TagmartError(
            f"a {contract.load} feed has no delivery of this kind", where=f"{folder.name}/{name}",
            seen=groups["kind"], do=f"send kind {' or '.join(allowed)}",
        )


def _refuse_packed_twins(folder: Path, parts: Collection[str], names: Collection[str]) -> None:
    """Refuse a part that lies there under two names, packed and not."""
    for name in parts:
        bare = next((name.removesuffix(end) for end in PACKED if name.endswith(end)), name)
        for twin in (bare, *(bare + end for end in PACKED)):
            if twin != name and twin in names:
                raise TagmartError("a part has come twice, packed and not packed", where=f"{folder.name}/{name}", seen=twin,
                                   do="have the source say which is right, and remove the other one")
