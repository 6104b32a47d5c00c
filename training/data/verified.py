"""Files of a cache: whole or not there, and verified on every read, whoever else reads and writes them."""

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any


def read(path: Path) -> bytes | None:
    """What `write` put there; None where nothing is, or where it is damaged."""
    try:
        head, _, body = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return body if hashlib.sha256(body).hexdigest().encode() == head else None


def write(path: Path, body: bytes) -> None:
    """Write in one atomic step. Raises OSError."""
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


def load(path: Path) -> Any:
    """The JSON value stored at `path`; None when there is none, or when it is damaged."""
    body = read(path)
    return None if body is None else json.loads(body)


def store(path: Path, value: Any) -> bool:
    """Write `value` as JSON; False where it is none or the disk refuses: a cache may be missing."""
    try:
        write(path, _exact(value))
    except (OSError, TypeError, ValueError):
        return False
    return True


def _exact(value: Any) -> bytes:
    """JSON that reads back as the same value. Raises ValueError, TypeError."""
    text = json.dumps(value, allow_nan=False)
    if json.loads(text) != value:
        raise ValueError("the value would come back changed")
    return text.encode()
