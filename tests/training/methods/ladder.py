"""A method for tests of the run protocol: transformers' own Trainer, with checkpoints and planned accidents."""

import os
import signal
import time
from collections.abc import Sequence
from typing import Any

from training import extensions
from training.checkpoints import safe
from training.methods import Bench, Example, Trained


class Ladder:
    """Accidents come from the environment, because a second attempt at a recipe is spared them."""

    class Params(extensions.Params):
        max_steps: int = 12
        per_device_train_batch_size: int = 4
        gradient_accumulation_steps: int = 1
        tuner: str = "full"
        fits: int = 1_000
        """Rows in a batch that memory holds."""
        error: str = "CUDA out of memory. Tried to allocate 2 GiB"

    def __init__(self, params: Params) -> None:
        self.params = params

    def train(self, examples: Sequence[Example], bench: Bench) -> Trained:
        if self.params.per_device_train_batch_size > self.params.fits:
            raise RuntimeError(self.params.error)
        if os.environ.get("LADDER_MEMORY_ERROR"):
            raise MemoryError
        trainer = self._trainer(examples, bench)
        newest = bench.checkpoints and bench.checkpoints.newest(_say(bench))
        trainer.train(resume_from_checkpoint=newest and str(newest))
        steps = trainer.state.global_step
        return Trained(trainer.model, steps, 0, 0.1, 1.0, 1)

    def _trainer(self, examples: Sequence[Example], bench: Bench) -> Any:
        from transformers import PrinterCallback, Trainer, TrainingArguments

        arguments = TrainingArguments(
            output_dir=str(bench.folder),
            max_steps=self.params.max_steps,
            per_device_train_batch_size=self.params.per_device_train_batch_size,
            gradient_accumulation_steps=self.params.gradient_accumulation_steps,
            seed=bench.seed,
            data_seed=bench.seed,
            save_strategy="steps" if bench.checkpoints else "no",
            save_steps=5,
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
        )
        trainer = safe(Trainer, bench.checkpoints)(
            model=self._adapted(bench.model),
            args=arguments,
            train_dataset=_rows(examples[:64], bench.tokenizer),
            callbacks=[_accidents(bench), *bench.callbacks],
        )
        trainer.remove_callback(PrinterCallback)
        return trainer

    def _adapted(self, model: Any) -> Any:
        from peft import LoraConfig, get_peft_model

        if self.params.tuner == "full":
            return model
        config = LoraConfig(r=4, target_modules="all-linear", lora_dropout=0.1)
        return get_peft_model(model, config)


def _say(bench: Bench) -> Any:
    return lambda text: bench.emit("log", level="warning", text=text)


def _rows(examples: Sequence[Example], tokenizer: Any) -> list[dict[str, Any]]:
    texts = [example.prompt[-1]["content"] + example.completion for example in examples]
    rows = tokenizer(texts, padding="max_length", truncation=True, max_length=32)["input_ids"]
    return [{"input_ids": row, "labels": row} for row in rows]


def _accidents(bench: Bench) -> Any:
    from transformers import TrainerCallback

    class Accidents(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            bench.emit("metric", step=state.global_step, values={"loss": 1.0})
            if str(state.global_step) == os.environ.get("LADDER_DIES_AT"):
                os.kill(os.getpid(), signal.SIGKILL)
            if str(state.global_step) == os.environ.get("LADDER_HANGS_AT"):
                time.sleep(600)

    return Accidents()
