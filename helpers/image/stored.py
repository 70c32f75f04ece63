"""An image that an engine has.

`StoredImage` is what is known of it; `OpenImage` also has its layers, files and sizes, which are
read when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from threading import Lock
from typing import Any, Literal, TypeVar

from helpers.core import names
from helpers.core.errors import LabError, engine_gone
from helpers.core.value import Value
from helpers.engine.client import Engine
from helpers.files.stack import Entry, Files, stacked
from helpers.files.waste import Waste, waste
from helpers.image import history, layers, records
from helpers.image.image_fs import ImageFS
from helpers.image.layers import Heard, unheard


@dataclass(frozen=True, repr=False)
class Base(Value):
    """A base image that the engine has.

    name       as the Dockerfile has it
    reference  what the engine knows it by
    source     `present` (it was here), `archive`, `hub`: the real image; or `stand-in`
    digest     that the name is pinned to; None for a stand-in and for what is not pinned
    size       bytes of its layers, as the engine's history adds them up
    hub_size   bytes of the registry's image, as the table has them; None where it has none
    note       how a stand-in differs, a sentence, or ""
    """

    name: str
    reference: str
    source: Literal["present", "archive", "hub", "stand-in"]
    digest: str | None
    size: int
    hub_size: int | None
    note: str = ""


@dataclass(frozen=True, repr=False)
class Config(Value):
    """What an image says of its containers.

    entrypoint, command  the words, or None where it says nothing
    env                  lines as `PATH=/bin`
    user, workdir        as in the Dockerfile, "" where it says nothing
    architecture         `amd64`, `arm64`
    """

    entrypoint: tuple[str, ...] | None
    command: tuple[str, ...] | None
    env: tuple[str, ...]
    user: str
    workdir: str
    architecture: str


@dataclass(frozen=True, repr=False)
class Sizes(Value):
    """The three meanings of size, in bytes: `Image` defines each."""

    size: int
    download: int
    on_disk: int


@dataclass(frozen=True, repr=False)
class Layer(Value):
    """One layer.

    created_by  the instruction that made it as the Dockerfile has it, "" where it isn't recorded
    size        bytes of its files, as in `OpenImage.size`
    diff_id     the sha256 of its uncompressed archive, by which every engine knows it
    """

    created_by: str
    size: int
    diff_id: str


@dataclass(frozen=True, repr=False)
class OpenLayer(Layer):
    """A layer of an image that is open: its files can be asked for."""

    _files: Callable[[], Files] = field(compare=False)

    @cached_property
    def files(self) -> Files:
        """What it adds, changes and removes, by path. All layers of the image are read for it,
        about 100 MB in a second, the first time."""
        return self._files()


class Layers(Value, tuple[OpenLayer, ...]):
    """The layers of an image, base first."""


@dataclass(frozen=True, repr=False)
class StoredImage(Value):
    """What is known of an image that an engine has, without asking it.

    id            the engine's id of it
    tag           its name
    bases         the base images that its Dockerfile names
    dockerfile    its Dockerfile
    command       the `docker build` line that makes it
    key           its variant's key
    before        the Dockerfile of the variant before, against which `changes` marks
    target        the stage that it is, None for the last
    context_size  bytes of file contents that were sent to build it
    context       the folder that they are from
    file          the file that the Dockerfile is from, None where it was given as text
    args          the build arguments
    secrets       whether steps were given secrets, which nobody keeps

    Of an image that the lab did not build, `bases` is (), what follows None, and there are no
    arguments and secrets.
    """

    id: str
    tag: str
    bases: tuple[Base, ...] = ()
    dockerfile: str | None = None
    command: str | None = None
    key: str | None = None
    before: str | None = None
    target: str | None = None
    context_size: int | None = None
    context: str | None = None
    file: str | None = None
    args: Mapping[str, str] = field(default_factory=dict, compare=False)
    secrets: bool = False

    @property
    def name(self) -> str:
        """What to call it: the variant's key, or the engine's name without the lab's prefix."""
        return self.key or self.tag.removeprefix(names.TAG_PREFIX)


@dataclass(frozen=True, repr=False)
class OpenImage(StoredImage):
    """An image with the engine that has it. What takes asking or reading is asked for or read the
    first time that somebody wants it.

    engine  the `Engine`
    """

    engine: Engine = field(kw_only=True, compare=False)
    _inspected: Mapping[str, Any] = field(kw_only=True, compare=False)
    _reading: Lock = field(default_factory=Lock, init=False, compare=False)

    @property
    def is_read(self) -> bool:
        """Whether its layers were read."""
        return "_contents" in vars(self)

    @property
    def counted_size(self) -> int | None:
        """Its `size` where that was worked out already, else None: nobody is asked."""
        return vars(self).get("size")

    @cached_property
    def size(self) -> int:
        """Bytes of the regular files in all layers, hard links once: also of files that a later
        layer hides or removes, as they are in the image still.

        The same on every engine, and equal to what dive counts, where the layers are read, as on
        the containerd store. On the graph store the engine has counted each layer when it
        was made, which costs nothing here; but of a layer that was loaded, or that the classic
        builder made, it has counted the lengths of symlinks' targets too (up to 0.02 % of images
        with a compiler).
        """
        return sum(layer.size for layer in self.layers)

    @cached_property
    def download_size(self) -> int:
        """Bytes of the layers as they travel: each one's archive as `gzip -6` makes it. Layers that
        whoever pulls it has already are counted too.

        Takes some seconds for each 100 MB the first time.
        """
        packed = layers.compressed(self.engine, self.id, self._diff_ids)
        return sum(packed[diff_id] for diff_id in self._diff_ids)

    @property
    def disk_size(self) -> int:
        """Bytes that this engine keeps for the image, by its own account. Layers that it shares
        with other images are counted in full.

        On the graph store these are the unpacked layers. On the containerd store they are
        the layers as they came, compressed or not, and unpacked as well, there in whole blocks of
        the file system.
        """
        if self.engine.store == "containerd":
            # What `docker image inspect` says leaves out one half, up to 28 at least.
            api = self.engine.client.api
            named = (self._inspected.get("RepoTags") or [None])[0]
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
        """The layers, base first; not those without a single entry."""
        diff_ids = self._diff_ids
        made = self._made(lambda: layers.made_layer(self.engine, self.id, diff_ids))
        counted = [one.size for one in made] if self.engine.store == "graph" else [None]
        sizes = [self._contents[d].size for d in diff_ids] if None in counted else counted
        return Layers(
            OpenLayer(one.created_by, size, diff_id, lambda at=at: self._stacked[0][at])
            for at, (one, size, diff_id) in enumerate(zip(made, sizes, diff_ids, strict=True))
            if diff_id != layers.EMPTY
        )

    def read(self, heard: Heard = unheard) -> None:
        """Reads the layers, where that was not done: about 100 MB in a second.

        heard  is told how many bytes were read of how many, where the engine has to send them

        Raises LabError where the engine doesn't send a layer.
        """
        with self._reading:
            if not self.is_read:
                vars(self)["_contents"] = layers.contents(
                    self.engine, self.id, self._diff_ids, sent=self.sent_size, heard=heard
                )

    def count(self, heard: Heard = unheard) -> int:
        """Its `size`, in bytes. On the containerd store its layers are read for it.

        heard  as for `read`
        """
        if self.known_size is None:
            self.read(heard)
        return self.size

    @property
    def known_size(self) -> int | None:
        """Its `size` where that is known before a layer is read, else None."""
        sizes = [one.size for one in self.outline]
        return None if None in sizes else sum(sizes)

    @property
    def outline(self) -> Sequence[Layer | history.Made]:
        """What made each of its `layers`, and their sizes, as far as that is known before a layer
        is read: on the graph store mostly all, on that of containerd no size."""
        if "layers" in vars(self) or self.is_read:
            return self.layers
        made = self._made(lambda: None)
        listed = [one for one, d in zip(made, self._diff_ids, strict=True) if d != layers.EMPTY]
        return listed if self.engine.store == "graph" else [replace(m, size=None) for m in listed]

    @property
    def sent_size(self) -> int:
        """Bytes that this engine sends when the layers are read, but for some percent: unpacked
        from the graph store, compressed from that of containerd."""
        return self._inspected["Size"]

    @property
    def files(self) -> Files:
        """The file system that the layers add up to, by path. Reads the layers, about 100 MB in a
        second, the first time."""
        return self._stacked[1]

    @cached_property
    def waste(self) -> Waste:
        """Wasted bytes, by dive's rules, and the files that cost them. Reads the layers, about
        100 MB in a second, the first time."""
        return waste(self.entries)

    @property
    def entries(self) -> Iterable[Sequence[Entry]]:
        """What the archive of each layer has, base first. Reads the layers."""
        return (self._contents[diff_id].entries for diff_id in self._diff_ids)

    @cached_property
    def config(self) -> Config:
        """What it says of its containers."""
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
        """Its file system, path by path. Use it with `with` for more than one question."""
        return ImageFS(self.engine, self.id, lambda: self.files)

    @property
    def process(self) -> tuple[Mapping[str, str], str]:
        """Environment and working directory of what it runs."""
        env = dict(line.partition("=")[::2] for line in self.config.env)
        return env, self.config.workdir or "/"

    @property
    def _diff_ids(self) -> list[str]:
        return self._inspected["RootFS"].get("Layers") or []

    def _made(self, asked: Callable[[], Sequence[bool] | None]) -> list[history.Made]:
        """What made each layer; `asked` says which entries of the history made one."""
        return history.layers_of(
            self._history, len(self._diff_ids), self.dockerfile, self.target, asked
        )

    @cached_property
    def _history(self) -> Sequence[Mapping[str, Any]]:
        return self.engine.client.api.history(self.id) or []  # null where it has none

    @cached_property
    def _contents(self) -> Mapping[str, layers.Contents]:
        self.read()
        return vars(self)["_contents"]

    @cached_property
    def _stacked(self) -> tuple[list[Files], Files]:
        return stacked(self.entries)


Kind = TypeVar("Kind", bound=OpenImage)


def open_image(engine: Engine, reference: str, kind: type[Kind] = OpenImage, **built: Any) -> Kind:
    """The image that an engine has by that name or id.

    kind   the class that it is to be of
    built  what only the builder knows: fields of `StoredImage` from `bases` on. They are kept, so
           that every other process sees them too.

    Raises LabError where the engine has no such image, EngineError where it does not answer.
    """
    found = _inspect(engine, reference)
    image_id = found["Id"]
    tag = _name(reference, found)
    if built:
        known = {"bases": (), **built}
        records.keep(image_id, tag, {**known, "bases": [asdict(base) for base in known["bases"]]})
    else:
        known = records.recall(image_id, tag)
        try:
            known = {**known, "bases": tuple(Base(**base) for base in known.get("bases", ()))}
            return kind(image_id, tag, engine=engine, _inspected=found, **known)
        except TypeError:  # a record of another version of the lab says nothing here
            known = {}
    return kind(image_id, tag, engine=engine, _inspected=found, **known)


def _inspect(engine: Engine, reference: str) -> dict[str, Any]:
    import docker.errors
    import requests.exceptions

    try:
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
    except requests.exceptions.RequestException as error:
        raise engine_gone(engine.host, error) from None


def _name(reference: str, found: Mapping[str, Any]) -> str:
    """The name to show: the one that was asked for; for an id one of the image's, if it has one."""
    tags = found.get("RepoTags") or []
    if f"{reference}:latest" in tags:
        return f"{reference}:latest"
    by_id = found["Id"].removeprefix("sha256:").startswith(reference.removeprefix("sha256:"))
    if by_id and reference not in tags:
        return tags[0] if tags else found["Id"].removeprefix("sha256:")[:12]
    return reference


def _words(value: Sequence[str] | None) -> tuple[str, ...] | None:
    return tuple(value) if value is not None else None
