"""What the results in a tree are worth to the search: one scale, visit counts and means.

The scale is ours; the paper (arXiv:2604.14116) leaves the reward open. 0 is the baseline or worse
and 1 the best result so far. While nothing beats the baseline the scale is plain min-max: the worst
result is 0 and the baseline 1. When all results are equal, each is 0.5. Pruned nodes have no say. A
trial stopped as hopeless is a visit with the score it had then, on the same scale and never beyond its ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.search.tree import IN_FLIGHT, Tree, candidates

_VISITING = IN_FLIGHT | {"done", "failed"}


@dataclass(frozen=True, slots=True)
class Standing:
    """One candidate as a policy sees it."""

    node: int
    n: int
    """Visits: the node and its living descendants that are done, failed, stopped as hopeless or in flight."""
    q: float
    """Mean normalised score of those visits; failed and in-flight ones count 0, stopped ones what they had."""
    own: float
    """Normalised score of the node itself, 0 to 1."""


def normalised(tree: Tree) -> dict[int, float]:
    """Normalised score of every candidate by number, 0 to 1, higher is better."""
    gains = {node.number: tree.gain(node) for node in candidates(tree)}
    if not gains:
        return {}
    floor, high = _ends(tree, gains)
    if floor == high:
        return dict.fromkeys(gains, 0.5)
    return {number: max(0.0, gain - floor) / (high - floor) for number, gain in gains.items()}


def _ends(tree: Tree, gains: Mapping[int, float]) -> tuple[float, float]:
    """The gains that are worth 0 and 1; equal when all are."""
    low, high = min(gains.values()), max(gains.values())
    floor = gains.get(tree.root.number, low)
    return (low if floor == high else floor), high


def _stopped(tree: Tree) -> dict[int, float]:
    """What living trials that were stopped as hopeless are worth, 0 to 1; 0 while there is no scale."""
    gains = {node.number: tree.gain(node) for node in candidates(tree)}
    floor, high = _ends(tree, gains) if gains else (0.0, 0.0)
    sign, span = (1 if tree.maximise else -1), (high - floor)
    return {
        node.number: min(1.0, max(0.0, sign * node.stopped.score - floor) / span) if span else 0.0
        for node in tree.stopped
        if node.stopped and node.number in tree.alive
    }


def standings(tree: Tree) -> tuple[Standing, ...]:
    """Visits and means of every candidate, in order of creation; two linear passes."""
    own, stopped = normalised(tree), _stopped(tree)
    visits = {
        number: int(number in stopped or tree.nodes[number].state in _VISITING)
        for number in tree.alive
    }
    totals = {number: own.get(number, stopped.get(number, 0.0)) for number in tree.alive}
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
