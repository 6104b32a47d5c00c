"""Operator `filter_length`."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from training import extensions
from training.data.catalogue import Row
from training.errors import RecipeError
from training.operators import Operator


class FilterLength(Operator):
    """Keeps rows whose text is neither too short nor too long."""

    class Params(extensions.Params):
        unit: Literal["words", "characters", "tokens"] = "words"
        """What is counted; words are parted by white space, tokens are those of the base model."""
        minimum: int = Field(default=1, ge=0, le=1_000_000)
        """Shortest text that stays, in units."""
        maximum: int = Field(default=1_000, ge=1, le=1_000_000)
        """Longest text that stays, in units."""

        @model_validator(mode="after")
        def _in_order(self) -> Self:
            if self.minimum > self.maximum:
                raise ValueError(f"minimum={self.minimum} is above maximum={self.maximum}")
            return self

    def outside(self) -> Iterable[str]:
        """The tokenizer, where tokens are counted."""
        if self.params.unit == "tokens":
            yield hashlib.sha256(self._tokenizer().read_bytes()).hexdigest()

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        measure = self._measure()
        for row in rows:
            length = measure(self.text(row))
            if self.params.minimum <= length <= self.params.maximum:
                yield row
            else:
                short = length < self.params.minimum
                self.drop(row, f"too {'short' if short else 'long'}")

    def _measure(self) -> Callable[[str], int]:
        if self.params.unit == "characters":
            return len
        if self.params.unit == "words":
            return lambda text: len(text.split())
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._tokenizer()))
        return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)

    def _tokenizer(self) -> Path:
        path = self.around.base and self.around.base / "tokenizer.json"
        if path is None or not path.is_file():
            reason = "needs a base model with a tokenizer.json: count words or characters"
            raise RecipeError(f"{self.around.field}.unit", "tokens", reason)
        return path
