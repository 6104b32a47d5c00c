"""Data operators: each turns a stream of rows into another, the same way for the same seed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from training import extensions
from training.data.catalogue import Edition, Row
from training.data.decontamination import Guard
from training.recipe import Step

GUARD = Step(use="decontaminate")
"""Ends every data recipe, whatever the recipe says."""


@dataclass(frozen=True)
class Surroundings:
    """What an operator may know beyond its rows: the catalogue, how to read a row, and the seed."""

    edition: Edition
    text: Callable[[Row], str]
    label: Callable[[Row], str]
    guard: Guard
    seed: int
    field: str = "data"
    """Dotted path of the step in the recipe, for errors."""


class Operator(Protocol):
    """One file of this package; `note` says, after the rows were read, what is worth showing."""

    note: str

    def __init__(self, params: Any, surroundings: Surroundings) -> None: ...

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows that go on to the next step."""
        ...


@dataclass(frozen=True)
class Count:
    """How many rows went into and came out of one operator."""

    operator: str
    rows_in: int
    rows_out: int
    note: str


def prepare(
    steps: Sequence[Step],
    *,
    around: Callable[[str], Surroundings],
    report: Callable[[Count], None],
) -> list[Row]:
    """Rows after all `steps` of a complete recipe and the guard; `report` hears of each step as it ends.

    around: makes the surroundings of the step at a dotted path. Raises RecipeError, LicenceRefused.
    """
    rows: list[Row] = []
    for place, step in enumerate([*steps, GUARD]):
        operator = build(step, around(f"data.{place}.{step.use}"))
        before, rows = len(rows), list(operator.apply(rows))
        report(Count(step.use, before, len(rows), operator.note))
    return rows


def build(step: Step, surroundings: Surroundings) -> Operator:
    """The operator that `step` names. Raises RecipeError."""
    found = extensions.load(extensions.OPERATORS, step.use)
    operator: Operator = found(found.Params.model_validate(step.params), surroundings)
    return operator
