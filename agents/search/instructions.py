"""What a person's instruction asks for, as far as rules can read it: `option=value`, `add x`, `drop x`."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from agents.search.means import Means
from agents.search.moves import Move, added, dropped, mixed, reseeded, started
from agents.search.recipes import LOAD, Recipe, sources, step, with_count, with_param

_ADD = frozenset({"add", "with", "use", "include", "try"})
_DROP = frozenset({"drop", "remove", "without", "exclude"})
_SILENT = frozenset({"and", "the", "a", "data", "source", "sources", "please", "to", "set"})
_ASKED = "asked for by a person"
_MOST = {"replicas": 16, "devices": 64}


@dataclass
class Wish:
    """The moves an instruction asks for, and what became of each of its words."""

    recipe: Recipe
    """The recipe after the moves read so far."""
    moves: list[Move] = field(default_factory=list)
    understood: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Why something understood is not done; a value out of range is never changed silently."""
    unknown: list[str] = field(default_factory=list)

    @property
    def fields(self) -> frozenset[str]:
        """What the person decided, so that no proposal changes it."""
        return frozenset(move.field for move in self.moves)

    def grant(self, word: str, move: Move) -> None:
        """Make a move that was asked for."""
        self.understood.append(word)
        self.moves.append(move)
        self.recipe = move.apply(self.recipe)


def read(instruction: str, recipe: Recipe, means: Means) -> Wish:
    """The wish in an instruction, made on top of `recipe`."""
    wish = Wish(recipe)
    drops = False
    for word in _words(instruction):
        name, equals, value = word.partition("=")
        if equals:
            _read_value(wish, means, name=name, text=value)
        elif word.lower() in _ADD | _DROP:
            drops = word.lower() in _DROP
        elif word.lower() not in _SILENT:
            _read_name(wish, means, name=word, drops=drops)
    return wish


def _words(text: str) -> Iterator[str]:
    text = re.sub(r"\s*=\s*", "=", text)
    text = re.sub(r"[,;]\s*(?=[\w.]+=)", " ", text)
    text = re.sub(r"\s*,\s*(?=\S)", ",", text)
    for word in text.split():
        parts = [word] if "=" in word else word.split(",")
        yield from (part.strip(".,;:!?`'\"") for part in parts if part.strip(".,;:!?`'\""))


def _read_name(wish: Wish, means: Means, *, name: str, drops: bool) -> None:
    present = name in sources(wish.recipe) or step(wish.recipe, name) is not None
    if drops and not present and name in {*means.rows, *means.refused, *means.operators}:
        wish.refused.append(f"`{name}` cannot be dropped, because the recipe does not have it")
    elif name in means.rows or name in means.refused:
        kept = tuple(one for one in sources(wish.recipe) if one != name)
        word = f"{'drop' if drops else 'add'} {name}"
        _read_sources(wish, means, names=kept if drops else (*kept, name), word=word)
    elif name in means.operators and drops:
        wish.grant(f"drop {name}", dropped(name, why=_ASKED, prior=0.0))
    elif name in means.operators:
        wish.grant(f"add {name}", added(name, means, why=_ASKED, prior=0.0))
    else:
        wish.unknown.append(name)


def _read_sources(wish: Wish, means: Means, *, names: tuple[str, ...], word: str) -> None:
    bad = [name for name in names if name not in means.rows]
    if bad:
        why = means.refused.get(bad[0])
        known = ", ".join(means.rows)
        wish.refused.append(
            f"source `{bad[0]}` is not allowed for training (licence {why}); allowed: {known}"
            if why
            else f"source `{bad[0]}` is not one of {known}"
        )
    elif not names:
        wish.refused.append(f"`{word}` is the only source; a recipe needs at least one")
    else:
        ordered = means.in_order(names)
        label = f"load {'+'.join(ordered)}"
        wish.grant(word, mixed(ordered, label=label, why=_ASKED, prior=0.0))


def _read_value(wish: Wish, means: Means, *, name: str, text: str) -> None:
    value = _parsed(text)
    if name == "sources":
        names = tuple(dict.fromkeys(one for one in re.split(r"[,+]", text) if one))
        _read_sources(wish, means, names=names, word=f"sources={text}")
    elif name in _WHOLE:
        _WHOLE[name](wish, value)
    elif name in means.training_options(wish.recipe):
        why = means.training_options(wish.recipe)[name].refusal(value)
        apply = partial(with_param, name=name, value=value)
        move = Move(name, f"{name}={text}", _ASKED, 0.0, apply)
        _decide(wish, f"{name}={text}", move=move, refusal=why)
    else:
        _read_operator_value(wish, means, name=name, value=value)


def _read_seed(wish: Wish, value: Any) -> None:
    right = isinstance(value, int) and not isinstance(value, bool)
    refusal = "" if right else f"seed={value!r} is not a whole number"
    _decide(wish, f"seed={value}", move=reseeded(wish.recipe, value), refusal=refusal)


def _read_start(wish: Wish, value: Any) -> None:
    refusal = (
        "" if value in {"base", "parent"} else f"start_from={value!r} is neither base nor parent"
    )
    move = started(str(value), why=_ASKED, prior=0.0)
    _decide(wish, f"start_from={value}", move=move, refusal=refusal)


def _read_count(wish: Wish, value: Any, *, name: str) -> None:
    right = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST[name]
    refusal = "" if right else f"{name}={value!r} is not in 1..{_MOST[name]}"
    apply = partial(with_count, name=name, count=value)
    move = Move(name, f"{name}={value}", _ASKED, 0.0, apply)
    _decide(wish, f"{name}={value}", move=move, refusal=refusal)


_WHOLE: dict[str, Callable[[Wish, Any], None]] = {
    "seed": _read_seed,
    "start_from": _read_start,
    **{name: partial(_read_count, name=name) for name in _MOST},
}
"""Options of the recipe as a whole."""


def _read_operator_value(wish: Wish, means: Means, *, name: str, value: Any) -> None:
    """`sample.rows=100`, or `rows=100` when only one operator beside `load` has such an option."""
    use, _, option = name.rpartition(".")
    owners = [use] if use else _owners(name, means)
    if len(owners) != 1 or option not in means.operators.get(owners[0], {}):
        wish.unknown.append(f"{name}={value}")
        return
    refusal = means.operators[owners[0]][option].refusal(value)
    apply = partial(means.add_step, use=owners[0], params={option: value})
    move = Move(owners[0], f"{owners[0]} {option}={value}", _ASKED, 0.0, apply)
    _decide(wish, f"{name}={value}", move=move, refusal=refusal)


def _owners(name: str, means: Means) -> list[str]:
    return [use for use, known in means.operators.items() if name in known and use != LOAD]


def _decide(wish: Wish, word: str, *, move: Move, refusal: str) -> None:
    if refusal:
        wish.refused.append(refusal)
    else:
        wish.grant(word, move)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
