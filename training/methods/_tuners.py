"""Which weights a trainer moves: all of them, or a peft adapter beside frozen ones."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from training import distributed
from training.errors import RecipeError
from training.methods._params import Training


def refuse_unusable(params: Training) -> None:
    """Raises RecipeError when this machine cannot train with the tuner asked for."""
    import torch

    if params.tuner != "qlora":
        return
    if not torch.cuda.is_available() or find_spec("bitsandbytes") is None:
        raise RecipeError(
            "training.params.tuner",
            "qlora",
            "needs CUDA and the package bitsandbytes: use lora on this machine",
        )


def adapter(params: Training, task_type: str) -> Any:
    """peft's configuration; None trains all weights."""
    from peft import IA3Config, LoraConfig

    if params.tuner == "full":
        return None
    if params.tuner == "ia3":
        # Keys, values and the way out of the feed-forward block, as in the paper; named alike in
        # Llama, Mistral, Qwen, Gemma and SmolLM. Other names are refused by peft, which lists what it looked for.
        return IA3Config(
            task_type=task_type,
            target_modules=["k_proj", "v_proj", "down_proj"],
            feedforward_modules=["down_proj"],
        )
    return LoraConfig(
        r=params.lora_r,
        lora_alpha=params.lora_alpha,
        lora_dropout=params.lora_dropout,
        target_modules="all-linear",
        task_type=task_type,
        use_dora=params.tuner == "dora",
        use_rslora=params.tuner == "rslora",
    )


def prepared(params: Training, model: Any, folder: Path) -> Any:
    """The model to train: as it is, or its weights in 4 bits for `qlora`."""
    if params.tuner != "qlora":
        return model
    import torch
    from transformers import BitsAndBytesConfig

    four_bits = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
    # Written first: the weights in memory may be a parent's, which no hub id names.
    if distributed.rank() == 0:
        model.save_pretrained(folder / "base")
    distributed.any_of(False)
    return type(model).from_pretrained(
        folder / "base",
        quantization_config=four_bits,
        use_safetensors=True,
        device_map={"": distributed.rank()},
    )
