"""Builds an image from a Dockerfile and a context, on any engine, with progress.

Every builder is reached in the same way: `POST /build` of the Engine API, with the context as the
body.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpers.build import failure as failures
from helpers.build.classic import Classic
from helpers.build.context import Context, ContextTar
from helpers.build.failed_run import examined
from helpers.build.failure import Failure
from helpers.build.options import PLAIN, BuildOptions
from helpers.build.running import RunningBuild, gone, stoppable
from helpers.build.session import session
from helpers.build.steps import Steps, stage_names, steps
from helpers.build.trace import Trace
from helpers.core.errors import LabError
from helpers.core.events import CancellationToken, Event, ProgressCallback, ignore
from helpers.dockerfile.instructions import instructions
from helpers.dockerfile.sent import Sent, sent
from helpers.engine.client import Engine
from helpers.engine.needs import Needs, described

REWRITES = Needs("0.13", "containerd")
"""What it takes to rewrite the times of files in layers."""

REWRITTEN = {"Type": "image", "Attrs": {"rewrite-timestamp": "true"}}
"""The exporter that does it. The engine's own, `moby`, unpacks the image, and refuses to do both
(moby/buildkit issue 4230). Images of this one are unpacked when they are first run."""


@dataclass(frozen=True)
class Ran:
    """A step that was part of a build: its name, its line, and whether it came from the cache."""

    name: str
    line: int
    cached: bool


@dataclass(frozen=True)
class Built:
    """An image that was built.

    id             the engine's id of it
    context_size   bytes of file contents that were sent, without the Dockerfile
    context_files  number of these files
    steps          the steps in the Dockerfile's order, without those of stages that were left out
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
    token: CancellationToken | None = None,
    tries: int = 3,
) -> Built:
    """Builds an image and tags it.

    context          the folder to send, without what its `.dockerignore` excludes
    dockerfile       the Dockerfile's text
    tag              the image's name
    bases            for each base image in the Dockerfile, the name that the engine knows it by
    options          target, arguments, secrets, cache: see `BuildOptions`
    labels           labels of the image
    listener         progress callback, called in the caller's thread
    dockerfile_path  the Dockerfile's path; it may have an ignore file of its own
    token            cancellation token
    tries            how often to try a build that fails in no step: two builds that share a step
                     can confuse an engine (BuildKit in 20.10 then says `context not found`)

    Raises BuildFailed where the build fails; LabError where the context can't be read, the builder
    can't rewrite times or the build was stopped; EngineError where the engine goes away. On
    KeyboardInterrupt the build is stopped first.
    """
    _check(engine, dockerfile, options)
    source = Context.of(context, dockerfile_path)
    request = _request(engine, source, dockerfile, tag, bases or {}, options, labels or {})
    token = token or CancellationToken()
    result = _attempt(request, listener, token)
    while isinstance(result, Failure) and result.may_pass and tries > 1:
        tries -= 1
        result = _attempt(request, listener, token)
    if isinstance(result, Built):
        return result

    def build_before(text: str, *, tag: str) -> Built:
        """Builds what stands before the step that failed. That is a build of its own: it has all
        its tries, and no listener, which has seen these steps end already. Target and cache are
        matters of the build that failed."""
        seen = BuildOptions(args=request.args, secrets=options.secrets)
        return build(
            engine,
            context,
            text,
            tag=tag,
            bases=bases,
            options=seen,
            labels=labels,
            dockerfile_path=dockerfile_path,
            token=token,
        )

    found = examined(engine, result, dockerfile, request.args, build_before)
    raise failures.build_failed(result, dockerfile, request.sent, source, found)


@dataclass(frozen=True)
class _BuildRequest:
    """What is asked of the engine, the same on every try.

    source   the context
    sent     the Dockerfile as it is sent
    steps    its steps
    args     build arguments, with those for a proxy
    secrets  by id
    query    parameters of `POST /build`, without those of one try
    """

    engine: Engine
    source: Context
    sent: Sent
    steps: Steps
    args: Mapping[str, str]
    secrets: Mapping[str, bytes] = field(repr=False)
    query: Mapping[str, str]

    def tar(self) -> ContextTar:
        """The context and the Dockerfile, to be sent once."""
        is_near = self.engine.host.startswith(("unix:", "npipe:"))
        return self.source.tar(self.sent.text, self.sent.below, level=0 if is_near else 1)

    def reader(self, listener: ProgressCallback) -> Classic | Trace:
        """What reads the messages of this engine's builder."""
        if self.engine.builder == "classic":
            return Classic(self.steps, listener, is_podman=self.engine.name == "podman")
        return Trace(self.steps, listener)


def _check(engine: Engine, dockerfile: str, options: BuildOptions) -> None:
    """Raises BuildFailed where no builder would take the Dockerfile, LabError where this engine's
    can't do what the options ask."""
    if wrong := failures.refused(dockerfile, options.target):
        raise wrong
    if options.rewrite_timestamp and not REWRITES.met_by(engine):
        raise LabError(
            f"To rewrite times takes {REWRITES}, and {described(engine)}: build it in a "
            f"`Lab(builder={REWRITES.builder!r}, store={REWRITES.store!r})`."
        )


def _request(
    engine: Engine,
    source: Context,
    dockerfile: str,
    tag: str,
    bases: Mapping[str, str],
    options: BuildOptions,
    labels: Mapping[str, str],
) -> _BuildRequest:
    """Prepares a build, with the arguments of `build`."""
    args = {**_proxies(engine), **options.args}
    as_sent = sent(dockerfile, bases, args)
    query = {
        "t": tag,
        "version": "1" if engine.builder == "classic" else "2",
        "buildargs": json.dumps(args),
        "labels": json.dumps(dict(labels)),
        "rm": "1",
        "forcerm": "1",
        **_asked(dockerfile, options),
    }
    own_steps = steps(dockerfile, as_sent)
    return _BuildRequest(engine, source, as_sent, own_steps, args, options.secrets, query)


def _attempt(
    request: _BuildRequest, listener: ProgressCallback, token: CancellationToken
) -> Built | Failure:
    """Builds once. Raises LabError where it is stopped, EngineError where the engine goes away."""
    engine, tar, reader = request.engine, request.tar(), request.reader(listener)
    running = RunningBuild(engine)
    query = {**request.query, "dockerfile": tar.dockerfile, "buildid": running.id}
    problem: tuple[str, int | None] | None = None
    opened = session(engine, request.secrets) if request.secrets else nullcontext("")
    with opened as own, stoppable(running, token):
        query |= {"session": own} if own else {}
        for message in running.messages(query, tar):
            if isinstance(message, Event):
                listener(message)
                continue
            reader.take(message)
            running.container = reader.container
            problem = problem or _problem(message)
    if problem:
        work, title = reader.failed(problem[0])
        return failures.failure(*problem, work, title, request.steps)
    reader.ended()
    if not reader.image:
        raise gone(engine)
    return Built(reader.image, tar.size, tar.files, _ran(request.steps, reader))


def _asked(dockerfile: str, options: BuildOptions) -> dict[str, str]:
    """The options as parameters of `POST /build`."""
    found = {}
    if options.target:  # Podman minds small and capital letters
        stages = stage_names(instructions(dockerfile))
        target = options.target.lower()
        found["target"] = next(name for name in stages if name.lower() == target)
    if options.no_cache:
        found["nocache"] = "1"
    if options.rewrite_timestamp:
        found["outputs"] = json.dumps([REWRITTEN])
    return found


def _ran(own_steps: Steps, reader: Classic | Trace) -> tuple[Ran, ...]:
    """The steps of the stages that were built."""
    states = {work.name: work.state for work in reader.works}
    return tuple(
        # BuildKit does once what two stages begin with
        Ran(step.name, step.line, states.get(step.name, "cached") == "cached")
        for stage in own_steps.stages
        if any(step.name in states for step in stage.steps)
        for step in stage.steps
    )


def _problem(message: Mapping[str, Any]) -> tuple[str, int | None] | None:
    """The engine's words and the exit code, where a message says that the build failed."""
    if detail := message.get("errorDetail"):
        return detail.get("message") or message.get("error", ""), detail.get("code")
    if "message" in message:  # it did not begin
        return message["message"], None
    return None


def _proxies(engine: Engine) -> dict[str, str]:
    """The build arguments that `docker build` adds for a network behind a proxy."""
    configs = engine.client.api._proxy_configs  # type: ignore[attr-defined]  # nowhere public
    return dict(configs.get_environment())
