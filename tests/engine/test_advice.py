"""Advice on images of the series: it finds what they teach, and says nothing of a good one."""

import subprocess
import sys
from dataclasses import replace

import pytest

from helpers.advice import hidden
from helpers.advice.origin import Origin
from helpers.advice.rewrite import PACKAGE_LISTS
from helpers.advice.slimmer import ALONE
from helpers.advice.subject import Subject


def remedies(advice):
    return [finding.remedy for finding in advice.findings]


def test_files_that_were_written_again_and_removed_too_late_are_found_and_mended(lab):
    """The remedies of notebook 19; what their layers hide is what `waste` counts."""
    advice = lab.advise("numbers-page/naive")
    assert remedies(advice) == [hidden.AGAIN, hidden.REMOVED]
    assert {row.path for row in advice.findings[0].evidence[:2]} == {"/app/numbers.db"}
    assert advice.findings[1].evidence[0].path == "/app/numbers.csv"
    proof = lab.prove(advice)
    assert proof.ok, proof.why
    assert proof.saves == pytest.approx(sum(f.saves for f in advice.findings), rel=0.05)
    assert not lab.advise(proof.after).findings


@pytest.mark.parametrize("key", ["numbers-page/naive", "c-hello/ubuntu-lists-later"])
def test_the_findings_about_hidden_bytes_add_up_to_the_waste(lab, key):
    image = lab.build(key)
    with image.rootfs as fs:
        subject = Subject(image.layers, image.files, fs)  # without a base: all of it counts
        found = [*hidden.removed(subject), *hidden.again(subject)]
        assert sum(finding.saves for finding in found) == image.waste.hidden


def test_a_compiler_on_its_base_is_left_behind(lab):
    """The remedies of notebook 02."""
    advice = lab.advise("c-hello/gcc")
    assert remedies(advice) == [ALONE, "build tools"]
    assert not advice.findings[0].counted and advice.findings[1].counted
    assert not advice.by_hand
    proof = lab.prove(advice)
    assert proof.ok, proof.why
    assert proof.after.size < 100_000_000 < proof.saves


def test_a_static_go_program_moves_to_scratch(lab):
    """The remedy of notebook 03."""
    advice = lab.advise("go-hello/golang")
    assert remedies(advice) == [ALONE, "build tools", "Go's cache"]
    proof = lab.prove(advice)
    assert proof.ok, proof.why
    assert proof.after.size < 5_000_000 and "FROM scratch" in proof.view.text


def test_lists_that_apt_left_are_found(lab):
    """The remedy of notebook 01."""
    advice = lab.advise("c-hello/ubuntu-lean")
    assert PACKAGE_LISTS in remedies(advice)
    assert "rm -rf /var/lib/apt/lists/*" in advice.mended.text


def test_what_a_hidden_list_costs_is_found_where_it_was_fetched(lab):
    advice = lab.advise("c-hello/ubuntu-lists-later")
    late = next(f for f in advice.findings if f.remedy == hidden.REMOVED)
    assert late.evidence[0].layer == "RUN apt-get update"


@pytest.mark.parametrize(
    "key", ["c-hello/static-scratch", "c-hello/musl-scratch", "numbers-page/stages"]
)
def test_nothing_is_worth_it_in_a_good_image(lab, key):
    advice = lab.advise(key)
    assert not advice.findings and advice.mended is None
    assert "nothing is worth doing" in repr(advice)
    assert not lab.prove(advice).ok


def test_a_rewriting_that_breaks_the_build_is_not_proposed(lab, tmp_path):
    (tmp_path / "Dockerfile").write_text(
        "FROM busybox:1.37\nRUN echo 1 > /kept && dd if=/dev/zero of=/large bs=1M count=3\n"
        'RUN rm /large\nCMD ["cat", "/kept"]\n'
    )
    advice = lab.advise(tmp_path)
    assert remedies(advice) == [hidden.REMOVED]
    assert lab.prove(advice).ok

    def instead(command):
        text = advice.mended.text.replace("rm /large", command)
        return lab.prove(replace(advice, mended=replace(advice.mended, text=text)))

    refused = instead("false")
    assert not refused.ok and "can't be built" in refused.why and refused.view is None
    assert "something else" in instead("rm /large && echo 2 > /kept").why
    assert "no smaller" in instead("true").why


def test_an_image_without_a_dockerfile_is_advised_on_by_its_layers(lab):
    """Its base is the image of the engine that it begins with."""
    image = replace(lab.build("numbers-page/naive"), dockerfile=None, bases=())
    advice = lab.advise(image)
    assert remedies(advice) == [hidden.AGAIN, hidden.REMOVED]
    assert advice.mended is None and advice.lint.absent
    assert "without a Dockerfile" in lab.prove(advice).why


def test_the_base_is_found_by_its_layers(lab, tmp_path):
    """Whatever the Dockerfile calls it, and none where the engine has it no more."""
    (tmp_path / "Dockerfile").write_text(
        "ARG TAG=1.37\nFROM debian:trixie-slim AS other\nFROM busybox:$TAG\nRUN echo 1 > /a\n"
        "COPY --from=other /etc/debian_version /\n"
    )
    image = lab.build(tmp_path)
    advice = lab.advise(image)
    assert (advice.base.name, advice.base.layers) == ("busybox:1.37", 1)
    assert "layers of it: 1 of 3" in repr(advice)
    gone = tuple(replace(base, reference="localhost/shrink/gone:1") for base in image.bases)
    assert lab.advise(replace(image, bases=gone)).base == Origin()


@pytest.mark.parametrize("base", ["busybox:1.37", "debian:trixie-slim"])
def test_everything_in_a_folder_still_has_its_owner(lab, tmp_path, base):
    """Also what an earlier step has put there, and a link."""
    (tmp_path / "large").write_bytes(bytes(3_000_000))
    (tmp_path / "Dockerfile").write_text(
        f"FROM {base}\nWORKDIR /app\nRUN mkdir made && echo 1 > made/a && ln -s made/a link\n"
        "COPY large data/\nRUN chown -R 1:2 /app\n"
        'CMD ["find", "/app", "-user", "1", "-group", "2"]\n'
    )
    proof = lab.prove(lab.advise(tmp_path))
    assert proof.ok, proof.why
    assert "COPY --chown=1:2 large data/" in proof.view.text
    found = {"/app", "/app/made", "/app/made/a", "/app/link", "/app/data", "/app/data/large"}
    assert set(proof.second.output.split()) == found


def test_a_rewritten_dockerfile_heeds_the_same_ignore_file(lab, tmp_path):
    (tmp_path / "web.Dockerfile").write_text(
        "FROM busybox:1.37\nCOPY . /app\nRUN dd if=/dev/zero of=/large bs=1M count=3\n"
        'RUN rm /large\nCMD ["ls", "/app"]\n'
    )
    (tmp_path / "web.Dockerfile.dockerignore").write_text("kept-out\n")
    (tmp_path / "kept-out").write_text("x")
    advice = lab.advise(tmp_path / "web.Dockerfile")
    proof = lab.prove(advice)
    assert proof.ok, proof.why
    assert "kept-out" not in proof.second.output


def test_the_command_builds_a_folder_and_proves_what_it_rewrites(tmp_path):
    (tmp_path / "Dockerfile").write_text(
        "FROM busybox:1.37\nRUN dd if=/dev/zero of=/large bs=1M count=3\nRUN rm /large\n"
        'CMD ["echo", "same"]\n'
    )
    command = [sys.executable, "-m", "helpers", "advise", str(tmp_path), "--prove"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stderr
    assert hidden.REMOVED in ended.stdout and "✓ proven" in ended.stdout
    assert "DL3059" in ended.stdout and "+  && rm /large" in ended.stdout
