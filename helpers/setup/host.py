"""Finds what this machine lacks for an engine, stand-ins and browser tests, and installs it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from helpers.core import names
from helpers.core.errors import EngineError, LabError
from helpers.core.machine import (
    ENGINE,
    IN_A_ROOT,
    SYSTEM_PATH,
    DebianPackage,
    is_here,
    is_root,
)
from helpers.setup.environment import NotReady, Say, venv_package

SERVICE_WAIT = 20
"""Seconds for a service that was just installed to answer."""

STAND_INS = (
    DebianPackage(
        "mmdebstrap", "mmdebstrap", "makes the first stand-in base from Debian's packages"
    ),
    DebianPackage(
        "debian-archive-keyring",
        "/usr/share/keyrings/debian-archive-keyring.gpg",
        "checks that those packages are Debian's",
    ),
)

CHROMIUM = DebianPackage("chromium", "chromium", "the browser that the tests drive")

DRIVER = DebianPackage("libatomic1", "libatomic.so.1", "a library that Playwright needs")
"""Playwright's Node.js is linked to it, and comes from PyPI without it."""

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
"""Commands and paths of browsers that the tests can drive."""


@dataclass(frozen=True)
class Facts:
    """The facts that decide how this machine can get an engine.

    system  `Linux`, `Darwin`, `Windows`
    root    whether this process may install anything
    debian  whether apt-get is here
    lacks   which of the packages asked for are not here
    """

    system: str
    root: bool
    debian: bool
    lacks: tuple[DebianPackage, ...]

    @classmethod
    def of(cls, wanted: Sequence[DebianPackage]) -> Facts:
        """The facts of this machine."""
        return cls(
            system=platform.system(),
            root=is_root(),
            debian=is_here("apt-get"),
            lacks=tuple(p for p in wanted if not is_here(p.mark)),
        )


def may_install_venv() -> bool:
    """Whether this is Debian's own Python, and this process may install what it lacks."""
    theirs = Path(sys.executable).resolve().parent == Path("/usr/bin")
    return theirs and is_root() and is_here("apt-get")


def has_engine() -> bool:
    """Whether an engine answers. Raises EngineError for one that is there, or was chosen, but can't
    be used: the person must repair that one."""
    from helpers.engine.find import find_engine

    try:
        find_engine(start=False).close()
    except EngineError as error:
        if not error.may_start_own:
            raise
        return False
    return True


def is_new() -> bool:
    """Whether the engine that answers has all that notebooks ask for."""
    from helpers.engine.find import find_engine
    from helpers.newer import HAS

    with find_engine(start=False) as engine:
        return HAS.met_by(engine)


def provide_engine(*, stand_ins: bool, yes: bool, say: Say) -> None:
    """Installs what is needed so that an engine answers, or a private one can be started.

    stand_ins  whether to install what makes the first stand-in, even where an engine answers
    yes        whether the person has agreed already
    say        gets a sentence about each thing that is done

    Raises NotReady where it isn't allowed or can't be done, EngineError for an engine that is there
    but can't be used.
    """
    answers = has_engine()
    wanted = [] if answers else [*ENGINE]
    if stand_ins or not answers:
        wanted += STAND_INS
    if answers and stand_ins and not is_new():
        wanted += IN_A_ROOT
    facts = Facts.of(wanted)
    if answers and not (facts.lacks and facts.root and facts.debian):
        return  # bases may come from elsewhere; if they don't, `bases` says so
    if not answers and not can_have(facts):
        raise NotReady(by_hand(facts))
    _ask(proposal(facts, answers=answers), yes=yes, say=say)
    if facts.lacks:
        apt_install([p.name for p in facts.lacks], say)
    if not answers and service_answers():
        say("The engine's own service has started and answers: it is used.")


def provide_venv(*, yes: bool, say: Say) -> bool:
    """Installs what Debian's Python lacks of `venv`, if this is root. Returns whether it did.

    Raises NotReady where the person says no, LabError with apt's words.
    """
    package = DebianPackage(venv_package(), "", "makes the folder that the packages go to, .venv")
    if not may_install_venv():
        return False
    head = "This Python can't make virtual environments. This would be done:"
    _ask([head, _line(f"install {package.name}", package.why)], yes=yes, say=say)
    apt_install([package.name], say)
    return True


def browser() -> str | None:
    """The path of a browser that the tests can drive, or None."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def browser_lacks() -> list[DebianPackage]:
    """The packages that driving a browser needs and that are not here."""
    lacks = [] if browser() else [CHROMIUM]
    if platform.system() == "Linux" and not is_here(DRIVER.mark):
        lacks.append(DRIVER)
    return lacks


def provide_browser(*, yes: bool, say: Say) -> None:
    """Installs what the tests need to drive a browser, if this is root on Debian. Elsewhere those
    tests are skipped, and counted as skipped. Raises NotReady where the person says no."""
    lacks = browser_lacks()
    if not lacks:
        return
    packages = [package.name for package in lacks]
    if not (is_root() and is_here("apt-get")):
        said = " and ".join(packages)
        say(f"Not here: {said}. The tests that drive JupyterLab in a browser are skipped.")
        return
    head = "The tests drive JupyterLab in a browser. This would be done:"
    lines = [_line(f"install {package.name}", package.why) for package in lacks]
    _ask([head, *lines], yes=yes, say=say)
    apt_install(packages, say)


def can_have(facts: Facts) -> bool:
    """Whether a private engine is possible: root on Linux, and what is missing can be installed."""
    return facts.system == "Linux" and facts.root and (facts.debian or not facts.lacks)


def proposal(facts: Facts, *, answers: bool) -> list[str]:
    """What would be done, a line for each thing."""
    if answers:
        lines = ["Stand-in bases, or a newer engine, need packages. This would be done:"]
    else:
        lines = ["No Docker engine answers on this machine. This would be done:"]
    lines += [_line(f"install {package.name}", package.why) for package in facts.lacks]
    if not answers:
        why = "for as long as it is needed, its data in your cache folder"
        lines.append(_line("start a private engine", why))
    return lines


def by_hand(facts: Facts) -> str:
    """A sentence on what the person must do where nothing can be installed for them."""
    if facts.system in ("Darwin", "Windows"):
        return "No Docker engine answers: start Docker Desktop, wait until it runs, then repeat."
    if facts.debian:
        packages = " ".join(p.name for p in facts.lacks if p in ENGINE)
        install = f"sudo apt-get update && sudo apt-get install --no-install-recommends {packages}"
        return (
            "No Docker engine answers, and only root may install or start one: type "
            f"`{install if packages else 'sudo systemctl start docker'}`, then "
            f"`sudo usermod -aG docker {names.owner()}`, log in again and repeat."
        )
    return (
        "No Docker engine answers: install Docker Engine (docs.docker.com/engine/install) or "
        "Podman, see that its service runs and that you may use its socket, then repeat."
    )


def agreed(yes: bool) -> bool:
    """Whether the person agrees. Without a terminal and without `yes` the answer is no."""
    if yes:
        return True
    if not sys.stdin or not sys.stdin.isatty():
        return False
    try:
        return input("Go on? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _ask(lines: list[str], *, yes: bool, say: Say) -> None:
    for line in lines:
        say(line)
    if not agreed(yes):
        raise NotReady(
            "Nothing was installed or started: repeat the command with --yes, or see to it "
            "yourself first."
        )


def _line(what: str, why: str) -> str:
    return f"  {what:<31} {why}"


def apt_install(packages: Sequence[str], say: Say) -> None:
    """Installs Debian packages without asking, and without those that they only recommend.

    Raises LabError with apt's own words.
    """
    say(f"Installing {', '.join(packages)} …")
    path = f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"
    quiet = {**os.environ, "PATH": path, "DEBIAN_FRONTEND": "noninteractive"}
    get = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        nothing = subprocess.DEVNULL
        return subprocess.run(
            [*get, *command], env=quiet, stdin=nothing, capture_output=True, text=True
        )

    for attempt in (1, 2):
        run("update")  # mirrors drop old versions; where this fails, the install may still work
        result = run("install", "--no-install-recommends", *packages)
        if result.returncode == 0:
            return
        if attempt == 1:
            say("That failed; once more …")
            time.sleep(5)
    errors = [line for line in result.stderr.splitlines() if line.startswith("E:")]
    raise LabError(
        f"apt-get could not install {', '.join(packages)} ({(errors or ['no message'])[0]}): "
        "put that right, then repeat."
    )


def service_answers() -> bool:
    """Whether the service that came with the package starts by itself and answers."""
    deadline = time.monotonic() + SERVICE_WAIT
    while _service_is_coming():
        if has_engine():
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(1)
    return False


def _service_is_coming() -> bool:
    """Whether an init system is here, or a daemon's pid file."""
    marks = ("/run/systemd/system", "/run/docker.pid", "/run/docker-ssd.pid")
    return any(Path(mark).exists() for mark in marks)
