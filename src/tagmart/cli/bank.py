"""Verbs for trying a bank: make the demo bank's files, run one night of it, see how it stands."""

from __future__ import annotations

import shutil
from datetime import date as day
from pathlib import Path
from typing import Annotated

import typer

from tagmart.cli.options import BankOption, DateOption, date_for, settings_for
from tagmart.core.errors import TagmartError

DEMO_DATE = "2026-06-30"


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command("synth")(synth)
    app.command("run")(run)
    app.command("status")(status)


def synth(
    date: DateOption = None,
    customers: Annotated[int, typer.Option(help="Retail customers, 20 to 1,000,000.")] = 2000,
    corporates: Annotated[int | None, typer.Option(help="Corporate customers; else 5 % of the retail ones.")] = None,
    merchants: Annotated[int | None, typer.Option(help="Merchants; else 3 % of the retail customers.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 7,
    days: Annotated[int, typer.Option(help="Daily deliveries up to the date, after the initial load.")] = 1,
    months: Annotated[int, typer.Option(help="Complete months of daily rows in the initial load.")] = 13,
    faults: Annotated[str, typer.Option(help="Plant file faults: NAME or NAME@FEED, with commas; `list` shows them.")] = "",
    gl_differences: Annotated[int, typer.Option(help="Differences to plant between ledger and details.")] = 0,
    processes: Annotated[int, typer.Option(help="Blocks of a large bank that are made at a time.")] = 2,
    out: Annotated[Path | None, typer.Option(help="Folder; else the demo bank's landing.")] = None,
) -> None:
    """Make the demo bank's extract files: an initial load, then one set of files per day."""
    from tagmart.synth import generate
    from tagmart.synth.faults import choose_faults, faults_page, faults_table, plant_faults

    if faults in ("list", "page"):
        print(faults_table() if faults == "list" else faults_page(), end="")
        return
    wanted = [word for word in faults.split(",") if word.strip()]
    choose_faults(wanted)
    landing = out or settings_for("demo").landing
    summary = generate(
        landing, customers=customers, seed=seed, biz_date=date_for(date, DEMO_DATE), days=days, history_months=months,
        corporates=corporates, merchants=merchants, processes=processes, gl_differences=gl_differences,
    )
    print(f"{len(summary.rows)} feeds, {summary.total_rows:,} rows, {customers:,} customers → {landing}")
    for planted in plant_faults(landing, wanted, seed) if wanted else ():
        print(f"planted {planted.fault} in {planted.feed}: {planted.file}; it must be {planted.outcome}")


def run(
    bank: BankOption = None,
    date: DateOption = None,
    landing: Annotated[Path | None, typer.Option(help="Where the extract files are; else the home's landing.")] = None,
    customers: Annotated[int, typer.Option(help="Size of the demo bank, if its files must be made.")] = 2000,
    seed: Annotated[int, typer.Option(help="Seed of the demo bank.")] = 7,
) -> None:
    """Run one whole night through Airflow, and show what came of it."""
    import os
    from concurrent.futures import ThreadPoolExecutor

    from tagmart.night import airflow, show

    if landing is not None:
        os.environ["TAGMART_LANDING"] = str(landing.absolute())
    settings = settings_for(bank)
    if settings.bank != "demo" and date is None:
        raise TagmartError("which night?", where="--date", do="give the business date, such as 1993-12-31")
    biz_date = date_for(date, DEMO_DATE)
    settings.claim_home()
    with ThreadPoolExecutor(1) as beside:
        # In processes of its own: beside the making of files it costs no time.
        prepared = beside.submit(airflow.prepare, settings)
        if settings.bank == "demo":
            _have_demo_files(settings.landing, biz_date, customers, seed)
        with show.waiting("Preparing Airflow"):
            prepared.result()
    watcher = show.Watcher(settings, biz_date)
    good = airflow.run_night(settings, biz_date, watcher.look)
    show.summary(settings, watcher.run_id, good)
    if not good:
        raise typer.Exit(1)


def _have_demo_files(landing: Path, biz_date: day, customers: int, seed: int) -> None:
    """Make the demo bank's files if there are none yet: an initial load and three days up to the date.

    They are made beside the landing and moved there whole. A landing that has other dates is left alone: a second initial
    load among them would be refused, and rightly.

    Raises:
        TagmartError: if the landing has files, but none of this date.
    """
    from tagmart.synth import generate

    folders = sorted(path.name for path in landing.glob("2*") if path.is_dir()) if landing.exists() else []
    if f"{biz_date:%Y%m%d}" in folders:
        return
    if folders:
        raise TagmartError(
            f"the landing has no files of {biz_date}", where=str(landing), seen=", ".join(folders),
            do="choose one of these dates, or remove the folder to have files made that end with this date",
        )
    making = landing.with_name(f".{landing.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    summary = generate(making, customers=customers, seed=seed, biz_date=biz_date, days=3)
    making.replace(landing)
    print(f"{len(summary.rows)} feeds, {summary.total_rows:,} rows, {customers:,} customers → {landing}")


def status(bank: BankOption = None) -> None:
    """What is published, and how the last runs went."""
    from tagmart.night import show

    show.status(settings_for(bank))
