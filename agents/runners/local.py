"""Training processes on this machine, forked from a warm parent that has imported the libraries."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from typing import IO, Any, cast

from agents.errors import RunnerError
from agents.ports import Process
from training import extensions

START_TIMEOUT_S = 180.0
RUNS_OF_ONE_PARENT = 500
"""What a library leaks in a parent, each of its forks inherits; a new parent costs seconds."""
_POLL_S = 0.02
_GONE_WITHIN_S = 5.0
_CLOSE_GRACE_S = 3.0
_ALLOWED = frozenset(
    {
        "PATH",
        "HOME",
        "LANG",
        "LANGUAGE",
        "TZ",
        "USER",
        "TMPDIR",
        "VIRTUAL_ENV",
        "LD_LIBRARY_PATH",
        "XDG_CACHE_HOME",
    }
)
_ALLOWED_PREFIXES = (
    "LC_", "TREX_", "HF_", "TRANSFORMERS_", "TOKENIZERS_", "OMP_", "MKL_", "OPENBLAS_", "CUDA_", "NVIDIA_", "NCCL_",
    "HIP_", "ROCR_", "TORCH_", "PYTORCH_", "PYTHON",
)  # fmt: skip
_SECRET_WORDS = ("KEY", "SECRET", "TOKEN", "PASSWORD", "CREDENTIAL", "_URL", "_DSN")


def environment(source: Mapping[str, str]) -> dict[str, str]:
    """What of `source` a training process may see: an allow-list without anything named like a secret."""
    kept = {name: value for name, value in source.items() if _is_allowed(name)}
    kept.setdefault("HF_HUB_OFFLINE", "1")
    others = kept.get("PYTHONPATH", "").split(os.pathsep)
    kept["PYTHONPATH"] = os.pathsep.join([_project_root(), *filter(None, others)])
    return kept


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
        self._parent: _WarmParent | None = None
        self._retired: list[_WarmParent] = []
        self._cold: list[_Cold] = []
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
        """End every process this runner started."""
        with self._lock:
            self._is_closed = True
            parents, cold = [*self._retired, self._parent], self._cold
        for parent in filter(None, parents):
            parent.close()
        for process in cold:
            process.stop(_CLOSE_GRACE_S)

    def _living_parent(self) -> "_WarmParent":
        with self._lock:
            self._refuse_if_closed()
            code = _code_state()
            if self._parent is not None and self._parent.is_outdated(code):
                self._parent.retire()
                self._retired = [old for old in self._retired if old.is_alive]
                self._retired.append(self._parent)
                self._parent = None
            if self._parent is None or not self._parent.is_alive:
                self._parent = _WarmParent(code)
            return self._parent

    def _start_cold(self, words: Sequence[str], output: Path) -> Process:
        with self._lock:
            self._refuse_if_closed()
            self._cold = [process for process in self._cold if process.poll() is None]
            self._cold.append(_Cold(words, output))
            return self._cold[-1]

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise RunnerError("the local runner is closed and starts nothing any more")


class _Cold:
    """A program in a fresh interpreter."""

    def __init__(self, words: Sequence[str], output: Path) -> None:
        with output.open("ab") as written:
            self._popen = _spawn(words, stdout=written, stderr=subprocess.STDOUT)
        self.pid = self._popen.pid

    def poll(self) -> int | None:
        return self._popen.poll()

    def stop(self, grace_s: float) -> None:
        if self.poll() is None:
            _end_group(self.pid, self._wait, grace_s=grace_s)
        cast("IO[bytes]", self._popen.stdin).close()

    def _wait(self, timeout_s: float | None) -> bool:
        try:
            self._popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True


class _Warm:
    """A run forked by the warm parent, which reaps it and tells its status."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._status: int | None = None
        self._ended = threading.Event()

    def poll(self) -> int | None:
        return self._status

    def stop(self, grace_s: float) -> None:
        if not self._ended.is_set():
            _end_group(self.pid, self._ended.wait, grace_s=grace_s)

    def end(self, status: int) -> None:
        """Note that it ended."""
        self._status = status
        self._ended.set()


class _WarmParent:
    """`python -m training.warm` with a thread that reads its answers.

    It takes {"run_dir"} on its standard input and answers {"ready"} once, {"run_dir", "pid"} when a
    run has started and {"run_dir", "exit"} when it has ended, one JSON object a line.
    """

    def __init__(self, code: int) -> None:
        self._code = code
        self._started = 0
        self._is_retired = False
        self._popen = _spawn(["training.warm"], stdout=subprocess.PIPE)
        self._lock = threading.Lock()
        self._waiting: dict[str, Future[_Warm]] = {}
        self._running: dict[str, _Warm] = {}
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

    def retire(self) -> None:
        """End when the last of its runs has ended."""
        with self._lock:
            self._is_retired = True
            self._leave_if_idle()

    def start(self, path: Path) -> _Warm:
        """A run in `path`; waits until the parent is ready. Raises RunnerError."""
        future: Future[_Warm] = Future()
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
            self._running[path] = _Warm(answer["pid"])
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
            _signal_group(process.pid, signal.SIGKILL)
            process.end(-signal.SIGKILL)
        self._waiting.clear()
        self._running.clear()


def _spawn(words: Sequence[str], **streams: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", *words]
    try:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and modules; the path is an argument, no shell
            command,
            stdin=subprocess.PIPE,
            env=environment(os.environ),
            start_new_session=True,
            **streams,
        )
    except OSError as error:
        raise RunnerError(f"{' '.join(command)} cannot be started: {error}") from error


def _end_group(pgid: int, wait: Callable[[float | None], bool], *, grace_s: float) -> None:
    """SIGTERM, then SIGKILL after `grace_s`; returns when the leader is reaped and the group is gone."""
    _signal_group(pgid, signal.SIGTERM)
    wait(grace_s)
    _signal_group(pgid, signal.SIGKILL)
    wait(_GONE_WITHIN_S)
    give_up_at = time.monotonic() + _GONE_WITHIN_S
    while _signal_group(pgid, 0) and time.monotonic() < give_up_at:
        time.sleep(_POLL_S)


def _signal_group(pgid: int, number: int) -> bool:
    try:
        os.killpg(pgid, number)
    except ProcessLookupError:
        return False
    return True


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


def _is_allowed(name: str) -> bool:
    if any(word in name.upper() for word in _SECRET_WORDS):
        return False
    return name in _ALLOWED or name.startswith(_ALLOWED_PREFIXES)


def _code_state() -> int:
    """A number that changes when a file of the training package does; a glance at each file, about a millisecond."""
    files = sorted(_package().rglob("*.py"))
    return hash(tuple((str(path), path.stat().st_mtime_ns) for path in files))


def _project_root() -> str:
    return str(_package().parent)


def _package() -> Path:
    spec = importlib.util.find_spec("training")
    if spec is None or spec.origin is None:
        raise RunnerError("the package `training` cannot be found; is TREX Explorer installed?")
    return Path(spec.origin).parent
