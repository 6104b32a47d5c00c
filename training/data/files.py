"""Reads people's own data: JSONL, CSV, TSV and Parquet files, folders of them, and hub data sets in the local cache.

Knows nothing of torch or datasets, so that a web form can ask. Files lie in the folder that TREX_DATA names:
a recipe, which a model may have written, must not read whatever else is on this machine.
"""

import contextlib
import csv
import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from training.errors import DataRefused

FOLDER = "TREX_DATA"
"""Environment variable: the folder under which the `path` of every recipe lies."""
SUFFIXES = (".jsonl", ".csv", ".tsv", ".parquet")
_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_REVISION = re.compile(r"[\w-][\w./-]*")
_BATCH_ROWS = 1_000
_MOST_CHARS = 200
Numbered = tuple[int, dict[str, Any]]


@dataclass(frozen=True)
class Preview:
    """What a page shows of a data set before anyone trains on it."""

    columns: tuple[str, ...]
    """Those of the first file."""
    rows: tuple[dict[str, Any], ...]
    count: int
    files: tuple[str, ...]


def preview(
    path: str | None = None,
    *,
    hub: str | None = None,
    revision: str = "main",
    split: str = "train",
    first: int = 20,
) -> Preview:
    """Columns, the `first` rows and the number of rows, which takes reading the whole. Raises DataRefused."""
    found = find(path) if path is not None else find_hub(hub or "", revision=revision, split=split)
    rows = tuple(row for _, row in islice(read_all(found), first))
    count = sum(1 for _ in read_all(found))
    return Preview(tuple(rows[0]), rows, count, tuple(each.name for each in found))


def find(path: str) -> tuple[Path, ...]:
    """The data files that `path` under TREX_DATA means: itself, or all in the folder, sorted. Raises DataRefused."""
    home = os.environ.get(FOLDER)
    if not home:
        raise DataRefused(path, f"needs the folder of your data in the variable {FOLDER}")
    root = Path(home).resolve()
    with _refusing(path):
        target = (root / path).resolve()
        if not target.is_relative_to(root):
            raise DataRefused(path, f"lies outside the folder that {FOLDER} names")
        if not target.exists():
            raise DataRefused(path, f"does not exist in the folder that {FOLDER} names")
        return _data_files(target, name=path)


def find_hub(hub: str, *, revision: str, split: str) -> tuple[Path, ...]:
    """The files of one split of a hub data set in the local cache; no hub is ever asked. Raises DataRefused."""
    with _refusing(f"{hub}@{revision}"):
        snapshot = _snapshot(hub, revision)
        files = _data_files(snapshot, name=hub)
    pattern = re.compile(rf"(?<![a-z0-9]){re.escape(split.casefold())}(?![a-z0-9])")
    named = [each for each in files if pattern.search(str(each.relative_to(snapshot)).casefold())]
    if not named and len(files) > 1:
        names = ", ".join(str(each.relative_to(snapshot)) for each in files[:10])
        raise DataRefused(hub, f"has no file of split={split!r}; it has {names}")
    return tuple(named) or files


def read_all(files: Iterable[Path]) -> Iterator[Numbered]:
    """Rows of all `files` in order, numbered from 1 in each. Raises DataRefused."""
    for file in files:
        yield from read(file)


def read(file: Path) -> Iterator[Numbered]:
    """Rows of one file with their numbers (for text files: line numbers). Raises DataRefused, also on no row."""
    readers = {".jsonl": _jsonl, ".parquet": _parquet}
    number = 0
    with _refusing(file.name):
        for number, row in readers.get(file.suffix, _csv)(file):
            yield number, row
    if not number:
        raise DataRefused(file.name, "holds no row")


@contextlib.contextmanager
def _refusing(name: str) -> Iterator[None]:
    """Raises DataRefused, in one sentence, for what the system and decoders say of the file `name`."""
    try:
        yield
    except UnicodeDecodeError as error:
        reason = f"is not UTF-8 text at byte {error.start}: save it as UTF-8"
        raise DataRefused(name, reason) from error
    except OSError as error:
        # The message of the system's error would tell the whole path.
        words = error.strerror or _sentence(error)
        raise DataRefused(name, f"cannot be read: {words}") from error


def _sentence(error: Exception) -> str:
    """What a library says, on one line that is not too long."""
    words = " ".join(str(error).split())
    return words if len(words) <= _MOST_CHARS else f"{words[:_MOST_CHARS]}…"


def content_hash(files: Iterable[Path]) -> str:
    """SHA-256 over names and bytes of `files`. Raises DataRefused."""
    digest = hashlib.sha256()
    for path in files:
        with _refusing(path.name), path.open("rb") as file:
            digest.update(
                f"{path.name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode()
            )
    return digest.hexdigest()


def _data_files(target: Path, *, name: str) -> tuple[Path, ...]:
    if target.is_file() and target.suffix in SUFFIXES:
        return (target,)
    inside = sorted(target.rglob("*")) if target.is_dir() else []
    found = tuple(each for each in inside if each.is_file() and each.suffix in SUFFIXES)
    if not found:
        raise DataRefused(name, f"is not, and holds no, file ending in {', '.join(SUFFIXES)}")
    return found


def _snapshot(hub: str, revision: str) -> Path:
    """The folder of one revision (branch, tag or commit); the layout is that of huggingface_hub."""
    if not _HUB_ID.fullmatch(hub) or not _REVISION.fullmatch(revision) or ".." in revision:
        raise DataRefused(f"{hub}@{revision}", "is not owner/name and a branch, tag or commit")
    home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
    cache = Path(os.environ.get("HF_HUB_CACHE", home / "hub"))
    repository = cache / f"datasets--{hub.replace('/', '--')}"
    reference = repository / "refs" / revision
    commit = reference.read_text("utf-8").strip() if reference.is_file() else revision
    snapshot = repository / "snapshots" / commit
    if not snapshot.is_dir():
        command = f"hf download {hub} --repo-type dataset --revision {revision}"
        raise DataRefused(f"{hub}@{revision}", f"is not in the local cache: run `{command}`")
    return snapshot


def _jsonl(file: Path) -> Iterator[Numbered]:
    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                _refuse_binary(file, number, line)
                yield number, _object(file, number, line=line)


def _object(file: Path, number: int, *, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        if "\\u" in line:
            # JSON can name halves of characters, which no file and no tokenizer takes.
            json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise DataRefused(
            file.name, f"line {number} has half a character (a surrogate)"
        ) from error
    except (ValueError, RecursionError) as error:
        reason = f"line {number} is not JSON: {_sentence(error)}"
        raise DataRefused(file.name, reason) from error
    if not isinstance(row, dict):
        reason = f"line {number} is {type(row).__name__}, and must be an object with columns"
        raise DataRefused(file.name, reason)
    return row


def _csv(file: Path) -> Iterator[Numbered]:
    delimiter = "\t" if file.suffix == ".tsv" else ","
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            header = _header(file, next(reader, []))
            for values in reader:
                _refuse_binary(file, reader.line_num, "".join(values))
                if values:
                    yield reader.line_num, _named(file, reader.line_num, header, values=values)
        except csv.Error as error:
            reason = f"line {reader.line_num} is not CSV: {error}"
            raise DataRefused(file.name, reason) from error


def _header(file: Path, names: list[str]) -> list[str]:
    """Raises DataRefused where one column would hide another."""
    _refuse_binary(file, 1, "".join(names))
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DataRefused(file.name, f"names the column {twice[0]!r} twice in line 1")
    return names


def _refuse_binary(file: Path, number: int, text: str) -> None:
    """Raises DataRefused for what decodes as UTF-8 and is no text, such as UTF-16 without a mark."""
    if "\0" in text:
        reason = f"line {number} holds a NUL byte: it is a binary file, or text that is not UTF-8"
        raise DataRefused(file.name, reason)


def _named(file: Path, number: int, header: list[str], *, values: list[str]) -> dict[str, Any]:
    if len(values) != len(header):
        reason = f"line {number} has {len(values)} values for {len(header)} columns"
        raise DataRefused(file.name, reason)
    return dict(zip(header, values, strict=True))


def _parquet(file: Path) -> Iterator[Numbered]:
    from pyarrow import ArrowException, parquet

    try:
        with parquet.ParquetFile(file) as table:
            batches = table.iter_batches(batch_size=_BATCH_ROWS)
            rows = (row for batch in batches for row in batch.to_pylist())
            yield from enumerate(rows, start=1)
    except ArrowException as error:
        raise DataRefused(file.name, f"is not a Parquet file: {_sentence(error)}") from error
    except (ValueError, OverflowError) as error:
        # Dates and numbers that Python has no value for; a broken text says so by itself.
        if isinstance(error, UnicodeDecodeError):
            raise
        raise DataRefused(
            file.name, f"has a value that cannot be read: {_sentence(error)}"
        ) from error
