"""Operator `curriculum`."""

from collections.abc import Iterable, Iterator
from typing import Literal

from training import extensions
from training.data.catalogue import Row
from training.operators import Operator


class Curriculum(Operator):
    """Orders rows by the length of their text in characters, equal ones as they came.

    Has an effect only with a training method that reads rows in order: random or grouped sampling undoes it.
    """

    class Params(extensions.Params):
        order: Literal["short_first", "long_first"] = "short_first"
        """Which rows come first."""

    @property
    def note(self) -> str:
        """The order."""
        return str(self.params.order).replace("_", " ")

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        longest = self.params.order == "long_first"
        return iter(sorted(rows, key=lambda row: len(self.text(row)), reverse=longest))
