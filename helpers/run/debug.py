"""Ways to look into a container that has no tools: copy, list, export, and a sidecar."""

from __future__ import annotations

import posixpath
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from helpers.core.errors import LabError
from helpers.core.events import CancellationToken
from helpers.engine import transfer
from helpers.engine.client import Engine
from helpers.engine.container import RunningContainer, Stopped, find, started, unstarted
from helpers.engine.container_files import ContainerFiles, file_at
from helpers.files import layer_tar
from helpers.files.filesystem import MOST_LINKS
from helpers.files.stack import File, Files, absolute
from helpers.image.open_image import OpenImage
from helpers.run.container_run import Run, as_run
from helpers.run.watched import watch

__all__ = ["RunningContainer", "Stopped", "copy_out", "export", "listing", "running", "sidecar"]

FileSource = OpenImage | RunningContainer | str
"""An image, a running container, or the name or id of any container."""


@contextmanager
def running(image: OpenImage, *command: str, init: bool = False) -> Iterator[RunningContainer]:
    """Runs a container for the duration of a `with` block, and removes it.

    command  words after the entry point; without any, the image's own command
    init     run a small init as process 1, like `docker run --init`

    Raises LabError where it can't be started; `image.run()` says why.
    """
    with started(image.engine, image.id, image.tag, command, init=init) as container:
        yield container


def copy_out(
    source: FileSource, path: str, to: str | Path, *, engine: Engine | None = None
) -> Path:
    """Copies a regular file out of an image or a container, like `docker cp -L`.

    path    in the source; links are followed
    to      a folder, or the file to make; no file is overwritten
    engine  the container's engine, where the source is a name

    Returns the copy's path. Raises LabError where there is no such file, or `to` is taken.
    """
    place = Path(to).expanduser()
    if place.is_dir():
        place = place / posixpath.basename(path.rstrip("/"))
    with (
        _container(source, engine) as archive,
        archive.opened(_followed(archive, path)) as (file, content),
    ):
        if file is None:
            raise _nothing(path)
        if content is None:
            raise LabError(
                f"{path} is a {file.kind}: name a regular file, or take everything with "
                "`debug.export(…)`."
            )
        with _new_file(place) as copy:
            shutil.copyfileobj(content, copy, layer_tar.CHUNK)
        place.chmod(file.mode & 0o777)
    return place


def export(source: FileSource, to: str | Path, *, engine: Engine | None = None) -> Path:
    """Saves the file system as a tar, like `docker export`.

    to  the file to make; no file is overwritten

    Returns its path. Raises LabError where the file can't be made.
    """
    place = Path(to).expanduser()
    with _exported(source, engine) as stream, _new_file(place) as file:
        shutil.copyfileobj(stream, file, layer_tar.CHUNK)
    return place


def listing(source: FileSource, *, engine: Engine | None = None) -> Files:
    """All entries of the file system, like `docker export … | tar t`, including those that the
    engine makes in a container."""
    found: dict[str, File] = {}
    with _exported(source, engine) as stream, layer_tar.opened(stream) as archive:
        members: list[Any] = archive.members  # type: ignore[attr-defined]  # they would pile up
        while (member := archive.next()) is not None:
            members.clear()
            if (path := absolute(member.name)) != "/":
                found[path] = file_at(path, member)
    return Files(sorted(found.values(), key=lambda file: file.path))


def sidecar(
    container: RunningContainer | str,
    command: str | Sequence[str],
    tools: str,
    *,
    engine: Engine | None = None,
    timeout: float = 60,
) -> Run:
    """Runs a command with another image's tools, in a container's process and network namespaces.

    For the command, process 1 is the container's program, `localhost` its network and
    `/proc/1/root` its file system. (Another user's /proc needs the capability SYS_PTRACE.)

    command  a line for the shell, or a command's words
    tools    the engine's name of the image with the tools
    engine   the container's engine, where the container is a name
    timeout  seconds; a command that runs longer is stopped

    Raises LabError where the container does not run, or there are no such tools.
    """
    target = _running(container, engine)
    engine = target.engine
    outcome = watch(
        engine,
        tools,
        timeout,
        CancellationToken(),
        entrypoint=[],
        command=["sh", "-c", command] if isinstance(command, str) else list(command),
        user="0",
        pid_mode=f"container:{target.id}",
        network_mode=f"container:{target.id}",
        cap_add=["SYS_PTRACE"],
    )
    if outcome.exit_code is None:
        find(engine, target.name)  # raises if it has just ended
    return as_run(outcome)


def _followed(archive: ContainerFiles, path: str) -> str:
    """The path with its last link followed; the engine follows those before it. Raises LabError."""
    real = "/" + path.lstrip("/")
    for _ in range(MOST_LINKS):
        look = archive.look(real)
        if look is None:
            break
        if look.target is None:
            return real
        real = posixpath.join(posixpath.dirname(real), look.target)
    raise _nothing(path)


def _nothing(path: str) -> LabError:
    return LabError(f"There is no {path} in it: `debug.listing(…)` shows what is there.")


@contextmanager
def _new_file(place: Path) -> Iterator[IO[bytes]]:
    """Makes a new file, and removes it again where it can't be written to its end."""
    try:
        file = place.open("xb")
    except FileExistsError:
        raise LabError(f"{str(place)!r} is there already: name another file.") from None
    except OSError as error:
        raise LabError(
            f"{str(place)!r} can't be made ({error.strerror}): name another file."
        ) from None
    try:
        with file:
            yield file
    except BaseException as error:
        place.unlink()
        if isinstance(error, OSError):
            raise LabError(
                f"{str(place)!r} can't be written ({error.strerror}): make room, or name another."
            ) from None
        raise


@contextmanager
def _exported(source: FileSource, engine: Engine | None) -> Iterator[IO[bytes]]:
    with (
        _container(source, engine) as archive,
        transfer.stream(archive.engine, "/containers/{0}/export", archive.container) as stream,
    ):
        if stream is None:
            raise LabError(
                f"The engine has no container {archive.container!r}: `docker ps -a` lists them."
            )
        yield stream


@contextmanager
def _container(source: FileSource, engine: Engine | None) -> Iterator[ContainerFiles]:
    """The source's container; for an image, one that is created and never started."""
    if isinstance(source, OpenImage):
        with unstarted(source.engine, source.id) as made:
            yield ContainerFiles(source.engine, made)
    elif isinstance(source, RunningContainer):
        yield ContainerFiles(source.engine, source.id)
    else:
        yield ContainerFiles(_of_name(source, engine), source)


def _running(container: RunningContainer | str, engine: Engine | None) -> RunningContainer:
    if isinstance(container, RunningContainer):
        return find(container.engine, container.name)
    return find(_of_name(container, engine), container)


def _of_name(name: str, engine: Engine | None) -> Engine:
    if engine is None:
        raise LabError(f"On which engine is {name!r}? Say it with `engine=lab.engine`.")
    return engine
