"""What to do when memory is short: fewer rows at a time, the same step; and how much was needed."""

import gc
import resource
import sys

from pydantic import ValidationError

from training import distributed, extensions
from training.recipe import Step

_BATCH = ("per_device_train_batch_size", "gradient_accumulation_steps")


def smaller(step: Step) -> Step | None:
    """The step with half the rows in memory and twice the passes, or None where that cannot be."""
    # Processes that train together cannot start over: one that broke off leaves the others waiting for it.
    if distributed.world() > 1:
        return None
    rows, passes = (step.params.get(name) for name in _BATCH)
    if not isinstance(rows, int) or not isinstance(passes, int) or rows < 2:
        return None
    changed = dict(zip(_BATCH, (rows // 2, passes * 2), strict=True))
    halved = step.model_copy(update={"params": {**step.params, **changed}})
    try:
        extensions.load(extensions.METHODS, step.use).Params.model_validate(halved.params)
    except ValidationError:
        return None
    return halved


def free() -> None:
    """Give back what the attempt that failed still holds."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def watch_peak() -> None:
    """Measure the peak of a device from now on; that of a process is of its whole life."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def peak_bytes() -> int:
    """Most memory held at once: on a GPU by tensors since `watch_peak`, else by this process since its start."""
    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def batch(step: Step) -> dict[str, int]:
    """How the step divides its rows, for `result.json`."""
    return {name: step.params[name] for name in _BATCH}
