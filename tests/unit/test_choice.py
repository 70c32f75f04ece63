"""The variant lab's choices: each gives a Dockerfile, and what can't be chosen is named."""

from itertools import product

import pytest

from helpers.core.errors import LabError
from helpers.dockerfile.instructions import instructions, references
from helpers.learning.choice import PROGRAMS, SAME, Choice

EVERY = [
    choice
    for program in PROGRAMS
    for values in product(*list(Choice(program).fitting().options().values())[1:])
    for choice in [Choice(program, *values)]
]


def test_every_choice_gives_a_dockerfile_of_the_bases_chosen():
    for choice in EVERY:
        text = choice.checked().dockerfile
        words = [i.keyword for i in instructions(text)]
        assert words[0] == "FROM" and words[-1] == "CMD"
        assert words.count("FROM") == (1 if choice.final == SAME else 2)
        wanted = {choice.build} | ({choice.final} - {SAME, "scratch"})
        assert set(references(text)) == wanted
        assert (PROGRAMS[choice.program].context / PROGRAMS[choice.program].source).is_file()


def test_no_two_choices_have_the_same_label():
    assert len({choice.label for choice in EVERY}) == len(EVERY)


def test_linking_and_strip_are_in_the_command():
    static = Choice(final="scratch", linking="static with musl", strip=True).dockerfile
    assert "install -y --no-install-recommends musl-tools" in static
    assert "RUN musl-gcc -static -s -o /hello hello.c" in static
    copied = Choice(final="scratch", linking="dynamic with its libraries").dockerfile
    assert "ldd /hello" in copied and "COPY --from=build /needs /" in copied
    go = Choice("go-hello", "golang:1.24", "scratch", "static", True).dockerfile
    assert "CGO_ENABLED=0 go build -ldflags='-s -w' -o /hello hello.go" in go


def test_another_program_keeps_what_it_has():
    choice = Choice("go-hello", "gcc:14", "scratch", "dynamic", True).fitting()
    assert choice == Choice("go-hello", "golang:1.24", "scratch", "static", True)


@pytest.mark.parametrize("field", ["program", "build", "final", "linking"])
def test_what_cannot_be_chosen_is_named(field):
    with pytest.raises(LabError, match="rust"):
        Choice(**{field: "rust"}).checked()
