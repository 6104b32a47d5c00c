"""Data sources and editions: what a task offers to recipes, with licences."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from training.errors import LicenceRefused, RecipeError

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """One body of rows that a recipe may load, and on what terms."""

    name: str
    title: str
    licence: str
    training_allowed: bool
    language: str
    note: str
    rows: tuple[Row, ...] = field(repr=False)

    def facts(self) -> dict[str, Any]:
        """What a form or a Researcher is shown: everything but the rows, which are counted."""
        return {
            "name": self.name,
            "title": self.title,
            "rows": len(self.rows),
            "licence": self.licence,
            "training_allowed": self.training_allowed,
            "language": self.language,
            "note": self.note,
        }


@dataclass(frozen=True)
class Edition:
    """The sources and splits of one task; no run scores `test`: it only guards against overlap."""

    name: str
    sources: Mapping[str, Source]
    validation: tuple[Row, ...] = field(repr=False)
    test: tuple[Row, ...] = field(repr=False)
    max_new_tokens: int | None = None
    """Most tokens of an answer, where this edition's answers are shorter than the task's may be."""

    def answer_tokens(self, of_task: int) -> int:
        """Most tokens that a model may write for one row; `of_task` is what the task allows in every edition."""
        return of_task if self.max_new_tokens is None else min(of_task, self.max_new_tokens)

    def source(self, name: str, *, field: str) -> Source:
        """The source called `name`, if training on it is allowed.

        Raises RecipeError for an unknown name, LicenceRefused where the licence forbids training.
        """
        if name not in self.sources:
            raise RecipeError(field, name, f"is not one of {', '.join(self.sources)}")
        source = self.sources[name]
        if not source.training_allowed:
            raise LicenceRefused(field, name, f"may not be trained on: {source.licence}")
        return source
