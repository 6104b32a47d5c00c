"""Metric `tomg`."""

import json
from collections.abc import Callable, Mapping
from statistics import fmean
from typing import Any, ClassVar

from training import extensions
from training.ftbench import molecules
from training.ftbench.averages import Answers, Golds, MeanOfParts

Gold = dict[str, Any]


class Tomg(MeanOfParts):
    """Mean success rate over TOMG-Bench's subtasks (arXiv:2412.14642): is the molecule what was asked for?

    A gold answer is JSON text with `subtask` and what is asked for: `counts`; or `molecule` with `added` and `removed`
    groups; or `molecule` with a `property` and whether it shall `increase`. `validity` is the share of answers that are
    molecules; `similarity` the mean Tanimoto similarity to `molecule` of the valid answers that changed one.
    """

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "tomg"

    @staticmethod
    def part(gold: str) -> str:
        """The subtask."""
        return str(json.loads(gold)["subtask"])

    @staticmethod
    def row(answer: str, gold: str) -> float:
        """1 for a molecule that is what was asked for."""
        wanted, molecule = json.loads(gold), molecules.parse(answer)
        return float(molecule is not None and _succeeds(molecule, wanted))

    @classmethod
    def part_score(cls, predictions: Answers, golds: Golds) -> float:
        """Success rate."""
        return fmean(cls.rows(predictions, golds))

    @classmethod
    def measures(cls, predictions: Answers, golds: Golds) -> Mapping[str, float]:
        """Validity and similarity."""
        found = [molecules.parse(answer or "") for answer in predictions]
        valid = [molecule is not None for molecule in found]
        changed = [
            molecules.similarity(molecule, molecules.parse(source))
            for molecule, gold in zip(found, golds, strict=True)
            if molecule is not None and (source := json.loads(gold).get("molecule"))
        ]
        similarity = {"similarity": fmean(changed)} if changed else {}
        return {"validity": fmean(valid), **similarity}


def _succeeds(molecule: Any, gold: Gold) -> bool:
    if "counts" in gold:
        return _has_counts(molecule, gold)
    if "property" in gold:
        return _has_moved(molecule, gold)
    return _has_changed(molecule, gold)


_COUNTERS: Mapping[str, Callable[[Any], dict[str, int]]] = {
    "AtomNum": molecules.elements,
    "BondNum": molecules.bonds,
    "FunctionalGroup": molecules.groups,
}


def _has_counts(molecule: Any, gold: Gold) -> bool:
    found = _COUNTERS[gold["subtask"]](molecule)
    return all(found[name] == count for name, count in gold["counts"].items())


def _has_changed(molecule: Any, gold: Gold) -> bool:
    """One group more of those to add, one less of those to remove."""
    source = molecules.parse(gold["molecule"])
    steps = {gold.get("added"): 1, gold.get("removed"): -1}
    return all(
        molecules.group_count(molecule, name) == molecules.group_count(source, name) + step
        for name, step in steps.items()
        if name
    )


def _has_moved(molecule: Any, gold: Gold) -> bool:
    before = molecules.property_of(molecules.parse(gold["molecule"]), gold["property"])
    after = molecules.property_of(molecule, gold["property"])
    return after > before if gold["increase"] else after < before
