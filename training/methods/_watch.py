"""Follows a trainer: its values become events, and a run whose loss is lost ends with the reason."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from training.errors import Diverged
from training.methods import Emit

LOSS_BOUND = 50.0
"""Nats a token; guessing evenly over a vocabulary of a million tokens costs 14."""
_LOGGED = {"loss", "learning_rate", "grad_norm", "mean_token_accuracy", "entropy", "kl"}
_LOGGED |= {"reward", "reward_std", "completions/mean_length"}
_LOGGED |= {"rewards/accuracies", "rewards/margins", "rewards/chosen", "rewards/rejected"}
_LOGGED |= {"accuracy", "margin"}
_PROGRESS_EVERY_S = 0.25
_NOT_A_DISTRIBUTION = "probability tensor contains either `inf`, `nan` or element < 0"


class _Watch:
    """Turns the trainer's callbacks into events."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._told_at = -math.inf

    def on_log(
        self, args: Any, state: Any, control: Any, *, logs: dict[str, Any], **_: Any
    ) -> None:
        """Emit the values of this step. Raises Diverged."""
        if "loss" not in logs:
            return
        values = {name: value for name, value in logs.items() if name in _LOGGED}
        self._emit("metric", step=state.global_step, values=values)
        if not abs(logs["loss"]) <= LOSS_BOUND:
            raise Diverged(
                f"loss={logs['loss']:.4g} at step {state.global_step} is past {LOSS_BOUND:g}: the training diverged"
            )

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        """Emit progress, at most four times a second; have the last step logged, and so checked."""
        last = state.global_step == state.max_steps
        if last or time.monotonic() - self._told_at >= _PROGRESS_EVERY_S:
            self._told_at = time.monotonic()
            self._emit(
                "progress",
                stage="train",
                done=state.global_step,
                total=state.max_steps,
                unit="steps",
            )
        control.should_log = control.should_log or last
        return control


def watch(emit: Emit) -> Any:
    """The trainer demands its own base class, which only a training process may import."""
    from transformers import TrainerCallback

    class Watch(_Watch, TrainerCallback):  # type: ignore[misc]  # transformers ships no types we follow
        pass

    return Watch(emit)


@contextmanager
def sampling(trainer: Any) -> Iterator[None]:
    """Raises Diverged where torch refuses to sample a completion from probabilities that are no numbers."""
    try:
        yield
    except RuntimeError as error:
        if _NOT_A_DISTRIBUTION not in str(error):
            raise
        raise Diverged(
            f"loss=nan at step {trainer.state.global_step}: the model's next-token probabilities are no numbers"
        ) from error
