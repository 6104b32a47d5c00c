"""FT-Bench: tasks and metrics, each one file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from training.data.catalogue import Edition, Row

Message = dict[str, str]


class Task(Protocol):
    """One file of `training.ftbench.tasks`: how a row becomes a prompt, and an answer what is scored.

    A task with labels may add `relabelled(row, label)`: the row with another label, for the operator `relabel`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    metric: ClassVar[str]
    direction: ClassVar[Literal["maximise", "minimise"]]
    licence: ClassVar[str]
    training_allowed: ClassVar[bool]
    source: ClassVar[str]
    hub_id: ClassVar[str]
    """Id of the data set on the hub; empty where upstream has put none there."""
    max_new_tokens: ClassVar[int]
    columns: ClassVar[Mapping[str, str]]
    """Columns of a row by name, with what a file must hold there."""
    editions: ClassVar[tuple[str, ...]]
    """Which of `mini` (generated here) and `full` (imported) there are."""
    splits: ClassVar[tuple[str, ...]]
    """Upstream's names of its splits, which `upstream` reads."""

    @classmethod
    def edition(cls, name: str) -> Edition:
        """One of `editions`. Raises RecipeError where it is not available."""
        ...

    @classmethod
    def facts(cls, edition: str = "mini") -> dict[str, Any]:
        """What pages and Researchers are told, as JSON."""
        ...

    @classmethod
    def upstream(cls, folder: Path, split: str) -> tuple[Row, ...]:
        """Rows of one of `splits` from a folder of upstream's files, in their order. Raises DataRefused."""
        ...

    @classmethod
    def predictions(cls, path: Path, rows: Sequence[Row]) -> Mapping[int, str | None]:
        """What a model wrote, by place in `rows`, from a file of upstream's format.

        None for a row that is to be left out, since the model was asked another version of it. Raises DataRefused.
        """
        ...

    @staticmethod
    def part(row: Row) -> str:
        """The part of the benchmark that a row belongs to and that has a score of its own; may be empty."""
        ...

    @staticmethod
    def row(raw: Row) -> Row:
        """A row of the task from a file's values, which are often text. Raises RowRefused."""
        ...

    @staticmethod
    def text(row: Row) -> str:
        """What filters, deduplication and the overlap guard look at."""
        ...

    @staticmethod
    def prompt(row: Row) -> list[Message]:
        """Chat messages that ask for the answer."""
        ...

    @staticmethod
    def target(row: Row) -> str:
        """The answer as the model should write it."""
        ...

    @staticmethod
    def gold(row: Row) -> str:
        """What the metric compares an answer with: a label, or JSON text that holds all that it needs."""
        ...

    @staticmethod
    def alternatives(row: Row) -> list[str]:
        """Wrong answers as a model might write them, for preference pairs; empty where none is known."""
        ...

    @staticmethod
    def extract(text: str) -> str | None:
        """The answer in what a model wrote, or None."""
        ...


class Metric(Protocol):
    """One file of `training.ftbench.metrics`."""

    name: ClassVar[str]
    range: ClassVar[tuple[float, float]]
    direction: ClassVar[Literal["maximise", "minimise"]]

    @staticmethod
    def rows(predictions: Sequence[str | None], golds: Sequence[str]) -> list[float]:
        """What each row scores alone, in `range`; an answer of None scores the worst."""
        ...

    @classmethod
    def score(cls, predictions: Sequence[str | None], golds: Sequence[str]) -> float:
        """The score, which need not be the mean of `rows`. Raises ValueError on no rows."""
        ...

    @classmethod
    def interval(
        cls, predictions: Sequence[str | None], golds: Sequence[str]
    ) -> tuple[float, float]:
        """95 % confidence interval of the score."""
        ...

    @classmethod
    def measures(
        cls, predictions: Sequence[str | None], golds: Sequence[str]
    ) -> Mapping[str, float]:
        """Other numbers about the same answers, by name; empty where the score says it all."""
        ...
