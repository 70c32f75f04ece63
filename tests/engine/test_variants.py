"""Every variant is built, run and held to its bounds, where it has some; the rows of the tables are
the test cases."""

import pytest

from helpers.build.error import BuildFailed
from helpers.engine.needs import Needs
from helpers.samples import variants

BASES = {"stand-in": "stand-ins", "hub": "Docker Hub's images"}


@pytest.mark.parametrize("variant", variants(), ids=lambda v: v.key)
def test_variant(lab, variant, request, record_property):
    if not Needs(variant.builder).met_by(lab.engine):
        lab = request.getfixturevalue("newer_lab")
    if variant.fails is not None:
        with pytest.raises(BuildFailed) as failure:
            lab.build(variant.key)
        assert variant.fails in failure.value.log + failure.value.error
        return

    image = lab.build(variant.key)
    expected = variant.expected
    run = image.run(*expected.command, timeout=3 if expected.keeps_running else 60)

    cause = run.diagnosis.cause if run.diagnosis else None
    assert cause == expected.cause, run
    assert run.timed_out == expected.keeps_running, run
    if expected.ends_with is not None:
        assert run.exit_code == expected.ends_with, run
    if not expected.starts:
        assert run.exit_code is None, run
    if expected.output is not None:
        assert run.output == expected.output, run

    sources = {base.source for base in image.bases} or {"stand-in"}
    source = "stand-in" if "stand-in" in sources else "hub"
    architecture = image.config.architecture
    bounds = variant.bounds.on(source, architecture)
    if bounds:
        assert bounds.hold(image.size), f"{image.size:,} bytes is outside of {bounds}"
    else:
        where = f"no bounds for {architecture} on {BASES[source]}"
        record_property("no bounds", f"{variant.key}: {where}; it is {image.size:,} bytes")


def test_from_gcc_to_static_musl_is_99_99_percent(lab):
    first, last = lab.build("c-hello/gcc"), lab.build("c-hello/musl-scratch")
    assert 1 - last.size / first.size >= 0.9999
