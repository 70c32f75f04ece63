"""The Dockerfile that is sent builds the same as the user's own."""

import pytest

from helpers.build.steps import steps
from helpers.dockerfile.sent import BELOW, STAGE, sent

HEAD = f"FROM scratch AS {STAGE}\nCOPY {BELOW}/ /\n"


def with_folder(dockerfile: str) -> str:
    """The Dockerfile that is sent when the context is in a folder, without the added stage."""
    made = sent(dockerfile, {}, {})
    assert made.below == BELOW
    assert HEAD in made.text
    return made.text.replace(HEAD, "")


@pytest.mark.parametrize(
    "line",
    [
        "COPY hello.c .",
        "COPY src/ ./lib/* /x/",
        "COPY --from=build / /all",
        "COPY <<EOF /x\nhello\nEOF",
        "ADD https://example.org/ /x",
        "RUN cp -r . /x",
        "RUN --mount=type=cache,target=/c true",
        "WORKDIR .",
    ],
)
def test_most_dockerfiles_are_sent_as_they_are(line: str):
    dockerfile = f"FROM gcc:14\n{line}\n"
    assert sent(dockerfile, {}, {}).text == dockerfile


def test_bases_get_the_engines_names():
    made = sent("ARG V=14\nFROM gcc:$V\nCOPY . .\n", {"gcc:14": "localhost/gcc:14"}, {})
    assert "FROM localhost/gcc:14\n" in made.text


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ("COPY . .", f"COPY --from={STAGE} . ."),
        ("copy --chown=1:1 ./ /x", f"copy --from={STAGE} --chown=1:1 ./ /x"),
        ("COPY src/.. /x", f"COPY --from={STAGE} src/.. /x"),
        ("COPY *.c $X /x/", f"COPY --from={STAGE} *.c $X /x/"),
        ('COPY ["/", "/x"]', f'COPY --from={STAGE} ["/", "/x"]'),
        ("COPY \\\n  . \\\n  /x", f"COPY --from={STAGE} \\\n  . \\\n  /x"),
        ("ADD --chown=1:1 ./ a.tar /x", f'ADD --chown=1:1 ["{BELOW}/", "{BELOW}/a.tar", "/x"]'),
        ("RUN --mount=target=/x ls /x", f"RUN --mount=target=/x,from={STAGE} ls /x"),
        ("COPY . .\nCOPY --from=0 /a /b", f"COPY --from={STAGE} . .\nCOPY --from=1 /a /b"),
        ("COPY . .\nCOPY --from=a0 /a /b", f"COPY --from={STAGE} . .\nCOPY --from=a0 /a /b"),
        (
            "COPY . .\nRUN --mount=from=0,target=/x echo from=0",
            f"COPY --from={STAGE} . .\nRUN --mount=from=1,target=/x echo from=0",
        ),
        (
            "COPY . .\nRUN <<EOF\nCOPY . .\nEOF",
            f"COPY --from={STAGE} . .\nRUN <<EOF\nCOPY . .\nEOF",
        ),
    ],
)
def test_a_copy_of_the_whole_context_is_made_from_the_stage(written: str, result: str):
    assert with_folder(f"FROM gcc:14\n{written}\n") == f"FROM gcc:14\n{result}\n"


def test_line_numbers_are_those_of_the_users_dockerfile():
    dockerfile = "# escape=`\nARG X\nFROM gcc:14\nADD . `\n  /x\nRUN true\n"
    made = sent(dockerfile, {}, {})
    assert made.text.startswith("# escape=`\nARG X\nFROM scratch")
    assert made.text.split("\n").index("RUN true") == 7
    assert [made.line(number) for number in (1, 2, 5, 8)] == [1, 2, 3, 6]


def test_the_added_stage_is_not_a_step():
    dockerfile = "ARG X\nFROM gcc:14\nCOPY . .\nFROM gcc:14\nRUN true\n"
    plan = steps(dockerfile, sent(dockerfile, {}, {}))
    assert [plan.of_number(number) for number in (2, 3)] == [None, None]
    assert plan.of_number(4).line == 2
    assert plan.of_vertex(f"[{STAGE} 1/1] COPY {BELOW}/ /") is None
    assert plan.of_vertex("[stage-1 2/2] COPY . .").name == "[stage-0 2/2] COPY . ."
    assert plan.of_vertex("[stage-2 2/2] RUN true").line == 5
