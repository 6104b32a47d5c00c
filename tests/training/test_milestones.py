"""Scores on the way come at fixed fractions, by the final evaluation's code, and change nothing."""

import os
import random
from pathlib import Path
from typing import Any

import pytest

from tests.training.attempts import attempt
from tests.training.test_methods import Recorder, weights
from training import extensions
from training.evaluate import evaluate
from training.milestones import FRACTIONS, ROWS, due, subset, undisturbed


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (100, {25: 0.25, 50: 0.5, 75: 0.75}),
        (10, {3: 0.25, 5: 0.5, 8: 0.75}),
        (2, {1: 0.5}),
        (1, {}),
    ],
)
def test_each_fraction_is_due_once_and_never_at_the_end(
    steps: int, expected: dict[int, float]
) -> None:
    found = {step: due(step, steps) for step in range(1, steps + 1)}

    assert {step: each for step, each in found.items() if each} == expected


def test_the_rows_are_the_same_for_every_training_and_draw_from_no_ones_dice() -> None:
    rows: list[dict[str, Any]] = [{"sentence": str(number)} for number in range(200)]
    random.seed(3)
    before = random.getstate()

    assert subset(rows) == subset(rows)
    assert len(subset(rows)) == ROWS
    assert subset(rows[:5]) == rows[:5]
    assert random.getstate() == before


def test_whatever_is_drawn_on_the_way_is_put_back() -> None:
    import numpy
    import torch

    def draws() -> tuple[float, float, float]:
        return random.random(), float(numpy.random.rand()), float(torch.rand(1))

    random.seed(1), numpy.random.seed(1), torch.manual_seed(1)
    expected = draws()
    random.seed(1), numpy.random.seed(1), torch.manual_seed(1)
    with undisturbed():
        draws()

    assert draws() == expected


@pytest.mark.parametrize(
    ("use", "params"), [("sft", {}), ("sft", {"tuner": "lora", "lora_dropout": 0.1}), ("kto", {})]
)
def test_the_weights_are_those_of_a_training_without_milestones(
    use: str, params: dict[str, Any], tmp_path: Path
) -> None:
    params, record = params | {"max_steps": 8}, Recorder()
    scored, known = attempt(
        tmp_path / "a", use, record=record, params=params, milestones=True, trial=False
    )
    plain, without = attempt(tmp_path / "b", use, params=params, trial=False)

    first, second = weights(scored.model), weights(plain.model)
    told = [(each["fraction"], each["step"], each["rows"]) for each in record.of("intermediate")]
    assert told == [(0.25, 2, 64), (0.5, 4, 64), (0.75, 6, 64)]
    assert all(first[name].equal(second[name]) for name in first)
    assert known["train"]["final_loss"] == without["train"]["final_loss"]


def test_a_score_on_the_way_is_the_final_evaluations_score_of_that_model(tmp_path: Path) -> None:
    record = Recorder()
    attempt(tmp_path / "a", record=record, params={"max_steps": 4, **FLAT}, milestones=True)
    half, _ = attempt(tmp_path / "b", params={"max_steps": 2, **FLAT})

    task = extensions.load(extensions.TASKS, "sst2")
    rows = subset(task.edition("mini").validation)
    final = evaluate(task, rows, model=half.model, tokenizer=half.tokenizer, emit=Recorder())
    assert record.of("intermediate")[1]["fraction"] == FRACTIONS[1]
    assert record.of("intermediate")[1]["score"] == final.score


FLAT = {"lr_scheduler_type": "constant", "learning_rate": 1e-2}


class Dying(Recorder):
    """Ends this process, as kill -9 does, when the last score on the way is told."""

    def __call__(self, kind: str, **fields: Any) -> None:
        if kind == "intermediate" and fields["fraction"] == FRACTIONS[-1]:
            os._exit(9)


def test_a_killed_training_resumes_exactly_between_milestones(tmp_path: Path) -> None:
    params = {"max_steps": 16, "tuner": "lora", "lora_dropout": 0.1}
    saved = {"milestones": True, "trial": False, "params": params}
    unbroken, _ = attempt(tmp_path / "a", checkpoints=str(tmp_path / "one"), **saved)
    child = os.fork()
    if child == 0:
        try:
            attempt(tmp_path / "b", record=Dying(), checkpoints=str(tmp_path / "two"), **saved)
        finally:
            os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    record = Recorder()
    resumed, known = attempt(
        tmp_path / "c", record=record, checkpoints=str(tmp_path / "two"), **saved
    )

    first, second = weights(unbroken.model), weights(resumed.model)
    assert (status, known["train"]["resumed_from_step"]) == (9, 10)
    assert [each["fraction"] for each in record.of("intermediate")] == [0.75]
    assert all(first[name].equal(second[name]) for name in first)
