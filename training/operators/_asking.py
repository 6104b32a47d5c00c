"""What operators share that have a language model asked about each row."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, ClassVar

from pydantic import Field

from training import extensions
from training.asking import Answer, Ask, Asker, Prompt, Usage
from training.data import templates
from training.data.catalogue import Row
from training.data.reserved import KEYS
from training.errors import AskRefused, RecipeError
from training.operators import Operator, Surroundings

TEXT, ANSWER = "text", "answer"
"""Names in every template: the row's text and its answer, as the task reads them."""
MAX_AT_ONCE = 500
"""Prompts in one ask."""


class AskingParams(extensions.Params):
    """Options of every operator that asks."""

    max_tokens: int = Field(default=512, ge=1, le=100_000)
    """Longest answer, in tokens."""
    max_calls: int = Field(default=1_000, ge=1, le=10_000_000)
    """Most calls that this step may make in one run; answers from the cache are not counted."""
    max_cost_usd: float | None = Field(default=None, gt=0, le=1_000_000)
    """Cost in US dollars at which the step makes no more calls; a model without a known price is bound by `max_calls` alone."""
    batch: int = Field(default=32, ge=1, le=500)
    """Rows whose prompts are handed over at a time."""


class AskingOperator(Operator):
    """Asks in batches; dataset text stands in the user message alone, never in the system message."""

    asks: ClassVar[bool] = True

    def __init__(self, params: Any, around: Surroundings) -> None:
        super().__init__(params, around)
        self.asker = _asker(around)
        self._usage = Usage(model=self.asker.name)

    @property
    def note(self) -> str:
        """What was dropped, and what the answers used."""
        return f"{self.drops}; {self._usage}"

    def outside(self) -> Iterable[str]:
        """The model that answers."""
        yield self.asker.name

    def check_template(self, option: str, template: str) -> None:
        """Raises RecipeError for a name that no row can have."""
        known = sorted({*self.around.task.columns, *KEYS, TEXT, ANSWER})
        for name in templates.names(template):
            if name not in known:
                reason = f"names {name!r}, which is not one of {', '.join(known)}"
                raise RecipeError(f"{self.around.field}.{option}", template, reason)

    def fill(self, option: str, template: str, row: Row) -> str:
        """The template with the row's values. Raises RecipeError for a column that the row has not."""

        def value(name: str) -> str:
            if name in row:
                return str(row[name])
            if name == TEXT:
                return self.text(row)
            if name == ANSWER:
                return self.around.task.target(row)
            reason = f"names {name!r}, and the row {self.text(row)[:80]!r} has no such column"
            raise RecipeError(f"{self.around.field}.{option}", template, reason)

        return templates.fill(template, value)

    def answered(
        self,
        rows: Iterable[Row],
        *,
        system: str,
        user: tuple[str, str],
        seeds: Sequence[int] = (0,),
    ) -> Iterator[tuple[Row, Sequence[Answer]]]:
        """Each row with its answers, one for each of `seeds`; reads `batch` rows at a time.

        user: the option's name and the template in it. Raises AskRefused, RecipeError.
        """
        stream = iter(rows)
        while batch := list(islice(stream, self.params.batch)):
            prompts = [
                _prompt(system, self.fill(*user, row), seed=seed)
                for row in batch
                for seed in seeds
            ]
            answers = self._ask(prompts)
            for place, row in enumerate(batch):
                yield row, answers[place * len(seeds) : (place + 1) * len(seeds)]

    @property
    def temperature(self) -> float:
        """How freely the model draws; 0 gives the likeliest answer."""
        return 0.0

    def _ask(self, prompts: Sequence[Prompt]) -> Sequence[Answer]:
        answers: list[Answer] = []
        for start in range(0, len(prompts), MAX_AT_ONCE):
            found = self.asker.ask(self._batch(prompts[start : start + MAX_AT_ONCE]))
            self._usage = found.usage
            answers.extend(found.answers)
        return answers

    def _batch(self, prompts: Sequence[Prompt]) -> Ask:
        return Ask(
            step=self.around.field,
            prompts=tuple(prompts),
            temperature=self.temperature,
            max_tokens=self.params.max_tokens,
            max_calls=self.params.max_calls,
            max_cost_usd=self.params.max_cost_usd,
        )


def _prompt(system: str, user: str, *, seed: int) -> Prompt:
    messages = ({"role": "system", "content": system}, {"role": "user", "content": user})
    return Prompt(messages=messages, seed=seed)


def _asker(around: Surroundings) -> Asker:
    if around.asker is None:
        raise AskRefused(
            around.field,
            "nobody answers in this run; a language model is asked only in runs that a worker starts",
        )
    return around.asker
