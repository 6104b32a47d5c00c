"""Metric `omes`."""

import json
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any, ClassVar

from training import extensions
from training.ftbench import molecules
from training.ftbench.averages import Answers, Golds, MeanOfRows

ALIKE = 0.6
"""Least Tanimoto similarity of intermediates that counts."""
Step = Mapping[str, Any]


class Omes(MeanOfRows):
    """oMeS with partial credit (arXiv:2510.07731): the weight of the gold steps that an aligned mechanism has.

    Answers and gold answers are JSON lists of steps with `type` and `intermediate_smiles`, gold ones with `step_weight`.
    Steps are aligned by Needleman and Wunsch, 1970, so that the sum below is largest; gaps cost nothing. A step of the
    right type gains its weight times the similarity of the intermediates, when that is 0.6 or more. `s_total` asks
    for the same molecule, `step_types` (L) for the type only; `validity` (V) is the share of valid intermediates.
    """

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "omes"

    @staticmethod
    def row(answer: str, gold: str) -> float:
        """S_partial of one mechanism."""
        return _measured(answer, gold)["s_partial"]

    @classmethod
    def measures(cls, predictions: Answers, golds: Golds) -> Mapping[str, float]:
        """V, L and S_total, means over mechanisms."""
        pairs = zip(predictions, golds, strict=True)
        found = [_measured(answer or "[]", gold) for answer, gold in pairs]
        names = ("validity", "step_types", "s_total")
        return {name: fmean(each[name] for each in found) for name in names}


def _measured(answer: str, gold: str) -> dict[str, float]:
    written, wanted = _steps(answer), _steps(gold)
    gains = [[_gains(ours, theirs) for theirs in wanted] for ours in written]
    pairs = _aligned([[each["s_partial"] for each in line] for line in gains], len(wanted))
    found = {
        name: min(1.0, sum(gains[ours][theirs][name] for ours, theirs in pairs))
        for name in ("s_partial", "s_total", "step_types")
    }
    valid = [molecules.parse(str(step["intermediate_smiles"])) is not None for step in written]
    return {**found, "validity": fmean(valid) if valid else 0.0}


def _steps(text: str) -> list[Step]:
    """The steps of JSON text; what is no list of steps has none."""
    try:
        found = json.loads(text)
    except ValueError:
        return []
    steps = found if isinstance(found, list) else []
    return [step for step in steps if isinstance(step, dict) and "intermediate_smiles" in step]


def _gains(ours: Step, theirs: Step) -> dict[str, float]:
    """What a step of the answer is worth as one of the gold steps, by measure."""
    weight = float(theirs["step_weight"]) if ours.get("type") == theirs.get("type") else 0.0
    left, right = str(ours["intermediate_smiles"]), str(theirs["intermediate_smiles"])
    same = molecules.canonical(left) == molecules.canonical(right)
    alike = 1.0 if same else _similarity(left, right) if weight else 0.0
    return {
        "s_partial": weight * alike if alike >= ALIKE else 0.0,
        "s_total": weight * same,
        "step_types": weight,
    }


def _similarity(left: str, right: str) -> float:
    ours, theirs = molecules.parse(left), molecules.parse(right)
    return 0.0 if ours is None or theirs is None else molecules.similarity(ours, theirs)


def _aligned(gains: Sequence[Sequence[float]], width: int) -> list[tuple[int, int]]:
    """Pairs of places, both rising, with the largest sum of gains; pairs that gain nothing come in too."""
    best = [[0.0] * (width + 1) for _ in range(len(gains) + 1)]
    for row, line in enumerate(gains, start=1):
        for column, gain in enumerate(line, start=1):
            paired = best[row - 1][column - 1] + gain
            best[row][column] = max(paired, best[row - 1][column], best[row][column - 1])
    pairs, row, column = [], len(gains), width
    while row and column:
        if best[row][column] == best[row - 1][column - 1] + gains[row - 1][column - 1]:
            row, column = row - 1, column - 1
            pairs.append((row, column))
        elif best[row][column] == best[row - 1][column]:
            row -= 1
        else:
            column -= 1
    return pairs
