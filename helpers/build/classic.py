"""Reads the progress of the classic builder and of Podman, which is text, into Events."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from helpers.build.steps import Step, Steps
from helpers.build.trace import State, Work
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
    """Follows one build. Give each message to `take`; the listener gets the Events.

    works      the steps that have begun, in order
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

    def take(self, message: Mapping[str, Any]) -> None:
        """Reads one message of the stream."""
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
        """The work that failed; see `Trace.failed`."""
        return self._work, ""

    def ended(self) -> None:
        """To be called when the build has succeeded."""
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
            # standard error is sent in red
            plain = red[1] if (red := _STDERR.fullmatch(text)) else text
            self._work.pieces.append(plain)
            self._tell(plain)

    def _begin(self, step: Step | None, keyword: str) -> None:
        self._end("done")
        self._pulled.clear()
        self.container = ""
        if step and step.sent.keyword != keyword.upper():
            step = None  # the builder's own, such as a LABEL after the target's last step
        self._work = work = Work(step, step.name) if step else None
        if work and step and step.makes:
            self.works.append(work)
            self._tell()

    def _end(self, state: State) -> None:
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
