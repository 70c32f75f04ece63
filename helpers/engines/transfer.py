"""What an engine sends as a stream: gives it to be read while it comes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

from helpers.errors import EngineError

if TYPE_CHECKING:
    from helpers.engines.engine import Engine

CONNECTING = 10  # seconds


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
        raise EngineError(
            f"The engine at {engine.host} stopped answering ({error}): "
            "see whether it still runs, and try again."
        ) from None


def query(path: str | None) -> str:
    """The part of an address that names a path."""
    return "" if path is None else f"?path={quote(path, errors='surrogateescape')}"


def _words(response) -> str:
    try:
        return response.json()["message"]
    except (ValueError, LookupError, TypeError):
        return response.text.strip()
