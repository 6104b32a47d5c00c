"""What the finished trials of a tree teach: which change gained how much, and what failed.

A trial is compared with its parent. The baseline has no training to compare with, so its children
are compared with the first scored one among them. When a trial changed several options at once, each
gets an equal share of the gain. Pruned trials still count: what happened there did happen. One that was
stopped as hopeless lost what it was short of the median where it stood: never a gain, whatever its parent scored.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from agents.search.recipes import Change, changes, decided
from agents.search.tree import Node, Tree


@dataclass(frozen=True, slots=True)
class Effect:
    """What one change gained, over all trials that made it."""

    change: Change
    gains: tuple[float, ...]
    """Shares of score gain, more is better, same unit as the score."""
    nodes: tuple[int, ...]
    """The trials, in order of creation."""

    @property
    def mean(self) -> float:
        """Mean gain."""
        return sum(self.gains) / len(self.gains)

    def __str__(self) -> str:
        trials = "1 trial" if len(self.gains) == 1 else f"{len(self.gains)} trials"
        return f"{self.change}: {self.mean:+.3g} over {trials}"


@dataclass(frozen=True, slots=True)
class Failure:
    """A trial that ended without a score, and what it had changed."""

    node: int
    changes: tuple[Change, ...]
    reason: str


@dataclass(frozen=True)
class Memory:
    """Evidence from one tree."""

    effects: Mapping[Change, Effect]
    failures: tuple[Failure, ...]
    spread: float = 1.0
    """Best minus worst score, the unit of priors; 1 while there is no difference."""

    @cached_property
    def by_field(self) -> Mapping[str, tuple[Effect, ...]]:
        """Effects by field, for questions about one option."""
        found: dict[str, list[Effect]] = defaultdict(list)
        for effect in self.effects.values():
            found[effect.change.field].append(effect)
        return {field: tuple(effects) for field, effects in found.items()}

    @cached_property
    def failed_changes(self) -> Mapping[Change, tuple[int, ...]]:
        """Failed trials by a change that they made."""
        found: dict[Change, tuple[int, ...]] = {}
        for failure in self.failures:
            for change in failure.changes:
                found[change] = (*found.get(change, ()), failure.node)
        return found


def remember(tree: Tree) -> Memory:
    """Evidence from all trials of the tree that ended done, failed or stopped as hopeless."""
    shares: dict[Change, list[tuple[float, int]]] = defaultdict(list)
    for node in sorted((*tree.scored, *tree.stopped), key=lambda node: node.number):
        reference = _reference(tree, node)
        if reference is None:
            continue
        made = decided(reference.recipe, node.recipe)
        for change in made:
            share = _gain(tree, node, reference) / len(made)
            shares[change].append((share, node.number))
    effects = {change: _effect(change, found) for change, found in shares.items()}
    gains = [tree.gain(node) for node in tree.scored]
    spread = max(gains) - min(gains) if gains else 0.0
    return Memory(effects, failures(tree), spread or 1.0)


def failures(tree: Tree) -> tuple[Failure, ...]:
    """Failed trials with their reasons, in order of creation."""
    return tuple(
        Failure(number, _changed(tree, tree.nodes[number]), tree.nodes[number].failure)
        for number in sorted(tree.nodes)
        if tree.nodes[number].state == "failed"
    )


def _gain(tree: Tree, node: Node, reference: Node) -> float:
    if node.stopped:
        return -abs(node.stopped.median - node.stopped.score)
    return tree.gain(node) - tree.gain(reference)


def _effect(change: Change, found: list[tuple[float, int]]) -> Effect:
    return Effect(change, tuple(share for share, _ in found), tuple(node for _, node in found))


def _changed(tree: Tree, node: Node) -> tuple[Change, ...]:
    reference = _reference(tree, node)
    return () if reference is None else changes(reference.recipe, node.recipe)


def _reference(tree: Tree, node: Node) -> Node | None:
    if node.parent is None:
        return None
    if node.parent != tree.root.number:
        parent = tree.nodes[node.parent]
        return parent if parent.number in tree.scored_numbers else None
    first = tree.first_scored_child
    return None if first is None or first.number == node.number else first
