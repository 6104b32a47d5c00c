"""Training method `dpo`."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from training.methods import Bench, Example
from training.methods._params import Training
from training.methods._trl import TrlMethod, assistant, reference


class Dpo(TrlMethod["Dpo.Params"]):
    """Direct preference optimization (arXiv:2305.18290) on pairs of a better and a worse answer, with TRL's DPOTrainer."""

    class Params(Training):
        learning_rate: float = Field(default=1e-4, ge=1e-7, le=1.0)
        """Peak step size of the optimizer."""
        max_length: int = Field(default=256, ge=8, le=131_072)
        """Most tokens of prompt and answer together; longer rows are cut at the end."""
        beta: float = Field(default=0.1, gt=0, le=100)
        """How strongly the model is held to the one that training began with; higher holds more."""
        loss_type: Literal["sigmoid", "hinge", "ipo", "robust", "apo_zero", "apo_down"] = "sigmoid"
        """How the margin between the two answers becomes a loss."""
        label_smoothing: float = Field(default=0.0, ge=0, lt=0.5)
        """Share of pairs believed to stand the wrong way round; `robust` demands more than 0."""

    trainer = "DPOTrainer"
    config = "DPOConfig"
    needs = ("rejected",)

    def dataset(self, examples: Sequence[Example], bench: Bench) -> dict[str, list[Any]]:
        """Prompts, better and worse answers."""
        return {
            "prompt": [example.prompt for example in examples],
            "chosen": [assistant(example.completion) for example in examples],
            "rejected": [assistant(example.rejected or "") for example in examples],
        }

    def extras(self, examples: Sequence[Example], bench: Bench) -> dict[str, Any]:
        """The model to hold to."""
        return reference(self.params, bench.model)
