"""Builds an image: a Dockerfile and a context in, the image's id out, news of it on the way.

There is one path to every builder: `POST /build` of the Engine API, with the context as the body.
"""

from __future__ import annotations

import base64
import json
import queue
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
import urllib3

from helpers.build import failure as failures
from helpers.build.classic import Classic
from helpers.build.context import Context, ContextTar
from helpers.build.failed_run import examined
from helpers.build.options import PLAIN, BuildOptions
from helpers.build.session import session
from helpers.build.steps import stage_names, steps
from helpers.build.trace import Trace
from helpers.core.errors import EngineError, LabError
from helpers.core.events import CancellationToken, Event, ProgressCallback, ignore
from helpers.dockerfile.instructions import instructions
from helpers.dockerfile.sent import sent
from helpers.engine.needs import Needs, described

if TYPE_CHECKING:
    from helpers.engine.client import Engine

SENDING = "sending the context"
"""The event of the context's upload; its `current` counts bytes of file contents."""

REWRITES = Needs("0.13", "containerd")
"""What can rewrite the times of files in layers."""

REWRITTEN = {"Type": "image", "Attrs": {"rewrite-timestamp": "true"}}
"""The exporter that does. The engine's own, `moby`, unpacks what it exports, and one that was to do
both refuses (moby/buildkit issue 4230). Of this one's images the engine unpacks what it runs."""

_PATIENCE = 10.0  # seconds for an engine to stop a build
_AHEAD = 100  # messages that are read before the listener has heard the first


@dataclass(frozen=True)
class Ran:
    """A step that was part of a build: its name, its line, and whether the cache had its result."""

    name: str
    line: int
    cached: bool


@dataclass(frozen=True)
class Built:
    """An image that was built.

    id             the engine's id of it
    context_size   bytes of file contents that were sent, the Dockerfile not counted
    context_files  how many files these were
    steps          what the builder did, in the Dockerfile's order; a stage that it left out isn't
                   among them
    """

    id: str
    context_size: int
    context_files: int
    steps: tuple[Ran, ...]


def build(
    engine: Engine,
    context: Path,
    dockerfile: str,
    *,
    tag: str,
    bases: Mapping[str, str] | None = None,
    options: BuildOptions = PLAIN,
    labels: Mapping[str, str] | None = None,
    listener: ProgressCallback = ignore,
    dockerfile_path: Path | None = None,
    stops: CancellationToken | None = None,
    tries: int = 3,
) -> Built:
    """Builds an image and tags it.

    context          the folder that is sent, less what its `.dockerignore` leaves out
    dockerfile       the text
    tag              what the image is called
    bases            by the name in the Dockerfile, the engine's reference for a base image
    options          target, arguments, secrets, cache: see `BuildOptions`
    labels           labels of the image
    listener         is told of each step, in the thread that called
    dockerfile_path  where the Dockerfile is, if it has an ignore file of its own
    stops            is told how to stop the build, for another thread to do it
    tries            how often it may begin where no step fails: two builds that share a step can
                     trip an engine (BuildKit in 20.10 then says `context not found`)

    Raises BuildFailed where the build ends with an error, LabError where the context can't be
    read, the builder can't rewrite times or the build was stopped, EngineError where the engine
    goes away. KeyboardInterrupt is passed on when the engine has stopped the build.
    """
    if wrong := failures.refused(dockerfile, options.target):
        raise wrong
    if options.rewrite_timestamp and not REWRITES.met_by(engine):
        raise LabError(
            f"To rewrite times takes {REWRITES}, and {described(engine)}: build it in a "
            f"`Lab(builder={REWRITES.builder!r}, store={REWRITES.store!r})`."
        )
    target = options.target
    if target:  # Podman minds small and capital letters
        stages = stage_names(instructions(dockerfile))
        target = next(name for name in stages if name.lower() == target.lower())
    source = Context.of(context, dockerfile_path)
    args = {**_proxies(engine), **options.args}
    what = sent(dockerfile, bases or {}, args)
    own_steps = steps(dockerfile, what)
    is_near = engine.host.startswith(("unix:", "npipe:"))
    tar = source.tar(what.text, what.below, level=0 if is_near else 1)
    classic = None
    if engine.builder == "classic":
        classic = Classic(own_steps, listener, is_podman=engine.name == "podman")
    reader = classic or Trace(own_steps, listener)
    one = RunningBuild(engine)
    query = {
        "t": tag,
        "dockerfile": tar.dockerfile,
        "version": "1" if classic else "2",
        "buildid": one.id,
        "buildargs": json.dumps(args),
        "labels": json.dumps(dict(labels or {})),
        "rm": "1",
        "forcerm": "1",
        **({"target": target} if target else {}),
        **({"nocache": "1"} if options.no_cache else {}),
        **({"outputs": json.dumps([REWRITTEN])} if options.rewrite_timestamp else {}),
    }
    image, problem = "", None
    opened = session(engine, options.secrets) if options.secrets else nullcontext("")
    with opened as own, _watched(one, stops or CancellationToken()):
        query |= {"session": own} if own else {}
        for message in one.messages(query, tar):
            if isinstance(message, Event):
                listener(message)
                continue
            if message.get("id") == "moby.buildkit.trace":
                reader.feed(base64.b64decode(message["aux"]))
            elif message.get("id") == "moby.image.id":
                image = message["aux"]["ID"]
            elif classic:
                classic.feed(message)
                one.container = classic.container
            problem = problem or _problem(message)
    if problem:
        same = {
            "bases": bases,
            "labels": labels,
            "dockerfile_path": dockerfile_path,
            "stops": stops,
        }
        work, title = reader.failed(problem[0])
        failed = failures.failure(*problem, work, title, own_steps)
        if failed.may_pass and tries > 1:
            once_more = {"options": options, "listener": listener, "tries": tries - 1}
            return build(engine, context, dockerfile, tag=tag, **once_more, **same)

        def again(beginning: str, name: str) -> Built:
            # what the steps see; target and cache are matters of the build that failed
            seen = BuildOptions(args=args, secrets=options.secrets)
            return build(engine, context, beginning, tag=name, options=seen, **same)

        found = examined(engine, failed, dockerfile, args, again)
        raise failures.build_failed(failed, dockerfile, what, source, found)
    if classic:
        classic.ended()
        image = classic.image
    if not image:
        raise _gone(engine)
    states = {work.name: work.state for work in reader.works}
    ran = tuple(
        # BuildKit does once what two stages begin with
        Ran(step.name, step.line, states.get(step.name, "cached") == "cached")
        for stage in own_steps.stages
        if any(step.name in states for step in stage.steps)
        for step in stage.steps
    )
    return Built(image, tar.size, tar.files, ran)


@contextmanager
def _watched(one: RunningBuild, stops: CancellationToken) -> Iterator[None]:
    """Has the build among `stops` meanwhile, and stopped where it is left before its end."""
    try:
        with stops.on(one.stop):
            yield
    except BaseException as error:
        if not isinstance(error, EngineError):
            one.stop()
        raise
    finally:
        if one.stopped:
            one.ended()
    if one.stopped:
        raise LabError("The build was stopped.")


class RunningBuild:
    """A build while it runs.

    id       what the engine knows it by
    stopped  whether `stop` was called

    A thread of its own talks to the engine, so that Ctrl-C interrupts the caller alone, and the
    end of the stream can still be awaited: it is how BuildKit says that the last step has ended.
    """

    def __init__(self, engine: Engine) -> None:
        self.id = uuid.uuid4().hex
        self.stopped = False
        self.container = ""
        self._engine = engine
        self._response: requests.Response | None = None
        self._news: queue.Queue[Any] = queue.Queue(_AHEAD)
        self._thread = threading.Thread(target=lambda: None)

    def stop(self) -> None:
        """Has the engine stop the build. `build`, in whichever thread, then raises LabError."""
        self.stopped = True
        api = self._engine.client.api
        with suppress(requests.RequestException):  # an engine that is gone has stopped too
            api.post(api._url("/build/cancel"), params={"id": self.id}, timeout=_PATIENCE)
        if self._engine.builder == "classic":
            self._hang_up()  # that builder has no other way to be told

    def messages(self, query: Mapping[str, str], tar: ContextTar) -> Iterator[Any]:
        """Starts the build; gives the engine's messages, and Events of the upload, as they come."""
        self._thread = threading.Thread(target=self._talk, args=(query, tar), daemon=True)
        self._thread.start()
        while (message := self._news.get()) is not None:
            if isinstance(message, Exception):
                raise message
            yield message

    def ended(self) -> None:
        """Waits until the engine has nothing left of a build that was stopped."""
        end = time.monotonic() + _PATIENCE
        while self._thread.is_alive() and time.monotonic() < end:
            with suppress(queue.Empty):
                self._news.get(timeout=0.1)
        self._hang_up()
        if not self.container:
            return
        api = self._engine.client.api
        url = api._url("/containers/{0}", self.container)
        with suppress(requests.RequestException):
            while time.monotonic() < end:
                if api.get(f"{url}/json", timeout=_PATIENCE).status_code == 404:
                    return
                time.sleep(0.1)
            api.delete(url, params={"force": "1", "v": "1"}, timeout=_PATIENCE)

    def _talk(self, query: Mapping[str, str], tar: ContextTar) -> None:
        try:
            api = self._engine.client.api
            self._response = api.post(
                api._url("/build"),
                params=query,
                data=self._body(tar),
                headers={"Content-Type": "application/x-tar"},
                stream=True,
                timeout=(_PATIENCE, None),  # a step may be silent for hours
            )
            with self._response:
                for line in self._response.iter_lines(chunk_size=None):
                    if line:
                        self._news.put(json.loads(line))
        except LabError as error:
            self._news.put(error)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError):
            if not self.stopped:
                self._news.put(_gone(self._engine))
        finally:
            self._news.put(None)

    def _body(self, tar: ContextTar) -> Iterator[bytes]:
        told = time.monotonic()
        for piece in tar:
            if self.stopped:
                raise LabError("The build was stopped.")
            yield piece
            if time.monotonic() - told > 0.1:
                told = time.monotonic()
                self._news.put(Event(SENDING, SENDING, current=tar.size))
        self._news.put(Event(SENDING, SENDING, "done", current=tar.size, total=tar.size))

    def _hang_up(self) -> None:
        if self._response is not None:
            with suppress(OSError, RuntimeError, ValueError):  # it has ended by itself
                self._response.raw.shutdown()


def _problem(message: Mapping[str, Any]) -> tuple[str, int | None] | None:
    """The engine's words and the exit code, where a message says that the build failed."""
    if detail := message.get("errorDetail"):
        return detail.get("message") or message.get("error", ""), detail.get("code")
    if "message" in message:  # it did not begin
        return message["message"], None
    return None


def _gone(engine: Engine) -> EngineError:
    return EngineError(
        f"The engine at {engine.host} stopped answering during the build: start it again, "
        "and build again."
    )


def _proxies(engine: Engine) -> dict[str, str]:
    """The build arguments that `docker build` adds for a network behind a proxy."""
    return dict(engine.client.api._proxy_configs.get_environment())
