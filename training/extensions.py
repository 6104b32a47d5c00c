"""One file adds one thing: extensions are found by file name and loaded when asked for."""

import importlib
import pkgutil
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from training.errors import RecipeError, UnknownExtension

OPERATORS = "training.operators"
METHODS = "training.methods"
TASKS = "training.ftbench.tasks"
METRICS = "training.ftbench.metrics"


class Params(BaseModel):
    """Options of one extension; field docstrings give meaning and unit and end up in forms and docs."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )


@cache
def names(package: str) -> tuple[str, ...]:
    """File names in `package` that add an extension, sorted."""
    path = importlib.import_module(package).__path__
    found = (module.name for module in pkgutil.iter_modules(path))
    return tuple(sorted(name for name in found if not name.startswith("_")))


@cache
def load(package: str, name: str) -> Any:
    """The one class with `Params` that `package`/`name`.py defines.

    Raises UnknownExtension when no such file exists.
    """
    if name not in names(package):
        kind = package.rsplit(".", 1)[-1].rstrip("s")
        raise UnknownExtension(kind, name, f"is not one of {', '.join(names(package))}")
    module = importlib.import_module(f"{package}.{name}")
    (found,) = (
        member
        for member in vars(module).values()
        if isinstance(member, type)
        and member.__module__ == module.__name__
        and hasattr(member, "Params")
    )
    return found


def schema(package: str, name: str) -> dict[str, Any]:
    """JSON schema of the extension's `Params`, for forms, Researchers and docs."""
    found: dict[str, Any] = load(package, name).Params.model_json_schema()
    return found


def parse(package: str, name: str, raw: str, *, field: str) -> Any:
    """An instance of the extension's `Params` from JSON text.

    Raises RecipeError that names the first bad field under the dotted path `field`, and its value.
    """
    try:
        return load(package, name).Params.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join([field, *map(str, first["loc"])])
        raise RecipeError(path, first["input"], first["msg"]) from error
