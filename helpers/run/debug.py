"""Ways into a container that has no tools: copy out, list, export, and a sidecar beside it."""

from __future__ import annotations

import posixpath
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import docker.errors
import requests.exceptions

from helpers.core.errors import LabError
from helpers.engine import transfer
from helpers.engine.container import RunningContainer, Stopped, find, started, temporary, unstarted
from helpers.engine.container_files import ContainerFiles
from helpers.files import layer_tar
from helpers.files.stack import File, Files, absolute
from helpers.image.open_image import OpenImage
from helpers.run.container_run import Run

if TYPE_CHECKING:
    from helpers.engine.client import Engine

__all__ = ["RunningContainer", "Stopped", "copy_out", "export", "listing", "running", "sidecar"]

Source = OpenImage | RunningContainer | str
"""An image, a container that runs, or the name or id of any container."""

MOST_LINKS = 40


@contextmanager
def running(image: OpenImage, *command: str, init: bool = False) -> Iterator[RunningContainer]:
    """A container of an image that runs while the `with` lasts; then it is removed, whatever
    happens.

    command  the words after the entry point; without any, the image's own
    init     make a small init process 1, as `docker run --init` does

    Raises LabError where it can't be started; `image.run()` says why.
    """
    with started(image.engine, image.id, image.tag, command, init=init) as container:
        yield container


def copy_out(source: Source, path: str, to: str | Path, *, engine: Engine | None = None) -> Path:
    """Copies a regular file out of an image or a container, as `docker cp -L` does.

    path    in the source; links are followed there
    to      a folder, or the file to make: nothing of yours is ever written over
    engine  that has the container, where the source is a name

    Returns where the copy is. Raises LabError where there is no such file, or `to` is taken.
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


def export(source: Source, to: str | Path, *, engine: Engine | None = None) -> Path:
    """Saves the file system as one tar archive, as `docker export` does.

    to  the file to make: nothing of yours is ever written over

    Returns where it is. Raises LabError where the file can't be made.
    """
    place = Path(to).expanduser()
    with _exported(source, engine) as stream, _new_file(place) as file:
        shutil.copyfileobj(stream, file, layer_tar.CHUNK)
    return place


def listing(source: Source, *, engine: Engine | None = None) -> Files:
    """Every entry of the file system, as `docker export … | tar t` lists them: also what the engine
    puts into a container."""
    found: dict[str, File] = {}
    with _exported(source, engine) as stream, layer_tar.opened(stream) as archive:
        while (member := archive.next()) is not None:
            archive.members.clear()
            if (path := absolute(member.name)) != "/":
                found[path] = File(*layer_tar.plain_entry(path, member))
    return Files(sorted(found.values(), key=lambda file: file.path))


def sidecar(
    container: RunningContainer | str,
    command: str | Sequence[str],
    tools: str,
    *,
    engine: Engine | None = None,
    timeout: float = 60,
) -> Run:
    """Runs a command beside a running container, with the tools of another image, in its process
    and network namespaces.

    There process 1 is the container's program, `localhost` its network, and `/proc/1/root` its file
    system; for a program of another user that one needs the capability SYS_PTRACE.

    command  a line for the tools' shell, or its words
    tools    the engine's name of the image that the tools are from
    engine   that has the container, where that is a name
    timeout  seconds; what runs longer is stopped

    Raises LabError where the container does not run, or there are no such tools.
    """
    target = _running(container, engine)
    engine = target.engine
    api = engine.client.api
    with temporary(
        engine,
        tools,
        entrypoint=[],
        command=["sh", "-c", command] if isinstance(command, str) else list(command),
        user="0",
        pid_mode=f"container:{target.id}",
        network_mode=f"container:{target.id}",
        cap_add=["SYS_PTRACE"],
    ) as made:
        began = time.monotonic()
        try:
            api.start(made)
        except docker.errors.APIError as refusal:
            find(engine, target.name)  # it may have ended just now
            return Run(False, None, "", str(refusal.explanation), False, 0.0, None)
        timed_out = False
        try:
            api.wait(made, timeout=timeout)
        except (requests.exceptions.ReadTimeout, requests.exceptions.ConnectionError):
            timed_out = True
            api.kill(made)
        seconds = time.monotonic() - began
        code = api.wait(made)["StatusCode"]
        output = api.logs(made).decode("utf-8", "replace")
    return Run(code == 0 and not timed_out, code, output, None, timed_out, seconds, None)


def _followed(archive: ContainerFiles, path: str) -> str:
    """Where a path leads: the engine itself follows links of folders. Raises LabError."""
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
    """A file that was not there before, and is whole or not there at all."""
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
def _exported(source: Source, engine: Engine | None) -> Iterator[IO[bytes]]:
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
def _container(source: Source, engine: Engine | None) -> Iterator[ContainerFiles]:
    """The container itself, or one of the image that is never started."""
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
