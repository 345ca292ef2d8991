"""The dbt project as dbt has parsed it, shared by homes of one machine.

A home's first dbt stage parses the project, which takes half a minute; later ones take back what dbt has kept. dbt does so only
where the warehouse lies at the same path, so a test run that makes many homes would parse for each of them. With TAGMART_PARSED
set to a folder, a parse is kept there under a fingerprint of everything that parsing reads, and serves any home. A change of a
file changes the fingerprint, and then dbt parses by itself. Without the variable this module does nothing.
"""

from __future__ import annotations

import hashlib
import os
import re
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from tagmart.core.kept import forget_older
from tagmart.core.settings import SHARED, Settings

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# What parses, and whose macros are parsed with the project's.
PACKAGES = ("dbt-core", "dbt-adapters", "dbt-common", "dbt-duckdb", "jinja2", "mashumaro", "msgpack")
# Written into the project by dbt and by tools; nothing of it is parsed.
NOT_READ = {"target", "logs", "__pycache__"}
# Says where the warehouse lies and with what limits it is opened: no part of what is parsed, whatever the environment says.
PROFILES = "profiles.yml"
ASKED = re.compile(rb"env_var\(\s*['\"](\w+)")


def known_parse(state: str) -> Manifest | None:
    """The project as dbt has parsed it in this state; None where it has not, or what was kept cannot be read.

    Args:
        state: the project's `fingerprint`.
    """
    file = _kept(state)
    if file is None:
        return None
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    try:
        manifest = Manifest.from_msgpack(file.read_bytes(), decoder=extended_mashumuro_decoder)
        os.utime(file)
    except FileNotFoundError:
        return None
    except Exception as error:
        print(f"the kept parse of the dbt project cannot be read, so dbt parses again: {type(error).__name__}")
        return None
    # What dbt does after it has read its own.
    manifest.build_parent_and_child_maps()
    manifest.build_flat_graph()
    return manifest


def keep_parse(settings: Settings, state: str) -> None:
    """Keep what dbt has just parsed or found unchanged in this home.

    Args:
        settings: whose home.
        state: the project's fingerprint before dbt read it. Nothing is kept if the project is another one by now.
    """
    own, file = settings.home / "dbt" / "partial_parse.msgpack", _kept(state)
    if file is None or not own.exists() or fingerprint(settings) != state:
        return
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with NamedTemporaryFile(dir=file.parent, delete=False) as copy:
        copy.write(own.read_bytes())
    os.replace(copy.name, file)
    forget_older(file.parent, ".msgpack")


def fingerprint(settings: Settings) -> str:
    """A hash of everything that parsing the project reads: its files, the environment that they ask for, and who parses."""
    said = hashlib.sha256()
    environment = settings.environment()
    asked = {name for name in environment if name.startswith("DBT_")}
    for path in sorted(settings.dbt_project.rglob("*")):
        inside = path.relative_to(settings.dbt_project)
        if NOT_READ.isdisjoint(inside.parts) and path.is_file():
            text = path.read_bytes()
            said.update(f"{inside}\0{len(text)}\0".encode() + text)
            if inside.name != PROFILES:
                asked |= {name.decode() for name in ASKED.findall(text)}
    said.update(repr([(name, environment.get(name)) for name in sorted(asked)]).encode())
    said.update(repr([(name, version(name)) for name in PACKAGES]).encode())
    return said.hexdigest()


def _kept(state: str) -> Path | None:
    folder = os.environ.get(SHARED)
    return Path(folder) / f"{state}.msgpack" if folder else None
