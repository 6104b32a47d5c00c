"""Bad recipes are refused before anything is trained, by field and value."""

from typing import Any

import pytest

from training.errors import RecipeError
from training.recipe import read

LOAD = {"use": "load", "params": {"sources": ["clean"]}}


def sft(**params: Any) -> dict[str, Any]:
    return {"data": [LOAD], "training": {"use": "sft", "params": params}}


@pytest.mark.parametrize(
    ("recipe", "field", "value"),
    [
        (sft(lora_r=0), "training.sft.lora_r", 0),
        (sft(learning_rate=-1.0), "training.sft.learning_rate", -1.0),
        (sft(max_steps=0), "training.sft.max_steps", 0),
        (sft(lr_scheduler_type="zigzag"), "training.sft.lr_scheduler_type", "zigzag"),
        (sft(warmup_steps=0.1), "training.sft.warmup_steps", 0.1),
        (sft(tuner="magic"), "training.sft.tuner", "magic"),
        ({"data": [{"use": "wish"}]}, "operator", "wish"),
        ({"data": [{"use": "load", "params": {"sources": []}}]}, "data.0.load.sources", []),
        ({"training": {"use": "dream"}}, "method", "dream"),
    ],
)
def test_a_bad_value_is_named(recipe: dict[str, Any], field: str, value: object) -> None:
    with pytest.raises(RecipeError) as refused:
        read(recipe)

    assert (refused.value.field, refused.value.value) == (field, value)


def test_defaults_are_written_out() -> None:
    recipe = read(sft())

    assert recipe.training is not None
    assert recipe.training.params["tuner"] == "full"
    assert recipe.fingerprint() == read(sft(tuner="full")).fingerprint()
