"""Building a published night again, from what is kept, in a home of its own: the same, or which input is another one.

The night saw certain deliveries, and these alone are shown to the new one: what came later for its dates is left out. Its
yesterday is the published run that it had then. Everything else comes from the checkout, as it stands now.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tagmart.contracts import Contract, load_contracts
from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.core.mart import FEED_STATUS, GATE_RESULT, MART_FILE, QUALITY_STAMP, RESTATEMENT, RUN_MANIFEST, qualified
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.ingest.landing import landing_dates, names_in
from tagmart.night.launch import StepBusyError, StepFailedError, step
from tagmart.night.stages import STAGES
from tagmart.publish import held
from tagmart.publish.content import finish_candidate
from tagmart.publish.inputs import programs, sources
from tagmart.publish.restated import write_restatement
from tagmart.publish.store import Published, list_published

# How a night went, not what it made: one that takes everything in at once has other things to tell.
STATUS_TABLES = {FEED_STATUS.name, GATE_RESULT.name, QUALITY_STAMP.name, RESTATEMENT.name}
MARK = "REBUILD"


@dataclass(frozen=True)
class Difference:
    """An input that is not what the run had.

    Attributes:
        kind: file, seed, spec, code, version or run.
        name: which one.
        what: how it differs.
    """

    kind: str
    name: str
    what: str


@dataclass(frozen=True)
class Row:
    """A row of a manifest."""

    rows: int | None
    digest: str | None
    value: str | None


Manifest = Mapping[tuple[str, str], Row]


@dataclass(frozen=True)
class Rebuilt:
    """What building a run again came to.

    Attributes:
        run_id: the run.
        inputs: the inputs that differ.
        same: tables with the same content.
        other: tables with another content; empty too if nothing was built.
        told: of the tables that say how the night went those that differ.
        is_built: False where an input differs and it was not asked to build all the same.
        revision: of the code that the run was built with, and of this checkout.
        files: number of deliveries that it stands on.
        home: where it was built, or None if that is removed.
    """

    run_id: str
    inputs: tuple[Difference, ...]
    same: tuple[str, ...]
    other: tuple[str, ...]
    told: tuple[str, ...]
    is_built: bool
    revision: tuple[str, str]
    files: int
    home: Path | None

    @property
    def is_identical(self) -> bool:
        """True where it was built and every table has the content that was published."""
        return self.is_built and not self.other

    def lines(self) -> Iterator[str]:
        """What a person should read."""
        then, now = self.revision
        if self.is_identical:
            yield f"identical: {len(self.same)} tables of {self.run_id} have the same hashes; {self.files:,} deliveries"
        if self.told:
            yield f"told otherwise, as of a night that takes everything in at once: {', '.join(self.told)}"
        if self.inputs:
            yield f"{len(self.inputs)} input(s) differ from what {self.run_id} was made of:"
            yield from (f"  {one.kind} {one.name}: {one.what}" for one in self.inputs)
        if then != now:
            yield f"code revision: {then} then, {now} now"
        if self.inputs and not self.is_built:
            yield "nothing was built; --anyway builds with these inputs" + (
                f". Where code, seeds or specs differ: `git worktree add FOLDER {then.rstrip('+')}`, and rebuild from there with"
                " TAGMART_HOME set to this home" if any(one.kind in ("code", "seed", "spec") for one in self.inputs) else "")
        for table in self.other:
            yield f"  table {table}: another content than was published"
        if self.is_built and self.other and not self.inputs:
            yield "no input differs and the content does: that is a fault of the program, or the published file was changed"
        if self.home:
            yield f"built in {self.home}"


def rebuild(settings: Settings, run_id: str, home: Path, anyway: bool = False, keep: bool = False) -> Rebuilt:
    """Build a published run again and compare.

    Args:
        settings: the bank's home, of which nothing is changed.
        run_id: a published run.
        home: where to build; what lies there from an earlier try is removed.
        anyway: build although an input differs.
        keep: leave the new home.

    Raises:
        TagmartError: if no such run is published, its manifest does not say what it was made of, the folder is somebody's, or a
            stage fails.
    """
    state = State(settings.state_db)
    run = next((one for one in list_published(settings, state) if one.run_id == run_id), None)
    if run is None:
        raise TagmartError("no such run is published", where=run_id, do="choose one of `tagmart published list`")
    with held(state, run_id, "built again"):
        manifest = _manifest(run)
        fresh = _new_home(settings, state, home)
        try:
            return _built(settings, state, run, manifest, fresh, anyway, home if keep else None)
        except (StepFailedError, StepBusyError) as error:
            raise TagmartError("a stage of the new night failed", where=run_id, seen=str(error)[-1000:],
                               do="read the message; with --keep the home that it failed in stays") from error
        finally:
            if not keep:
                shutil.rmtree(home)


def _built(
    settings: Settings, state: State, run: Published, manifest: Manifest, fresh: Settings, anyway: bool, kept: Path | None
) -> Rebuilt:
    """Begin, take in, compare what was taken in; then build, if that makes sense, and compare what was made."""
    deliveries = {row.value: row.digest for (kind, _), row in manifest.items() if kind == "file"}
    differences = [*_checkout(settings, manifest), *_yesterday(state, fresh, manifest)]
    landing = fresh.home / "landing"
    _show_landing(settings, landing, run.biz_date, set(deliveries))
    environment = fresh.environment() | {"TAGMART_LANDING": str(landing)}
    new_id = step("begin", "--date", run.biz_date.isoformat(), environment=environment).split()[-1]
    own = State(fresh.state_db)
    step("ingest", "--run-id", new_id, environment=environment)
    differences += _files(state, own, deliveries)
    revision = (str(manifest["run", "code_revision"].value), str(own.row("select code_revision from run")["code_revision"]))
    if differences and not anyway:
        return Rebuilt(run.run_id, tuple(differences), (), (), (), False, revision, len(deliveries), kept)
    for stage in STAGES[1:-1]:
        step(stage.name, "--run-id", new_id, environment=environment)
    write_restatement(fresh.run_dir(new_id), None)
    finish_candidate(fresh, fresh.run_dir(new_id), own, new_id, run.biz_date)
    made = _hashes(_rows(fresh.run_dir(new_id) / MART_FILE))
    published = _hashes(manifest)
    other = sorted(name for name in published.keys() | made.keys() if published.get(name) != made.get(name))
    return Rebuilt(
        run.run_id, tuple(differences), tuple(sorted(published.keys() - set(other))),
        tuple(name for name in other if name not in STATUS_TABLES), tuple(name for name in other if name in STATUS_TABLES),
        True, revision, len(deliveries), kept,
    )  # fmt: skip


def _manifest(run: Published) -> Manifest:
    """The run's manifest, if it says what the run was made of."""
    manifest = _rows(run.path / MART_FILE)
    if not any(kind == "spec" for kind, _ in manifest):
        raise TagmartError("the run's manifest does not say which specs it was made of: it was published by an earlier version",
                           where=run.run_id, do="choose a run that was published since")
    return manifest


def _rows(file: Path) -> Manifest:
    """The manifest of a file."""
    with connect(file, read_only=True) as mart:
        rows = mart.execute(f"select kind, name, row_cnt, content_hash, value from {qualified(RUN_MANIFEST.name)}").fetchall()
    # A delivery without a file has no name: its feed and date tell it from others.
    return {(kind, name or value): Row(count, digest, value) for kind, name, count, digest, value in rows}


def _hashes(manifest: Manifest) -> dict[str, tuple[int, str]]:
    """Rows and fingerprint of every table."""
    return {name: (row.rows, row.digest) for (kind, name), row in manifest.items() if kind == "table"}


def _new_home(settings: Settings, state: State, home: Path) -> Settings:
    """An empty home of the same bank, which knows what people have accepted.

    Raises:
        TagmartError: if something else lies there.
    """
    if home.exists() and not (home / MARK).is_file() and any(home.iterdir()):
        raise TagmartError("the folder is not empty, and not of an earlier rebuild", where=str(home), do="choose another one with --home")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, mode=0o700)
    (home / MARK).touch()
    fresh = Settings(root=settings.root, bank=settings.bank, home=home)
    fresh.claim_home()
    if accepted := state.rows("select * from accepted"):
        State(fresh.state_db).put("accepted", *accepted)
    return fresh


def _show_landing(settings: Settings, landing: Path, biz_date: date, deliveries: set[str]) -> None:
    """Links to the files of the deliveries that the run had, and to files that belong to no feed; of no other delivery."""
    contracts = load_contracts(settings.contracts_dir).values()
    landing.mkdir(mode=0o700)
    for contract in contracts:
        if contract.is_static and f"{contract.feed} static" in deliveries:
            for name in filter(None, (contract.files.name, contract.files.control)):
                _link(settings.landing / name, landing / name)
    daily = [contract for contract in contracts if not contract.is_static]
    for day in landing_dates(settings.landing, biz_date):
        folder = landing / f"{day:%Y%m%d}"
        folder.mkdir(mode=0o700)
        names = names_in(settings.landing, day)
        for contract in daily:
            own = {name for name in names if _is_of(contract, name)}
            if f"{contract.feed} {day}" not in deliveries:
                names = [name for name in names if name not in own]
        for name in names:
            _link(settings.landing / folder.name / name, folder / name)


def _is_of(contract: Contract, name: str) -> bool:
    """True where a file of a dated folder belongs to a feed."""
    files = contract.files
    written = [(files.name, files.name_pattern), (files.control, files.control_pattern)]
    return any(like and name.startswith(like.partition("{")[0]) and pattern().match(name) for like, pattern in written)


def _link(file: Path, target: Path) -> None:
    if file.exists():
        target.symlink_to(file)


def _checkout(settings: Settings, manifest: Manifest) -> Iterator[Difference]:
    """Seeds, specs, code and programs that are not those of the run."""
    then = {key: row.digest for key, row in manifest.items() if key[0] in ("seed", "spec", "code")}
    now = sources(settings)
    for key in sorted(then.keys() | now.keys()):
        if then.get(key) != now.get(key):
            what = "gone" if key not in now else "new" if key not in then else "changed"
            yield Difference(*key, what)
        elif manifest[key].value:
            yield Difference(*key, manifest[key].value)
    for name, value in programs().items():
        row = manifest.get(("run", name))
        if row is not None and row.value != value:
            yield Difference("version", name, f"{row.value} then, {value} now")


def _yesterday(state: State, fresh: Settings, manifest: Manifest) -> Iterator[Difference]:
    """Give the new home the published runs that the night read, if they are kept: its yesterday, those before it, and whose values it held."""
    lost = {
        "yesterday": "the published run of the day before is no longer kept: first days of members are lost",
        "held_from": "the published run whose values were held is no longer kept",
        "bridged_from": "a published run before a night in which a segment failed is no longer kept: first days of members are lost",
    }
    runs = {name: row.value for name in lost if (row := manifest.get(("run", name))) is not None and row.value}
    for run_id, what in ((run_id, lost[name]) for name, value in runs.items() for run_id in value.split()):
        found = state.row("select * from publish where run_id = ? and removed_at is null", run_id)
        folder = state.path.parent / found["path"] if found else None
        if folder is None or not (folder / MART_FILE).is_file():
            yield Difference("run", run_id, what)
            continue
        link = fresh.home / found["path"]
        if not link.is_symlink():
            link.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            link.symlink_to(folder)
        State(fresh.state_db).put("publish", found)


def _files(state: State, own: State, deliveries: Mapping[str, str]) -> Iterator[Difference]:
    """Deliveries that are gone, are others, or came to other rows because somebody corrected them by hand."""
    def arrivals(of: State) -> dict[str, dict]:
        return {f"{row['feed']} {row['biz_date']}": row for row in of.rows("select * from arrival")}

    before, now = arrivals(state), arrivals(own)
    for delivery, md5 in sorted(deliveries.items()):
        then, taken = before.get(delivery), now.get(delivery)
        if taken is None:
            yield Difference("file", delivery, "is not taken in: it is gone from the landing, or is refused now")
        elif taken["md5"] != md5:
            yield Difference("file", delivery, f"another delivery lies there: md5 {taken['md5']}, the run had {md5}")
        elif then is not None and then["md5"] == md5 and then["rows_loaded"] != taken["rows_loaded"]:
            yield Difference("file", delivery, f"{taken['rows_loaded']:,} rows pass now, {then['rows_loaded']:,} did: corrected by"
                                               " hand, or another contract")
