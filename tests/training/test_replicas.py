"""One score from several trainings."""

from dataclasses import dataclass

import pytest

from training.replicas import combine

UNIT = (0.0, 1.0)


@dataclass(frozen=True)
class Scored:
    score: float
    interval: tuple[float, float]


def test_one_replica_keeps_its_interval() -> None:
    found = combine([Scored(0.8, (0.7, 0.85))], bounds=UNIT)

    assert found["score"] == 0.8
    assert found["interval"] == pytest.approx([0.7, 0.85])


def test_equal_replicas_keep_the_noise_of_their_rows() -> None:
    found = combine([Scored(0.8, (0.7, 0.85))] * 5, bounds=UNIT)

    assert found["interval"] == pytest.approx([0.7, 0.85])


def test_without_row_noise_the_interval_is_that_of_students_t() -> None:
    # Mean 0.5, s = 0.1, n = 3: 0.5 ± 4.303 · 0.1 / √3.
    found = combine([Scored(score, (score, score)) for score in (0.4, 0.5, 0.6)], bounds=UNIT)

    assert found["interval"] == pytest.approx([0.5 - 0.24843, 0.5 + 0.24843], abs=1e-4)


def test_two_errors_add_as_squares() -> None:
    rows = [Scored(score, (score - 0.1, score + 0.2)) for score in (0.4, 0.5, 0.6)]
    found = combine(rows, bounds=UNIT)

    assert found["interval"] == pytest.approx([0.5 - 0.26780, 0.5 + 0.31893], abs=1e-4)


def test_the_interval_stays_within_the_metric() -> None:
    found = combine([Scored(0.1, (0.0, 0.2)), Scored(0.9, (0.8, 1.0))], bounds=UNIT)

    assert found["interval"] == [0.0, 1.0]


def test_sixteen_replicas_are_the_most() -> None:
    assert combine([Scored(0.5, (0.4, 0.6))] * 16, bounds=UNIT)["score"] == 0.5
