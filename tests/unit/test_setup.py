"""How the packages are had: on the standard library, in a folder that is ours, never in another."""

import ast
import json
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement

from helpers import __main__ as start
from helpers.core import names
from helpers.core.errors import LabError
from helpers.setup import environment as setup

PROJECT = """
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "shrink-docker-images"
version = "1.0"
dependencies = ["docker==7.2.0", "nothing-of-this-name==1.0"]

[project.optional-dependencies]
test = ["pytest==0.1"]
book = ["sphinx==0.1"]
"""


@pytest.fixture
def root(tmp_path):
    """A checkout whose packages can't be had."""
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    return tmp_path


@pytest.fixture
def without_pip(monkeypatch):
    """Folders are made in no time; they have an interpreter and no pip."""

    def make(venv, say):
        environment(venv, stamp="{}")

    monkeypatch.setattr(setup, "_make", make)


@pytest.fixture
def installed(monkeypatch):
    """In place of pip: the stamp, as pip leaves it that succeeds. Gives the folders it ran in."""
    folders = []

    def install(venv, root, say):
        folders.append(venv)
        (venv / setup.STAMP).write_text(json.dumps(setup._stamp(venv, root)))

    monkeypatch.setattr(setup, "_install", install)
    return folders


def environment(folder, *, stamp=None):
    """A virtual environment without pip, which takes no time."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    if stamp is not None:
        (folder / setup.STAMP).write_text(stamp)
    return folder


@pytest.mark.parametrize("file", ["__main__.py", "__init__.py", "core/errors.py"])
def test_an_old_python_can_read_what_tells_it_so(file):
    ast.parse((names.ROOT / "helpers" / file).read_text(), feature_version=(3, 7))


def test_an_old_python_is_told_in_a_sentence():
    assert "3.11 or newer and you have 3.7.16" in start.too_old((3, 7, 16, "final", 0))
    assert "`python3.12 -m helpers" in start.too_old((3, 7, 16), "python3.12")


def test_the_standard_library_is_enough_to_begin():
    code = (
        "import sys; from helpers.commands import arguments, dispatch; arguments.parse(['doctor']);"
        "from helpers.setup import doctor, environment, host;"
        "print([m for m in ('docker', 'rich', 'nbformat', 'platformdirs') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-Sc", code], cwd=names.ROOT, capture_output=True, text=True
    )
    assert found.stdout.strip() == "[]", found.stderr


@pytest.mark.parametrize("platform", ["win32", "linux", "darwin"])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64", "arm64", "riscv64", "AMD64"])
def test_a_requirement_is_meant_for_the_machines_that_pip_takes_it_for(
    monkeypatch, platform, machine
):
    monkeypatch.setattr(setup.sys, "platform", platform)
    monkeypatch.setattr(setup.platform, "machine", lambda: machine)
    project = tomllib.loads((names.ROOT / "pyproject.toml").read_text())["project"]
    groups = project["optional-dependencies"].values()
    found = [Requirement(each) for group in [project["dependencies"], *groups] for each in group]
    markers = [each.marker for each in found if each.marker]
    here = {"sys_platform": platform, "platform_machine": machine}
    assert {str(m) for m in markers if setup._applies(str(m).replace('"', "'"))} == {
        str(m) for m in markers if m.evaluate(here)
    }
    assert len(markers) >= 2


def test_what_is_missing_is_named_as_pip_would_be_asked(root):
    missing = ["nothing-of-this-name==1.0", "pytest==0.1", "sphinx==0.1", f"-e {root}"]
    assert setup.lacking(root) == missing


def test_every_group_of_packages_is_installed():
    project = tomllib.loads((names.ROOT / "pyproject.toml").read_text())["project"]
    assert sorted(project["optional-dependencies"]) == setup.GROUPS.split(",")


@pytest.mark.parametrize(("platform", "lacks"), [("win32", False), ("linux", True)])
def test_what_windows_can_not_have_is_not_missing_there(monkeypatch, platform, lacks):
    monkeypatch.setattr(setup.sys, "platform", platform)
    assert setup._has("nothing-of-this-name==1; sys_platform != 'win32'") is not lacks
    assert setup._has(f"pytest=={pytest.__version__}; sys_platform != 'win32'")
    assert not setup._has("nothing-of-this-name==1")


def test_a_fresh_checkout_gets_a_venv_and_the_next_start_has_nothing_to_do(
    root, installed, without_pip, monkeypatch
):
    python = setup.interpreter(lambda line: None, root)

    assert python == setup.python_of(root / ".venv") and python.exists()
    assert setup.interpreter(pytest.fail, root) == python
    assert len(installed) == 1

    (root / "pyproject.toml").write_text(PROJECT.replace("7.2.0", "7.3.0"))
    (root / ".venv/kept").touch()
    monkeypatch.setattr(setup, "_starts", lambda venv, root: True)  # pip would answer
    setup.interpreter(pytest.fail, root)
    assert len(installed) == 2 and (root / ".venv/kept").exists()


@pytest.mark.parametrize(
    "stamp",
    ["", "{}", '{"pyproject": "x", "python": "3.1", "root": "/elsewhere"}'],
    ids=["empty", "begun", "moved"],
)
def test_a_half_made_venv_is_made_anew(root, installed, without_pip, stamp):
    venv = environment(root / ".venv", stamp=stamp)
    (venv / "rest").touch()

    setup.interpreter(lambda line: None, root)

    assert not (venv / "rest").exists() and setup.is_current(venv, root)


def test_a_venv_without_its_python_is_made_anew(root, installed, without_pip):
    setup.interpreter(lambda line: None, root)
    python = setup.python_of(root / ".venv")
    python.unlink()
    python.symlink_to(root / "gone")

    assert setup.interpreter(lambda line: None, root) == python
    assert subprocess.run([python, "-c", ""]).returncode == 0


def test_a_venv_that_is_a_link_stays_as_it_is(root, installed, tmp_path):
    elsewhere = environment(tmp_path / "elsewhere", stamp="")
    (root / ".venv").symlink_to(elsewhere)

    with pytest.raises(setup.NotReady, match="is a link to another folder"):
        setup.interpreter(pytest.fail, root)

    assert (root / ".venv").is_symlink() and elsewhere.is_dir() and not installed


@pytest.mark.parametrize("whole", [True, False])
def test_a_venv_of_somebodys_own_is_never_changed(root, installed, whole):
    venv = root / ".venv"
    environment(venv) if whole else venv.mkdir()
    before = sorted(venv.rglob("*"))

    with pytest.raises(setup.NotReady, match="not one that this command made"):
        setup.interpreter(pytest.fail, root)

    assert sorted(venv.rglob("*")) == before and not installed


def test_a_python_without_venv_is_told_the_package(root, monkeypatch):
    monkeypatch.setattr(setup, "can_make_venv", lambda: False)

    with pytest.raises(setup.NoVenv, match=r"sudo apt-get install python3\.\d+-venv"):
        setup.interpreter(pytest.fail, root)

    assert not (root / ".venv").exists()


def test_pips_own_words_are_given_when_it_fails_twice(root, monkeypatch):
    pip = root / "python"
    pip.write_text(f'#!/bin/sh\necho "$*" >>{root}/asked\necho "ERROR: No way." >&2\nexit 1\n')
    pip.chmod(0o755)
    monkeypatch.setattr(setup, "python_of", lambda venv: pip)
    said = []

    with pytest.raises(LabError, match=r"pip .* \(No way\.\): .*, or set pip's own"):
        setup._install(root / ".venv", root, said.append)

    asked = (root / "asked").read_text().splitlines()
    assert len(asked) == 2 and all(
        each.endswith(f"install --quiet -e {root}[book,test]") for each in asked
    )
    assert said[1:] == ["That failed; once more …"]


def test_a_full_disk_is_said_before_anything_is_written(root, monkeypatch):
    monkeypatch.setattr(setup, "SPACE", 10**18)

    with pytest.raises(setup.NotReady, match="make room"):
        setup.interpreter(pytest.fail, root)

    assert not (root / ".venv").exists()


def test_there_is_one_list_of_dependencies():
    lines = (names.ROOT / "environment.yml").read_text().splitlines()
    listed = [line.split("#")[0].strip() for line in lines if line.strip().startswith("- ")]
    assert listed == ["- conda-forge", "- python >=3.11", "- pip", "- pip:", "- -e ."]


def test_ci_calls_the_test_command_and_the_container_can_be_read():
    script = names.ROOT / ".ci/run"
    assert script.stat().st_mode & 0o111
    assert "python3 -m helpers test" in script.read_text()
    assert json.loads((names.ROOT / ".devcontainer/devcontainer.json").read_text())["image"]
