"""What the results in a tree are worth to the search: one scale, visit counts and means.

The scale is ours; the paper (arXiv:2604.14116) leaves the reward open. 0 is the baseline or worse
and 1 the best result so far. While nothing beats the baseline the scale is plain min-max: the worst
result is 0 and the baseline 1. When all results are equal, each is 0.5. Pruned nodes have no say.
"""

from dataclasses import dataclass

from agents.search.tree import IN_FLIGHT, Tree, candidates

_VISITING = IN_FLIGHT | {"done", "failed"}


@dataclass(frozen=True, slots=True)
class Standing:
    """One candidate as a policy sees it."""

    node: int
    n: int
    """Visits: the node and its living descendants that are done, failed or in flight."""
    q: float
    """Mean normalised score of those visits; failed and in-flight ones count 0."""
    own: float
    """Normalised score of the node itself, 0 to 1."""


def normalised(tree: Tree) -> dict[int, float]:
    """Normalised score of every candidate by number, 0 to 1, higher is better."""
    gains = {node.number: tree.gain(node) for node in candidates(tree)}
    if not gains:
        return {}
    low, high = min(gains.values()), max(gains.values())
    if low == high:
        return dict.fromkeys(gains, 0.5)
    floor = gains.get(tree.root.number, low)
    if floor == high:
        floor = low
    return {number: max(0.0, gain - floor) / (high - floor) for number, gain in gains.items()}


def standings(tree: Tree) -> tuple[Standing, ...]:
    """Visits and means of every candidate, in order of creation; two linear passes."""
    own = normalised(tree)
    visits = {number: int(tree.nodes[number].state in _VISITING) for number in tree.alive}
    totals = {number: own.get(number, 0.0) for number in tree.alive}
    for node in reversed(tree.subtree(tree.root.number)):
        if node.number in tree.alive and node.parent is not None:
            visits[node.parent] += visits[node.number]
            totals[node.parent] += totals[node.number]
    return tuple(
        Standing(number, visits[number], totals[number] / visits[number], score)
        for number, score in own.items()
    )


def is_better_than_parent(tree: Tree, number: int) -> bool:
    """Whether the node's 95 % interval lies wholly on the better side of its parent's.

    Stricter than a test of the difference: overlapping intervals are never called better.
    """
    node = tree.nodes[number]
    if node.parent is None or node.state != "done":
        return False
    mine, other = node.interval, tree.nodes[node.parent].interval
    if mine is None or other is None:
        return False
    return mine[0] > other[1] if tree.maximise else mine[1] < other[0]
