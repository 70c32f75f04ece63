"""Proves a rewritten Dockerfile: builds it, and checks that the image is smaller and that its
program still does the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from helpers.advice.advise import Advice
from helpers.build.error import BuildFailed
from helpers.core.errors import EngineError, LabError
from helpers.core.value import Value
from helpers.dockerfile.marks import DockerfileView
from helpers.image.open_image import OpenImage
from helpers.run.container_run import Run, run

TIMEOUT = 20
"""Seconds that a program may run. A service is stopped then, and its output until then counts."""

OTHER = "The program prints something else than before."

VARIES = re.compile(r"\b[0-9a-f]{12,64}\b|\d+(?:[.:,]\d+)*")
"""What differs in a log each time: ids of containers, times, process ids."""


@dataclass(frozen=True, repr=False)
class Proof(Value):
    """What came of a rewritten Dockerfile.

    before  the image that the advice is about
    after   the image that was built, or None
    first   the run of the image before, or None
    second  the run of the image after, or None
    why     why nothing is proposed, a sentence; "" where the saving is proven
    view    the rewritten Dockerfile, with what changed marked; None where nothing is proposed
    varies  whether the outputs were compared without their figures
    """

    before: OpenImage
    after: OpenImage | None = None
    first: Run | None = None
    second: Run | None = None
    why: str = ""
    view: DockerfileView | None = None
    varies: bool = False

    @property
    def ok(self) -> bool:
        """Whether the image is smaller and its program prints the same."""
        return not self.why

    @property
    def saves(self) -> int:
        """Bytes that are saved; 0 where nothing is proven."""
        return self.before.size - self.after.size if self.ok and self.after else 0


def prove(advice: Advice, build: Callable[[str], OpenImage]) -> Proof:
    """Builds the rewritten Dockerfile of an advice, and runs the images before and after.

    build  builds the text of a Dockerfile just as the image of the advice was built

    A failed build or run is a result. Raises EngineError.
    """
    before = advice.image
    if advice.mended is None:
        return Proof(before, why=_nothing(advice))
    try:
        after = build(advice.mended.text)
    except EngineError:
        raise
    except BuildFailed as failure:
        step = f" at `{failure.step}`" if failure.step else ""
        return Proof(before, why=f"The rewritten Dockerfile can't be built: it fails{step}.")
    except LabError as failure:
        return Proof(before, why=str(failure))
    if after.size >= before.size:
        return Proof(before, after, why="The rewritten Dockerfile makes no smaller image.")
    first, second = run(before, timeout=TIMEOUT), run(after, timeout=TIMEOUT)
    why, varies = compared(first, second, lambda: run(before, timeout=TIMEOUT))
    return Proof(before, after, first, second, why, None if why else advice.dockerfile, varies)


def compared(first: Run, second: Run, once_more: Callable[[], Run]) -> tuple[str, bool]:
    """How two runs differ, as `differs` says it, and whether figures were left out to compare them.

    once_more  runs the first image again. Where its output then has other figures, as times or
               process ids in a log, figures are left out
    """
    why = differs(first, second)
    if why != OTHER:
        return why, False
    again = once_more()
    if again.output == first.output:
        return why, False
    if differs(first, again, masked=True):
        return "The program prints something else each time, so there is nothing to compare.", False
    why = differs(first, second, masked=True)
    return why, not why


def differs(first: Run, second: Run, *, masked: bool = False) -> str:
    """How two runs differ, a sentence; "" where they don't.

    masked  compare the outputs without figures and without the order of lines
    """
    if first.ending != second.ending:
        return f"The program ended so before: {first.ending}. Now: {second.ending}."
    if first.exit_code is None and not first.timed_out:
        return "The program did not start before, so there is nothing to compare with."
    if not first.timed_out and first.exit_code != 0:
        return f"The program fails as it is ({first.ending}), so one run of it proves nothing."
    outputs = [_masked(run.output) if masked else run.output for run in (first, second)]
    return "" if outputs[0] == outputs[1] else OTHER


def _masked(output: str) -> list[str]:
    return sorted(VARIES.sub("0", line) for line in output.splitlines())


def context_of(image: OpenImage) -> Path:
    """The folder that an image was built from. Raises LabError where it is unknown."""
    if image.context is None:
        raise LabError(
            f"Where {image.name} was built from is not known: build it with `lab.build` first."
        )
    return Path(image.context)


def args_of(image: OpenImage) -> Mapping[str, str]:
    """The build arguments of an image. Raises LabError where it was built with secrets too: these
    are not recorded."""
    if image.secrets:
        raise LabError(f"{image.name} was built with secrets: build the new Dockerfile yourself.")
    return image.args


def _nothing(advice: Advice) -> str:
    if not advice.findings:
        return "There is nothing to prove: no remedy is worth it."
    if advice.image.dockerfile is None:
        return "The image came without a Dockerfile, so there is none to rewrite."
    return "No remedy here can be written safely without knowing the program: they are yours."


def tag_of(image: OpenImage) -> str:
    """A name for the rewritten image, made from the name of the one before."""
    name = re.sub(r"[^\w.-]+", "-", image.name).strip("-.")
    return f"mended:{name}"[:120]
