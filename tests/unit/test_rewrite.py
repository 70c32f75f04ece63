"""Dockerfiles before and after: each transformation, and what it does not touch."""

from dataclasses import replace

import pytest

from helpers.advice import hidden
from helpers.advice.recommended import RECOMMENDED
from helpers.advice.rewrite import PACKAGE_LISTS, rewritten
from helpers.advice.slimmer import ALONE, SLIMMER
from helpers.advice.symbols import SYMBOLS
from helpers.diagnosis.command import Process
from helpers.dockerfile.instructions import instructions
from helpers.dockerfile.script import Script
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
        ('A="1 2"', '(A="1 2")'),
        ("a && A=$(b) && c", "(a && A=$(b) && c)"),
        ("exit 0", "(exit 0)"),
        (". ./env && a", "(. ./env && a)"),
        ("a && unset B", "(a && unset B)"),
        ("a . && b set", "a . && b set"),
    ],
)
def test_commands_that_change_the_shell_or_go_on_after_an_error_are_kept_together(body, joined):
    found = mended(f"FROM x\nRUN {body}\nRUN rm y\n", hides(hidden.REMOVED, (0, 1)))
    assert found.text == f"FROM x\nRUN {joined} \\\n && rm y\n"


@pytest.mark.parametrize(
    "between",
    [
        "COPY y .",
        "USER app",
        "ENV A=1",
        'RUN ["a"]',
        "RUN <<EOF\na\nEOF",
        "RUN --network=none a",
        "RUN a # b",
    ],
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


def test_steps_with_apt_become_one_that_leaves_no_lists():
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


def test_steps_with_apt_stay_apart_if_each_updates():
    text = "FROM x\nRUN apt-get update && apt-get install a\nCOPY . .\n"
    found = mended(text + "RUN apt-get update; apt-get install b\n", finding(PACKAGE_LISTS, {}))
    assert found.text.count("rm -rf /var/lib/apt/lists/*") == 2
    assert mended(text + "RUN apt-get install b\n", finding(PACKAGE_LISTS, {})) is None


def test_a_step_that_updates_something_else_does_not_count_as_an_update():
    text = (
        "FROM x\nRUN apt-get update && apt-get install a\nCOPY . .\n"
        "RUN apt-get install ca-certificates && update-ca-certificates\n"
    )
    assert mended(text, finding(PACKAGE_LISTS, {})) is None


def test_files_that_a_program_may_read_do_not_move_into_a_mount():
    text = "FROM x\nRUN playwright install\n"
    read = {(0, "/root/.cache/ms-playwright/chrome"): 5}
    assert mended(text, finding("other caches", read)) is None


def test_a_cache_moves_into_a_mount_of_its_run():
    text = "FROM x\nCOPY . .\nRUN pip install -r requirements.txt\n"
    found = mended(text, finding("pip's cache", {(1, "/root/.cache/pip/http/a"): 5}))
    assert found.text == (
        "FROM x\nCOPY . .\nRUN --mount=type=cache,target=/root/.cache/pip \\\n"
        "    pip install -r requirements.txt\n"
    )


@pytest.mark.parametrize(
    ("steps", "copies", "expected"),
    [
        (
            "WORKDIR /app\nCOPY . .\nRUN useradd app && chown -R app /app\nUSER app\n",
            (1, 2),
            "WORKDIR /app\nRUN useradd app\nCOPY --chown=app . .\n"
            "RUN find /app ! -user app -exec chown -h app {} +\nUSER app\n",
        ),
        (
            "COPY a /srv/app/a\nCOPY b /etc/b\nRUN chown -R 1:2 /srv/app\n",
            (0, 2),
            "COPY --chown=1:2 a /srv/app/a\nCOPY b /etc/b\n"
            "RUN find /srv/app \\( ! -user 1 -o ! -group 2 \\) -exec chown -h 1:2 {} +\n",
        ),
    ],
    ids=["a user who is made before", "a group, and a copy to elsewhere"],
)
def test_a_copy_gets_its_owner(steps, copies, expected):
    found = mended(f"FROM x\n{steps}", hides(hidden.AGAIN, copies))
    assert found.text == f"FROM x\n{expected}"


@pytest.mark.parametrize(
    "steps",
    [
        "WORKDIR /app\nCOPY . .\nRUN make\nRUN chown -R 1 /app",
        "WORKDIR /app\nCOPY . .\nRUN chown -R app /app",
        "WORKDIR /app\nCOPY --chown=2 . .\nRUN chown -R 1 /app",
        "WORKDIR /app\nCOPY . .\nRUN chown -R 1 /app && make",
        "WORKDIR /srv\nCOPY . .\nRUN chown -R 1 /app",
        "WORKDIR /app\nCOPY . $TO\nRUN chown -R 1 /app",
        "WORKDIR /app\nCOPY . /\nRUN chown -R 1 /app",
        'WORKDIR /app\nCOPY ["a b", "/app/"]\nRUN chown -R 1 /app',
        "WORKDIR /app\nCOPY . /app\nRUN useradd a && chown -R a: /app",
        "ENV A=1\nCOPY . .\nWORKDIR /app\nRUN chown -R 1 /app",
    ],
)
def test_an_owner_stays_where_something_else_may_depend_on_it(steps):
    text = f"FROM x\n{steps}\n"
    made = layers(text)
    first = next(at for at, each in enumerate(made) if each.keyword == "COPY")
    assert mended(text, hides(hidden.AGAIN, (first, len(made) - 1))) is None


def test_only_the_last_stages_base_becomes_slimmer():
    found = mended(
        "FROM python:3.13 AS a\nFROM python:3.13\nCOPY --from=a /x /\n",
        finding(SLIMMER, {}),
        base_name="python:3.13",
    )
    assert found.text == "FROM python:3.13 AS a\nFROM python:3.13-slim\nCOPY --from=a /x /\n"


def test_a_base_without_a_compiler_does_not_take_the_place_of_one_with():
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


def compiled(root, dockerfile, argv=("/src/app",), workdir="/src", copied=(), made=()):
    """What becomes of a Dockerfile whose program is static, with further files by their paths."""
    put(root, "/src/app", elf())
    made = image(
        ("ADD /", {"/usr/bin/x": 1}),
        ("COPY . .", dict.fromkeys(copied, 1)),
        ("RUN make", dict.fromkeys(["/src/app", *made], 1)),
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
def test_a_dockerfile_that_is_less_simple_is_not_rewritten(tmp_path, old, new):
    assert compiled(tmp_path, COMPILED.replace(old, new)) is None


@pytest.mark.parametrize(
    ("copied", "made"),
    [
        (["/src/templates/index.html"], []),
        (["/src/config.toml"], []),
        (["/etc/app.conf"], []),
        ([], ["/src/static/app.css"]),
    ],
)
def test_a_program_with_files_that_it_may_read_is_not_moved(tmp_path, copied, made):
    assert compiled(tmp_path, COMPILED, copied=copied, made=made) is None


def test_files_that_only_compilers_read_and_leave_stay_behind(tmp_path):
    copied = ["/src/a.c", "/src/go.mod", "/src/Dockerfile.dev", "/src/.git/HEAD", "/src/Cargo.lock"]
    made = ["/src/a.o", "/src/target/release/deps/a-1", "/src/target/CACHEDIR.TAG", "/usr/bin/y"]
    assert compiled(tmp_path, COMPILED, copied=copied, made=made)


def test_a_program_that_a_script_starts_is_not_moved(tmp_path):
    put(tmp_path, "/entry", "#!/src/app\n")
    assert compiled(tmp_path, COMPILED, argv=("/entry",)) is None


@pytest.mark.parametrize("text", ["", "# escape=`\nFROM x\nRUN a `\n b\n", "ARG A\n"])
def test_a_script_refuses_another_escape_character_or_no_from(text):
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
def test_a_script_that_is_not_edited_keeps_its_text(text):
    assert Script(text).text == text + ("" if text.endswith("\n") else "\n")


def test_an_image_without_a_dockerfile_is_not_rewritten():
    assert rewritten(image(("RUN a", {"/a": 1})), [finding(PACKAGE_LISTS, {})]) is None
