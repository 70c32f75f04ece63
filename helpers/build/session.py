"""Gives a build its secrets, over a session with BuildKit.

A session is a connection with the roles reversed: the engine calls, by gRPC over HTTP/2, and this
side answers. BuildKit asks for a secret when a step mounts it. Neither side stores it.
"""

from __future__ import annotations

import struct
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

import requests
import urllib3

from helpers.core.errors import EngineError, LabError
from helpers.engine.client import Engine, answering

if TYPE_CHECKING:  # few builds have secrets
    from h2.connection import H2Connection

GET_SECRET = "/moby.buildkit.secrets.v1.Secrets/GetSecret"
HEALTH = "/grpc.health.v1.Health/Check"

LARGEST = 500_000
"""The most bytes of a secret that BuildKit takes."""

_OK, _NOT_FOUND, _UNIMPLEMENTED = "0", "5", "12"  # of gRPC
_CONNECTING = 10  # seconds
_PIECE = 1 << 16


@contextmanager
def session(engine: Engine, secrets: Mapping[str, bytes]) -> Iterator[str]:
    """Opens a session for a `with` block. Gives its id.

    secrets  by id

    Raises LabError where the engine's builder knows no secrets or one is too large, EngineError
    where the engine does not answer.
    """
    if engine.builder != "buildkit":
        raise LabError(
            f"The builder of {engine.name} {engine.version} knows no secret mounts: "
            "build it on an engine with BuildKit."
        )
    for name, value in secrets.items():
        if len(value) > LARGEST:
            raise LabError(f"The secret {name!r} is too large: BuildKit takes {LARGEST:,} bytes.")
    own = uuid.uuid4().hex
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "h2c",
        "X-Docker-Expose-Session-Uuid": own,
        "X-Docker-Expose-Session-Name": "shrink",
        "X-Docker-Expose-Session-Grpc-Method": GET_SECRET,
    }
    with answering(engine):
        response = engine.client.api.post(
            engine.url("/session"), headers=headers, stream=True, timeout=(_CONNECTING, None)
        )
    if response.status_code != 101:
        response.close()
        raise EngineError(
            f"The engine at {engine.host} opens no session for secrets "
            f"(status {response.status_code}): update it, or name another with DOCKER_HOST."
        )
    thread = threading.Thread(target=_serve, args=(response, secrets), daemon=True, name="session")
    thread.start()
    try:
        yield own
    finally:
        with suppress(OSError, RuntimeError, ValueError):  # the engine has hung up already
            response.raw.shutdown()
        thread.join(_CONNECTING)
        response.close()


def _serve(response: requests.Response, secrets: Mapping[str, bytes]) -> None:
    """Answers calls until either side hangs up."""
    # The first call may be in the HTTP response's buffer already, so read from that.
    raw: Any = response.raw
    received = raw._fp.fp
    answers = Answers(secrets)
    with suppress(OSError, ValueError, urllib3.exceptions.HTTPError):
        send = _socket(received).sendall
        send(answers.begin())
        while data := received.read1(_PIECE):
            send(answers.hear(data))


def _socket(received: Any) -> Any:
    """The socket beneath a response. Each of the SDK's transports keeps it elsewhere."""
    if hasattr(received, "channel"):  # ssh
        return received.channel
    raw = received.raw
    return raw._sock if hasattr(raw, "_sock") else raw.sock  # the latter: a pipe of Windows


class Answers:
    """Our side of the conversation, without a connection: bytes in, bytes out."""

    def __init__(self, secrets: Mapping[str, bytes]) -> None:
        from h2.config import H2Configuration
        from h2.connection import H2Connection

        config = H2Configuration(client_side=False, header_encoding="utf-8")
        self._connection: H2Connection = H2Connection(config=config)
        self._secrets = secrets
        self._calls: dict[int, tuple[str, bytearray]] = {}
        self._rest: dict[int, tuple[bytes, str]] = {}  # waits for flow control

    def begin(self) -> bytes:
        """The bytes to send first."""
        self._connection.initiate_connection()
        return self._connection.data_to_send()

    def hear(self, data: bytes) -> bytes:
        """Takes received bytes, and gives the bytes to send. Raises ValueError where they are not
        HTTP/2."""
        from h2 import events
        from h2.exceptions import ProtocolError

        try:
            for event in self._connection.receive_data(data):
                if isinstance(event, events.RequestReceived):
                    headers = cast(dict[str, str], dict(event.headers))  # we set an encoding
                    path = headers.get(":path", "")
                    self._calls[event.stream_id] = path, bytearray()
                elif isinstance(event, events.DataReceived):
                    self._connection.acknowledge_received_data(
                        event.flow_controlled_length, event.stream_id
                    )
                    if event.stream_id in self._calls:
                        self._calls[event.stream_id][1].extend(event.data)
                elif isinstance(event, events.StreamEnded):
                    self._answer(event.stream_id)
                elif isinstance(event, events.StreamReset):
                    self._calls.pop(event.stream_id, None)
                    self._rest.pop(event.stream_id, None)
            for stream in list(self._rest):
                self._go_on(stream)
        except ProtocolError as error:
            raise ValueError(f"no HTTP/2: {error}") from None
        return self._connection.data_to_send()

    def _answer(self, stream: int) -> None:
        path, body = self._calls.pop(stream, ("", b""))
        message, status = self._called(path, bytes(body[5:]))  # after a flag and the length
        head = [(":status", "200"), ("content-type", "application/grpc")]
        self._connection.send_headers(stream, head)
        framed = b"" if message is None else struct.pack(">BI", 0, len(message)) + message
        self._rest[stream] = framed, status

    def _go_on(self, stream: int) -> None:
        data, status = self._rest[stream]
        while data:
            room = self._connection.local_flow_control_window(stream)
            room = min(room, self._connection.max_outbound_frame_size)
            if room <= 0:
                break
            self._connection.send_data(stream, data[:room])
            data = data[room:]
        self._rest[stream] = data, status
        if not data:
            del self._rest[stream]
            self._connection.send_headers(stream, [("grpc-status", status)], end_stream=True)

    def _called(self, path: str, message: bytes) -> tuple[bytes | None, str]:
        # All messages have one field, number 1, as protobuf's own wrappers do.
        from google.protobuf.wrappers_pb2 import BytesValue, Int32Value, StringValue

        if path == HEALTH:
            return Int32Value(value=1).SerializeToString(), _OK
        if path != GET_SECRET:
            return None, _UNIMPLEMENTED
        asked = StringValue()
        asked.MergeFromString(message)
        if asked.value not in self._secrets:
            return None, _NOT_FOUND
        return BytesValue(value=self._secrets[asked.value]).SerializeToString(), _OK
