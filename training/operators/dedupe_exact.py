"""Operator `dedupe_exact`."""

from collections.abc import Iterable, Iterator
from typing import Literal

from training import extensions
from training.data.catalogue import Row
from training.data.decontamination import normalise
from training.operators import Surroundings


class DedupeExact:
    """Keeps the first of rows whose texts are equal apart from case, punctuation and spacing."""

    class Params(extensions.Params):
        by: Literal["text", "text_and_label"] = "text"
        """What must be equal: the text alone, or the text and its label."""

    def __init__(self, params: Params, surroundings: Surroundings) -> None:
        self._with_label = params.by == "text_and_label"
        self._surroundings = surroundings
        self.note = ""

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        seen: set[tuple[tuple[str, ...], str]] = set()
        dropped = 0
        for row in rows:
            key = (normalise(self._surroundings.text(row)), self._label(row))
            dropped += key in seen
            if key not in seen:
                yield row
            seen.add(key)
        self.note = f"{dropped} repeated rows dropped"

    def _label(self, row: Row) -> str:
        return self._surroundings.label(row) if self._with_label else ""
