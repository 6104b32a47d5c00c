"""FT-Bench: tasks and metrics, each one file."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Protocol

from training.data.catalogue import Edition, Row

Message = dict[str, str]


class Task(Protocol):
    """One file of `training.ftbench.tasks`: how a row becomes a prompt, and an answer a label.

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
    max_new_tokens: ClassVar[int]
    columns: ClassVar[Mapping[str, str]]
    """Columns of a row by name, with what a file must hold there."""

    @classmethod
    def edition(cls, name: str) -> Edition:
        """`mini` (generated here) or `full` (imported). Raises RecipeError where it is not available."""
        ...

    @classmethod
    def facts(cls, edition: str = "mini") -> dict[str, Any]:
        """What pages and Researchers are told, as JSON."""
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
        """The label."""
        ...

    @staticmethod
    def alternatives(row: Row) -> list[str]:
        """Wrong answers as a model might write them, for preference pairs; empty where none is known."""
        ...

    @staticmethod
    def extract(text: str) -> str | None:
        """The label in what a model wrote, or None."""
        ...


class Metric(Protocol):
    """One file of `training.ftbench.metrics`."""

    name: ClassVar[str]
    range: ClassVar[tuple[float, float]]
    direction: ClassVar[Literal["maximise", "minimise"]]

    @staticmethod
    def score(predictions: list[str | None], golds: list[str]) -> float:
        """The score; an answer without a label is wrong. Raises ValueError on no rows."""
        ...

    @staticmethod
    def interval(predictions: list[str | None], golds: list[str]) -> tuple[float, float]:
        """95 % confidence interval of the score."""
        ...
