"""Operator `stratify`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import Field

from training import extensions
from training.data.catalogue import Row
from training.data.reserved import SOURCE
from training.data.seeds import rng
from training.operators import Operator


class Stratify(Operator):
    """Draws the same share of every group, at least one row each, and keeps the order: proportions stay."""

    class Params(extensions.Params):
        share: float = Field(default=0.5, gt=0, le=1)
        """Share of each group's rows that stays."""
        group: Literal["label", "source"] = "label"
        """What makes a group."""

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        everything = list(rows)
        places: dict[str, list[int]] = defaultdict(list)
        for place, row in enumerate(everything):
            places[self._group(row)].append(place)
        draw = rng(self.around.seed, self.around.field)
        kept: set[int] = set()
        for _, at in sorted(places.items()):
            kept.update(draw.sample(at, max(1, round(self.params.share * len(at)))))
        for place, row in enumerate(everything):
            if place in kept:
                yield row
            else:
                self.drop(row, "not drawn")

    def _group(self, row: Row) -> str:
        by_label = self.params.group == "label"
        return self.around.task.gold(row) if by_label else str(row.get(SOURCE, ""))
