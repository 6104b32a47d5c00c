"""A batch computed in parts of like length trains what the whole batch would."""

import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.training.test_methods import Recorder, bench, train, weights
from training.methods import Example, _split
from training.methods._split import chains, parts

MIXED = [
    Example([{"role": "user", "content": "the plot is a joy . " * length}], "positive", row={})
    for length in (1, 20, 2, 1, 35, 3, 2, 1)
]


def _padded(lengths: list[int], found: list[list[int]]) -> int:
    return sum(max(lengths[place] for place in part) * len(part) for part in found)


def test_each_place_is_in_one_part_and_longer_ones_come_first() -> None:
    lengths = [random.Random(seed).randrange(1, 500) for seed in range(40)]

    found = parts(lengths, 64)

    assert sorted(place for part in found for place in part) == list(range(40))
    spans = [(min(lengths[p] for p in part), max(lengths[p] for p in part)) for part in found]
    assert all(shortest >= longest for (shortest, _), (_, longest) in pairwise(spans))


def test_padding_is_saved_where_that_pays_for_the_parts() -> None:
    lengths = [480, 20, 22, 19, 21, 18, 23, 20]

    assert parts(lengths, 64) == [[0], [6, 2, 4, 1, 7, 3, 5]]
    assert len(parts(lengths, 1_000_000)) == 1
    assert _padded(lengths, parts(lengths, 0)) == sum(lengths)


@pytest.mark.parametrize("lengths", [[7], [7, 7, 7, 7]])
def test_rows_of_one_length_stay_together(lengths: list[int]) -> None:
    assert parts(lengths, 64) == [list(range(len(lengths)))]


def test_weights_are_those_of_whole_batches_but_for_rounding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Recorder()
    options: dict[str, Any] = {"max_steps": 5, "per_device_train_batch_size": 8}
    in_parts = train("sft", bench(tmp_path, record=record), MIXED, **options)

    # A price that no part is worth keeps the batch whole: TRL's own step.
    monkeypatch.setattr(_split, "PART_COST_TOKENS", 10**9)
    whole = train("sft", bench(tmp_path, record=record), MIXED, **options)

    assert in_parts.tokens == whole.tokens
    assert in_parts.final_loss == pytest.approx(whole.final_loss, abs=1e-4)
    ours, theirs = weights(in_parts.model), weights(whole.model)
    assert max(float((ours[name] - theirs[name]).abs().max()) for name in ours) < 1e-3
    split_values, whole_values = (event["values"] for event in record.of("metric"))
    assert split_values["mean_token_accuracy"] == pytest.approx(
        whole_values["mean_token_accuracy"], abs=1e-3
    )
    assert split_values["entropy"] == pytest.approx(whole_values["entropy"], abs=1e-3)


@pytest.mark.parametrize(
    ("lengths", "found"),
    [
        ([5, 9, 4], [[1], [0, 2]]),
        ([5, 20, 4], [[1], [0, 2]]),
        ([3, 3, 3], [[0, 1, 2]]),
    ],
)
def test_rows_stand_end_to_end_as_long_as_they_fit(
    lengths: list[int], found: list[list[int]]
) -> None:
    assert chains(lengths, 10) == found


@pytest.mark.parametrize("name", ["sft", "cpt"])
def test_rows_that_stand_end_to_end_do_not_see_one_another(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {"max_steps": 3, "per_device_train_batch_size": 8}
    rows = [replace(each, text=f"{each.prompt[0]['content']} {each.completion}") for each in MIXED]
    in_parts = train(name, bench(tmp_path), rows, **options)

    # What a CUDA device does, done here: what is masked is computed too, and the same.
    monkeypatch.setattr(_split, "_batches", _split._joined)
    joined = train(name, bench(tmp_path), rows, **options)

    assert joined.final_loss == pytest.approx(in_parts.final_loss, abs=1e-4)
    ours, theirs = weights(joined.model), weights(in_parts.model)
    assert max(float((ours[name] - theirs[name]).abs().max()) for name in ours) < 1e-3
