"""Operator `dedupe_exact`."""

from collections.abc import Iterable, Iterator
from typing import Literal

from training import extensions
from training.data.catalogue import Row
from training.data.decontamination import normalise
from training.operators import Operator


class DedupeExact(Operator):
    """Keeps the first of rows whose texts are equal apart from case, punctuation and spacing."""

    class Params(extensions.Params):
        by: Literal["text", "text_and_label"] = "text"
        """What must be equal: the text alone, or the text and its label."""

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        seen: set[tuple[tuple[str, ...], str]] = set()
        for row in rows:
            key = (normalise(self.text(row)), self._label(row))
            if key in seen:
                self.drop(row, "repeated")
            else:
                seen.add(key)
                yield row

    def _label(self, row: Row) -> str:
        return self.around.task.gold(row) if self.params.by == "text_and_label" else ""
