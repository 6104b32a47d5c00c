"""What decides a run's result, as one hash: equal hashes, equal results, so the second run need not happen."""

import hashlib
import json
from functools import cache, lru_cache
from pathlib import Path

from training import extensions
from training.data import models
from training.recipe import RunSpec, complete

PACKAGE = Path(__file__).parent
EXTENSIONS = (extensions.OPERATORS, extensions.METHODS, extensions.TASKS, extensions.METRICS)
ALWAYS = {extensions.OPERATORS: "decontaminate"}


def identity(spec: RunSpec, *, parent: str | None = None) -> str:
    """SHA-256 over recipe, task, base model's content and the code that the run will use.

    parent: the parent's identity, which counts when the recipe starts from the parent.
    Where a run happens, how many threads it has and what it caches do not count.
    Raises RecipeError, ModelNotFound.
    """
    recipe = complete(spec.recipe)
    facts = {
        "recipe": recipe.model_dump(mode="json"),
        "kind": spec.kind,
        "task": spec.task,
        "edition": spec.edition,
        "base": _model_hash(models.resolve(spec.base_model)),
        "parent": parent if recipe.start_from == "parent" else None,
        "code": {name: _file_hash(path) for name, path in _code(spec).items()},
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _code(spec: RunSpec) -> dict[str, Path]:
    """Files that a run of `spec` may execute: all shared ones, and of the extensions those it uses."""
    used = {f"{extensions.OPERATORS}.{step.use}" for step in spec.recipe.data}
    used |= {f"{extensions.METHODS}.{spec.recipe.training.use}"} if spec.recipe.training else set()
    used |= {f"{extensions.TASKS}.{spec.task}"}
    used |= {f"{package}.{name}" for package, name in ALWAYS.items()}
    unused = {
        f"{package}.{name}" for package in EXTENSIONS for name in extensions.names(package)
    } - used
    # Metrics are few, and which one a task uses is the task's own business.
    unused -= {f"{extensions.METRICS}.{name}" for name in extensions.names(extensions.METRICS)}
    files = {_module(path): path for path in PACKAGE.rglob("*.py")}
    return {name: path for name, path in files.items() if name not in unused}


def _module(path: Path) -> str:
    return ".".join([PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts])


@cache
def _file_hash(path: Path) -> str:
    """Read once in a process: a process that runs does not run later changes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _model_hash(folder: Path) -> str:
    newest = max((path.stat().st_mtime_ns for path in folder.iterdir()), default=0)
    return _hash_once(folder, newest)


@lru_cache(maxsize=32)
def _hash_once(folder: Path, changed_ns: int) -> str:
    return models.content_hash(folder)
