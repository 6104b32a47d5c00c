"""Reads the files of FT-Bench's upstreams: from a folder that a person gives, or by their id from the hub.

Every fault is told with file and row: rows are counted from 1, without the header.
"""

import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from training.data.catalogue import Row
from training.data.seeds import rng
from training.data.tsv import FOLDER
from training.errors import DataRefused, RecipeError, RowRefused

Raw = dict[str, Any]
Item = TypeVar("Item")


def home(task: str) -> Path:
    """The folder with a task's files in the one that TREX_FTBENCH_DATA names. Raises RecipeError."""
    root = os.environ.get(FOLDER)
    folder = Path(root or "") / task
    if not root or not folder.is_dir():
        raise RecipeError("edition", "full", f"needs {task} in the folder that {FOLDER} names")
    return folder


def locate(folder: Path, *names: str) -> Path:
    """The first of `names`, paths in `folder`, that is there. Raises DataRefused."""
    for name in names:
        if (folder / name).exists():
            return folder / name
    raise DataRefused(str(folder), f"has no {' and no '.join(names)}")


def csv_rows(file: Path, columns: Iterable[str]) -> list[Raw]:
    """Rows of a comma-separated file. Raises DataRefused without a row, or without one of `columns`."""
    # Whole notes and dialogues stand in one field.
    csv.field_size_limit(sys.maxsize)
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataRefused(file.name, f"is not CSV in UTF-8: {error}") from error
    except OSError as error:
        raise DataRefused(file.name, f"cannot be read: {error}") from error
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise DataRefused(file.name, f"row {number} has not one value for each column")
    return with_columns(file.name, rows, columns)


def json_rows(file: Path, columns: Iterable[str]) -> list[Raw]:
    """Objects of a JSON list. Raises DataRefused without an object, or where one lacks one of `columns`."""
    found = json_value(file)
    if not isinstance(found, list):
        raise DataRefused(file.name, f"is {type(found).__name__}, and must be a list of objects")
    return with_columns(file.name, found, columns)


def json_value(file: Path) -> Any:
    """What a JSON file holds. Raises DataRefused."""
    try:
        return json.loads(file.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataRefused(file.name, f"is not UTF-8 text at byte {error.start}") from error
    except ValueError as error:
        raise DataRefused(file.name, f"is not JSON: {error}") from error
    except OSError as error:
        raise DataRefused(file.name, f"cannot be read: {error}") from error


def json_lines(file: Path, columns: Iterable[str]) -> list[Raw]:
    """Objects of a file with one on each line. Raises DataRefused."""
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except (UnicodeDecodeError, OSError) as error:
        raise DataRefused(file.name, f"cannot be read: {error}") from error
    rows = [_line(file, number, line=line) for number, line in enumerate(lines, 1) if line.strip()]
    return with_columns(file.name, rows, columns)


def _line(file: Path, number: int, *, line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise DataRefused(file.name, f"line {number} is not JSON: {error}") from error


def with_columns(name: str, rows: Sequence[Any], columns: Iterable[str]) -> list[Raw]:
    """The same rows. Raises DataRefused on none, on what is no object, and where a column is missing."""
    if not rows:
        raise DataRefused(name, "holds no row")
    wanted = tuple(columns)
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise DataRefused(name, f"row {number} is {type(row).__name__}, and must be an object")
        missing = [column for column in wanted if column not in row]
        if missing:
            reason = (
                f"row {number} has no column {missing[0]!r}; it has {', '.join(map(str, row))}"
            )
            raise DataRefused(name, reason)
    return list(rows)


def read(name: str, rows: Iterable[Raw], row: Callable[[Raw], Row]) -> tuple[Row, ...]:
    """Each of `rows` by `row`. Raises DataRefused with file and row where one is refused."""
    found = []
    for number, raw in enumerate(rows, start=1):
        try:
            found.append(row(raw))
        except RowRefused as error:
            raise DataRefused(name, f"row {number}: {error}") from error
    return tuple(found)


def carve(
    rows: Sequence[Item], share: float, *, key: Callable[[Item], str], seed: int = 0
) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """A drawn share of `rows`, and the others; rows with one key stay together, all keep their order."""
    keys = sorted({key(row) for row in rows})
    drawn = set(rng(seed, "carve").sample(keys, max(1, round(share * len(keys)))))
    return (
        tuple(row for row in rows if key(row) in drawn),
        tuple(row for row in rows if key(row) not in drawn),
    )


def text_of(raw: Row, column: str) -> str:
    """The text in a column. Raises RowRefused when there is none."""
    value = raw[column]
    if not isinstance(value, str) or not value.strip():
        raise RowRefused(column, value, "is not text")
    return value
