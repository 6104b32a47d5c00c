"""Data operators: each turns a stream of rows into another, the same way for the same seed."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from training import extensions
from training.asking import Asker
from training.data import prepared
from training.data.catalogue import Edition, Row
from training.data.decontamination import Guard
from training.data.drops import Drops
from training.data.oracle import Oracle
from training.errors import EmptyData, RecipeError
from training.recipe import Step

GUARD = Step(use="decontaminate")
"""Ends every data recipe, whatever the recipe says."""


class Reader(Protocol):
    """What operators know of a task: how to read its rows. Every FT-Bench task is one."""

    @property
    def columns(self) -> Mapping[str, str]:
        """Columns of a row by name, with their meaning."""
        ...

    def row(self, raw: Row, /) -> Row:
        """A row from values of any file. Raises RowRefused."""
        ...

    def text(self, row: Row, /) -> str:
        """What filters, deduplication and the overlap guard look at."""
        ...

    def prompt(self, row: Row, /) -> list[dict[str, str]]:
        """Chat messages that ask for the answer."""
        ...

    def target(self, row: Row, /) -> str:
        """The answer as the model should write it."""
        ...

    def gold(self, row: Row, /) -> str:
        """The label."""
        ...

    def extract(self, text: str, /) -> str | None:
        """The label in what a model wrote, or None."""
        ...

    @property
    def max_new_tokens(self) -> int:
        """Most tokens of an answer."""
        ...

    def alternatives(self, row: Row, /) -> list[str]:
        """Wrong answers, as a model might write them."""
        ...


@dataclass(frozen=True)
class Surroundings:
    """What an operator may know beyond its rows: the catalogue, how to read a row, and the seed."""

    edition: Edition
    task: Reader
    guard: Guard
    seed: int
    field: str = "data"
    """Dotted path of the step in the recipe, for errors."""
    base: Path | None = None
    """Folder of the base model, whose tokenizer counts tokens."""
    folder: Path | None = None
    """The run's own folder, for what an operator leaves behind."""
    asker: Asker | None = None
    """Has a language model asked; None where nobody answers."""
    oracle: Oracle | None = None
    """Answers of models; None where no model can be asked."""


class Operator(ABC):
    """One file of this package; `note` and `drops` say, after the rows were read, what is worth showing."""

    asks: ClassVar[bool] = False
    """Whether it has a language model asked, so that its rows depend on which one."""
    leaves_files: ClassVar[bool] = False
    """Whether it writes into the run's folder, so that its rows cannot be taken from the cache."""
    orders_rows: ClassVar[bool] = False
    """Whether it puts rows into an order that training has to keep."""
    node_option: ClassVar[str | None] = None
    """Its option that is the number of another node of the project, whose model it asks."""

    def __init__(self, params: Any, around: Surroundings) -> None:
        self.params = params
        self.around = around
        self.drops = Drops()

    @property
    def note(self) -> str:
        """One short line for people."""
        return str(self.drops)

    def outside(self) -> Iterable[str]:
        """Hashes of everything it reads beside its rows; they decide whether cached rows still hold."""
        return ()

    @abstractmethod
    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows that go on to the next step."""

    def text(self, row: Row) -> str:
        """The row's text as the task reads it."""
        return self.around.task.text(row)

    @property
    def oracle(self) -> Oracle:
        """The models of this run. Raises RecipeError where there are none to ask."""
        if self.around.oracle is None:
            raise RecipeError(self.around.field, _name(self), "needs a run with a base model")
        return self.around.oracle

    def drop(self, row: Row, reason: str) -> None:
        """Count a row that does not go on."""
        self.drops.add(self.text(row), reason)


@dataclass(frozen=True)
class Count:
    """How many rows went into and came out of one operator, and samples of what it dropped."""

    operator: str
    rows_in: int
    rows_out: int
    note: str
    dropped: tuple[str, ...] = ()


def build(steps: Sequence[Step], around: Callable[[str], Surroundings]) -> list[Operator]:
    """The operators of complete `steps` and the guard; `around` gives the surroundings at a dotted path.

    Raises RecipeError, LicenceRefused: all that can be refused without reading a row.
    """
    return [
        _operator(step, around(f"data.{place}.{step.use}"))
        for place, step in enumerate([*steps, GUARD])
    ]


def prepare(operators: Sequence[Operator], report: Callable[[Count], None]) -> list[Row]:
    """Rows after all `operators`; `report` hears of each as it ends. Raises RecipeError."""
    rows: list[Row] = []
    for operator in operators:
        before, rows = len(rows), list(operator.apply(rows))
        samples = tuple(operator.drops.samples())
        report(Count(_name(operator), before, len(rows), operator.note, samples))
    return rows


def prepare_cached(
    operators: Sequence[Operator],
    report: Callable[[Count], None],
    *,
    folder: Path | None,
    **parts: Any,
) -> list[Row]:
    """As `prepare`, but from `folder` where the same rows were prepared before; each note says so.

    parts: what decides the rows beside the operators: task, edition, seed, evaluation rows. Without a
    folder, or where an operator leaves files behind, nothing is cached. Raises RecipeError.
    """
    if folder is None or any(operator.leaves_files for operator in operators):
        return prepare(operators, report)
    name = prepared.key(steps=[_identity(operator) for operator in operators], **parts)
    found = prepared.load(folder / "rows", name)
    if found is not None:
        rows, reports = found
        for stored in reports:
            report(_replayed(stored))
        return rows
    counts: list[Count] = []

    def heard(count: Count) -> None:
        counts.append(count)
        report(count)

    rows = prepare(operators, heard)
    reports = [{**vars(count), "dropped": list(count.dropped)} for count in counts]
    prepared.store(folder / "rows", name, rows=rows, reports=reports)
    return rows


def order_matters(steps: Sequence[Step]) -> bool:
    """Whether one of `steps` puts the rows into an order that training has to keep."""
    return any(extensions.load(extensions.OPERATORS, step.use).orders_rows for step in steps)


def refuse_empty(counts: Sequence[Count]) -> None:
    """Raises EmptyData, naming the step after which no row was left, when none is left at the end."""
    if counts and counts[-1].rows_out:
        return
    place = next(
        (at for at, count in enumerate(counts) if count.rows_in and not count.rows_out), 0
    )
    if not counts or not counts[place].rows_in:
        raise EmptyData("The data recipe leaves no row to train on. No step loads a row.")
    count = counts[place]
    raise EmptyData(
        f"The data recipe leaves no row to train on. data.{place}.{count.operator} left 0 of "
        f"{count.rows_in} rows ({count.note})"
    )


def _operator(step: Step, around: Surroundings) -> Operator:
    found = extensions.load(extensions.OPERATORS, step.use)
    operator: Operator = found(found.Params.model_validate(step.params), around)
    return operator


def _replayed(stored: Mapping[str, Any]) -> Count:
    note = f"{stored['note']} (from the cache)"
    return Count(**{**stored, "note": note, "dropped": tuple(stored["dropped"])})


def _identity(operator: Operator) -> dict[str, Any]:
    """Everything that decides what the operator does to its rows."""
    return {
        "use": _name(operator),
        "params": operator.params.model_dump(mode="json"),
        "field": operator.around.field,
        "outside": list(operator.outside()),
    }


def _name(operator: Operator) -> str:
    return type(operator).__module__.rpartition(".")[2]
