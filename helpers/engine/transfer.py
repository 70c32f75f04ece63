"""What an engine sends as a stream: gives it to be read while it comes, or to another engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

from helpers.core import names
from helpers.core.errors import EngineError, LabError, engine_gone
from helpers.core.events import Event, ProgressCallback, ignore

if TYPE_CHECKING:
    from helpers.engine.client import Engine

CONNECTING = 10  # seconds
_PIECE = 1 << 20  # bytes


@contextmanager
def stream(
    engine: Engine, url: str, name: str, *, path: str | None = None, silence: float = 300
) -> Iterator[IO[bytes] | None]:
    """The bytes of an answer; None where the engine says that there is no such thing.

    url      of the Engine API, with {0} where the name stands
    path     the `path` of the query; with surrogates for bytes that are no UTF-8
    silence  seconds without a byte after which the engine counts as gone

    It may be left before its end. Raises EngineError.
    """
    import requests
    import urllib3.exceptions

    api = engine.client.api
    whole = api._url(url, name) + query(path)
    try:
        with api.get(
            whole,
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
                yield response.raw
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise engine_gone(engine.host, error) from None


def bring(source: Engine, to: Engine, reference: str, listener: ProgressCallback = ignore) -> None:
    """Copies an image from one engine to another under the same name, unless it is there.

    It is never held whole. Raises LabError where the source has no such image, or the other can't
    load it.
    """
    import docker.errors

    wanted = _layers(source, reference)
    if wanted is None:
        raise LabError(f"The engine at {source.host} has no image {reference!r} to be copied.")
    if _layers(to, reference) == wanted:
        return
    name = f"bring {reference.removeprefix(names.TAG_PREFIX)}"
    size = sum(layer["Size"] for layer in source.client.api.history(reference))

    def pieces() -> Iterator[bytes]:
        done = 0
        for piece in source.client.api.get_image(reference, chunk_size=_PIECE):
            done += len(piece)
            listener(Event(name, name, current=done, total=max(size, done)))
            yield piece

    try:
        for message in to.client.api.load_image(pieces(), quiet=True):
            if "error" in message:
                raise _not_loaded(to, reference, message["error"])
    except docker.errors.APIError as error:
        raise _not_loaded(to, reference, error.explanation) from None
    listener(Event(name, name, "done"))


def _not_loaded(engine: Engine, reference: str, why: str) -> LabError:
    return LabError(
        f"The engine at {engine.host} can't load {reference} ({str(why).rstrip('.')}): "
        "see whether its disk has room, and try again."
    )


def _layers(engine: Engine, reference: str) -> list[str] | None:
    """The layers of an image, by which every engine knows it; None where it isn't there."""
    import docker.errors

    try:
        return engine.client.images.get(reference).attrs["RootFS"].get("Layers") or []
    except docker.errors.ImageNotFound:
        return None


def query(path: str | None) -> str:
    """The part of an address that names a path."""
    return "" if path is None else f"?path={quote(path, errors='surrogateescape')}"


def _words(response) -> str:
    try:
        return response.json()["message"]
    except (ValueError, LookupError, TypeError):
        return response.text.strip()
