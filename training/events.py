"""Lines that a training process appends to `events.jsonl`, and how others read them."""

import json
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

Kind = Literal["stage", "log", "metric", "progress", "data", "estimate", "intermediate"]
MAX_LINE_BYTES = 64 * 1024


class EventWriter:
    """Appends one JSON object a line and flushes it; the file's only writer."""

    def __init__(self, path: Path) -> None:
        # Unbuffered: after a refused write nothing is left that would be refused again on closing.
        self._file = path.open("ab", buffering=0)
        self._is_torn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._file.close()

    def emit(self, kind: Kind, **fields: Any) -> None:
        """Write `{"t": seconds since the epoch, "kind": kind, …fields}`. Raises OSError when the disk is full."""
        line = json.dumps({"t": round(time.time(), 3), "kind": kind, **fields}, allow_nan=True)
        # A full disk may have cut the last line short; what follows must not hang on to it.
        left = ("\n" * self._is_torn + line + "\n").encode()
        while left:
            left = left[self._file.write(left) :]
            self._is_torn = bool(left)


class EventReader:
    """Reads whole lines as they appear; a line still being written waits for the next call."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def read_new(self) -> list[dict[str, Any]]:
        """Events since the last call, oldest first; lines that are no JSON object become log events."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            chunk = file.read()
        whole, newline, _ = chunk.rpartition(b"\n")
        self._offset += len(whole) + len(newline)
        return [_decode(line) for line in whole.split(b"\n") if line.strip()]


def _decode(line: bytes) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    if isinstance(event, dict) and "kind" in event:
        return event
    text = (
        line[:MAX_LINE_BYTES]
        .decode("utf-8", "replace")
        .replace("\x00", "\N{REPLACEMENT CHARACTER}")
    )
    return {"t": time.time(), "kind": "log", "level": "warning", "text": text}
