"""Level by level: every node gets its children before the tree grows deeper."""

import random

from pydantic import Field

from agents.ports import Choice, Term
from agents.search.score import Standing, standings
from agents.search.tree import Tree
from training import extensions


class Breadth:
    """Expands the shallowest node that has fewer than `width` children.

    A node's level is its depth plus one for every `width` children it has; the lowest level comes
    first (exploration = -level), and within a level the better score (q = the node's own, halved
    so that it never outweighs a level).
    """

    name = "breadth"

    class Params(extensions.Params):
        width: int = Field(default=3, ge=1, le=50)
        """Children of a node that count as one level."""
        pin_bonus: float = Field(default=1.0, ge=0, le=100)
        """Levels by which a pinned node is served sooner."""

    def __init__(self, params: Params) -> None:
        self._params = params

    def choose(self, tree: Tree, rng: random.Random) -> Choice | None:
        """The best candidate of the lowest level; equals are drawn by `rng`."""
        depths = _depths(tree)
        terms = [self._term(tree, found, depths[found.node]) for found in standings(tree)]
        return Choice.of(terms, rng)

    def _term(self, tree: Tree, standing: Standing, depth: int) -> Term:
        children = sum(
            child.number in tree.alive and child.state != "cancelled"
            for child in tree.children(standing.node)
        )
        exploration = -float(depth + children // self._params.width)
        pin = self._params.pin_bonus if tree.nodes[standing.node].pinned else 0.0
        q = standing.own / 2
        return Term(standing.node, standing.n, q, exploration, pin, q + exploration + pin)


def _depths(tree: Tree) -> dict[int, int]:
    depths: dict[int, int] = {}
    for node in tree.subtree(tree.root.number):
        depths[node.number] = 0 if node.parent is None else depths[node.parent] + 1
    return depths
