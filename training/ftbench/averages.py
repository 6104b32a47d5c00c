"""Scores that are means of what each row scores, and the intervals of scores."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from random import Random
from statistics import fmean
from typing import ClassVar, Literal

Answers = Sequence[str | None]
Golds = Sequence[str]
Interval = tuple[float, float]

_Z = 1.959963984540054  # 97.5 % quantile of the normal distribution
_RESAMPLES = 200


class MeanOfRows(ABC):
    """A metric whose score is the mean over rows, each in 0..1."""

    range: ClassVar[Interval] = (0.0, 1.0)
    direction: ClassVar[Literal["maximise", "minimise"]] = "maximise"

    @staticmethod
    @abstractmethod
    def row(answer: str, gold: str) -> float:
        """What one answer scores."""

    @classmethod
    def rows(cls, predictions: Answers, golds: Golds) -> list[float]:
        """What each row scores; no answer scores 0. Raises ValueError when the lengths differ."""
        pairs = zip(predictions, golds, strict=True)
        return [0.0 if answer is None else cls.row(answer, gold) for answer, gold in pairs]

    @classmethod
    def score(cls, predictions: Answers, golds: Golds) -> float:
        """Raises ValueError on no rows, or when the lengths differ."""
        refuse_none(golds)
        return fmean(cls.rows(predictions, golds))

    @classmethod
    def interval(cls, predictions: Answers, golds: Golds) -> Interval:
        """Wilson's, see `wilson`."""
        return wilson(cls.score(predictions, golds), len(golds))

    @classmethod
    def measures(cls, predictions: Answers, golds: Golds) -> Mapping[str, float]:
        """None: the score says it all."""
        return {}


class MeanOfParts(MeanOfRows):
    """A metric whose score is the mean over the benchmark's parts, each of which has a score."""

    @staticmethod
    @abstractmethod
    def part(gold: str) -> str:
        """The part that a row belongs to."""

    @classmethod
    @abstractmethod
    def part_score(cls, predictions: Answers, golds: Golds) -> float:
        """The score of rows that all belong to one part."""

    @classmethod
    def parts(cls, golds: Golds) -> dict[str, list[int]]:
        """Places of the rows of each part."""
        found: dict[str, list[int]] = {}
        for place, gold in enumerate(golds):
            found.setdefault(cls.part(gold), []).append(place)
        return found

    @classmethod
    def score(cls, predictions: Answers, golds: Golds) -> float:
        """Raises ValueError on no rows, or when the lengths differ."""
        refuse_none(golds)
        if len(predictions) != len(golds):
            raise ValueError(f"{len(predictions)} predictions for {len(golds)} rows")
        return fmean(
            cls.part_score(
                [predictions[place] for place in rows], [golds[place] for place in rows]
            )
            for rows in cls.parts(golds).values()
        )

    @classmethod
    def interval(cls, predictions: Answers, golds: Golds) -> Interval:
        """Wilson's, with as many rows as would leave a plain mean as uncertain as the mean over parts."""
        parts = cls.parts(golds).values()
        variance = sum(1 / len(rows) for rows in parts) / len(parts) ** 2
        return wilson(cls.score(predictions, golds), 1 / variance)


def wilson(share: float, count: float) -> Interval:
    """95 % interval of a mean of `count` values in 0..1: Wilson, 1927, JASA 22, 209-212.

    Made for shares, whose values are 0 and 1. No values in 0..1 with the same mean spread more than those do, so
    for other means it is wider than it need be, and never narrower.
    """
    middle = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    reach = (
        _Z / (1 + _Z**2 / count) * math.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    )
    # Rounding errors must not leave the score of all rows right outside of its own interval.
    return min(share, max(0.0, middle - reach)), max(share, min(1.0, middle + reach))


def bootstrap(
    score: Callable[[Answers, Golds], float], predictions: Answers, golds: Golds, *, rng: Random
) -> Interval:
    """95 % percentile interval of a score that is no mean of rows: Efron, 1979, Annals of Statistics 7, 1-26."""
    places, scores = range(len(golds)), []
    for _ in range(_RESAMPLES):
        drawn = rng.choices(places, k=len(golds))
        scores.append(
            score([predictions[each] for each in drawn], [golds[each] for each in drawn])
        )
    scores.sort()
    edge, whole = round(0.025 * _RESAMPLES), score(predictions, golds)
    return min(whole, scores[edge]), max(whole, scores[-1 - edge])


def refuse_none(golds: Golds) -> None:
    """Raises ValueError on no rows."""
    if not golds:
        raise ValueError("the score of no rows is undefined")
