"""Diagnoses from folders that stand for images. tests/engine/test_diagnosis.py has the same causes
on real engines."""

import re
import tomllib

import pytest

from helpers.core import names
from helpers.core.errors import LabError
from helpers.diagnosis.cause_text import FILE, lookups, texts
from helpers.diagnosis.command import (
    EXEC_FAILED,
    NOT_RUN_BY_SHELL,
    Process,
    may_be_engines_words,
    starts,
)
from helpers.diagnosis.diagnose import CHECKS, examine
from helpers.diagnosis.shell_words import listed, shebang, simple
from helpers.files.filesystem import FolderFS
from tests.unit.elves import GLIBC, GLIBC_TEXT, elf, link, put

STATIC = elf(kind=2)
DYNAMIC = elf(interpreter=GLIBC, needed=["libone.so"])


class Image:
    """A folder that stands for an image, with short ways to fill and diagnose it."""

    def __init__(self, root):
        self.root = root
        self.fs = FolderFS(root)

    def put(self, path, content=STATIC, mode=0o755):
        put(self.root, path, content, mode)
        return self

    def link(self, path, target):
        link(self.root, path, target)
        return self

    def diagnosis(self, *argv, **facts):
        process = Process(tuple(argv), **{"architecture": "amd64", **facts})
        return examine(self.fs, process).diagnosis

    def cause(self, *argv, **facts):
        found = self.diagnosis(*argv, **facts)
        return found and found.cause

    def started(self, *argv, **facts):
        """The names of all files that have to start, in order."""
        return [start.name for start in starts(self.fs, Process(tuple(argv), **facts))]


@pytest.fixture
def image(tmp_path):
    tmp_path.chmod(0o755)
    return Image(tmp_path)


@pytest.fixture
def shell(image):
    """An image with a static busybox."""
    image.put("/bin/busybox", elf(kind=2, text=b"\0cat\0ls\0"))
    return image.link("/bin/sh", "busybox").link("/usr/bin/env", "/bin/busybox")


def test_every_cause_has_texts_and_all_texts_have_a_cause():
    assert list(texts()) == list(CHECKS)


def test_texts_name_no_engine_and_no_architecture():
    for cause in CHECKS:
        for text in texts()[cause].values():
            said = text.explanation + " ".join(text.fixes)
            assert not re.search(r"runc|OCI|shim|x86|amd64|aarch64|podman", said, re.IGNORECASE)


# following a command


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("/app --now", ("/app", "--now")),
        ("exec /app 'a b'", ("/app", "a b")),
        ("/app -g 'daemon off;'", ("/app", "-g", "daemon off;")),
        ('/app --port=$PORT "$HOME"', ("/app", "--port=$PORT", "$HOME")),
        ('exec /app "$@"', ("/app", "1", "2")),
        ("$APP", None),
        ("./$APP", None),
        ("cd /srv && ./app", None),
        ("/app | cat", None),
        ("/app > /log", None),
        ("/app; exit 0", None),
        ("/app $(other)", None),
        ("/app `other`", None),
        ("/app # comment", None),
        ("/app 'open", None),
        ("A=1 /app", None),
        ("echo well", None),
        ("exit 127", None),
        ("[ -f /app ]", None),
        ("/opt/*/app", None),
        ("~/app", None),
        ("exec -a name /app", None),
        ("", None),
    ],
)
def test_a_script_that_only_starts_one_program_gives_its_words(script, words):
    assert simple(script, ("1", "2")) == words


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("['/app', '-x']", ["/app", "-x"]),
        ("[“/app”]", ["/app"]),
        ("[/app]", ["/app"]),
        ("[ -f /app ]", None),
        ("/app", None),
    ],
)
def test_a_list_with_the_wrong_quotes_gives_its_words(script, words):
    assert listed(script) == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"#!/bin/sh\n", ["/bin/sh"]),
        (b"#! \t/bin/sh  -e -u \nexit", ["/bin/sh", "-e -u"]),
        (b"#!/bin/sh\r\n", ["/bin/sh\r"]),
        (b"#!/usr/bin/env python3\r\n", ["/usr/bin/env", "python3\r"]),
        (b"#!\n", []),
        (b"echo\n", None),
        (b"", None),
    ],
)
def test_a_shebang_line_is_split_like_in_the_kernel(line, words):
    assert shebang(line) == words


def test_a_command_is_followed_through_shells_env_and_scripts(shell):
    shell.put("/srv/app").put("/srv/start", '#!/bin/sh\n# now\nset -eu\n\nexec ./app "$@"\n')
    shell.put("/srv/by-env", "#!/usr/bin/env sh\n./app\n").link("/usr/bin/app", "../../srv/app")
    assert shell.started("app") == ["app"]
    assert shell.started("./app", workdir="/srv") == ["./app"]
    assert shell.started("/bin/sh", "-c", "./app", workdir="/srv") == ["/bin/sh", "./app"]
    assert shell.started("/bin/sh", "-ec", "cd / && ./app") == ["/bin/sh"]
    assert shell.started("/bin/sh", "-lc", "./app") == ["/bin/sh"]
    assert shell.started("/srv/start", workdir="/srv") == ["/srv/start", "/bin/sh", "./app"]
    assert shell.started("/srv/by-env") == ["/srv/by-env", "/usr/bin/env", "sh", "./app"]
    assert shell.started("env", "A=1", "app") == ["env", "app"]
    assert shell.started("env", "PATH=/x", "app") == ["env"]
    assert shell.started("/bin/sh", "-c", "ls") == ["/bin/sh"]  # an applet of busybox
    assert shell.started("/proc/self/exe") == []


def test_a_command_is_followed_through_an_init(image):
    image.put("/sbin/tini").put("/app")
    assert image.started("tini", "--", "/app", "x") == ["tini", "/app"]
    assert image.started("tini", "-g", "/app") == ["tini", "/app"]
    assert image.started("tini", "-e", "143", "--", "/app") == ["tini"]


def test_a_loop_of_interpreters_ends(image):
    image.put("/one", "#!/two\n").put("/two", "#!/one\n")
    assert len(image.started("/one")) < 20


# causes


def test_a_program_that_has_all_it_needs_gets_no_diagnosis(image):
    image.put("/app")
    assert image.cause("/app", exit_code=1) is None
    assert image.cause("/app", exit_code=127) is None
    assert image.cause("/app", exit_code=139) is None
    assert image.cause() is None


def test_missing_shell(image):
    image.put("/app")
    found = image.diagnosis("/bin/sh", "-c", "/app 'a b'")
    assert (found.cause, found.missing) == ("missing-shell", ("/bin/sh",))
    assert found.fixes[0] == 'CMD ["/app", "a b"]'
    assert image.diagnosis("/bin/sh", "-c", "a && b").fixes == ("FROM busybox:1.37",)
    assert image.diagnosis("/bin/sh", "-c", "['/app']").fixes == ('CMD ["/app"]',)
    assert image.cause("bash") == "missing-shell"
    image.put("/tools/sh")
    assert image.cause("/bin/sh") == "wrong-path"
    found = image.diagnosis("/bin/sh", "-c", "a && b", instruction="ENTRYPOINT")
    assert 'SHELL ["/tools/sh", "-c"]' in found.fixes


@pytest.mark.parametrize(
    ("instruction", "first"),
    [
        ("RUN", 'RUN ["/app", "1"]'),
        ("HEALTHCHECK", 'HEALTHCHECK CMD ["/app", "1"]'),
        ("ENTRYPOINT", 'ENTRYPOINT ["/app", "1"]'),
    ],
)
def test_a_missing_shell_is_told_for_each_instruction(image, instruction, first):
    found = image.diagnosis("/bin/sh", "-c", "/app 1", instruction=instruction)
    assert (found.cause, found.fixes[0]) == ("missing-shell", first)
    assert f"`{instruction}`" in found.explanation


def test_missing_loader(image):
    image.put("/app", DYNAMIC)
    found = image.diagnosis("/app", exit_code=1)
    assert (found.cause, found.missing) == ("missing-loader", (GLIBC,))
    assert image.cause("/app", exit_code=1, started=True) is None
    image.link(GLIBC, "../lib/gone")
    assert image.diagnosis("/app").missing == ("/lib/gone",)


@pytest.mark.parametrize(
    ("path", "needed", "proposed"),
    [
        ("/app", ["libm.so.6", "libstdc++.so.6", "libc.so.6", "ld-linux-x86-64.so.2"], True),
        ("/app", ["libc.musl-x86_64.so.1"], True),
        ("/app", ["libjli.so", "libc.so.6"], False),
        ("/jre/bin/java", ["libc.so.6"], False),
        ("/opt/python3.13", ["libc.so.6"], False),
    ],
)
def test_static_linking_is_proposed_only_if_the_author_can_do_it(image, path, needed, proposed):
    image.put(path, elf(interpreter=GLIBC, needed=needed))
    fixes = image.diagnosis(path).fixes
    assert any("-static" in fix for fix in fixes) is proposed, fixes


def test_a_go_program_without_a_loader_is_to_be_built_without_cgo(image):
    image.put("/app", elf(interpreter=GLIBC, go=True))
    assert "ENV CGO_ENABLED=0" in image.diagnosis("/app").fixes


def test_the_images_other_c_library_is_named(image):
    image.put("/glibc", elf(interpreter="/lib64/ld-linux-x86-64.so.2"))
    image.put("/musl", elf(interpreter="/lib/ld-musl-x86_64.so.1"))
    image.put("/usr/lib/libc.so.6", elf(soname="libc.so.6"))
    found = image.diagnosis("/musl")
    assert found.cause == "missing-loader"
    assert "has another C library, glibc" in found.explanation
    assert "another C library" not in image.diagnosis("/glibc").explanation
    image.put("/lib/ld-musl-x86_64.so.1")
    assert "has another C library, musl" in image.diagnosis("/glibc").explanation


def test_missing_library(image):
    image.put("/app", DYNAMIC).put(GLIBC, elf(soname="ld-glibc.so.2", text=GLIBC_TEXT))
    found = image.diagnosis("/app", exit_code=127, started=True)
    assert (found.cause, found.missing) == ("missing-library", ("libone.so",))
    assert image.cause("/app", exit_code=3, started=True) is None
    image.put("/srv/libone.so", elf(soname="libone.so"))
    assert "ENV LD_LIBRARY_PATH=/srv" in image.diagnosis("/app", exit_code=127).fixes
    assert image.cause("/app", env={"LD_LIBRARY_PATH": "/srv"}) is None
    image.put("/lib/libone.so", elf("arm64", soname="libone.so"))
    assert "it is for arm64" in image.diagnosis("/app", exit_code=127).explanation


def test_symbol_version(image):
    wants = {"libc.so.6": ["GLIBC_2.34"]}
    image.put("/app", elf(interpreter=GLIBC, needed=["libc.so.6"], wants=wants))
    image.put(GLIBC, elf(soname="ld-glibc.so.2", text=GLIBC_TEXT))
    image.put("/lib/libc.so.6", elf(soname="libc.so.6", has=["GLIBC_2.9", "GLIBC_2.31"]))
    image.put("/etc/os-release", 'ID=debian\nVERSION_ID="11"\nVERSION_CODENAME=bullseye\n')
    found = image.diagnosis("/app", exit_code=1, started=True)
    assert (found.cause, found.missing) == ("symbol-version", ("libc.so.6 (GLIBC_2.34)",))
    assert "GLIBC_2.31" in found.explanation
    assert found.fixes[0] == "FROM debian:bullseye AS build"


def test_missing_file(image):
    image.put("/srv/app").link("/current", "srv/gone").link("/bin/tool", "../opt/tool")
    assert image.diagnosis("/other").missing == ("/other",)
    assert image.diagnosis("other").missing == ("other",)
    assert image.diagnosis("/current").missing == ("/srv/gone",)
    assert image.diagnosis("tool").missing == ("/opt/tool",)
    image.put("/opt/2/tool")  # which doesn't matter: the link dangles
    assert image.cause("tool") == "missing-file"
    found = image.diagnosis("/srv/app --now", "x")
    assert found.cause == "missing-file"
    assert found.fixes == ('CMD ["/srv/app", "--now", "x"]',)
    assert image.cause("/srv/app/more") == "missing-file"


def test_a_virtual_environment_without_its_python(image):
    image.link("/venv/bin/python", "/usr/bin/python3").put("/venv/pyvenv.cfg", "version = 3.11.2\n")
    found = image.diagnosis("/venv/bin/python", "page.py")
    assert (found.cause, found.missing) == ("missing-file", ("/usr/bin/python3",))
    assert found.fixes == ("FROM python:3.11-slim",)


def test_a_file_that_a_shell_starts_may_be_missing(shell):
    argv = ("/bin/sh", "-c", "/app --now")
    assert shell.cause(*argv, exit_code=127, started=True) == "missing-file"
    assert shell.cause(*argv, exit_code=1, started=True) is None
    found = shell.diagnosis("/bin/sh", "-c", "['/app', '-x']", exit_code=127, started=True)
    assert found.fixes == ('CMD ["/app", "-x"]',)


def test_wrong_path(shell):
    shell.put("/srv/bin/app")
    relative = shell.diagnosis("./app", "1", workdir="/srv")
    assert (relative.cause, relative.missing) == ("wrong-path", ("/srv/app",))
    assert relative.fixes == ('CMD ["/srv/bin/app", "1"]', "WORKDIR /srv/bin")
    assert "WORKDIR /srv" in shell.diagnosis("bin/app").fixes
    assert "ENV PATH=/srv/bin:$PATH" in shell.diagnosis("app", workdir="/srv/bin").fixes
    assert shell.cause("app", env={"PATH": "/bin:/srv/bin"}) is None
    assert shell.cause("/app") == "wrong-path"
    by_shell = shell.diagnosis("/bin/sh", "-c", "exec app 1", exit_code=127)
    assert by_shell.fixes[0] == 'CMD ["/srv/bin/app", "1"]'


def test_wrong_path_needs_a_program(image):
    image.put("/doc/app", "a text", 0o644)
    (image.root / "app").mkdir()
    assert image.cause("app") == "missing-file"


def test_a_fix_only_has_the_words_of_its_own_instruction(image):
    image.put("/srv/app").put("/bin/tini")
    found = image.diagnosis("app", "-v", "from", "cmd", instruction="ENTRYPOINT", written=2)
    assert found.fixes[0] == 'ENTRYPOINT ["/srv/app", "-v"]'
    found = image.diagnosis("app", "1", instruction="")
    assert found.fixes[0] == "docker run IMAGE /srv/app 1"
    argv = ("tini", "--", "app", "1")
    found = image.diagnosis(*argv, instruction="ENTRYPOINT", written=3, exit_code=127)
    assert found.fixes[0] == 'ENTRYPOINT ["tini", "--", "/srv/app"]'


def test_wrong_architecture(image):
    image.put("/app", elf("arm64", interpreter="/lib/ld-linux-aarch64.so.1"))
    found = image.diagnosis("/app", exit_code=1)
    assert found.cause == "wrong-architecture"  # the loader is missing too, but not yet needed
    assert "arm64" in found.explanation and "amd64" in found.explanation
    assert image.cause("/app", architecture="") == "missing-loader"
    assert image.cause("/app", started=True, exit_code=1) is None  # an emulator runs it
    assert image.cause("/app", architecture="arm64") == "missing-loader"


def test_not_executable(image):
    image.put("/app", mode=0o644)
    assert image.cause("/app") == "not-executable"
    assert image.cause("app", env={"PATH": "/"}) == "not-executable"
    image.put("/bin/app")
    assert image.cause("app", env={"PATH": "/:/bin"}) is None
    owner = (image.root / "app").stat().st_uid
    image.put("/app", mode=0o700)
    assert image.cause("/app", user="0") is None
    assert image.cause("/app", user=str(owner)) is None
    assert image.cause("/app", user=str(owner + 7)) == "not-executable"
    assert image.cause("/app", user="who") is None  # the image does not tell who that is
    image.put("/etc/passwd", f"who:x:{owner + 7}:{owner + 7}::/:/bin/sh\n")
    assert image.cause("/app", user="who") == "not-executable"


def test_not_executable_by_group(image):
    image.put("/app", mode=0o750)
    file = (image.root / "app").stat()
    stranger = file.st_uid + 7
    image.put("/etc/passwd", f"who:x:{stranger}:{stranger}::/:/bin/sh\n")
    assert image.cause("/app", user="who") == "not-executable"
    assert image.cause("/app", user=f"{stranger}:{file.st_gid}") is None
    image.put("/etc/group", f"staff:x:{file.st_gid}:other,who\n")
    assert image.cause("/app", user="who") is None
    assert image.cause("/app", user=f"who:{stranger}") == "not-executable"


def test_a_folder_that_a_user_may_not_enter(image):
    image.put("/kept/app")
    (image.root / "kept").chmod(0o700)
    user = str((image.root / "kept").stat().st_uid + 7)
    found = image.diagnosis("/kept/app", user=user)
    assert found.cause == "not-executable"
    assert "`/kept`" in found.explanation


def test_bad_shebang(shell):
    shell.put("/crlf", "#!/bin/sh\r\nexit\r\n").put("/option", "#!/bin/sh -e\r\nexit\r\n")
    shell.put("/bash", "#!/bin/bash\n").put("/env", "#!/usr/bin/env python3\n")
    shell.put("/words", "#!/usr/bin/env sh -e\n").put("/nothing", "#! \necho\n")
    shell.put("/split", "#!/usr/bin/env -S python3 -u\n").put("/fine", "#!/bin/sh -e\nexit 2\n")
    assert shell.cause("/crlf", exit_code=1) == "bad-shebang"
    assert shell.cause("/option", exit_code=2, started=True) == "bad-shebang"
    assert shell.cause("/option", exit_code=3, started=True) is None
    assert shell.diagnosis("/bash").missing == ("/bin/bash",)
    assert shell.diagnosis("/env", exit_code=127).missing == ("python3",)
    assert shell.cause("/env", exit_code=3, started=True) is None
    assert "#!/usr/bin/env -S sh -e" in shell.diagnosis("/words", exit_code=127).fixes[0]
    assert shell.cause("/nothing") == "bad-shebang"
    assert shell.diagnosis("/split", exit_code=127).missing == ("python3",)
    assert shell.cause("/fine", exit_code=2, started=True) is None
    shell.put("/opt/python3")
    assert shell.diagnosis("/env", exit_code=127).fixes[0].endswith('|#!/opt/python3|" /env')


def test_the_package_of_a_missing_interpreter_is_named(shell):
    shell.put("/app", "#!/usr/bin/env node\n").put("/bin/apk")
    assert "RUN apk add nodejs" in shell.diagnosis("/app", exit_code=127).fixes


def test_not_a_program(shell):
    shell.put("/text.py", "print(1)\n").put("/empty", "").put("/object", elf(kind=1))
    shell.put("/cut", elf(kind=2, text=bytes(20000))[:9000]).put("/stub", STATIC[:40])
    shell.put("/windows", b"MZ\x90\0").put("/data", b"\1\2\3").put("/srv/srv")
    found = shell.diagnosis("/text.py")
    assert found.cause == "not-a-program"
    assert found.fixes[1] == 'CMD ["python3", "/text.py"]'
    for path in ("/empty", "/object", "/cut", "/stub", "/windows", "/data", "/srv"):
        assert shell.cause(path, exit_code=1) == "not-a-program", path
    assert "for Windows" in shell.diagnosis("/windows").explanation
    assert shell.diagnosis("/srv").fixes == ('CMD ["/srv/srv"]',)
    # a shell runs what has no first line itself, and an emulator may run anything
    assert shell.cause("/bin/sh", "-c", "/text.py", exit_code=127, started=True) is None
    assert shell.cause("/text.py", exit_code=1, started=True) is None
    assert shell.cause("/cut", exit_code=139, started=True) == "not-a-program"


def test_a_file_that_is_short_by_less_than_a_page_runs(image):
    """The kernel fills up the last page with zeros; very small programs rely on it."""
    image.put("/app", elf(kind=2, text=bytes(9000))[:9000])
    assert image.cause("/app") is None


def test_killed_and_out_of_memory(image):
    image.put("/app")
    facts = {"exit_code": 139, "started": True}
    assert image.cause("/app", **facts) is None
    found = image.diagnosis("/app", signal=11, **facts)
    assert found.cause == "killed"
    assert "SIGSEGV" in found.explanation and "139" in found.explanation
    assert "139" not in image.diagnosis("/app", signal=6, **facts).explanation
    assert image.cause("/app", signal=64, **facts) == "killed"
    facts = {"exit_code": 137, "started": True, "oom": True}
    assert image.cause("/app", **facts) == "out-of-memory"
    assert image.cause("/app", signal=9, **facts) == "out-of-memory"


def test_the_address_sanitizer_is_proposed_only_for_glibc(image):
    image.put("/glibc", elf(interpreter=GLIBC))
    image.put("/musl", elf(interpreter="/lib/ld-musl-x86_64.so.1"))
    image.put("/lib64/ld-linux-x86-64.so.2", elf())
    image.put("/lib/ld-musl-x86_64.so.1", elf())
    facts = {"exit_code": 139, "started": True, "signal": 11}
    assert "-fsanitize" in image.diagnosis("/glibc", **facts).fixes[0]
    assert image.diagnosis("/musl", **facts).fixes == ()


def test_the_first_file_that_can_not_start_is_the_cause(shell):
    shell.put("/bin/dash", DYNAMIC)
    (shell.root / "bin/sh").unlink()
    shell.link("/bin/sh", "dash")
    assert shell.cause("/bin/sh", "-c", "/nowhere") == "missing-loader"


def test_an_examination_says_whether_anything_ran(shell):
    def nothing_ran(*argv, **facts):
        return examine(shell.fs, Process(tuple(argv), **facts)).nothing_ran

    shell.put("/dynamic", DYNAMIC).put("/script", "#!/none\n").put("/env", "#!/usr/bin/env none\n")
    assert nothing_ran("/dynamic", exit_code=1)
    assert nothing_ran("/script", exit_code=1)
    assert not nothing_ran("/env", exit_code=127)
    assert not nothing_ran("/bin/sh", "-c", "/dynamic", exit_code=127)
    shell.put(GLIBC, elf(soname="ld-glibc.so.2", text=GLIBC_TEXT))
    assert not nothing_ran("/dynamic", exit_code=127)


def test_only_one_line_about_exec_may_be_the_engines_own():
    line = "exec /a: no such file or directory\n"
    assert all(may_be_engines_words(line, code) for code in EXEC_FAILED)
    assert not may_be_engines_words(line, 0)
    assert not may_be_engines_words(line, None)
    assert not may_be_engines_words(f"{line}\n", 127)
    assert not may_be_engines_words("no such file\n", 127)
    assert not may_be_engines_words("", 127)
    assert not may_be_engines_words(line, 127, EXEC_FAILED - NOT_RUN_BY_SHELL)


ODD = ["\0", "/", "//", ".", "..", "../..", "/..", "", " ", "\n", "a\0b", "/a" * 5000, "é", "{x}"]


@pytest.mark.parametrize("name", ODD)
def test_odd_names_raise_nothing(shell, name):
    assert shell.cause(name) in {"missing-file", "not-a-program", None}
    shell.cause("/bin/sh", "-c", name, exit_code=127)
    shell.put("/app", f"#!{name}\n")
    assert shell.cause("/app") in {"bad-shebang", "not-a-program", None}


CASES = names.ROOT / "tests" / "engine" / "diagnosis"


def test_every_dockerfile_has_a_row_and_every_cause_a_dockerfile():
    cases = tomllib.loads((CASES / "cases.toml").read_text())
    assert {f"{name}.Dockerfile" for name in cases} == {f.name for f in CASES.glob("*.Dockerfile")}
    assert {name.partition(".")[0] for name in cases} == {*CHECKS, "none"}
    told = {
        (name.partition(".")[0], case["text"]) for name, case in cases.items() if "text" in case
    }
    unknown = {(cause, text) for cause, text in told if text not in texts()[cause]}
    assert not unknown, "a `text` in cases.toml is a key in causes.toml"


@pytest.mark.parametrize(
    ("read", "right", "wrong", "sentence"),
    [
        (
            texts,
            "fixes = ",
            "fix = ",
            ", missing-shell.string: Object contains unknown field `fix`.",
        ),
        (lookups, "find = ", "finds = ", ", signals[...]: Object contains unknown field `finds`."),
        (lookups, "[bases]", "[base]", ": Object missing required field `bases`."),
        (texts, "[bases]", "[base]", ", base.glibc: Expected `object`, got `str`."),
    ],
)
def test_a_misspelt_key_among_the_texts_is_told(tmp_path, read, right, wrong, sentence):
    file = tmp_path / "causes.toml"
    file.write_text(FILE.read_text().replace(right, wrong, 1))
    with pytest.raises(LabError) as told:
        read(file)
    assert str(told.value) == f"{file}{sentence}"
