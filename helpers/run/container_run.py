"""A container's outcome: starts an image's command, waits, removes the container, and gives `Run`.
A failing container is a result; only an engine that fails raises."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import docker.errors
import requests.exceptions

from helpers.core.errors import EngineError
from helpers.core.events import CancellationToken
from helpers.core.value import Value
from helpers.diagnosis.command import Process
from helpers.diagnosis.diagnose import Diagnosis, Examination, examine
from helpers.engine.container import temporary

if TYPE_CHECKING:
    from helpers.image.open_image import OpenImage

KEPT = 1_000_000
"""Bytes of output that are kept, from its beginning."""

DRAIN = 5.0
"""Seconds that the last output may take to arrive once the container has ended."""

KILLED = 137

EXEC_FAILED = frozenset((1, 126, 127, 255))
"""Exit codes that engines give a container whose program could not be started after all."""

INIT_SAW_SIGNAL = re.compile(rb"Main child exited with signal \(")
"""What tini, the init of Docker, says of a program that a signal ended."""


@dataclass(frozen=True, repr=False)
class Run(Value):
    """What came of a container.

    ok         whether the program ran and ended with 0
    exit_code  of the program, None when nothing started
    output     what the program printed on both streams, as it came
    error      the engine's own words where it could not start the program, or None
    timed_out  whether it was still running when its time was up, and was stopped
    seconds    from its start to its end
    diagnosis  why it failed, or None where it didn't or the image doesn't tell
    """

    ok: bool
    exit_code: int | None
    output: str
    error: str | None
    timed_out: bool
    seconds: float
    diagnosis: Diagnosis | None

    @property
    def ending(self) -> str:
        """How it ended, in a word or two: `ran`, `exit 1`, `did not start`."""
        if self.timed_out:
            return "stopped: it ran out of time"
        if self.exit_code is None:
            return "did not start"
        return "ran" if self.exit_code == 0 else f"exit {self.exit_code}"


@dataclass(frozen=True)
class Settings:
    """How a container is to be run; None leaves what the image says.

    command     the words after the entry point, none for the image's own
    entrypoint  in place of the image's; the image's command goes with it
    """

    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    env: tuple[str, ...] = ()
    user: str | None = None
    memory: str | int | None = None
    network: str | None = None
    init: bool = False


def run(
    image: OpenImage,
    command: Sequence[str] = (),
    *,
    entrypoint: str | Sequence[str] | None = None,
    env: Mapping[str, str] | None = None,
    user: str | int | None = None,
    memory: str | int | None = None,
    network: str | None = None,
    timeout: float = 60,
    stops: CancellationToken | None = None,
) -> Run:
    """Runs an image once and removes the container, whatever happens.

    command     the words after the entry point; without any, the image's own
    entrypoint  one program, or its words too, in place of the image's; "" for none
    env         variables to add
    user        in place of the image's
    memory      the most that it may use, in bytes or as `64m`; no swap beside it
    network     a network's name, `none` or `host`
    timeout     seconds; a container that runs longer is stopped
    stops       is told how to stop the container, for another thread to do it

    Raises EngineError where the engine doesn't answer, LabError where the image is gone.
    """
    settings = Settings(
        command=tuple(command),
        entrypoint=(entrypoint,) if isinstance(entrypoint, str) else _tuple(entrypoint),
        env=tuple(f"{name}={value}" for name, value in (env or {}).items()),
        user=None if user is None else str(user),
        memory=memory,
        network=network,
    )
    stops = stops or CancellationToken()
    outcome = _outcome(image, settings, timeout, stops)
    if outcome.exit_code == 0 or outcome.timed_out or not outcome.made:
        return _as_run(outcome, None)
    process = _process(image, settings, outcome)
    with image.rootfs as fs:
        finding = examine(fs, process)
        if not finding.diagnosis:
            proven = _ended_by(image, settings, outcome, finding, stops)
            finding = examine(fs, replace(process, **proven)) if proven else finding
    if finding.nothing_ran and outcome.exit_code is not None:
        # The engine called it started; what it printed then are the engine's words.
        outcome = replace(
            outcome, exit_code=None, error=outcome.text.strip(), output=b"", printed=0
        )
    return _as_run(outcome, finding.diagnosis)


@dataclass(frozen=True)
class ContainerOutcome:
    """What the engine says of a container. `output` is bytes, at most `KEPT` of `printed`; `made`
    is False where the engine didn't even make the container."""

    exit_code: int | None
    output: bytes = b""
    printed: int = 0
    error: str | None = None
    timed_out: bool = False
    oom: bool = False
    seconds: float = 0.0
    made: bool = True

    @property
    def text(self) -> str:
        """The output, with a line at its end where some of it was not kept."""
        text = self.output.decode("utf-8", "replace")
        more = self.printed - len(self.output)
        return f"{text}\n[{more:,} more bytes of output are not kept]\n" if more > 0 else text

    @property
    def may_be_engines_words(self) -> bool:
        """Whether it looks as an engine leaves a container whose program did not start: a program
        that printed more, or ended otherwise, certainly did."""
        one_line = self.output.count(b"\n") <= 1 and b"exec" in self.output
        return self.exit_code is None or (self.exit_code in EXEC_FAILED and one_line)


def _as_run(outcome: ContainerOutcome, diagnosis: Diagnosis | None) -> Run:
    return Run(
        ok=outcome.exit_code == 0 and not outcome.timed_out,
        exit_code=outcome.exit_code,
        output=outcome.text,
        error=outcome.error,
        timed_out=outcome.timed_out,
        seconds=outcome.seconds,
        diagnosis=diagnosis,
    )


def _process(image: OpenImage, settings: Settings, outcome: ContainerOutcome) -> Process:
    """What the container was told to start, by the rules of ENTRYPOINT and CMD."""
    config = image.config
    own = tuple(config.entrypoint or ())
    entrypoint = own if settings.entrypoint is None else settings.entrypoint
    entrypoint = () if entrypoint == ("",) else entrypoint
    keeps_command = settings.entrypoint is None and not settings.command
    command = tuple(config.command or ()) if keeps_command else settings.command
    if settings.entrypoint is None and own:
        instruction, written = "ENTRYPOINT", len(own)
    else:
        instruction, written = "CMD" if keeps_command else "", None
    return Process(
        argv=(*entrypoint, *command),
        instruction=instruction,
        written=written,
        workdir=config.workdir or "/",
        env=dict(line.partition("=")[::2] for line in (*config.env, *settings.env)),
        user=config.user or "" if settings.user is None else settings.user,
        architecture=image.engine.architecture,
        exit_code=outcome.exit_code,
        oom=outcome.oom,
        started=not outcome.may_be_engines_words,
    )


def _ended_by(
    image: OpenImage,
    settings: Settings,
    outcome: ContainerOutcome,
    finding: Examination,
    stops: CancellationToken,
) -> dict[str, Any]:
    """What ended a program from outside, as fields of `Process`, where that can be proven.

    A program that exits with 139 looks as one that a signal killed. So it is run once more as the
    child of an init, which is told by the kernel which of the two it was and says so.
    """
    code, last = outcome.exit_code, finding.last
    if code is None or not 128 < code <= 128 + 64 or outcome.oom or not last or not last.path:
        return {}
    again = replace(
        settings,
        init=True,
        entrypoint=(last.path,),
        command=last.argv[1:],
        env=(*settings.env, "TINI_VERBOSITY=3"),
    )
    seen = _outcome(image, again, max(10, 2 * outcome.seconds), stops)
    if seen.timed_out or seen.exit_code is None or seen.exit_code <= 128:
        return {}
    if seen.oom:  # which the engine may hear of too late, and has the first time
        return {"oom": True}
    return {"signal": seen.exit_code - 128} if INIT_SAW_SIGNAL.search(seen.output) else {}


def _outcome(
    image: OpenImage, settings: Settings, timeout: float, stops: CancellationToken
) -> ContainerOutcome:
    """Runs one container to its end and removes it."""
    options = {
        "command": list(settings.command) or None,
        "entrypoint": None if settings.entrypoint is None else list(settings.entrypoint),
        "environment": list(settings.env),
        "user": settings.user,
        "mem_limit": settings.memory,
        "memswap_limit": settings.memory,
        "network_mode": settings.network,
        "init": settings.init,
        # what it prints is read as it comes: a log would fill the engine's disk
        "log_config": {"Type": "none"},
    }
    try:
        with temporary(image.engine, image.id, **options) as container:
            return _watch(image.engine.client.api, container, timeout, stops)
    except docker.errors.APIError as refusal:
        return ContainerOutcome(None, error=_words(refusal), made=False)
    except (requests.exceptions.RequestException, docker.errors.DockerException) as error:
        raise EngineError(
            f"The engine at {image.engine.host} stopped answering while a container ran "
            f"({error}): see whether it still runs, and try again."
        ) from None


def _watch(api: Any, container: str, timeout: float, stops: CancellationToken) -> ContainerOutcome:
    with _attached(api, container) as output:
        began = time.monotonic()
        try:
            api.start(container)
        except docker.errors.APIError as refusal:
            return ContainerOutcome(
                None, error=_words(refusal), oom=_state(api, container)["OOMKilled"]
            )

        def kill() -> None:
            with suppress(docker.errors.APIError):  # it ended by itself just now
                api.kill(container)

        with stops.on(kill):
            timed_out = not _ends(api, container, timeout)
        if timed_out:
            kill()
            _ends(api, container, 30)
        seconds = time.monotonic() - began
        output.wait()
    state = _state(api, container)
    if state["ExitCode"] == KILLED and not timed_out:
        state = _late_state(api, container)
    return ContainerOutcome(
        exit_code=state["ExitCode"],
        output=bytes(output.kept),
        printed=output.printed,
        timed_out=timed_out,
        oom=state["OOMKilled"],
        seconds=seconds,
    )


def _ends(api: Any, container: str, timeout: float) -> bool:
    """Waits for the end of a container, and says whether it came in time."""
    try:
        api.wait(container, timeout=timeout)
    except (requests.exceptions.ReadTimeout, requests.exceptions.ConnectionError):
        return not _state(api, container)["Running"]  # an engine that has gone away raises here
    return True


def _state(api: Any, container: str) -> Mapping[str, Any]:
    return {"OOMKilled": False, **api.inspect_container(container)["State"]}


def _late_state(api: Any, container: str) -> Mapping[str, Any]:
    """The state of a container that was killed, once the engine knows whether memory ran out: it
    may hear of that a little later than of the end."""
    for _ in range(10):
        state = _state(api, container)
        if state["OOMKilled"]:
            break
        time.sleep(0.1)
    return state


@contextmanager
def _attached(api: Any, container: str) -> Iterator[_Output]:
    stream = api.attach(container, stdout=True, stderr=True, stream=True)
    try:
        yield _Output(stream)
    finally:
        with suppress(docker.errors.DockerException, OSError, ValueError):
            stream.close()


class _Output:
    """What a container prints, read while it runs: a full pipe would make the program wait."""

    def __init__(self, stream: Any) -> None:
        self.kept = bytearray()
        self.printed = 0
        self._stream = stream
        self._thread = threading.Thread(target=self._read, daemon=True, name="output")
        self._thread.start()

    def wait(self) -> None:
        """Until all has come that was printed."""
        self._thread.join(DRAIN)

    def _read(self) -> None:
        with suppress(docker.errors.DockerException, OSError, ValueError):  # closed meanwhile
            for chunk in self._stream:
                self.printed += len(chunk)
                self.kept += chunk[: KEPT - len(self.kept)]


def _words(refusal: docker.errors.APIError) -> str:
    said = refusal.explanation or refusal
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def _tuple(words: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if words is None else tuple(words)
