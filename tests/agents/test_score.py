"""Scores, visits and means."""

import pytest

from agents.search.score import is_better_than_parent, normalised, standings
from agents.search.tree import Node, Tree
from tests.agents.trees import baseline, tree_of, trial


def test_the_baseline_is_zero_and_the_best_is_one():
    tree = tree_of(trial(1, score=0.9), trial(2, score=0.7), trial(3, score=0.2))
    assert normalised(tree) == pytest.approx({0: 0.0, 1: 1.0, 2: 0.5, 3: 0.0})


def test_while_nothing_beats_the_baseline_the_worst_is_zero():
    tree = tree_of(trial(1, score=0.4), trial(2, score=0.3))
    assert normalised(tree) == pytest.approx({0: 1.0, 1: 0.5, 2: 0.0})


def test_equal_results_are_worth_a_half():
    assert normalised(tree_of(trial(1, score=0.5))) == {0: 0.5, 1: 0.5}


def test_lower_is_better_when_the_metric_says_so():
    tree = tree_of(trial(1, score=0.1), trial(2, score=0.9), maximise=False)
    assert normalised(tree) == pytest.approx({0: 0.0, 1: 1.0, 2: 0.0})


def test_a_pruned_result_does_not_stretch_the_scale():
    tree = tree_of(trial(1, score=0.6), trial(2, score=1.0, pruned=True))
    assert normalised(tree) == pytest.approx({0: 0.0, 1: 1.0})


def test_a_nan_score_is_no_score():
    tree = tree_of(trial(1, score=float("nan")), trial(2, score=0.6))
    assert set(normalised(tree)) == {0, 2}
    assert tree.best == tree.nodes[2]


def test_running_and_failed_children_are_visits_worth_nothing():
    tree = tree_of(trial(1, score=0.9), trial(2, 1, state="running"), trial(3, 1, state="failed"))
    (_, parent) = standings(tree)
    assert (parent.n, parent.q) == (3, pytest.approx(1 / 3))


def test_cancelled_and_pruned_children_are_no_visits():
    tree = tree_of(
        trial(1, score=0.9), trial(2, 1, state="cancelled"), trial(3, 1, 0.1, pruned=True)
    )
    (_, parent) = standings(tree)
    assert (parent.n, parent.q) == (1, 1.0)


def test_a_chain_of_ten_thousand_nodes_is_counted():
    chain = [
        baseline(),
        *(trial(number, number - 1, 0.5 + number / 1e5) for number in range(1, 10_000)),
    ]
    assert standings(Tree.of(chain))[0].n == 10_000


def test_no_standing_without_a_score():
    root = Node(0, None, "root", "running", {})
    assert standings(Tree.of([root])) == ()


def test_better_is_said_only_when_intervals_part():
    tree = tree_of(trial(1, score=0.55), trial(2, score=0.7))
    assert not is_better_than_parent(tree, 1)
    assert is_better_than_parent(tree, 2)
    assert not is_better_than_parent(tree, 0)


def test_a_lower_loss_is_better_when_the_metric_says_so():
    tree = tree_of(trial(1, score=0.3), trial(2, score=0.7), maximise=False)
    assert [is_better_than_parent(tree, number) for number in (1, 2)] == [True, False]
