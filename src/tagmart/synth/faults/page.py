"""The table of faults in the documentation, written from the catalogue."""

from __future__ import annotations

from tagmart.synth.faults.catalogue import CATALOGUE
from tagmart.synth.faults.model import OUTCOMES

HEAD = """# Faults in files, and what becomes of them

Whatever the fault, **the published mart stays the last good one**, nothing of a delivery is lost (rows in = rows loaded + rows in quarantine, and files stay where they lie), and the
message names feed, file and, where there is one, line and column. `make drill` plants every one of them; CI plants eight of them and takes them through the DAG and its stages.

Try one: `tagmart synth --out /tmp/landing --days 2 --customers 300 --faults moved_column`, or at another feed `--faults moved_column@core_txn`; several with commas, each in a feed of its own.
`tagmart synth --faults list` shows this table; `landing/answers/faults.json` says what was planted where.

"""


def faults_page() -> str:
    """docs/faults.md."""
    lines = ["| what becomes of it | it means |", "|---|---|"]
    lines += [f"| {outcome} | {meaning} |" for outcome, meaning in OUTCOMES.items()]
    lines += ["", "| fault | at | what is done | what becomes of it | the message says | do |", "|---|---|---|---|---|---|"]
    for fault in CATALOGUE:
        says = " … ".join(word for word in fault.says)
        lines.append(f"| `{fault.name}` | `{fault.feed}` | {fault.done} | {fault.outcome} | “{says}” | {fault.do} |")
    return HEAD + "\n".join(lines) + "\n"


def faults_table() -> str:
    """What `tagmart synth --faults list` shows: a line per fault."""
    lines = [f"{fault.name:22} {fault.outcome:12} {fault.feed:16} {fault.done}" for fault in CATALOGUE]
    return "\n".join(lines) + "\n"
