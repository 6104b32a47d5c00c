"""Training method `cpt`."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from training.methods import Bench, Example
from training.methods._params import Training
from training.methods._trl import TrlMethod


class Cpt(TrlMethod["Cpt.Params"]):
    """Continued pre-training on plain text, every token counted, with TRL's SFTTrainer."""

    class Params(Training):
        max_length: int = Field(default=256, ge=8, le=131_072)
        """Most tokens of a text; longer texts are cut at the end."""
        train_sampling_strategy: Literal["auto", "random", "group_by_length", "sequential"] = (
            "auto"
        )
        """`sequential` reads rows as the data recipe leaves them; `auto` does so after `curriculum`, and else is `random`.
        `group_by_length` makes batches of rows of like length, in random order: the fastest, and another training than
        `random`, for each step then learns from short rows only or from long ones only."""

    trainer = "SFTTrainer"
    config = "SFTConfig"
    splits_batches = True
    token_options = ("max_length",)
    needs = ("text",)

    def dataset(self, examples: Sequence[Example], bench: Bench) -> dict[str, list[Any]]:
        """Texts; the trainer ends each with the end-of-sequence token."""
        return {"text": [example.text for example in examples]}
