"""Files of a cache: whole or not there, and verified on every read."""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path


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
