"""What decides a run's result, as one hash: equal hashes, equal results, so the second run need not happen."""

import hashlib
import json
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from training import extensions, named_nodes
from training.data import files, models
from training.recipe import Recipe, RunSpec, Step, complete

PACKAGE = Path(__file__).parent
EXTENSIONS = (extensions.OPERATORS, extensions.METHODS, extensions.TASKS, extensions.METRICS)
ALWAYS = {extensions.OPERATORS: "decontaminate"}


def identity(spec: RunSpec, *, parent: str | None = None) -> str:
    """SHA-256 over recipe, task, base model's content and the code that the run will use.

    parent: the parent's identity, which counts when the recipe starts from the parent.
    A node that a data step names counts by its identity, and not by its number.
    What writes the answers counts, since engines round differently.
    Where a run happens, how many threads it has and what it caches do not count.
    Raises RecipeError, ModelNotFound, DataRefused.
    """
    recipe = complete(spec.recipe)
    facts = {
        "recipe": {
            **recipe.model_dump(mode="json"),
            "data": named_nodes.data_facts(recipe, spec.nodes),
        },
        "kind": spec.kind,
        "task": spec.task,
        "edition": spec.edition,
        "base": _model_hash(models.resolve(spec.base_model)),
        "parent": parent if recipe.start_from == "parent" else None,
        "answerer": spec.answerer if _asks(recipe) else None,
        "generate_with": spec.generate_with,
        "files": [_data_hash(step.params) for step in recipe.data if step.use == "load"],
        "embedders": [_embedder_hash(place, step) for place, step in enumerate(recipe.data)],
        "code": {name: _file_hash(path) for name, path in _code(spec).items()},
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def is_repeatable(recipe: Recipe) -> bool:
    """Whether the result is all that a run leaves; a data step may write files that people wait for."""
    return not any(
        extensions.load(extensions.OPERATORS, step.use).leaves_files for step in recipe.data
    )


def _asks(recipe: Recipe) -> bool:
    """Whether a data step has a language model asked: other models write other rows."""
    return any(extensions.load(extensions.OPERATORS, step.use).asks for step in recipe.data)


def _data_hash(load: dict[str, Any]) -> str | None:
    """Hash of the files that a `load` step reads; the task's own sources are code."""
    if load.get("path"):
        return files.content_hash(files.find(load["path"]))
    if load.get("hub"):
        found = files.find_hub(load["hub"], revision=load["revision"], split=load["split"])
        return files.content_hash(found)
    return None


def _embedder_hash(place: int, step: Step) -> str | None:
    """Hash of the model that an `embed` step names; another step names none."""
    if step.use != "embed" or step.params["model"] is None:
        return None
    named = models.resolve_named(step.params["model"], field=f"data.{place}.embed.model")
    return models.deep_hash(named)


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
    modules = {_module(path): path for path in PACKAGE.rglob("*.py")}
    return {name: path for name, path in modules.items() if name not in unused}


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
