"""What recipes can be made of in one project: allowed sources, operators and methods."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from agents.search.options import Option, defaults, options
from agents.search.recipes import LOAD, Recipe, param, sources, step, with_sources, with_step

_PREFERRED_METHOD = "sft"
MAX_EFFORT = 3.0
"""Times the default amount of training; more would not fit a run's time on a CPU."""


@dataclass(frozen=True)
class Means:
    """The task's facts and the options' schemas, ready to be asked."""

    rows: Mapping[str, int]
    """Rows by name of every source that allows training, in the task's order."""
    refused: Mapping[str, str]
    """Licence by name of every source that does not."""
    operators: Mapping[str, Mapping[str, Option]]
    methods: Mapping[str, Mapping[str, Option]]
    filled: Mapping[str, Mapping[str, Any]]
    """Defaults by "operators.x" and "methods.x"."""

    @classmethod
    def of(cls, task: Mapping[str, Any], schemas: Mapping[str, Mapping[str, Any]]) -> "Means":
        """Means of a task and of the schemas that a Researcher is given."""
        found = task.get("sources") or ()
        return cls(
            {one["name"]: one.get("rows") or 0 for one in found if one["training_allowed"]},
            {one["name"]: one["licence"] for one in found if not one["training_allowed"]},
            _by_kind(schemas, "operators."),
            _by_kind(schemas, "methods."),
            {name: defaults(schema) for name, schema in schemas.items()},
        )

    @property
    def method(self) -> str:
        """The training method that starting recipes use."""
        return _PREFERRED_METHOD if _PREFERRED_METHOD in self.methods else min(self.methods)

    @property
    def can_load(self) -> bool:
        """Whether recipes name their sources."""
        return "sources" in self.operators.get(LOAD, {})

    def training_options(self, recipe: Recipe) -> Mapping[str, Option]:
        """Options of the recipe's training method."""
        return self.methods.get((recipe.get("training") or {}).get("use", self.method), {})

    def start(self) -> Recipe:
        """A recipe with the default of every training option and no data step yet."""
        training = {"use": self.method, "params": dict(self.filled[f"methods.{self.method}"])}
        return {"data": [], "training": training, "seed": 0}

    def add_step(self, recipe: Recipe, use: str, params: Mapping[str, Any]) -> Recipe:
        """The recipe with a data step whose other options have their defaults."""
        return with_step(recipe, use, {**self.filled.get(f"operators.{use}", {}), **params})

    def without_refused(self, recipe: Recipe) -> Recipe:
        """The recipe without sources that may not be trained on; all allowed ones if none is left."""
        kept = self.in_order(sources(recipe))
        loaded = step(recipe, LOAD) or {}
        if not sources(recipe) and (loaded.get("path") or loaded.get("hub")):
            return recipe  # a person's own data, whose licence the engine checks
        if not self.can_load or (kept and set(kept) == set(sources(recipe))):
            return recipe
        return with_sources(recipe, kept or tuple(self.rows))

    def in_order(self, names: Iterable[str]) -> tuple[str, ...]:
        """Allowed names once each, in the task's order: the same mix is always the same recipe."""
        chosen = set(names)
        return tuple(name for name in self.rows if name in chosen)

    def effort(self, recipe: Recipe) -> float:
        """Amount of training, as a multiple of the default recipe's on the same data."""
        pairs = [(param(recipe, name), param(self.start(), name)) for name in _effort_of(recipe)]
        return reduce(lambda product, pair: product * _ratio(*pair), pairs, 1.0)


def _effort_of(recipe: Recipe) -> tuple[str, ...]:
    if (param(recipe, "max_steps") or 0) > 0:
        return ("max_steps", "per_device_train_batch_size", "gradient_accumulation_steps")
    return ("num_train_epochs",)


def _ratio(value: Any, default: Any) -> float:
    return value / default if value and default else 1.0


def _by_kind(
    schemas: Mapping[str, Mapping[str, Any]], prefix: str
) -> dict[str, dict[str, Option]]:
    return {
        name.removeprefix(prefix): options(schema)
        for name, schema in schemas.items()
        if name.startswith(prefix)
    }
