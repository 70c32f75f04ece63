"""Which instruction made each layer, from both builders' histories and from the Dockerfile."""

import pytest

from helpers.image.history import Made, layers_of, read


@pytest.mark.parametrize(
    ("created_by", "text"),
    [
        ("RUN /bin/sh -c gcc -o hello hello.c # buildkit", "RUN gcc -o hello hello.c"),
        ("/bin/sh -c gcc -o hello hello.c", "RUN gcc -o hello hello.c"),
        ("RUN |2 A=1 B=x y /bin/sh -c make # buildkit", "RUN make"),
        ("|2 A=1 B=x y /bin/sh -c make", "RUN make"),
        ("RUN gcc -v # buildkit", "RUN gcc -v"),
        ("RUN /bin/bash -o pipefail -c make # buildkit", "RUN /bin/bash -o pipefail -c make"),
        ("COPY /hello /bin/ # buildkit", "COPY /hello /bin/"),
        (f"/bin/sh -c #(nop) COPY file:{'a' * 64} in /hello ", "COPY … /hello"),
        (f"/bin/sh -c #(nop) ADD --chown=1:1 multi:{'a' * 64} in /x/ ", "ADD --chown=1:1 … /x/"),
        ("/bin/sh -c #(nop) WORKDIR /src", "WORKDIR /src"),
        ("WORKDIR /src", "WORKDIR /src"),
        ('/bin/sh -c #(nop)  CMD ["./hello"]', 'CMD ["./hello"]'),
        ("# debian.sh --arch 'amd64' out/ 'trixie'", "# debian.sh --arch 'amd64' out/ 'trixie'"),
        ("bazel build ...", "bazel build ..."),
        ("/bin/sh -c echo '/bin/sh -c x'", "RUN echo '/bin/sh -c x'"),
        ("", "Imported from -"),
    ],
)
def test_an_entry_of_a_history_reads_as_an_instruction(created_by, text):
    assert read(created_by, "Imported from -" if not created_by else "").text == text


def history(*entries):
    """The engine's answer, newest first, from pairs of what it says and bytes, base first."""
    return [{"CreatedBy": text, "Size": size, "Comment": ""} for text, size in reversed(entries)]


CLASSIC = history(
    ("", 78_000_000),
    (f"/bin/sh -c #(nop) COPY file:{'b' * 64} in . ", 80),
    ("/bin/sh -c #(nop) ENV A=1", 0),
    ("/bin/sh -c rm -rf /var/lib/apt/lists/*", 0),
    ('/bin/sh -c #(nop)  CMD ["./hello"]', 0),
)
BUILDKIT = history(
    ("", 78_000_000),
    ("COPY hello.c . # buildkit", 80),
    ("ENV A=1", 0),
    ("RUN /bin/sh -c rm -rf /var/lib/apt/lists/* # buildkit", 0),
    ('CMD ["./hello"]', 0),
)
DOCKERFILE = """\
FROM debian AS other
RUN true

FROM debian
COPY --chmod=755 hello.c .
ENV A=1
RUN rm -rf \\
    /var/lib/apt/lists/*
CMD ["./hello"]
"""


@pytest.mark.parametrize("entries", [CLASSIC, BUILDKIT], ids=["classic", "buildkit"])
def test_with_the_dockerfile_both_builders_histories_read_the_same(entries):
    made = layers_of(entries, 3, DOCKERFILE)
    assert [one.size for one in made] == [78_000_000, 80, 0]
    assert made[1].created_by == "COPY --chmod=755 hello.c ."
    assert " ".join(made[2].created_by.split()) == "RUN rm -rf /var/lib/apt/lists/*"


def test_an_empty_layer_counts_and_an_instruction_without_a_layer_does_not():
    assert [one.created_by for one in layers_of(BUILDKIT, 3)][1:] == [
        "COPY hello.c .",
        "RUN rm -rf /var/lib/apt/lists/*",
    ]


def test_a_run_that_changed_nothing_made_no_layer():
    entries = history(("COPY a / # buildkit", 5), ("RUN /bin/sh -c true # buildkit", 0))
    assert layers_of(entries, 1) == [Made("COPY a /", 5)]


def test_an_ambiguous_history_is_settled_by_asking():
    entries = history(
        ("COPY a / # buildkit", 5),
        ("WORKDIR /", 0),
        ("RUN /bin/sh -c rm /a # buildkit", 0),
    )
    asked = layers_of(entries, 2, made_layer=lambda: [True, False, True])
    assert asked == [Made("COPY a /", 5), Made("RUN rm /a", 0)]
    assert layers_of(entries, 2, made_layer=lambda: None) == [Made("", None)] * 2
    assert layers_of(entries, 2, made_layer=lambda: [True, False]) == [Made("", None)] * 2


def test_without_a_history_no_instruction_is_known():
    assert layers_of([], 2) == [Made("", None)] * 2


STAGES = """\
FROM base AS one
COPY a /
FROM one AS two
COPY b /
FROM two AS Three
WORKDIR /w
RUN make
FROM scratch
COPY --from=three /x /
"""
CHAIN = history(
    ("RUN /bin/sh -c base # buildkit", 1),
    ("COPY a / # buildkit", 1),
    ("COPY b / # buildkit", 1),
    ("WORKDIR /w", 0),
    ("RUN /bin/sh -c make # buildkit", 1),
)


@pytest.mark.parametrize("target", ["three", "2"])
def test_a_target_has_the_instructions_of_the_stages_it_is_built_on(target):
    made = [one.created_by for one in layers_of(CHAIN, 5, STAGES, target)]
    assert made == ["RUN base", "COPY a /", "COPY b /", "WORKDIR /w", "RUN make"]


@pytest.mark.parametrize("target", [None, "nothing", "9"])
def test_a_dockerfile_that_does_not_match_the_history_is_ignored(target):
    entries = history(("RUN /bin/sh -c one # buildkit", 1))
    assert layers_of(entries, 1, STAGES, target) == [Made("RUN one", 1)]
