"""Nodes of the project that data steps name by number: which ones, and whether their models can be used."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from training import extensions
from training.errors import RecipeError
from training.recipe import Recipe, TrainedNode

Nodes = Mapping[int, TrainedNode]


def named(recipe: Recipe) -> Iterator[tuple[int, str, int]]:
    """(place of the data step, its option, the node's number) for each node that `recipe` names.

    What is wrong with a step otherwise is for `complete` to say.
    """
    known = extensions.names(extensions.OPERATORS)
    for place, step in enumerate(recipe.data):
        option = step.use in known and _operator(step.use).node_option
        if option and isinstance(step.params.get(option), int):
            yield place, option, step.params[option]


def _operator(name: str) -> Any:
    return extensions.load(extensions.OPERATORS, name)


def check(recipe: Recipe, nodes: Nodes) -> None:
    """Raises RecipeError with field and number at the first named node whose model cannot be used."""
    for place, option, number in named(recipe):
        folder(nodes, number, field=f"data.{place}.{recipe.data[place].use}.{option}")


def folder(nodes: Nodes, number: int, *, field: str) -> Path:
    """Where the model of node `number` lies. Raises RecipeError with `field` where there is none to use."""
    node = nodes.get(number)
    if node is None:
        raise RecipeError(field, number, "is no node of this project")
    if node.missing or node.folder is None:
        raise RecipeError(field, number, node.missing or "has no model")
    found = Path(node.folder)
    if not any(found.glob("*.safetensors")):
        raise RecipeError(field, number, "has lost its model: no safetensors file is left of it")
    return found


def data_facts(recipe: Recipe, nodes: Nodes) -> list[dict[str, Any]]:
    """The data steps as JSON, each node's number replaced by what the node is. Raises RecipeError as `check`."""
    check(recipe, nodes)
    steps = [step.model_dump(mode="json") for step in recipe.data]
    for place, option, number in named(recipe):
        steps[place]["params"][option] = nodes[number].identity
    return steps
