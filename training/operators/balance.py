"""Operator `balance`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal

from training import extensions
from training.data.catalogue import Row
from training.data.seeds import rng
from training.operators import Operator


class Balance(Operator):
    """Gives every label the same number of rows."""

    class Params(extensions.Params):
        mode: Literal["downsample", "upsample"] = "downsample"
        """Drop rows of frequent labels, or repeat rows of rare ones."""

    _sizes = ""

    @property
    def note(self) -> str:
        """Rows by label, before."""
        return self._sizes

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        everything = list(rows)
        places: dict[str, list[int]] = defaultdict(list)
        for place, row in enumerate(everything):
            places[self.around.task.gold(row)].append(place)
        self._sizes = ", ".join(f"{label}: {len(at)}" for label, at in sorted(places.items()))
        kept = sorted(self._kept(places))
        for place in sorted(set(range(len(everything))).difference(kept)):
            self.drop(everything[place], "more than the rarest label has")
        return (everything[place] for place in kept)

    def _kept(self, places: dict[str, list[int]]) -> Iterator[int]:
        draw = rng(self.around.seed, self.around.field)
        sizes = [len(at) for at in places.values()] or [0]
        size = min(sizes) if self.params.mode == "downsample" else max(sizes)
        for _, at in sorted(places.items()):
            if size <= len(at):
                yield from draw.sample(at, size)
            else:
                yield from at
                yield from draw.choices(at, k=size - len(at))
