"""Operator `balance`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal

from training import extensions
from training.data.catalogue import Row
from training.data.seeds import rng
from training.operators import Surroundings


class Balance:
    """Gives every label the same number of rows."""

    class Params(extensions.Params):
        mode: Literal["downsample", "upsample"] = "downsample"
        """Drop rows of frequent labels, or repeat rows of rare ones."""

    def __init__(self, params: Params, surroundings: Surroundings) -> None:
        self._mode = params.mode
        self._label = surroundings.label
        self._rng = rng(surroundings.seed, surroundings.field)
        self.note = ""

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        everything = list(rows)
        places: dict[str, list[int]] = defaultdict(list)
        for place, row in enumerate(everything):
            places[self._label(row)].append(place)
        self.note = ", ".join(f"{label}: {len(at)}" for label, at in sorted(places.items()))
        sizes = [len(at) for at in places.values()] or [0]
        size = min(sizes) if self._mode == "downsample" else max(sizes)
        kept = [place for _, at in sorted(places.items()) for place in self._resize(at, size)]
        return (everything[place] for place in sorted(kept))

    def _resize(self, places: list[int], size: int) -> list[int]:
        if size <= len(places):
            return self._rng.sample(places, size)
        return places + self._rng.choices(places, k=size - len(places))
