"""Prepared rows by content hash, shared by all runs on a machine: whole or not there, and verified on every read."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from training.data import verified
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
    found = verified.load(folder / f"{name}.json")
    try:
        return found["rows"], found["reports"]
    except (KeyError, TypeError):
        return None


def store(
    folder: Path, name: str, *, rows: Sequence[Row], reports: Sequence[dict[str, Any]]
) -> bool:
    """Write both in one atomic step; False where they are not JSON or the disk refuses: a cache may be missing."""
    return verified.store(folder / f"{name}.json", {"rows": list(rows), "reports": list(reports)})


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
