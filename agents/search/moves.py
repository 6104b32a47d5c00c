"""Single changes that can be made to a recipe, each with a stated prior; the priors are ours.

A prior is the gain expected before any trial, as a share of the spread of scores in the tree.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from agents.search.means import MAX_EFFORT, Means
from agents.search.recipes import (
    Recipe,
    param,
    shown,
    sources,
    step,
    with_param,
    with_seed,
    with_sources,
    with_start,
    without_step,
)

_TOGGLES = {
    "dedupe_exact": (0.05, "repeated rows waste steps"),
    "balance": (0.04, "equal classes keep the model from guessing the frequent one"),
}
_NUMBERS = {
    "learning_rate": (
        (0.10, "larger steps learn more in the same time"),
        (0.05, "smaller steps overshoot less"),
    ),
    "max_steps": (
        (0.08, "the loss may still be falling"),
        (0.01, "shorter training forgets less"),
    ),
    "num_train_epochs": (
        (0.08, "the loss may still be falling"),
        (0.01, "fewer passes overfit less"),
    ),
    "per_device_train_batch_size": (
        (0.02, "larger batches give steadier steps"),
        (0.03, "noisier steps can generalise better"),
    ),
    "lora_r": (
        (0.04, "a larger adapter holds more of the task"),
        (0.01, "a smaller adapter overfits less"),
    ),
}
_TUNERS = {
    "full": "training every weight can move a small model further",
    "lora": "an adapter keeps what the base model knows",
}
_STARTS = {
    "parent": (0.06, "training goes on where the parent stopped, so its steps are not paid twice"),
    "base": (0.0, "a fresh start forgets what the parent learned wrongly"),
}
_PACES = {"learning_rate", "per_device_train_batch_size"}
_LAST = -1.0
_MIN_SAMPLE = 50


@dataclass(frozen=True, slots=True)
class Move:
    """One change of a recipe, said in words."""

    field: str
    """What it changes; moves on different fields can be made together."""
    label: str
    """The change itself: `set learning_rate 0.0003→0.001`."""
    why: str
    """Why it may help, before any trial."""
    prior: float
    apply: Callable[[Recipe], Recipe]
    keeps_learned: bool = False
    """Whether a model that was trained without the change can take it up and lose nothing."""


def moves(recipe: Recipe, means: Means) -> list[Move]:
    """Every change worth considering from this recipe; other seeds come last by their prior."""
    found = [*_numbers(recipe, means), *_tuners(recipe, means), *_source_mixes(recipe, means)]
    found += [*_toggled(recipe, means), *_samples(recipe, means), *_starts(recipe)]
    found.append(reseeded(recipe))
    return [move for move in found if means.effort(move.apply(recipe)) <= MAX_EFFORT]


def set_option(recipe: Recipe, name: str, value: Any, *, why: str, prior: float) -> Move:
    """Sets one training option."""
    label = f"set {name} {shown(param(recipe, name))}→{shown(value)}"
    return Move(name, label, why, prior, partial(with_param, name=name, value=value))


def mixed(names: tuple[str, ...], *, label: str, why: str, prior: float) -> Move:
    """Loads another mix of sources."""
    return Move("sources", label, why, prior, partial(with_sources, names=names))


def added(use: str, means: Means, *, why: str, prior: float, **params: Any) -> Move:
    """Adds a data step, or sets options of one that is there."""
    options = "".join(f" {name}={value}" for name, value in params.items())
    apply = partial(means.add_step, use=use, params=params)
    return Move(use, f"add {use}{options}", why, prior, apply)


def dropped(use: str, *, why: str, prior: float) -> Move:
    """Takes a data step out."""
    return Move(use, f"drop {use}", why, prior, partial(without_step, use=use))


def reseeded(recipe: Recipe, seed: int | None = None) -> Move:
    """The same recipe drawn again, with the next seed unless one is given."""
    new = recipe.get("seed", 0) + 1 if seed is None else seed
    why = "another draw shows how much of the score is luck"
    return Move("seed", f"repeat with seed {new}", why, _LAST, partial(with_seed, seed=new))


def started(start_from: str, *, why: str, prior: float) -> Move:
    """Trains the base model, or goes on from what the parent trained."""
    apply = partial(with_start, start_from=start_from)
    return Move("start_from", f"start from the {start_from}", why, prior, apply)


def _starts(recipe: Recipe) -> Iterator[Move]:
    """Going on from the parent is worth a try at every node, whatever its own start was."""
    for start_from, (prior, why) in _STARTS.items():
        if start_from == "parent" or recipe.get("start_from", "base") != start_from:
            yield started(start_from, why=why, prior=prior)


def _numbers(recipe: Recipe, means: Means) -> Iterator[Move]:
    known = means.training_options(recipe)
    for name, (up, down) in _NUMBERS.items():
        value = param(recipe, name)
        if name not in known or not value or value <= 0 or _is_idle(recipe, name):
            continue
        for new, (prior, why) in ((_larger(name, value), up), (_smaller(name, value), down)):
            if new != value and not known[name].refusal(new):
                move = set_option(recipe, name, new, why=why, prior=prior)
                yield replace(move, keeps_learned=_keeps_learned(name, value, new))


def _keeps_learned(name: str, value: float, new: float) -> bool:
    """Another pace can be taken up on the way, and a longer training goes on; a shorter one cannot."""
    return name in _PACES or (name == "max_steps" and new > value)


def _tuners(recipe: Recipe, means: Means) -> Iterator[Move]:
    option = means.training_options(recipe).get("tuner")
    for choice in option.choices if option else ():
        if choice != param(recipe, "tuner"):
            why = _TUNERS.get(choice, "another way to update the weights")
            yield set_option(recipe, "tuner", choice, why=why, prior=0.05)


def _source_mixes(recipe: Recipe, means: Means) -> Iterator[Move]:
    if not means.can_load:
        return
    used = sources(recipe)
    for name, rows in means.rows.items():
        if name not in used:
            why = f"`{name}` adds {rows} rows"
            more = mixed(means.in_order((*used, name)), label=f"add {name}", why=why, prior=0.08)
            yield replace(more, keeps_learned=True)
        elif len(used) > 1:
            rest = tuple(one for one in used if one != name)
            why = f"`{name}` may teach the wrong thing"
            yield mixed(rest, label=f"drop {name}", why=why, prior=0.03)


def _toggled(recipe: Recipe, means: Means) -> Iterator[Move]:
    for use, (prior, why) in _TOGGLES.items():
        if use not in means.operators:
            continue
        if step(recipe, use) is None:
            yield added(use, means, why=why, prior=prior)
        else:
            yield dropped(use, why=f"{use} may remove useful rows", prior=0.0)


def _samples(recipe: Recipe, means: Means) -> Iterator[Move]:
    if "rows" not in means.operators.get("sample", {}):
        return
    sampled = step(recipe, "sample")
    if sampled is not None:
        yield dropped("sample", why="all rows may teach more", prior=0.03)
    rows = (sampled or {}).get("rows") or sum(means.rows.get(one, 0) for one in sources(recipe))
    if rows // 2 >= _MIN_SAMPLE:
        why = "half the rows, each seen more often"
        yield added("sample", means, why=why, prior=0.0, rows=rows // 2)


def _is_idle(recipe: Recipe, name: str) -> bool:
    """An option without effect here: an adapter's size without an adapter, epochs beside steps."""
    if name == "num_train_epochs":
        return (param(recipe, "max_steps") or 0) > 0
    return name.startswith("lora_") and param(recipe, "tuner") != "lora"


def _larger(name: str, value: float) -> float:
    return _rung(value, 1) if name == "learning_rate" else value * 2


def _smaller(name: str, value: float) -> float:
    if name == "learning_rate":
        return _rung(value, -1)
    return max(1, value // 2) if isinstance(value, int) else value / 2


def _rung(value: float, direction: int) -> float:
    """The next of …, 0.001, 0.003, 0.01, … that differs by a factor of 1.5 or more."""
    place = math.floor(math.log10(value)) * 2 - 2
    rungs = [_on_ladder(place + more) for more in range(6)]
    if direction > 0:
        return min(rung for rung in rungs if rung >= value * 1.5)
    return max(rung for rung in rungs if rung <= value / 1.5)


def _on_ladder(place: int) -> float:
    return float(f"{3 if place % 2 else 1}e{place // 2}")
