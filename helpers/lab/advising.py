"""Finds the image that advice is asked on, and proves an advice's rewritten Dockerfile."""

from __future__ import annotations

from pathlib import Path

from helpers import samples
from helpers.advice import proof as proofs
from helpers.advice.advise import Advice
from helpers.advice.proof import Proof
from helpers.build.options import PLAIN, BuildOptions
from helpers.core import names
from helpers.engine.client import Engine
from helpers.lab.handles import Image, image_of
from helpers.lab.image_builds import ImageBuilds


def subject_of(engine: Engine, builds: ImageBuilds, what: Image | str | Path) -> Image:
    """The image that is meant; see `Lab.advise`."""
    if isinstance(what, Image):
        return what
    text = str(what)
    if isinstance(what, Path) or text.startswith((".", "/", "~")):
        path = Path(what).expanduser()
        if path.is_file():
            return builds.build_folder(path.parent, path.name, PLAIN)
        return builds.build_folder(path, None, PLAIN)
    if any(variant.key == text for variant in samples.variants()):
        return builds.build_variant(samples.variant(text))
    return image_of(engine, text)


def prove(builds: ImageBuilds, advice: Advice) -> Proof:
    """Builds the rewritten Dockerfile and runs both images; see `Lab.prove`."""

    def build_again(text: str) -> Image:
        context = proofs.context_of(advice.image)
        return builds.build_text(
            context,
            text,
            tag=names.TAG_PREFIX + proofs.tag_of(advice.image),
            shown=["-f", "-", str(context)],
            options=BuildOptions(args=proofs.args_of(advice.image)),
            before=advice.image.dockerfile,
            path=Path(advice.image.file) if advice.image.file else None,
        )

    return proofs.prove(advice, build_again)
