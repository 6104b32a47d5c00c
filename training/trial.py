"""A few optimizer steps on the longest rows before a training: what would break it breaks here, early and cheaply.

The model that was tried is thrown away and loaded anew, and the training seeds after that, so it is bit for bit the
training that it would have been without.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from training import estimate, extensions
from training.errors import RecipeError, TrialFailed
from training.estimate import Estimate
from training.failures import reason
from training.memory import peak_bytes, watch_peak
from training.methods import Bench, Example, Method
from training.pace import Pace, following
from training.recipe import Step

SET_UP_S = 0.5
"""What a trial costs beside its steps and the second loading of the model: a trainer is made and thrown away."""
TOO_SHORT = f"no trial: it would cost more than {estimate.MOST_SHARE:.0%} of so short a training"
_PASSES = 3
"""A step is at least a forward and a backward pass, and the latter costs about two of the former."""


class Trial:
    """What a few steps of `step`, on the longest of `examples`, will show of the whole training."""

    def __init__(self, step: Step, examples: Sequence[Example]) -> None:
        self.steps = estimate.steps(len(examples), step.params)
        """Of the whole training."""
        self._step = step
        self._rows = step.params["per_device_train_batch_size"]
        self._passes = step.params["gradient_accumulation_steps"]
        lengths = [_length(example) for example in examples]
        order = sorted(range(len(examples)), key=lambda place: -lengths[place])
        self._longest = [examples[place] for place in order[: self._rows * self._passes]]
        self._typical = estimate.typical_share(lengths, self._rows)

    def affordable(self, bench: Bench, *, load_s: float) -> int:
        """How many steps of a trial this training can pay for; 0 when it is too short for one.

        Judged by a forward pass, since a training that is short must not pay for a better judgement.
        """
        if self.steps * estimate.MOST_SHARE < 1:
            return 0
        step_s = _PASSES * self._passes * _forward_s(self._longest[: self._rows], bench)
        whole_s = estimate.seconds(self.steps, step_s * self._typical)
        return estimate.trial_steps(step_s, whole_s, fixed_s=load_s + SET_UP_S)

    def run(self, bench: Bench, steps: int) -> Estimate:
        """Train `steps` steps; afterwards the bench's model is of no use. Raises TrialFailed, RecipeError."""
        pace = Pace()
        found = extensions.load(extensions.METHODS, self._step.use)
        method: Method = found(
            found.Params.model_validate({**self._step.params, "max_steps": steps})
        )
        watch_peak()
        try:
            trained = method.train(self._longest, _quiet(bench, pace))
        except RecipeError:
            raise  # nothing was tried: the recipe asks for what is not there
        except Exception as error:
            # Whatever any library raises here, the training would raise it later.
            raise TrialFailed(len(pace.step_s), steps, reason(error)) from error
        # A method that runs no callbacks of ours still says how long it took.
        step_s = pace.seconds_a_step if pace.step_s else trained.seconds / trained.steps
        whole_s = estimate.seconds(self.steps, step_s * self._typical)
        return Estimate("trial", self.steps, step_s, whole_s, peak_bytes(), steps)


def _quiet(bench: Bench, pace: Pace) -> Bench:
    """The same bench in a corner of its own: no checkpoints, no events, another folder."""
    return replace(
        bench,
        folder=bench.folder / "trial",
        emit=_ignore,
        checkpoints=None,
        callbacks=(following(pace),),
    )


def _ignore(kind: Any, **fields: Any) -> None:
    """What a trial's trainer tells is not of the training."""


def _length(example: Example) -> int:
    """Characters that a method may read; as good as tokens for comparing rows of one task."""
    return len(_text(example)) + len(example.rejected or "")


def _text(example: Example) -> str:
    return "\n".join([*(turn["content"] for turn in example.prompt), example.completion])


def _forward_s(examples: Sequence[Example], bench: Bench) -> float:
    """Seconds of one forward pass over one batch; the faster of two, since the first also warms up."""
    return min(_passed_s(examples, bench), _passed_s(examples, bench))


def _passed_s(examples: Sequence[Example], bench: Bench) -> float:
    import torch

    from training.evaluate.batches import encode, pad_right, pad_token

    rows = encode([_text(example) for example in examples], bench.tokenizer)
    device = bench.model.device
    ids, mask = pad_right(rows, pad=pad_token(bench.tokenizer), device=device)
    started = time.monotonic()
    with torch.inference_mode():
        bench.model(input_ids=ids, attention_mask=mask)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.monotonic() - started


def lacks_options(params: Mapping[str, Any]) -> bool:
    """Whether a method says too little of its batches to be tried."""
    known = {"max_steps", "per_device_train_batch_size", "gradient_accumulation_steps"}
    return not known <= params.keys()
