"""Training method `reward`."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from pydantic import Field

from training.errors import RecipeError
from training.methods import Bench, Example
from training.methods._params import Training
from training.methods._trl import TrlMethod, assistant


class Reward(TrlMethod["Reward.Params"]):
    """A reward model (arXiv:2203.02155): learns to rate the better of two answers higher, with TRL's RewardTrainer.

    It writes nothing, so it has no score by the task's metric: the run tells its pairwise accuracy on validation rows.
    """

    class Params(Training):
        learning_rate: float = Field(default=1e-4, ge=1e-7, le=1.0)
        """Peak step size of the optimizer."""
        max_length: int = Field(default=256, ge=8, le=131_072)
        """Most tokens of prompt and answer together; pairs with a longer row are left out."""
        center_rewards_coefficient: float | None = Field(default=None, ge=0, le=100)
        """How strongly ratings are drawn to a mean of 0 (arXiv:2312.09244); null leaves them where they are."""

    trainer = "RewardTrainer"
    config = "RewardConfig"
    needs = ("rejected",)
    task_type = "SEQ_CLS"

    def model(self, bench: Bench) -> Any:
        """The model's body under a new head with one output, drawn by the seed. Raises RecipeError."""
        from transformers import AutoModelForSequenceClassification, set_seed

        config = deepcopy(bench.model.config)
        config.num_labels = 1
        set_seed(bench.seed)
        try:
            rating = AutoModelForSequenceClassification.from_config(
                config, dtype=bench.model.dtype
            )
        except ValueError as error:
            reason = f"has no form that rates answers for a model of type {config.model_type!r}"
            raise RecipeError("training.use", self.name(), reason) from error
        setattr(rating, rating.base_model_prefix, bench.model.base_model)
        return rating.to(bench.model.device)

    def dataset(self, examples: Sequence[Example], bench: Bench) -> dict[str, list[Any]]:
        """Prompts, better and worse answers."""
        return {
            "prompt": [example.prompt for example in examples],
            "chosen": [assistant(example.completion) for example in examples],
            "rejected": [assistant(example.rejected or "") for example in examples],
        }
