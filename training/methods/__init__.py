"""Training methods: each changes a model from examples, the same way for the same seed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from training.checkpoints import Checkpoints
from training.data.catalogue import Row


@dataclass(frozen=True)
class Example:
    """Chat messages and the answer that the model should learn to give; what only some methods need may be None."""

    prompt: list[dict[str, str]]
    completion: str
    rejected: str | None = None
    """A worse answer than `completion`."""
    desirable: bool | None = None
    """Whether `completion` is an answer to give; None where nobody said."""
    text: str | None = None
    """Plain text, for continued pre-training."""
    row: Row | None = None
    """The row that this example was made from, for rewards."""


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
    reward: Callable[[str, Row], float] | None = None
    """How good a completion (its text) is for a row, by the task's metric; more is better."""
    checkpoints: Checkpoints | None = None
    """Where training is saved and resumed from; None keeps nothing."""
    callbacks: tuple[Any, ...] = ()
    """Callbacks of transformers that follow the trainer beside the method's own."""
    in_order: bool = False
    """Whether the data recipe has put the rows into an order that training has to keep."""
    cache: Path | None = None
    """Folder of results by content hash that all runs on this machine share; None caches nothing."""


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
        """Train on `examples`.

        Raises RecipeError when the examples or this machine lack what the method needs, Diverged when the loss is
        NaN, infinite or past its bound.
        """
        ...
