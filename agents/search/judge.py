"""How promising a change is: this tree's evidence weighed against the stated prior."""

from dataclasses import dataclass

from agents.search.memory import Effect, Memory
from agents.search.recipes import Change, Recipe, decided

_SAME_DIRECTION = 0.5
_FAILURE = -0.5
OPTIMISM = 0.1
"""Added for a field no trial has changed; shrinks with the root of the trials. Ours."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Expected gain of one change, as a share of the spread of scores, and where it comes from."""

    worth: float
    evidence: tuple[str, ...]
    """Sentences that name trials; empty when only the prior speaks."""
    is_proven: bool
    """Whether trials of this very change gained on average."""


def judge(before: Recipe, after: Recipe, *, prior: float, memory: Memory, unit: float) -> Verdict:
    """Weighs the change from `before` to `after`; the prior counts as one trial."""
    total, weight, seen = prior, 1.0, 0
    evidence: list[str] = []
    made = decided(before, after)
    for change in made:
        for share, gain, words in _evidence(change, memory, unit):
            total, weight, seen = total + share * gain, weight + share, seen + 1
            evidence.append(words)
    optimism = OPTIMISM / (1 + seen) ** 0.5 if prior >= 0 else 0.0
    known = [memory.effects[change].mean for change in made if change in memory.effects]
    return Verdict(total / weight + optimism, tuple(evidence), bool(known) and min(known) > 0)


def _evidence(change: Change, memory: Memory, unit: float) -> list[tuple[float, float, str]]:
    """(weight, gain, words) of everything this tree knows about one change."""
    found: list[tuple[float, float, str]] = []
    for effect in memory.by_field.get(change.field, ()):
        share = _relevance(effect.change, change)
        if share:
            gain = effect.mean / unit * (1 if share > 0 else -1)
            found.append((abs(share) * len(effect.gains), gain, _words(effect)))
    for known, nodes in memory.failed_changes.items():
        # What cannot be had at all fails wherever one comes from.
        if (known.field, known.after) == (change.field, change.after):
            found += [(1.0, _FAILURE, f"{known} failed in node {node}") for node in nodes]
    return found


def _relevance(known: Change, asked: Change) -> float:
    if known == asked:
        return 1.0
    if known.reverse == asked:
        return -1.0
    if known.has_direction_of(asked):
        return _SAME_DIRECTION
    return -_SAME_DIRECTION if known.has_direction_of(asked.reverse) else 0.0


def _words(effect: Effect) -> str:
    nodes = ", ".join(map(str, effect.nodes[:5]))
    return f"{effect} (node{'s' if len(effect.nodes) > 1 else ''} {nodes})"
