"""Operator `curriculum`."""

import math
from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from training import extensions
from training.data import conversations
from training.data.catalogue import Row
from training.errors import RecipeError
from training.operators import Operator


class Curriculum(Operator):
    """Orders rows from easy to hard or from hard to easy, equal ones as they came; training then reads them in this order.

    Training methods whose `train_sampling_strategy` is `auto`, or that have no such option, read the rows in
    order and not at random; another strategy undoes the order, and the run's log says so.
    """

    class Params(extensions.Params):
        by: Literal["length", "loss"] = "length"
        """`length` of the row's text in characters; `loss` of the untrained base model on the row's answer, mean nats a token."""
        order: Literal["easy_first", "hard_first", "short_first", "long_first"] = "easy_first"
        """Which rows come first: easy ones are short, or of low loss; `short_first` and `long_first` say the same of length."""

        @model_validator(mode="after")
        def _fits(self) -> Self:
            if self.by == "loss" and self.order in ("short_first", "long_first"):
                raise ValueError(
                    f"order={self.order!r} is for by='length': use easy_first or hard_first"
                )
            return self

    orders_rows: ClassVar[bool] = True
    _range = ""

    @property
    def note(self) -> str:
        """The order, and between which losses."""
        return f"{self.params.order.replace('_', ' ')} by {self.params.by}{self._range}"

    def outside(self) -> Iterable[str]:
        """The base model, where its loss is asked for."""
        if self.params.by == "loss":
            yield self.oracle.base_hash()

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        everything = list(rows)
        hardness = (
            self._losses(everything) if self.params.by == "loss" else self._lengths(everything)
        )
        hard_first = self.params.order in ("hard_first", "long_first")
        places = sorted(range(len(everything)), key=hardness.__getitem__, reverse=hard_first)
        return (everything[place] for place in places)

    def _lengths(self, rows: list[Row]) -> list[float]:
        return [len(self.text(row)) for row in rows]

    def _losses(self, rows: list[Row]) -> list[float]:
        """Raises RecipeError where a row has no answer."""
        task = self.around.task
        asked = [conversations.split(task, row, number=at) for at, row in enumerate(rows, 1)]
        for number, (_, answer) in enumerate(asked, start=1):
            if not answer.strip():
                reason = f"needs an answer in each row, and that of row {number} is empty"
                raise RecipeError(f"{self.around.field}.by", "loss", reason)
        losses = self.oracle.base_losses(
            [prompt for prompt, _ in asked], [text for _, text in asked]
        )
        # No number is no order: a row that the model breaks on is the hardest.
        found = [math.inf if math.isnan(loss) else loss for loss in losses]
        if found:
            self._range = f" ({min(found):.3g} to {max(found):.3g} nats a token)"
        return found
