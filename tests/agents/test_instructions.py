"""Options of the recipe as a whole, as a person may ask for them."""

import pytest

from agents.search.instructions import read
from agents.search.means import Means

MEANS = Means.of({"sources": []}, {"methods.sft": {"properties": {}}})
RECIPE = {"data": [], "training": {"use": "sft", "params": {}}, "seed": 0}


@pytest.mark.parametrize(
    ("instruction", "field", "value"),
    [
        ("start_from=parent", "start_from", "parent"),
        ("replicas = 3", "replicas", 3),
        ("devices=2", "devices", 2),
        ("seed=7", "seed", 7),
    ],
)
def test_an_option_of_the_whole_recipe_is_set(instruction, field, value):
    wish = read(instruction, RECIPE, MEANS)
    assert wish.recipe[field] == value
    assert wish.refused == wish.unknown == []


@pytest.mark.parametrize(
    ("instruction", "message"),
    [
        ("start_from=scratch", "start_from='scratch' is neither base nor parent"),
        ("replicas=0", "replicas=0 is not in 1..16"),
        ("devices=65", "devices=65 is not in 1..64"),
        ("replicas=many", "replicas='many' is not in 1..16"),
        ("seed=x", "seed='x' is not a whole number"),
    ],
)
def test_a_bad_value_is_refused_with_field_and_value(instruction, message):
    wish = read(instruction, RECIPE, MEANS)
    assert wish.refused == [message]
    assert wish.recipe == RECIPE
