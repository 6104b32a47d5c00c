"""Which devices this machine has, and which of them a process sees; neither starts CUDA."""

import ctypes
import os
from collections.abc import Sequence
from itertools import takewhile

from training.errors import RecipeError

CPU_DEVICES = "TREX_CPU_DEVICES"
"""Declares processes on the CPU where there is no CUDA device, so that training on several can be tried."""


def available() -> tuple[str, ...]:
    """Names as CUDA_VISIBLE_DEVICES takes them, or `cpu0` …; empty where the CPU is not divided. Raises RecipeError."""
    return _cuda() or tuple(f"cpu{place}" for place in range(_declared()))


def refuse_too_many(count: int) -> None:
    """Raises RecipeError when this machine has fewer than `count` devices; every machine can do one training."""
    found = len(available())
    if count > max(1, found):
        kind = "CPU" if found and not _cuda() else "CUDA"
        raise RecipeError(
            "recipe.devices", count, f"is too many: this machine has {found} {kind} devices"
        )


def take(names: Sequence[str], count: int) -> None:
    """Let this process see the devices `names`, or without names the first `count`; before CUDA starts.

    Raises RecipeError where there are not as many.
    """
    refuse_too_many(count)
    taken = names or available()[:count]
    if _cuda():
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(taken)


def _cuda() -> tuple[str, ...]:
    found = tuple(str(place) for place in range(_count()))
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None or not found:
        return found
    return tuple(takewhile(lambda name: name not in ("", "-1"), visible.split(",")))


def _count() -> int:
    """CUDA devices by the driver's management library, which needs no context on any of them."""
    try:
        library = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return 0
    count = ctypes.c_uint(0)
    if library.nvmlInit_v2() or library.nvmlDeviceGetCount_v2(ctypes.byref(count)):
        return 0
    library.nvmlShutdown()
    return count.value


def _declared() -> int:
    text = os.environ.get(CPU_DEVICES, "0")
    if not text.isascii() or not text.isdigit():
        raise RecipeError(CPU_DEVICES, text, "is not a whole number")
    return int(text)
