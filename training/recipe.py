"""A recipe is all that one node changes: how the data is prepared and how the model is trained."""

import hashlib
import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from training import extensions
from training.errors import RecipeError


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Frozen):
    """One extension by file name, with its options."""

    use: str
    params: dict[str, Any] = {}


class Recipe(_Frozen):
    """`data` runs in order, decontamination always last; `training` None is the untrained baseline."""

    data: tuple[Step, ...] = ()
    training: Step | None = None
    seed: int = 0
    start_from: Literal["base", "parent"] = "base"
    """Train the base model, or go on from the weights or adapter that the parent node has trained."""
    replicas: int = Field(default=1, ge=1, le=16)
    """Trainings with seeds `seed`, `seed + 1` …; the node's score is their mean."""
    devices: int = Field(default=1, ge=1, le=64)
    """GPUs to train on, one process each; an optimizer step takes as many times `per_device_train_batch_size` rows."""

    def fingerprint(self) -> str:
        """SHA-256 over canonical JSON with every default written out: equal recipes, equal prints."""
        # A recipe for one device has the print that it had before there were more.
        without = {"devices"} if self.devices == 1 else None
        text = json.dumps(
            complete(self).model_dump(mode="json", exclude=without),
            sort_keys=True,
            separators=(",", ":"),
        )
        return hashlib.sha256(text.encode()).hexdigest()


class TrainedNode(_Frozen):
    """A node that a data step names by its number: what it is and where its model lies, or why it has none to give."""

    identity: str = ""
    """Hash of all that decided the node's result; its number says nothing in another project."""
    folder: str | None = None
    """Folder of the model that the node saved."""
    missing: str = ""
    """Why no model can be used, as the end of a sentence; empty where there is one."""


class RunSpec(_Frozen):
    """What a training process needs to know; stands as `recipe.json` in the run directory."""

    run_id: str
    kind: Literal["baseline", "trial"]
    task: str
    edition: Literal["mini", "full"]
    base_model: str
    recipe: Recipe
    threads: int = 1
    """CPU threads this run may use."""
    checkpoints: str | None = None
    """Folder of checkpoints that all attempts at the node share, so that a later one can resume; None keeps none."""
    parent_model: str | None = None
    """Folder with what the parent node trained; needed when the recipe starts from the parent."""
    trial: bool = True
    """Try a few steps before a training that is long enough to pay for them; the result is the same either way."""
    milestones: bool = False
    """Score the model on the way, so that a hopeless run can be stopped; the result is the same either way."""
    nodes: dict[int, TrainedNode] = {}
    """The nodes of the project that data steps name, by number."""
    devices: tuple[str, ...] = ()
    """Names of the devices that this run alone may use, as CUDA_VISIBLE_DEVICES takes them; empty: those it finds."""
    cache: str | None = None
    """Folder of results by content hash that all runs on this machine share; None caches nothing."""
    answerer: str | None = None
    """The language model that whoever watches this run asks for it; "" when it has none, None when nobody answers."""
    generate_with: Literal["transformers", "vllm"] = "transformers"
    """What writes the answers that are scored; they can differ by rounding, so the result is another's."""


def read(raw: object) -> Recipe:
    """`raw` (decoded JSON) as a complete, valid recipe. Raises RecipeError naming field and value."""
    try:
        recipe = Recipe.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise RecipeError(
            ".".join(map(str, first["loc"])) or "recipe", first["input"], first["msg"]
        ) from error
    return complete(recipe)


def complete(recipe: Recipe) -> Recipe:
    """The same recipe with every option checked and its default written out. Raises RecipeError."""
    data = tuple(
        _complete(step, extensions.OPERATORS, f"data.{place}.{step.use}")
        for place, step in enumerate(recipe.data)
    )
    training = recipe.training and _complete(
        recipe.training, extensions.METHODS, f"training.{recipe.training.use}"
    )
    return recipe.model_copy(update={"data": data, "training": training})


def _complete(step: Step, package: str, field: str) -> Step:
    params = extensions.parse(package, step.use, json.dumps(step.params), field=field)
    return step.model_copy(update={"params": params.model_dump(mode="json")})
