"""A newer engine beside the one that is there: what it builds, what it has from the other, and
that it is one for all."""

import os
import sys
import time
import uuid

import pytest

from helpers import newer
from helpers.build.builder import REWRITES
from helpers.core import names
from helpers.core.errors import LabError
from helpers.lab.facade import Lab
from helpers.samples import Variant

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root on Linux can start one"
)

HEREDOC = """FROM busybox:1.37
RUN <<EOF
echo one >/file
echo two >>/file
EOF
CMD ["cat", "/file"]
"""


def test_a_lab_that_asks_for_a_newer_builder_gets_one(newer_lab):
    engine = newer_lab.engine
    assert newer.HAS.met_by(engine)
    assert engine.store == "containerd"


def test_it_builds_what_the_first_engine_can_not(newer_lab, tmp_path):
    assert newer_lab.build(tmp_path, dockerfile=HEREDOC).run().output == "one\ntwo\n"


def test_times_are_rewritten_so_that_an_image_is_the_same_again(newer_lab, lab, tmp_path):
    dockerfile = "FROM busybox:1.37\nRUN echo >/made\n"

    def ids(**options):
        options |= {"dockerfile": dockerfile, "args": {"SOURCE_DATE_EPOCH": "0"}, "no_cache": True}
        built = []
        for _ in range(2):
            time.sleep(1.1)  # a layer has whole seconds
            built.append(newer_lab.build(tmp_path, **options))
        assert "--no-cache" in built[0].command
        return {image.id for image in built}

    assert len(ids()) == 2
    assert len(ids(rewrite_timestamp=True)) == 1
    if not REWRITES.met_by(lab.engine):
        with pytest.raises(LabError, match="store='containerd'"):
            lab.build(tmp_path, dockerfile=dockerfile, rewrite_timestamp=True)


def test_bases_are_copied_from_the_first_engine_once(newer_lab, lab):
    name = "busybox:1.37"
    heard = []
    base = newer_lab.bases.ensure(name, heard.append)
    first, own = (each.engine.client.images.get(base.reference) for each in (lab, newer_lab))
    assert first.attrs["RootFS"]["Layers"] == own.attrs["RootFS"]["Layers"]
    assert base.source == lab.base(name).source
    heard.clear()
    newer_lab.bases.ensure(name, heard.append)
    assert not heard, "nothing is brought twice"
    own.remove(force=True)
    newer_lab.bases.ensure(name, heard.append)
    assert any(event.name.startswith("bring ") for event in heard)


def test_an_image_built_there_can_be_a_base_there(newer_lab, tmp_path):
    ours = newer_lab.build(tmp_path, dockerfile='FROM scratch\nCOPY . /\nCMD ["/x"]\n')
    on_it = newer_lab.build(tmp_path, dockerfile=f"FROM {ours.tag}\nENV A=b\n")
    assert "A=b" in on_it.config.env


def test_a_second_lab_joins_the_running_engine(newer_lab, engine):
    began = newer_lab.engine.client.info()["ID"], len(newer.users())
    with newer.joined() as again:
        assert again.client.info()["ID"] == began[0]
        assert len(newer.users()) == began[1] + 1
    other = Lab(engine=newer_lab.engine, builder="0.13", store="containerd")
    assert other.engine is newer_lab.engine, "what is new enough is used as it is"


def test_the_error_for_a_variant_says_which_builder_it_needs(lab, monkeypatch):
    if newer.HAS.met_by(lab.engine):
        pytest.skip("the first engine is new enough")
    row = Variant(
        key="some/variant",
        shows="",
        notebook="19",
        context=names.SAMPLES,
        dockerfile=names.SAMPLES / "none",
        builder="0.10",
    )
    monkeypatch.setattr("helpers.lab.facade.samples.variant", lambda key: row)
    with pytest.raises(LabError, match=r"needs BuildKit 0\.10, and docker .*Lab\(builder='0\.10'"):
        lab.build("some/variant")


SECRET = """FROM busybox:1.37
ARG TIME
RUN --mount=type=secret,id=token,required=true cp /run/secrets/token /copied
CMD ["cat", "/copied"]
"""


@pytest.mark.parametrize("which", ["lab", "newer_lab"])
def test_a_step_gets_its_secret(which, request, tmp_path):
    lab = request.getfixturevalue(which)
    time = {"TIME": uuid.uuid4().hex}  # a step that the cache has asks for no secret
    image = lab.build(tmp_path, dockerfile=SECRET, args=time, secrets={"token": "open sesame"})
    assert image.run().output == "open sesame"
    assert "--secret id=token" in image.command and "sesame" not in image.command
    with pytest.raises(LabError, match=r"line 3"):
        lab.build(tmp_path, dockerfile=f"{SECRET}RUN true\n".replace("token", "other"))
    with pytest.raises(LabError, match="too large"):
        lab.build(tmp_path, dockerfile=SECRET, secrets={"token": "x" * 600_000})
