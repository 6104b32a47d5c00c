"""Metric `accuracy`."""

import math
from typing import ClassVar, Literal

from training import extensions

_Z = 1.959963984540054  # 97.5 % quantile of the normal distribution


class Accuracy:
    """Share of rows whose label is right; an answer without a label is wrong."""

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "accuracy"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Literal["maximise", "minimise"]] = "maximise"

    @staticmethod
    def score(predictions: list[str | None], golds: list[str]) -> float:
        """Raises ValueError on no rows, or when the lengths differ."""
        if not golds:
            raise ValueError("accuracy of no rows is undefined")
        return _right(predictions, golds) / len(golds)

    @staticmethod
    def interval(predictions: list[str | None], golds: list[str]) -> tuple[float, float]:
        """Wilson's interval: Wilson, 1927, Journal of the American Statistical Association 22, 209-212."""
        count = len(golds)
        share = Accuracy.score(predictions, golds)
        middle = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
        reach = (
            _Z
            / (1 + _Z**2 / count)
            * math.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
        )
        return max(0.0, middle - reach), min(1.0, middle + reach)


def _right(predictions: list[str | None], golds: list[str]) -> int:
    return sum(prediction == gold for prediction, gold in zip(predictions, golds, strict=True))
