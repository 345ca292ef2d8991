"""Faults of files, control files and their coming: what goes wrong on the way from one machine to another."""

from __future__ import annotations

from datetime import timedelta

from tagmart.synth.faults.edit import Opened, replace_file
from tagmart.synth.faults.model import Mark, Site


def wrong_count(site: Site) -> Mark:
    """The control file counts a row of the first part too many."""
    opened = site.opened()
    all_rows, rows = sum(map(len, opened.parts)), len(opened.rows)
    form = opened.contract.files.control_form
    if form == "flag":
        replace_file(opened.control, f"{all_rows + 1}\n".encode())
        return Mark(opened.control.name, says=(f"{all_rows:,} of {all_rows + 1:,} rows",))
    before, after = ("ROWS=", "\n") if form == "keys" else ("|", "|")
    _change_control(opened, f"{before}{rows}{after}", f"{before}{rows + 1}{after}")
    if form == "list":
        _change_control(opened, f"|{all_rows}|\n", f"|{all_rows + 1}|\n")
    return Mark(opened.control.name, says=(f"{rows:,} of {rows + 1:,} rows",))


def wrong_total(site: Site) -> Mark:
    """The control file declares the smallest amount too much."""
    opened = site.opened()
    opened.write()
    column = opened.contract.files.sums[0]
    scale = opened.contract.column(column).type.scale
    total = sum(opened.total(rows, column) for rows in opened.parts)
    words = [_amount(places, scale) for places in (total, total + 1)]
    mark = f"SUM.{column}=" if opened.contract.files.control_form == "keys" else f"SUM|{column}|"
    _change_control(opened, mark + words[0], mark + words[1])
    return Mark(opened.control.name, column=column, says=(f"column {column}",))


def wrong_md5(site: Site) -> Mark:
    """A byte of the file is another one than the source wrote: the size is the same, the md5 is not."""
    opened = site.opened()
    content = bytearray(opened.path().read_bytes())
    at = len(content) // 2
    content[at] = (content[at] + 1) % 128
    replace_file(opened.path(), bytes(content))
    return Mark(opened.path().name)


def corrupted_control(site: Site) -> Mark:
    """The control file holds something else."""
    opened = site.opened()
    replace_file(opened.control, b"\x00\xff no control file \xfe\n")
    return Mark(opened.control.name, says=(opened.control.name,))


def other_bank(site: Site) -> Mark:
    """The delivery is another bank's, and says so."""
    opened = site.opened()
    opened.bank = "otherbank"
    opened.write()
    return Mark(opened.control.name)


def cut_file(site: Site) -> Mark:
    """The transfer ended half-way."""
    opened = site.opened()
    content = opened.path().read_bytes()
    replace_file(opened.path(), content[: len(content) // 2])
    return Mark(opened.path().name)


def cut_archive(site: Site) -> Mark:
    """The source packed a file half-way, and its control file agrees with what it sent."""
    opened = site.opened()
    content = opened.path().read_bytes()
    replace_file(opened.path(), content[: len(content) // 2])
    opened.seal()
    return Mark(opened.path().name)


def duplicate_part(site: Site) -> Mark:
    """The same rows come twice, as two parts that the control file lists."""
    opened = site.opened()
    opened.parts.append(list(opened.rows))
    opened.write()
    twin = opened.path(len(opened.parts)).name
    return Mark(twin, says=(twin,))


def missing_part(site: Site) -> Mark:
    """The delivery has two parts, and one of them has not come."""
    opened = site.opened()
    half = len(opened.rows) // 2
    opened.parts[:1] = [opened.rows[:half], opened.rows[half:]]
    opened.write()
    opened.path(1).unlink()
    return Mark(opened.path(1).name, says=(opened.path(1).name,) if opened.contract.files.control_form != "flag" else ("001",))


def missing(site: Site) -> Mark:
    """Neither the data files nor the control file have come."""
    opened = site.opened()
    for path in (*opened.old, opened.control):
        path.unlink()
    return Mark(opened.control.name, says=(site.day.isoformat(),))


def control_absent(site: Site) -> Mark:
    """The data files are there, the control file has not come: the source may still be writing."""
    opened = site.opened()
    opened.control.unlink()
    return Mark(opened.control.name, says=(f"{site.day:%Y%m%d}/{opened.contract.feed}",))


def wrong_day_in_name(site: Site) -> Mark:
    """The file's name says another date than its folder."""
    opened = site.opened()
    other = opened.folder / opened.contract.files.name_of(site.day + timedelta(days=1), opened.kind, 1)
    opened.path().rename(other)
    return Mark(other.name, says=(f"{site.day + timedelta(days=1):%Y%m%d} in the name",))


def second_initial(site: Site) -> Mark:
    """The day's delivery comes as another initial load."""
    opened = site.opened()
    for path in (*opened.old, opened.control):
        path.unlink()
    opened.old, opened.kind = [], "I"
    opened.write()
    return Mark(opened.path().name)


def stranger(site: Site) -> Mark:
    """A file lies there that no contract knows."""
    name = f"{site.contract.feed}_{site.day:%Y%m%d}_copy.dat"
    replace_file(site.landing / f"{site.day:%Y%m%d}" / name, b"who sent this?\n")
    return Mark(name, says=(name,))


def resent(site: Site) -> Mark:
    """The delivery before the last one comes again, a value changed, its batch counted up."""
    day = site.day_before
    opened = site.opened(day)
    row = int(site.rng.integers(len(opened.rows)))
    column = next(one for one in opened.contract.columns
                  if len(one.values) > 1 and one.name not in ("op", *opened.contract.key) and one.type.kind == "string")
    seen = opened.value(row, column.name)
    opened.change(row, column.name, next(value for value in column.values if value != seen))
    opened.batch_no += 1
    opened.write()
    return Mark(opened.path().name, opened.line_of(row), column.name, day, (day.isoformat(),))


def older_batch(site: Site) -> Mark:
    """The delivery before the last one comes again from a batch that the source has replaced already."""
    day = site.day_before
    opened = site.opened(day)
    opened.batch_no -= 1
    opened.rows.reverse()
    opened.write()
    return Mark(opened.path().name, day=day)


def _amount(places: int, scale: int) -> str:
    """A total as control files write it."""
    digits = f"{abs(places):0{scale + 1}d}"
    return f"{'-' if places < 0 else ''}{digits[:-scale]}.{digits[-scale:]}"


def _change_control(opened: Opened, before: str, after: str) -> None:
    """Write something else into the control file."""
    text = opened.control.read_text("utf-8")
    replace_file(opened.control, text.replace(before, after, 1).encode())
