"""The model that a run starts from: the base, or the base with what the parent node trained."""

import json
from pathlib import Path
from typing import Any

from training.data import models
from training.errors import ModelUnusable, RecipeError
from training.failures import is_out_of_memory
from training.recipe import RunSpec


def parent_folder(spec: RunSpec) -> Path | None:
    """The folder to start from, or None for the base. Raises RecipeError where there should be one and is none."""
    if spec.recipe.start_from == "base":
        return None
    if spec.parent_model is None:
        raise RecipeError(
            "recipe.start_from", "parent", "needs a parent that has trained: parent_model is null"
        )
    folder = Path(spec.parent_model)
    if not any(folder.glob("*.safetensors")):
        reason = f"needs the parent's weights, and {folder.name}/ has no safetensors file"
        raise RecipeError("recipe.start_from", "parent", reason)
    if _rates(folder):
        reason = "cannot go on from a reward model, which rates answers and writes none"
        raise RecipeError("recipe.start_from", "parent", reason)
    return folder


def _rates(folder: Path) -> bool:
    names = ("adapter_config.json", "config.json")
    found = [
        json.loads((folder / name).read_text("utf-8"))
        for name in names
        if (folder / name).is_file()
    ]
    return any(
        config.get("task_type") == "SEQ_CLS"
        or any("SequenceClassification" in name for name in config.get("architectures") or ())
        for config in found
    )


def identity(base: Path, parent: Path | None) -> dict[str, str | None]:
    """Hashes of all weights that the run starts from."""
    return {
        "base": models.content_hash(base),
        "parent": models.content_hash(parent) if parent else None,
    }


def load(base: Path, parent: Path | None, *, trains_all: bool = False) -> tuple[Any, Any]:
    """Model and tokenizer, on the GPU where there is one.

    trains_all: whether all weights will be trained; then they are float32, as TRL itself loads them, whatever the files
    hold, for small steps vanish in bfloat16. So they are on a CPU; frozen weights on a GPU stay as they are. Safetensors
    only, and no code from the model's folder. Raises ModelUnusable in one sentence.
    """
    import torch
    from transformers import AutoTokenizer

    gpu = torch.cuda.is_available()
    try:
        tokenizer = AutoTokenizer.from_pretrained(base, trust_remote_code=False)
        model = _adapted(base, parent)
    except Exception as error:
        # Five libraries read these files, and each has its own errors for the same broken folder.
        if is_out_of_memory(error):
            raise
        raise ModelUnusable(_unusable(parent or base, error)) from error
    if not model.dtype.is_floating_point:
        raise ModelUnusable(
            f"The model {base.name} has weights of {model.dtype}, which is no floating-point type."
        )
    if trains_all or not gpu:
        model = model.to(torch.float32)
    return (model.to("cuda") if gpu else model), tokenizer


def _adapted(base: Path, parent: Path | None) -> Any:
    if parent is None:
        return _pretrained(base)
    if not (parent / "adapter_config.json").is_file():
        return _pretrained(parent, config=_config(base))
    from peft import PeftModel

    # The adapter becomes part of the weights, so that training starts as from any other model.
    adapted = PeftModel.from_pretrained(_pretrained(base), parent, use_safetensors=True)
    return adapted.merge_and_unload()


def _pretrained(folder: Path, **options: Any) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(
        folder, trust_remote_code=False, use_safetensors=True, **options
    )


def _config(folder: Path) -> Any:
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(folder, trust_remote_code=False)


def _unusable(folder: Path, error: Exception) -> str:
    words = " ".join(str(error).split())
    return f"The model {folder.name} cannot be loaded ({type(error).__name__}): {words}"[:400]


def save_whole(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write all weights as safetensors, an adapter merged, and the tokenizer; the model in memory is spent after it.

    Of how to write answers nothing is kept but the tokens that end one.
    """
    from transformers import GenerationConfig

    whole = model.merge_and_unload() if hasattr(model, "merge_and_unload") else model
    ends = whole.generation_config.eos_token_id
    # transformers refuses to save options that contradict each other, and published models have such.
    whole.generation_config = GenerationConfig(eos_token_id=ends)
    whole.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def save(model: Any, tokenizer: Any, folder: Path, *, started_from: Path | None) -> None:
    """Write weights or adapter and the tokenizer, as safetensors.

    An adapter is only worth something beside the weights it was trained on. After a start from a parent those
    are stored nowhere, so the adapter is merged and the whole model written.
    """
    if started_from is not None and hasattr(model, "merge_and_unload"):
        model = model.merge_and_unload()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
