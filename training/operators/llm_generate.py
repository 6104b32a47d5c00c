"""Operator `llm_generate`."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import Field, field_validator

from training.asking import Answer
from training.data import templates
from training.data.catalogue import Row
from training.data.reserved import GENERATOR, SOURCE, rewritten
from training.data.seeds import rng
from training.errors import RowRefused
from training.operators import Surroundings
from training.operators._asking import AskingOperator, AskingParams

_FORMAT = "Answer with one JSON object and nothing else. It has these keys: {columns}."


class LlmGenerate(AskingOperator):
    """Has a language model write new rows from each row, as JSON in the task's own columns; answers that are no such row are dropped.

    A new row's `source` is `llm_generate:` and the source of the row it was written from, `generator` is the model, and
    `origin` is that row's text, so that decontamination looks at both.
    """

    class Params(AskingParams):
        template: str = Field(
            default=(
                "Write one new example in the manner of this one, about something else and in "
                "other words, with the same answer.\n\nText: {text}\nAnswer: {answer}"
            ),
            min_length=1,
            max_length=20_000,
        )
        """What the model is asked about each row; `{column}` stands for a column of the row, `{text}` and `{answer}` for what the task reads in it, `{{` for a brace."""
        system: str = Field(
            default="You write training examples for a language model. Vary subject, length and wording.",
            max_length=20_000,
        )
        """What the model is told before each question; the form of the answer is added to it."""
        samples: int = Field(default=1, ge=1, le=100)
        """Answers asked for about each row; equal ones among them are kept once."""
        temperature: float = Field(default=1.0, ge=0, le=2)
        """How freely the model draws its answers; at 0 the samples of a row are all the same."""
        draw: int = Field(default=0, ge=0, le=1_000_000)
        """Another number asks for other answers; the recipe's seed does not, because repeating an experiment should cost nothing."""
        keep: bool = True
        """Whether the rows that came in go on too, each before those written from it."""

        @field_validator("template")
        @classmethod
        def _names(cls, template: str) -> str:
            templates.names(template)
            return template

    _written = 0

    def __init__(self, params: Params, around: Surroundings) -> None:
        super().__init__(params, around)
        self.check_template("template", params.template)

    @property
    def note(self) -> str:
        """Rows written, answers dropped, and what the answers used."""
        return f"{self._written} rows written; {super().note}"

    @property
    def temperature(self) -> float:
        """As the recipe says."""
        return float(self.params.temperature)

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        user, seeds = ("template", self.params.template), self._seeds()
        found = self.answered(rows, system=self._system(), user=user, seeds=seeds)
        for row, answers in found:
            if self.params.keep:
                yield row
            yield from self._new(row, answers)

    def _seeds(self) -> list[int]:
        return [
            rng(self.params.draw, "llm_generate", str(sample)).getrandbits(31)
            for sample in range(self.params.samples)
        ]

    def _system(self) -> str:
        columns = "; ".join(f"{name!r}: {what}" for name, what in self.around.task.columns.items())
        return f"{self.params.system}\n\n{_FORMAT.format(columns=columns)}".strip()

    def _new(self, row: Row, answers: Iterable[Answer]) -> Iterator[Row]:
        told: list[Row] = []
        for answer in answers:
            written = self._read(answer)
            if written is None:
                continue
            if written in told:
                self.drops.add(str(answer.text), "said twice")
                continue
            told.append(written)
            self._written += 1
            yield self._signed(written, row)

    def _read(self, answer: Answer) -> Row | None:
        """The row in an answer; None, and counted, when there is none."""
        if answer.text is None:
            self.drops.add(answer.problem, "not answered")
            return None
        try:
            return self.around.task.row(_object(answer.text))
        except (ValueError, KeyError):
            self.drops.add(answer.text, "no JSON object with the columns")
        except RowRefused as error:
            self.drops.add(answer.text, f"wrong {error.column}")
        return None

    def _signed(self, written: Row, row: Row) -> Row:
        source = f"llm_generate:{row.get(SOURCE, '')}".rstrip(":")
        signed = {**written, SOURCE: source, GENERATOR: self.asker.name}
        return rewritten(row, signed, text=self.text(row))


def _object(text: str) -> dict[str, Any]:
    """The JSON object that begins at the first brace. Raises ValueError."""
    found, _ = json.JSONDecoder().raw_decode(text, text.index("{"))
    return dict(found)
