"""What a run tells while it works, and what is known of its result so far."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from training.methods import Emit


class Journal:
    """`emit` writes an event; `known` becomes `result.json`, whenever the run ends."""

    def __init__(self, emit: Emit) -> None:
        self.emit = emit
        self.known: dict[str, Any] = {
            "metric": None,
            "score": None,
            "interval": None,
            "rows": 0,
            "train": None,
            "estimate": None,
            "timings": {},
            "parameters": None,
            "base_hash": None,
            "evaluated_with": None,
            "samples": [],
            "replicas": [],
        }

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Tell start and end; a stage that replicas repeat adds up."""
        self.emit("stage", stage=name, status="started")
        started = time.monotonic()
        yield
        seconds = round(time.monotonic() - started, 3)
        timings = self.known["timings"]
        timings[name] = round(timings.get(name, 0.0) + seconds, 3)
        self.emit("stage", stage=name, status="finished", seconds=seconds)
