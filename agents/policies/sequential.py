"""One line of work: always build on the newest result."""

import random

from pydantic import Field

from agents.ports import Choice, Term
from agents.search.score import standings
from agents.search.tree import Tree
from training import extensions


class Sequential:
    """Expands the newest scored node, as a person who keeps changing the last thing tried.

    exploration = place in the order of creation, from just above 0 to 1 for the newest.
    """

    name = "sequential"

    class Params(extensions.Params):
        pin_bonus: float = Field(default=1.0, ge=0, le=10)
        """Added to a pinned node's total; at 1 a pinned node comes before every unpinned one."""

    def __init__(self, params: Params) -> None:
        self._params = params

    def choose(self, tree: Tree, rng: random.Random) -> Choice | None:
        """The candidate that was created last."""
        found = standings(tree)
        terms: list[Term] = []
        for place, standing in enumerate(found, start=1):
            recency = place / len(found)
            pin = self._params.pin_bonus if tree.nodes[standing.node].pinned else 0.0
            terms.append(Term(standing.node, standing.n, 0.0, recency, pin, recency + pin))
        return Choice.of(terms, rng)
