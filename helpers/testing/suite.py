"""Knows how every test is run, two parts of them side by side while the bases are made; counts the
tests, and looks whether anything is left behind."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
import uuid
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from helpers import newer
from helpers.core import names
from helpers.core.errors import LabError
from helpers.engine.client import Engine
from helpers.engine.find import find_engine
from helpers.setup import doctor
from helpers.setup.environment import Say
from helpers.testing import leaks as leftovers
from helpers.testing import processes
from helpers.view import terminal, units

TICK = 60
"""Seconds between two signs of life."""

GRACE = 5
"""Seconds that what is ending gets to end."""

OTHERS_PASS = 0o711
"""Of a folder for temporary files: some tests ask what another user may read in theirs."""


@dataclass(frozen=True)
class Part:
    """Tests that one pytest runs: their name, and pytest's arguments."""

    name: str
    arguments: tuple[str, ...]


UNIT = Part("unit tests", ("tests/unit", "tests/test_notebooks.py", "tests/test_book.py"))
LAST = ("tests/engine/test_commands.py", "tests/engine/test_variants.py")
"""Of the engine's tests those that are a part of their own: see PARTS."""
ENGINE = Part("engine tests", ("tests/engine", *(f"--ignore={path}" for path in LAST)))
VARIANTS = Part("variants and commands", LAST)
NOTEBOOKS = Part("notebooks", ("--nbval", "notebooks"))
BROWSER = Part("browser tests", ("tests/browser",))

PARTS = (NOTEBOOKS, UNIT, ENGINE, BROWSER, VARIANTS)
"""In the order in which they begin. The notebooks need the bases in the order in which they are
made, the engine's tests in any: so those come after the ones that need no engine. The browser's,
whose pages wait for seconds, come when part one's bases are there and most of its images are built.
The variants, and the commands with them, are a part of their own and come last: so both places have
work until the end."""

AT_ONCE = 2
"""Parts that run side by side: while one compiles, the other waits for the engine."""


@dataclass(frozen=True)
class Outcome:
    """What came of one part. `seconds` from its start to its end; `left` are the temporary files
    and folders that are still there then."""

    name: str
    passed: int
    failed: int
    skipped: int
    seconds: float
    left: tuple[str, ...] = ()


def run(others: Sequence[str], say: Say) -> int:
    """Runs everything and prints it; the last line counts.

    others  arguments for pytest; with paths or `::` names among them, only those are run

    Returns 0 if something ran and nothing failed, 130 if it was interrupted, else 1.
    """
    mark = uuid.uuid4().hex
    os.environ[names.RUN_VARIABLE] = mark  # inherited by all that is started from here on
    before = leftovers.host(mark)
    outcomes: list[Outcome] = []
    left: list[str] = []
    interrupted = False
    with _engine(mark, left) as engine:
        try:
            if chosen := _chosen(others):
                _run_parts([chosen], others, outcomes, say)
            else:
                with _meanwhile(None if others else lambda: _make_bases(engine, say)):
                    _run_parts(PARTS, others, outcomes, say)
        except KeyboardInterrupt:
            interrupted = True
    with processes.uninterrupted():
        left += _left_on_host(mark, before)
    left += [f"temporary file left behind: {name}" for each in outcomes for name in each.left]
    return _report(outcomes, left, interrupted)


@contextmanager
def _engine(mark: str, left: list[str]) -> Iterator[Engine]:
    """The engine, held while the tests run. What they left on it is removed; `left` tells."""
    engine = find_engine()
    try:
        doctor.check_room(engine)
        yield engine
    finally:
        with processes.uninterrupted():
            found = leftovers.containers(engine, mark)
            left += [f"container left behind: {each}" for each in found]
            leftovers.remove_containers(engine, found)
            left += _left_on_newer(mark)
            engine.close(wait=True)


def _left_on_newer(mark: str) -> list[str]:
    """What the tests left on the newer engine, where there is one; it is removed."""
    if not newer.is_made() or newer.obstacle():
        return []
    engine = newer.joined()
    try:
        found = leftovers.containers(engine, mark)
        leftovers.remove_containers(engine, found)
    finally:
        engine.close(wait=True)
    return [f"container left behind on the newer engine: {each}" for each in found]


def _left_on_host(mark: str, before: leftovers.Look) -> list[str]:
    """What the run left there; processes are ended. What ends by itself in `GRACE` is nothing."""
    stays = _a_private_engine_is_used()
    deadline = time.monotonic() + GRACE
    while lines := leftovers.difference(before, leftovers.host(mark, engine_stays=stays)):
        if time.monotonic() > deadline:
            break
        time.sleep(0.5)
    leftovers.end_processes(mark, engine_stays=stays)
    return lines


def _a_private_engine_is_used() -> bool:
    if sys.platform != "linux":
        return False
    from helpers.engine import private

    return bool(private.users() or newer.users())


def _chosen(others: Sequence[str]) -> Part | None:
    """The part that pytest's arguments name by paths, if they do."""
    pairs = zip(["", *others], others, strict=False)
    words = [each for before, each in pairs if before not in ("-k", "-m")]
    paths = [each for each in words if (names.ROOT / each.split("::")[0]).exists()]
    if not paths:
        return None
    return Part("chosen tests", ("--nbval",) if any(".ipynb" in path for path in paths) else ())


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
    from helpers.bases.source import Bases

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


def _run_parts(
    parts: Sequence[Part], others: Sequence[str], outcomes: list[Outcome], say: Say
) -> None:
    """Runs `AT_ONCE` parts at a time, the next when one ends, and shows the output of each, whole,
    when it ends.

    others    arguments for each pytest
    outcomes  gets theirs, also of those that an interrupt ends
    """
    with tempfile.TemporaryDirectory(prefix="shrink-test-") as folder:
        Path(folder).chmod(OTHERS_PASS)
        waiting = list(parts)
        running: list[_Running] = []
        heard = time.monotonic()
        try:
            while waiting or running:
                while waiting and len(running) < AT_ONCE:
                    part = waiting.pop(0)
                    stem = Path(folder) / part.name.replace(" ", "-")
                    running.append(_Running(part, others, stem))
                for each in [each for each in running if each.process.poll() is not None]:
                    running.remove(each)
                    outcomes.append(each.finish())
                if time.monotonic() - heard > TICK:
                    heard = time.monotonic()
                    for each in running:
                        say(f"… {each.part.name}: {each.state()}")
                time.sleep(0.2)
        finally:
            for each in running:  # none, unless it was interrupted
                processes.end(each.process)
                outcomes.append(each.finish(whole=False))


class _Running:
    """One pytest, its output in a file until it ends."""

    def __init__(self, part: Part, others: Sequence[str], stem: Path) -> None:
        self.part = part
        self._output = stem.with_suffix(".txt")
        self._counts = stem.with_suffix(".xml")
        self._temporary = stem
        self._temporary.mkdir()
        self._temporary.chmod(OTHERS_PASS)  # what mkdir is told, a umask may take back
        self._began = time.monotonic()
        command = [sys.executable, "-m", "pytest", "-v", "--durations=10", "-p", "no:cacheprovider"]
        command += ["-c", "pyproject.toml", f"--junit-xml={self._counts}", "--color=no"]
        command += [*part.arguments, *others]
        with self._output.open("w") as output:
            own = {"PYTHONUNBUFFERED": "1", "TMPDIR": str(self._temporary)}
            self.process = processes.start(command, to=output, **own)

    def state(self) -> str:
        """The last line of its output."""
        lines = self._output.read_text(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "has begun")

    def finish(self, *, whole: bool = True) -> Outcome:
        """Shows the output of a pytest that has ended, and counts. `whole`: it ended by itself."""
        seconds = time.monotonic() - self._began
        output = self._output.read_text(errors="replace")
        print(f"\n===== {self.part.name} =====\n{output}", flush=True)
        counts = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
        with suppress(OSError, ElementTree.ParseError):
            for suite in ElementTree.parse(self._counts).iter("testsuite"):
                for key in counts:
                    counts[key] += int(suite.get(key, 0))
        failed = counts["failures"] + counts["errors"]
        # Status 5 is pytest's for no tests, as with -k; any other without a failure is a crash.
        if whole and self.process.returncode not in (0, 5) and not failed:
            failed = 1
        passed = max(counts["tests"] - failed - counts["skipped"], 0)
        left = tuple(sorted(p.name for p in self._temporary.iterdir() if not _is_pytests(p)))
        return Outcome(self.part.name, passed, failed, counts["skipped"], seconds, left)


def _is_pytests(path: Path) -> bool:
    """Whether it is the folder in which pytest keeps the `tmp_path` of its last tests."""
    return path.name.startswith("pytest-of-")


def _report(outcomes: Sequence[Outcome], left: Sequence[str], interrupted: bool) -> int:
    for each in outcomes:
        figures = f"{each.passed} passed, {each.failed} failed, {each.skipped} skipped"
        print(f"{each.name:<14} {figures}, {units.seconds(each.seconds)}")
    for line in left:
        print(line)
    passed = sum(each.passed for each in outcomes)
    failed = sum(each.failed for each in outcomes) + bool(left and not interrupted)
    skipped = sum(each.skipped for each in outcomes)
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
