"""One JSON value a file: whole or not there, and verified on every read, whoever else reads and writes it."""

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any


def load(path: Path) -> Any:
    """The value stored at `path`; None when there is none, or when it is damaged."""
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        if hashlib.sha256(body).hexdigest() != head.decode():
            return None
        return json.loads(body)
    except (OSError, ValueError):
        return None


def store(path: Path, value: Any) -> bool:
    """Write `value` in one atomic step; False where it is not JSON or the disk refuses: a cache may be missing."""
    try:
        _replace(path, _exact(value))
    except (OSError, TypeError, ValueError):
        return False
    return True


def _exact(value: Any) -> bytes:
    """JSON that reads back as the same value. Raises ValueError, TypeError."""
    text = json.dumps(value, allow_nan=False)
    if json.loads(text) != value:
        raise ValueError("the value would come back changed")
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
