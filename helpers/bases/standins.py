"""Makes the stand-ins of base images from Debian packages, by the recipes in `samples/bases`.

mmdebstrap makes the first root file system, on this machine or in a build on any Debian image that
the engine has. All other stand-ins are Dockerfiles on top of it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from textwrap import shorten

import docker.errors

from helpers.bases import table as base_table
from helpers.bases.table import BaseInfo
from helpers.build.builder import build
from helpers.build.error import BuildFailed
from helpers.build.options import BuildOptions
from helpers.core import names
from helpers.core.errors import BaseUnavailable
from helpers.core.events import Event, ProgressCallback
from helpers.dockerfile.instructions import references
from helpers.engine.client import Engine

SIGNALLED = 128
"""A shell exits with this plus the number of the signal that ended its program."""

_IN_A_BUILD = "debian-trixie.Dockerfile"
_CONFIG = (
    "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    'CMD ["bash"]',
)


def reference(name: str) -> str:
    """The lab's name for the stand-in of a base."""
    return names.BASE_PREFIX + name


def needs(row: BaseInfo) -> list[str]:
    """The names of the bases that a recipe is built on."""
    return [] if _is_root(row) else references(_text(row.recipe))


def fingerprint(row: BaseInfo, table: Mapping[str, BaseInfo]) -> str:
    """A hash of all that a stand-in is made from: its recipe, the scripts that the recipe names,
    and the recipes of the bases that it is built on."""
    text = _text(row.recipe)
    parts = [text, row.target or ""]
    parts += [s.read_text() for s in sorted(base_table.FOLDER.glob("*.sh")) if s.name in text]
    parts += [fingerprint(table[name], table) for name in needs(row)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def find(engine: Engine, row: BaseInfo, table: Mapping[str, BaseInfo]) -> str | None:
    """The engine's name for a stand-in; None where it has none, or the recipe has changed since."""
    with suppress(docker.errors.ImageNotFound):
        image = engine.client.images.get(reference(row.name))
        if image.labels.get(names.RECIPE_LABEL) == fingerprint(row, table):
            return reference(row.name)
    return None


def make(
    engine: Engine,
    row: BaseInfo,
    table: Mapping[str, BaseInfo],
    bases: Mapping[str, str],
    listener: ProgressCallback,
) -> str:
    """Makes a stand-in and returns the engine's name for it. An older one is replaced.

    bases  the engine's names for the bases that the recipe `needs`, by their own names

    Raises BaseUnavailable, which says what to do.
    """
    tag = reference(row.name)
    labels = {names.RECIPE_LABEL: fingerprint(row, table), names.MAKER_LABEL: names.owner()}
    client = engine.client
    older = None
    with suppress(docker.errors.ImageNotFound):
        older = client.images.get(tag).id
    if _is_root(row) and _host_can(engine):
        _import_root(engine, row, tag, labels, listener)
    else:
        recipe, args = row.recipe, {}
        if _is_root(row):
            recipe, args = _IN_A_BUILD, {"DEBIAN": _debian(engine)}
        if "ARG CERTIFICATES" in _text(recipe):
            args["CERTIFICATES"] = trusted_here()
        try:
            build(
                engine,
                base_table.FOLDER,
                _text(recipe),
                tag=tag,
                bases=bases,
                options=BuildOptions(target=row.target, args=args),
                labels=labels,
                listener=listener,
            )
        except BuildFailed as error:
            raise BaseUnavailable(_not_made(error)) from error
    with suppress(docker.errors.APIError):  # the engine refuses where images are built on it
        if older and not client.images.get(older).tags:
            client.images.remove(older)
    return tag


def _not_made(error: BuildFailed) -> str:
    """Why a recipe failed, as the end of a sentence."""
    step, last = shorten(error.step, 60, placeholder=" ..."), error.last_line
    if error.code is not None and SIGNALLED < error.code < SIGNALLED + signal.NSIG:
        end = f"`{step}` was killed by signal {error.code - SIGNALLED}, after {last!r}. Try again"
        return f"the stand-in can't be made: {end}, with more memory if it happens twice"
    how = "failed" if error.code is None else f"ended with exit code {error.code}"
    return (
        f"the stand-in can't be made: `{step}` {how} ({last}). "
        "Look whether builds reach a Debian mirror, and try again"
    )


def made(engine: Engine) -> Iterator[str]:
    """The engine's names for the stand-ins that this user has made."""
    mine = {"label": f"{names.MAKER_LABEL}={names.owner()}"}
    for image in engine.client.images.list(filters=mine):
        yield from (tag for tag in image.tags if tag.startswith(names.BASE_PREFIX))


def trusted_here(folder: Path = Path("/usr/local/share/ca-certificates")) -> str:
    """The certificates, in PEM, that were added to this machine; "" where there are none. In a
    network with certificates of its own a build reaches mirrors with these alone."""
    return "\n".join(file.read_text().strip() for file in sorted(folder.rglob("*.crt")))


def _is_root(row: BaseInfo) -> bool:
    return row.recipe.endswith(".sh")


def _text(recipe: str) -> str:
    return (base_table.FOLDER / recipe).read_text()


def _host_can(engine: Engine) -> bool:
    """Whether this machine can make a root file system of the engine's architecture."""
    if not all(shutil.which(tool) for tool in ("mmdebstrap", "apt-get", "dpkg")):
        return False
    own = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True)
    return own.stdout.strip() == engine.architecture


def _debian(engine: Engine) -> str:
    """A Debian image that the engine has. Raises BaseUnavailable where it has none."""
    tags = [tag for image in engine.client.images.list(name="debian") for tag in image.tags]
    if tags:  # from bookworm on mmdebstrap needs no privileges in a build
        return min(tags, key=lambda tag: re.search("trixie|13|bookworm|12|latest", tag) is None)
    if shutil.which("apt-get"):
        what = "Type `sudo apt-get install mmdebstrap`"
    else:
        what = "Have the engine pull any `debian` image, or get an archive of the bases"
    raise BaseUnavailable(
        "stand-ins need mmdebstrap on a Debian machine of the engine's architecture, or a Debian "
        f"image to begin with. {what}, and try again"
    )


def _import_root(
    engine: Engine, row: BaseInfo, tag: str, labels: Mapping[str, str], listener: ProgressCallback
) -> None:
    suite = row.name.partition(":")[2]
    step = f"mmdebstrap {suite}"
    with tempfile.TemporaryDirectory(dir=names.cache(), prefix="root-") as folder:
        tar = Path(folder) / "root.tar"
        command = ["sh", str(base_table.FOLDER / row.recipe), suite, str(tar)]
        _run([*_isolated(), *command], step, listener, Path(folder))
        repository, _, version = tag.rpartition(":")
        answer = engine.client.api.import_image_from_file(
            str(tar),
            repository=repository,
            tag=version,
            changes=[*_CONFIG, *(f'LABEL {key}="{value}"' for key, value in labels.items())],
        )
    if '"error"' in answer:
        raise BaseUnavailable(f"the engine can't import the root of {suite}: {answer.strip()}")
    listener(Event(step, step, "done"))


def _isolated() -> list[str]:
    """The words to put before a command so that its mounts and processes end with it: mmdebstrap
    leaves some behind when it is interrupted. For users other than root it isolates itself."""
    words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() == 0 and shutil.which("unshare"):
        tried = subprocess.run([*words, "true"], capture_output=True)
        if tried.returncode == 0:
            return words
    return []


def _run(command: list[str], step: str, listener: ProgressCallback, folder: Path) -> None:
    """Runs a command and passes on what it prints. Raises BaseUnavailable where it fails.

    folder  for root's temporary files
    """
    last = ""
    # for others than root, mmdebstrap uses user ids that can't enter a home folder
    place = {"TMPDIR": str(folder)} if os.geteuid() == 0 else {}
    listener(Event(step, step))
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **place},
        text=True,
        errors="replace",
        start_new_session=True,  # its children end with it, and Ctrl-C reaches it through us alone
    ) as process:
        assert process.stdout is not None  # it is a pipe
        try:
            for line in process.stdout:
                last = line.strip() or last
                listener(Event(step, step, log=line))
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            raise
    if process.returncode:
        listener(Event(step, step, "error"))
        raise BaseUnavailable(
            f"{step} failed ({last}). Look whether this machine reaches its Debian mirror, "
            "and try again"
        )
