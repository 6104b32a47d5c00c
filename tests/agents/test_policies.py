"""What is particular to each policy."""

import math
import random

import pytest

from agents.policies.breadth import Breadth
from agents.policies.greedy import Greedy
from agents.policies.sequential import Sequential
from agents.policies.uct import Uct
from tests.agents.trees import tree_of, trial


def choose(policy, tree):
    return policy(policy.Params()).choose(tree, random.Random(0))


def test_uct_adds_exploration_to_the_mean():
    tree = tree_of(trial(1, score=0.9), trial(2, 1, 0.7))
    terms = {term.node: term for term in choose(Uct, tree).terms}
    assert terms[1].q == pytest.approx(0.75)
    assert terms[1].exploration == pytest.approx(0.7 * math.sqrt(math.log(4) / 2))


def test_virtual_loss_spreads_parallel_choices():
    trials = [trial(number, score=0.8) for number in range(1, 5)]
    chosen = []
    for number in range(5, 9):
        chosen.append(choose(Uct, tree_of(*trials)).node)
        trials.append(trial(number, chosen[-1], state="running"))
    assert sorted(chosen) == [1, 2, 3, 4]


def test_uct_without_exploration_trusts_scores_alone():
    tree = tree_of(trial(1, score=0.6), trial(2, score=0.9))
    assert Uct(Uct.Params(c=0.0)).choose(tree, random.Random(0)).node == 2


def test_uct_answers_on_ten_thousand_nodes():
    tree = tree_of(
        *(trial(number, number // 3, 0.5 + number / 3e4) for number in range(1, 10_000))
    )
    assert len(choose(Uct, tree).terms) == 10_000


def test_greedy_stays_with_the_best():
    tree = tree_of(trial(1, score=0.9), trial(2, 1, 0.6), trial(3, 1, state="failed"))
    assert choose(Greedy, tree).node == 1


def test_breadth_fills_a_level_before_it_goes_deeper():
    chosen = [
        choose(Breadth, tree_of(*(trial(n, score=0.6) for n in range(1, k)))).node
        for k in (1, 2, 3)
    ]
    assert chosen == [0, 0, 0]
    full = tree_of(*(trial(number, score=0.5 + number / 10) for number in range(1, 4)))
    assert choose(Breadth, full).node == 3


def test_sequential_builds_on_the_newest_result():
    tree = tree_of(trial(1, score=0.9), trial(2, 1, 0.6), trial(3, 1, state="failed"))
    assert choose(Sequential, tree).node == 2


def test_ties_are_drawn_by_rng_and_not_always_the_same():
    tree = tree_of(*(trial(number, score=0.8) for number in range(1, 5)))
    drawn = {Uct(Uct.Params()).choose(tree, random.Random(seed)).node for seed in range(30)}
    assert drawn == {1, 2, 3, 4}
