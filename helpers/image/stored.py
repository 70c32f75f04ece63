"""Plain values that describe an image: its base images, configuration, sizes and layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from helpers.core import names
from helpers.core.value import Value


@dataclass(frozen=True, repr=False)
class Base(Value):
    """A base image that the engine has.

    name       as in the Dockerfile
    reference  the engine's name of it
    source     `present` (it was here already), `archive` or `hub` for the real image; `stand-in`
    digest     the digest that the name is pinned to; None for a stand-in or a name without one
    size       bytes of its layers, by the engine's history
    hub_size   bytes of the registry's image, from the table of bases; None where it has none
    note       a sentence on how a stand-in differs, or ""
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
    """An image's settings for its containers.

    entrypoint, command  the words, or None where it has none
    env                  lines such as `PATH=/bin`
    user, workdir        as in the Dockerfile, "" where it has none
    architecture         `amd64`, `arm64`
    """

    entrypoint: tuple[str, ...] | None
    command: tuple[str, ...] | None
    env: tuple[str, ...]
    user: str
    workdir: str
    architecture: str


def variables(lines: Iterable[str]) -> dict[str, str]:
    """The variables of an environment by name, from lines such as `PATH=/bin`; the last wins."""
    return dict(line.partition("=")[::2] for line in lines)


@dataclass(frozen=True, repr=False)
class Sizes(Value):
    """The three sizes of an image, in bytes; the properties of `Image` define each."""

    size: int
    download: int
    on_disk: int


@dataclass(frozen=True, repr=False)
class Layer(Value):
    """One layer.

    created_by  the instruction that made it, as in the Dockerfile; "" where it isn't recorded
    size        bytes of its files, counted as `Image.size` is
    diff_id     the sha256 of its uncompressed archive, the same on every engine
    """

    created_by: str
    size: int
    diff_id: str


@dataclass(frozen=True, repr=False)
class StoredImage(Value):
    """An image that an engine has, and how it was built.

    id            the engine's id of it
    tag           its name
    bases         the base images that its Dockerfile names
    dockerfile    the Dockerfile's text
    command       the `docker build` line that makes it
    key           the key of its variant
    before        the Dockerfile of the variant before, to mark the changes against
    target        the stage that was built, None for the last
    context_size  bytes of file contents that were sent as the context
    context       the context's folder
    file          the Dockerfile's path, None where it was given as text
    args          the build arguments
    secrets       whether steps were given secrets; their values are not kept

    For an image that the lab did not build, everything from `bases` on is empty or None.
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
        """Its name in the lab: the variant's key, or the tag without the lab's prefix."""
        return self.key or self.tag.removeprefix(names.TAG_PREFIX)
