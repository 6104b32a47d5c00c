"""Methods in a whole run: what the data brings reaches them, and what they refuse is told."""

from pathlib import Path
from typing import Any

import pytest

from tests.training.experiments import events, run, spec
from training import extensions
from training.examples import examples, reward
from training.recipe import Step

FEW = {"max_steps": 2, "per_device_train_batch_size": 8}
ROW = {"sentence": "a joy", "label": 1}


def sst2() -> Any:
    return extensions.load(extensions.TASKS, "sst2")


def test_a_run_is_rewarded_by_the_tasks_own_metric(tmp_path: Path) -> None:
    status, result = run(tmp_path / "run", spec(Step(use="grpo", params=FEW)))

    told = [event["values"] for event in events(tmp_path / "run") if event["kind"] == "metric"]
    assert (status, result["status"], result["train"]["steps"]) == (0, "done", 2)
    assert 0 <= told[-1]["reward"] <= 1


def test_a_run_without_pairs_is_refused_with_what_to_add(tmp_path: Path) -> None:
    status, result = run(tmp_path / "run", spec(Step(use="dpo", params=FEW)))

    assert status == 1
    assert result["reason"].startswith("training.use='dpo' needs `rejected` in each row")
    assert "convert" in result["reason"]


@pytest.mark.parametrize(("written", "expected"), [("Positive!", 1), ("negative", 0), ("?", 0)])
def test_the_reward_is_the_metric_of_one_row(written: str, expected: float) -> None:
    assert reward(sst2())(written, ROW) == expected


def test_what_operators_put_on_a_row_goes_before_the_tasks_own() -> None:
    (plain,) = examples(sst2(), [ROW])
    (converted,) = examples(
        sst2(), [{**ROW, "completion": "negative", "desirable": False, "text": "It is a joy."}]
    )

    assert (plain.completion, plain.rejected, plain.text) == ("positive", None, "a joy")
    assert (converted.completion, converted.desirable) == ("negative", False)
    assert (converted.text, converted.prompt) == ("It is a joy.", plain.prompt)
