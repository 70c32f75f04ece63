"""Both builders' progress becomes the same Events, each from its own protocol."""

import pytest

from helpers.build.classic import Classic
from helpers.build.steps import Steps, steps
from helpers.build.trace import EXPORT, Trace, status_response
from helpers.core.events import Event
from helpers.dockerfile.sent import sent

DOCKERFILE = """\
ARG VERSION=14
FROM gcc:$VERSION AS build
WORKDIR /src
COPY hello.c .
RUN gcc -o hello \\
    hello.c
ENV A=b
FROM scratch
WORKDIR /
COPY --from=build /src/hello /
CMD ["/hello"]
"""
NAMES = [
    "[build 1/4] FROM gcc:$VERSION AS build",
    "[build 2/4] WORKDIR /src",
    "[build 3/4] COPY hello.c .",
    "[build 4/4] RUN gcc -o hello hello.c",
    "[stage-1 1/1] COPY --from=build /src/hello /",
]
BASES = {"gcc:14": "localhost/gcc:14"}


def planned(dockerfile: str = DOCKERFILE) -> Steps:
    return steps(dockerfile, sent(dockerfile, BASES, {}))


class Heard:
    """A trace, and what it told."""

    def __init__(self, dockerfile: str = DOCKERFILE) -> None:
        self.events: list[Event] = []
        self.trace = Trace(planned(dockerfile), self.events.append)

    def vertex(self, digest: str, name: str, *marks: str, cached: bool = False, error: str = ""):
        message = status_response()()
        vertex = message.vertexes.add(digest=digest.encode(), name=name.encode(), cached=cached)
        vertex.error = error.encode()
        for mark in marks:
            getattr(vertex, mark).FromSeconds(1)
        self.trace.feed(message.SerializeToString())

    def log(self, digest: str, message: bytes, stream: int = 1):
        status = status_response()()
        status.logs.add(vertex=digest.encode(), msg=message, stream=stream)
        self.trace.feed(status.SerializeToString())

    @property
    def states(self) -> list[tuple[str, str]]:
        return [(event.name, event.state) for event in self.events]


@pytest.mark.parametrize(
    ("vertex", "name"),
    [
        ("[build 1/4] FROM localhost/gcc:14@sha256:0123", NAMES[0]),
        ("[build 2/4] WORKDIR /src", NAMES[1]),
        ("[build 4/4] RUN gcc -o hello     hello.c", NAMES[3]),
        ("[linux/amd64 build 4/4] RUN gcc", NAMES[3]),
        # BuildKit counts `WORKDIR /`, for which there is nothing to do
        ("[stage-1 1/2] COPY --from=build /src/hello /", NAMES[4]),
        ("[internal] load remote build context", None),
        ("copy /context /", None),
        ("[other 1/2] RUN true", None),
    ],
)
def test_a_vertex_is_matched_to_its_step_by_number(vertex: str, name: str | None):
    step = planned().of_vertex(vertex)
    assert (step.name if step else None) == name


def test_the_only_stage_has_no_name():
    alone = planned("FROM gcc:14\nRUN a\nRUN b\n")
    assert [step.name for step in alone.stages[0].steps] == [
        "[1/3] FROM gcc:14",
        "[2/3] RUN a",
        "[3/3] RUN b",
    ]
    assert alone.of_vertex("[2/3] RUN a").line == 2
    assert alone.of_vertex("[ 12/12] RUN b").line == 3  # the base's own nine come before


def test_onbuild_instructions_of_the_base_count_for_its_from_line():
    alone = planned("FROM gcc:14\nRUN a\n")
    assert alone.of_vertex("[2/3] COPY . /app").line == 1
    assert alone.of_vertex("[3/3] RUN a").line == 2


def test_the_classic_builder_counts_every_instruction():
    plan = planned()
    assert [step.line for step in map(plan.of_number, range(1, 11))] == [
        1,
        2,
        3,
        4,
        5,
        7,
        8,
        9,
        10,
        11,
    ]
    assert plan.of_number(11) is None


def test_each_state_is_reported_once():
    heard = Heard()
    heard.vertex("a", "[build 2/4] WORKDIR /src")
    heard.vertex("a", "[build 2/4] WORKDIR /src", "started")
    heard.vertex("a", "[build 2/4] WORKDIR /src", "started")
    heard.vertex("a", "[build 2/4] WORKDIR /src", "started", "completed")
    heard.vertex("b", "[build 3/4] COPY hello.c .", "started", "completed", cached=True)
    heard.vertex("c", "[internal] load metadata for docker.io/library/gcc:14", "started")
    heard.vertex("d", "exporting to image", "started")
    assert heard.states == [
        (NAMES[1], "running"),
        (NAMES[1], "done"),
        (NAMES[2], "cached"),
        (EXPORT, "running"),
    ]


def test_a_log_is_text_whatever_bytes_are_printed():
    heard = Heard()
    heard.vertex("a", "[build 4/4] RUN gcc", "started")
    heard.log("a", "caf\u00e9".encode()[:-1])
    heard.log("a", b"!", stream=2)  # the other stream's bytes come between
    heard.log("a", "\u00e9".encode()[1:] + b"\xff\n")
    heard.vertex("a", "[build 4/4] RUN gcc", "started", "completed", error="exit code: 1")
    work, title = heard.trace.failed("process did not complete: exit code: 1")
    assert (work.log, work.step.line, title) == ("caf!\u00e9\ufffd\n", 5, "[build 4/4] RUN gcc")


def test_cancelled_work_did_not_fail():
    heard = Heard()
    heard.vertex("a", "[build 2/4] WORKDIR /src", "started", "completed", error="context canceled")
    heard.vertex("b", "[build 3/4] COPY hello.c .", "started", "completed", error="not found")
    assert heard.trace.failed("failed to compute cache key: not found")[0].name == NAMES[2]
    assert heard.states == [(NAMES[2], "error")]


def test_names_that_are_not_utf8_are_accepted():
    heard = Heard()
    message = status_response()()
    message.vertexes.add(digest=b"a", name=b"[build 3/4] COPY \xff .").started.FromSeconds(1)
    heard.trace.feed(message.SerializeToString())
    assert heard.states == [(NAMES[2], "running")]


def test_bytes_that_are_no_trace_are_an_error():
    with pytest.raises(ValueError, match="no trace"):
        Heard().trace.feed(b"\xff\xff\xff")


def test_bytes_of_a_pull_are_summed():
    heard = Heard()
    heard.vertex("a", "[build 1/4] FROM gcc:14", "started")
    status = status_response()()
    for number, done in ("one", 10), ("two", 20):
        status.statuses.add(vertex=b"a", ID=number.encode(), current=done, total=100)
    heard.trace.feed(status.SerializeToString())
    assert (heard.events[-1].current, heard.events[-1].total) == (30, 200)


def test_the_classic_builder_gives_the_same_events():
    events: list[Event] = []
    reader = Classic(planned(), events.append)
    for text in (
        "Step 1/10 : ARG VERSION=14",
        "\n",
        "Step 2/10 : FROM localhost/gcc:14 AS build",
        "\n",
        " ---> 0123456789ab\n",
        "Step 3/10 : WORKDIR /src",
        "\n",
        " ---> Using cache\n",
        " ---> 0123456789ab\n",
        "Step 5/10 : RUN gcc -o hello     hello.c",
        "\n",
        " ---> Running in 0123456789ab\n",
        "\x1b[91mwarning\n\x1b[0m",
        "\n",
        "done\n",
        "Removing intermediate container 0123456789ab\n",
        " ---> 0123456789ab\n",
        "Step 6/10 : LABEL a=b",
    ):
        reader.take({"stream": text})
    assert [(e.name, e.state, e.log) for e in events] == [
        (NAMES[0], "running", ""),
        (NAMES[0], "done", ""),
        (NAMES[1], "running", ""),
        (NAMES[1], "cached", ""),
        (NAMES[3], "running", ""),
        (NAMES[3], "running", "warning\n"),
        (NAMES[3], "running", "\n"),
        (NAMES[3], "running", "done\n"),
        (NAMES[3], "done", ""),
    ]


def test_podman_gives_the_same_events():
    events: list[Event] = []
    reader = Classic(planned(), events.append, is_podman=True)
    for text in (
        "[1/2] STEP 1/5: FROM localhost/gcc:14 AS build\n",
        "[1/2] STEP 2/5: WORKDIR /src\n",
        "--> Using cache 0123456789ab0123456789ab0123456789ab0123456789ab0123456789ab0123\n",
        "--> 0123456789ab\n",
        "[1/2] STEP 4/5: RUN gcc -o hello     hello.c\n",
        "warning\n",
        "[2/2] STEP 3/5: COPY --from=build /src/hello /\n",
        "[2/2] STEP 4/5: LABEL a=b\n",
        "[2/2] COMMIT localhost/x\n",
        "0123456789ab\n",
    ):
        reader.take({"stream": text})
    assert [(e.name, e.state, e.log) for e in events] == [
        (NAMES[0], "running", ""),
        (NAMES[0], "done", ""),
        (NAMES[1], "running", ""),
        (NAMES[1], "cached", ""),
        (NAMES[3], "running", ""),
        (NAMES[3], "running", "warning\n"),
        (NAMES[3], "done", ""),
        (NAMES[4], "running", ""),
        (NAMES[4], "done", ""),
    ]


def test_a_label_that_the_builder_adds_is_no_step():
    events: list[Event] = []
    reader = Classic(planned("FROM gcc:14 AS one\nFROM gcc:14\n"), events.append)
    reader.take({"stream": "Step 1/2 : FROM localhost/gcc:14 AS one"})
    reader.take({"stream": "Step 2/2 : LABEL shrink.owner=me"})
    assert {event.name for event in events} == {"[one 1/1] FROM gcc:14 AS one"}
