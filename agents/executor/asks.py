"""Answers what one run asks, beside watching it: calls run in the answerer's thread, files are handled here."""

from concurrent.futures import Future
from typing import Any

from agents.ports import Answerer
from training.asking import Answers, Ask, Counter, Usage
from training.errors import AskRefused
from training.rundir import RunDir


class Asks:
    """The asks of one run, one after the other, and what each of its steps has used."""

    def __init__(self, run_dir: RunDir, answerer: Answerer | None) -> None:
        self._counter = Counter(run_dir.path)
        self._answerer = answerer
        self._spent: dict[str, Usage] = {}
        self._step = ""
        self._future: Future[Answers] | None = None
        self._done = 0

    def serve(self) -> list[dict[str, Any]]:
        """Take up a new ask, or hand over answers that have come; events that tell what was used.

        Never waits. Raises OSError when the disk refuses the answers.
        """
        if self._future is None:
            self._begin()
            return []
        if not self._future.done():
            self._counter.tell(self._done)
            return []
        return [self._end(self._result(self._future))]

    def close(self) -> None:
        """End the calls of a run that has ended."""
        if self._future is not None:
            self._future.cancel()

    def _begin(self) -> None:
        if self._answerer is None:
            return
        try:
            ask = self._counter.take()
        except AskRefused as error:
            self._counter.give(Answers(refusal=str(error)))
            return
        if ask is not None:
            self._step, self._done = ask.step, 0
            self._future = self._start(self._answerer, ask)

    def _start(self, answerer: Answerer, ask: Ask) -> Future[Answers]:
        spent = self._spent.get(ask.step, Usage())
        return answerer.answer(ask, spent=spent, tell=self._hear)

    def _result(self, future: Future[Answers]) -> Answers:
        if future.cancelled():
            return Answers(
                usage=self._spent.get(self._step, Usage()), refusal="the worker is closing"
            )
        return future.result()

    def _hear(self, done: int) -> None:
        self._done = done

    def _end(self, answers: Answers) -> dict[str, Any]:
        self._future = None
        self._spent[self._step] = answers.usage
        self._counter.give(answers)
        return {"kind": "llm", "step": self._step, **answers.usage.model_dump()}
