"""Reads a registry's log: which blobs it sent and received, and how many bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

BLOB = re.compile(r"/v2/.+/blobs/(sha256:[0-9a-f]{64})")
UPLOAD = re.compile(r"/v2/.+/blobs/uploads/.+")


def sent(log: Iterable[str]) -> Mapping[str, int]:
    """The bytes that were sent of each blob, by digest. One that was sent twice counts twice."""
    found: dict[str, int] = {}
    for line in _completed(log):
        blob = BLOB.fullmatch(_uri(line))
        if blob and line.get("http.request.method") == "GET":
            count = int(line.get("http.response.written") or 0)
            found[blob[1]] = found.get(blob[1], 0) + count
    return found


def received(log: Iterable[str]) -> list[str]:
    """The digests of the blobs that were received, in the order in which they became complete. One
    that the registry had already is not among them."""
    return [
        parse_qs(urlsplit(_uri(line)).query).get("digest", [""])[0]
        for line in _completed(log)
        if line.get("http.request.method") == "PUT"
        and line.get("http.response.status") == 201
        and UPLOAD.fullmatch(urlsplit(_uri(line)).path)
    ]


def _uri(line: Mapping[str, Any]) -> str:
    return line.get("http.request.uri") or ""


def _completed(log: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    for text in log:
        try:
            line = json.loads(text)
        except ValueError:  # a line in another format, or one that is not yet complete
            continue
        if isinstance(line, dict) and line.get("msg") == "response completed":
            yield line
