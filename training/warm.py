"""Starts runs without the seconds of importing torch: `python -m training.warm`.

Reads `{"run_dir": PATH}` lines and forks one child for each. Writes `{"ready": true, "seconds": s}` once, then
`{"run_dir": PATH, "pid": N}` and `{"run_dir": PATH, "exit": status}` (negative: the signal) for each child, and
`{"error": text}` for a line that is no request. Children end with this process, however it ends.
"""

import contextlib
import gc
import importlib
import json
import os
import re
import runpy
import selectors
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

from training import extensions
from training.data.offline import ENVIRONMENT
from training.ending import STOP_WITHIN_S

_SECRET = re.compile(
    r"_API_KEY$|_TOKEN$|_SECRET$|_PASSWORD$|^AWS_|^DATABASE_URL$|^REDIS_URL$", re.IGNORECASE
)
_LOOK_EVERY_S = 0.05
_HELD = {signal.SIGCHLD, signal.SIGTERM}
# What a run needs of each library, since some load their parts on first use.
_IMPORTS = (
    ("torch", ()),
    (
        "transformers",
        (
            "AutoModelForCausalLM",
            "AutoTokenizer",
            "LlamaForCausalLM",
            "PrinterCallback",
            "Trainer",
        ),
    ),
    ("transformers.generation", ("GenerationMixin",)),
    ("datasets", ("Dataset",)),
    ("peft", ("LoraConfig", "get_peft_model")),
    ("trl", ("SFTConfig", "SFTTrainer")),
    ("datasketch", ("MinHash", "MinHashLSH")),
    ("training.experiment", ()),
)


def scrub(environment: dict[str, str] | os._Environ[str]) -> None:
    """Remove what grants access to other services: keys, tokens, passwords, addresses of databases."""
    for name in [name for name in environment if _SECRET.search(name)]:
        del environment[name]


class WarmParent:
    """One process, one thread: a signal or a request wakes it, and it never waits for a child."""

    def __init__(self, requests: int, replies: int) -> None:
        self._requests = requests
        self._replies = replies
        self._buffer = b""
        self._children: dict[int, str] = {}
        # Only this process holds the write end, so children see its end as the end of the file.
        self._lifeline, self._lifeline_end = os.pipe()
        self._wake, self._wake_end = os.pipe()
        os.set_blocking(self._wake_end, False)

    def serve(self) -> int:
        """Answer requests until they end or SIGTERM arrives; the exit status."""
        for number in _HELD:
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(self._wake_end)
        status = None
        with selectors.DefaultSelector() as selector:
            selector.register(self._requests, selectors.EVENT_READ, self._on_request)
            selector.register(self._wake, selectors.EVENT_READ, self._on_signal)
            while status is None:
                for key, _ in selector.select():
                    status = key.data() if status is None else status
        if status:
            self._ask_all()
        self._kill_all()
        return int(status)

    def reply(self, **fields: Any) -> None:
        """Write one line for the supervisor."""
        os.write(self._replies, (json.dumps(fields) + "\n").encode())

    def _on_signal(self) -> int | None:
        numbers = os.read(self._wake, 4096)
        self._reap()
        return 128 + signal.SIGTERM if signal.SIGTERM in numbers else None

    def _on_request(self) -> int | None:
        chunk = os.read(self._requests, 65536)
        *lines, self._buffer = (self._buffer + chunk).split(b"\n")
        for line in filter(bytes.strip, lines):
            self._start(line)
        return None if chunk else 0

    def _start(self, line: bytes) -> None:
        try:
            run_dir = str(json.loads(line)["run_dir"])
        except (ValueError, KeyError, TypeError):
            self.reply(error=f"{line[:200]!r} is not a request like {{'run_dir': PATH}}")
            return
        pid = self._fork(run_dir)
        self._children[pid] = run_dir
        self.reply(run_dir=run_dir, pid=pid)

    def _fork(self, run_dir: str) -> int:
        leads, leads_end = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
        pid = os.fork()
        if pid == 0:
            self._become_run(run_dir, leads_end)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD)
        os.close(leads_end)
        # Whoever learns the pid may kill its group: wait until the child leads one.
        os.read(leads, 1)
        os.close(leads)
        return pid

    def _become_run(self, run_dir: str, leads_end: int) -> NoReturn:
        """In the child: own group, own output, the lifeline as standard input; then be `training.run`."""
        status = 1
        try:
            os.setsid()
            os.close(leads_end)
            self._take_streams(run_dir)
            signal.set_wakeup_fd(-1)
            for number in _HELD:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD)
            status = _run(run_dir)
        finally:
            os._exit(status)

    def _take_streams(self, run_dir: str) -> None:
        os.dup2(self._lifeline, 0)
        with (Path(run_dir) / "output.log").open("ab") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        for number in (
            self._lifeline,
            self._lifeline_end,
            self._wake,
            self._wake_end,
            self._replies,
        ):
            os.close(number)

    def _reap(self) -> None:
        for pid, run_dir in list(self._children.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                del self._children[pid]
                self.reply(run_dir=run_dir, exit=os.waitstatus_to_exitcode(status))

    def _ask_all(self) -> None:
        """SIGTERM to all, and time to save a checkpoint; their owner's pipe is still open."""
        for pid in self._children:
            os.killpg(pid, signal.SIGTERM)
        killed_at = time.monotonic() + STOP_WITHIN_S + 1
        while self._children and time.monotonic() < killed_at:
            time.sleep(_LOOK_EVERY_S)
            self._reap()

    def _kill_all(self) -> None:
        for pid in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _run(run_dir: str) -> int:
    """The same program as `python -m training.run RUN_DIR --lifeline`, in this process."""
    sys.argv = ["training.run", run_dir, "--lifeline"]
    try:
        runpy.run_module("training.run", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _import_libraries() -> None:
    for name, parts in _IMPORTS:
        module = importlib.import_module(name)
        for part in parts:
            getattr(module, part)
    for package in (
        extensions.OPERATORS,
        extensions.METHODS,
        extensions.TASKS,
        extensions.METRICS,
    ):
        for name in extensions.names(package):
            # A broken file fails the runs that use it, with its own error, and no other.
            with contextlib.suppress(Exception):
                extensions.load(package, name)
    # Collections in children would copy every shared page.
    gc.collect()
    gc.freeze()


def main() -> int:
    """Command line."""
    started = time.monotonic()
    os.environ.update(ENVIRONMENT)
    scrub(os.environ)
    parent = WarmParent(0, os.dup(1))
    # Libraries that print must not speak on the line to the supervisor.
    os.dup2(2, 1)
    _import_libraries()
    parent.reply(ready=True, seconds=round(time.monotonic() - started, 3))
    return parent.serve()


if __name__ == "__main__":
    sys.exit(main())
