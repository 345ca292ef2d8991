"""The last step of a night: the audited candidate becomes an immutable published run.

Every step can be repeated, and a kill between any two leaves readers at the run they had: the files of a run become
visible by the renaming of one folder, and current by the replacing of one link.
"""

from __future__ import annotations

import errno
import shutil
from datetime import date
from pathlib import Path

from tagmart.core.errors import TagmartError
from tagmart.core.mart import MART_FILE, RESTRICTED_FILE
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.publish import store
from tagmart.publish.content import check_opens_alone, finish_candidate
from tagmart.publish.restated import write_restatement

GATES = ("gate1", "gate2", "ledger", "gate3")
# Which stage checks a gate, where it is not called as the gate.
STAGE_OF = {"ledger": "gate2"}
FILES = (MART_FILE, RESTRICTED_FILE)


def publish(settings: Settings, state: State, run_id: str, biz_date: date, gates: tuple[str, ...] = GATES) -> Path:
    """Publish a run, and make it current unless readers are already at a newer date.

    Args:
        settings: the home.
        state: its state.
        run_id: the run.
        biz_date: the date that it describes.
        gates: gates that must have been checked and found good.

    Returns:
        The folder published/<biz_date>/<run_id>.

    Raises:
        TagmartError: if a gate of the run was not checked or is red, a file is missing, or cannot be read alone.
    """
    final = settings.published / biz_date.isoformat() / run_id
    if not final.is_dir():
        _require_gates(state, run_id, gates)
        _assemble(settings, state, run_id, biz_date, final)
    store.record(state, run_id, biz_date, final.relative_to(settings.home).as_posix())
    store.move_forward(settings, state, run_id)
    store.write_status(settings, state)
    return final


def _require_gates(state: State, run_id: str, gates: tuple[str, ...]) -> None:
    """Refuse a run that was not audited: stages can be started one by one, and out of order."""
    results = state.rows("select gate, severity, success from gate_result where run_id = ? and subject = ''", run_id)
    for gate in gates:
        own = [result for result in results if result["gate"] == gate]
        red = [result for result in own if result["severity"] == "fail" and not result["success"]]
        if not own or red:
            raise TagmartError(
                f"{gate} is red" if own else f"{gate} was not checked",
                where=run_id,
                seen=f"{len(red)} of {len(own)} expectations red" if own else "no result",
                do=f"run `tagmart night {STAGE_OF.get(gate, gate)} --run-id {run_id}`, mend what it names, and publish then",
            )


def _assemble(settings: Settings, state: State, run_id: str, biz_date: date, final: Path) -> None:
    """Finish the files, move them into a hidden folder beside the final one, and rename that."""
    source = settings.run_dir(run_id)
    part = final.with_name(f".{run_id}.part")
    part.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (part / FILES[0]).exists():
        # Files are moved last to first and finished before, so the first one in `part` means that all are.
        for name in FILES:
            if not (source / name).exists() and not (part / name).exists():
                raise TagmartError("a file of the run is missing", where=str(source / name), do="run the night again")
        _fetch_back(part, source)
        earlier = store.latest_good(state, biz_date)
        write_restatement(source, earlier)
        # For the manifest: a receipt without a row is of a first run, or of one that changed nothing.
        state.do("update run set restates = ? where run_id = ?", earlier.name if earlier else None, run_id)
        finish_candidate(settings, source, state, run_id, biz_date)
        for name in FILES:
            check_opens_alone(source / name)
        for name in reversed(FILES):
            _move(source / name, part / name)
    for folder in (settings.published, final.parent, part):
        folder.chmod(0o700)
    store.sync(part)
    part.rename(final)
    store.sync(final.parent)


def _fetch_back(part: Path, source: Path) -> None:
    """Undo a move that was cut off half-way, so that all files are finished together."""
    for left in part.iterdir():
        if left.name in FILES:
            left.chmod(0o600)
            _move(left, source / left.name, mode=0o600)
        else:
            left.unlink()


def _move(source: Path, target: Path, mode: int = 0o400) -> None:
    """Move a file so that it is at one place or the other, whole; across file systems by a copy that is renamed."""
    store.sync(source)
    source.chmod(mode)
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        fresh = target.with_name(f".{target.name}.copy")
        shutil.copyfile(source, fresh)
        fresh.chmod(mode)
        store.sync(fresh)
        fresh.rename(target)
        source.unlink()
