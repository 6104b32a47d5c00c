"""Operator `sample`."""

from collections.abc import Iterable, Iterator

from pydantic import Field

from training import extensions
from training.data.catalogue import Row
from training.data.seeds import rng
from training.operators import Operator


class Sample(Operator):
    """Draws rows without replacement and keeps their order; fewer rows than asked pass unchanged."""

    class Params(extensions.Params):
        rows: int = Field(ge=1, le=10_000_000)
        """Most rows that stay."""

    @property
    def note(self) -> str:
        """The limit."""
        return f"at most {self.params.rows} rows"

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        everything = list(rows)
        size = min(self.params.rows, len(everything))
        draw = rng(self.around.seed, self.around.field)
        kept = set(draw.sample(range(len(everything)), size))
        for place, row in enumerate(everything):
            if place in kept:
                yield row
            else:
                self.drop(row, "not drawn")
