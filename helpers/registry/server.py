"""A real registry on an engine: push, pull or put images, and see how many bytes were moved."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker.errors

from helpers.build.builder import build
from helpers.core import names
from helpers.core.errors import LabError
from helpers.core.events import ProgressCallback, ignore
from helpers.core.value import Value
from helpers.engine.client import Engine
from helpers.image.open_image import OpenImage
from helpers.registry import traffic
from helpers.registry.layout import COMPRESSIONS, Stored, stored
from helpers.registry.registry_container import TAG, RegistryContainer, running

BASE = "debian:trixie-slim"
CONTEXT = Path(__file__).parent / "docker_registry"

SLOWEST = 10_000
"""Bytes a second below which a line is too slow to be of use."""


@dataclass(frozen=True, repr=False)
class Moved(Value):
    """What a push or a pull moved.

    size     bytes of the layers that went over the line, compressed
    layers   how many layers that were; the other side had the others already
    seconds  from the request until the last layer was unpacked, or accepted
    """

    size: int
    layers: int
    seconds: float


class Registry:
    """A registry that runs until it is closed, or its `with` ends. `start` makes it.

    The engine reaches it as 127.0.0.1 on the engine's own machine, for which engines ask no TLS.
    This process reaches it through the engine alone, wherever that is.
    """

    def __init__(self, container: RegistryContainer) -> None:
        self._container = container
        self._engine = container.engine
        self._names: set[str] = set()
        self._stack = ExitStack()

    @classmethod
    def start(cls, engine: Engine) -> Registry:
        """Starts one on an engine that has the image (`make`).

        Raises LabError where it does not start, EngineError where the engine does not answer.
        """
        stack = ExitStack()
        found = cls(stack.enter_context(running(engine)))
        found._stack = stack
        return found

    def close(self) -> None:
        """Ends it, and removes all that it holds and the images that the engine has from it."""
        self._forget()
        self._stack.close()

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def push(self, image: OpenImage, name: str) -> Moved:
        """Has the engine push an image, as `docker push` does.

        name  what to call it there, as `services:orders`

        Raises LabError for what can't be a name, or where the engine can't push.
        """
        reference = self._reference(name)
        repository, _, tag = reference.rpartition(":")
        api = self._engine.client.api
        api.tag(image.id, repository, tag)
        self._names.add(reference)
        self._container.open_line()
        self._container.skip_log()
        began = time.monotonic()
        news = _news(
            lambda: api.push(reference, stream=True, decode=True), f"{name} can't be pushed"
        )
        seconds = time.monotonic() - began
        pushed = {one["id"] for one in news if one.get("status") == "Pushed"}
        layers = {layer["digest"]: layer["size"] for layer in self._container.layers(name)}

        def received() -> list[str]:
            log = self._container.log()
            return [digest for digest in traffic.received(log) if digest in layers]

        # The graph store's news name layers by their diff ids, containerd's all blobs by digests.
        wanted = pushed if self._engine.store == "graph" else pushed & _short(layers)
        self._container.wait_until(lambda: len(received()) >= len(wanted))
        found = received()
        return Moved(sum(layers[digest] for digest in found), len(found), seconds)

    def put(
        self,
        name: str,
        layers: Sequence[str | Path],
        *,
        compression: str = "gzip",
        command: Sequence[str] = ("/bin/sh",),
    ) -> Stored:
        """Puts an image into the registry as if somebody else had pushed it: the engine has never
        seen it.

        name         what to call it, as `services:one`
        layers       its layers as tars, base first
        compression  `gzip` or `zstd`
        command      what its containers start

        Raises LabError for what can't be a name, an unknown compression, or a file that can't be
        read.
        """
        reference = self._reference(name)
        if compression not in COMPRESSIONS:
            raise LabError(f"Layers travel as {' or '.join(COMPRESSIONS)}, not as {compression!r}.")
        with stored(
            reference.partition("/")[2],
            [Path(layer).expanduser() for layer in layers],
            compression=compression,
            command=command,
            architecture=self._engine.architecture,
            labels={names.OWNER_LABEL: names.owner()},
        ) as (found, tar):
            self._container.put(tar)
        return Stored(name, found.compression, found.sizes)

    def pull(self, name: str, *, rate: int | None = None, have: str = "") -> Moved:
        """Has the engine pull an image, as `docker pull` does. What it pulled from here before is
        removed first, so that it has no layers but those of its other images.

        rate  bytes a second that the line lets through, for all layers together; None for as many
              as it can
        have  an image of the registry that the engine pulls before, and keeps; not counted

        Raises LabError for a rate below 10 kB/s, or where the engine can't pull.
        """
        if rate is not None and rate < SLOWEST:
            raise LabError(f"A line of {rate} bytes a second is too slow: take {SLOWEST} or more.")
        self._forget()
        if have:
            self._pulled(have)
        self._container.open_line(rate or 0)
        self._container.skip_log()
        began = time.monotonic()
        news = self._pulled(name)
        seconds = time.monotonic() - began
        layers = {layer["digest"] for layer in self._container.layers(name)}
        ended = {one["id"] for one in news if one.get("status") == "Download complete"}

        def sent() -> Mapping[str, int]:
            counts = traffic.sent(self._container.log())
            return {digest: count for digest, count in counts.items() if digest in layers}

        self._container.wait_until(lambda: ended & _short(layers) <= _short(sent()))
        found = sent()
        return Moved(sum(found.values()), len(found), seconds)

    def _pulled(self, name: str) -> list[Mapping[str, Any]]:
        """Pulls an image, and returns the engine's news of it."""
        reference = self._reference(name)
        repository, _, tag = reference.rpartition(":")
        self._names.add(reference)
        pull = self._engine.client.api.pull
        return _news(
            lambda: pull(repository, tag, stream=True, decode=True), f"{name} can't be pulled"
        )

    def _forget(self) -> None:
        """Removes the images that the engine has from the registry."""
        while self._names:
            with suppress(docker.errors.APIError):
                self._engine.client.api.remove_image(self._names.pop())

    def _reference(self, name: str) -> str:
        if not names.VERSIONED.fullmatch(name):
            raise LabError(
                f"{name!r} can't be the name of an image in a registry: take small letters and "
                "digits, with a colon before its version, as in `services:orders`."
            )
        return f"127.0.0.1:{self._container.port}/{names.REGISTRY_FOLDER}{name}"


def make(engine: Engine, base: str, listener: ProgressCallback = ignore) -> None:
    """Builds the registry's image, unless the engine has it.

    base  the engine's name for BASE

    Raises BuildFailed, and EngineError.
    """
    build(
        engine,
        CONTEXT,
        (CONTEXT / "Dockerfile").read_text(encoding="utf-8"),
        tag=TAG,
        bases={BASE: base},
        labels={names.OWNER_LABEL: names.owner()},
        listener=listener,
    )


def _news(ask: Callable[[], Iterable[Mapping[str, Any]]], failure: str) -> list[Mapping[str, Any]]:
    """All messages of a push or a pull. Where it fails, raises LabError with the engine's words."""
    found = []
    try:
        for one in ask():
            if "error" in one:
                raise LabError(f"{failure}: {str(one['error']).rstrip('.')}.")
            found.append(one)
    except docker.errors.APIError as error:
        raise LabError(f"{failure}: {str(error.explanation).rstrip('.')}.") from None
    return found


def _short(digests: Iterable[str]) -> set[str]:
    """Digests as engines write them in their news."""
    return {digest.partition(":")[2][:12] for digest in digests}
