"""Training method `sft`."""

import math
import time
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field, field_validator

from training import extensions
from training.errors import Diverged
from training.methods import Bench, Emit, Example, Trained

LOSS_BOUND = 50.0
"""Nats a token; guessing evenly over a vocabulary of a million tokens costs 14."""
_LOGGED = {"loss", "learning_rate", "grad_norm", "mean_token_accuracy"}
_PROGRESS_EVERY_S = 0.25


class Sft:
    """Supervised fine-tuning on prompts and answers with TRL's SFTTrainer, of all weights or of a LoRA adapter."""

    class Params(extensions.Params):
        tuner: Literal["full", "lora"] = "full"
        """Train all weights, or a low-rank adapter beside frozen weights (LoRA, arXiv:2106.09685)."""
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
        lr_scheduler_type: Literal["linear", "cosine", "constant", "constant_with_warmup"] = (
            "cosine"
        )
        """How the learning rate moves after the warm-up."""
        warmup_steps: int = Field(default=10, ge=0, le=100_000)
        """Steps over which the learning rate rises to its peak."""
        weight_decay: float = Field(default=0.01, ge=0, le=1)
        """Decoupled weight decay of AdamW."""
        max_grad_norm: float = Field(default=1.0, gt=0, le=1_000)
        """Gradients are scaled down to this norm."""
        max_length: int = Field(default=256, ge=8, le=131_072)
        """Most tokens of prompt and answer together; longer rows are cut at the end."""
        completion_only_loss: bool = True
        """Learn only to write the answer, and not the prompt too."""
        lora_r: int = Field(default=16, ge=1, le=512)
        """Rank of the adapter; only for `lora`."""
        lora_alpha: float = Field(default=32.0, gt=0, le=4_096)
        """The adapter's output is scaled by `lora_alpha / lora_r`; only for `lora`."""
        lora_dropout: float = Field(default=0.0, ge=0, lt=1)
        """Share of the adapter's inputs that are dropped in training; only for `lora`."""

        @field_validator("max_steps")
        @classmethod
        def _not_zero(cls, max_steps: int) -> int:
            if max_steps == 0:
                raise ValueError("0 trains nothing: use -1 for epochs, or 1 and more")
            return max_steps

    def __init__(self, params: Params) -> None:
        self.params = params

    def train(self, examples: Sequence[Example], bench: Bench) -> Trained:
        """Raises Diverged when the loss is NaN, infinite or past 50 nats a token."""
        watch = _watch(bench.emit)
        trainer = self._trainer(examples, bench, watch)
        trainable = sum(
            weights.numel() for weights in trainer.model.parameters() if weights.requires_grad
        )
        started = time.monotonic()
        trainer.train()
        seconds = time.monotonic() - started
        return Trained(
            trainer.model, trainer.state.global_step, watch.tokens, seconds, watch.loss, trainable
        )

    def _trainer(self, examples: Sequence[Example], bench: Bench, watch: Any) -> Any:
        from transformers import PrinterCallback
        from trl import SFTTrainer

        trainer = SFTTrainer(
            model=bench.model,
            args=self.arguments(bench),
            train_dataset=_dataset(examples),
            processing_class=bench.tokenizer,
            peft_config=self._adapter(),
            callbacks=[watch],
        )
        trainer.remove_callback(PrinterCallback)
        return trainer

    def arguments(self, bench: Bench) -> Any:
        """TRL's SFTConfig with the recipe's values."""
        import torch
        from trl import SFTConfig

        gpu = torch.cuda.is_available()
        return SFTConfig(
            output_dir=str(bench.folder),
            **self.params.model_dump(exclude={"tuner", "lora_r", "lora_alpha", "lora_dropout"}),
            seed=bench.seed,
            data_seed=bench.seed,
            logging_steps=5,
            # The default hides NaN losses from the log, and with it from the check below.
            logging_nan_inf_filter=False,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            bf16=gpu and torch.cuda.is_bf16_supported(),
            use_cpu=not gpu,
            gradient_checkpointing=gpu,
            dataloader_pin_memory=gpu,
        )

    def _adapter(self) -> Any:
        from peft import LoraConfig

        if self.params.tuner == "full":
            return None
        return LoraConfig(
            r=self.params.lora_r,
            lora_alpha=self.params.lora_alpha,
            lora_dropout=self.params.lora_dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )


def _dataset(examples: Sequence[Example]) -> Any:
    from datasets import Dataset

    answers = [[{"role": "assistant", "content": example.completion}] for example in examples]
    return Dataset.from_dict(
        {"prompt": [example.prompt for example in examples], "completion": answers}
    )


class _Watch:
    """Turns the trainer's callbacks into events, and ends a run whose loss is lost."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._told_at = -math.inf
        self.loss = math.nan
        self.tokens = 0

    def on_log(
        self, args: Any, state: Any, control: Any, *, logs: dict[str, Any], **_: Any
    ) -> None:
        """Emit the values of this step. Raises Diverged."""
        if "loss" not in logs:
            return
        self.loss, self.tokens = logs["loss"], int(logs.get("num_tokens", 0))
        values = {name: value for name, value in logs.items() if name in _LOGGED}
        self._emit("metric", step=state.global_step, values=values)
        if not self.loss <= LOSS_BOUND:
            raise Diverged(
                f"loss={self.loss} at step {state.global_step} is not a number up to {LOSS_BOUND:g}"
            )

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        """Emit progress, at most four times a second; have the last step logged, and so checked."""
        last = state.global_step == state.max_steps
        if last or time.monotonic() - self._told_at >= _PROGRESS_EVERY_S:
            self._told_at = time.monotonic()
            self._emit(
                "progress",
                stage="train",
                done=state.global_step,
                total=state.max_steps,
                unit="steps",
            )
        control.should_log = control.should_log or last
        return control


def _watch(emit: Emit) -> Any:
    """The trainer demands its own base class, which only a training process may import."""
    from transformers import TrainerCallback

    class Watch(_Watch, TrainerCallback):  # type: ignore[misc]  # transformers ships no types we follow
        pass

    return Watch(emit)
