"""The classic builder's and Podman's progress: reads their text, and gives BuildKit's Events."""

from __future__ import annotations

import re
from typing import Any

from helpers.build.steps import Step, Steps
from helpers.build.trace import Work
from helpers.core.events import Event, ProgressCallback

_STEP = re.compile(r"Step (?P<number>\d+)/\d+ : (?P<keyword>\w+)")
_PODMANS_STEP = re.compile(
    r"(?:\[(?P<stage>\d+)/\d+\] )?STEP (?P<number>\d+)/\d+: (?P<keyword>\w+).*\n", re.DOTALL
)
_RUNNING = re.compile(r" ---> Running in ([0-9a-f]+)\n")
_CACHED = re.compile(r" ---> Using cache\n|--> Using cache [0-9a-f]+\n")
_COMMIT = re.compile(r"(?:\[\d+/\d+\] )?COMMIT .*\n")
_NOTES = re.compile(
    r" ---> [0-9a-f]*\n|( ---> Removed|Removing) intermediate container [0-9a-f]+\n"
    r"|--> [0-9a-f]{12}\n|Successfully (built|tagged) .*\n"
)
_STDERR = re.compile(r"\x1b\[91m(.*)\x1b\[0m", re.DOTALL)


class Classic:
    """Follows one build. `feed` it each message; it tells the listener what is new.

    works      what was worked on, in order
    container  the container of the step that runs, or ""
    image      the id of the last image that was made, or ""
    """

    def __init__(self, steps: Steps, listener: ProgressCallback, is_podman: bool = False) -> None:
        self.works: list[Work] = []
        self.container = ""
        self.image = ""
        self._steps = steps
        self._listener = listener
        self._is_podman = is_podman
        self._pulled: dict[str, tuple[int, int]] = {}
        self._work: Work | None = None
        self._is_new = False  # the step's own line is not ended yet

    def feed(self, message: dict[str, Any]) -> None:
        """Takes one message of the stream."""
        if "aux" in message:
            self.image = message["aux"].get("ID", self.image)
        elif "stream" in message:
            self._text(message["stream"])
        elif message.get("progressDetail"):
            detail = message["progressDetail"]
            pulled = detail.get("current", 0), detail.get("total", 0)
            self._pulled[message.get("id", "")] = pulled
            self._tell()
        elif "errorDetail" in message:
            self._end("error")

    def failed(self, error: str) -> tuple[Work | None, str]:
        """The work that failed, as `Trace.failed`."""
        return self._work, ""

    def ended(self) -> None:
        """Takes note that the build has ended well."""
        self._end("done")

    def _text(self, text: str) -> None:
        is_new, self._is_new = self._is_new, False
        if is_new and text == "\n":
            return
        if step := _STEP.match(text):
            self._is_new = True
            self._begin(self._steps.of_number(int(step["number"])), step["keyword"])
        elif self._is_podman and (step := _PODMANS_STEP.fullmatch(text)):
            stage = int(step["stage"] or 1)
            self._begin(self._steps.of_number(int(step["number"]), stage), step["keyword"])
        elif running := _RUNNING.fullmatch(text):
            self.container = running[1]
        elif _CACHED.fullmatch(text):
            self._end("cached")
        elif self._is_podman and _COMMIT.fullmatch(text):
            self._begin(None, "")
        elif not _NOTES.fullmatch(text) and self._work:
            # standard error comes in red
            plain = red[1] if (red := _STDERR.fullmatch(text)) else text
            self._work.pieces.append(plain)
            self._tell(plain)

    def _begin(self, step: Step | None, keyword: str) -> None:
        self._end("done")
        self._pulled.clear()
        self.container = ""
        if step and step.sent.keyword != keyword.upper():
            step = None  # the builder's own: a LABEL after the target's last step
        self._work = Work(step, step.name) if step else None
        if step and step.makes:
            self.works.append(self._work)
            self._tell()

    def _end(self, state: str) -> None:
        if self._work and not self._work.state:
            self._work.state = state
            if state != "error":
                self._work.pieces.clear()
            self._tell()

    def _tell(self, log: str = "") -> None:
        work = self._work
        if work and work.step and work.step.makes:
            current = sum(each for each, _ in self._pulled.values())
            total = sum(each for _, each in self._pulled.values())
            state = work.state or "running"
            self._listener(Event(work.name, work.name, state, current, total, log))
