"""`helpers doctor`: says for each thing that the next step needs whether it is here, whether a
command gets it by itself, or what the person must do."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from helpers.core import names
from helpers.core.errors import EngineError, LabError
from helpers.setup import environment as setup
from helpers.setup import host

if TYPE_CHECKING:
    from helpers.bases.source import Bases
    from helpers.bases.table import BaseInfo
    from helpers.engine.client import Engine

BUILDS = 4_000_000_000
"""Bytes on the engine's disk for what the series builds on its bases, with the build cache."""

SCRATCH = 1_000_000_000
"""Bytes on that disk where all bases are here: then most of the builds are too."""

MEMORY = 1_500_000_000
"""Bytes of memory for JupyterLab, a kernel and a compiler."""

NOT_YET = "known when the packages are here"


@dataclass(frozen=True)
class DoctorLine:
    """One thing that is needed.

    state  `ok`; `later`: a command gets it by itself; `missing`: the person must get it
    says   what is here, and for `missing` what to do
    """

    name: str
    state: Literal["ok", "later", "missing"]
    says: str


def report() -> int:
    """Prints a line for each thing. Returns 0 if the next step works, else 1."""
    found = list(findings())
    for each in found:
        print(f"{each.state:<8} {each.name:<9} {each.says}")
    if any(each.state == "missing" for each in found):
        return 1
    print("The next step works: python3 -m helpers lab")
    return 0


def findings() -> Iterator[DoctorLine]:
    """Everything that is needed, in the order in which it is."""
    yield DoctorLine("python", "ok", f"{platform.python_version()}, {sys.executable}")
    packages = _packages()
    yield packages
    if packages.state == "ok":
        yield from _engine_and_bases()
    else:
        yield DoctorLine("engine", "later", NOT_YET)
        yield DoctorLine("bases", "later", NOT_YET)
        yield room(_free(names.ROOT), setup.SPACE, names.ROOT)
    yield memory(_memory())


def check_room(engine: Engine) -> None:
    """Raises NotReady where the engine's disk has no room for what is left to make."""
    from helpers.bases.source import Bases

    found = _room(engine, Bases(engine))
    if found.state == "missing":
        raise setup.NotReady(f"There is no room to go on: {found.says}")


def room(free: int | None, needed: int, where: Path | str) -> DoctorLine:
    """The line on a disk. All in bytes; `free` is None where it can't be found out."""
    wanted = f"about {_gb(needed)} needed"
    if free is None:
        return DoctorLine(
            "disk", "ok", f"{wanted}, on a disk of the engine's that can't be seen here"
        )
    says = f"{_gb(free)} free at {where}, {wanted}"
    if free >= needed:
        return DoctorLine("disk", "ok", says)
    name = names.CACHE_VARIABLE
    do = f"make room there, or name a folder on another disk with {name} for a private engine"
    return DoctorLine("disk", "missing", f"{says}: {do}.")


def memory(free: int | None) -> DoctorLine:
    """The line on memory, in bytes; `free` is None where it can't be found out."""
    wanted = f"about {_gb(MEMORY)} needed"
    if free is None:
        return DoctorLine("memory", "ok", wanted)
    says = f"{_gb(free)} free, {wanted}"
    if free >= MEMORY:
        return DoctorLine("memory", "ok", says)
    return DoctorLine("memory", "missing", f"{says}: end other programs.")


def left_to_make(rows: Iterable[BaseInfo]) -> tuple[int, int]:
    """Bytes and seconds that the missing bases take. A base counts by the larger of the registry's
    image and the stand-in."""
    lacking = [row for row in rows if row.here is None]
    return (
        sum(max(row.size, row.hub_size or 0) for row in lacking),
        sum(row.seconds for row in lacking),
    )


def _packages() -> DoctorLine:
    venv = names.ROOT / ".venv"
    if not setup.lacking():
        return DoctorLine("packages", "ok", f"all of pyproject.toml, in {sys.prefix}")
    if venv.exists() and not (venv / setup.STAMP).exists():
        return DoctorLine("packages", "missing", setup.of_your_own(venv))
    if not venv.exists() and not setup.can_make_venv() and not host.may_install_venv():
        return DoctorLine("packages", "missing", setup.no_venv())
    return DoctorLine("packages", "later", f"any other command installs them in {venv}")


def _engine_and_bases() -> Iterator[DoctorLine]:
    from helpers.bases.source import Bases
    from helpers.engine.find import find_engine
    from helpers.view import units

    try:
        engine = find_engine(start=False)
    except EngineError as error:
        yield from _no_engine(error)
        return
    with engine:
        kind = ", private" if engine.private else ""
        yield DoctorLine(
            "engine",
            "ok",
            f"{engine.name} {engine.version} at {engine.host}{kind}: {engine.store} store, "
            f"builder {engine.builder}",
        )
        bases = Bases(engine)
        try:
            source = bases.source_line
        except LabError as error:
            yield DoctorLine("bases", "missing", str(error))
        else:
            _, seconds = left_to_make(bases.table())
            more = f"; about {units.seconds(seconds)} to make the rest" if seconds else "; all here"
            yield DoctorLine("bases", "ok", source + more)
        yield _room(engine, bases)
        yield _newer(engine)
    yield from _users()


def _newer(engine: Engine) -> DoctorLine:
    """The line on the newer engine, for notebooks that need more than this engine has."""
    from helpers import newer
    from helpers.engine.needs import described
    from helpers.view import units

    if newer.HAS.met_by(engine):
        return DoctorLine("newer", "ok", "no other engine is needed for what is new in BuildKit")
    if reason := newer.obstacle():
        return DoctorLine(
            "newer", "later", f"where a notebook needs more: {described(engine)}; {reason}"
        )
    if newer.is_made():
        return DoctorLine("newer", "ok", f"an engine with {newer.HAS} is in {newer.root()}")
    takes = units.seconds(newer.SECONDS)
    return DoctorLine(
        "newer", "later", f"an engine with {newer.HAS}, made in about {takes} when needed"
    )


def _no_engine(error: EngineError) -> Iterator[DoctorLine]:
    from helpers.bases import table as base_table

    facts = host.Facts.of([*host.ENGINE, *host.STAND_INS])
    if not error.may_start_own:
        yield DoctorLine("engine", "missing", str(error))
    elif not host.can_have(facts):
        yield DoctorLine("engine", "missing", host.by_hand(facts))
    else:
        install = ", ".join(package.name for package in facts.lacks)
        doing = f"installs {install} and starts" if install else "starts"
        yield DoctorLine("engine", "later", f"none answers; `lab` asks, then {doing} a private one")
    size, _ = left_to_make(base_table.read().values())
    yield DoctorLine("bases", "later", "known when an engine answers")
    yield room(_free(names.cache()), size + BUILDS, names.cache())


def _room(engine: Engine, bases: Bases) -> DoctorLine:
    missing, _ = left_to_make(bases.table())
    where = _disk_of(engine)
    needed = missing + BUILDS if missing else SCRATCH
    return room(_free(where) if where else None, needed, where or "")


def _disk_of(engine: Engine) -> Path | None:
    """The folder of the engine's images, or None where this machine can't see it."""
    if engine.private:
        return names.cache()
    folder = Path(engine.client.info().get("DockerRootDir", ""))
    local = engine.host.startswith("unix:") and sys.platform == "linux"
    return folder if local and folder.is_dir() else None


def _users() -> Iterator[DoctorLine]:
    if sys.platform != "linux":
        return
    from helpers import newer
    from helpers.engine import private

    for kind, users in (("private", private.users()), ("newer", newer.users())):
        for user in users:
            yield DoctorLine(
                "user", "ok", f"of the {kind} engine: process {user.pid}, {user.command}"
            )


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _memory() -> int | None:
    """Bytes of free memory, or of all memory where the system doesn't say what is free."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
        return None
    except OSError:
        sysconf = getattr(os, "sysconf", None)
        return sysconf("SC_PHYS_PAGES") * sysconf("SC_PAGE_SIZE") if sysconf else None


def _gb(count: int) -> str:
    # set-up runs without helpers.view
    return f"{count / 1_000_000_000:.1f} GB"
