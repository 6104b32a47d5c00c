"""A frozen picture of a search tree, and the questions one asks of it."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

IN_FLIGHT = frozenset({"proposed", "awaiting_approval", "queued", "running"})
ENDED = frozenset({"done", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Stopped:
    """How a trial stood when it was stopped as hopeless: a bad result, though not a score."""

    score: float
    """On few rows and part of the steps, so it is compared with `median` alone."""
    median: float
    """Of the finished trials at that point."""


@dataclass(frozen=True, slots=True)
class Node:
    """One hypothesis with its recipe; `number` counts from 0, the root, in order of creation."""

    number: int
    parent: int | None
    kind: str
    """root or trial"""
    state: str
    recipe: Mapping[str, Any]
    hypothesis: str = ""
    score: float | None = None
    interval: tuple[float, float] | None = None
    """95 % interval of the score, same unit as the score."""
    pinned: bool = False
    pruned: bool = False
    failure: str = ""
    duration_s: float | None = None
    stopped: Stopped | None = None
    """Set when the trial was stopped as hopeless; its state is cancelled and it has no score."""


@dataclass(frozen=True)
class Tree:
    """All nodes of one project by number; higher scores are better unless `maximise` is False."""

    nodes: Mapping[int, Node]
    maximise: bool = True
    _children: dict[int, list[int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        children: dict[int, list[int]] = {number: [] for number in self.nodes}
        for number in sorted(self.nodes):
            parent = self.nodes[number].parent
            if parent is not None:
                children[parent].append(number)
        object.__setattr__(self, "_children", children)

    @classmethod
    def of(cls, nodes: Iterable[Node], *, maximise: bool = True) -> "Tree":
        """A tree of `nodes`, in any order; each parent must be among them."""
        return cls({node.number: node for node in nodes}, maximise)

    @cached_property
    def root(self) -> Node:
        """The untrained baseline."""
        return next(node for node in self.nodes.values() if node.kind == "root")

    def children(self, number: int) -> tuple[Node, ...]:
        """Children in order of creation."""
        return tuple(self.nodes[child] for child in self._children[number])

    def path(self, number: int) -> tuple[Node, ...]:
        """From the root down to the node itself."""
        found: list[Node] = []
        current: int | None = number
        while current is not None:
            found.append(self.nodes[current])
            current = self.nodes[current].parent
        return tuple(reversed(found))

    def subtree(self, number: int) -> tuple[Node, ...]:
        """The node and all its descendants, parents before children."""
        found = [number]
        for current in found:
            found.extend(self._children[current])
        return tuple(self.nodes[current] for current in found)

    @cached_property
    def alive(self) -> frozenset[int]:
        """Numbers of the nodes that no prune covers."""
        found: list[int] = [] if self.root.pruned else [self.root.number]
        for current in found:
            found.extend(child.number for child in self.children(current) if not child.pruned)
        return frozenset(found)

    @cached_property
    def scored(self) -> tuple[Node, ...]:
        """Finished nodes with a finite score, pruned ones included, in order of creation."""
        return tuple(
            self.nodes[number]
            for number in sorted(self.nodes)
            if self.nodes[number].state == "done" and _is_number(self.nodes[number].score)
        )

    @cached_property
    def stopped(self) -> tuple[Node, ...]:
        """Trials that were stopped as hopeless, pruned ones included, in order of creation."""
        return tuple(
            self.nodes[number] for number in sorted(self.nodes) if self.nodes[number].stopped
        )

    @cached_property
    def scored_numbers(self) -> frozenset[int]:
        """Numbers of the scored nodes."""
        return frozenset(node.number for node in self.scored)

    @cached_property
    def first_scored_child(self) -> Node | None:
        """The earliest scored child of the root: the first trial that worked."""
        children = self.children(self.root.number)
        return next((child for child in children if child.number in self.scored_numbers), None)

    @cached_property
    def best(self) -> Node | None:
        """The best scored node that is not pruned; the earliest among equals."""
        return max(
            (node for node in self.scored if node.number in self.alive),
            key=lambda node: (self.gain(node), -node.number),
            default=None,
        )

    def gain(self, node: Node) -> float:
        """The node's score turned so that more is better. Raises ValueError without a score."""
        if node.score is None:
            raise ValueError(f"node {node.number} has no score")
        return node.score if self.maximise else -node.score


def candidates(tree: Tree) -> tuple[Node, ...]:
    """Nodes a policy may expand: scored, and not under a prune; in order of creation."""
    return tuple(node for node in tree.scored if node.number in tree.alive)


def _is_number(score: float | None) -> bool:
    return score is not None and math.isfinite(score)
