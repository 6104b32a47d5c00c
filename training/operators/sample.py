"""Operator `sample`."""

from collections.abc import Iterable, Iterator

from pydantic import Field

from training import extensions
from training.data.catalogue import Row
from training.data.seeds import rng
from training.operators import Surroundings


class Sample:
    """Draws rows without replacement and keeps their order; fewer rows than asked pass unchanged."""

    class Params(extensions.Params):
        rows: int = Field(ge=1, le=10_000_000)
        """Most rows that stay."""

    def __init__(self, params: Params, surroundings: Surroundings) -> None:
        self._rows = params.rows
        self._rng = rng(surroundings.seed, surroundings.field)
        self.note = f"at most {params.rows} rows"

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        everything = list(rows)
        kept = sorted(self._rng.sample(range(len(everything)), min(self._rows, len(everything))))
        return (everything[at] for at in kept)
