"""This machine as it is: its packages, its memory, and the environment that the tests run in."""

import os
import platform
import subprocess
import sys

import pytest

from helpers.core import names
from helpers.core.errors import LabError
from helpers.setup import doctor, host
from helpers.setup import environment as setup

pytestmark = pytest.mark.host


def test_this_environment_is_used_as_it_is():
    assert setup.lacking() == []
    assert setup.interpreter(pytest.fail) is None


def test_a_venv_of_somebodys_own_that_has_all_is_used(tmp_path, monkeypatch):
    (tmp_path / ".venv").symlink_to(sys.prefix)
    for name in ("pyproject.toml", "helpers"):
        (tmp_path / name).symlink_to(names.ROOT / name)
    monkeypatch.setattr(sys, "prefix", "/usr")  # as if another Python ran

    assert setup._lacks_nothing(tmp_path / ".venv", names.ROOT)
    assert not setup._lacks_nothing(tmp_path / "no venv", names.ROOT)


def test_a_venv_is_made_with_pip_in_it(tmp_path):
    venv, said = tmp_path / ".venv", []
    setup._make(venv, said.append)
    assert said == [f"Making {venv} …"]
    command = [setup.python_of(venv), "-m", "pip", "--version"]
    assert str(venv) in subprocess.check_output(command, text=True)


def test_pips_own_words_are_given_when_it_fails(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text((names.ROOT / "pyproject.toml").read_text())
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setattr(setup, "python_of", lambda venv: sys.executable)

    with pytest.raises(LabError, match=r"pip .* \(No matching distribution .*, or set pip's own"):
        setup._install(tmp_path / ".venv", tmp_path, lambda line: None)


@pytest.mark.skipif(not host.is_here("apt-get"), reason="only where apt-get is")
def test_apts_own_words_are_given_when_it_fails(monkeypatch, tmp_path):
    # No package of this name is anywhere, so nothing can be installed; and no list is fetched.
    (tmp_path / "apt.conf").write_text(
        'Dir::Etc::sourcelist "/dev/null"; Dir::Etc::sourceparts "-";'
    )
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "apt.conf"))
    monkeypatch.setattr(host.time, "sleep", lambda seconds: None)

    with pytest.raises(LabError, match="apt-get could not install no-such-package-at-all"):
        host.apt_install(["no-such-package-at-all"], lambda line: None)


def test_a_library_is_here_or_not():
    # Python itself was started with this one.
    assert host.is_here("libc.so.6") is (platform.libc_ver()[0] == "glibc")
    assert not host.is_here("libno-such-library.so.1")


def test_the_memory_of_this_machine_is_read():
    assert 10**7 < doctor._memory() < 10**14


def test_doctor_says_a_line_for_each_thing():
    ended = subprocess.run(
        [sys.executable, "-m", "helpers", "doctor"],
        cwd=names.ROOT,
        env={**os.environ, "DOCKER_HOST": "unix:///nowhere.sock"},
        capture_output=True,
        text=True,
    )
    lines = ended.stdout.splitlines()
    assert ended.returncode == 1 and not ended.stderr
    assert all(line.split()[0] in ("ok", "later", "missing") for line in lines)
    assert any(line.startswith("missing  engine") for line in lines)
