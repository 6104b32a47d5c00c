"""Methods in a whole run: what the data brings reaches them, and what they refuse is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.training.experiments import CLEAN, events, run, spec
from training import extensions
from training.errors import NotExportable, RecipeError
from training.examples import examples, reward
from training.export import export
from training.loading import parent_folder
from training.recipe import RunSpec, Step

FEW = {"max_steps": 2, "per_device_train_batch_size": 8}
ROW = {"sentence": "a joy", "label": 1}


def sst2() -> Any:
    return extensions.load(extensions.TASKS, "sst2")


def test_a_run_is_rewarded_by_the_tasks_own_metric(tmp_path: Path) -> None:
    status, result = run(tmp_path / "run", spec(Step(use="grpo", params=FEW)))

    told = [event["values"] for event in events(tmp_path / "run") if event["kind"] == "metric"]
    assert (status, result["status"], result["train"]["steps"]) == (0, "done", 2)
    assert 0 <= told[-1]["reward"] <= 1


def test_a_reward_model_has_its_own_accuracy_and_no_score(tmp_path: Path) -> None:
    learnt = {"max_steps": 15, "learning_rate": 3e-4, "tuner": "lora"}
    convert = Step(use="convert", params={"to": "preference"})
    status, result = run(
        tmp_path / "run", spec(Step(use="reward", params=learnt), data=(CLEAN, convert))
    )

    assert (status, result["status"], result["reason"]) == (0, "done", "")
    assert (result["metric"], result["score"], result["interval"]) == (None, None, None)
    known = result["reward_accuracy"]
    right = [json.loads(line)["correct"] for line in _lines(tmp_path / "run" / "pairs.jsonl")]
    assert (known["metric"], len(right)) == ("pairwise accuracy", 200)
    assert known["score"] == sum(right) / 200 > 0.6
    assert not (tmp_path / "run" / "predictions.jsonl").exists()
    with pytest.raises(NotExportable, match="no score by the task's metric"):
        export(tmp_path / "run", tmp_path / "out")
    with pytest.raises(RecipeError, match="cannot go on from a reward model"):
        parent_folder(_from_parent(tmp_path / "run" / "model"))


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def _from_parent(folder: Path) -> RunSpec:
    known = spec(Step(use="sft"), parent_model=str(folder))
    recipe = known.recipe.model_copy(update={"start_from": "parent"})
    return known.model_copy(update={"recipe": recipe})


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
