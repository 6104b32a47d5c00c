"""Evidence from finished trials."""

import pytest

from agents.search.memory import failures, remember
from agents.search.recipes import TRAINS_ON, Change, changes
from tests.agents.trees import recipe, tree_of, trial


def test_a_change_is_named_by_its_dotted_field():
    made = changes(recipe(learning_rate=3e-4), recipe("clean", "noisy", learning_rate=1e-3))
    assert made == (
        Change("data.load.sources.noisy", None, True),
        Change("training.params.learning_rate", 3e-4, 1e-3),
    )
    assert [str(change) for change in made] == ["add source noisy", "learning_rate 0.0003→0.001"]


def test_a_data_step_that_comes_is_one_change_with_its_options():
    before, after = recipe(), recipe()
    after["data"].append({"use": "sample", "params": {"rows": 100}})
    assert [str(change) for change in changes(before, after)] == ["add sample"]
    assert [str(change) for change in changes(after, before)] == ["drop sample"]


def test_gains_of_one_change_are_gathered_over_trials():
    tree = tree_of(
        trial(1, score=0.6, recipe=recipe(learning_rate=3e-4)),
        trial(2, 1, 0.7, recipe=recipe(learning_rate=1e-3)),
        trial(3, 1, 0.74, recipe=recipe(learning_rate=1e-3), pruned=True),
    )
    effect = remember(tree).effects[Change("training.params.learning_rate", 3e-4, 1e-3)]
    assert effect.nodes == (2, 3)
    assert effect.mean == pytest.approx(0.12)
    assert str(effect) == "learning_rate 0.0003→0.001: +0.12 over 2 trials"


def test_a_trial_that_changed_two_options_shares_its_gain():
    tree = tree_of(
        trial(1, score=0.6, recipe=recipe()),
        trial(2, 1, 0.7, recipe=recipe(tuner="lora", lora_r=8)),
    )
    assert [effect.mean for effect in remember(tree).effects.values()] == pytest.approx([0.05] * 2)


def test_children_of_the_baseline_are_compared_with_the_first_of_them():
    tree = tree_of(
        trial(1, state="failed"),
        trial(2, score=0.6, recipe=recipe("clean")),
        trial(3, score=0.7, recipe=recipe("clean", "noisy")),
    )
    (effect,) = remember(tree).effects.values()
    assert (str(effect.change), effect.mean) == ("add source noisy", pytest.approx(0.1))


def test_a_loss_that_fell_is_a_gain_when_lower_is_better():
    tree = tree_of(
        trial(1, score=0.6, recipe=recipe()),
        trial(2, 1, 0.5, recipe=recipe(tuner="lora")),
        maximise=False,
    )
    (effect,) = remember(tree).effects.values()
    assert effect.mean == pytest.approx(0.1)


def test_a_failure_keeps_its_change_and_reason():
    tree = tree_of(
        trial(1, score=0.6, recipe=recipe()),
        trial(2, 1, state="failed", failure="loss=nan", recipe=recipe(learning_rate=1.0)),
    )
    (failure,) = failures(tree)
    assert (failure.node, failure.reason) == (2, "loss=nan")
    assert [str(change) for change in failure.changes] == ["learning_rate 0.001→1"]


def test_what_going_on_from_the_parent_saved_is_not_what_was_tried():
    went_on = recipe("clean", "noisy", max_steps=75) | {"start_from": "parent"}
    tree = tree_of(trial(1, score=0.6, recipe=recipe()), trial(2, 1, 0.7, recipe=went_on))
    assert [str(change) for change in remember(tree).effects] == ["add source noisy"]


def test_going_on_alone_is_what_was_tried():
    tree = tree_of(
        trial(1, score=0.6, recipe=recipe()),
        trial(2, 1, 0.7, recipe=recipe() | {"start_from": "parent"}),
    )
    assert [str(change) for change in remember(tree).effects] == ["start_from base→parent"]


def test_training_on_and_on_is_judged_by_what_it_gained():
    more = recipe() | {"start_from": "parent"}
    tree = tree_of(
        trial(1, score=0.6, recipe=recipe()),
        trial(2, 1, 0.7, recipe=more),
        trial(3, 2, 0.65, recipe=more),
    )
    effect = remember(tree).effects[TRAINS_ON]
    assert (str(effect.change), effect.nodes) == ("trains on", (3,))
    assert effect.mean == pytest.approx(-0.05)
