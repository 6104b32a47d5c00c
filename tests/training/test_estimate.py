"""Estimates are arithmetic, and the price of a trial is bounded by it."""

import random

import pytest

from training import estimate
from training.estimate import Estimate
from training.pace import Pace, telling

BATCH = {"per_device_train_batch_size": 8, "gradient_accumulation_steps": 2}


def test_steps_are_those_asked_for_or_the_rows_of_all_epochs() -> None:
    epochs = BATCH | {"max_steps": -1, "num_train_epochs": 2.5}

    assert estimate.steps(100, BATCH | {"max_steps": 40}) == 40
    assert estimate.steps(100, epochs) == 18  # 7 steps an epoch
    assert estimate.steps(100, epochs | {"num_generations": 4}) == 63


def test_seconds_are_steps_times_seconds_a_step() -> None:
    assert estimate.seconds(140, 0.1) == pytest.approx(14.0)


@pytest.mark.parametrize(
    ("step_s", "whole_s", "steps"), [(0.1, 15, 0), (0.1, 21, 1), (0.1, 24, 2), (0.1, 900, 3)]
)
def test_a_trial_never_costs_more_than_its_share(
    step_s: float, whole_s: float, steps: int
) -> None:
    found = estimate.trial_steps(step_s, whole_s, fixed_s=0.5)

    assert found == steps
    assert not found or 0.5 + found * step_s <= 0.03 * whole_s


def test_a_usual_batch_is_as_long_as_batches_drawn_at_random_are() -> None:
    rng = random.Random(0)
    lengths = [rng.randint(10, 400) for _ in range(200)]
    drawn = [max(rng.choices(lengths, k=8)) for _ in range(20_000)]

    share = estimate.typical_share(lengths, 8)

    assert share == pytest.approx(sum(drawn) / len(drawn) / max(lengths), abs=0.005)
    assert estimate.typical_share([30] * 5, 4) == pytest.approx(1.0)
    assert estimate.typical_share([], 4) == 1.0


class _Clock:
    def __init__(self, *times: float) -> None:
        self._times = list(times)

    def __call__(self) -> float:
        return self._times.pop(0)


def test_the_first_step_does_not_set_the_pace() -> None:
    pace = Pace(_Clock(0.0, 5.0, 6.0, 8.0))
    pace.begin()
    for _ in range(3):
        pace.step()

    assert pace.step_s == [5.0, 1.0, 2.0]
    assert pace.seconds_a_step == 1.5


class _State:
    def __init__(self, global_step: int, max_steps: int) -> None:
        self.global_step, self.max_steps = global_step, max_steps


@pytest.mark.parametrize(
    ("first", "steps", "told"), [(1, 9, 1), (1, 3, 0), (5, 9, 0)], ids=["new", "short", "resumed"]
)
def test_a_training_without_a_trial_is_estimated_from_its_first_steps(
    first: int, steps: int, told: int
) -> None:
    found: list[Estimate] = []
    callback = telling(found.append, note="too short")
    callback.on_train_begin(None, _State(first - 1, steps), None)
    for step in range(first, steps + 1):
        callback.on_step_end(None, _State(step, steps), None)

    assert len(found) == told
    assert all(
        (each.source, each.steps, each.note) == ("training", 9, "too short") for each in found
    )
