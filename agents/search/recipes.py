"""Reading and changing recipes in their JSON form, without a schema."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Recipe = Mapping[str, Any]
"""{"data": [{"use", "params"}], "training": {"use", "params"} or None, "seed": 0}"""

LOAD = "load"
_SOURCES = "data.load.sources."
_FEWEST_STEPS = 20
_SAVED = {"start_from", "training.params.max_steps"}


@dataclass(frozen=True, slots=True)
class Change:
    """One option that differs between two recipes; None where a recipe does not have it."""

    field: str
    before: Any
    after: Any

    def __str__(self) -> str:
        if self == TRAINS_ON:
            return "trains on"
        name = self.field.removeprefix("training.params.").replace(_SOURCES, "source ", 1)
        if self.after is True and self.before is None:
            return f"add {name.removeprefix('data.')}"
        if self.before is True and self.after is None:
            return f"drop {name.removeprefix('data.')}"
        return f"{name} {shown(self.before)}→{shown(self.after)}"

    @property
    def reverse(self) -> "Change":
        """The way back."""
        return Change(self.field, self.after, self.before)

    def has_direction_of(self, other: "Change") -> bool:
        """Whether both move the same number up, or both down."""
        return self.field == other.field and _sign(self) == _sign(other) != 0


TRAINS_ON = Change("start_from", "parent", "parent")


def flat(recipe: Recipe) -> dict[str, Any]:
    """Options by dotted field; each element of a list is a field of its own with value True.

    `training.params.learning_rate`, `data.load.sources.clean`, `data.balance`, `seed`.
    """
    found: dict[str, Any] = {
        "seed": recipe.get("seed", 0),
        "start_from": recipe.get("start_from", "base"),
        "replicas": recipe.get("replicas", 1),
        "devices": recipe.get("devices", 1),
    }
    for step in recipe.get("data") or ():
        name = f"data.{step['use']}"
        found[name] = True
        found.update(_leaves(step.get("params") or {}, name))
    training = recipe.get("training")
    if training:
        found["training.use"] = training["use"]
        found.update(_leaves(training.get("params") or {}, "training.params"))
    return found


def changes(before: Recipe, after: Recipe) -> tuple[Change, ...]:
    """What differs, by field name; a data step that comes or goes is one change with its options.

    The same recipe on what the parent trained, which itself went on from its own parent, is `TRAINS_ON`.
    """
    old, new = flat(before), flat(after)
    fields = [
        field for field in sorted(old.keys() | new.keys()) if old.get(field) != new.get(field)
    ]
    if not fields and new["start_from"] == "parent":
        return (TRAINS_ON,)
    whole = {field for field in fields if field.count(".") == 1 and field.startswith("data.")}
    return tuple(
        Change(field, old.get(field), new.get(field))
        for field in fields
        if field in whole or ".".join(field.split(".")[:2]) not in whole
    )


def decided(before: Recipe, after: Recipe) -> tuple[Change, ...]:
    """What was changed for its own sake: who goes on from the parent takes fewer steps because of that."""
    made = changes(before, after)
    if after.get("start_from") != "parent":
        return made
    return tuple(change for change in made if change.field not in _SAVED) or made


def step(recipe: Recipe, use: str) -> Mapping[str, Any] | None:
    """The options of the first data step of that name, or None when it has none."""
    found = (one.get("params") or {} for one in recipe.get("data") or () if one["use"] == use)
    return next(found, None)


def param(recipe: Recipe, name: str) -> Any:
    """A training option's value, or None when it is not there."""
    training = recipe.get("training") or {}
    return (training.get("params") or {}).get(name)


def sources(recipe: Recipe) -> tuple[str, ...]:
    """Names of the data sources that the recipe loads."""
    return tuple((step(recipe, LOAD) or {}).get("sources") or ())


def with_param(recipe: Recipe, name: str, value: Any) -> Recipe:
    """The recipe with one training option set; it must have a training step."""
    training = recipe["training"]
    params = {**(training.get("params") or {}), name: value}
    return {**recipe, "training": {**training, "params": params}}


def with_step(recipe: Recipe, use: str, params: Mapping[str, Any]) -> Recipe:
    """The recipe with options of one data step set; a step it does not have is added last."""
    steps = [dict(one) for one in recipe.get("data") or ()]
    for one in steps:
        if one["use"] == use:
            one["params"] = {**(one.get("params") or {}), **params}
            return {**recipe, "data": steps}
    return {**recipe, "data": [*steps, {"use": use, "params": dict(params)}]}


def without_step(recipe: Recipe, use: str) -> Recipe:
    """The recipe without the data steps of that name."""
    return {**recipe, "data": [one for one in recipe.get("data") or () if one["use"] != use]}


def with_sources(recipe: Recipe, names: Sequence[str]) -> Recipe:
    """The recipe with another mix of data sources."""
    return with_step(recipe, LOAD, {"sources": list(names)})


def with_seed(recipe: Recipe, seed: int) -> Recipe:
    """The same experiment drawn again."""
    return {**recipe, "seed": seed}


def with_start(recipe: Recipe, start_from: str) -> Recipe:
    """The same recipe on the base model, or on what the parent node trained."""
    return {**recipe, "start_from": start_from}


def going_on(before: Recipe, after: Recipe) -> Recipe:
    """`after` on what `before`, its parent, has trained: only steps that are missing, or half of those for a first change.

    A recipe that counts epochs keeps them: how many steps they are is not known here.
    """
    old, new = param(before, "max_steps") or 0, param(after, "max_steps") or 0
    if new > old > 0:
        after = with_param(after, "max_steps", new - old)
    elif before.get("start_from", "base") == "base" and new > _FEWEST_STEPS:
        after = with_param(after, "max_steps", max(_FEWEST_STEPS, new // 2))
    return with_start(after, "parent")


def with_count(recipe: Recipe, name: str, count: int) -> Recipe:
    """The same experiment with so many `replicas` (seeds) or on so many `devices`."""
    return {**recipe, name: count}


def _leaves(value: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _leaves(inner, f"{path}.{key}")
        elif isinstance(inner, list | tuple):
            yield from ((f"{path}.{key}.{one}", True) for one in inner)
        else:
            yield f"{path}.{key}", inner


def _sign(change: Change) -> int:
    before, after = change.before, change.after
    if isinstance(before, bool) or isinstance(after, bool):
        return 0
    if not isinstance(before, int | float) or not isinstance(after, int | float):
        return 0
    return (after > before) - (after < before)


def shown(value: Any) -> str:
    """An option's value as people read it."""
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
