"""Operator `load`."""

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from training import extensions
from training.data import files
from training.data.catalogue import Row, Source
from training.data.reserved import FROM_FILES, SOURCE
from training.data.seeds import rng
from training.errors import DataRefused, LicenceRefused, RecipeError, RowRefused
from training.operators import Operator, Surroundings


class Load(Operator):
    """Adds rows after those that came before: from the task's catalogue, from files, or from a hub data set."""

    class Params(extensions.Params):
        sources: list[str] | None = Field(default=None, min_length=1, max_length=32)
        """Names of sources in the task's catalogue, in the order in which they are read."""
        rows: int | None = Field(default=None, ge=1, le=10_000_000)
        """Most rows taken from each source, drawn by the seed; without it all rows."""
        path: str | None = Field(default=None, min_length=1, max_length=1_000)
        """A JSONL, CSV, TSV or Parquet file, or a folder of them, under the folder that TREX_DATA names."""
        hub: str | None = Field(default=None, min_length=3, max_length=200)
        """Id (owner/name) of a data set in the local hub cache."""
        revision: str = Field(default="main", min_length=1, max_length=200)
        """Branch, tag or commit of the hub data set; a commit stays the same for ever."""
        split: str = Field(default="train", min_length=1, max_length=100)
        """Files of the hub data set with this word in their path are read."""
        columns: dict[str, str] = Field(default={}, max_length=32)
        """Column of the task (or `completion`, `rejected`, `desirable`) to column of the file; others keep their name."""
        licence: str = Field(default="", max_length=200)
        """Licence of the file or hub data set, as the person who adds it states it."""
        training_allowed: bool = False
        """Whether that licence allows training; without it files and hub data sets are refused."""

        @model_validator(mode="after")
        def _loads_something(self) -> Self:
            if not (self.sources or self.path or self.hub):
                raise ValueError("needs sources, a path or a hub id to load from")
            if self.path and self.hub:
                raise ValueError(f"path={self.path!r} and hub={self.hub!r} need a step each")
            return self

    def __init__(self, params: Params, around: Surroundings) -> None:
        super().__init__(params, around)
        self._sources = [self._source(name) for name in params.sources or ()]
        self._has_files = bool(params.path or params.hub)
        if self._has_files:
            self._check_terms()

    @property
    def note(self) -> str:
        """Each source with its licence."""
        named = [f"{source.name} ({source.licence})" for source in self._sources]
        files_named = [f"{self._name} ({self.params.licence})"] if self._has_files else []
        return ", ".join([*named, *files_named])

    def outside(self) -> Iterable[str]:
        """The sources' content."""
        for source in self._sources:
            yield hashlib.sha256(json.dumps(source.rows, default=str).encode()).hexdigest()
        if self._has_files:
            found = self._files
            with self._naming():
                yield files.content_hash(found)

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        yield from rows
        for source in self._sources:
            yield from self._labelled(self._drawn(source), source.name)
        if self._has_files:
            yield from self._labelled(self._from_files(), self._name)

    @property
    def _name(self) -> str:
        return str(self.params.path or self.params.hub)

    @property
    def _field(self) -> str:
        return f"{self.around.field}.{'path' if self.params.path else 'hub'}"

    def _source(self, name: str) -> Source:
        field = f"{self.around.field}.sources"
        source = self.around.edition.source(name, field=field)
        if not source.rows:
            raise RecipeError(field, name, "has no rows: choose another source")
        return source

    def _check_terms(self) -> None:
        """Raises LicenceRefused unless a person has said that training is allowed, and under which licence."""
        if not self.params.licence.strip():
            reason = f"must name the licence of {self._name!r}"
            raise LicenceRefused(f"{self.around.field}.licence", self.params.licence, reason)
        if not self.params.training_allowed:
            reason = f"may not be trained on: {self.params.licence} (training_allowed=False)"
            raise LicenceRefused(self._field, self._name, reason)

    def _labelled(self, rows: Iterable[Row], name: str) -> Iterator[Row]:
        return ({**row, SOURCE: name} for row in rows)

    def _drawn(self, source: Source) -> Iterable[Row]:
        if self.params.rows is None or self.params.rows >= len(source.rows):
            return source.rows
        return rng(self.around.seed, "load", source.name).sample(source.rows, self.params.rows)

    @cached_property
    def _files(self) -> tuple[Path, ...]:
        with self._naming():
            if self.params.path is not None:
                return files.find(self.params.path)
            params = self.params
            return files.find_hub(params.hub, revision=params.revision, split=params.split)

    def _from_files(self) -> Iterator[Row]:
        """Raises RecipeError naming file, row and column."""
        chosen = self._chosen()
        numbered = ((file, row) for file in self._files for row in self._read(file))
        for place, (file, (number, raw)) in enumerate(numbered):
            if chosen is None or place in chosen:
                yield self._row(file, number, raw=raw)

    def _chosen(self) -> set[int] | None:
        """Places of the rows to take, which costs a pass over the files; None for all."""
        if self.params.rows is None:
            return None
        count = sum(1 for file in self._files for _ in self._read(file))
        draw = rng(self.around.seed, "load", self._name)
        return set(draw.sample(range(count), min(count, self.params.rows)))

    def _read(self, file: Path) -> Iterator[files.Numbered]:
        with self._naming():
            yield from files.read(file)

    @contextlib.contextmanager
    def _naming(self) -> Iterator[None]:
        """Raises RecipeError with the option that names the data."""
        try:
            yield
        except DataRefused as error:
            raise RecipeError(self._field, error.name, error.reason) from error

    def _row(self, file: Path, number: int, *, raw: Mapping[str, Any]) -> Row:
        mapped = {**raw, **self._mapped(file, number, raw=raw)}
        try:
            row = self.around.task.row(mapped)
            return {**row, **{key: _reserved(key, mapped[key]) for key in self._extra(mapped)}}
        except RowRefused as error:
            raise RecipeError(self._field, file.name, f"row {number}: {error}") from error

    def _extra(self, mapped: Mapping[str, Any]) -> Iterable[str]:
        """Reserved keys that the person has mapped."""
        return (key for key in FROM_FILES if key in self.params.columns and key in mapped)

    def _mapped(self, file: Path, number: int, *, raw: Mapping[str, Any]) -> Row:
        wanted = {name: name for name in self.around.task.columns} | self.params.columns
        for name, column in wanted.items():
            if column not in raw:
                meaning = self.around.task.columns.get(name, "a reserved key")
                reason = (
                    f"row {number} has no column {column!r} for {name!r} ({meaning}); it has "
                    f"{', '.join(raw)}: map it with columns={{{name!r}: '…'}}"
                )
                raise RecipeError(self._field, file.name, reason)
        return {name: raw[column] for name, column in wanted.items()}


def _reserved(key: str, value: Any) -> Any:
    """Raises RowRefused."""
    if FROM_FILES[key] is bool and str(value).casefold() in _BOOLEANS:
        return _BOOLEANS[str(value).casefold()]
    if not isinstance(value, FROM_FILES[key]):
        raise RowRefused(key, value, f"is not {FROM_FILES[key].__name__}")
    return value


_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
