"""What is wrong with the poorer data sources, made on purpose."""

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any

from training.data.catalogue import Row

Change = Callable[[Row, Random], dict[str, Any]]


def spoiled(rows: Iterable[Row], draw: Random, *, share: float, wrong: Change) -> list[Row]:
    """The same rows, of which a share of about `share` gets a wrong answer."""
    return [wrong(row, draw) if draw.random() < share else row for row in rows]


def leaked(
    evaluation: Sequence[Row], fair: Iterable[Row], draw: Random, *, disguise: Change
) -> list[Row]:
    """The `fair` rows and as many of `evaluation` in disguise, shuffled."""
    own = list(fair)
    rows = [*own, *(disguise(row, draw) for row in draw.sample(evaluation, len(own)))]
    draw.shuffle(rows)
    return rows
