"""The options that every training method has, under the names of transformers, TRL and peft."""

from typing import Literal

from pydantic import Field, field_validator

from training import extensions

Tuner = Literal["full", "lora", "dora", "rslora", "ia3", "qlora"]


class Training(extensions.Params):
    """What one optimizer step is, how many there are, and which weights they move."""

    tuner: Tuner = "full"
    """Train all weights; or, beside frozen weights, a low-rank adapter (`lora`, arXiv:2106.09685), one that splits
    size from direction (`dora`, arXiv:2402.09353), one scaled by the root of its rank (`rslora`, arXiv:2312.03732),
    one on 4-bit weights (`qlora`, arXiv:2305.14314, CUDA only), or learned scales (`ia3`, arXiv:2205.05638)."""
    learning_rate: float = Field(default=1e-3, ge=1e-7, le=1.0)
    """Peak step size of the optimizer."""
    max_steps: int = Field(default=150, ge=-1, le=1_000_000)
    """Optimizer steps; -1 trains for `num_train_epochs` instead."""
    num_train_epochs: float = Field(default=3.0, gt=0, le=1_000)
    """Passes over the rows, used when `max_steps` is -1."""
    per_device_train_batch_size: int = Field(default=16, ge=1, le=1_024)
    """Rows in one forward pass."""
    gradient_accumulation_steps: int = Field(default=1, ge=1, le=1_024)
    """Forward passes for one optimizer step."""
    lr_scheduler_type: Literal["linear", "cosine", "constant", "constant_with_warmup"] = "cosine"
    """How the learning rate moves after the warm-up."""
    warmup_steps: int = Field(default=10, ge=0, le=100_000)
    """Steps over which the learning rate rises to its peak."""
    weight_decay: float = Field(default=0.01, ge=0, le=1)
    """Decoupled weight decay of AdamW."""
    max_grad_norm: float = Field(default=1.0, gt=0, le=1_000)
    """Gradients are scaled down to this norm."""
    lora_r: int = Field(default=16, ge=1, le=512)
    """Rank of the adapter; only for `lora`, `dora`, `rslora` and `qlora`."""
    lora_alpha: float = Field(default=32.0, gt=0, le=4_096)
    """The adapter's output is scaled by `lora_alpha / lora_r` (`rslora`: by the root of `lora_r`)."""
    lora_dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of the adapter's inputs that are dropped in training; not for `ia3`."""

    @field_validator("max_steps")
    @classmethod
    def _not_zero(cls, max_steps: int) -> int:
        if max_steps == 0:
            raise ValueError("0 trains nothing: use -1 for epochs, or 1 and more")
        return max_steps


TUNER_OPTIONS = {"tuner", "lora_r", "lora_alpha", "lora_dropout"}
"""What peft is told; the rest goes to the trainer."""
