"""Starts a newer engine beside the present one, for builds that only a newer builder can do.

It is a private engine in a Debian system of its own. The present engine builds that system as an
image, and its files are unpacked into the cache folder.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import docker.errors
import filelock

from helpers.bases.source import Bases
from helpers.build.builder import build
from helpers.build.error import BuildFailed
from helpers.core import machine, names
from helpers.core.errors import EngineError, LabError
from helpers.core.events import Event, ProgressCallback, ignore
from helpers.engine import needs as needed
from helpers.engine import transfer
from helpers.engine.client import Engine
from helpers.engine.container import unstarted
from helpers.engine.find import engine_inside
from helpers.engine.needs import Needs

if TYPE_CHECKING:  # POSIX alone
    from helpers.engine.private.folder import User

BASE = "debian:trixie-slim"

SUITE = "forky"
"""The Debian release whose engine it is. Trixie's, 26.1, is older than `needs.TAKES_CONTEXTS`."""

HAS = Needs(builder="0.20", store="containerd")
"""What that engine has at least: the release never had one older than 28.5."""

SECONDS = 60
"""Seconds it takes to make the system when the base is here."""

RECIPE = rf"""FROM {BASE}
RUN find /etc/apt/sources.list* -type f -exec \
        sed -i -E 's/ trixie / {SUITE} /; s/^(Suites:) trixie( .*|$)/\1 {SUITE}/' {{}} + \
    && apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates docker.io iptables \
    && rm -rf /var/lib/apt/lists/*
"""


def root() -> Path:
    """The folder of its system, which may not exist yet."""
    return names.cache() / "roots" / SUITE


def is_made() -> bool:
    """Whether its system is there, made by the current recipe."""
    try:
        return _stamp().read_text() == _fingerprint()
    except OSError:
        return False


def obstacle() -> str | None:
    """Why no newer engine can be started here and what to do about it, as a clause, or None."""
    update = f"update it, to Docker {needed.UPDATE}"
    if sys.platform != "linux":
        return update
    if not machine.is_root():
        return f"{update}, or be root on Linux, where the lab starts another beside it"
    if lacks := [each for each in machine.IN_A_ROOT if not machine.is_here(each.mark)]:
        packages = " ".join(package.name for package in lacks)
        return f"{update}, or install {packages}, with which the lab starts another beside it"
    return None


def engine(
    first: Engine,
    bases: Bases,
    needs: Needs,
    listener: ProgressCallback = ignore,
    *,
    timeout: float = 10.0,
) -> Engine:
    """Joins the newer engine, starting it where it does not run. Makes its system the first time.

    first  the present engine, which builds the system
    bases  the present engine's bases
    needs  the requirements that the present engine does not meet

    Raises EngineError where no such engine can be had.
    """
    reason = obstacle()
    if reason is None and not _has(needs):
        reason = f"update it: the lab's own newer engine has {HAS}"
    if reason:
        raise EngineError(f"This needs {needs}, and {needed.described(first)}: {reason}.")
    folder = root()
    folder.parent.mkdir(exist_ok=True)
    with filelock.FileLock(folder.with_suffix(".lock")):
        if not is_made():
            _make(first, bases, folder, listener)
        started = engine_inside(folder, timeout=timeout)
    if not needs.met_by(started):
        said = needed.described(started)
        started.close()
        raise EngineError(f"This needs {needs}, and the lab's own newer {said}: update Docker.")
    return started


def joined() -> Engine:
    """The newer engine. Its system must have been made. Raises EngineError."""
    return engine_inside(root())


def users() -> list[User]:
    """The processes that use the newer engine now."""
    if sys.platform != "linux":
        return []
    from helpers.engine import private

    return private.users(str(root()))


def remove() -> None:
    """Removes its system and its data, unless somebody uses it."""
    folder = root()
    if sys.platform != "linux" or not folder.parent.is_dir() or not machine.is_root():
        return
    from helpers.engine import private

    with filelock.FileLock(folder.with_suffix(".lock")):
        if private.remove(str(folder)) and folder.is_dir():
            _stamp().unlink(missing_ok=True)
            shutil.rmtree(folder)


def _has(needs: Needs) -> bool:
    builder = not needs.builder or (needed.version(needs.builder) <= needed.version(HAS.builder))
    return builder and needs.store in ("", HAS.store)


def _fingerprint() -> str:
    return hashlib.sha256(RECIPE.encode()).hexdigest()[:16]


def _stamp() -> Path:
    return root().with_suffix(".recipe")


def _make(first: Engine, bases: Bases, folder: Path, listener: ProgressCallback) -> None:
    """Builds the system on the first engine, and unpacks it. Raises LabError."""
    from helpers.engine import private

    if private.users(str(folder)):
        raise EngineError(
            "The newer engine is of an older recipe and in use: end those who use it "
            "(`python3 -m helpers doctor` lists them), and try again."
        )
    base = bases.ensure(BASE, listener)
    tag = f"{names.TAG_PREFIX}engine:{SUITE}"
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="new-") as temporary:
        context = Path(temporary) / "context"
        context.mkdir()
        try:
            built = build(
                first,
                context,
                RECIPE,
                tag=tag,
                bases={BASE: base.reference},
                labels={names.OWNER_LABEL: names.owner()},
                listener=listener,
            )
        except BuildFailed as error:
            raise EngineError(
                f"The newer engine can't be made ({error.last_line}): look whether builds "
                "reach a Debian mirror, and try again."
            ) from error
        unpacked = Path(temporary) / "root"
        unpacked.mkdir()
        listener(Event("unpack", "unpack the engine"))
        _unpack(first, built.id, unpacked)
        with suppress(docker.errors.APIError):  # somebody may be using it
            first.client.images.remove(tag)
        if folder.is_dir():
            shutil.rmtree(folder)
        unpacked.rename(folder)
        folder.chmod(0o755)
    _stamp().write_text(_fingerprint())
    listener(Event("unpack", "unpack the engine", "done"))


def _unpack(first: Engine, image: str, folder: Path) -> None:
    command = ["tar", "-x", "-p", "--numeric-owner", "-C", str(folder)]
    with (
        unstarted(first, image) as made,
        transfer.stream(first, "/containers/{0}/export", made) as stream,
        subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as tar,
    ):
        assert stream and tar.stdin and tar.stderr  # the container is there, and both are pipes
        with suppress(OSError), tar.stdin as to:  # tar may end early, and says why
            shutil.copyfileobj(stream, to, 1 << 20)
        said = tar.stderr.read().decode(errors="replace").strip()
    if tar.returncode:
        raise LabError(
            f"The newer engine can't be unpacked in {folder.parent} ({said}): make room there, or "
            f"name a folder on another disk with {names.CACHE_VARIABLE}."
        )
