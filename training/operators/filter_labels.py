"""Operator `filter_labels`."""

from collections.abc import Iterable, Iterator

from pydantic import Field

from training import extensions
from training.data.catalogue import Row
from training.operators import Operator


class FilterLabels(Operator):
    """Keeps rows with one of the labels."""

    class Params(extensions.Params):
        labels: list[str] = Field(default=[], max_length=1_000)
        """Labels that stay, as the task names them; none given keeps every row."""

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        wanted = set(self.params.labels)
        for row in rows:
            label = self.around.task.gold(row)
            if not wanted or label in wanted:
                yield row
            else:
                self.drop(row, f"label {label}")
