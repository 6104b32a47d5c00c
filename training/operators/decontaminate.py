"""Operator `decontaminate`."""

from collections.abc import Iterable, Iterator

from training import extensions
from training.data.catalogue import Row
from training.data.reserved import ORIGIN
from training.operators import Operator


class Decontaminate(Operator):
    """Drops rows that overlap validation or test rows; ends every recipe and has no options to weaken it.

    A row that an operator has rewritten is judged by the text it was loaded with too.
    """

    class Params(extensions.Params):
        pass

    @property
    def note(self) -> str:
        """Rows dropped by reason; which of the two splits they overlap is not said."""
        return f"overlap with validation and test rows: {self.drops}"

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            reason = self._reason(row)
            if reason:
                self.drop(row, reason)
            else:
                yield row

    def _reason(self, row: Row) -> str:
        guard = self.around.guard
        return guard.reason(self.text(row)) or (guard.reason(row[ORIGIN]) if ORIGIN in row else "")
