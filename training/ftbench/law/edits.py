"""What a correction changes in a sentence, as edits that two corrections can have in common."""

from collections.abc import Iterator
from dataclasses import dataclass

from training.ftbench.law.overlap import harmonic

Edit = tuple[int, int, str]
"""From which to which character of the sentence stands what instead."""


@dataclass(frozen=True)
class Counts:
    """Edits in common, edits written, edits wanted."""

    common: int
    written: int
    wanted: int

    def f_half(self) -> float:
        """F0.5: what was written weighs twice as much as what was left out. No edits at all is right where none is due."""
        if not self.written and not self.wanted:
            return 1.0
        if not self.common:
            return 0.0
        return harmonic(self.common / self.written, self.common / self.wanted, beta=0.5)


def compare(sentence: str, answer: str, gold: str) -> Counts:
    """Edits of two corrections of `sentence`; white space does not count."""
    sentence, answer, gold = ("".join(text.split()) for text in (sentence, answer, gold))
    written, wanted = set(edits(sentence, answer)), set(edits(sentence, gold))
    return Counts(len(written & wanted), len(written), len(wanted))


def edits(sentence: str, corrected: str) -> Iterator[Edit]:
    """Differences on a shortest path of edits; differences side by side are one.

    After ChERRANT (Zhang et al., NAACL 2022, arXiv:2204.10994) on characters, but every substitution costs the same:
    its tables of characters that look or sound alike are not used.
    """
    start: tuple[int, int] | None = None
    for here, there, same in _path(sentence, corrected):
        if same and start:
            yield start[0], here, corrected[start[1] : there]
            start = None
        elif not same and start is None:
            start = (here, there)
    if start:
        yield start[0], len(sentence), corrected[start[1] :]


def _path(left: str, right: str) -> list[tuple[int, int, bool]]:
    """Places in both texts before each step of the alignment, and whether the step leaves a character as it is."""
    costs = _costs(left, right)
    here, there = len(left), len(right)
    path = []
    while here or there:
        cost = costs[here][there]
        if here and there and left[here - 1] == right[there - 1]:
            here, there, same = here - 1, there - 1, True
        elif here and there and cost == costs[here - 1][there - 1] + 1:
            here, there, same = here - 1, there - 1, False
        elif here and cost == costs[here - 1][there] + 1:
            here, same = here - 1, False
        else:
            there, same = there - 1, False
        path.append((here, there, same))
    return path[::-1]


def _costs(left: str, right: str) -> list[list[int]]:
    """Levenshtein distances of all beginnings."""
    costs = [list(range(len(right) + 1))]
    for row, each in enumerate(left, start=1):
        above, line = costs[-1], [row]
        for column, other in enumerate(right, start=1):
            step = above[column - 1] + (each != other)
            line.append(min(step, above[column] + 1, line[-1] + 1))
        costs.append(line)
    return costs
