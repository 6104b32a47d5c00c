"""What the methods share that sample completions and learn from the task's metric on them."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import Field, ValidationInfo, field_validator

from training.errors import RecipeError
from training.methods import Bench, Example
from training.methods._params import Training
from training.methods._trl import TrlMethod


class Sampling(Training):
    """How completions are drawn."""

    learning_rate: float = Field(default=1e-4, ge=1e-7, le=1.0)
    """Peak step size of the optimizer."""
    num_generations: int = Field(default=8, ge=2, le=256)
    """Completions of one prompt that are compared; divides the completions of an optimizer step, which are
    `per_device_train_batch_size` times `gradient_accumulation_steps`."""
    max_completion_length: int = Field(default=16, ge=1, le=32_768)
    """Most tokens of a completion."""
    temperature: float = Field(default=1.0, gt=0, le=10)
    """How evenly tokens are drawn; lower is closer to the likeliest."""
    top_p: float = Field(default=1.0, gt=0, le=1)
    """Tokens are drawn from the likeliest that together have this probability."""

    @field_validator("num_generations")
    @classmethod
    def _divides_the_step(cls, num_generations: int, known: ValidationInfo) -> int:
        rows = known.data.get("per_device_train_batch_size", 0)
        rows *= known.data.get("gradient_accumulation_steps", 0)
        if rows % num_generations:
            raise ValueError(f"does not divide the {rows} completions of an optimizer step")
        return num_generations


Options = TypeVar("Options", bound=Sampling)


class RewardedMethod(TrlMethod[Options]):
    """The reward of a completion is what the task's metric gives it for its row."""

    needs = ("row",)
    counts_tokens = False

    def check(self, examples: Sequence[Example], bench: Bench) -> None:
        """Raises RecipeError, also when the task has no reward or the rows do not fill a step."""
        super().check(examples, bench)
        self.check_prompts(examples, self.step_rows // self.params.num_generations)
        if bench.reward is None:
            raise RecipeError(
                "training.use", self.name(), "needs a task whose metric scores a row"
            )

    def dataset(self, examples: Sequence[Example], bench: Bench) -> dict[str, list[Any]]:
        """Prompts, and which example each is of."""
        return {
            "prompt": [example.prompt for example in examples],
            "place": list(range(len(examples))),
        }

    def reading(self, bench: Bench) -> dict[str, Any]:
        """TRL repeats prompts, and shuffles them by an option of its own."""
        return {"shuffle_dataset": not bench.in_order}

    def extras(self, examples: Sequence[Example], bench: Bench) -> dict[str, Any]:
        """The reward function."""
        return {"reward_funcs": _rewards(examples, bench)}

    def ready(self, trainer: Any, bench: Bench) -> None:
        """TRL takes the model to hold to from disk, where a parent's weights may not be."""
        if trainer.ref_model is not None:
            trainer.ref_model.load_state_dict(bench.model.state_dict())


def _rewards(examples: Sequence[Example], bench: Bench) -> Callable[..., list[float]]:
    score = bench.reward
    assert score is not None  # noqa: S101  # `check` ran before; this tells the type checker

    def task_reward(completions: list[Any], place: list[int], **_: Any) -> list[float]:
        texts = [turns[0]["content"] for turns in completions]
        rows = [examples[each].row or {} for each in place]
        return [score(text, row) for text, row in zip(texts, rows, strict=True)]

    return task_reward
