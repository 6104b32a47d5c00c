"""How a training process has a language model asked, though it holds no key: files in the run's folder.

The process writes `asks/0001.json`; whoever watches the run writes `answers/0001.json`, and meanwhile how
many prompts are answered into `answers/0001.progress`. Every file appears whole, under its name, at once.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from training.errors import AskRefused
from training.recipe import RunSpec

POLL_S = 0.1
IDLE_S = 600.0
"""So long without one more answer, and whoever should answer does not; a call gives up long before."""
MAX_PROMPTS = 1_000
MAX_ASK_BYTES = 64 * 1024 * 1024
_ASKS, _ANSWERS = "asks", "answers"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Prompt(_Frozen):
    """Chat messages, each {"role", "content"}, and a seed that tells samples of the same messages apart."""

    messages: tuple[dict[str, str], ...] = Field(min_length=1)
    seed: int = 0


class Ask(_Frozen):
    """A batch of prompts of one data step, and what the step may spend in this run."""

    step: str
    """Dotted path of the step in the recipe: `data.1.llm_generate`."""
    prompts: tuple[Prompt, ...] = Field(max_length=MAX_PROMPTS)
    temperature: float = 1.0
    max_tokens: int = 512
    """Longest answer, in tokens."""
    max_calls: int
    """Most calls of the step that a provider may bill; answers from the cache are none."""
    max_cost_usd: float | None = None


class Answer(_Frozen):
    """What the model said, or why it said nothing to this one prompt."""

    text: str | None
    problem: str = ""


class Usage(_Frozen):
    """What a step has used so far in this run."""

    model: str = ""
    calls: int = 0
    cached: int = 0
    """Answers that an earlier run on this machine had got."""
    retries: int = 0
    """Requests that the provider turned away and that were sent again."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = 0.0
    """By litellm's price list; None when that has no price for the model."""

    def __str__(self) -> str:
        cost = "cost unknown" if self.cost_usd is None else f"${self.cost_usd:.4f}"
        tokens = self.prompt_tokens + self.completion_tokens
        calls = f"{self.calls} calls, {self.cached} answers from the cache"
        return f"{self.model}: {calls}, {tokens} tokens, {cost}"


class Answers(_Frozen):
    """One answer for each prompt, in order; or a refusal, and then none."""

    answers: tuple[Answer, ...] = ()
    usage: Usage = Usage()
    refusal: str = ""


class Asker(Protocol):
    """Has batches of prompts answered."""

    name: str
    """The model that answers and where it runs; different models, different names."""

    def ask(self, ask: Ask) -> Answers:
        """An answer for each prompt, in order. Raises AskRefused."""


class Asking:
    """The training process's end: hands over asks and waits for the answers, one batch at a time.

    name: as `RunSpec.answerer`. emit: writes the run's events, which tell that waiting is not stalling.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        emit: Callable[..., None],
        *,
        wait: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._folder = folder
        self._emit = emit
        self._wait = wait
        self._clock = clock
        self._asked = 0

    def ask(self, ask: Ask) -> Answers:
        """An answer for each prompt, in order. Raises AskRefused."""
        self._asked += 1
        number = f"{self._asked:04}"
        _write(self._folder / _ASKS / f"{number}.json", ask.model_dump_json())
        answers = self._await(number, ask)
        if answers.refusal:
            raise AskRefused(ask.step, answers.refusal)
        if len(answers.answers) != len(ask.prompts):
            came = f"{len(answers.answers)} answers came for {len(ask.prompts)} prompts"
            raise AskRefused(ask.step, came)
        return answers

    def _await(self, number: str, ask: Ask) -> Answers:
        """SIGTERM ends the process from here as from anywhere else (`training.ending`)."""
        path, done, heard_at = self._folder / _ANSWERS / f"{number}.json", -1, self._clock()
        while (found := _read(path)) is None:
            now_done = _progress(path.with_suffix(".progress"))
            if now_done > done:
                done, heard_at = now_done, self._clock()
                self._tell(done, ask)
            if self._clock() - heard_at > IDLE_S:
                raise AskRefused(ask.step, f"no answer came for {IDLE_S:g} s")
            self._wait(POLL_S)
        self._tell(len(ask.prompts), ask)
        return _answers(found, ask)

    def _tell(self, done: int, ask: Ask) -> None:
        total = len(ask.prompts)
        self._emit("progress", stage="prepare", done=done, total=total, unit="answers")


class Counter:
    """The answering end: takes up a run's asks one after the other and hands back answers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._taken = 0
        self._told = -1

    def take(self) -> Ask | None:
        """The next ask, None while there is none. Raises AskRefused when it cannot be read as one."""
        path = self._folder / _ASKS / f"{self._taken + 1:04}.json"
        if not path.is_file():
            return None
        self._taken, self._told = self._taken + 1, -1
        if path.stat().st_size > MAX_ASK_BYTES:
            raise AskRefused(path.name, f"it is larger than {MAX_ASK_BYTES} bytes")
        try:
            return Ask.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise AskRefused(
                path.name, f"{error.error_count()} of its fields are wrong"
            ) from error

    def tell(self, done: int) -> None:
        """How many prompts of the ask taken last are answered; written when it has changed."""
        if done != self._told:
            self._told = done
            _write(self._place(".progress"), str(done))

    def give(self, answers: Answers) -> None:
        """The answers to the ask taken last."""
        _write(self._place(".json"), json.dumps(answers.model_dump()))

    def _place(self, suffix: str) -> Path:
        return self._folder / _ANSWERS / f"{self._taken:04}{suffix}"


def of(spec: RunSpec, folder: Path, emit: Callable[..., None]) -> Asking | None:
    """The asking end for a run in `folder`; None when nobody watches who answers."""
    return None if spec.answerer is None else Asking(folder, spec.answerer, emit)


def _answers(found: Any, ask: Ask) -> Answers:
    try:
        return Answers.model_validate(found)
    except ValidationError as error:
        raise AskRefused(ask.step, f"the answers cannot be read: {error}") from error


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None


def _progress(path: Path) -> int:
    found = _read(path)
    return found if isinstance(found, int) else -1


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, "utf-8")
    temporary.replace(path)
