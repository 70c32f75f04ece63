"""Runs the tests, on two workers while the bases are made; counts them, and looks whether anything
is left behind."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
import uuid
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from helpers import newer
from helpers.bases.source import Bases
from helpers.core import names
from helpers.core.errors import LabError
from helpers.engine.client import Engine
from helpers.engine.find import find_engine
from helpers.setup import doctor
from helpers.setup.environment import Say
from helpers.testing import leaks, processes
from helpers.testing.chosen import Chosen
from helpers.testing.side_by_side import part_of
from helpers.view import terminal, units

WORKERS = 2
"""Tests that run side by side: while one compiles, the other waits for the engine."""

GRACE = 5
"""Seconds that what is ending gets to end."""

OTHERS_PASS = 0o711
"""Of a folder for temporary files: some tests ask what another user may read in theirs."""

NO_TESTS = 5
"""Pytest's exit status where no test was chosen, as with `-k`."""


@dataclass
class Part:
    """How many tests of a part ended how, and the seconds that they took."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0


def run(chosen: Chosen, say: Say) -> int:
    """Runs the tests that were chosen and prints what came of them; the last line counts.

    Returns 0 if something ran and nothing failed, 130 if it was interrupted, else 1.
    """
    mark = uuid.uuid4().hex
    os.environ[names.RUN_VARIABLE] = mark  # inherited by all that is started from here on
    before = _look(mark, chosen)
    left: list[str] = []
    status = None  # and stays so if it is interrupted
    with _folder() as folder:
        with _engine(mark, left) if chosen.engine else nullcontext() as engine:
            # A narrowed run needs few bases, and each is made by the test that needs it.
            bases = partial(_make_bases, engine, say) if engine and not chosen.arguments else None
            with suppress(KeyboardInterrupt), _meanwhile(bases):
                status = _pytest(chosen, folder)
        with processes.uninterrupted():
            left += _left_on_host(mark, before, chosen)
        parts = _parts(folder)
        left += [f"temporary file left behind: {name}" for name in _left_in(folder)]
    return _report(parts, status, left)


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for the temporary files of the tests, and beside it what pytest counts."""
    with tempfile.TemporaryDirectory(prefix="shrink-test-") as name:
        folder = Path(name, "temporary")
        for each in (folder.parent, folder):
            each.mkdir(exist_ok=True)
            each.chmod(OTHERS_PASS)  # what mkdir is told, a umask may take back
        yield folder


@contextmanager
def _engine(mark: str, left: list[str]) -> Iterator[Engine]:
    """The engine, held while the tests run. What they left on it is removed; `left` tells."""
    engine = find_engine()
    try:
        doctor.check_room(engine)
        yield engine
    finally:
        with processes.uninterrupted():
            found = leaks.containers(engine, mark)
            left += [f"container left behind: {each}" for each in found]
            leaks.remove_containers(engine, found)
            left += _left_on_newer(mark)
            engine.close(wait=True)


def _left_on_newer(mark: str) -> list[str]:
    """What the tests left on the newer engine, where there is one; it is removed."""
    if not newer.is_made() or newer.obstacle():
        return []
    engine = newer.joined()
    try:
        found = leaks.containers(engine, mark)
        leaks.remove_containers(engine, found)
    finally:
        engine.close(wait=True)
    return [f"container left behind on the newer engine: {each}" for each in found]


def _look(mark: str, chosen: Chosen, *, engine_stays: bool = False) -> leaks.HostState:
    """What is on this host of what the tests could leave there: without an engine, processes."""
    if chosen.engine:
        return leaks.host(mark, engine_stays=engine_stays)
    return leaks.running(mark)


def _left_on_host(mark: str, before: leaks.HostState, chosen: Chosen) -> list[str]:
    """What the run left there; processes are ended. What ends by itself in `GRACE` is nothing."""
    stays = _a_private_engine_is_used()
    deadline = time.monotonic() + GRACE
    while lines := leaks.difference(before, _look(mark, chosen, engine_stays=stays)):
        if time.monotonic() > deadline:
            break
        time.sleep(0.5)
    leaks.end_processes(mark, engine_stays=stays)
    return lines


def _a_private_engine_is_used() -> bool:
    if sys.platform != "linux":
        return False
    from helpers.engine import private

    return bool(private.users() or newer.users())


@contextmanager
def _meanwhile(task: Callable[[], None] | None) -> Iterator[None]:
    """Does a task, if there is one, while the `with` block runs; an interrupt doesn't wait for it:
    the engine stops what it still builds when this process goes."""
    thread = threading.Thread(target=task, daemon=True) if task else None
    if thread:
        thread.start()
    yield
    if thread:
        thread.join()


def _make_bases(engine: Engine, say: Say) -> None:
    """Makes every base in the notebooks' order, so that few tests wait for one."""
    bases = Bases(engine)
    say(f"Bases: {bases.source_line}")
    for name in bases.in_order():
        began = time.monotonic()
        try:
            base = bases.ensure(name)
        except LabError as error:
            say(f"  {name}: {error}")  # the tests that need it fail, and are counted
        else:
            say(f"  {terminal.base_line(base, time.monotonic() - began)}")


def _pytest(chosen: Chosen, folder: Path) -> int:
    """Runs pytest, whose output is this process's own, and returns its exit status. An interrupt
    ends it as Ctrl-C does, and comes back when it has ended."""
    command = [sys.executable, "-m", "pytest", "-v", "--durations=10", "-p", "no:cacheprovider"]
    command += ["-c", "pyproject.toml", "--color=no", f"--junit-xml={_counted(folder)}"]
    command += ["--nbval"] if chosen.notebooks else []
    if chosen.everything:
        command += [f"--numprocesses={WORKERS}", "-p", "helpers.testing.side_by_side"]
        command += ["--continue-on-collection-errors", "notebooks", "tests"]
    command += chosen.arguments
    process = processes.start(command, PYTHONUNBUFFERED="1", TMPDIR=str(folder))
    try:
        return process.wait()
    finally:
        processes.end(process)


def _counted(folder: Path) -> Path:
    """Where pytest writes what became of each test."""
    return folder.with_suffix(".xml")


def _parts(folder: Path) -> dict[str, Part]:
    """What became of the tests, by part; of an interrupted run too."""
    parts: dict[str, Part] = {}
    with suppress(OSError, ElementTree.ParseError):
        for case in ElementTree.parse(_counted(folder)).iter("testcase"):
            name = case.get("classname")  # `tests.unit.test_x`
            if name is None:
                continue  # it had begun when an interrupt came
            part = parts.setdefault(part_of(name.replace(".", "/")), Part())
            kinds = {each.tag for each in case}
            if kinds & {"failure", "error"}:
                part.failed += 1
            elif "skipped" in kinds:
                part.skipped += 1
            else:
                part.passed += 1
            part.seconds += float(case.get("time", 0))
    return parts


def _left_in(folder: Path) -> list[str]:
    """What the tests left among the temporary files, but for pytest's own folder: it keeps there
    the `tmp_path` of its last tests."""
    return sorted(p.name for p in folder.iterdir() if not p.name.startswith("pytest-of-"))


def _report(parts: Mapping[str, Part], status: int | None, left: Sequence[str]) -> int:
    """Prints what came of them, and gives this command's exit status.

    status  pytest's, or None if it was interrupted
    """
    print()
    for name, part in parts.items():
        figures = f"{part.passed} passed, {part.failed} failed, {part.skipped} skipped"
        print(f"{name:<15} {figures}, {units.seconds(part.seconds)}")
    for line in left:
        print(line)
    interrupted = status is None
    passed = sum(part.passed for part in parts.values())
    failed = sum(part.failed for part in parts.values())
    skipped = sum(part.skipped for part in parts.values())
    if not interrupted:
        broke_off = not failed and status not in (0, NO_TESTS)
        failed += broke_off + bool(left)
    if interrupted:
        print("Interrupted: not everything was run, and what it had started was removed.")
    elif left:
        print("Left behind by the tests, which counts as a failure. What could be was removed.")
    elif not passed + failed:
        print("No test was run.")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    if interrupted:
        return 130
    return 1 if failed or not passed else 0
