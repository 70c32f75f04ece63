"""An image as a registry keeps it on its disk: the files for it, in one tar."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile, gettempdir
from typing import IO, Any, Protocol

from helpers.core.errors import LabError
from helpers.core.value import Value

ROOT = "var/lib/registry/docker/registry/v2"
"""Where a registry of the distribution project keeps everything:
https://distribution.github.io/distribution/storage-drivers/"""

COMPRESSIONS = ("gzip", "zstd")

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+"

_PIECE = 1 << 20


@dataclass(frozen=True, repr=False)
class Stored(Value):
    """An image in a registry.

    name         `services:one`
    compression  `gzip` or `zstd`
    sizes        bytes of each layer, compressed, base first
    """

    name: str
    compression: str
    sizes: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes of all its layers, compressed."""
        return sum(self.sizes)


@contextmanager
def stored(
    name: str,
    layers: Sequence[Path],
    *,
    compression: str,
    command: Sequence[str],
    architecture: str,
    labels: Mapping[str, str],
) -> Iterator[tuple[Stored, IO[bytes]]]:
    """An image of some layers, and a tar of the files that a registry keeps for it.

    name          `services:one`
    layers        uncompressed tars, base first
    compression   `gzip`, at level 6 as engines push, or `zstd`, at level 3
    command       what its containers start
    architecture  `amd64`, `arm64`
    labels        of the image

    Raises LabError for a file that can't be read, and where the disk is full.
    """
    with TemporaryDirectory(prefix="registry-") as folder, TemporaryFile() as to:
        with _room():
            put = _Blobs(Path(folder), tarfile.TarFile(fileobj=to, mode="w"))
            diff_ids, described = [], []
            for layer in layers:
                diff_id, packed = put.layer(layer, compression)
                diff_ids.append(diff_id)
                described.append(packed)
            config = {
                "architecture": architecture,
                "os": "linux",
                "config": {"Cmd": list(command), "Labels": dict(labels)},
                "rootfs": {"type": "layers", "diff_ids": diff_ids},
            }
            described_config = put.document(CONFIG, config)
            manifest = {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": described_config,
                "layers": described,
            }
            repository, _, tag = name.rpartition(":")
            kept = f"repositories/{repository}"
            for one in (described_config, *described):
                put.link(f"{kept}/_layers/{_folder(one['digest'])}", one["digest"])
            digest = put.document(MANIFEST, manifest)["digest"]
            put.link(f"{kept}/_manifests/revisions/{_folder(digest)}", digest)
            put.link(f"{kept}/_manifests/tags/{tag}/index/{_folder(digest)}", digest)
            put.link(f"{kept}/_manifests/tags/{tag}/current", digest)
            put.archive.close()
            to.seek(0)
        yield Stored(name, compression, tuple(one["size"] for one in described)), to


class _Blobs:
    """Adds files to the tar, where the registry looks for them."""

    def __init__(self, folder: Path, archive: tarfile.TarFile) -> None:
        self.archive = archive
        self._folder = folder

    def layer(self, tar: Path, compression: str) -> tuple[str, dict[str, Any]]:
        """Adds a layer, and returns its diff id and its descriptor."""
        plain = hashlib.sha256()
        compressor = _compressor(compression)
        place = self._folder / "layer"
        with place.open("wb") as to:
            for piece in _pieces(tar):
                plain.update(piece)
                to.write(compressor.compress(piece))
            to.write(compressor.flush())
        with place.open("rb") as content:
            packed = hashlib.file_digest(content, "sha256")
        digest = f"sha256:{packed.hexdigest()}"
        size = place.stat().st_size
        with place.open("rb") as content:
            self._add(f"{_blob(digest)}/data", content, size)
        described = {"mediaType": LAYER + compression, "digest": digest, "size": size}
        return f"sha256:{plain.hexdigest()}", described

    def document(self, media_type: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """Adds a JSON document, and returns its descriptor."""
        data = json.dumps(content).encode()
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self._add(f"{_blob(digest)}/data", io.BytesIO(data), len(data))
        return {"mediaType": media_type, "digest": digest, "size": len(data)}

    def link(self, folder: str, digest: str) -> None:
        """Adds a link: a file that has the digest of what a name stands for."""
        self._add(f"{folder}/link", io.BytesIO(digest.encode()), len(digest))

    def _add(self, path: str, content: IO[bytes], size: int) -> None:
        member = tarfile.TarInfo(f"{ROOT}/{path}")
        member.size = size
        self.archive.addfile(member, content)


def _pieces(layer: Path) -> Iterator[bytes]:
    """A layer's content. Raises LabError where it can't be read."""
    try:
        with layer.open("rb") as source:
            yield from iter(lambda: source.read(_PIECE), b"")
    except OSError as error:
        raise LabError(
            f"The layer {str(layer)!r} can't be read ({error.strerror}): check the path."
        ) from None


@contextmanager
def _room() -> Iterator[None]:
    """Raises LabError where what the block writes has no room."""
    try:
        yield
    except OSError as error:
        raise LabError(
            f"The layers can't be compressed in {gettempdir()!r} ({error.strerror}): "
            "make room there, or name another folder with TMPDIR."
        ) from None


class _Compressor(Protocol):
    """What zlib's and zstandard's objects have in common."""

    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


def _compressor(compression: str) -> _Compressor:
    if compression == "zstd":
        import zstandard

        return zstandard.ZstdCompressor(level=3).compressobj()
    return zlib.compressobj(level=6, wbits=31)  # with gzip's header, which zlib gives no time


def _folder(digest: str) -> str:
    return digest.replace(":", "/")


def _blob(digest: str) -> str:
    kind, _, figure = digest.partition(":")
    return f"blobs/{kind}/{figure[:2]}/{figure}"
