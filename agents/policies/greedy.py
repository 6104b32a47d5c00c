"""Always the best-scoring node."""

import random

from pydantic import Field

from agents.ports import Choice, Term
from agents.search.score import Standing, standings
from agents.search.tree import Tree
from training import extensions


class Greedy:
    """Expands the node with the best score of its own, however often that was done before."""

    name = "greedy"

    class Params(extensions.Params):
        pin_bonus: float = Field(default=0.25, ge=0, le=10)
        """Added to a pinned node's total; scores lie between 0 and 1."""

    def __init__(self, params: Params) -> None:
        self._params = params

    def choose(self, tree: Tree, rng: random.Random) -> Choice | None:
        """The candidate with the best score; equals are drawn by `rng`."""
        return Choice.of([self._term(tree, standing) for standing in standings(tree)], rng)

    def _term(self, tree: Tree, standing: Standing) -> Term:
        pin = self._params.pin_bonus if tree.nodes[standing.node].pinned else 0.0
        return Term(standing.node, standing.n, standing.own, 0.0, pin, standing.own + pin)
