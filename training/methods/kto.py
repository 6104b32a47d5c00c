"""Training method `kto`."""

import random
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from pydantic import Field

from training.methods import Bench, Example
from training.methods._params import Training
from training.methods._trl import TrlMethod, assistant, reference


class Kto(TrlMethod["Kto.Params"]):
    """Kahneman-Tversky optimization (arXiv:2402.01306) on answers marked good or bad, with TRL's KTOTrainer."""

    class Params(Training):
        learning_rate: float = Field(default=1e-4, ge=1e-7, le=1.0)
        """Peak step size of the optimizer."""
        per_device_train_batch_size: int = Field(default=16, ge=2, le=1_024)
        """Rows in one forward pass; the loss compares each with the other answers of the pass."""
        max_length: int = Field(default=256, ge=8, le=131_072)
        """Most tokens of prompt and answer together; longer rows are cut at the end."""
        beta: float = Field(default=0.1, gt=0, le=100)
        """How strongly the model is held to the one that training began with; higher holds more."""
        loss_type: Literal["kto", "apo_zero_unpaired"] = "kto"
        """`apo_zero_unpaired` leaves out the comparison with other answers."""
        desirable_weight: float = Field(default=1.0, gt=0, le=100)
        """Weight of good answers; raise it where they are few."""
        undesirable_weight: float = Field(default=1.0, gt=0, le=100)
        """Weight of bad answers; raise it where they are few."""

    trainer = "KTOTrainer"
    config = "KTOConfig"
    unordered = "sequential"
    needs = ("desirable", "rejected")

    def dataset(self, examples: Sequence[Example], bench: Bench) -> dict[str, list[Any]]:
        """Prompts, answers and their marks; a pair makes two rows."""
        marked = [each for example in examples for each in _marked(example)]
        # TRL reads KTO data in the order given, since it pairs the answers of a batch beforehand.
        if not bench.in_order:
            random.Random(bench.seed).shuffle(marked)  # noqa: S311  # nothing secret
        prompts, answers, marks = zip(*marked, strict=True)
        return {
            "prompt": list(prompts),
            "completion": [assistant(answer) for answer in answers],
            "label": list(marks),
        }

    def extras(self, examples: Sequence[Example], bench: Bench) -> dict[str, Any]:
        """The model to hold to."""
        return reference(self.params, bench.model)


def _marked(example: Example) -> Iterator[tuple[list[dict[str, str]], str, bool]]:
    yield example.prompt, example.completion, example.desirable is not False
    if example.rejected is not None:
        yield example.prompt, example.rejected, False
