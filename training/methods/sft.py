"""Training method `sft`."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from training.methods import Bench, Example
from training.methods._params import Training
from training.methods._trl import TrlMethod, assistant


class Sft(TrlMethod["Sft.Params"]):
    """Supervised fine-tuning on prompts and answers with TRL's SFTTrainer, of all weights or of an adapter."""

    class Params(Training):
        max_length: int = Field(default=256, ge=8, le=131_072)
        """Most tokens of prompt and answer together; longer rows are cut at the end."""
        completion_only_loss: bool = True
        """Learn only to write the answer, and not the prompt too."""
        train_sampling_strategy: Literal["auto", "random", "group_by_length", "sequential"] = (
            "auto"
        )
        """`sequential` reads rows as the data recipe leaves them; `auto` does so after `curriculum`, and else is `random`.
        `group_by_length` makes batches of rows of like length, in random order: the fastest, and another training than
        `random`, for each step then learns from short rows only or from long ones only."""

    trainer = "SFTTrainer"
    config = "SFTConfig"
    splits_batches = True
    token_options = ("max_length", "completion_only_loss")

    def dataset(self, examples: Sequence[Example], bench: Bench) -> dict[str, list[Any]]:
        """Prompts and answers."""
        return {
            "prompt": [example.prompt for example in examples],
            "completion": [assistant(example.completion) for example in examples],
        }
