"""Operator `decontaminate`."""

from collections.abc import Iterable, Iterator

from training import extensions
from training.data.catalogue import Row
from training.operators import Surroundings


class Decontaminate:
    """Drops rows that overlap validation or test rows; ends every recipe and has no options to weaken it."""

    class Params(extensions.Params):
        pass

    def __init__(self, params: Params, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self.note = ""

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        dropped = 0
        for row in rows:
            if self._surroundings.guard.overlaps(self._surroundings.text(row)):
                dropped += 1
            else:
                yield row
        self.note = f"{dropped} rows overlapped validation or test rows and were dropped"
