"""The contact list with how to reach people, for the system of a channel: the one place where the two come together.

The published list has no direct identifier. Who joins them, for how many and with which columns, is written down.
"""

from __future__ import annotations

import csv
import getpass
import os
from dataclasses import dataclass
from pathlib import Path

from tagmart.core import clock
from tagmart.core.duck import connect, literal
from tagmart.core.errors import BusyError, TagmartError, nearest
from tagmart.core.mart import CONTACT_LIST, MART_FILE, SCHEMA
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.publish.store import current

# Channels that need a telephone number; others know the customer by the bank's own customer number.
BY_PHONE = ("sms", "call", "robot")
LISTED = ("contact_id", "contact_date", "campaign_code", "purpose", "priority", "hours")


@dataclass(frozen=True)
class ContactExport:
    """What was handed over.

    Attributes:
        path: the file.
        rows: contacts in it.
        missing: contacts of the list without a number to reach them by: they are not in the file.
        columns: the columns of the file.
    """

    path: Path
    rows: int
    missing: int
    columns: tuple[str, ...]


def export_contacts(settings: Settings, state: State, channel: str, path: Path) -> ContactExport:
    """Write the current list of a channel with what the channel needs to reach people, readable by the owner only.

    Args:
        channel: as the list names it.
        path: a file that is not there yet.

    Raises:
        TagmartError: if nothing is published, the list has no such channel, the warehouse is at another business date than
            the list, or the file is there already.
        BusyError: if a night is writing.
    """
    run = current(settings)
    if run is None:
        raise TagmartError("nothing is published", where=str(settings.published), do="run a night first")
    if path.exists():
        raise TagmartError("the file is there already", where=str(path), do="name another; an exported list is not overwritten")
    columns, rows = _joined(settings, run / MART_FILE, channel)
    whole = [row for row in rows if row[-1] is not None]
    _write(path, columns, whole)
    state.put("contact_export", {
        "exported_at": clock.now().isoformat(timespec="microseconds"), "run_id": run.name, "channel": channel,
        "exported_by": getpass.getuser(), "rows": len(whole), "columns": " ".join(columns), "file": path.name,
    })  # fmt: skip
    return ContactExport(path, len(whole), len(rows) - len(whole), columns)


def _joined(settings: Settings, mart: Path, channel: str) -> tuple[tuple[str, ...], list[tuple]]:
    """The columns of the file and its rows; the last column is what the channel reaches people by."""
    import duckdb

    with connect() as connection:
        try:
            connection.execute(f"attach {literal(str(settings.warehouse))} as warehouse (read_only)")
        except duckdb.IOException as error:
            raise BusyError("the warehouse cannot be read now", where=str(settings.warehouse), seen=str(error).splitlines()[0],
                            do="try again when the night is over") from None
        connection.execute(f"attach {literal(str(mart))} as mart_file (read_only)")
        listed = f"mart_file.{SCHEMA}.{CONTACT_LIST}"
        channels = {row[0] for row in connection.execute(f"select distinct channel from {listed}").fetchall()}
        if channel not in channels:
            raise TagmartError(f"nobody is on the list for channel '{channel}'", where=str(mart), seen=", ".join(sorted(channels)),
                               do=nearest(channel, channels) or "see mart.contact_suppressed for the reasons")
        [(stands, is_of)] = connection.execute(
            f"select (select biz_date from warehouse.ops.run_context), (select max(biz_date) from {listed})"
        ).fetchall()
        if stands != is_of:
            raise TagmartError("the warehouse is at another date than the published list", where=str(settings.warehouse),
                               seen=f"{stands}, and the list is of {is_of}", do="export the list of the night that the warehouse is at")
        by_phone = channel in BY_PHONE
        reach = _PHONES if by_phone else _NUMBERS
        names = ("cust_name", "mobile") if by_phone else ("party_id",)
        found = connection.execute(
            f"select {', '.join(f'list.{name}' for name in LISTED)}, {', '.join(f'reach.{name}' for name in names)}"
            f" from {listed} as list left join ({reach}) as reach on reach.customer_id = list.customer_id"
            f" where list.channel = {literal(channel)} order by list.priority, list.contact_id"
        ).fetchall()
    return (*LISTED, *names), found


# The verified number that stands first; nobody is called on another.
_PHONES = """
select party.customer_id, party.cust_name, contact.mobile
from warehouse.dwd.party as party
join warehouse.dwd.contact as contact on contact.customer_id = party.customer_id
where contact.contact_kind = 'mobile' and contact.is_verified
qualify row_number() over (partition by party.customer_id order by contact.seq) = 1
"""
_NUMBERS = """
select customer_id, min(source_id) as party_id from warehouse.dwd.party_xref where source_system = 'ecif' group by customer_id
"""


def _write(path: Path, columns: tuple[str, ...], rows: list[tuple]) -> None:
    """A CSV that nobody but the owner could ever read, there as a whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    os.replace(fresh, path)
