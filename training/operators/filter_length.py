"""Operator `filter_length`."""

from collections.abc import Iterable, Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from training import extensions
from training.data.catalogue import Row
from training.operators import Surroundings


class FilterLength:
    """Keeps rows whose text is neither too short nor too long."""

    class Params(extensions.Params):
        unit: Literal["words", "characters"] = "words"
        """What is counted; words are parted by white space."""
        minimum: int = Field(default=1, ge=0, le=1_000_000)
        """Shortest text that stays, in units."""
        maximum: int = Field(default=1_000, ge=1, le=1_000_000)
        """Longest text that stays, in units."""

        @model_validator(mode="after")
        def _in_order(self) -> Self:
            if self.minimum > self.maximum:
                raise ValueError(f"minimum={self.minimum} is above maximum={self.maximum}")
            return self

    def __init__(self, params: Params, surroundings: Surroundings) -> None:
        self._params = params
        self._text = surroundings.text
        self.note = f"{params.minimum} to {params.maximum} {params.unit}"

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        low, high = self._params.minimum, self._params.maximum
        return (row for row in rows if low <= self._length(self._text(row)) <= high)

    def _length(self, text: str) -> int:
        return len(text.split()) if self._params.unit == "words" else len(text)
