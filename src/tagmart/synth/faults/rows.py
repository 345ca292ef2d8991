"""Faults of content and columns: the transfer is in order, and what the source wrote is not."""

from __future__ import annotations

from datetime import timedelta

from tagmart.contracts import Column, Contract
from tagmart.core.errors import TagmartError
from tagmart.synth.faults.edit import Opened
from tagmart.synth.faults.model import Mark, Site
from tagmart.synth.files.render import codec_of

# Of a column that the source renames, adds, or should never have sent.
RENAMED, ADDED, NEVER = "renamed_by_source", "remark_text", "cvn2"


def empty(site: Site) -> Mark:
    """The delivery has no rows, and all its records agree that it has none."""
    opened = site.opened()
    opened.parts = [[]]
    opened.write()
    return Mark(opened.path().name)


def shrunk(site: Site) -> Mark:
    """Half of the rows are gone, and all records agree."""
    opened = site.opened()
    opened.parts = [opened.rows[: len(opened.rows) // 2]]
    opened.write()
    return Mark(opened.path().name, says=(f"{len(opened.rows):,} rows",))


def stale_date(site: Site) -> Mark:
    """The rows of the delivery before, under the names of this one."""
    opened = site.opened()
    opened.parts = site.opened(site.day_before).parts
    if site.day_before == site.days[0]:
        # An initial load holds the past too; of it only the rows of its own day.
        place = opened.contract.names.index(str(opened.contract.row_date))
        day = site.days[0].strftime(opened.contract.form.date)
        opened.parts = [[row for row in rows if opened.fields(row)[place] == day] for rows in opened.parts]
    opened.write()
    return Mark(opened.path().name, column=opened.contract.row_date, says=(f"column {opened.contract.row_date}",))


def future_date(site: Site) -> Mark:
    """One row is dated a week after the delivery."""
    opened, row = _row(site)
    column = str(opened.contract.row_date)
    opened.change(row, column, (site.day + timedelta(days=7)).strftime(opened.contract.form.date))
    opened.write()
    return Mark(opened.path().name, opened.line_of(row), column)


def duplicate_key(site: Site) -> Mark:
    """A row comes twice."""
    opened, row = _row(site)
    opened.rows.append(opened.rows[row])
    opened.write()
    return Mark(opened.path().name, opened.line_of(row), ", ".join(opened.contract.key))


def orphan_account(site: Site) -> Mark:
    """A posting on an account that the bank does not have."""
    opened, row = _row(site)
    fields = opened.fields(opened.rows[row])
    fields[opened.contract.names.index("acct_no")] = "9999999999999999"
    fields[opened.contract.names.index(opened.contract.key[0])] += "X"
    opened.rows.append(opened.line(fields))
    opened.write()
    line = opened.line_of(len(opened.rows) - 1)
    return Mark(opened.path().name, line, "acct_no", says=(f"{opened.path().name}, line {line}",))


def letter_in_amount(site: Site) -> Mark:
    """An amount ends in the letter O."""
    opened, row = _row(site)
    column = amount_column(opened.contract)
    value = f"{opened.value(row, column.name)[:-1]}O"
    opened.change(row, column.name, value)
    opened.write()
    return Mark(opened.path().name, opened.line_of(row), column.name, says=(f"line {opened.line_of(row)}", f"'{value}'"))


def new_code(site: Site) -> Mark:
    """A code that the contract does not know."""
    opened, row = _row(site)
    column = next(one for one in opened.contract.columns if one.values and one.type.kind == "string" and one.name != "op")
    value = "?" * column.type.size
    opened.change(row, column.name, value)
    opened.write()
    return Mark(opened.path().name, opened.line_of(row), column.name)


def wrong_check_digit(site: Site) -> Mark:
    """A number whose last digit does not follow from the others."""
    opened, row = _row(site, lambda opened, row: len(opened.value(row, checked_column(opened.contract).name)) > 15)
    column = checked_column(opened.contract)
    value = opened.value(row, column.name)
    opened.change(row, column.name, value[:-1] + ("1" if value[-1] != "1" else "2"))
    opened.write()
    return Mark(opened.path().name, opened.line_of(row), column.name)


def bad_bytes(site: Site) -> Mark:
    """Two bytes in a row that are no letter in the file's encoding."""
    opened, row = _row(site)
    opened.rows[row] = opened.rows[row][:-2] + b"\xff\xff" + opened.rows[row][-2:]
    opened.write()
    return Mark(opened.path().name, opened.line_of(row))


def mixed_encodings(site: Site) -> Mark:
    """The second half of the rows is in another encoding than the first."""
    opened = site.opened()
    codec = codec_of(opened.contract.form)
    other = "utf-8" if codec != "utf-8" else "gb18030"
    half = len(opened.rows) // 2
    changed = [row.decode(codec).encode(other) for row in opened.rows[half:]]
    first = next((at for at, row in enumerate(changed) if row != opened.rows[half + at]), None)
    if first is None:
        raise TagmartError("no row of the delivery has letters that differ between encodings", where=opened.path().name,
                           do="choose another feed: mixed_encodings@<feed>")
    opened.rows[half:] = changed
    opened.write()
    return Mark(opened.path().name, opened.line_of(half + first))


def foreign_row(site: Site) -> Mark:
    """A row is in UTF-8, and nobody who only decodes it would know: it has as many fields, of other letters."""

    def slips(opened: Opened, row: int) -> bool:
        try:
            fields = opened.fields(_in_utf8(opened, row))
        except UnicodeDecodeError:
            return False
        letters = sum("\u3000" <= letter <= "\u9fff" for field in opened.fields(opened.rows[row]) for letter in field)
        return letters > 3 and len(fields) == len(opened.fields(opened.rows[row]))

    opened, row = _row(site, slips)
    opened.rows[row] = _in_utf8(opened, row)
    opened.write()
    return Mark(opened.path().name, opened.line_of(row), says=(f"line {opened.line_of(row)}",))


def _in_utf8(opened: Opened, row: int) -> bytes:
    """A record in the other encoding."""
    return opened.rows[row].decode(codec_of(opened.contract.form)).encode()


def changed_separator(site: Site) -> Mark:
    """The source separates fields by something else."""
    opened = site.opened()
    records = [opened.fields(row) for row in opened.rows]
    opened.separator = ";" if opened.contract.form.separator != ";" else "|"
    opened.parts = [[opened.line(fields) for fields in records]]
    opened.write()
    return Mark(opened.path().name, 1)


def doubled_header(site: Site) -> Mark:
    """Two files were put together, with the header of the second still in between."""
    opened = site.opened()
    half = len(opened.rows) // 2
    opened.rows.insert(half, opened.line(opened.names))
    opened.write()
    return Mark(opened.path().name, opened.line_of(half))


def missing_header(site: Site) -> Mark:
    """The header is left out."""
    opened = site.opened()
    opened.has_header = False
    opened.write()
    return Mark(opened.path().name, 1)


def missing_tail(site: Site) -> Mark:
    """The tail record is not there."""
    opened = site.opened()
    opened.has_tail = False
    opened.write()
    return Mark(opened.path().name)


def wrong_tail_total(site: Site) -> Mark:
    """The tail record declares another total than the rows have."""
    opened = site.opened()
    opened.tail_extra = 100
    opened.write()
    column = next(one.says[4:] for one in opened.contract.form.tail if one.says.startswith("sum:"))
    return Mark(opened.path().name, column=column, says=(f"column {column}",))


def added_column(site: Site) -> Mark:
    """The source has a new column at the end."""
    opened = _with_columns(site, lambda fields, names: [*fields, "x" if names is None else ADDED])
    return Mark(opened.path().name, 1, ADDED, says=(f"'{ADDED}'",))


def renamed_column(site: Site) -> Mark:
    """The source calls a column otherwise."""
    opened = site.opened()
    at = len(opened.names) // 2
    old, opened.names[at] = opened.names[at], RENAMED
    opened.write()
    return Mark(opened.path().name, 1, old, says=(f"'{old}'", f"'{RENAMED}'"))


def moved_column(site: Site) -> Mark:
    """The last column now stands before the one before it."""
    opened = _with_columns(site, lambda fields, names: [*fields[:-2], fields[-1], fields[-2]])
    return Mark(opened.path().name, 1, opened.names[-2], says=(f"'{opened.names[-2]}'",))


def removed_column(site: Site) -> Mark:
    """The source has dropped its last column."""
    opened = _with_columns(site, lambda fields, names: fields[:-1])
    gone = opened.contract.names[-1]
    return Mark(opened.path().name, 1, gone, says=(f"'{gone}'",))


def retyped_column(site: Site) -> Mark:
    """Amounts come with their currency behind them."""
    opened = site.opened()
    column = amount_column(opened.contract)
    for row in range(len(opened.rows)):
        opened.change(row, column.name, f"{opened.value(row, column.name)} CNY")
    opened.write()
    return Mark(opened.path().name, column=column.name, says=(f"'{column.name}'",))


def c3_column(site: Site) -> Mark:
    """The source sends the verification number of cards, which nobody may take in."""
    opened = _with_columns(site, lambda fields, names: [*fields, "123" if names is None else NEVER])
    return Mark(opened.path().name, 1, NEVER, says=(f"'{NEVER}'",))


def amount_column(contract: Contract) -> Column:
    """The first amount that every row has."""
    return next(column for column in contract.columns if column.type.kind == "decimal" and column.required)


def checked_column(contract: Contract) -> Column:
    """The first column whose values end in a check digit."""
    return next(column for column in contract.columns if column.check)


def _row(site: Site, fits=lambda opened, row: True) -> tuple[Opened, int]:
    """A row of the delivery in which a fault can be.

    Raises:
        TagmartError: if it has none.
    """
    opened = site.opened()
    rows = [row for row in range(len(opened.rows)) if fits(opened, row)]
    if not rows:
        raise TagmartError("the delivery has no row in which this fault could be", where=opened.path().name,
                           do="choose another feed: <fault>@<feed>, or make a larger bank")
    return opened, rows[int(site.rng.integers(len(rows)))]


def _with_columns(site: Site, change) -> Opened:
    """Write the delivery with other columns: `change` is given the fields, and the names where they are the header's."""
    opened = site.opened()
    records = [change(opened.fields(row), None) for row in opened.rows]
    opened.names = change(opened.names, opened.names)
    opened.parts = [[opened.line(fields) for fields in records]]
    opened.write()
    return opened
