"""What a notebook shows of a value was known before: with the engine gone it is shown all the same,
and nobody tries to reach it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from helpers import samples
from helpers.build.error import BuildFailed
from helpers.core import names
from helpers.core.errors import EngineError
from helpers.core.value import Value
from helpers.engine.client import Engine, open_engine
from helpers.engine.endpoints import Endpoint
from helpers.image.open_image import OpenImage
from helpers.image.stored import StoredImage
from helpers.lab.facade import Lab
from helpers.run import debug
from helpers.view import html
from helpers.view.parts import parts

PIECE = 1 << 16

REMOVED_TOO_LATE = """\
FROM busybox:1.37
RUN dd if=/dev/zero of=/big bs=1M count=3
RUN rm /big
CMD ["echo", "hello"]
"""


class Line:
    """A socket that leads to an engine until it is cut.

    calls  how many connections came after that
    """

    def __init__(self, at: Path, connect: Callable[[], socket.socket]) -> None:
        self.calls = 0
        self._is_cut = False
        self._connect = connect
        self._open: list[socket.socket] = []
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(at))
        self._server.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self) -> None:
        self._is_cut = True
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.cut()
        self._server.close()

    def _serve(self) -> None:
        with suppress(OSError):  # until it is closed
            while True:
                near, _ = self._server.accept()
                if self._is_cut:
                    self.calls += 1
                    near.close()
                    continue
                far = self._connect()
                self._open += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, to: socket.socket) -> None:
        try:
            while data := source.recv(PIECE):
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:  # one of them has hung up: the other must not wait for ever
            for each in (source, to):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)


def way_to(engine: Engine) -> Callable[[], socket.socket]:
    """How to connect to an engine."""
    address = urlsplit(engine.host)
    if address.scheme == "unix":

        def connect() -> socket.socket:
            found = socket.socket(socket.AF_UNIX)
            found.connect(address.path)
            return found

        return connect
    if address.scheme == "tcp" and not os.environ.get("DOCKER_TLS_VERIFY"):
        return lambda: socket.create_connection((address.hostname, address.port or 2375))
    pytest.skip(f"no plain socket leads to {engine.host}")


@pytest.fixture(scope="module")
def line(engine: Engine, tmp_path_factory) -> Iterator[Line]:
    line = Line(tmp_path_factory.mktemp("line") / "s", way_to(engine))
    yield line
    line.close()


@pytest.fixture(scope="module")
def made(line: Line, tmp_path_factory) -> dict[str, Any]:
    """Values of every kind, by a name for each. The engine that they are from is gone."""
    host = f"unix://{line._server.getsockname()}"
    lab = Lab(
        engine=open_engine(Endpoint(host), timeout=30),
        bases=os.environ.get(names.BASES_VARIABLE) or "stand-ins",
    )
    found = everything(lab, tmp_path_factory.mktemp("context"))
    line.cut()
    return found


def everything(lab: Lab, folder: Path) -> dict[str, Any]:
    static, dynamic = lab.build("c-hello/static-scratch"), lab.build("c-hello/scratch-dynamic")
    missing, copied = lab.build("c-greet/library-missing"), lab.build("c-greet/library-copied")
    (folder / "Dockerfile").write_text(REMOVED_TOO_LATE)
    tools = lab.build(folder)
    late = lab.image(tools.tag)
    advice = lab.advise(folder)
    asked_by_name = lab.advise(dynamic.tag)
    failing = dynamic.run()
    with pytest.raises(BuildFailed) as failed:
        lab.build(folder, dockerfile="FROM busybox:1.37\nRUN no-such-program\n")
    with debug.running(tools, "sleep", "60") as container:
        beside = lab.sidecar(container, "ps")
        stopped = container.stop()
    with lab.registry() as registry:
        moved = registry.push(static, "shown:one")
        tar = debug.export(static, folder / "files.tar")
        stored = registry.put("shown:two", [tar])
    archive = folder / "saved.tar"
    with archive.open("wb") as file:
        for piece in lab.engine.client.images.get(static.tag).save(named=True):
            file.write(piece)
    prediction = lab.predict()
    bench = lab.workbench()
    bench.build()
    check = lab.check("05", 'FROM scratch\nCOPY hello.c /hello\nCMD ["/hello"]\n')
    difference = lab.difference(missing, copied)
    comparison = lab.compare(static, "c-hello/scratch-dynamic")
    return {
        "the lab": lab,
        "an engine": lab.engine,
        "an image": static,
        "an image with a base": tools,
        "an image by name": late,
        "an image that was not counted": asked_by_name.image,
        "an image that was imported": lab.import_tar(tar, "page:shown", command=["/hello"]),
        "an image that was loaded": lab.load(archive, "page:shown-too"),
        "layers": tools.layers,
        "a layer": tools.layers[0],
        "files of a layer": tools.layers[-1].files,
        "files": static.files,
        "a file": static.files[0],
        "config": static.config,
        "sizes": static.sizes,
        "waste": tools.waste,
        "a Dockerfile": tools.changes,
        "linkage": copied.linkage("/greet"),
        "anatomy": copied.anatomy("/greet"),
        "a run": static.run(),
        "a run that failed": failing,
        "a diagnosis": failing.diagnosis,
        "a failed build": failed.value,
        "a container": container,
        "a container's end": stopped,
        "a sidecar": beside,
        "a difference": difference,
        "an explorer": lab.explore(tools.tag),
        "what images share": lab.shared(static, dynamic, tools),
        "packages": lab.packages(tools),
        "a base": lab.base("busybox:1.37"),
        "bases": lab.bases.table(),
        "a row of bases": next(iter(lab.bases.table())),
        "a comparison": comparison,
        "bars": comparison.bars(),
        "advice": advice,
        "advice on a name": asked_by_name,
        "a finding": advice.findings[0],
        "what hadolint says": advice.lint,
        "a proof": lab.prove(advice),
        "a registry": registry,
        "what moved": moved,
        "what is stored": stored,
        "an exercise": lab.exercise("05"),
        "a check": check,
        "a hint": lab.hint("05"),
        "a prediction": prediction,
        "an answer": prediction.measured(static.size),
        "a quiz": lab.quiz("01"),
        "progress": lab.progress(),
        "a workbench": bench,
        "a variant": samples.variant("c-hello/gcc"),
    }


def kinds(base: type) -> Iterator[type]:
    """All classes below one."""
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_the_engine_is_gone_for_all_that_does_ask(line, made):
    with pytest.raises(EngineError, match="stopped answering"):
        made["the lab"].image("anything")
    assert line.calls


def test_nothing_that_is_shown_asks_the_engine(line, made):
    before = line.calls
    for name, value in made.items():
        assert repr(value), name
        if parts.dispatch(type(value)) is not parts.registry[object]:
            assert html.of(value).startswith("<div"), name
        elif hasattr(value, "_repr_html_"):
            assert value._repr_html_(), name
        assert line.calls == before, f"{name} asks the engine"


def test_no_kind_of_value_is_forgotten(made):
    seen = {kind for value in made.values() for kind in type(value).__mro__}
    shown = {*kinds(Value), *parts.registry} - {object, StoredImage, OpenImage}
    own = {kind for kind in shown if kind.__module__.startswith("helpers.")}
    assert {kind.__name__ for kind in own - seen} == set()
