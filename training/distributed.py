"""One training in several processes, one a device: who this is, and what all agree on.

The agreement goes over gloo, on the CPU, so that no device waits for it.
"""

import os
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

_PATIENCE = timedelta(days=1)
"""The Executor ends a run that stalls; the first process may evaluate for long while others wait."""
Value = TypeVar("Value")


def world() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Which of them this is, from 0; the first alone writes events, checkpoints and the result."""
    return int(os.environ.get("RANK", "0"))


def join(place: int, count: int, *, meeting: Path) -> None:
    """Become process `place` of `count`; returns when all have come. `meeting` is a file that is not there yet."""
    os.environ.update(
        RANK=str(place),
        LOCAL_RANK=str(place),
        WORLD_SIZE=str(count),
        LOCAL_WORLD_SIZE=str(count),
        GLOO_SOCKET_IFNAME="lo",
        NCCL_SOCKET_IFNAME="lo",
    )
    import torch

    gpu = torch.cuda.is_available()
    if gpu:
        torch.cuda.set_device(place)
    torch.distributed.init_process_group(
        "nccl" if gpu else "gloo",
        init_method=meeting.absolute().as_uri(),
        rank=place,
        world_size=count,
        timeout=_PATIENCE,
    )


def from_first(value: Value) -> Value:
    """What the first process gave, in every process; each must ask."""
    if world() == 1:
        return value
    import torch

    carried = [value]
    torch.distributed.broadcast_object_list(carried, src=0, group=_agreement())
    return carried[0]


def any_of(flag: bool) -> bool:  # the one thing that it is about
    """Whether `flag` is true in one process or more; each must ask."""
    if world() == 1:
        return flag
    import torch

    sum_ = torch.tensor([int(flag)])
    torch.distributed.all_reduce(sum_, group=_agreement())
    return bool(sum_.item())


@cache
def _agreement() -> Any:
    import torch

    return torch.distributed.new_group(backend="gloo", timeout=_PATIENCE)
