"""What a training will take, from numbers alone: no model, no device, so it can be asked before any of them is paid for."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

MOST_SHARE = 0.03
"""Of the whole training's seconds, what its trial may cost."""
MOST_STEPS = 3
"""Optimizer steps of a trial: the first one is slow, the others tell the pace."""


@dataclass(frozen=True)
class Estimate:
    """Steps, seconds and bytes of one training."""

    source: Literal["trial", "training"]
    """Measured in the trial before, or over the first steps of the training itself."""
    steps: int
    seconds_a_step: float
    seconds: float
    bytes: int | None = None
    """Peak memory: of the device, or of the process where there is none; None where nothing tried the longest rows."""
    trial_steps: int = 0
    note: str = ""
    """Why there was no trial."""

    def facts(self) -> dict[str, Any]:
        """For the event and `result.json`; times to the millisecond."""
        rounded = {name: round(getattr(self, name), 3) for name in ("seconds_a_step", "seconds")}
        return {**asdict(self), **rounded}


def steps(rows: int, params: Mapping[str, Any]) -> int:
    """Optimizer steps that a method with these options makes on `rows` rows; of sampled completions each is a row."""
    if params.get("max_steps", -1) > 0:
        return int(params["max_steps"])
    of_one: int = params["per_device_train_batch_size"] * params["gradient_accumulation_steps"]
    rows_an_epoch: int = rows * params.get("num_generations", 1)
    epochs: float = params["num_train_epochs"]
    return math.ceil(math.ceil(rows_an_epoch / of_one) * epochs)


def seconds(steps: int, seconds_a_step: float) -> float:
    """Of a training of `steps` steps that each take `seconds_a_step`."""
    return steps * seconds_a_step


def trial_steps(seconds_a_step: float, whole_s: float, *, fixed_s: float) -> int:
    """How many steps a trial may have beside a training of `whole_s`, 0 to MOST_STEPS, to stay within MOST_SHARE.

    seconds_a_step: of a step on the longest rows. fixed_s: what a trial costs before its first step and after its last.
    """
    affordable = (MOST_SHARE * whole_s - fixed_s) / seconds_a_step
    return max(0, min(MOST_STEPS, math.floor(affordable)))


def typical_share(lengths: Sequence[int], batch_rows: int) -> float:
    """Expected longest of `batch_rows` rows drawn at random, over the longest of all, 0 to 1.

    A batch is padded to its longest row, so this is how a usual step compares with one on the longest rows.
    """
    ordered, count = sorted(lengths), len(lengths)
    if not ordered or not ordered[-1]:
        return 1.0
    chances = [(place / count) ** batch_rows for place in range(count + 1)]
    expected = sum(
        length * (chances[place + 1] - chances[place]) for place, length in enumerate(ordered)
    )
    return expected / ordered[-1]
