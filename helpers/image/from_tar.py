"""Makes images from a tar, without a Dockerfile: `docker load` and `docker import`.

An OCI layout lists its content in `index.json`, the output of `docker save` in `manifest.json`.
Engines before Docker 25 read only the latter, so it is added to a layout here.
"""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import docker.errors

from helpers.core.errors import LabError
from helpers.engine.client import Engine, answering

INDEX, MANIFEST = "index.json", "manifest.json"

LARGEST = 1 << 20
"""The most bytes of a JSON document in a layout."""

DEEPEST = 3
"""How deep indexes within indexes are followed."""


def load(engine: Engine, tar: Path, tag: str) -> None:
    """Loads an image like `docker load`, and tags it.

    tar  an OCI layout or the output of `docker save`, compressed or not. Of several images, the
         one for the engine's architecture is taken
    tag  the image's name

    Raises LabError for any other file, and EngineError where the engine does not answer.
    """
    with tempfile.TemporaryFile() as file:
        try:
            _with_manifest(tar, file, tag, engine.architecture)
        except OSError as error:
            raise LabError(
                f"The file {str(tar)!r} can't be read ({error.strerror or error}): check the path."
            ) from None
        except (
            tarfile.TarError,
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            EOFError,
        ) as error:
            raise LabError(
                f"{tar.name} can't be loaded ({error}): is it an OCI layout, or from `docker save`?"
            ) from None
        file.seek(0)
        _send(engine, file, tar.name)


def _with_manifest(tar: Path, file: IO[bytes], tag: str, architecture: str) -> None:
    """Copies the archive, with a `manifest.json` that lists one image under that tag. Links, which
    stood for layers that images share, become files."""
    with tarfile.open(tar) as archive, tarfile.open(fileobj=file, mode="w") as copy:
        members = {
            member.name.removeprefix("./"): member
            for member in archive
            if member.isfile() or member.issym() or member.islnk()
        }

        def read(path: str) -> Any:
            if path not in members or members[path].size > LARGEST:
                raise ValueError(f"it has no {path}")
            content = archive.extractfile(members[path])
            if content is None:
                raise ValueError(f"it has no {path}")
            return json.load(content)

        if MANIFEST in members:
            (image,) = read(MANIFEST)
            image = {name: image[name] for name in ("Config", "Layers")}
        else:
            manifest = read(_blob(_one_of(list(_images(read, read(INDEX))), architecture)))
            layers = [_blob(layer) for layer in manifest["layers"]]
            image = {"Config": _blob(manifest["config"]), "Layers": layers}
        # An engine would read an index in place of the list, and take the image's name from it.
        for path, member in members.items():
            if path not in (MANIFEST, INDEX, "oci-layout", "repositories"):
                _copied(archive, member, copy, path)
        text = json.dumps([{**image, "RepoTags": [tag]}]).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size = len(text)
        copy.addfile(entry, io.BytesIO(text))


def _copied(
    archive: tarfile.TarFile, member: tarfile.TarInfo, copy: tarfile.TarFile, path: str
) -> None:
    """Copies a file from one archive to another, unless it is a link that leads nowhere."""
    try:
        data = archive.extractfile(member)
    except KeyError:
        return
    if data is None:
        return
    member.name = path
    if not member.isfile():
        member.type, member.linkname = tarfile.REGTYPE, ""
        member.size = data.seek(0, io.SEEK_END)
        data.seek(0)
    copy.addfile(member, data)


def _images(read: Callable[[str], Any], index: Any, depth: int = 0) -> Iterator[Any]:
    """The descriptors of the images in an index and in the indexes that it lists. Builders write
    one for each name, with an image for each platform, and attestations."""
    if depth > DEEPEST:
        raise ValueError("its index lists itself")
    for each in index["manifests"]:
        kind = each.get("annotations", {}).get("vnd.docker.reference.type")
        if kind == "attestation-manifest":
            continue
        try:
            found = read(_blob(each))
        except ValueError:  # the index may list more than was saved
            continue
        if "manifests" in found:
            yield from _images(read, found, depth + 1)
        else:
            yield each


def _one_of(images: Sequence[Any], architecture: str) -> Any:
    """The only image, or the only one for the architecture. Raises ValueError."""
    if not images:
        raise ValueError("it has no image")
    if len(images) == 1:
        return images[0]
    fit = [each for each in images if each.get("platform", {}).get("architecture") == architecture]
    if len(fit) != 1:
        count = len(fit) or "none"
        raise ValueError(f"it has {len(images)} images, and {count} for {architecture}")
    return fit[0]


def _blob(descriptor: Any) -> str:
    """The path of a descriptor's blob: https://github.com/opencontainers/image-spec."""
    return f"blobs/{str(descriptor['digest']).replace(':', '/')}"


def _send(engine: Engine, file: IO[bytes], name: str) -> None:
    try:
        with answering(engine):
            for line in engine.client.api.load_image(file, quiet=True):
                if problem := line.get("error"):
                    raise LabError(f"The engine can't load {name}: {problem}.")
    except docker.errors.APIError as error:
        raise LabError(f"The engine can't load {name}: {error.explanation}.") from None


def import_tar(
    engine: Engine, tar: Path, *, tag: str, command: Sequence[str], labels: Mapping[str, str]
) -> None:
    """Makes an image with a tar as its only layer, like `docker import`.

    tar      a file, compressed or not
    tag      `name:tag` of the image
    command  what its containers start

    Raises LabError for a file that is no tar, and EngineError where the engine does not answer.
    """
    if not tar.is_file():
        raise LabError(f"There is no file {str(tar)!r} to import: check the path.")
    changes = [f"CMD {json.dumps(list(command))}"]
    changes += [f"LABEL {json.dumps(name)}={json.dumps(value)}" for name, value in labels.items()]
    repository, _, version = tag.rpartition(":")
    try:
        with answering(engine):
            said = engine.client.api.import_image(
                str(tar), repository=repository, tag=version, changes=changes
            )
    except docker.errors.APIError as error:
        raise LabError(
            f"{tar.name} can't be imported ({error.explanation}): is it a tar?"
        ) from None
    for line in said.splitlines():
        problem = json.loads(line).get("error")
        if problem:
            raise LabError(f"{tar.name} can't be imported ({problem}): is it a tar?")
