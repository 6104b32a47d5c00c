"""What all methods share: each is one of TRL's trainers with the recipe's values."""

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, ClassVar, Generic, TypeVar

from training import distributed
from training.checkpoints import safe
from training.errors import RecipeError
from training.methods import Bench, Example, Trained
from training.methods._order import steady, strategy, told
from training.methods._params import TUNER_OPTIONS, Training
from training.methods._split import split
from training.methods._tokens import Tokens, key
from training.methods._tuners import adapter, prepared, refuse_unusable
from training.methods._watch import sampling, watch

SAVE_AT_LEAST_STEPS = 10
"""Steps between two checkpoints of a short training."""
Options = TypeVar("Options", bound=Training)


class TrlMethod(ABC, Generic[Options]):
    """A subclass names the trainer, what its examples must have, and how they become a dataset."""

    trainer: ClassVar[str]
    """Name of the trainer class in `trl`."""
    config: ClassVar[str]
    """Name of its configuration class in `trl`."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Fields of Example of which each example must have at least one."""
    task_type: ClassVar[str] = "CAUSAL_LM"
    """What the model does, in peft's words."""
    counts_tokens: ClassVar[bool] = True
    """Whether transformers can count the tokens of a batch; trainers that generate count by themselves."""
    splits_batches: ClassVar[bool] = False
    """Whether a batch is computed in parts of like length; for trainers whose loss is a sum over tokens."""
    own_options: ClassVar[frozenset[str]] = frozenset()
    """Options that are no fields of the configuration class."""
    unordered: ClassVar[str] = "random"
    """How rows are read whose order does not matter."""
    token_options: ClassVar[tuple[str, ...] | None] = None
    """Options that decide the tokens of a row, for SFTTrainer, which takes tokens for rows; None keeps no tokens."""

    def __init__(self, params: Options) -> None:
        self.params = params

    @classmethod
    def name(cls) -> str:
        """The file name, as in recipes."""
        return cls.__module__.rpartition(".")[2]

    def train(self, examples: Sequence[Example], bench: Bench) -> Trained:
        """Raises RecipeError before training, Diverged when the loss is NaN, infinite or past 50 nats a token."""
        self.check(examples, bench)
        trainer = self._trainer(examples, bench)
        started = time.monotonic()
        with sampling(trainer):
            trainer.train(resume_from_checkpoint=_newest(bench))
        return _trained(trainer, time.monotonic() - started)

    def check(self, examples: Sequence[Example], bench: Bench) -> None:
        """Raises RecipeError when the examples, or this machine, lack what the method needs."""
        refuse_unusable(self.params)
        lacking = sum(
            all(getattr(example, field) is None for field in self.needs) for example in examples
        )
        if self.needs and lacking:
            raise RecipeError(
                "training.use",
                self.name(),
                f"needs `{'` or `'.join(self.needs)}` in each row, which {lacking} of {len(examples)} lack: "
                "add the data operator `convert`, or load data that has it",
            )

    def check_prompts(self, examples: Sequence[Example], prompts: int) -> None:
        """Raises RecipeError when there are fewer than the `prompts` of one optimizer step: TRL would drop them all."""
        if len(examples) < prompts:
            raise RecipeError(
                "training.params.per_device_train_batch_size",
                self.params.per_device_train_batch_size,
                f"takes {prompts} prompts for an optimizer step, and there are {len(examples)} rows",
            )

    def arguments(self, bench: Bench) -> Any:
        """TRL's configuration with the recipe's values."""
        import torch
        import trl

        gpu = torch.cuda.is_available()
        return getattr(trl, self.config)(
            output_dir=str(bench.folder),
            **self.values(),
            seed=bench.seed,
            data_seed=bench.seed,
            logging_steps=5,
            # The default hides NaN losses from the log, and with it from the check of the loss.
            logging_nan_inf_filter=False,
            include_num_input_tokens_seen="non_padding" if self.counts_tokens else "no",
            **self._saving(bench),
            **self.reading(bench),
            report_to="none",
            disable_tqdm=True,
            # Emulated on older cards, bfloat16 is slower than float32.
            bf16=gpu and torch.cuda.is_bf16_supported(including_emulation=False),
            use_cpu=not gpu,
            gradient_checkpointing=gpu,
            dataloader_pin_memory=gpu,
        )

    @property
    def step_rows(self) -> int:
        """Rows, or completions, of one optimizer step on all devices."""
        params = self.params
        rows = params.per_device_train_batch_size * params.gradient_accumulation_steps
        return rows * distributed.world()

    def values(self) -> dict[str, Any]:
        """The recipe's options that the configuration class takes as they are."""
        own = TUNER_OPTIONS | self.own_options | {"train_sampling_strategy"}
        return self.params.model_dump(exclude=own)

    def reading(self, bench: Bench) -> dict[str, Any]:
        """In which order the trainer reads rows, as it is told."""
        chosen = getattr(self.params, "train_sampling_strategy", "auto")
        return {
            "train_sampling_strategy": strategy(
                chosen, in_order=bench.in_order, unordered=self.unordered
            )
        }

    def _saving(self, bench: Bench) -> dict[str, Any]:
        if bench.checkpoints is None:
            return {"save_strategy": "no"}
        steps = self.params.max_steps
        # A tenth of the training, which the trainer takes as a share where it alone knows the number of steps.
        return {
            "save_strategy": "steps",
            "save_steps": max(SAVE_AT_LEAST_STEPS, steps // 10) if steps > 0 else 0.1,
        }

    @abstractmethod
    def dataset(self, examples: Sequence[Example], bench: Bench) -> dict[str, list[Any]]:
        """The columns that the trainer expects."""

    def model(self, bench: Bench) -> Any:
        """The model to train."""
        return bench.model

    def extras(self, examples: Sequence[Example], bench: Bench) -> dict[str, Any]:
        """Arguments that only this trainer takes."""
        return {}

    def ready(self, trainer: Any, bench: Bench) -> None:
        """The last look at the trainer before it trains."""

    def _trainer(self, examples: Sequence[Example], bench: Bench) -> Any:
        from datasets import Dataset
        from transformers import PrinterCallback

        columns = self.dataset(examples, bench)
        tokens = self._tokens(columns, bench)
        arguments, known = self.arguments(bench), tokens.load()
        if known is not None:
            arguments.dataset_kwargs = {"skip_prepare_dataset": True}
        trainer = safe(steady(self._trainer_class()), bench.checkpoints)(
            model=prepared(self.params, self.model(bench), bench.folder),
            args=arguments,
            train_dataset=Dataset.from_dict(columns) if known is None else known,
            processing_class=bench.tokenizer,
            peft_config=adapter(self.params, self.task_type),
            callbacks=[watch(bench.emit), *bench.callbacks],
            **self.extras(examples, bench),
        )
        if known is None:
            tokens.store(trainer.train_dataset)
        trainer.remove_callback(PrinterCallback)
        self.ready(trainer, bench)
        if bench.in_order:
            told(self.reading(bench).get("train_sampling_strategy"), bench.emit)
        return trainer

    def _tokens(self, columns: dict[str, list[Any]], bench: Bench) -> Tokens:
        """Where tokens of these rows are kept, if the method keeps them."""
        if bench.cache is None or self.token_options is None:
            return Tokens(None, "")
        options = {name: getattr(self.params, name) for name in self.token_options}
        name = key(columns, bench.tokenizer, method=self.name(), **options)
        return Tokens(bench.cache if name else None, name or "")

    def _trainer_class(self) -> Any:
        import trl

        found = getattr(trl, self.trainer)
        return split(found) if self.splits_batches else found


def assistant(text: str) -> list[dict[str, str]]:
    """`text` as the model's turn in a chat."""
    return [{"role": "assistant", "content": text}]


def reference(params: Training, model: Any) -> dict[str, Any]:
    """The model that a preference method holds to, as it is before training; with an adapter it is the frozen part.

    TRL would load it by its name, which a parent's weights do not have.
    """
    return {"ref_model": deepcopy(model)} if params.tuner == "full" else {}


def _newest(bench: Bench) -> str | None:
    if bench.checkpoints is None:
        return None
    found = bench.checkpoints.newest(lambda text: bench.emit("log", level="warning", text=text))
    return None if found is None else str(found)


def _trained(trainer: Any, seconds: float) -> Trained:
    losses = [logs["loss"] for logs in trainer.state.log_history if "loss" in logs]
    weights = trainer.model.parameters()
    return Trained(
        trainer.model,
        trainer.state.global_step,
        int(trainer.state.num_input_tokens_seen),
        seconds,
        losses[-1],
        sum(each.numel() for each in weights if each.requires_grad),
    )
