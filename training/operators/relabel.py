"""Operator `relabel`."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal, Protocol, runtime_checkable

from pydantic import Field

from training import extensions
from training.data.catalogue import Row
from training.data.reserved import COMPLETION, MESSAGES
from training.errors import RecipeError
from training.operators import Operator, Surroundings


@runtime_checkable
class Writable(Protocol):
    """A task whose rows can be given another label."""

    def relabelled(self, row: Row, label: str, /) -> Row:
        """The row with `label`, as `extract` names it."""
        ...


class Relabel(Operator):
    """Asks the model of a trained node for each row's label (its greedy answer), and drops or relabels rows where it disagrees."""

    class Params(extensions.Params):
        node: int = Field(ge=1, le=1_000_000)
        """Number in this project of a node that is done; its saved model predicts."""
        mode: Literal["drop", "replace"] = "drop"
        """`drop` leaves rows out whose label is not the predicted one, or for which none was; `replace` writes the predicted label."""

    node_option: ClassVar[str | None] = "node"

    def __init__(self, params: Params, around: Surroundings) -> None:
        super().__init__(params, around)
        self._counts: Counter[str] = Counter()

    @property
    def note(self) -> str:
        """How many agree, and what became of the others."""
        total, agreed = self._counts.total(), self._counts["agreed"]
        told = f"node {self.params.node} agrees with {agreed} of {total} labels"
        if self.params.mode == "drop":
            return f"{told}: {self.drops}"
        kept = (
            f", {self._counts['kept']} kept for want of an answer" if self._counts["kept"] else ""
        )
        return f"{told}: {self._counts['replaced']} replaced{kept}"

    def outside(self) -> Iterable[str]:
        """The node's model."""
        yield self.oracle.node_hash(self.params.node, field=f"{self.around.field}.node")

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        everything = list(rows)
        if self.params.mode == "replace":
            self._check_writable(everything)
        for row, answer in zip(everything, self._answers(everything), strict=True):
            yield from self._judged(row, self.around.task.extract(answer))

    def _answers(self, rows: list[Row]) -> list[str]:
        task = self.around.task
        return self.oracle.node_answers(
            self.params.node,
            [task.prompt(row) for row in rows],
            max_new_tokens=self.around.edition.answer_tokens(task.max_new_tokens),
            field=f"{self.around.field}.node",
        )

    def _judged(self, row: Row, predicted: str | None) -> Iterator[Row]:
        label = self.around.task.gold(row)
        if predicted == label:
            self._counts["agreed"] += 1
            yield row
        elif self.params.mode == "drop":
            self._counts["dropped"] += 1
            self.drop(row, f"label {label}, predicted {predicted or 'none'}")
        elif predicted is None:
            self._counts["kept"] += 1
            yield row
        else:
            self._counts["replaced"] += 1
            yield self._writable().relabelled(row, predicted)

    def _check_writable(self, rows: list[Row]) -> None:
        """Raises RecipeError where another label could not be written, or would not be what is trained on."""
        self._writable()
        shaped = next((key for row in rows for key in (COMPLETION, MESSAGES) if key in row), None)
        if shaped:
            reason = f"cannot change rows whose answer is written out in `{shaped}`: put it before that step"
            raise RecipeError(f"{self.around.field}.mode", "replace", reason)

    def _writable(self) -> Writable:
        task = self.around.task
        if not isinstance(task, Writable):
            raise RecipeError(
                f"{self.around.field}.mode",
                "replace",
                "needs a task that can write labels: use drop",
            )
        return task
