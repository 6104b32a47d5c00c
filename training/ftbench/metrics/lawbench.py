"""Metric `lawbench`."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from statistics import fmean
from typing import ClassVar

from training import extensions
from training.ftbench.averages import Answers, Golds, MeanOfParts
from training.ftbench.law.rules import RULES, Verdict


class LawBench(MeanOfParts):
    """Mean of the scores of LawBench's subtasks, each by its own measure (arXiv:2309.16289, table 1).

    A gold answer is JSON text with `subtask` and `answer`, and with `labels` or `sentence` where its rule needs them.
    `abstention_rate` is the share of answers with nothing in them that was asked for.
    """

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "lawbench"

    @staticmethod
    def part(gold: str) -> str:
        """The subtask."""
        return str(json.loads(gold)["subtask"])

    @staticmethod
    def row(answer: str, gold: str) -> float:
        """By the subtask's rule."""
        return _judge(answer, gold).score

    @classmethod
    def part_score(cls, predictions: Answers, golds: Golds) -> float:
        """By the subtask's rule: for most the mean of rows."""
        return RULES[cls.part(golds[0])].mean(_verdicts(predictions, golds))

    @classmethod
    def measures(cls, predictions: Answers, golds: Golds) -> Mapping[str, float]:
        """The abstention rate."""
        verdicts = _verdicts(predictions, golds)
        return {"abstention_rate": fmean(verdict.abstains for verdict in verdicts)}


def _verdicts(predictions: Answers, golds: Golds) -> list[Verdict]:
    return [_judge(answer, gold) for answer, gold in zip(predictions, golds, strict=True)]


# Score, abstention rate and each subtask's score ask for the same verdicts.
@lru_cache(maxsize=2**14)
def _judge(answer: str | None, gold_text: str) -> Verdict:
    gold = json.loads(gold_text)
    verdict = RULES[gold["subtask"]].judge(answer or "", gold)
    # Without an answer a row still counts for its edits, and its life sentence, as with one.
    return verdict if answer else replace(verdict, score=0.0, abstains=True)
