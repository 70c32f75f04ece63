"""Docker Hub and other registries as one engine sees them: whether they answer, and pulls."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal

import docker.auth
import docker.errors
import requests

from helpers.bases import table as base_table
from helpers.bases.table import BaseInfo
from helpers.core import names
from helpers.core.errors import BaseUnavailable
from helpers.core.events import Event, ProgressCallback
from helpers.engine.client import Engine

_PROBE = 5.0  # seconds for the engine to say whether a registry answers
_PROBED = "busybox:1.37"
_SILENCE = 120.0  # seconds without a byte, after which a pull is given up
_SILENT = "silence"
_ENDS: Mapping[str, Literal["done", "cached"]] = {
    "Pull complete": "done",
    "Already exists": "cached",
}


class Hub:
    """Registries through one engine. Each is asked once whether it answers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._problems: dict[str, str | None] = {}

    def problem(self, name: str = _PROBED) -> str | None:
        """Why the registry of an image can't be used, as the end of a sentence; None where it can.
        The first call for a registry asks it, which takes 5 s at most."""
        registry = base_table.registry(name)
        with self._lock:
            if registry not in self._problems:
                self._problems[registry] = self._ask(name)
            return self._problems[registry]

    def find(self, row: BaseInfo) -> str | None:
        """The engine's name for the image that a base is pinned to; None where it has none."""
        client = self._engine.client
        repository = row.name.rpartition(":")[0]
        with suppress(docker.errors.ImageNotFound):
            client.images.get(reference(row))
            return reference(row)
        with suppress(docker.errors.ImageNotFound):
            image = client.images.get(f"{repository}@{row.digest}" if row.digest else row.name)
            if image.attrs.get("RepoDigests"):  # it came from a registry
                return self._tag(image, row)
        return None

    def pull(self, row: BaseInfo, listener: ProgressCallback) -> str:
        """Pulls the image that a base is pinned to, and returns the engine's name for it. Raises
        BaseUnavailable, whose message is the end of a sentence."""
        if row.registry != base_table.HUB and (problem := self.problem(row.name)):
            raise BaseUnavailable(f"{row.registry} can't be used: {problem}")
        repository, _, tag = row.name.rpartition(":")
        what = f"{repository}@{row.digest}" if row.digest else row.name
        self.fetch(repository, row.digest or tag, listener)
        return self._tag(self._engine.client.images.get(what), row)

    def fetch(self, repository: str, tag: str, listener: ProgressCallback) -> None:
        """Pulls by tag or digest, from Docker Hub or the registry that the name begins with. Raises
        BaseUnavailable, as `pull` does."""
        api: Any = self._engine.client.api  # some of its methods are the SDK's private ones
        registry, _ = docker.auth.resolve_repository_name(repository)
        if registry == docker.auth.INDEX_NAME and (problem := self.problem()):
            raise BaseUnavailable(f"Docker Hub can't be used: {problem}")
        login = docker.auth.get_config_header(api, registry)
        try:
            # The SDK's own pull has no timeout: everybody who wants this base would wait for ever.
            response = api.post(
                self._engine.url("/images/create"),
                params={"fromImage": repository, "tag": tag},
                headers={"X-Registry-Auth": login} if login else None,
                stream=True,
                timeout=(_PROBE, _SILENCE),
            )
            api._raise_for_status(response)
            for message in api._stream_helper(response, decode=True):
                if "error" in message:
                    raise BaseUnavailable(self._refused(registry, message["error"]))
                if event := _event(message):
                    listener(event)
        except docker.errors.APIError as error:
            raise BaseUnavailable(self._refused(registry, str(error.explanation))) from error
        except requests.RequestException as error:
            raise BaseUnavailable(self._refused(registry, _SILENT)) from error

    def _ask(self, name: str) -> str | None:
        api: Any = self._engine.client.api
        try:
            # A HEAD request would not count as a pull, but the engine has none.
            response = api.get(self._engine.url("/distribution/{0}/json", name), timeout=_PROBE)
        except requests.Timeout:
            return f"it did not answer within {_PROBE:.0f} s"
        except requests.RequestException:
            return "the engine does not answer"
        if response.ok or response.status_code == 404:  # Podman can't be asked
            return None
        return _reason(response.text)

    def _refused(self, registry: str, words: str) -> str:
        """A failed pull as the end of a sentence. A problem with the registry is remembered."""
        shown = base_table.HUB if registry == docker.auth.INDEX_NAME else registry
        if re.search("not found|manifest unknown|denied|does not exist", words):
            return f"{shown} has no such image, or shows it to nobody without a login"
        reason = _reason(words)
        self._problems[shown] = reason
        return f"{shown} can't be used: {reason}"

    def _tag(self, image: Any, row: BaseInfo) -> str:
        repository, _, version = reference(row).rpartition(":")
        image.tag(repository, version)
        return reference(row)


def reference(row: BaseInfo) -> str:
    """The lab's own name for a pinned image, wherever the engine got it."""
    pin = f"-{row.digest.removeprefix('sha256:')[:12]}" if row.digest else ""
    return f"{names.HUB_PREFIX}{row.name}{pin}"


def _reason(words: str) -> str:
    """An engine's words about a registry that refuses, as the end of a sentence."""
    if re.search("toomanyrequests|rate limit|429", words):
        return "its limit of pulls is reached"
    if "no space left" in words:
        return "the engine's disk has no room"
    if words == _SILENT:
        return f"it was silent for {_SILENCE:.0f} s"
    return "the engine can't reach it"


def _event(message: Mapping[str, Any]) -> Event | None:
    """One message of a pull as an Event; None where it is not about a layer."""
    status, layer = message.get("status", ""), message.get("id")
    detail = message.get("progressDetail") or {}
    if not layer or status.startswith("Pulling from"):
        return None
    return Event(
        step=layer,
        name=f"layer {layer}",
        state=_ENDS.get(status, "running"),
        current=detail.get("current", 0),
        total=detail.get("total", 0),
    )
