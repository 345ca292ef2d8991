"""Which deliveries lie in the landing folder. Nothing is opened here: only names are read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from tagmart.contracts import Contract
from tagmart.contracts.model import DAILY_KIND, INITIAL_KIND, STATIC_KIND
from tagmart.core.errors import TagmartError


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


def find_static(contract: Contract, landing: Path) -> Delivery | None:
    """The one delivery of a static feed, or None."""
    part = landing / contract.files.name
    control = landing / contract.files.control if contract.files.control else None
    if not part.is_file() and not (control and control.is_file()):
        return None
    return Delivery(None, STATIC_KIND, (part,), control)


def find_daily(contract: Contract, landing: Path, biz_date: date, names: list[str]) -> Delivery | None:
    """The delivery of a feed in the folder of a date, or None if no file there has a name of this feed.

    Args:
        contract: of the feed.
        landing: the landing folder.
        biz_date: whose folder to look into.
        names: the file names in that folder (read once for all feeds).

    Raises:
        TagmartError: if a file is of another date, of a kind that this feed does not have, or the control file lacks.
    """
    folder = landing / f"{biz_date:%Y%m%d}"
    parts = _matches(contract.files.name_pattern(), names)
    controls = _matches(contract.files.control_pattern(), names)
    found = {**parts, **controls}
    if not found:
        return None
    for name, groups in found.items():
        _check_name(contract, folder, name, groups)
    kinds = sorted({groups["kind"] for groups in found.values()})
    if len(kinds) > 1:
        raise TagmartError(
            "there are two deliveries for one date", where=f"{folder.name}/{contract.feed}",
            seen=f"kinds {' and '.join(kinds)}", do="have the source withdraw one of them",
        )
    control = folder / next(iter(controls)) if controls else None
    if contract.files.control and control is None:
        raise TagmartError(
            "the control file is missing", where=f"{folder.name}/{contract.files.control_of(biz_date, kinds[0])}",
            seen=", ".join(sorted(parts)), do="wait until the source has written it, or have it sent",
        )
    return Delivery(biz_date, kinds[0], tuple(folder / name for name in sorted(parts)), control)


def _matches(pattern: object, names: list[str]) -> dict[str, dict[str, str]]:
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
