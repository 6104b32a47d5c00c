"""The median rule, and what a stopped trial is worth to the search."""

import random

import pytest

from agents.search.judge import judge
from agents.search.memory import remember
from agents.search.recipes import Change
from agents.search.score import standings
from agents.search.stopping import MIN_OTHERS, is_hopeless, verdict
from agents.search.tree import Stopped, candidates
from tests.agents.trees import recipe, tree_of, trial

OTHERS = [0.5, 0.58, 0.62, 0.7, 0.61, 0.66, 0.75]


@pytest.mark.parametrize(
    ("value", "expected"), [(0.41, True), (0.619, True), (0.62, False), (0.9, False)]
)
def test_worse_than_the_median_is_hopeless_and_the_median_itself_is_not(value, expected):
    assert is_hopeless(value, OTHERS, fraction=0.5) is expected


def test_lower_is_better_when_the_metric_says_so():
    assert is_hopeless(0.7, OTHERS, fraction=0.5, maximise=False)
    assert not is_hopeless(0.5, OTHERS, fraction=0.5, maximise=False)


def test_a_few_trials_make_no_median():
    assert not is_hopeless(0.0, OTHERS[: MIN_OTHERS - 1], fraction=0.5)
    assert is_hopeless(0.0, OTHERS[:MIN_OTHERS], fraction=0.5)


def test_nothing_is_judged_in_the_first_quarter():
    assert not is_hopeless(0.0, OTHERS, fraction=0.2)


def test_a_score_that_is_no_number_is_for_others_to_judge():
    assert not is_hopeless(float("nan"), OTHERS, fraction=0.5)


def test_what_would_lead_is_never_stopped():
    rng = random.Random(0)
    for _ in range(200):
        others = [rng.random() for _ in range(rng.randint(5, 20))]
        assert not is_hopeless(max(others), others, fraction=rng.choice([0.25, 0.5, 0.75]))


def test_the_verdict_has_both_numbers():
    assert verdict(0.41, OTHERS, fraction=0.5) == (
        "stopped at 50 %: 0.41 is below the median 0.62 of 7 trials at that point"
    )
    assert "0.7 is above the median 0.62" in verdict(0.7, OTHERS, fraction=0.75)


def stopped(number, parent=0, score=0.41, median=0.62, **fields):
    return trial(number, parent, state="cancelled", stopped=Stopped(score, median), **fields)


def test_a_stopped_trial_is_a_visit_with_the_low_score_it_had():
    tree = tree_of(trial(1, score=0.9), stopped(2, 1, 0.6), stopped(3, 1, 0.1))
    (found,) = [each for each in standings(tree) if each.node == 1]
    assert found.n == 3
    assert found.q == pytest.approx((1.0 + 0.25 + 0.0) / 3)


def test_a_stopped_trial_lowers_its_branch_as_a_low_score_does():
    hopeful = tree_of(trial(1, score=0.9), trial(2, 1, state="cancelled"))
    hopeless = tree_of(trial(1, score=0.9), stopped(2, 1))
    assert standings(hopeless)[1].q < standings(hopeful)[1].q


def test_a_stopped_trial_is_never_best_nor_expanded():
    tree = tree_of(trial(1, score=0.55), stopped(2, score=0.99, median=1.0))
    assert tree.best == tree.nodes[1]
    assert 2 not in {node.number for node in candidates(tree)}


def test_a_pruned_stopped_trial_has_no_say():
    tree = tree_of(trial(1, score=0.9), stopped(2, 1, pruned=True))
    assert standings(tree)[1].n == 1


def test_without_a_scale_a_stopped_trial_is_worth_nothing():
    assert standings(tree_of(stopped(1, score=0.9)))[0].q == pytest.approx(0.25)


CHANGE = Change("training.params.learning_rate", 3e-4, 1e-3)


def changed(node):
    return tree_of(trial(1, score=0.3, recipe=recipe(learning_rate=3e-4)), node)


def test_a_stopped_trial_is_evidence_against_what_it_changed_even_above_its_parents_score():
    effect = remember(changed(stopped(2, 1, recipe=recipe(learning_rate=1e-3)))).effects[CHANGE]
    assert effect.nodes == (2,)
    assert effect.mean == pytest.approx(-0.21)


def test_its_recipes_worth_falls_as_after_a_low_score():
    again = recipe(learning_rate=1e-3)

    def worth(*nodes):
        memory = remember(tree_of(trial(1, score=0.7, recipe=recipe(learning_rate=3e-4)), *nodes))
        before = recipe(learning_rate=3e-4)
        return judge(before, again, prior=0.1, memory=memory, unit=0.5).worth

    unknown = worth(trial(2, 1, state="cancelled", recipe=again))
    low = worth(trial(2, 1, 0.49, recipe=again))
    assert worth(stopped(2, 1, recipe=again)) == pytest.approx(low)
    assert low < unknown
