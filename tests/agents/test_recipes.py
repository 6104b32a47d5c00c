"""Going on from what a parent trained."""

import pytest

from agents.search.recipes import going_on

FRESH = {"data": [], "training": {"use": "sft", "params": {"max_steps": 150}}, "seed": 0}


def test_the_first_child_that_goes_on_takes_half_the_steps():
    made = going_on(FRESH)
    assert made["start_from"] == "parent"
    assert made["training"]["params"]["max_steps"] == 75
    assert FRESH["training"]["params"]["max_steps"] == 150


def test_later_ones_take_as_many_as_their_parent():
    assert going_on(going_on(FRESH)) == going_on(FRESH)


@pytest.mark.parametrize("steps", [-1, None, 10, 20])
def test_training_by_epochs_and_very_short_training_are_not_cut(steps):
    made = going_on({"training": {"use": "sft", "params": {"max_steps": steps}}})
    assert made["training"]["params"]["max_steps"] == steps


def test_no_training_is_cut_below_the_fewest_steps_that_teach_anything():
    made = going_on({"training": {"use": "sft", "params": {"max_steps": 30}}})
    assert made["training"]["params"]["max_steps"] == 20
