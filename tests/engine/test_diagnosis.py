"""Each Dockerfile in the folder `diagnosis` fails as its name says, or runs, on the real engine."""

import re
import tomllib
from pathlib import Path

import pytest

from helpers.diagnosis.cause_text import texts

FOLDER = Path(__file__).with_name("diagnosis")
CASES = tomllib.loads((FOLDER / "cases.toml").read_text())
LINE = re.compile(r"(CMD|COPY|ENTRYPOINT|ENV|FROM|RUN|SHELL|WORKDIR|docker (run|build)) \S")


def _mends(case):
    return case.get("fix", "").startswith(("CMD", "ENTRYPOINT", "ENV", "WORKDIR", "RUN"))


@pytest.mark.parametrize("name", sorted(CASES))
def test_cause(lab, name):
    case, cause = CASES[name], name.partition(".")[0]
    image = lab.build(FOLDER, dockerfile=f"{name}.Dockerfile")
    try:
        run = image.run(**case.get("run", {}))
    finally:
        lab.engine.client.images.remove(image.id, force=True)
    found = run.diagnosis
    assert (found.cause if found else "none") == cause, (run, found)
    assert run.exit_code == case.get("exit_code")
    assert run.ok is (run.exit_code == 0)
    if found is None:
        assert run.error is None
        return
    # what the engine says of a program that it could not start is no output of a program
    assert bool(run.error) is (run.exit_code is None)
    assert not (run.error and run.output)
    assert _says(found.explanation, texts()[cause][case["text"]].explanation)
    assert all(LINE.match(fix) for fix in found.fixes), found.fixes
    assert found.fixes
    assert not re.search(r"[{}]|None", found.explanation + "".join(found.fixes))
    assert list(found.missing) == case.get("missing", list(found.missing))
    assert case.get("fix", found.fixes[0]) in found.fixes


@pytest.mark.parametrize("name", sorted(n for n, case in CASES.items() if _mends(case)))
def test_fix_mends(lab, name):
    text = (FOLDER / f"{name}.Dockerfile").read_text() + CASES[name]["fix"] + "\n"
    image = lab.build(FOLDER, dockerfile=text)
    try:
        assert image.run().ok
    finally:
        lab.engine.client.images.remove(image.id, force=True)


def _says(said: str, text: str) -> bool:
    """Whether a sentence is what a text with placeholders became."""
    pattern = re.sub(r"\\{\w+\\}", ".*", re.escape(" ".join(text.split())))
    return re.fullmatch(re.sub(r"(\\ )+", " *", pattern), said) is not None
