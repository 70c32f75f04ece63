"""The blocks of the command `explore`, the quickest first: layers, largest folders, waste."""

from __future__ import annotations

from collections.abc import Iterator

from helpers.files.tree import Node, Tree
from helpers.image.open_image import OpenImage
from helpers.view import findings, inside, units
from helpers.view.blocks import Block, Branch, Branches, Fact, Title

MOST = (8, 4, 3)
"""Folders that are shown inside each folder, by depth."""

LEAST = 0.01
"""Share of the image that a folder must have to be shown."""


def head(image: OpenImage) -> Iterator[Block]:
    """The image's name, size, configuration and layers."""
    yield Title(image.name, units.size(image.size))
    said = [(fact.label, *fact.values) for fact in inside.config(image.config)]
    shown = [" ".join(each) for each in said if each[0] != "environment" and units.NONE not in each]
    yield Fact("config", tuple(shown), words=True)
    yield from inside.layers(image.layers)


def folders(image: OpenImage) -> Iterator[Block]:
    """The image's largest folders, three levels deep."""
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
    """The bytes by which the folders add up to less than the layers, if any."""
    hidden = image.waste.hidden
    return [f"and {units.size(hidden)} hidden by later layers"] if hidden else []


def waste(image: OpenImage) -> Iterator[Block]:
    """Bytes that the image's layers waste, by dive's rules."""
    yield from findings.waste(image.waste)


def _largest(tree: Tree, folder: str, depth: int) -> list[Node]:
    inside_ = tree.children(folder)
    found = [node for node in inside_ if node.children and node.size >= LEAST * tree.size]
    return [node for node in found if node.size][: MOST[depth]]
