"""Decodes BuildKit's progress, protobuf messages called `moby.buildkit.trace`, into Events."""

from __future__ import annotations

import base64
import codecs
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from helpers.build.steps import Step, Steps
from helpers.core.events import Event, ProgressCallback

EXPORT = "exporting the image"
"""The name of BuildKit's last step: it writes the layers into the engine's store."""

State = Literal["running", "done", "cached", "error"]


@dataclass
class Work:
    """The progress of one step.

    step    the step, or None for work that no instruction asked for
    name    the name to show
    state   see `Event`; "" before the first Event
    pieces  its output, as it came; emptied when it ends well
    """

    step: Step | None
    name: str
    state: State | Literal[""] = ""
    pieces: list[str] = field(default_factory=list)

    @property
    def log(self) -> str:
        """Its output."""
        return "".join(self.pieces)


@dataclass
class _Vertex:
    title: str = ""
    work: Work | None = None  # None until it starts, and for what isn't shown
    error: str = ""
    pulled: dict[str, tuple[int, int]] = field(default_factory=dict)
    decoders: dict[int, Any] = field(default_factory=dict)


class Trace:
    """Follows one build. Give each message to `take`; the listener gets the Events.

    works      the steps that have begun, in order
    image      the id of the image, "" until it is made
    container  always "": see `Classic`
    """

    container = ""

    def __init__(self, steps: Steps, listener: ProgressCallback) -> None:
        self.works: list[Work] = []
        self.image = ""
        self._steps = steps
        self._listener = listener
        self._vertices: dict[str, _Vertex] = defaultdict(_Vertex)

    def take(self, message: Mapping[str, Any]) -> None:
        """Reads one message of the stream."""
        if message.get("id") == "moby.buildkit.trace":
            self.feed(base64.b64decode(message["aux"]))
        elif message.get("id") == "moby.image.id":
            self.image = message["aux"]["ID"]

    def ended(self) -> None:
        """To be called when the build has succeeded. BuildKit itself tells the end of each step."""

    def feed(self, message: bytes) -> None:
        """Reads one trace. Raises ValueError where it is none."""
        from google.protobuf.message import DecodeError

        status = status_response()()
        try:
            status.ParseFromString(message)
        except DecodeError as error:
            raise ValueError(f"no trace of a build: {error}") from None
        for vertex in status.vertexes:
            self._vertex(vertex)
        for each in status.statuses:
            self._status(each)
        for log in status.logs:
            self._log(log)

    def failed(self, error: str) -> tuple[Work | None, str]:
        """The work that failed, and BuildKit's name for it.

        error  the build's error, in BuildKit's words
        """
        broken = [v for v in self._vertices.values() if v.error and not _is_cancelled(v.error)]
        for vertex in broken:
            if vertex.error in error:
                return vertex.work, vertex.title
        return (broken[0].work, broken[0].title) if broken else (None, "")

    def _vertex(self, vertex: Any) -> None:
        known = self._vertices[vertex.digest]
        known.title = _text(vertex.name)
        known.error = _text(vertex.error)
        if not (vertex.HasField("started") or vertex.cached) or _is_cancelled(known.error):
            return
        if known.work is None:
            known.work = self._begin(known.title)
        if known.work is None:
            return
        state: State
        if known.error:
            state = "error"
        elif vertex.HasField("completed"):
            state = "cached" if vertex.cached else "done"
        else:
            state = "running"
        if state == known.work.state:
            return
        known.work.state = state
        if state in ("done", "cached"):
            known.work.pieces.clear()  # they may be long, and nobody needs them now
        self._tell(known, known.work)

    def _begin(self, title: str) -> Work | None:
        step = self._steps.of_vertex(title)
        if step is None and title != "exporting to image":
            return None
        work = Work(step, step.name if step else EXPORT)
        self.works.append(work)
        return work

    def _status(self, status: Any) -> None:
        known = self._vertices[status.vertex]
        if known.work and status.total:
            known.pulled[status.ID] = status.current, status.total
            self._tell(known, known.work)

    def _log(self, log: Any) -> None:
        known = self._vertices[log.vertex]
        if known.work is None:
            return
        # A message may end within a character, and the two streams are cut apart from each other.
        decoder = known.decoders.setdefault(
            log.stream, codecs.getincrementaldecoder("utf-8")("replace")
        )
        text = decoder.decode(log.msg)
        known.work.pieces.append(text)
        self._tell(known, known.work, text)

    def _tell(self, known: _Vertex, work: Work, log: str = "") -> None:
        current = sum(each for each, _ in known.pulled.values())
        total = sum(each for _, each in known.pulled.values())
        self._listener(Event(work.name, work.name, work.state or "running", current, total, log))


@cache
def status_response() -> Any:
    """The message class of `moby.buildkit.v1.StatusResponse`, with the fields that are used here.

    Its string fields are declared as bytes: BuildKit copies file names and output into them, and
    protobuf refuses a whole message for one string that is not UTF-8.
    """
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2

    package = "moby.buildkit.v1"
    file = descriptor_pb2.FileDescriptorProto(
        name="buildkit-status.proto", package=package, syntax="proto3"
    )
    file.dependency.append(timestamp_pb2.DESCRIPTOR.name)
    for message, fields in _MESSAGES.items():
        described = file.message_type.add(name=message)
        for number, (name, kind) in fields.items():
            one = described.field.add(name=name, number=number)
            one.label = one.LABEL_REPEATED if kind.endswith("*") else one.LABEL_OPTIONAL
            scalar = getattr(one, f"TYPE_{kind.rstrip('*').upper()}", None)
            one.type = scalar or one.TYPE_MESSAGE
            if not scalar:
                home = "google.protobuf" if kind == "Timestamp" else package
                one.type_name = f".{home}.{kind.rstrip('*')}"
    pool = descriptor_pool.DescriptorPool()  # names could clash in the process's default one
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.StatusResponse"))


_MESSAGES = {
    "Vertex": {
        1: ("digest", "bytes"),
        2: ("inputs", "bytes*"),
        3: ("name", "bytes"),
        4: ("cached", "bool"),
        5: ("started", "Timestamp"),
        6: ("completed", "Timestamp"),
        7: ("error", "bytes"),
    },
    "VertexStatus": {
        1: ("ID", "bytes"),
        2: ("vertex", "bytes"),
        3: ("name", "bytes"),
        4: ("current", "int64"),
        5: ("total", "int64"),
        6: ("timestamp", "Timestamp"),
        7: ("started", "Timestamp"),
        8: ("completed", "Timestamp"),
    },
    "VertexLog": {
        1: ("vertex", "bytes"),
        2: ("timestamp", "Timestamp"),
        3: ("stream", "int64"),
        4: ("msg", "bytes"),
    },
    "VertexWarning": {
        1: ("vertex", "bytes"),
        2: ("level", "int64"),
        3: ("short", "bytes"),
        4: ("detail", "bytes*"),
        5: ("url", "bytes"),
    },
    "StatusResponse": {
        1: ("vertexes", "Vertex*"),
        2: ("statuses", "VertexStatus*"),
        3: ("logs", "VertexLog*"),
        4: ("warnings", "VertexWarning*"),
    },
}


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _is_cancelled(error: str) -> bool:
    """Whether work stopped only because other work failed."""
    return "context canceled" in error.lower()
