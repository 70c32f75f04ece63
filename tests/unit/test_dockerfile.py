"""Dockerfiles of every style are parsed, and renaming base images changes no other byte."""

import pytest

from helpers.dockerfile.instructions import instructions, map_bases, references

EVERYTHING = """\
# syntax=docker/dockerfile:1
ARG TAG=14
ARG BASE="gcc:${TAG}"

from --platform=$BUILDPLATFORM ${BASE} as Build
COPY <<-EOF /one
\tFROM fake:1
\tEOF
RUN --mount=type=bind,from=debian:trixie-slim,target=/d --mount=type=cache,target=/c \\
    # a comment in between

    cat <<'A' <<B >/two && \\
    echo '<<C'
FROM fake:2
A
COPY --from=fake:3 / /
B
FROM ubuntu:24.04
COPY --from=build /hello .
COPY --chmod=755 --from=0 /one .
copy --from=busybox:1.37-glibc \\
     /bin/ /bin/
ONBUILD COPY --from=alpine:3.22 /etc/ssl /etc/ssl
ONBUILD COPY --from=tools /a /a
FROM scratch
COPY --from=BUILD /hello /
RUN ["cat", "<<E"]
FROM build AS last
CMD ["/hello"]
"""

NAMES = ["gcc:14", "debian:trixie-slim", "ubuntu:24.04", "busybox:1.37-glibc", "alpine:3.22"]


def test_each_base_is_found_once_and_nothing_else():
    assert references(EVERYTHING) == NAMES


def test_renaming_changes_no_other_byte():
    mapped = map_bases(EVERYTHING, {name: f"lab/{name}" for name in NAMES})
    expected = EVERYTHING.replace("${BASE}", "lab/gcc:14")
    for name in NAMES[1:]:
        expected = expected.replace(name, f"lab/{name}")
    assert mapped == expected


def test_renaming_twice_changes_nothing_more():
    mapping = {name: f"localhost/{name}" for name in NAMES}
    once = map_bases(EVERYTHING, mapping)
    assert map_bases(once, mapping) == once
    assert references(once) == [f"localhost/{name}" for name in NAMES]


def test_a_base_without_a_new_name_keeps_its_own():
    assert map_bases("FROM gcc:14\nFROM alpine:3.22\n", {"alpine:3.22": "x"}) == (
        "FROM gcc:14\nFROM x\n"
    )


def test_line_ends_and_odd_spaces_survive():
    text = "FROM\t gcc:14  AS  a\r\n\r\nRUN echo \\\r\n  hi\x0c\u2028FROM no\r\n"
    assert references(text) == ["gcc:14"]
    assert map_bases(text, {"gcc:14": "g"}) == text.replace("gcc:14", "g")
    assert instructions(text)[1].line == 3
    assert instructions(text)[1].end_line == 4


def test_a_name_that_continues_on_the_next_line_is_replaced_whole():
    assert map_bases("FROM gc\\\nc:14 AS x\n", {"gcc:14": "lab"}) == "FROM lab AS x\n"


def test_a_quoted_name_is_found():
    text = 'FROM "gcc:14"\nRUN --mount=type=bind,"from=alpine:3.22",target=/a ls\n'
    assert references(text) == ["gcc:14", "alpine:3.22"]
    assert map_bases(text, {"gcc:14": "g", "alpine:3.22": "a"}) == (
        'FROM g\nRUN --mount=type=bind,"from=a",target=/a ls\n'
    )


@pytest.mark.parametrize(
    ("head", "args", "name"),
    [
        ("ARG A=gcc:14\nFROM $A", {}, ["gcc:14"]),
        ("ARG A=gcc:14\nFROM $A", {"A": "alpine:3.22"}, ["alpine:3.22"]),
        ("ARG A\nFROM ${A:-gcc:14}", {}, ["gcc:14"]),
        ("ARG A=13\nFROM gcc:${A:+14}", {}, ["gcc:14"]),
        ("FROM gcc:${A-14}", {}, ["gcc:14"]),
        ("ARG A=1 B=4\nARG C=gcc:$A$B\nFROM $C", {}, ["gcc:14"]),
        ("FROM $A", {"A": "an argument counts only where it is declared"}, []),
        ("FROM built-$TARGETARCH", {}, []),
        ("ARG A\nFROM $A", {}, []),
        ("FROM gcc:14\nARG A=alpine:3.22\nFROM $A", {}, ["gcc:14"]),
    ],
)
def test_variables_in_a_base_name_are_expanded(head, args, name):
    assert references(f"{head}\n", args) == name


def test_a_build_argument_in_a_base_name_is_replaced_by_the_new_name():
    text = "ARG A=gcc:14\nFROM $A\nRUN echo $A\n"
    mapped = map_bases(text, {"alpine:3.22": "lab/alpine"}, {"A": "alpine:3.22"})
    assert mapped == "ARG A=gcc:14\nFROM lab/alpine\nRUN echo $A\n"


def test_a_stage_may_have_the_name_of_its_base():
    text = "FROM gcc AS gcc\nFROM GCC\nCOPY --from=gcc / /\n"
    assert references(text) == ["gcc"]
    assert map_bases(text, {"gcc": "lab"}) == "FROM lab AS gcc\nFROM GCC\nCOPY --from=gcc / /\n"


def test_copy_from_a_name_that_a_later_stage_has_means_the_stage():
    assert references("FROM a\nCOPY --from=b / /\nFROM c AS b\n") == ["a", "c"]


def test_a_comment_within_an_instruction_is_ignored():
    text = "COPY \\\n# --from=fake:1\n  --from=gcc:14 / /\n"
    assert references(text) == ["gcc:14"]
    assert map_bases(text, {"gcc:14": "g", "fake:1": "f"}) == text.replace("gcc:14", "g")


def test_the_escape_directive_is_followed():
    text = "# escape=`\nFROM gcc:14\nRUN dir c:\\\nCOPY --from=alpine:3.22 `\n  / /\n"
    assert references(text) == ["gcc:14", "alpine:3.22"]
    assert [i.keyword for i in instructions(text)] == ["FROM", "RUN", "COPY"]
    assert instructions(text)[2].value == "--from=alpine:3.22   / /"


def test_an_escape_directive_may_follow_another_directive():
    text = "# check=skip=all\n# escape=`\nFROM gcc:14\nRUN a `\n  b\nRUN c\n"
    assert [i.line for i in instructions(text)] == [3, 4, 6]


def test_an_escape_directive_after_a_comment_is_a_comment():
    text = "# hello\n# escape=`\nFROM gcc:14\nRUN a \\\n  b\n"
    assert [i.line for i in instructions(text)] == [3, 4]


def test_instructions_have_line_numbers_and_their_original_text():
    found = instructions(EVERYTHING)
    assert [i.keyword for i in found[:6]] == ["ARG", "ARG", "FROM", "COPY", "RUN", "FROM"]
    copy, run = found[3:5]
    assert (copy.line, copy.end_line) == (6, 8)
    assert copy.value == "<<-EOF /one"
    assert copy.original == "COPY <<-EOF /one\n\tFROM fake:1\n\tEOF\n"
    assert (run.line, run.end_line) == (9, 17)
    assert run.value.endswith("echo '<<C'")
    assert "comment" not in run.value
    lines = EVERYTHING.splitlines(keepends=True)
    for each in found:
        assert each.original == "".join(lines[each.line - 1 : each.end_line])


def test_a_blank_line_does_not_end_a_continued_instruction():
    (run,) = instructions("RUN a \\\n\n  b\n")
    assert " ".join(run.value.split()) == "a b"
    assert run.end_line == 3


def test_a_heredoc_without_an_end_goes_to_the_end_of_the_file():
    text = "FROM gcc:14\nRUN <<EOF\nFROM alpine:3.22\n"
    assert references(text) == ["gcc:14"]
    assert [i.end_line for i in instructions(text)] == [1, 3]


@pytest.mark.parametrize("line", ["RUN cat <<<EOF", "RUN echo $((1<<2))", "LABEL a=<<EOF"])
def test_a_lookalike_of_a_heredoc_is_none(line):
    assert references(f"{line}\nFROM gcc:14\n") == ["gcc:14"]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "   \n# escape=`\n"])
def test_a_file_without_instructions_has_none(text):
    assert instructions(text) == []
    assert references(text) == []
    assert map_bases(text, {"a": "b"}) == text


def test_the_last_line_may_lack_a_line_end():
    assert [i.keyword for i in instructions("FROM gcc:14\nHEALTHCHECK")] == ["FROM", "HEALTHCHECK"]
