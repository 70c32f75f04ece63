"""Counting the layers of several images, each once."""

from types import SimpleNamespace

import pytest

from helpers.core.errors import LabError
from helpers.image.open_image import OpenLayer
from helpers.image.shared import shared


def image(**layers):
    found = [OpenLayer(f"COPY {name}", size, name, None) for name, size in layers.items()]
    return SimpleNamespace(layers=found, size=sum(layers.values()))


def test_a_shared_layer_counts_once():
    found = shared([image(base=100, one=1), image(base=100, two=2), image(other=50)])
    assert (found.images, found.separate, found.together, found.saved) == (3, 253, 153, 100)
    (layer,) = found.layers
    assert (layer.diff_id, layer.size, layer.images) == ("base", 100, 2)


def test_an_image_beside_itself_costs_nothing_more():
    one = image(base=100, one=1)
    assert shared([one, one]).together == one.size


def test_a_layer_on_top_of_other_layers_is_not_shared():
    found = shared([image(base=100, own=5), image(update=7, own=5)])
    assert (found.together, found.layers) == (found.separate, ())


def test_no_image_at_all_is_an_error():
    with pytest.raises(LabError, match="at least one"):
        shared([])
