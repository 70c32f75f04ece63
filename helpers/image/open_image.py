"""An image together with its engine: layers, files and sizes are read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from threading import Lock
from typing import Any, Self

import docker.errors

from helpers.core.errors import LabError
from helpers.core.value import Value
from helpers.engine.client import Engine, answering
from helpers.files.stack import Entry, Files, stacked
from helpers.files.waste import Waste, waste
from helpers.image import history, layers, records
from helpers.image.image_fs import ImageFS
from helpers.image.layers import Contents, OnBytes, ignore_bytes
from helpers.image.stored import Base, Config, Layer, Sizes, StoredImage, variables


@dataclass(frozen=True, repr=False)
class OpenLayer(Layer):
    """A layer of an open image, with its files."""

    _files: Callable[[], Files] = field(compare=False)

    @cached_property
    def files(self) -> Files:
        """What it adds, changes and removes, by path. The first time, all layers of the image are
        read: about 100 MB per second."""
        return self._files()


class Layers(Value, tuple[OpenLayer, ...]):
    """The layers of an image, base first."""


@dataclass(frozen=True, repr=False)
class OpenImage(StoredImage):
    """An image and the engine that has it.

    engine  the `Engine`

    Properties that need the engine ask it the first time, and raise EngineError where it does not
    answer.
    """

    engine: Engine = field(kw_only=True, compare=False)
    _inspected: Mapping[str, Any] = field(kw_only=True, compare=False)
    _reading: Lock = field(default_factory=Lock, init=False, compare=False)

    @classmethod
    def of(cls, engine: Engine, reference: str, **built: Any) -> Self:
        """The image with that name or id.

        built  what only its builder knows: fields of `StoredImage` from `bases` on. They are kept
               on disk, for later calls and other processes.

        Raises LabError where the engine has no such image, EngineError where it does not answer.
        """
        found = _inspect(engine, reference)
        image_id = found["Id"]
        tag = _name(reference, found)
        made = partial(cls, image_id, tag, engine=engine, _inspected=found)
        if built:
            known = {"bases": (), **built}
            bases = [asdict(base) for base in known["bases"]]
            records.keep(image_id, tag, {**known, "bases": bases})
            return made(**known)
        known = records.recall(image_id, tag)
        try:
            return made(**{**known, "bases": tuple(Base(**b) for b in known.get("bases", ()))})
        except TypeError:  # a record in the form of another version of the lab
            return made()

    @property
    def is_read(self) -> bool:
        """Whether its layers have been read; see `read`."""
        return {"_contents", "layers"} <= vars(self).keys()

    @property
    def counted_size(self) -> int | None:
        """`size` if it has been worked out already, else None. Asks nobody."""
        return vars(self).get("size")

    @cached_property
    def size(self) -> int:
        """Bytes of the regular files in all layers, hard links once. Files that a later layer hides
        or removes count: they are still in the image.

        On the containerd store the layers are read for it, and the figure equals dive's to the
        byte. On the graph store the engine's own figures are taken, which is free; for layers that
        were loaded or made by the classic builder they include the lengths of symlinks' targets
        (up to 0.02 % of images with a compiler).
        """
        return sum(layer.size for layer in self.layers)

    @cached_property
    def download_size(self) -> int:
        """Bytes of the layers as they are downloaded: each one's archive as `gzip -6` makes it.
        Layers that the downloader has already count too.

        The first time, takes some seconds for each 100 MB.
        """
        packed = layers.compressed(self.engine, self.id, self._diff_ids)
        return sum(packed[diff_id] for diff_id in self._diff_ids)

    @property
    def disk_size(self) -> int:
        """Bytes that this engine uses for the image, by its own account. Layers that it shares
        with other images count in full.

        On the graph store these are the unpacked layers. On the containerd store they are the
        layers as they were downloaded or built, plus the same unpacked, in whole blocks of the
        file system.
        """
        if self.engine.store == "containerd":
            # What `docker image inspect` says leaves out one half, up to 28 at least.
            api = self.engine.client.api
            named = (self._inspected.get("RepoTags") or [None])[0]
            with answering(self.engine):
                listed = api.images(name=named) if named else api.images(all=True)
            for one in listed:
                if one["Id"] == self._inspected["Id"]:
                    return one["Size"]
        return self._inspected["Size"]

    @property
    def sizes(self) -> Sizes:
        """The three sizes together."""
        return Sizes(self.size, self.download_size, self.disk_size)

    @cached_property
    def layers(self) -> Layers:
        """The layers, base first, without those that have no entry."""
        diff_ids = self._diff_ids
        made = self._made(lambda: layers.made_layer(self.engine, self.id, diff_ids))
        sizes = _known([one.size for one in made]) if self.engine.store == "graph" else None
        sizes = sizes or [self._contents[diff_id].size for diff_id in diff_ids]
        return Layers(
            OpenLayer(one.created_by, size, diff_id, partial(self._files_of, at))
            for at, (one, size, diff_id) in enumerate(zip(made, sizes, diff_ids, strict=True))
            if diff_id != layers.EMPTY
        )

    def read(self, on_bytes: OnBytes = ignore_bytes) -> None:
        """Reads the layers, unless that was done: about 100 MB per second. Afterwards only
        `download_size` and `disk_size` still need the engine.

        on_bytes  progress callback: bytes read, estimated total

        Raises LabError where the engine doesn't send a layer.
        """
        with self._reading:
            if "_contents" not in vars(self):
                vars(self)["_contents"] = layers.contents(
                    self.engine, self.id, self._diff_ids, sent=self.sent_size, on_bytes=on_bytes
                )
        _ = self.layers  # needs the history: ask for it now, so that nobody has to later

    def count(self, on_bytes: OnBytes = ignore_bytes) -> int:
        """Its `size` in bytes. On the containerd store its layers are read for that.

        on_bytes  as for `read`
        """
        if self.known_size is None:
            self.read(on_bytes)
        return self.size

    @property
    def known_size(self) -> int | None:
        """Its `size` where that is known without reading a layer, else None."""
        sizes = _known([one.size for one in self.outline])
        return None if sizes is None else sum(sizes)

    @property
    def outline(self) -> Sequence[Layer | history.Made]:
        """What made each of its `layers`, and the sizes that are known without reading a layer: on
        the graph store nearly all, on the containerd store none."""
        if "layers" in vars(self) or "_contents" in vars(self):
            return self.layers
        made = self._made(lambda: None)
        listed = [one for one, d in zip(made, self._diff_ids, strict=True) if d != layers.EMPTY]
        return listed if self.engine.store == "graph" else [replace(m, size=None) for m in listed]

    @property
    def sent_size(self) -> int:
        """Bytes that this engine sends when the layers are read, to within some percent: unpacked
        from the graph store, compressed from the containerd store."""
        return self._inspected["Size"]

    @property
    def files(self) -> Files:
        """The file system that the layers add up to, by path. The first time, the layers are read:
        about 100 MB per second."""
        return self._stacked[1]

    @cached_property
    def waste(self) -> Waste:
        """Wasted bytes, by dive's rules, and the files that cost them. The first time, the layers
        are read: about 100 MB per second."""
        return waste(self.entries)

    @property
    def entries(self) -> Iterable[Sequence[Entry]]:
        """The entries of each layer's archive, base first. Reads the layers."""
        return (self._contents[diff_id].entries for diff_id in self._diff_ids)

    @cached_property
    def config(self) -> Config:
        """The settings for its containers."""
        config = self._inspected["Config"] or {}
        return Config(
            entrypoint=_words(config.get("Entrypoint")),
            command=_words(config.get("Cmd")),
            env=tuple(config.get("Env") or ()),
            user=config.get("User") or "",
            workdir=config.get("WorkingDir") or "",
            architecture=self._inspected["Architecture"],
        )

    @cached_property
    def rootfs(self) -> ImageFS:
        """Its file system, path by path. Use it in a `with` block for more than one question."""
        return ImageFS(self.engine, self.id, lambda: self.files)

    @property
    def process(self) -> tuple[Mapping[str, str], str]:
        """Environment and working directory of its program."""
        return variables(self.config.env), self.config.workdir or "/"

    @property
    def _diff_ids(self) -> list[str]:
        return self._inspected["RootFS"].get("Layers") or []

    def _made(self, flags: Callable[[], Sequence[bool] | None]) -> list[history.Made]:
        """What made each layer.

        flags  which entries of the history made a layer; called where that can't be told otherwise
        """
        return history.layers_of(
            self._history, len(self._diff_ids), self.dockerfile, self.target, flags
        )

    @cached_property
    def _history(self) -> Sequence[Mapping[str, Any]]:
        with answering(self.engine):
            return self.engine.client.api.history(self.id) or []  # null where it has none

    @cached_property
    def _contents(self) -> Mapping[str, Contents]:
        self.read()
        return vars(self)["_contents"]

    @cached_property
    def _stacked(self) -> tuple[list[Files], Files]:
        return stacked(self.entries)

    def _files_of(self, at: int) -> Files:
        return self._stacked[0][at]


def _inspect(engine: Engine, reference: str) -> dict[str, Any]:
    try:
        with answering(engine):
            return engine.client.api.inspect_image(reference)
    except docker.errors.NullResource:
        raise LabError("An image needs a name, as in `docker images`.") from None
    except docker.errors.APIError as error:
        if error.status_code not in (400, 404):  # 400: it can't be a name
            raise
        raise LabError(
            f"The engine has no image {reference!r}: `docker images` lists those that it has, and "
            "`docker pull` gets one."
        ) from None


def _name(reference: str, found: Mapping[str, Any]) -> str:
    """The name to show: the one that was asked for; for an id one of the image's, if it has one."""
    tags = found.get("RepoTags") or []
    if f"{reference}:latest" in tags:
        return f"{reference}:latest"
    by_id = found["Id"].removeprefix("sha256:").startswith(reference.removeprefix("sha256:"))
    if by_id and reference not in tags:
        return tags[0] if tags else found["Id"].removeprefix("sha256:")[:12]
    return reference


def _known(sizes: Sequence[int | None]) -> list[int] | None:
    """The sizes if all of them are known, else None."""
    known = [size for size in sizes if size is not None]
    return known if len(known) == len(sizes) else None


def _words(value: Sequence[str] | None) -> tuple[str, ...] | None:
    return tuple(value) if value is not None else None
