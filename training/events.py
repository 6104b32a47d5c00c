"""Lines that a training process appends to `events.jsonl`, and how others read them."""

import json
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

Kind = Literal["stage", "log", "metric", "progress", "data"]
MAX_LINE_BYTES = 64 * 1024


class EventWriter:
    """Appends one JSON object a line and flushes it; the file's only writer."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

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
        """Write `{"t": seconds since the epoch, "kind": kind, …fields}`."""
        line = json.dumps({"t": round(time.time(), 3), "kind": kind, **fields}, allow_nan=True)
        self._file.write(line + "\n")
        self._file.flush()


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
