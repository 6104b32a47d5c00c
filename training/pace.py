"""How long a trainer's steps take, from its callbacks."""

import time
from collections.abc import Callable
from typing import Any

from training.estimate import MOST_STEPS, Estimate

Clock = Callable[[], float]


class Pace:
    """Seconds of each optimizer step so far; `step_s` is empty until one has ended."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.step_s: list[float] = []
        self._clock = clock
        self._last = 0.0

    @property
    def seconds_a_step(self) -> float:
        """Mean without the first step, which also pays for what is made once; raises ZeroDivisionError without steps."""
        counted = self.step_s[1:] or self.step_s
        return sum(counted) / len(counted)

    def begin(self) -> None:
        """The next step starts now."""
        self._last = self._clock()

    def step(self) -> None:
        """A step has ended, and the next one starts."""
        now = self._clock()
        self.step_s.append(now - self._last)
        self._last = now


def following(pace: Pace) -> Any:
    """A callback that measures every step and has it logged, so that a lost loss is found at its step."""
    from transformers import TrainerCallback

    class Following(TrainerCallback):  # type: ignore[misc]  # transformers ships no types we follow
        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            pace.begin()

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
            pace.step()
            control.should_log = True
            return control

    return Following()


def telling(tell: Callable[[Estimate], None], *, note: str) -> Any:
    """A callback that tells an estimate of this training after its first steps; it changes nothing of it.

    note: why there was no trial. A training that resumes, or is over by then, tells none.
    """
    from transformers import TrainerCallback

    pace = Pace()

    class Telling(TrainerCallback):  # type: ignore[misc]  # transformers ships no types we follow
        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            pace.begin()

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            pace.step()
            if state.global_step == len(pace.step_s) == MOST_STEPS < state.max_steps:
                tell(_estimate(pace, state.max_steps, note))

    return Telling()


def _estimate(pace: Pace, steps: int, note: str) -> Estimate:
    left = steps - len(pace.step_s)
    whole_s = sum(pace.step_s) + left * pace.seconds_a_step
    return Estimate("training", steps, pace.seconds_a_step, whole_s, note=note)
