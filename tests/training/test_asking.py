"""How a run has a language model asked through files, and what it says when nobody answers."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeClock
from tests.training.experiments import CLEAN, SHORT, run, spec
from training import asking
from training.asking import Answer, Answers, Ask, Asking, Counter, Prompt, Usage
from training.errors import AskRefused
from training.recipe import Step
from training.rundir import RunDir

SCORED = (CLEAN, Step(use="sample", params={"rows": 8}), Step(use="llm_score"))


def ask_of(*texts: str) -> Ask:
    prompts = tuple(Prompt(messages=({"role": "user", "content": text},)) for text in texts)
    return Ask(step="data.1.llm_score", prompts=prompts, max_calls=10)


def echo(ask: Ask) -> Answers:
    said = tuple(Answer(text=prompt.messages[0]["content"].upper()) for prompt in ask.prompts)
    return Answers(answers=said, usage=Usage(model="m", calls=len(said)))


class Waiting:
    """An asking end whose waiting takes one turn of a script each time, and no time of ours."""

    def __init__(self, folder: Path, *turns: Callable[[], object]) -> None:
        self.clock, self.told = FakeClock(), list[dict[str, Any]]()
        self._turns = list(turns)
        self.asking = Asking(folder, "m", self._emit, wait=self._wait, clock=self.clock)

    def _wait(self, seconds: float) -> None:
        self.clock.wait(seconds)
        if self._turns:
            self._turns.pop(0)()

    def _emit(self, kind: str, **fields: Any) -> None:
        self.told.append({"kind": kind, **fields})


def answering(counter: Counter, answer: Callable[[Ask], Answers] = echo) -> Callable[[], None]:
    def turn() -> None:
        ask = counter.take()
        assert ask is not None
        counter.give(answer(ask))

    return turn


def test_batches_are_answered_one_after_the_other(tmp_path: Path) -> None:
    counter = Counter(tmp_path)
    waiting = Waiting(tmp_path, answering(counter), answering(counter))

    found = [waiting.asking.ask(ask_of("a", "b\u2028é")), waiting.asking.ask(ask_of("c"))]

    assert [[each.text for each in one.answers] for one in found] == [["A", "B\u2028É"], ["C"]]
    names = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(names) == [
        "answers/0001.json",
        "answers/0002.json",
        "asks/0001.json",
        "asks/0002.json",
    ]
    assert counter.take() is None


def test_progress_is_told_when_there_is_some(tmp_path: Path) -> None:
    counter = Counter(tmp_path)
    turns: Sequence[Callable[[], object]] = (
        counter.take,
        lambda: counter.tell(1),
        lambda: None,
        lambda: counter.tell(1),
        lambda: counter.tell(2),
        lambda: counter.give(echo(ask_of("a", "b"))),
    )
    waiting = Waiting(tmp_path, *turns)

    waiting.asking.ask(ask_of("a", "b"))

    assert [event["done"] for event in waiting.told] == [1, 2, 2]
    assert waiting.told[0] == {
        "kind": "progress",
        "stage": "prepare",
        "done": 1,
        "total": 2,
        "unit": "answers",
    }


def test_who_gets_no_further_for_too_long_gives_up(tmp_path: Path) -> None:
    counter = Counter(tmp_path)
    waits = round(asking.IDLE_S / asking.POLL_S)
    late = [lambda: None] * (waits - 5)
    waiting = Waiting(tmp_path, counter.take, *late, lambda: counter.tell(1))

    with pytest.raises(
        AskRefused, match=r"data\.1\.llm_score got no answers: no answer came for 600"
    ):
        waiting.asking.ask(ask_of("a", "b"))

    assert 1.9 * asking.IDLE_S < waiting.clock.now < 2.1 * asking.IDLE_S


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (Answers(refusal="the budget is used up"), "got no answers: the budget is used up"),
        (Answers(answers=(Answer(text="a"),)), "1 answers came for 2 prompts"),
    ],
)
def test_a_refusal_is_an_error_in_one_sentence(
    answers: Answers, message: str, tmp_path: Path
) -> None:
    waiting = Waiting(tmp_path, answering(Counter(tmp_path), lambda ask: answers))

    with pytest.raises(AskRefused, match=message):
        waiting.asking.ask(ask_of("a", "b"))


def test_what_is_no_ask_is_refused(tmp_path: Path) -> None:
    (tmp_path / "asks").mkdir()
    (tmp_path / "asks" / "0001.json").write_text('{"step": 1}')

    with pytest.raises(AskRefused, match=r"0001\.json got no answers: .* of its fields are wrong"):
        Counter(tmp_path).take()


def test_a_half_written_ask_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "asks").mkdir()
    (tmp_path / "asks" / ".0001.json.tmp").write_text('{"step"')

    assert Counter(tmp_path).take() is None


def test_a_run_that_nobody_answers_fails_with_a_sentence(tmp_path: Path) -> None:
    _, result = run(tmp_path / "run", spec(SHORT, data=SCORED))

    assert result["status"] == "failed"
    assert result["reason"] == (
        "data.2.llm_score got no answers: nobody answers in this run; a language model is asked "
        "only in runs that a worker starts"
    )


def test_a_run_that_waits_for_answers_ends_at_sigterm(tmp_path: Path) -> None:
    run_dir = RunDir.create(tmp_path / "run", spec(SHORT, data=SCORED, answerer="m"))
    command = [sys.executable, "-m", "training.run", str(run_dir.path)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    ask = run_dir.path / "asks" / "0001.json"
    while not ask.exists():
        assert process.poll() is None
        time.sleep(0.02)

    asked_at = time.monotonic()
    process.send_signal(signal.SIGTERM)

    assert process.wait(10) == 143
    assert time.monotonic() - asked_at < 2
    result = run_dir.result()
    assert result is not None
    assert result["status"] == "cancelled"
    assert len(json.loads(ask.read_text())["prompts"]) == 8
