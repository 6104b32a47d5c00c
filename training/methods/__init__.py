"""Training methods: each changes a model from examples, the same way for the same seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from training.checkpoints import Checkpoints


@dataclass(frozen=True)
class Example:
    """Chat messages and the answer that the model should learn to give."""

    prompt: list[dict[str, str]]
    completion: str


class Emit(Protocol):
    """Writes one event of the run."""

    def __call__(self, kind: Any, **fields: Any) -> None: ...


@dataclass(frozen=True)
class Bench:
    """What a method works with: the loaded model, its tokenizer, a folder for scratch files, and the seed."""

    model: Any
    tokenizer: Any
    folder: Path
    emit: Emit
    seed: int
    checkpoints: Checkpoints | None = None
    """Where to save and resume from, through `checkpoints.safe`; None keeps none."""


@dataclass(frozen=True)
class Trained:
    """The model after training and what it took; `final_loss` is the mean of the last logged steps, in nats."""

    model: Any
    steps: int
    tokens: int
    seconds: float
    final_loss: float
    trainable: int

    def facts(self) -> dict[str, Any]:
        """For `result.json`."""
        return {
            "steps": self.steps,
            "tokens": self.tokens,
            "seconds": round(self.seconds, 3),
            "final_loss": self.final_loss,
        }


class Method(Protocol):
    """One file of this package."""

    def __init__(self, params: Any) -> None: ...

    def train(self, examples: Sequence[Example], bench: Bench) -> Trained:
        """Train on `examples`. Raises Diverged when the loss is NaN, infinite or past its bound."""
        ...
