"""Metric `macro_f1`."""

from collections.abc import Mapping
from statistics import fmean
from typing import ClassVar

from training import extensions
from training.data.seeds import rng
from training.ftbench.averages import Answers, Golds, Interval, MeanOfRows, bootstrap, refuse_none

NONE = "none"
SEPARATOR = "; "


class MacroF1(MeanOfRows):
    """Mean F1 over labels, where a row may have several labels, with `; ` between them, or `none`.

    Labels are those of the rows and of the answers. A row alone scores the F1 of its labels.
    """

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "macro_f1"

    @staticmethod
    def row(answer: str, gold: str) -> float:
        """F1 of the labels of one row; 1 where there is rightly none."""
        found, wanted = _labels(answer), _labels(gold)
        total = len(found) + len(wanted)
        return 2 * len(found & wanted) / total if total else 1.0

    @classmethod
    def score(cls, predictions: Answers, golds: Golds) -> float:
        """Raises ValueError on no rows, or when the lengths differ. Rows without any label score by themselves."""
        refuse_none(golds)
        found = [_labels(answer) for answer in predictions]
        wanted = [_labels(gold) for gold in golds]
        pairs = list(zip(found, wanted, strict=True))
        labels = set().union(*found, *wanted)
        if not labels:
            return fmean(cls.rows(predictions, golds))
        return fmean(_f1(label, pairs) for label in sorted(labels))

    @classmethod
    def interval(cls, predictions: Answers, golds: Golds) -> Interval:
        """By bootstrap: the score is no mean of rows."""
        return bootstrap(cls.score, predictions, golds, rng=rng(0, "macro_f1"))

    @classmethod
    def measures(cls, predictions: Answers, golds: Golds) -> Mapping[str, float]:
        """The mean of what rows score alone, as BLUE has it (arXiv:1906.05474)."""
        return {"example_f1": fmean(cls.rows(predictions, golds))}


def _labels(text: str | None) -> frozenset[str]:
    """The labels in an answer or gold answer."""
    return frozenset((text or NONE).split(SEPARATOR)) - {NONE}


def _f1(label: str, pairs: list[tuple[frozenset[str], frozenset[str]]]) -> float:
    both = sum(label in found and label in wanted for found, wanted in pairs)
    either = sum((label in found) + (label in wanted) for found, wanted in pairs)
    return 2 * both / either
