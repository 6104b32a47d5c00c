"""Operator `augment`."""

from collections.abc import Iterable, Iterator
from random import Random

from pydantic import Field

from training import extensions
from training.data.catalogue import Row
from training.data.reserved import KEYS, rewritten
from training.data.seeds import rng
from training.operators import Operator


class Augment(Operator):
    """Adds noisy copies after each row: words left out and neighbours swapped, as in EDA (arXiv:1901.11196); labels stay.

    Leaving out a word such as `not` can make a label wrong. Only the columns that the row's text is made of change.
    """

    class Params(extensions.Params):
        copies: int = Field(default=1, ge=1, le=10)
        """Noisy copies of each row; copies that came out unchanged are left out."""
        word_dropout: float = Field(default=0.1, ge=0, le=0.9)
        """Chance of each word to be left out; one always stays."""
        word_swap: float = Field(default=0.1, ge=0, le=1)
        """Chance of each word to change places with the next."""

    _added = 0

    @property
    def note(self) -> str:
        """Copies added."""
        return f"{self._added} noisy copies added"

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        draw = rng(self.around.seed, self.around.field)
        for row in rows:
            yield row
            for _ in range(self.params.copies):
                copy = self._copy(row, draw)
                if self.text(copy) != self.text(row):
                    self._added += 1
                    yield copy

    def _copy(self, row: Row, draw: Random) -> Row:
        text = self.text(row)
        noisy = {
            key: self._noisy(value, draw)
            for key, value in row.items()
            if key not in KEYS and isinstance(value, str) and value.strip() and value in text
        }
        return rewritten(row, {**row, **noisy}, text=text)

    def _noisy(self, text: str, draw: Random) -> str:
        words = text.split()
        kept = [word for word in words if draw.random() >= self.params.word_dropout]
        kept = kept or [draw.choice(words)]
        for place in range(len(kept) - 1):
            if draw.random() < self.params.word_swap:
                kept[place], kept[place + 1] = kept[place + 1], kept[place]
        return " ".join(kept)
