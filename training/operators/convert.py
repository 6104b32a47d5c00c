"""Operator `convert`."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from training import extensions
from training.data.catalogue import Row
from training.data.reserved import (
    COMPLETION,
    DESIRABLE,
    MESSAGES,
    PROMPT,
    REJECTED,
    TEXT,
)
from training.data.seeds import rng
from training.errors import RecipeError
from training.operators import Operator

_SHAPES = (TEXT, MESSAGES, PROMPT, REJECTED, DESIRABLE)


class Convert(Operator):
    """Gives rows the columns that a training method reads, as TRL names them; the task's columns stay.

    For preferences a row's worse answer is its own `rejected`, or one of the task's wrong answers, drawn by the seed.
    """

    class Params(extensions.Params):
        to: Literal[
            "text",
            "messages",
            "prompt",
            "prompt_completion",
            "preference",
            "unpaired_preference",
        ] = "prompt_completion"
        """`text`: the row's text alone; `preference` adds a worse answer to each row; `unpaired_preference` makes two rows of each: one answer to give and one to avoid."""

    @property
    def note(self) -> str:
        """The form, and what was dropped."""
        return f"to {self.params.to}: {self.drops}"

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        self._draw = rng(self.around.seed, self.around.field)
        shape = getattr(self, f"_{self.params.to}")
        for row in rows:
            yield from shape(row)

    def _text(self, row: Row) -> Iterator[Row]:
        yield _shaped(row, **{TEXT: self.text(row)})

    def _messages(self, row: Row) -> Iterator[Row]:
        answer = {"role": "assistant", "content": self._answer(row)}
        yield _shaped(row, **{MESSAGES: [*self.around.task.prompt(row), answer]})

    def _prompt(self, row: Row) -> Iterator[Row]:
        yield _shaped(row, **{PROMPT: self.around.task.prompt(row)})

    def _prompt_completion(self, row: Row) -> Iterator[Row]:
        prompt, answer = self.around.task.prompt(row), self._answer(row)
        yield _shaped(row, **{PROMPT: prompt, COMPLETION: answer})

    def _preference(self, row: Row) -> Iterator[Row]:
        if row.get(DESIRABLE) is False:
            self.drop(row, "has no answer to prefer")
        else:
            yield _shaped(row, **{COMPLETION: self._answer(row), REJECTED: self._worse(row)})

    def _unpaired_preference(self, row: Row) -> Iterator[Row]:
        answer = self._answer(row)
        if DESIRABLE in row:
            yield _shaped(row, **{COMPLETION: answer, DESIRABLE: row[DESIRABLE]})
            return
        yield _shaped(row, **{COMPLETION: answer, DESIRABLE: True})
        yield _shaped(row, **{COMPLETION: self._worse(row), DESIRABLE: False})

    def _answer(self, row: Row) -> str:
        return str(row.get(COMPLETION) or self.around.task.target(row))

    def _worse(self, row: Row) -> str:
        if row.get(REJECTED):
            return str(row[REJECTED])
        wrong = self.around.task.alternatives(row)
        if not wrong:
            reason = f"needs a worse answer for {self.text(row)[:80]!r}: load a `rejected` column"
            raise RecipeError(f"{self.around.field}.to", self.params.to, reason)
        return self._draw.choice(wrong)


def _shaped(row: Row, **columns: Any) -> Row:
    """The row in one shape: columns of another shape go."""
    return {key: value for key, value in row.items() if key not in _SHAPES} | columns
