"""Runs forked by a warm parent, a process that has imported the libraries once."""

import json
import signal
import subprocess
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from typing import IO, Any, cast

from agents.errors import RunnerError
from agents.runners._processes.groups import end_group, send, spawn

START_TIMEOUT_S = 180.0
RUNS_OF_ONE_PARENT = 500
"""What a library leaks in a parent, each of its forks inherits; a new parent costs seconds."""
_CLOSE_GRACE_S = 3.0


class Warm:
    """A run forked by the warm parent, which reaps it and tells its status."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._status: int | None = None
        self._ended = threading.Event()

    def poll(self) -> int | None:
        return self._status

    def stop(self, grace_s: float) -> None:
        if not self._ended.is_set():
            end_group(self.pid, self._ended.wait, grace_s=grace_s)

    def end(self, status: int) -> None:
        """Note that it ended."""
        self._status = status
        self._ended.set()


class WarmParent:
    """`python -m training.warm` with a thread that reads its answers.

    It takes {"run_dir"} on its standard input and answers {"ready"} once, {"run_dir", "pid"} when a
    run has started and {"run_dir", "exit"} when it has ended, one JSON object a line.
    """

    def __init__(self, code: int) -> None:
        self._code = code
        self._started = 0
        self._is_retired = False
        self._popen = spawn(["training.warm"], stdout=subprocess.PIPE)
        self._lock = threading.Lock()
        self._waiting: dict[str, Future[Warm]] = {}
        self._running: dict[str, Warm] = {}
        self.was_ready = False
        self._is_over = False
        threading.Thread(target=self._listen, name="warm-parent", daemon=True).start()

    @property
    def is_alive(self) -> bool:
        """Whether it can still be asked for runs."""
        return not self._is_over and self._popen.poll() is None

    def is_outdated(self, code: int) -> bool:
        """Whether it has imported other code than `code`, or has started enough runs."""
        return self._code != code or self._started >= RUNS_OF_ONE_PARENT

    def running(self) -> list[Warm]:
        """Its runs that have not ended."""
        with self._lock:
            return list(self._running.values())

    def retire(self) -> None:
        """End when the last of its runs has ended."""
        with self._lock:
            self._is_retired = True
            self._leave_if_idle()

    def start(self, path: Path) -> Warm:
        """A run in `path`; waits until the parent is ready. Raises RunnerError."""
        future: Future[Warm] = Future()
        with self._lock:
            if not self.is_alive:
                raise RunnerError("the warm parent has ended")
            self._started += 1
            self._waiting[str(path)] = future
            self._send({"run_dir": str(path)})
        try:
            return future.result(START_TIMEOUT_S)
        except FutureTimeout as error:
            raise RunnerError(
                f"the warm parent gave no answer in {START_TIMEOUT_S:g} s"
            ) from error

    def close(self) -> None:
        """End the parent and with it its runs; the pipe's end tells it to."""
        with self._lock:
            self._end_requests()
        try:
            self._popen.wait(_CLOSE_GRACE_S)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()

    def _end_requests(self) -> None:
        self._is_over = True
        stdin = cast("IO[bytes]", self._popen.stdin)
        if not stdin.closed:
            _close(stdin)

    def _leave_if_idle(self) -> None:
        if self._is_retired and not self._waiting and not self._running:
            self._end_requests()

    def _send(self, message: Mapping[str, Any]) -> None:
        stdin = cast("IO[bytes]", self._popen.stdin)
        try:
            stdin.write(json.dumps(message).encode() + b"\n")
            stdin.flush()
        except OSError as error:
            raise RunnerError(f"the warm parent does not listen: {error}") from error

    def _listen(self) -> None:
        for line in cast("IO[bytes]", self._popen.stdout):
            answer = _decoded(line)
            with self._lock:
                self._take(answer)
        with self._lock:
            self._give_up()
        self._popen.wait()

    def _take(self, answer: Mapping[str, Any]) -> None:
        path = answer.get("run_dir", "")
        if "ready" in answer:
            self.was_ready = True
        elif "pid" in answer and path in self._waiting:
            self._running[path] = Warm(answer["pid"])
            self._waiting.pop(path).set_result(self._running[path])
        elif "exit" in answer and path in self._running:
            self._running.pop(path).end(answer["exit"])
            self._leave_if_idle()

    def _give_up(self) -> None:
        """The parent is gone: nobody reaps or reports its runs any more, so they are ended."""
        self._is_over = True
        for future in self._waiting.values():
            future.set_exception(RunnerError("the warm parent ended before the run started"))
        for process in self._running.values():
            send(process.pid, signal.SIGKILL)
            process.end(-signal.SIGKILL)
        self._waiting.clear()
        self._running.clear()


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        return


def _decoded(line: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(line)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
