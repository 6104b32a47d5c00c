"""The other processes of a training on several devices: forked before CUDA starts, and never longer alive than the first.

Each holds two pipes to the first process: one through which it is let go on, and whose end ends it; one through which it
says how it ended. They stand in the run's process group, so that what kills the run kills them.
"""

import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from training import distributed
from training.errors import Cancelled, RankLost, TrainingError
from training.failures import reason

EXPLAINED_WITHIN_S = 2.0
"""How long after a process's end the first one may take to end by an error of its own."""
_DONE = b"done"
Follow = Callable[[Callable[[], object]], None]
"""The work of another process; it is given what to call before each replica, which waits for the first process."""


@dataclass(frozen=True)
class _Rank:
    place: int
    pid: int
    go: int
    report: int


class Ranks:
    """Processes 1 and up; the first process makes and ends them.

    fail: ends this process with a reason, whatever its main thread is waiting for.
    """

    def __init__(self, count: int, fail: Callable[[str], None]) -> None:
        self._count = count
        self._fail = fail
        self._ranks: list[_Rank] = []
        self._lost: list[str] = []
        self._is_lost = threading.Event()
        self._is_explained = threading.Event()
        self._is_over = False

    def start(self, follow: Follow, meeting: Path) -> None:
        """Fork the others, and meet them."""
        for place in range(1, self._count):
            self._ranks.append(self._fork(place, follow, meeting))
        for rank in self._ranks:
            threading.Thread(target=self._watch, args=(rank,), daemon=True).start()
        if self._ranks:
            distributed.join(0, self._count, meeting=meeting)

    def go(self) -> None:
        """Let the others begin the next replica."""
        for rank in self._ranks:
            with suppress(BrokenPipeError):
                os.write(rank.go, b".")

    def explain(self, error: Exception) -> Exception:
        """What went wrong: a connection that broke because another process ended is not the reason."""
        self._is_explained.set()
        if self._ranks and not isinstance(error, TrainingError):
            self._is_lost.wait(EXPLAINED_WITHIN_S)
        return RankLost(self._lost[0]) if self._lost else error

    def end(self) -> None:
        """End those that still run; returns when all are gone."""
        self._is_over = True
        self._is_explained.set()
        for rank in self._ranks:
            os.close(rank.go)
        killed_at = time.monotonic() + EXPLAINED_WITHIN_S
        for rank in self._ranks:
            while not _is_gone(rank.pid):
                time.sleep(0.02)
                if time.monotonic() > killed_at:
                    os.kill(rank.pid, signal.SIGKILL)

    def _fork(self, place: int, follow: Follow, meeting: Path) -> _Rank:
        go, go_end = os.pipe()
        report, report_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            for number in (go_end, report, *(each.go for each in self._ranks)):
                os.close(number)
            _become(place, go, report_end, lambda wait: self._meet(place, follow, meeting, wait))
        os.close(go)
        os.close(report_end)
        return _Rank(place, pid, go_end, report)

    def _meet(self, place: int, follow: Follow, meeting: Path, wait: Callable[[], object]) -> None:
        distributed.join(place, self._count, meeting=meeting)
        follow(wait)

    def _watch(self, rank: _Rank) -> None:
        """Wait for a process's end, and end the run when it is not a good one."""
        with os.fdopen(rank.report, "rb") as report:
            said = report.read()
        if said == _DONE or (self._is_over and not said):
            return
        words = said.decode("utf-8", "replace") or _how_it_ended(rank.pid)
        self._lost.append(f"Process {rank.place + 1} of {self._count} ended: {words}")
        self._is_lost.set()
        if not self._is_explained.wait(EXPLAINED_WITHIN_S):
            self._fail(self._lost[0])


@contextmanager
def started(
    count: int, follow: Follow, *, meeting: Path, fail: Callable[[str], None]
) -> Iterator[Ranks]:
    """`count` processes with this one as the first; the others are gone afterwards. Raises RankLost and the body's errors."""
    ranks = Ranks(count, fail)
    try:
        ranks.start(follow, meeting)
        yield ranks
    except Cancelled:
        raise
    except Exception as error:
        explained = ranks.explain(error)
        if explained is error:
            raise
        raise explained from error
    finally:
        ranks.end()


def _become(
    place: int, go: int, report: int, work: Callable[[Callable[[], object]], None]
) -> NoReturn:
    """In the forked process: work, say how it ended, and end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the first process says when to stop
    logging.basicConfig(level=logging.WARNING, force=True)
    turns = threading.Semaphore(0)
    threading.Thread(target=_end_with_first, args=(go, turns), daemon=True).start()
    said = _DONE
    try:
        work(turns.acquire)
    except Cancelled:
        pass
    except Exception as error:  # whatever it is, the first process tells it
        traceback.print_exc()
        said = reason(error).encode()
    os.write(report, said)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0 if said == _DONE else 1)


def _end_with_first(go: int, turns: threading.Semaphore) -> None:
    while os.read(go, 1):
        turns.release()
    os._exit(1)


def _is_gone(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _how_it_ended(pid: int) -> str:
    try:
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return "it left no reason"
    if status < 0:
        return f"signal {-status} ({signal.strsignal(-status)})"
    return f"exit status {status}"
