"""What there is to say of a whole image, in parts that take longer and longer to be known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from helpers.files.tree import Node, Tree
from helpers.view import findings, inside, units
from helpers.view.blocks import Block, Branch, Branches, Fact, Title

if TYPE_CHECKING:
    from helpers.image.stored import OpenImage

MOST = (8, 4, 3)
"""Folders that are shown of each, by depth."""

LEAST = 0.01
"""Share of the image from which a folder is shown."""


def head(image: OpenImage) -> Iterator[Block]:
    """Its name, size, configuration and layers."""
    yield Title(image.name, units.size(image.size))
    said = [(fact.label, *fact.values) for fact in inside.config(image.config)]
    shown = [" ".join(each) for each in said if each[0] != "environment" and units.NONE not in each]
    yield Fact("config", tuple(shown), words=True)
    yield from inside.layers(image.layers)


def folders(image: OpenImage) -> Iterator[Block]:
    """Its largest folders, three levels deep."""
    tree = Tree(image.files)
    rows = [Branch(0, "/", ", ".join([units.size(tree.size), *_hidden(image)]))]
    left = [(1, node) for node in reversed(_largest(tree, "/", 0))]
    while left:
        depth, node = left.pop()
        share = units.share(node.size / tree.size)
        rows.append(Branch(depth, node.name, f"{units.size(node.size)}  {share}"))
        if depth < len(MOST):
            left += [(depth + 1, each) for each in reversed(_largest(tree, node.path, depth))]
    yield Branches("the largest folders", tuple(rows))


def _hidden(image: OpenImage) -> list[str]:
    """Why the folders add up to less than the layers, where they do."""
    hidden = image.waste.hidden
    return [f"and {units.size(hidden)} hidden by later layers"] if hidden else []


def waste(image: OpenImage) -> Iterator[Block]:
    """What of its layers nobody needs."""
    yield from findings.waste(image.waste)


def _largest(tree: Tree, folder: str, depth: int) -> list[Node]:
    inside_ = tree.children(folder)
    found = [node for node in inside_ if node.children and node.size >= LEAST * tree.size]
    return [node for node in found if node.size][: MOST[depth]]
