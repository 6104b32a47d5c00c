"""Metric `rouge1`."""

from functools import cache
from typing import Any, ClassVar

from training import extensions
from training.ftbench.averages import MeanOfRows
from training.ftbench.optional import library


class Rouge1(MeanOfRows):
    """Mean ROUGE-1 F1 of whole texts, without stemming: Lin, 2004, Text Summarization Branches Out, 74-81."""

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "rouge1"

    @staticmethod
    def row(answer: str, gold: str) -> float:
        """By the library rouge-score. Raises MissingLibrary."""
        return float(_scorer().score(gold, answer)["rouge1"].fmeasure)


@cache
def _scorer() -> Any:
    return library("rouge_score.rouge_scorer").RougeScorer(["rouge1"], use_stemmer=False)
