"""Metric `choice_or_entities`."""

import json
from typing import ClassVar

from training import extensions
from training.ftbench.averages import MeanOfRows


class ChoiceOrEntities(MeanOfRows):
    """Share of right answers, as OpenFinData counts them.

    A gold answer is a letter, and the last capital letter among A to E of the answer must be it; or it is a JSON list of
    entities, each of which must be in the answer.
    """

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "choice_or_entities"

    @staticmethod
    def row(answer: str, gold: str) -> float:
        """1 for a right answer."""
        if gold.startswith("["):
            return float(all(entity in answer for entity in json.loads(gold)))
        letters = [letter for letter in answer if letter in "ABCDE"]
        return float(letters[-1:] == [gold])
