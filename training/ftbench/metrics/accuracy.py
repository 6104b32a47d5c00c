"""Metric `accuracy`."""

from typing import ClassVar

from training import extensions
from training.ftbench.averages import MeanOfRows


class Accuracy(MeanOfRows):
    """Share of rows whose label is right; an answer without a label is wrong."""

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "accuracy"

    @staticmethod
    def row(answer: str, gold: str) -> float:
        """1 for the right label."""
        return float(answer == gold)
