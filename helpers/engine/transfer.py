"""Reads what an engine sends while it comes, and copies images from one engine to another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast
from urllib.parse import quote

from helpers.core import names
from helpers.core.errors import EngineError, LabError, engine_gone
from helpers.core.events import Event, ProgressCallback, ignore
from helpers.engine.client import Engine, answering

CONNECTING = 10  # seconds
_PIECE = 1 << 20  # bytes


@contextmanager
def stream(
    engine: Engine, url: str, name: str, *, path: str | None = None, silence: float = 300
) -> Iterator[IO[bytes] | None]:
    """The body of an answer as a stream; None where the engine answers 404.

    url      a path of the Engine API, with {0} for the name
    path     the query's `path`; bytes that are not UTF-8 are surrogates
    silence  seconds without a byte after which the engine counts as gone

    The caller may stop reading before the end. Raises EngineError.
    """
    import requests
    import urllib3.exceptions

    try:
        with engine.client.api.get(
            engine.url(url, name) + query(path),
            stream=True,
            timeout=(CONNECTING, silence),
            headers={"Accept-Encoding": "identity"},
        ) as response:
            if response.status_code == 404:
                yield None
            elif not response.ok:
                raise EngineError(
                    f"The engine at {engine.host} can't send what it was asked for "
                    f"({_words(response)}): try again, or restart it."
                )
            else:
                yield cast(IO[bytes], response.raw)  # urllib3's response reads like a file
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise engine_gone(engine.host, error) from None


def bring(source: Engine, to: Engine, reference: str, listener: ProgressCallback = ignore) -> None:
    """Copies an image from one engine to another under the same name, unless it is there already.

    The image is streamed, never held in memory. Raises LabError where the source has no such image
    or the other engine can't load it.
    """
    wanted = _layers(source, reference)
    if wanted is None:
        raise LabError(f"The engine at {source.host} has no image {reference!r} to be copied.")
    if _layers(to, reference) == wanted:
        return
    name = f"bring {reference.removeprefix(names.TAG_PREFIX)}"
    size = size_of(source, reference)

    def pieces() -> Iterator[bytes]:
        done = 0
        for piece in saved(source, reference):
            done += len(piece)
            listener(Event(name, name, current=done, total=max(size, done)))
            yield piece

    load(to, pieces(), reference)
    listener(Event(name, name, "done"))


def saved(engine: Engine, reference: str) -> Iterator[bytes]:
    """An image as `docker save` gives it, in pieces. Raises LabError where the engine refuses, and
    EngineError where it goes away; the SDK's errors for these are OSErrors."""
    import docker.errors

    try:
        with answering(engine):
            yield from engine.client.api.get_image(reference, chunk_size=_PIECE)
    except docker.errors.APIError as error:
        raise LabError(
            f"The engine at {engine.host} can't save {reference} ({_plain(error.explanation)}): "
            "see whether it still has that image, and try again."
        ) from None


def load(engine: Engine, pieces: Iterator[bytes], name: str) -> None:
    """Loads an image that `docker save` gave. Raises LabError where the engine refuses, and
    EngineError where it goes away.

    name  what an error calls the image
    """
    import docker.errors

    def refused(why: object) -> LabError:
        return LabError(
            f"The engine at {engine.host} can't load {name} ({_plain(why)}): "
            "see whether its disk has room, and try again."
        )

    try:
        with answering(engine):
            for message in engine.client.api.load_image(pieces, quiet=True):
                if "error" in message:
                    raise refused(message["error"])
    except docker.errors.APIError as error:
        raise refused(error.explanation) from None


def size_of(engine: Engine, reference: str) -> int:
    """Bytes of an image's layers, as its history adds them up; 0 where it has none."""
    history = engine.client.api.history(reference) or []  # null where it has none
    return sum(layer["Size"] for layer in history)


def _plain(why: object) -> str:
    """An engine's words, to be put in brackets."""
    return str(why).rstrip(".")


def _layers(engine: Engine, reference: str) -> list[str] | None:
    """The diff ids of an image, the same on every engine; None where the engine doesn't have it."""
    import docker.errors

    try:
        return engine.client.images.get(reference).attrs["RootFS"].get("Layers") or []
    except docker.errors.ImageNotFound:
        return None


def query(path: str | None) -> str:
    """The query part of a URL that names a path in a container."""
    return "" if path is None else f"?path={quote(path, errors='surrogateescape')}"


def _words(response) -> str:
    try:
        return response.json()["message"]
    except (ValueError, LookupError, TypeError):
        return response.text.strip()
