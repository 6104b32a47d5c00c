"""Operator `load`."""

from collections.abc import Iterable, Iterator

from pydantic import Field

from training import extensions
from training.data.catalogue import Row
from training.data.reserved import SOURCE
from training.data.seeds import rng
from training.operators import Operator, Surroundings


class Load(Operator):
    """Adds the rows of sources in the task's catalogue after the rows that came before."""

    class Params(extensions.Params):
        sources: list[str] = Field(min_length=1, max_length=32)
        """Names of sources in the task's catalogue, in the order in which they are read."""
        rows: int | None = Field(default=None, ge=1, le=10_000_000)
        """Most rows taken from each source, drawn by the seed; without it all rows."""

    def __init__(self, params: Params, around: Surroundings) -> None:
        super().__init__(params, around)
        self._sources = [
            around.edition.source(name, field=f"{around.field}.sources") for name in params.sources
        ]

    @property
    def note(self) -> str:
        """Each source with its licence."""
        return ", ".join(f"{source.name} ({source.licence})" for source in self._sources)

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        yield from rows
        for source in self._sources:
            drawn: Iterable[Row] = source.rows
            if self.params.rows is not None and self.params.rows < len(source.rows):
                draw = rng(self.around.seed, "load", source.name)
                drawn = draw.sample(source.rows, self.params.rows)
            yield from ({**row, SOURCE: source.name} for row in drawn)
