"""Advice on an image: what each remedy would save, ranked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from helpers.advice.finding import LEAST, Finding, Ranking, ranked
from helpers.advice.hidden import again, removed
from helpers.advice.leftovers import copied, leftovers
from helpers.advice.lint import Lint, lint
from helpers.advice.origin import Origin, origin
from helpers.advice.recommended import recommended
from helpers.advice.rewrite import Rewritten, rewritten
from helpers.advice.slimmer import program_alone, slimmer_base
from helpers.advice.subject import Subject
from helpers.advice.symbols import symbols
from helpers.advice.tools import build_tools, development_packages, jdk
from helpers.core.value import Value
from helpers.diagnosis.command import Process
from helpers.dockerfile.marks import DockerfileView
from helpers.image.open_image import OpenImage
from helpers.image.stored import variables

Remedy = Callable[[Subject], Iterator[Finding]]

REMEDIES: tuple[Remedy, ...] = (
    removed,
    again,
    build_tools,
    jdk,
    development_packages,
    leftovers,
    recommended,
    copied,
    slimmer_base,
    program_alone,
    symbols,
)
"""Each looks for one thing. To add one, write a function and a test, and list it here."""


RPM = ("/var/lib/rpm/", "/usr/lib/sysimage/rpm/")
"""Where RPM keeps its database: in older releases, and in newer ones."""


@dataclass(frozen=True, repr=False)
class Advice(Value):
    """What could be saved of an image.

    image      the image
    ranking    the findings, ranked
    lint       what hadolint says of its Dockerfile
    mended     its Dockerfile with the remedies that can be applied safely, or None
    base       what it was built on, as far as that is known
    note       what was not looked at, a sentence, or ""
    """

    image: OpenImage
    ranking: Ranking
    lint: Lint
    mended: Rewritten | None
    base: Origin
    note: str = ""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings that are worth it, the one that saves most first."""
        return tuple(row.finding for row in self.ranking.worth)

    @property
    def leaves(self) -> int:
        """The size of the image in bytes if all of them were applied, at best."""
        return self.ranking.leaves

    @cached_property
    def dockerfile(self) -> DockerfileView | None:
        """The rewritten Dockerfile, with what changed marked; None where nothing can be rewritten
        safely."""
        if self.mended is None:
            return None
        return DockerfileView(self.mended.text, self.image.dockerfile)

    @property
    def by_hand(self) -> tuple[Finding, ...]:
        """The findings that the rewritten Dockerfile leaves to you. One whose bytes go with
        another's is not among them."""
        did = self.mended.did if self.mended else ()
        left = (row.finding for row in self.ranking.worth if row.adds >= LEAST)
        return tuple(finding for finding in left if finding.remedy not in did)


def advise(image: OpenImage) -> Advice:
    """Looks for what could be saved. Reads all layers, at about 100 MB a second the first time;
    nothing in the image is run.

    Raises LabError where the engine doesn't send a layer, EngineError where it doesn't answer.
    """
    with image.rootfs as fs:
        found = origin(image)
        env = variables(image.config.env)
        argv = (*(image.config.entrypoint or ()), *(image.config.command or ()))
        subject = Subject(
            layers=image.layers,
            files=image.files,
            fs=fs,
            process=Process(argv, workdir=image.config.workdir or "/", env=env),
            base=found.layers,
            base_name=found.name,
            stand_in=found.stand_in,
            dockerfile=image.dockerfile if image.target is None else None,
            written=image.dockerfile is not None,
        )
        findings = [finding for remedy in REMEDIES for finding in remedy(subject)]
        ranking = ranked(image.size, findings)
        mended = rewritten(subject, [row.finding for row in ranking.worth])
        note = unseen(subject)
    return Advice(image, ranking, lint(image.dockerfile), mended, found, note)


def unseen(subject: Subject) -> str:
    """What the remedies don't look at in an image, a sentence; "" where nothing is known."""
    if any(path.startswith(RPM) for path in subject.visible):
        return "RPM's packages are not looked at: compilers among them go unseen."
    return ""
