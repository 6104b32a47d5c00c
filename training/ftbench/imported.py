"""What the tasks share whose rows are read from upstream's files."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from training.data.catalogue import Edition, Row, Source
from training.errors import DataRefused, RecipeError
from training.ftbench import importing

NO_MINI = "is not one of full: this task has no mini edition"


class ImportedTask(ABC):
    """A task with the edition `full` only; a subclass says how rows are read, asked, and answered."""

    name: ClassVar[str]
    title: ClassVar[str]
    metric: ClassVar[str]
    licence: ClassVar[str]
    training_allowed: ClassVar[bool]
    language: ClassVar[str] = "en"
    hub_id: ClassVar[str] = ""
    direction: ClassVar[Literal["maximise", "minimise"]] = "maximise"
    editions: ClassVar[tuple[str, ...]] = ("full",)
    splits: ClassVar[tuple[str, ...]]

    @classmethod
    def edition(cls, name: str) -> Edition:
        """`full`, from files in the folder that TREX_FTBENCH_DATA names. Raises RecipeError, DataRefused."""
        if name == "full":
            return cls.full(importing.home(cls.name))
        raise RecipeError("edition", name, NO_MINI)

    @classmethod
    def facts(cls, edition: str = "full") -> dict[str, Any]:
        """What pages and Researchers are told, as JSON."""
        found = cls.edition(edition)
        return {
            "name": cls.name,
            "title": cls.title,
            "metric": cls.metric,
            "direction": cls.direction,
            "edition": edition,
            "validation_rows": len(found.validation),
            "sources": [source.facts() for source in found.sources.values()],
        }

    @classmethod
    @abstractmethod
    def full(cls, folder: Path) -> Edition:
        """The full edition from upstream's files. Raises DataRefused."""

    @classmethod
    @abstractmethod
    def upstream(cls, folder: Path, split: str) -> tuple[Row, ...]:
        """Rows of one of `splits`, in their order. Raises DataRefused."""

    @classmethod
    def predictions(cls, path: Path, rows: Sequence[Row]) -> Mapping[int, str | None]:
        """Upstream has no format of its own. Raises DataRefused."""
        raise DataRefused(path.name, f"is not a .jsonl file, the only format of {cls.name}")

    @staticmethod
    def part(row: Row) -> str:
        """Rows belong to no part."""
        return ""

    @staticmethod
    def alternatives(row: Row) -> list[str]:
        """None is known."""
        return []

    @staticmethod
    def extract(text: str) -> str | None:
        """All of it."""
        return text.strip() or None

    @classmethod
    def made(cls, rows: tuple[Row, ...], *, note: str, name: str = "train") -> dict[str, Source]:
        """The one source of the edition, by its name."""
        title = f"{cls.title}: {name}"
        source = Source(name, title, cls.licence, cls.training_allowed, cls.language, note, rows)
        return {name: source}
