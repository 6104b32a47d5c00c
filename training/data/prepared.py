"""Prepared rows by content hash, shared by all runs on a machine: whole or not there, and verified on every read."""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from training.data.catalogue import Row

_CODE = ("operators/", "data/", "ftbench/", "evaluate/", "oracle.py", "loading.py")
"""Folders and files of this package whose code decides what rows come out."""


def content_hash(rows: Iterable[Row]) -> str:
    """SHA-256 over the rows in their order."""
    return hashlib.sha256(_json(list(rows)).encode()).hexdigest()


def key(**parts: Any) -> str:
    """SHA-256 over everything that decides the rows, as JSON, and over the code that makes them."""
    return hashlib.sha256(_json({**parts, "code": _code_hash()}).encode()).hexdigest()


def load(folder: Path, name: str) -> tuple[list[Row], list[dict[str, Any]]] | None:
    """Rows and the steps' reports stored under `name`; None when there are none, or when they are damaged."""
    try:
        head, _, body = (folder / f"{name}.json").read_bytes().partition(b"\n")
        if hashlib.sha256(body).hexdigest() != head.decode():
            return None
        found = json.loads(body)
        return found["rows"], found["reports"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def store(
    folder: Path, name: str, *, rows: Sequence[Row], reports: Sequence[dict[str, Any]]
) -> bool:
    """Write both in one atomic step; False where they are not JSON or the disk refuses: a cache may be missing."""
    try:
        body = _exact({"rows": list(rows), "reports": list(reports)})
        _replace(folder / f"{name}.json", body)
    except (OSError, TypeError, ValueError):
        return False
    return True


def _exact(stored: dict[str, Any]) -> bytes:
    """JSON that reads back as the same values. Raises ValueError, TypeError."""
    text = json.dumps(stored, allow_nan=False)
    if json.loads(text) != stored:
        raise ValueError("rows would come back changed")
    return text.encode()


def _replace(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        # Whatever went wrong, the half-written file goes and the error goes on.
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


@cache
def _code_hash() -> str:
    package = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        if name.startswith(_CODE):
            digest.update(f"{name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
