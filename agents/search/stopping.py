"""Whether a trial in progress is worth finishing: the median rule.

A trial is hopeless at a point of its training when its score there is strictly worse than the median of what the finished
trials scored at the same point. The rule is that of Vizier (Golovin et al. 2017, 3.2) and of Optuna's MedianPruner; both
compare other summaries of a curve, and we compare the score at the point itself. It stops about half of all trials
that are as good as those before them, which is its price; it never stops one that would lead.
"""

import math
import statistics
from collections.abc import Sequence

MIN_OTHERS = 5
"""Finished trials without which there is no median to speak of; as many as Optuna waits for."""
EARLIEST = 0.25
"""Of the steps: before it, scores tell of the warm-up rather than of the recipe."""


def is_hopeless(
    value: float, others: Sequence[float], *, fraction: float, maximise: bool = True
) -> bool:
    """Whether `value` at `fraction` of the steps is strictly worse than the median of `others` at the same point."""
    if fraction < EARLIEST or len(others) < MIN_OTHERS or not math.isfinite(value):
        return False
    middle = statistics.median(others)
    return value < middle if maximise else value > middle


def verdict(value: float, others: Sequence[float], *, fraction: float) -> str:
    """Why a hopeless trial was stopped, with both numbers."""
    middle = statistics.median(others)
    side = "below" if value < middle else "above"
    return (
        f"stopped at {fraction:.0%}: {value:.3g} is {side} the median {middle:.3g} "
        f"of {len(others)} trials at that point"
    ).replace("%", " %")
