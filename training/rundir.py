"""The folder of one run: the only thing that a training process and its supervisor share."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from training.events import EventReader, EventWriter
from training.recipe import RunSpec

RESERVE_BYTES = 256 * 1024


class RunDir:
    """`recipe.json` in; `events.jsonl`, `predictions.jsonl`, `model/` and, last, `result.json` out."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path, spec: RunSpec) -> "RunDir":
        """Make the folder and write the specification; the folder must be new."""
        path.mkdir(parents=True)
        run_dir = cls(path)
        run_dir._write("recipe.json", spec.model_dump_json(indent=2))
        return run_dir

    def spec(self) -> RunSpec:
        """What to run. Raises FileNotFoundError, pydantic.ValidationError."""
        return RunSpec.model_validate_json((self.path / "recipe.json").read_text("utf-8"))

    def writer(self) -> EventWriter:
        """The writer for this run's events."""
        return EventWriter(self.path / "events.jsonl")

    def reader(self) -> EventReader:
        """A reader that starts at this run's first event."""
        return EventReader(self.path / "events.jsonl")

    def write_result(self, result: dict[str, Any]) -> None:
        """Write `result.json` atomically; its existence means that the run has ended."""
        self._write("result.json", json.dumps(result, indent=2))

    def result(self) -> dict[str, Any] | None:
        """The result, or None while the run has not ended."""
        try:
            text = (self.path / "result.json").read_text("utf-8")
        except FileNotFoundError:
            return None
        result: dict[str, Any] = json.loads(text)
        return result

    @contextmanager
    def staged(self, name: str) -> Iterator[Path]:
        """A temporary path that becomes `name` when the body ends well, and is swept when it does not."""
        temporary = self.path / f".{name}.tmp"
        yield temporary
        temporary.replace(self.path / name)

    def reserve(self) -> None:
        """Hold on to the space that the result will need; `sweep` gives it back. Raises OSError."""
        (self.path / ".reserve.tmp").write_bytes(b"\0" * RESERVE_BYTES)

    @property
    def scratch(self) -> Path:
        """A folder for what only the training process needs; gone when the run has ended."""
        return self.path / ".scratch.tmp"

    def sweep(self) -> None:
        """Remove what is half-written or scratch."""
        for path in self.path.glob(".*.tmp"):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _write(self, name: str, text: str) -> None:
        temporary = self.path / f".{name}.tmp"
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path / name)
