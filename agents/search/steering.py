"""Rules for what people may do to a tree; each returns the effect or says why not."""

from dataclasses import dataclass

from agents.errors import SteeringRefused
from agents.search.tree import IN_FLIGHT, Node, Tree

MAX_COUNT = 5


@dataclass(frozen=True, slots=True)
class Effect:
    """What an act does beside setting or clearing the mark on `number`."""

    number: int
    touched: tuple[int, ...] = ()
    """Nodes that leave the search (prune) or come back to it (restore), the node itself included."""
    cancel: tuple[int, ...] = ()
    """Those of them that are in flight and have to be cancelled."""


def prune(tree: Tree, number: int) -> Effect:
    """Takes a subtree out of the search. Raises SteeringRefused."""
    node = _existing(tree, number)
    if node.kind == "root":
        raise SteeringRefused(
            f"node {number} is the baseline and cannot be pruned; prune its children instead"
        )
    if node.pruned:
        raise SteeringRefused(f"node {number} is pruned already; it can only be restored")
    leaving = [below for below in tree.subtree(number) if below.number in tree.alive]
    return Effect(
        number,
        touched=tuple(below.number for below in leaving),
        cancel=tuple(below.number for below in leaving if below.state in IN_FLIGHT),
    )


def restore(tree: Tree, number: int) -> Effect:
    """Takes the node's own prune mark back; marks further down stay. Raises SteeringRefused."""
    node = _existing(tree, number)
    if not node.pruned:
        raise SteeringRefused(_why_not_restorable(tree, node))
    if node.parent not in tree.alive:
        return Effect(number)
    coming = [number]
    for current in coming:
        coming.extend(child.number for child in tree.children(current) if not child.pruned)
    return Effect(number, touched=tuple(coming))


def pin(tree: Tree, number: int) -> Effect:
    """Marks a node as preferred. Raises SteeringRefused."""
    node = _existing(tree, number)
    if node.pinned:
        raise SteeringRefused(f"node {number} is pinned already; it can only be unpinned")
    _refuse_if_pruned(tree, number)
    return Effect(number)


def unpin(tree: Tree, number: int) -> Effect:
    """Takes the preference back. Raises SteeringRefused."""
    if not _existing(tree, number).pinned:
        raise SteeringRefused(f"node {number} is not pinned; only a pinned node can be unpinned")
    return Effect(number)


def expand(tree: Tree, number: int, *, count: int) -> Effect:
    """Asks for `count` children of a node. Raises SteeringRefused."""
    node = _existing(tree, number)
    if not 1 <= count <= MAX_COUNT:
        raise SteeringRefused(
            f"node {number} cannot be expanded by {count} children; ask for 1 to {MAX_COUNT}"
        )
    _refuse_if_pruned(tree, number)
    if node.state != "done" or node.score is None:
        raise SteeringRefused(
            f"node {number} is {node.state} and has no score; only a scored node can be expanded"
        )
    return Effect(number)


def _existing(tree: Tree, number: int) -> Node:
    if number not in tree.nodes:
        raise SteeringRefused(
            f"node {number} is not in this tree; it has nodes 0 to {max(tree.nodes)}"
        )
    return tree.nodes[number]


def _refuse_if_pruned(tree: Tree, number: int) -> None:
    mark = _nearest_prune(tree, number)
    if mark is not None:
        raise SteeringRefused(
            f"node {number} is under the prune of node {mark}; restore node {mark} first"
        )


def _why_not_restorable(tree: Tree, node: Node) -> str:
    mark = _nearest_prune(tree, node.number)
    if mark is None:
        return f"node {node.number} is not pruned; only a pruned node can be restored"
    return f"node {node.number} has no prune of its own; restore node {mark} above it"


def _nearest_prune(tree: Tree, number: int) -> int | None:
    return next((node.number for node in reversed(tree.path(number)) if node.pruned), None)
