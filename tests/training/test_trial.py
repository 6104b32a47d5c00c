"""A trial finds early what would end the training, and leaves no trace in it."""

from pathlib import Path
from typing import Any

import pytest

from tests.training.attempts import attempt
from tests.training.test_methods import EXAMPLES, Recorder, weights
from training import estimate
from training.checkpoints import Checkpoints
from training.errors import RecipeError, TrialFailed
from training.failures import is_out_of_memory, reason
from training.methods import Example
from training.recipe import Recipe, Step, complete
from training.trial import Trial


@pytest.fixture
def affordable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every training can pay for a trial, so that short ones show what long ones do."""
    monkeypatch.setattr(estimate, "MOST_SHARE", 1_000.0)


def step(**params: Any) -> Step:
    found = complete(Recipe(training=Step(use="sft", params=params))).training
    assert found
    return found


@pytest.mark.usefixtures("affordable")
@pytest.mark.parametrize(
    ("use", "params"),
    [("sft", {}), ("sft", {"tuner": "lora", "lora_dropout": 0.1}), ("dpo", {}), ("kto", {})],
)
def test_the_weights_are_those_of_a_training_without_a_trial(
    use: str, params: dict[str, Any], tmp_path: Path
) -> None:
    params = params | {"max_steps": 5}
    tried, known = attempt(tmp_path / "tried", use, params=params)
    plain, without = attempt(tmp_path / "plain", use, params=params, trial=False)

    first, second = weights(tried.model), weights(plain.model)
    assert (known["estimate"]["source"], without["estimate"]) == ("trial", None)
    assert all(first[name].equal(second[name]) for name in first)
    assert known["train"]["final_loss"] == without["train"]["final_loss"]
    assert known["train"]["tokens"] == without["train"]["tokens"]


@pytest.mark.usefixtures("affordable")
def test_the_estimate_is_told_and_stays_with_the_result(tmp_path: Path) -> None:
    record = Recorder()
    _, known = attempt(tmp_path, record=record, params={"max_steps": 5})

    (told,) = record.of("estimate")
    assert {"kind": "estimate", **known["estimate"]} == told
    assert (told["steps"], told["trial_steps"]) == (5, 3)
    assert told["seconds"] > 0
    assert told["bytes"] > 10_000_000
    stages = [each["stage"] for each in record.of("stage") if each["status"] == "finished"]
    assert stages == ["load", "trial", "load", "train"]
    assert [each["step"] for each in record.of("metric")] == [5]


def test_a_short_training_has_no_trial_and_says_so(tmp_path: Path) -> None:
    record = Recorder()
    attempt(tmp_path, record=record, params={"max_steps": 5})

    (told,) = record.of("estimate")
    assert (told["source"], told["steps"], told["bytes"]) == ("training", 5, None)
    assert told["note"].startswith("no trial: it would cost more than 3%")
    assert "trial" not in {each["stage"] for each in record.of("stage")}


@pytest.mark.usefixtures("affordable")
def test_a_lost_loss_ends_the_node_in_the_trial_at_its_step(tmp_path: Path) -> None:
    record = Recorder()
    with pytest.raises(TrialFailed) as caught:
        attempt(tmp_path, record=record, params={"max_steps": 90, "learning_rate": 1.0, **HOT})

    told = reason(caught.value)
    assert told.startswith("Found in the trial before training, after ")
    assert " of 3 steps: loss=" in told
    assert not record.of("metric")


HOT = {"lr_scheduler_type": "constant", "max_grad_norm": 1000.0}


@pytest.mark.usefixtures("affordable")
def test_memory_that_is_short_in_the_trial_halves_the_batch_before_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, refused = Recorder(), []
    real = Trial.run

    def small(self: Trial, bench: Any, steps: int) -> Any:
        if len(self._longest) == 4 and not refused:
            refused.append(steps)
            raise TrialFailed(0, steps, reason(MemoryError("CUDA out of memory")))
        return real(self, bench, steps)

    # No machine of ours runs out of memory when it is asked to.
    monkeypatch.setattr(Trial, "run", small)
    _, known = attempt(tmp_path, record=record, params={"max_steps": 5})

    assert refused == [3]
    assert known["adjusted"]["per_device_train_batch_size"] == 2
    assert known["train"]["steps"] == 5
    begun = [e["stage"] for e in record.of("stage") if e["status"] == "started"]
    assert begun == ["load", "trial", "load", "trial", "load", "train"]


def test_a_trial_without_memory_is_known_as_such() -> None:
    found = TrialFailed(1, 3, reason(RuntimeError("CUDA out of memory. Tried to allocate")))

    assert is_out_of_memory(found)
    assert reason(found).startswith(
        "Found in the trial before training, after 1 of 3 steps: Out of memory"
    )


@pytest.mark.usefixtures("affordable")
def test_a_recipe_that_asks_for_what_is_not_there_is_refused_in_its_own_words(
    tmp_path: Path,
) -> None:
    with pytest.raises(RecipeError, match="takes 64 prompts"):
        attempt(tmp_path, "grpo", params={"max_steps": 90, "per_device_train_batch_size": 512})


def test_the_longest_rows_are_tried() -> None:
    longest = Example([{"role": "user", "content": "why " * 90}], "positive")
    trial = Trial(step(per_device_train_batch_size=2), [EXAMPLES[0], longest, *EXAMPLES[1:]])

    assert longest in trial._longest
    assert len(trial._longest) == 2


@pytest.mark.usefixtures("affordable")
def test_a_training_that_goes_on_from_a_checkpoint_is_not_tried_again(tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    attempt(tmp_path / "first", checkpoints=str(saved), params={"max_steps": 10})
    record = Recorder()
    _, known = attempt(
        tmp_path / "second", record=record, checkpoints=str(saved), params={"max_steps": 10}
    )

    assert not Checkpoints(saved / "seed-7").is_empty
    assert known["train"]["resumed_from_step"] == 10
    assert not record.of("estimate")
