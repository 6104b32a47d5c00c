"""What the tasks share whose rows are read from upstream's files."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from training.data.catalogue import Edition, Row, Source
from training.data.tsv import FOLDER
from training.errors import DataRefused, RecipeError
from training.ftbench import hub, importing

NO_MINI = "is not one of full: this task has no mini edition"


class ImportedTask(ABC):
    """A task whose edition `full` is imported; a subclass says how rows are read, asked, and answered.

    One that also has the generated edition puts `mini` first in `editions`, and overrides `mini`.
    """

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
        """`mini` where one is offered; `full`, from files in the folder that TREX_FTBENCH_DATA names, or from the hub.

        Raises RecipeError, DataRefused.
        """
        if name == "mini":
            return cls.mini() if name in cls.editions else ImportedTask.mini()
        if name != "full":
            raise RecipeError("edition", name, f"is not one of {', '.join(cls.editions)}")
        try:
            return cls.full(importing.home(cls.name))
        except RecipeError as error:
            if found := cls.full_of_hub():
                return found
            raise error from None

    @staticmethod
    def mini(seed: int = 0) -> Edition:
        """The generated edition; the seed of the shipped benchmark is 0. Raises RecipeError where there is none."""
        raise RecipeError("edition", "mini", NO_MINI)

    @classmethod
    def facts(cls, edition: str = "") -> dict[str, Any]:
        """What pages and Researchers are told, as JSON; of the first of `editions` unless another is named."""
        edition = edition or cls.editions[0]
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
    def full_of_hub(cls) -> Edition | None:
        """The full edition from the hub; None where upstream's files there are not understood."""
        return None

    @classmethod
    def hub_rows(cls, columns: Iterable[str], *, split: str) -> list[importing.Raw]:
        """Rows of one split of the hub's data set. Raises RecipeError, which also names the folder."""
        try:
            return hub.rows(cls.hub_id, columns, split=split)
        except DataRefused as error:
            needed = f"needs {cls.name} in the folder that {FOLDER} names, or the hub:"
            raise RecipeError("edition", "full", f"{needed} {error}") from error

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
