"""Supervised fine-tuning that tells what each process ends with, and in which a planned accident hits the second."""

import hashlib
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from training import distributed
from training.methods import Bench, Example, Trained
from training.methods.sft import Sft


class Twins(Sft):
    """Accidents come from the environment, because a second attempt at a recipe is spared them."""

    def train(self, examples: Sequence[Example], bench: Bench) -> Trained:
        trained = super().train(examples, replace(bench, emit=_accidents(bench)))
        if told := os.environ.get("TWINS_TELL"):
            (Path(told) / str(distributed.rank())).write_text(_digest(trained.model))
        return trained


def _digest(model: Any) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode() + tensor.numpy().tobytes())
    return digest.hexdigest()


def _accidents(bench: Bench) -> Any:
    def emit(kind: str, **fields: Any) -> None:
        bench.emit(kind, **fields)
        if distributed.rank() == 0 or kind != "metric":
            return
        if "TWINS_SECOND_DIES" in os.environ:
            os.kill(os.getpid(), signal.SIGKILL)
        if "TWINS_SECOND_HANGS" in os.environ:
            time.sleep(600)
        if "TWINS_SECOND_FAILS" in os.environ:
            raise OSError("the second has no network")

    return emit
