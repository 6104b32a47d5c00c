"""Whole recipes to try next: starting points from the baseline, changes of a trial."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations

from agents.search.judge import Verdict, judge
from agents.search.means import Means
from agents.search.memory import Memory, failures
from agents.search.moves import Move, added, mixed, moves, set_option
from agents.search.recipes import Recipe, going_on, param
from agents.search.tree import Node, Tree

_PAIRED = 5
_LOSS_WORDS = ("nan", "infinit", "diverg", "loss")


@dataclass(frozen=True, slots=True)
class Idea:
    """One recipe with the reasons for it."""

    recipe: Recipe
    fields: frozenset[str]
    """What it changes; a batch of proposals prefers ideas on different fields."""
    hypothesis: str
    rationale: str
    worth: float
    keeps_learned: bool = False
    """Whether what the parent learned is worth as much after the change."""


def starts(means: Means, tree: Tree, rng: random.Random) -> list[Idea]:
    """Starting recipes, the most different ones first; gentle ones first after a diverging loss."""
    rows = [_mixes(means), _trainings(means), _cleanings(means)]
    diagonal = [tuple(row[place % len(row)] for row in rows) for place in range(3)]
    rest = [(mix, training, clean) for mix in rows[0] for training in rows[1] for clean in rows[2]]
    rng.shuffle(rest)
    ideas = [_start(means, parts) for parts in (*diagonal, *rest)]
    if any(_is_divergence(failure.reason) for failure in failures(tree)):
        ideas.sort(key=lambda idea: param(idea.recipe, "learning_rate") or 0.0)
    return ideas


def changed(
    recipe: Recipe,
    *,
    means: Means,
    memory: Memory,
    keep: frozenset[str],
    rng: random.Random,
    reuse: bool = False,
) -> list[Idea]:
    """Changes of one or two fields, the most promising first; fields in `keep` stay as they are.

    reuse: judge each as what goes on from the parent, where it may; without it nothing goes on.
    """
    single: list[tuple[Move, Verdict]] = []
    for move in moves(recipe, means):
        if move.field not in keep and (reuse or move.field != "start_from"):
            after = move.apply(recipe)
            if reuse and move.keeps_learned:
                after = going_on(recipe, after)
            verdict = judge(recipe, after, prior=move.prior, memory=memory, unit=memory.spread)
            single.append((move, verdict))
    rng.shuffle(single)
    single.sort(key=lambda pair: -pair[1].worth)
    ideas = [_idea(recipe, [move], [verdict]) for move, verdict in single]
    ideas += _pairs(recipe, single)
    return sorted(ideas, key=lambda idea: -idea.worth)


def continued(idea: Idea, node: Node) -> Idea:
    """The same change made on what `node` has trained, where what it learned still holds."""
    if not idea.keeps_learned:
        return idea
    words = f"{idea.rationale} It goes on from what node {node.number} trained, so those steps are not paid twice."
    return replace(idea, recipe=going_on(node.recipe, idea.recipe), rationale=words)


def combined(recipe: Recipe, made: Sequence[Move]) -> Recipe:
    """The recipe with several moves made, in order."""
    return reduce(lambda current, move: move.apply(current), made, recipe)


def figure(node: Node) -> str:
    """A node's score as people read it: `0.84 [0.78 to 0.88]`."""
    if node.score is None:
        return "no score"
    bounds = (
        "" if node.interval is None else f" [{node.interval[0]:.3g} to {node.interval[1]:.3g}]"
    )
    return f"{node.score:.3g}{bounds}"


def _pairs(recipe: Recipe, single: Sequence[tuple[Move, Verdict]]) -> Iterable[Idea]:
    """Two changes that each gained in this tree, made together."""
    proven = [pair for pair in single if pair[1].is_proven][:_PAIRED]
    for (one, first), (other, second) in combinations(proven, 2):
        if one.field != other.field:
            yield _idea(recipe, [one, other], [first, second])


def _idea(recipe: Recipe, made: Sequence[Move], verdicts: Sequence[Verdict]) -> Idea:
    labels = " and ".join(move.label for move in made)
    known = [words for verdict in verdicts for words in verdict.evidence[:3]]
    whys = "; ".join(move.why for move in made)
    return Idea(
        combined(recipe, made),
        frozenset(move.field for move in made),
        f"{labels[0].upper()}{labels[1:]}: {whys}.",
        f"Evidence: {'; '.join(known)}." if known else "No trial here has tried it yet: a prior.",
        sum(verdict.worth for verdict in verdicts),
        all(move.keeps_learned for move in made),
    )


def _start(means: Means, parts: Sequence[Sequence[Move]]) -> Idea:
    made = [move for part in parts for move in part]
    recipe = combined(means.start(), made)
    labels = ", ".join(move.label for move in made) or "every option at its default"
    return Idea(
        recipe,
        frozenset(move.field for move in made),
        f"Starting point: {labels.removeprefix('load ')}.",
        f"{'; '.join(move.why for move in made) or 'a plain reference for later changes'}.",
        0.0,
    )


def _mixes(means: Means) -> list[list[Move]]:
    """One source, all of them, then each other one alone."""
    if not means.can_load or not means.rows:
        return [[]]
    names = tuple(means.rows)
    groups = list(dict.fromkeys([names[:1], names, *((name,) for name in names[1:])]))
    return [[_source_move(means, group)] for group in groups]


def _source_move(means: Means, names: tuple[str, ...]) -> Move:
    rows = sum(means.rows[name] for name in names)
    return mixed(
        names, label=f"load {'+'.join(names)}", why=f"{rows} rows of {', '.join(names)}", prior=0.0
    )


def _trainings(means: Means) -> list[list[Move]]:
    """The defaults, then each single change of how the weights are updated."""
    start = means.start()
    options = means.training_options(start)
    other = [
        set_option(start, "tuner", choice, why=f"`{choice}` training", prior=0.0)
        for choice in (options["tuner"].choices if "tuner" in options else ())
        if choice != param(start, "tuner")
    ]
    rates = [move for move in moves(start, means) if move.field == "learning_rate"]
    return [
        [],
        *([move] for move in rates[:1]),
        *([move] for move in other),
        *([m] for m in rates[1:]),
    ]


def _cleanings(means: Means) -> list[list[Move]]:
    if "dedupe_exact" not in means.operators:
        return [[]]
    why = "repeated rows waste steps"
    return [[], [added("dedupe_exact", means, why=why, prior=0.0)]]


def _is_divergence(reason: str) -> bool:
    return any(word in reason.lower() for word in _LOSS_WORDS)
