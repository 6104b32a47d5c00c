"""One score from several trainings of one recipe with different seeds."""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

# Two-sided 95 % quantiles of Student's t for 1 … 15 degrees of freedom (any table of the distribution).
_T95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
)  # fmt: skip


class Scored(Protocol):
    """A score and the 95 % interval that the drawing of its rows leaves."""

    @property
    def score(self) -> float: ...

    @property
    def interval(self) -> tuple[float, float]: ...


def combine(scored: Sequence[Scored], *, bounds: tuple[float, float]) -> dict[str, object]:
    """Mean score, 95 % interval and spread of 1 to 16 replicas, within the metric's `bounds`.

    Two independent errors add as squares. That of the seeds shrinks with n: t(n - 1) · s / √n, wide for two replicas
    because two say little about a spread. That of the rows does not shrink, since all replicas answer the same rows: it
    is the mean of their own distances from score to interval, below and above apart, for intervals of proportions are
    not symmetric. One replica keeps its own interval.
    """
    scores = [each.score for each in scored]
    mean, seeds = statistics.fmean(scores), _seed_error(scores)
    below = math.hypot(seeds, statistics.fmean(each.score - each.interval[0] for each in scored))
    above = math.hypot(seeds, statistics.fmean(each.interval[1] - each.score for each in scored))
    low, high = max(bounds[0], mean - below), min(bounds[1], mean + above)
    return {"score": mean, "interval": [low, high]}


def apart(known: Mapping[str, Any], metric: str) -> dict[str, Any]:
    """Changes to a result that was measured by another metric than the task's: it stays a fact, and is no score.

    Scores are compared all over the tree; these two cannot be.
    """
    if known["metric"] == metric:
        return {}
    measured = {name: known[name] for name in ("metric", "score", "interval")}
    return {"metric": None, "score": None, "interval": None, "reward_accuracy": measured}


def _seed_error(scores: Sequence[float]) -> float:
    """Half the width of the 95 % interval of the mean over seeds; 0 where one score shows no spread."""
    if len(scores) < 2:
        return 0.0
    return _T95[len(scores) - 2] * statistics.stdev(scores) / math.sqrt(len(scores))
