"""Which failed builds are tried again."""

import pytest

from helpers.build.failure import Failure, failure
from helpers.build.steps import steps
from helpers.dockerfile.sent import sent

DOCKERFILE = "FROM scratch\nCOPY x /\n"
LOST = 'failed to read downloaded context: Get "http://build-context-1": context not found'


@pytest.mark.parametrize(
    ("error", "title", "again"),
    [
        (LOST, "", True),
        ("image localhost/shrink/page:one: already exists", "", True),
        ("dockerfile parse error line 2: unknown instruction: CPY", "", False),
        ("dockerfile parse error on line 1: FROM requires an argument", "", False),
        ("pull access denied", "[internal] load metadata for docker.io/library/none:1", False),
    ],
)
def test_a_build_is_tried_again_where_neither_a_step_nor_the_dockerfile_is_at_fault(
    error, title, again
):
    own_steps = steps(DOCKERFILE, sent(DOCKERFILE, {}, {}))
    found = failure(error, None, None, title, own_steps)
    assert found.may_pass is again


def test_a_build_with_a_failed_step_is_not_tried_again():
    own_steps = steps(DOCKERFILE, sent(DOCKERFILE, {}, {}))
    step = next(step for stage in own_steps.stages for step in stage.steps)
    assert not Failure("it failed", step).may_pass
