"""The Executor: one run from its folder to its result, watched all the way."""

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from agents.executor.asks import Asks
from agents.executor.batch import MAX_TEXT_CHARS, batch, storable
from agents.ports import Answerer, Process, Report, Runner
from training.rundir import RunDir

TICK_S = 0.15
EMIT_EVERY_S = 0.25
GRACE_S = 5.0
"""From SIGTERM to SIGKILL: a run saves a checkpoint and ends within 4 s (`training.ending.STOP_WITHIN_S`)."""
_TAIL_LINES = 20
_TAIL_BYTES = 64 * 1024


class Executor:
    """Executes runs with one runner; any number of threads may use it at once.

    beat_every_s: seconds between renewals of the lease. stall_after_s: seconds without any event
    after which a run is ended as stalled; being alive is not the same as making progress.
    answerer: answers what data steps ask a language model; None leaves them unanswered.
    """

    def __init__(
        self,
        runner: Runner,
        *,
        answerer: Answerer | None = None,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
        beat_every_s: float = 1.0,
        stall_after_s: float = 900.0,
    ) -> None:
        self._runner = runner
        self._answerer = answerer
        self._clock = clock
        self._wait = wait
        self._beat_every_s = beat_every_s
        self._stall_after_s = stall_after_s

    def execute(self, run_dir: RunDir, report: Report) -> dict[str, Any]:
        """Run to the end and return the result; a run that left none is failed with cause `lost`.

        A run that the report wants stopped is cancelled with cause `hopeless`, unless it had ended by then.
        Events go to `report` as {"kind", "data"}, at most four batches a second.
        Raises LeaseLost, after the process group is gone; RunnerError when nothing could start.
        """
        pulse = _Pulse(report, self._clock, self._beat_every_s)
        process = self._start(run_dir.path, pulse)
        feed = _Feed(run_dir, report, self._clock)
        asks = Asks(run_dir, self._answerer)
        try:
            is_stalled = self._watch(process, pulse=pulse, feed=feed, asks=asks)
        finally:
            asks.close()
            # Ended or not, by whatever error: nothing of this run may go on.
            process.stop(GRACE_S)
        feed.read()
        feed.flush()
        result = self._outcome(run_dir, process.poll(), is_stalled=is_stalled)
        return _unless_hopeless(result, report.stop_reason)

    def _start(self, path: Path, pulse: "_Pulse") -> Process:
        """Start in a thread, because a runner may need longer to warm up than the lease lasts."""
        with ThreadPoolExecutor(1) as pool:
            starting = pool.submit(self._runner.start, path)
            try:
                while not _is_done(starting):
                    pulse.beat()
            except BaseException:
                # Whatever ends the waiting, a process that did start must not be left to itself.
                if starting.exception() is None:
                    starting.result().stop(GRACE_S)
                raise
        return starting.result()

    def _watch(self, process: Process, *, pulse: "_Pulse", feed: "_Feed", asks: Asks) -> bool:
        """Wait for the end; True when the run made no progress for too long."""
        while process.poll() is None:
            pulse.beat()
            feed.read()
            feed.add(asks.serve())
            feed.flush_in_time()
            if feed.stop_reason:
                return False
            if self._clock() - feed.read_at > self._stall_after_s:
                return True
            self._wait(TICK_S)
        return False

    def _outcome(self, run_dir: RunDir, status: int | None, *, is_stalled: bool) -> dict[str, Any]:
        result = run_dir.result()
        # A stalled run was stopped by us, so its own "cancelled" is not the reason.
        if result is not None and not (is_stalled and result["status"] == "cancelled"):
            return result
        reason = _words(status)
        if is_stalled:
            reason = f"the training process made no progress for {self._stall_after_s:g} s"
        cause = "stalled" if is_stalled else "lost"
        return {"status": "failed", "reason": reason + _tail(run_dir.path), "cause": cause}


class _Pulse:
    """Renews the lease when it is time."""

    def __init__(self, report: Report, clock: Callable[[], float], every_s: float) -> None:
        self._report = report
        self._clock = clock
        self._every_s = every_s
        self._due_at = clock()

    def beat(self) -> None:
        """Renew if due. Raises LeaseLost."""
        if self._clock() >= self._due_at:
            self._report.beat()
            self._due_at = self._clock() + self._every_s


class _Feed:
    """Carries events from the run's folder to the report, in batches."""

    def __init__(self, run_dir: RunDir, report: Report, clock: Callable[[], float]) -> None:
        self._reader = run_dir.reader()
        self._report = report
        self._clock = clock
        self._pending: list[Mapping[str, Any]] = []
        self._flushed_at = clock() - EMIT_EVERY_S
        self.read_at = clock()
        """When the last event was read."""

    @property
    def stop_reason(self) -> str:
        """Why the report wants the run stopped; empty while it does not."""
        return self._report.stop_reason

    def read(self) -> None:
        """Take what the process wrote since the last call."""
        new = self._reader.read_new()
        if new:
            self._pending.extend(new)
            self.read_at = self._clock()

    def add(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Report these too; they are ours, and no progress of the process."""
        self._pending.extend(events)

    def flush_in_time(self) -> None:
        """Report what is pending unless the last batch is too fresh. Raises LeaseLost."""
        if self._clock() - self._flushed_at >= EMIT_EVERY_S:
            self.flush()

    def flush(self) -> None:
        """Report what is pending. Raises LeaseLost."""
        if self._pending:
            self._report.emit(batch(self._pending))
            self._pending = []
            self._flushed_at = self._clock()


def _unless_hopeless(result: dict[str, Any], stop_reason: str) -> dict[str, Any]:
    if not stop_reason or result["status"] == "done":
        return result
    return {**result, "status": "cancelled", "cause": "hopeless", "reason": stop_reason}


def _is_done(starting: Future[Process]) -> bool:
    try:
        starting.exception(timeout=TICK_S)
    except TimeoutError:
        return False
    return True


def _words(status: int | None) -> str:
    if status is not None and status < 0:
        name = signal.strsignal(-status)
        return f"the training process ended with signal {-status} ({name}) and left no result"
    return f"the training process ended with exit status {status} and left no result"


def _tail(path: Path) -> str:
    """The last lines of what the process printed, or nothing."""
    try:
        with (path / "output.log").open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()[-_TAIL_LINES:]
    except FileNotFoundError:
        return ""
    text = "\n".join(lines)[-(MAX_TEXT_CHARS - 200) :]
    return f"; its last output:\n{storable(text)}" if text else ""
