"""How a run ends: with one result, whoever is first to write it."""

import os
import signal
import threading
from types import FrameType
from typing import Any

from training.checkpoints import Checkpoints
from training.rundir import RunDir

EXIT_FAILED = 1
EXIT_CANCELLED = 128 + signal.SIGTERM
STOP_WITHIN_S = 4.0
"""From SIGTERM to the end, at most: a step longer than this costs its checkpoint, not the promise."""
_ASKED = "The run was asked to stop"


class Ending:
    """Writes the result once and answers SIGTERM.

    In training SIGTERM lets the step end and a checkpoint be saved, for at most STOP_WITHIN_S; at any other time it
    ends the process at once. More of them change nothing: a service manager signals every process of a worker, and
    then the worker asks its runs once more.
    """

    def __init__(self, run_dir: RunDir, known: dict[str, Any]) -> None:
        self.checkpoints: Checkpoints | None = None
        """Those of the training at work, or None when there is nothing to save."""
        self._run_dir = run_dir
        self._known = known
        self._first = threading.Lock()

    def watch(self) -> None:
        """Answer SIGTERM from now on."""
        signal.signal(signal.SIGTERM, self._on_sigterm)

    def finish(self, status: str, reason: str = "") -> None:
        """Write the result; returns only if no other end was first, for that one ends the process."""
        self._first.acquire()
        self._write(status, reason)

    def fail_now(self, reason: str) -> None:
        """End the process as failed, from any thread and whatever the main one waits for."""
        self._end_now("failed", reason, EXIT_FAILED)

    def stopped(self, step: int) -> str:
        """Why a run that saved `step` ended."""
        return f"{_ASKED}; step {step} is saved."

    def _on_sigterm(self, number: int, frame: FrameType | None) -> None:
        checkpoints = self.checkpoints
        if checkpoints is not None and checkpoints.stop_asked:
            return
        if checkpoints is None or not checkpoints.is_training:
            self._end_now()
            return
        checkpoints.stop_asked = True
        timer = threading.Timer(STOP_WITHIN_S, self._end_now)
        timer.daemon = True
        timer.start()

    def _end_now(
        self,
        status: str = "cancelled",
        reason: str = f"{_ASKED}.",
        exit_status: int = EXIT_CANCELLED,
    ) -> None:
        """End the process, whatever library is on the stack; nothing if its result is being written already."""
        if not self._first.acquire(blocking=False):
            return
        if self.checkpoints is not None:
            self.checkpoints.abandon()
        self._write(status, reason)
        os._exit(exit_status)

    def _write(self, status: str, reason: str) -> None:
        self._run_dir.sweep()
        self._run_dir.write_result({"status": status, "reason": reason, **self._known})
