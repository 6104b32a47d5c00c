"""Operator `load`."""

from collections.abc import Iterable, Iterator

from pydantic import Field

from training import extensions
from training.data.catalogue import Row
from training.data.seeds import rng
from training.operators import Surroundings


class Load:
    """Adds the rows of sources in the task's catalogue after the rows that came before."""

    class Params(extensions.Params):
        sources: list[str] = Field(min_length=1, max_length=32)
        """Names of sources in the task's catalogue, in the order in which they are read."""
        rows: int | None = Field(default=None, ge=1, le=10_000_000)
        """Most rows taken from each source, drawn by the seed; without it all rows."""

    def __init__(self, params: Params, surroundings: Surroundings) -> None:
        self._sources = [
            surroundings.edition.source(name, field=f"{surroundings.field}.sources")
            for name in params.sources
        ]
        self._rows = params.rows
        self._seed = surroundings.seed
        self.note = ", ".join(f"{source.name} ({source.licence})" for source in self._sources)

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        yield from rows
        for source in self._sources:
            if self._rows is None or self._rows >= len(source.rows):
                yield from source.rows
            else:
                yield from rng(self._seed, "load", source.name).sample(source.rows, self._rows)
