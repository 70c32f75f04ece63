"""Dockerfiles before and after: each transformation, and what it does not touch."""

from dataclasses import replace

import pytest

from helpers.advice import hidden
from helpers.advice.bases import ALONE, SLIMMER
from helpers.advice.recommended import RECOMMENDED
from helpers.advice.rewrite import PACKAGE_LISTS, rewritten
from helpers.advice.script import Script
from helpers.advice.symbols import SYMBOLS
from helpers.building.dockerfile import instructions
from helpers.diagnosis.command import Process
from tests.unit.elves import elf, put
from tests.unit.test_advice import Made, finding, image


def mended(dockerfile, *findings, **fields):
    """What becomes of a Dockerfile whose steps each made a layer."""
    made = image(dockerfile=dockerfile, **fields)
    made.layers[:] = [Made(f"{i.keyword} {i.value}", ()) for i in layers(dockerfile)]
    return rewritten(made, findings)


def layers(dockerfile):
    every = instructions(dockerfile)
    last = max(n for n, i in enumerate(every) if i.keyword == "FROM")
    return [i for i in every[last:] if i.keyword in ("RUN", "COPY", "ADD", "WORKDIR")]


def hides(remedy, *pairs):
    return replace(finding(remedy, {}), hides=frozenset(pairs))


def test_a_run_that_removes_is_joined_with_the_one_that_made():
    found = mended(
        "FROM x\nCOPY . .\nRUN get file\n# use it\nRUN use file \\\n    -a\nRUN rm file\nCMD x\n",
        hides(hidden.REMOVED, (1, 3)),
    )
    assert found.text == (
        "FROM x\nCOPY . .\nRUN get file \\\n && use file \\\n    -a \\\n && rm file\n"
        "# use it\nCMD x\n"
    )
    assert found.did == (hidden.REMOVED,)


def test_spans_that_share_a_step_are_one_and_others_stay_apart():
    text = "FROM x\nRUN a\nRUN b\nRUN c\nRUN d\nRUN e\nRUN f\n"
    found = mended(text, hides(hidden.REMOVED, (0, 1)), hides(hidden.AGAIN, (1, 2), (4, 5)))
    assert found.text == "FROM x\nRUN a \\\n && b \\\n && c\nRUN d\nRUN e \\\n && f\n"


@pytest.mark.parametrize(
    ("body", "joined"),
    [
        ("a; b", "(a; b)"),
        ("a || b", "(a || b)"),
        ("cd /x && a", "(cd /x && a)"),
        ("export A=1", "(export A=1)"),
        ("a && b", "a && b"),
        ("A=1 a", "(A=1 a)"),
    ],
)
def test_commands_that_change_the_shell_or_go_on_after_an_error_are_kept_together(body, joined):
    found = mended(f"FROM x\nRUN {body}\nRUN rm y\n", hides(hidden.REMOVED, (0, 1)))
    assert found.text == f"FROM x\nRUN {joined} \\\n && rm y\n"


@pytest.mark.parametrize(
    "between",
    ["COPY y .", "USER app", "ENV A=1", 'RUN ["a"]', "RUN <<EOF\na\nEOF", "RUN --network=none a"],
)
def test_nothing_is_joined_across_another_step(between):
    text = f"FROM x\nRUN get\n{between}\nRUN rm\n"
    last = len(layers(text)) - 1
    assert mended(text, hides(hidden.REMOVED, (0, last))) is None


def test_mounts_of_runs_that_are_joined_are_those_of_all():
    found = mended(
        "FROM x\nRUN --mount=type=cache,target=/c get\nRUN rm\n", hides(hidden.REMOVED, (0, 1))
    )
    assert found.text == "FROM x\nRUN --mount=type=cache,target=/c \\\n    get \\\n && rm\n"


def test_apts_steps_become_one_that_leaves_no_lists():
    found = mended(
        "FROM x\nRUN apt-get update\nRUN apt-get install -y \\\n    gcc\nRUN gcc\n",
        finding(PACKAGE_LISTS, {}),
        finding(RECOMMENDED, {}),
    )
    assert found.text == (
        "FROM x\nRUN apt-get update \\\n && apt-get install --no-install-recommends -y \\\n    gcc"
        " \\\n && rm -rf /var/lib/apt/lists/*\nRUN gcc\n"
    )
    assert set(found.did) == {PACKAGE_LISTS, RECOMMENDED}


def test_apts_steps_that_are_apart_stay_so_where_each_updates():
    text = "FROM x\nRUN apt-get update && apt-get install a\nCOPY . .\n"
    found = mended(text + "RUN apt-get update; apt-get install b\n", finding(PACKAGE_LISTS, {}))
    assert found.text.count("rm -rf /var/lib/apt/lists/*") == 2
    assert mended(text + "RUN apt-get install b\n", finding(PACKAGE_LISTS, {})) is None


def test_a_cache_goes_into_a_mount_of_its_run():
    text = "FROM x\nCOPY . .\nRUN pip install -r requirements.txt\n"
    found = mended(text, finding("pip's cache", {(1, "/root/.cache/pip/http/a"): 5}))
    assert found.text == (
        "FROM x\nCOPY . .\nRUN --mount=type=cache,target=/root/.cache/pip \\\n"
        "    pip install -r requirements.txt\n"
    )


def test_a_copy_gets_its_owner_and_the_user_is_there_before():
    found = mended(
        "FROM x\nWORKDIR /app\nCOPY . .\nRUN useradd app && chown -R app /app\nUSER app\n",
        hides(hidden.AGAIN, (1, 2)),
    )
    assert found.text == (
        "FROM x\nWORKDIR /app\nRUN useradd app\nCOPY --chown=app . .\n"
        "RUN chown app /app\nUSER app\n"
    )


@pytest.mark.parametrize(
    "steps",
    [
        "COPY . .\nRUN make\nRUN chown -R 1 /app",
        "COPY . .\nRUN chown -R app /app",
        "COPY --chown=2 . .\nRUN chown -R 1 /app",
        "COPY . .\nRUN chown -R 1 /app && make",
    ],
)
def test_an_owner_stays_where_something_else_may_depend_on_it(steps):
    text = f"FROM x\n{steps}\n"
    assert mended(text, hides(hidden.AGAIN, (0, len(layers(text)) - 1))) is None


def test_only_the_last_stages_base_becomes_slimmer():
    found = mended(
        "FROM python:3.13 AS a\nFROM python:3.13\nCOPY --from=a /x /\n",
        finding(SLIMMER, {}),
        base_name="python:3.13",
    )
    assert found.text == "FROM python:3.13 AS a\nFROM python:3.13-slim\nCOPY --from=a /x /\n"


def test_a_base_without_a_compiler_takes_no_steps_over():
    text = "FROM eclipse-temurin:25-jdk\nRUN javac A.java\n"
    assert mended(text, finding(SLIMMER, {}), base_name="eclipse-temurin:25-jdk") is None


COMPILED = """\
FROM gcc:14
ENV MODE=fast
WORKDIR /src
COPY . .
RUN make
EXPOSE 80
CMD ["/src/app"]
"""


def compiled(root, dockerfile, argv=("/src/app",), workdir="/src"):
    """What becomes of a Dockerfile whose program is static."""
    put(root, "/src/app", elf())
    made = image(
        ("ADD /", {"/usr/bin/x": 1}),
        ("RUN make", {"/src/app": 1}),
        root=root,
        base=1,
        process=Process(argv, workdir=workdir),
        dockerfile=dockerfile,
    )
    return rewritten(made, [finding(ALONE, {}), finding("build tools", {}), finding(SYMBOLS, {})])


def test_a_static_program_moves_to_scratch(tmp_path):
    found = compiled(tmp_path, COMPILED)
    assert found.text == (
        "FROM gcc:14 AS build\nENV MODE=fast\nWORKDIR /src\nCOPY . .\nRUN make\n\n"
        "FROM scratch\nCOPY --from=build /src/app /src/app\nENV MODE=fast\nEXPOSE 80\n"
        'CMD ["/src/app"]\n'
    )
    assert found.did == (ALONE, "build tools")


def test_a_relative_command_keeps_its_folder(tmp_path):
    found = compiled(tmp_path, COMPILED.replace("/src/app", "./app"), argv=("./app",))
    assert "FROM scratch\nWORKDIR /src\nCOPY --from=build /src/app /src/app\n" in found.text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('CMD ["/src/app"]', "CMD /src/app"),
        ("FROM gcc:14", "FROM gcc:14 AS mine"),
        ("FROM gcc:14", "FROM x\nFROM gcc:14"),
        ("EXPOSE 80", "USER app"),
        ("EXPOSE 80", "EXPOSE $PORT"),
        ("EXPOSE 80", "VOLUME /data"),
        ("EXPOSE 80", "HEALTHCHECK CMD true"),
        ('CMD ["/src/app"]', ""),
    ],
)
def test_what_is_not_so_simple_stays_advice(tmp_path, old, new):
    assert compiled(tmp_path, COMPILED.replace(old, new)) is None


def test_a_script_on_the_way_stays_advice(tmp_path):
    put(tmp_path, "/entry", "#!/src/app\n")
    assert compiled(tmp_path, COMPILED, argv=("/entry",)) is None


@pytest.mark.parametrize("text", ["", "# escape=`\nFROM x\nRUN a `\n b\n", "ARG A\n"])
def test_another_language_is_not_touched(text):
    with pytest.raises(ValueError):
        Script(text)


@pytest.mark.parametrize(
    "text",
    [
        "FROM x",
        "# top\n\nFROM x\n\n# a\nRUN a \\\n  # inner\n  b\n\nCMD x\n# end\n",
        "FROM a AS b\nRUN <<EOF\nFROM c\nEOF\nFROM b\nCOPY <<A <<B /\n1\nA\n2\nB\n",
    ],
)
def test_what_is_not_changed_comes_back_as_it_was(text):
    assert Script(text).text == text + ("" if text.endswith("\n") else "\n")


def test_an_image_without_a_dockerfile_is_not_rewritten():
    assert rewritten(image(("RUN a", {"/a": 1})), [finding(PACKAGE_LISTS, {})]) is None
