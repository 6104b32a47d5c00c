"""Metric `exact_order`."""

from typing import ClassVar

from training import extensions
from training.ftbench.averages import MeanOfRows


class ExactOrder(MeanOfRows):
    """Share of rows whose items are all in the right order; an answer without an order is wrong."""

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "exact_order"

    @staticmethod
    def row(answer: str, gold: str) -> float:
        """1 for the right order; spacing does not count."""
        return float("".join(answer.split()) == "".join(gold.split()))
