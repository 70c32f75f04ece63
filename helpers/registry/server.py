"""Runs a real registry on an engine, and gives what pushes and pulls move, and in what time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker.errors

from helpers.build.builder import build
from helpers.core import names
from helpers.core.errors import EngineError, LabError
from helpers.core.events import ProgressCallback, ignore
from helpers.core.value import Value
from helpers.engine.container import temporary
from helpers.registry import traffic
from helpers.registry.layout import COMPRESSIONS, Stored, stored

if TYPE_CHECKING:
    from helpers.engine.client import Engine
    from helpers.image.stored import OpenImage

BASE = "debian:trixie-slim"
CONTEXT = Path(__file__).parent / "docker_registry"
TAG = f"{names.TAG_PREFIX}registry:debian"
PORT = "5000/tcp"
LOG = "/var/log/requests"

SLOWEST = 10_000
"""Bytes a second below which a line is too slow to be of use."""

PATIENCE = 30.0
"""Seconds for the registry to answer when it has started, and to write down what it has sent."""


@dataclass(frozen=True, repr=False)
class Moved(Value):
    """What a push or a pull moved.

    size     bytes of the layers that went over the line, compressed as they went
    layers   how many these were; one that the other side had already is not among them
    seconds  from the request to the last layer unpacked, or accepted
    """

    size: int
    layers: int
    seconds: float


class Registry:
    """A registry that runs until it is closed, or its `with` ends. `start` makes it.

    The engine reaches it as 127.0.0.1, on the engine's own machine, for which engines ask no TLS.
    This process reaches it through the engine alone, wherever that is.
    """

    def __init__(self, engine: Engine, container: str) -> None:
        self._engine = engine
        self._container = container
        self._seen = 0
        self._line = -1
        self._names: set[str] = set()
        self._port = ""
        self._stack = ExitStack()

    @classmethod
    def start(cls, engine: Engine) -> Registry:
        """Starts one on an engine that has the image (`make`).

        Raises LabError where it does not start, EngineError where the engine does not answer.
        """
        # The small init ends the lines of before, which are nobody's children.
        options = {"ports": {PORT: ("127.0.0.1", None)}, "init": True}
        with ExitStack() as stack:
            found = cls(engine, stack.enter_context(temporary(engine, TAG, **options)))
            try:
                engine.client.api.start(found._container)
            except docker.errors.APIError as error:
                raise LabError(
                    f"The registry does not start ({str(error.explanation).rstrip('.')}): "
                    "does the engine have a network?"
                ) from None
            found._await()
            found._stack = stack.pop_all()
        return found

    def close(self) -> None:
        """Ends it, and removes what it holds, and what the engine has by its names."""
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
        api = self._engine.client.api
        api.tag(image.id, *reference.rsplit(":", 1))
        self._names.add(reference)
        self._open(0)
        self._seen = len(self._lines())
        began = time.monotonic()
        news = self._said(
            lambda: api.push(reference, stream=True, decode=True), f"{name} can't be pushed"
        )
        seconds = time.monotonic() - began
        pushed = {one["id"] for one in news if one.get("status") == "Pushed"}
        layers = {layer["digest"]: layer["size"] for layer in self._layers(name)}

        def taken() -> list[str]:
            return [digest for digest in traffic.received(self._log()) if digest in layers]

        # The graph store's news name layers by their diff ids, containerd's all blobs by digests.
        wanted = pushed if self._engine.store == "graph" else pushed & _short(layers)
        self._until(lambda: len(taken()) >= len(wanted))
        found = taken()
        return Moved(sum(layers[digest] for digest in found), len(found), seconds)

    def put(
        self,
        name: str,
        layers: Sequence[str | Path],
        *,
        compression: str = "gzip",
        command: Sequence[str] = ("/bin/sh",),
    ) -> Stored:
        """Puts an image into the registry that the engine has never seen, as one that somebody else
        has pushed.

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
            self._engine.client.api.put_archive(self._container, "/", tar)
        return Stored(name, found.compression, found.sizes)

    def pull(self, name: str, *, rate: int | None = None, have: str = "") -> Moved:
        """Has the engine pull an image, as `docker pull` does. What it pulled from here before is
        removed first, so that nothing is there but layers that other images of the engine have.

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
        self._open(rate or 0)
        self._seen = len(self._lines())
        began = time.monotonic()
        news = self._pulled(name)
        seconds = time.monotonic() - began
        layers = {layer["digest"] for layer in self._layers(name)}
        ended = {one["id"] for one in news if one.get("status") == "Download complete"}

        def taken() -> Mapping[str, int]:
            sent = traffic.sent(self._log())
            return {digest: count for digest, count in sent.items() if digest in layers}

        self._until(lambda: ended & _short(layers) <= _short(taken()))
        found = taken()
        return Moved(sum(found.values()), len(found), seconds)

    def _pulled(self, name: str) -> list[Mapping[str, Any]]:
        """The engine's news of a pull."""
        reference = self._reference(name)
        self._names.add(reference)
        pull = self._engine.client.api.pull
        return self._said(
            lambda: pull(*reference.rsplit(":", 1), stream=True, decode=True),
            f"{name} can't be pulled",
        )

    def _await(self) -> None:
        """Waits until it answers, and opens the line."""
        api = self._engine.client.api
        self._open(0)
        published = api.inspect_container(self._container)["NetworkSettings"]["Ports"].get(PORT)
        if not published:
            raise EngineError(
                f"The engine at {self._engine.host} gave the registry no port: is its network on?"
            )
        self._port = published[0]["HostPort"]
        self._until(lambda: any("listening on" in line for line in self._lines()))

    def _forget(self) -> None:
        """Removes what the engine has by the registry's names."""
        while self._names:
            with suppress(docker.errors.APIError):
                self._engine.client.api.remove_image(self._names.pop())

    def _reference(self, name: str) -> str:
        if not names.VERSIONED.fullmatch(name):
            raise LabError(
                f"{name!r} can't be the name of an image in a registry: take small letters and "
                "digits, with a colon before its version, as in `services:orders`."
            )
        return f"127.0.0.1:{self._port}/{names.REGISTRY_FOLDER}{name}"

    def _open(self, rate: int) -> None:
        """Opens the line at a rate, 0 for any."""
        if rate != self._line:
            self._execute("sh", "/etc/shrink/line", *([str(rate // 10)] if rate else []))
            self._line = rate

    def _layers(self, name: str, digest: str = "") -> list[dict[str, Any]]:
        """The descriptors of an image's layers, in whatever manifests it has."""
        repository, _, tag = name.rpartition(":")
        found = json.loads(
            self._execute(
                "sh", "/etc/shrink/manifest", names.REGISTRY_FOLDER + repository, digest or tag
            )
        )
        listed = found.get("manifests", [])
        below = [layer for one in listed for layer in self._layers(name, one["digest"])]
        return [*found.get("layers", []), *below]

    def _lines(self) -> list[str]:
        return self._execute("cat", LOG).splitlines()

    def _log(self) -> list[str]:
        """What it wrote since what was moved last."""
        return self._lines()[self._seen :]

    def _execute(self, *command: str) -> str:
        api = self._engine.client.api
        made = api.exec_create(self._container, list(command))["Id"]
        output, errors = api.exec_start(made, demux=True)
        if api.exec_inspect(made)["ExitCode"]:
            said = (errors or output or b"").decode(errors="replace").strip()
            raise LabError(f"The registry can't do `{' '.join(command)}` ({said}): make another.")
        return (output or b"").decode(errors="replace")

    def _said(
        self, ask: Callable[[], Iterable[Mapping[str, Any]]], failure: str
    ) -> list[Mapping[str, Any]]:
        """All that the engine says meanwhile. Raises LabError, with its words, where it fails."""
        found = []
        try:
            for one in ask():
                if "error" in one:
                    raise LabError(f"{failure}: {str(one['error']).rstrip('.')}.")
                found.append(one)
        except docker.errors.APIError as error:
            raise LabError(f"{failure}: {str(error.explanation).rstrip('.')}.") from None
        return found

    def _until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > end:
                raise LabError("The registry does not answer: see whether the engine has memory.")
            time.sleep(0.05)


def make(engine: Engine, base: str, listener: ProgressCallback = ignore) -> None:
    """Builds the registry's image, unless the engine has it.

    base  the engine's reference for BASE

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


def _short(digests: Iterable[str]) -> set[str]:
    """As engines call blobs in their news."""
    return {digest.partition(":")[2][:12] for digest in digests}
