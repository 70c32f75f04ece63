"""The answers to an engine's calls over a session. The caller is h2's own client."""

import struct

import h2.config
import h2.connection
import h2.events
import pytest
from google.protobuf.wrappers_pb2 import BytesValue, StringValue

from helpers.build.session import GET_SECRET, HEALTH, Answers

LONG = bytes(range(256)) * 1000  # more than HTTP/2 lets out unasked


class Caller:
    """Calls by gRPC; gives the message, or None, and gRPC's status."""

    def __init__(self, secrets):
        config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8")
        self._connection = h2.connection.H2Connection(config=config)
        self._connection.initiate_connection()
        self._answers = Answers(secrets)
        self._received = self._answers.begin()

    def call(self, path: str, message: bytes = b"") -> tuple[bytes | None, str]:
        stream = self._connection.get_next_available_stream_id()
        names = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "x")]
        self._connection.send_headers(stream, names)
        framed = struct.pack(">BI", 0, len(message)) + message
        self._connection.send_data(stream, framed, end_stream=True)
        body, status = bytearray(), None
        while status is None:
            sent = self._connection.data_to_send()
            self._received += self._answers.hear(sent)
            assert sent or self._received, "nobody has anything to say"
            received, self._received = self._received, b""
            for event in self._connection.receive_data(received):
                if isinstance(event, h2.events.DataReceived):
                    body += event.data
                    self._connection.acknowledge_received_data(event.flow_controlled_length, stream)
                elif isinstance(event, h2.events.TrailersReceived):
                    status = dict(event.headers)["grpc-status"]
        if not body:
            return None, status
        flag, length = struct.unpack(">BI", body[:5])
        assert flag == 0 and length == len(body) - 5
        return bytes(body[5:]), status


def asks(name: str) -> bytes:
    return StringValue(value=name).SerializeToString()


@pytest.mark.parametrize("value", [b"s3cret", b"", LONG], ids=["short", "empty", "long"])
def test_a_secret_of_any_length_is_given_whole(value):
    message, status = Caller({"token": value}).call(GET_SECRET, asks("token"))
    assert status == "0"
    assert BytesValue.FromString(message or b"").value == value


def test_an_unknown_secret_is_not_found():
    assert Caller({"token": b"x"}).call(GET_SECRET, asks("other")) == (None, "5")


def test_several_calls_are_answered_in_turn():
    caller = Caller({"a": b"1", "b": b"2"})
    assert caller.call(HEALTH) == (b"\x08\x01", "0"), "serving"
    values = [BytesValue.FromString(caller.call(GET_SECRET, asks(n))[0]).value for n in "ab"]
    assert values == [b"1", b"2"]
    assert caller.call("/moby.filesync.v1.Auth/Credentials") == (None, "12")


def test_bytes_that_are_not_http_2_are_an_error():
    with pytest.raises(ValueError, match="no HTTP/2"):
        Answers({}).hear(b"GET / HTTP/1.1\r\nHost: engine\r\n\r\n")
