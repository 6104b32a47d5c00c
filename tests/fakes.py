"""Stand-ins for the ports of agents: they do what the port promises, without processes or waiting."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from agents.errors import LeaseLost
from agents.ports import Proposal, Request, Say
from training.asking import Answers, Ask, Usage


class FakeClock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


class FakeProcess:
    """A process that takes one turn of its script at each poll, and then ends."""

    def __init__(self, turns: Sequence[Callable[[], None]], status: int | None = 0) -> None:
        self.pid = 4242
        self.stopped_with: list[float] = []
        self._turns = list(turns)
        self._status = status

    def poll(self) -> int | None:
        if self.is_stopped_alive:
            return -15
        if self._turns:
            self._turns.pop(0)()
            return None
        return self._status

    def stop(self, grace_s: float) -> None:
        self.stopped_with.append(grace_s)

    @property
    def is_stopped_alive(self) -> bool:
        """Whether it was stopped before its script had ended."""
        return bool(self.stopped_with) and (bool(self._turns) or self._status is None)


class FakeRunner:
    """Starts one prepared process; its script writes into the run directory."""

    name = "fake"

    def __init__(self, process: FakeProcess) -> None:
        self.process = process
        self.started: list[Path] = []
        self.closed = threading.Event()

    def start(self, run_dir: Path) -> FakeProcess:
        self.started.append(run_dir)
        return self.process

    def close(self) -> None:
        self.closed.set()


class FakeReport:
    """Keeps what it is told; loses the lease at the call that `loses_at` names."""

    def __init__(self, *, loses_beat: int | None = None, loses_emit: int | None = None) -> None:
        self.batches: list[list[dict[str, Any]]] = []
        self.beats = 0
        self.stop_reason = ""
        self._loses_beat = loses_beat
        self._loses_emit = loses_emit

    def emit(self, events: Sequence[Mapping[str, Any]]) -> None:
        if self._loses_emit == len(self.batches):
            raise LeaseLost("the lease has another owner")
        # As the database would: refuses what is no JSON.
        self.batches.append(json.loads(json.dumps(list(events), allow_nan=False)))

    def beat(self) -> None:
        if self._loses_beat == self.beats:
            raise LeaseLost("the lease has another owner")
        self.beats += 1

    @property
    def events(self) -> list[dict[str, Any]]:
        """Everything emitted, in order."""
        return [event for batch in self.batches for event in batch]


class FakeAnswerer:
    """Keeps what it is asked; a test answers by hand, on the futures in `pending`."""

    name = "fake/model"

    def __init__(self) -> None:
        self.asked: list[tuple[Ask, Usage]] = []
        self.tells: list[Callable[[int], None]] = []
        self.pending: list[Future[Answers]] = []

    def answer(self, ask: Ask, *, spent: Usage, tell: Callable[[int], None]) -> Future[Answers]:
        self.asked.append((ask, spent))
        self.tells.append(tell)
        self.pending.append(Future())
        return self.pending[-1]

    def close(self) -> None:
        for future in self.pending:
            future.cancel()


class ScriptedResearcher:
    """Answers each request with the next prepared list of recipes."""

    name = "scripted"
    title = "Scripted Researcher"

    def __init__(self, *answers: Sequence[Mapping[str, Any]]) -> None:
        self._answers = list(answers)
        self.requests: list[Request] = []

    def propose(self, request: Request, say: Say) -> Sequence[Proposal]:
        self.requests.append(request)
        say("I follow my script.")
        answer = self._answers.pop(0) if self._answers else []
        return [Proposal(f"recipe {place}", "scripted", one) for place, one in enumerate(answer)]
