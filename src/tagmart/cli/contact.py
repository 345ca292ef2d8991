"""Verbs for leads and contacts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tagmart.cli.options import BankOption, settings_for
from tagmart.core.errors import TagmartError


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    leads = typer.Typer(help="Event leads: from the business's words to detectors.", no_args_is_help=True)
    leads.callback()(_leads)
    leads.command("generate")(leads_generate)
    app.add_typer(leads, name="leads")
    contact = typer.Typer(help="Contact lists of the next day.", no_args_is_help=True)
    contact.callback()(_contact)
    contact.command("export")(contact_export)
    app.add_typer(contact, name="contact")


def _leads() -> None:
    """Event leads: from the business's words to detectors."""


def _contact() -> None:
    """Contact lists of the next day."""


def leads_generate(check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if a file is stale.")] = False) -> None:
    """Write the lead catalogue and the models over all detectors, after holding each lead against its detector."""
    from tagmart.leads import generate_leads

    stale, summary = generate_leads(settings_for(None), check=check)
    if check and stale:
        raise TagmartError(f"{len(stale)} generated file(s) are stale", where=str(stale[0]),
                           do="run `tagmart leads generate` and commit what it writes")
    print(f"{summary}; " + (f"{len(stale)} file(s) changed" if stale else "all current"))


def contact_export(
    channel: Annotated[str, typer.Option("--channel", help="The channel, as mart.contact_list names it.")],
    to: Annotated[Path, typer.Option("--to", help="A file that is not there yet; only you can read it.")],
    bank: BankOption = None,
) -> None:
    """Join the published list of a channel with how to reach people, and write down that it was done."""
    from tagmart.core.state import State
    from tagmart.publish.contacts import export_contacts

    settings = settings_for(bank)
    done = export_contacts(settings, State(settings.state_db), channel, to)
    print(f"{done.rows} contacts in {done.path}" + (f"; {done.missing} without a number are left out" if done.missing else ""))
