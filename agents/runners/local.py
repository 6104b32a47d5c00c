"""Training processes on this machine, forked from a warm parent that has imported the libraries."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path

from agents.errors import RunnerError
from agents.ports import Process
from agents.runners._processes import code
from agents.runners._processes.cold import Cold
from agents.runners._processes.groups import ask_to_end
from agents.runners._processes.warm import WarmParent
from training import extensions

CLOSE_GRACE_S = 5.0
"""From SIGTERM to SIGKILL, for all runs together; a run ends within 4 s (`training.ending.STOP_WITHIN_S`)."""


class Local:
    """Starts runs on this machine, each in a process group of its own.

    When this process dies, however it dies, its runs die too: they hold on to a pipe from it. The
    owner must not fork after the first start, for a fork would keep the other end of that pipe open.
    """

    name = "local"

    class Params(extensions.Params):
        warm: bool = True
        """Fork runs from a parent that has imported the libraries, which saves seconds for each run."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self._lock = threading.Lock()
        self._parent: WarmParent | None = None
        self._retired: list[WarmParent] = []
        self._cold: list[Cold] = []
        self._is_closed = False

    def warm_up(self) -> None:
        """Start the warm parent now instead of at the first run; returns at once."""
        if self._params.warm:
            self._living_parent()

    def start(self, run_dir: Path) -> Process:
        """Start the run described in `run_dir`. Raises RunnerError."""
        path = run_dir.absolute()
        # A parent that dies between two runs is replaced once; one that cannot start is done without.
        for _ in range(2 if self._params.warm else 0):
            parent = self._living_parent()
            try:
                return parent.start(path)
            except RunnerError:
                parent.close()
                if not parent.was_ready:
                    break
        words = ["training.run", str(path), "--lifeline"]
        return self._start_cold(words, path / "output.log")

    def start_tool(self, words: Sequence[str], *, output: Path) -> Process:
        """Start `python -m WORDS`, one of our own programs, with what it prints in `output`. Raises RunnerError."""
        return self._start_cold(words, output)

    def close(self) -> None:
        """End every process this runner started; runs in training save a checkpoint first."""
        with self._lock:
            self._is_closed = True
            parents = [parent for parent in (*self._retired, self._parent) if parent is not None]
            runs: list[Process] = [
                *self._cold,
                *(run for parent in parents for run in parent.running()),
            ]
        _end_together(runs)
        for parent in parents:
            parent.close()

    def _living_parent(self) -> WarmParent:
        with self._lock:
            self._refuse_if_closed()
            state = code.state()
            if self._parent is not None and self._parent.is_outdated(state):
                self._parent.retire()
                self._retired = [old for old in self._retired if old.is_alive]
                self._retired.append(self._parent)
                self._parent = None
            if self._parent is None or not self._parent.is_alive:
                self._parent = WarmParent(state)
            return self._parent

    def _start_cold(self, words: Sequence[str], output: Path) -> Process:
        with self._lock:
            self._refuse_if_closed()
            self._cold = [process for process in self._cold if process.poll() is None]
            self._cold.append(Cold(words, output))
            return self._cold[-1]

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise RunnerError("the local runner is closed and starts nothing any more")


def _end_together(runs: Sequence[Process]) -> None:
    """All are asked before the first is waited for, so that one grace serves them all."""
    for run in runs:
        if run.poll() is None:
            ask_to_end(run.pid)
    killed_at = time.monotonic() + CLOSE_GRACE_S
    for run in runs:
        run.stop(max(0.0, killed_at - time.monotonic()))
