"""What a recipe means to TRL: options of its trainer, an adapter, and its command line's YAML."""

import json
from typing import Any

from training.recipe import Step

COMMANDS = {"sft": "sft", "cpt": "sft", "dpo": "dpo", "kto": "kto"}
"""TRL's command for each method of which a script can be written; the others need the task's own reward or a teacher."""
PLAIN_TUNERS = {"full", "lora", "dora", "rslora"}


def refusal(step: Step, result: dict[str, Any], *, devices: int = 1) -> str | None:
    """Why no stand-alone script can repeat this training, or None."""
    if step.use not in COMMANDS:
        known = ", ".join(f"`{name}`" for name in COMMANDS)
        return f"scripts are written for {known}, and this trial used `{step.use}`"
    if step.params.get("tuner", "full") not in PLAIN_TUNERS:
        return f"scripts are not written for the tuner `{step.params['tuner']}`"
    if devices > 1:
        return f"the training ran on {devices} devices"
    if result.get("adjusted"):
        return "the batch was made smaller when memory ran out"
    return None


def options(values: dict[str, Any], seed: int) -> dict[str, Any]:
    """Arguments of TRL's configuration class; `values` are the recipe's."""
    fixed = {"logging_steps": 5, "save_strategy": "no", "report_to": "none"}
    return {**values, "seed": seed, "data_seed": seed, **fixed}


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


def recipe_yaml(settings: dict[str, Any], command: str) -> str:
    """For `trl COMMAND --config recipe.yaml`, run inside the folder; JSON values are YAML values."""
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
    return f"# Run in this folder: trl {command} --config recipe.yaml\n" + "".join(lines)


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
