"""Rules of steering."""

import random
from dataclasses import replace

import pytest

from agents.errors import SteeringRefused
from agents.search import steering
from agents.search.tree import Tree, candidates
from tests.agents.trees import random_tree, tree_of, trial


@pytest.fixture
def tree():
    return tree_of(
        trial(1, score=0.7),
        trial(2, 1, state="running"),
        trial(3, 1, 0.8, pruned=True),
        trial(4, 3, state="queued"),
        trial(5, score=0.6, pinned=True),
        trial(6, state="failed"),
    )


def test_a_prune_cancels_what_is_in_flight_below(tree):
    effect = steering.prune(tree, 1)
    assert (effect.touched, effect.cancel) == ((1, 2), (2,))


def test_a_restore_leaves_deeper_marks(tree):
    marked = Tree.of([replace(node, pruned=node.number in (1, 3)) for node in tree.nodes.values()])
    assert steering.restore(marked, 1).touched == (1, 2)
    assert steering.restore(marked, 3).touched == ()


@pytest.mark.parametrize(
    ("act", "number", "message"),
    [
        (steering.prune, 0, "node 0 is the baseline and cannot be pruned"),
        (steering.prune, 3, "node 3 is pruned already"),
        (steering.prune, 99, "node 99 is not in this tree; it has nodes 0 to 6"),
        (steering.restore, 1, "node 1 is not pruned"),
        (steering.restore, 4, "node 4 has no prune of its own; restore node 3 above it"),
        (steering.pin, 5, "node 5 is pinned already"),
        (steering.pin, 4, "node 4 is under the prune of node 3; restore node 3 first"),
        (steering.unpin, 1, "node 1 is not pinned"),
    ],
)
def test_a_refusal_names_the_node_and_what_would_be_right(tree, act, number, message):
    with pytest.raises(SteeringRefused, match=message):
        act(tree, number)


@pytest.mark.parametrize(
    ("number", "count", "message"),
    [
        (1, 0, "node 1 cannot be expanded by 0 children; ask for 1 to 5"),
        (1, 6, "ask for 1 to 5"),
        (2, 1, "node 2 is running and has no score"),
        (6, 1, "node 6 is failed and has no score"),
        (3, 1, "node 3 is under the prune of node 3"),
    ],
)
def test_an_expansion_needs_a_living_scored_node_and_a_count(tree, number, count, message):
    with pytest.raises(SteeringRefused, match=message):
        steering.expand(tree, number, count=count)


def test_allowed_acts_name_their_node(tree):
    effects = [steering.pin(tree, 1), steering.unpin(tree, 5), steering.expand(tree, 1, count=5)]
    assert [effect.number for effect in effects] == [1, 5, 1]


@pytest.mark.parametrize("seed", range(20))
def test_no_series_of_prunes_and_restores_leaves_a_candidate_under_a_prune(seed):
    rng = random.Random(seed)
    tree = random_tree(seed, size=60)
    for _ in range(40):
        number = rng.randrange(60)
        tree = _steered(tree, rng.choice([steering.prune, steering.restore]), number)
        for node in candidates(tree):
            assert not any(above.pruned for above in tree.path(node.number))


def _steered(tree, act, number):
    before = tree.alive
    try:
        effect = act(tree, number)
    except SteeringRefused:
        return tree
    mark = act is steering.prune
    after = Tree({**tree.nodes, number: replace(tree.nodes[number], pruned=mark)}, tree.maximise)
    assert before ^ after.alive == set(effect.touched)
    return after
