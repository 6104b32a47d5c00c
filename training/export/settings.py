"""What a recipe means to TRL: options of its trainer, an adapter, and its command line's YAML."""

import json
from typing import Any

from training.recipe import Recipe, Step

_TUNER = {"tuner", "lora_r", "lora_alpha", "lora_dropout"}
PLAIN_TUNERS = {"full", "lora", "dora", "rslora"}


def refusal(recipe: Recipe, step: Step, result: dict[str, Any]) -> str | None:
    """Why no stand-alone script can repeat this training, or None."""
    if step.use != "sft":
        return f"scripts are written for `sft`, and this trial used `{step.use}`"
    if step.params.get("tuner", "full") not in PLAIN_TUNERS:
        return f"scripts are not written for the tuner `{step.params['tuner']}`"
    if step.params.get("train_sampling_strategy", "random") != "random":
        return "scripts are not written for batches of rows of like length"
    if recipe.start_from != "base":
        return "the trial went on from its parent's weights"
    if recipe.replicas > 1:
        return f"the score is the mean of {recipe.replicas} trainings"
    if recipe.devices > 1:
        return f"the training ran on {recipe.devices} devices"
    if result.get("adjusted"):
        return "the batch was made smaller when memory ran out"
    return None


def options(step: Step, seed: int) -> dict[str, Any]:
    """Arguments of SFTConfig."""
    chosen = {name: value for name, value in step.params.items() if name not in _TUNER}
    fixed = {"logging_steps": 5, "save_strategy": "no", "report_to": "none"}
    return {**chosen, "seed": seed, "data_seed": seed, **fixed}


def lora(step: Step) -> dict[str, Any] | None:
    """Arguments of LoraConfig; None trains all weights."""
    tuner = step.params.get("tuner", "full")
    if tuner == "full":
        return None
    return {
        "r": step.params["lora_r"],
        "lora_alpha": step.params["lora_alpha"],
        "lora_dropout": step.params["lora_dropout"],
        "target_modules": "all-linear",
        "task_type": "CAUSAL_LM",
        "use_dora": tuner == "dora",
        "use_rslora": tuner == "rslora",
    }


def recipe_yaml(settings: dict[str, Any]) -> str:
    """For `trl sft --config recipe.yaml`, run inside the folder; JSON values are YAML values."""
    values = {
        "model_name_or_path": settings["model"],
        "model_revision": settings["revision"],
        "dtype": "float32",
        "output_dir": "trained",
        "dataset_name": "data",
        **settings["options"],
        "bf16": False,
        "gradient_checkpointing": False,
        **_peft(settings["lora"]),
    }
    lines = (f"{name}: {json.dumps(value)}\n" for name, value in values.items())
    return "# Run in this folder: trl sft --config recipe.yaml\n" + "".join(lines)


def _peft(adapter: dict[str, Any] | None) -> dict[str, Any]:
    if adapter is None:
        return {}
    return {
        "use_peft": True,
        "lora_r": adapter["r"],
        # TRL's command line takes whole numbers only.
        "lora_alpha": round(adapter["lora_alpha"]),
        "lora_dropout": adapter["lora_dropout"],
        "lora_target_modules": "all-linear",
        "use_dora": adapter["use_dora"],
        "use_rslora": adapter["use_rslora"],
    }
