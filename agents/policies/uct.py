"""UCT over every node of the tree: mean score, plus a bonus for what was tried less."""

import math
import random

from pydantic import Field

from agents.ports import Choice, Term
from agents.search.score import Standing, standings
from agents.search.tree import Tree
from training import extensions


class Uct:
    """Weighs how well a branch did against how seldom it was tried.

    total = q + c * sqrt(ln(N_root + 1) / n) + pin. Any scored node may be expanded, not only leaves,
    because a node can have any number of children. Running children count as visits that scored 0,
    so parallel workers spread. Formula: UCB1 in trees, Kocsis and Szepesvári 2006; the paper
    (arXiv:2604.14116) states no constants, so c and the bonus of a pin are ours.
    """

    name = "uct"

    class Params(extensions.Params):
        c: float = Field(default=0.7, ge=0, le=10)
        """Exploration constant: 0 trusts scores alone, larger values try neglected nodes more."""
        pin_bonus: float = Field(default=0.25, ge=0, le=10)
        """Added to a pinned node's total; scores lie between 0 and 1."""

    def __init__(self, params: Params) -> None:
        self._params = params

    def choose(self, tree: Tree, rng: random.Random) -> Choice | None:
        """The candidate with the highest total; equals are drawn by `rng`."""
        found = standings(tree)
        whole = max((standing.n for standing in found), default=0)
        return Choice.of([self._term(tree, standing, whole) for standing in found], rng)

    def _term(self, tree: Tree, standing: Standing, whole: int) -> Term:
        exploration = self._params.c * math.sqrt(math.log(whole + 1) / standing.n)
        pin = self._params.pin_bonus if tree.nodes[standing.node].pinned else 0.0
        total = standing.q + exploration + pin
        return Term(standing.node, standing.n, standing.q, exploration, pin, total)
