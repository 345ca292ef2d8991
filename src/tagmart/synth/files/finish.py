"""Parts of several blocks become deliveries: they are numbered through, and control files speak for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tagmart.contracts import Contract
from tagmart.synth.calendar import Horizon
from tagmart.synth.files.columns import Part
from tagmart.synth.files.parts import BANK, BATCH_NO, day_of, demo_contracts


def finish(parts: Sequence[Part], landing: Path, horizon: Horizon, contracts: Mapping[str, Contract] | None = None) -> None:
    """Bring parts to their deliveries: number them through, in their order, and write the control files.

    Empty parts go if their delivery has another part.

    Args:
        parts: of all blocks, those of a delivery in their order.
        landing: folder of the dated folders.
        horizon: of the world.
        contracts: say the names and the control files; None for those of the demo bank.
    """
    contracts = demo_contracts() if contracts is None else contracts
    deliveries: dict[tuple[int, str, str], list[Part]] = {}
    for part in parts:
        deliveries.setdefault((part.day, part.feed, part.kind), []).append(part)
    for (day, feed, kind), mine in deliveries.items():
        kept = [part for part in mine if part.rows] or mine[:1]
        for part in mine:
            if part not in kept:
                part.path.unlink()
        delivered, contract = day_of(horizon, day), contracts[feed]
        folder = landing / f"{delivered:%Y%m%d}"
        folder.mkdir(parents=True, exist_ok=True)
        listed = []
        for number, part in enumerate(kept, start=1):
            name = contract.files.name_of(delivered, kind, number)
            part.path.replace(folder / name)
            listed.append((name, part.size, part.rows, part.md5))
        sums: dict[str, int] = {}
        for name, places in (pair for part in kept for pair in part.sums):
            sums[name] = sums.get(name, 0) + places
        if control := contract.files.control_of(delivered, kind):
            text = control_text(contract, f"{delivered:%Y%m%d}", kind, listed, sums)
            (folder / control).write_text(text, encoding="utf-8")


def control_text(
    contract: Contract,
    stamp: str,
    kind: str,
    parts: Sequence[tuple[str, int, int, str]],
    sums: Mapping[str, int],
    batch_no: int = BATCH_NO,
    bank: str = BANK,
) -> str:
    """What a control file says, in the form of the contract.

    Args:
        contract: of the feed.
        stamp: the delivery's date, YYYYMMDD.
        kind: of load.
        parts: name, bytes, rows and md5 of each data file.
        sums: totals of the columns of `files.sums`, in whole numbers of their last place.
        batch_no: of the delivery.
        bank: that sends it.
    """
    totals = {name: _plain(places, contract.column(name).type.scale) for name, places in sums.items()}
    rows = sum(part[2] for part in parts)
    if contract.files.control_form == "flag":
        return f"{rows}\n"
    if contract.files.control_form == "list":
        lines = ["|".join(map(str, part)) for part in parts] + [f"SUM|{name}|{total}|" for name, total in totals.items()]
        return "\n".join([*lines, f"TOTAL|{sum(part[1] for part in parts)}|{rows}|"]) + "\n"
    lines = [f"BANK={bank}", f"FEED={contract.feed}", f"BIZ_DATE={stamp}", f"KIND={kind}", f"BATCH={batch_no}",
             f"PARTS={len(parts)}"]
    for name, size, count, md5 in parts:
        lines += [f"FILE={name}", f"BYTES={size}", f"ROWS={count}", f"MD5={md5}"]
    return "\n".join([*lines, *(f"SUM.{name}={total}" for name, total in totals.items())]) + "\n"


def _plain(places: int, scale: int) -> str:
    """A total with its decimal point."""
    digits = f"{abs(places):0{scale + 1}d}"
    return ("-" if places < 0 else "") + (f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits)
