"""Makes an image from a tar, with no Dockerfile: `docker load` and `docker import`.

An OCI layout says in `index.json` what is in it, and `docker save` in `manifest.json`. Engines
before Docker 25 read the latter alone, so a layout gets it here: it is a list of the same files.
"""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from helpers.core.errors import LabError, engine_gone

if TYPE_CHECKING:
    from helpers.engine.client import Engine


from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpers.engine.client import Engine


INDEX, MANIFEST = "index.json", "manifest.json"

LARGEST = 1 << 20
"""Bytes of a JSON in a layout that is read."""

DEEPEST = 3
"""Indexes in each other that are followed."""


def load(engine: Engine, tar: Path, tag: str) -> None:
    """Loads an image, as `docker load` does, and tags it.

    tar  a file with one image, or one for each architecture, of which the engine's is taken;
         streamed to the engine; compressed or not
    tag  what the image is called

    Raises LabError for what is neither form, and EngineError where the engine does not answer.
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
    """The same archive, with a `manifest.json` that has the one image under that tag. What is a
    link in it, as layers were that images share, is a file here."""
    with tarfile.open(tar) as archive, tarfile.open(fileobj=file, mode="w") as copy:
        members = {
            member.name.removeprefix("./"): member
            for member in archive
            if member.isfile() or member.issym() or member.islnk()
        }

        def read(path: str) -> Any:
            if path not in members or members[path].size > LARGEST:
                raise ValueError(f"it has no {path}")
            return json.load(archive.extractfile(members[path]))

        if MANIFEST in members:
            (image,) = read(MANIFEST)
            image = {name: image[name] for name in ("Config", "Layers")}
        else:
            manifest = read(_blob(_one_of(list(_images(read, read(INDEX))), architecture)))
            layers = [_blob(layer) for layer in manifest["layers"]]
            image = {"Config": _blob(manifest["config"]), "Layers": layers}
        # an index would be read in place of the list, and names the image otherwise
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
    """A file of an archive in another, under that path; nothing for a link that leads nowhere."""
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
    """The descriptors of the images in an index, and in those that it lists: builders put one
    there for each name, with an image for each platform, and what attests to them."""
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
    """The only image, or the only one for that architecture. Raises ValueError."""
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
    """The path of what a descriptor describes: https://github.com/opencontainers/image-spec."""
    return f"blobs/{str(descriptor['digest']).replace(':', '/')}"


def _send(engine: Engine, file: IO[bytes], name: str) -> None:
    import docker.errors
    import requests.exceptions

    try:
        for line in engine.client.api.load_image(file, quiet=True):
            if problem := line.get("error"):
                raise LabError(f"The engine can't load {name}: {problem}.")
    except docker.errors.APIError as error:
        raise LabError(f"The engine can't load {name}: {error.explanation}.") from None
    except requests.exceptions.RequestException as error:
        raise engine_gone(engine.host, error) from None


def import_tar(
    engine: Engine, tar: Path, *, tag: str, command: Sequence[str], labels: Mapping[str, str]
) -> None:
    """The tar becomes the only layer of an image, as `docker import` does.

    tar      a file, streamed to the engine; compressed or not
    tag      `name:tag` of the image
    command  what its containers start

    Raises LabError for what is no tar, and EngineError where the engine does not answer.
    """
    import docker.errors
    import requests.exceptions

    if not tar.is_file():
        raise LabError(f"There is no file {str(tar)!r} to import: check the path.")
    changes = [f"CMD {json.dumps(list(command))}"]
    changes += [f"LABEL {json.dumps(name)}={json.dumps(value)}" for name, value in labels.items()]
    repository, _, version = tag.rpartition(":")
    try:
        said = engine.client.api.import_image(
            str(tar), repository=repository, tag=version, changes=changes
        )
    except docker.errors.APIError as error:
        raise LabError(
            f"{tar.name} can't be imported ({error.explanation}): is it a tar?"
        ) from None
    except requests.exceptions.RequestException as error:
        raise engine_gone(engine.host, error) from None
    for line in said.splitlines():
        problem = json.loads(line).get("error")
        if problem:
            raise LabError(f"{tar.name} can't be imported ({problem}): is it a tar?")
