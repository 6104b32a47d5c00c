"""Operator `export`."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from training import extensions
from training.data.catalogue import Row
from training.data.reserved import SOURCE
from training.errors import RecipeError
from training.operators import Operator


class Export(Operator):
    """Writes the rows as they are at this step into the run's folder, with a manifest of hashes, and passes them on.

    Rows that overlap evaluation rows are still among them: `decontaminate` comes later.
    """

    class Params(extensions.Params):
        name: str = Field(default="rows", pattern=r"^[A-Za-z0-9_-]{1,64}$")
        """The files are `data/NAME.jsonl` and `data/NAME.manifest.json`."""

    leaves_files: ClassVar[bool] = True
    _path = ""

    @property
    def note(self) -> str:
        """Where the rows are."""
        return f"written to {self._path}"

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        if self.around.folder is None:
            raise RecipeError(
                f"{self.around.field}.name", self.params.name, "needs a run's folder"
            )
        folder = self.around.folder / "data"
        folder.mkdir(parents=True, exist_ok=True)
        self._path = f"data/{self.params.name}.jsonl"
        return iter(self._write(list(rows), folder))

    def _write(self, rows: list[Row], folder: Path) -> list[Row]:
        lines = [json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows]
        body = "".join(f"{line}\n" for line in lines).encode()
        manifest = {
            "file": f"{self.params.name}.jsonl",
            "rows": len(rows),
            "bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
            "sources": sorted({str(row[SOURCE]) for row in rows if SOURCE in row}),
            "row_sha256": [hashlib.sha256(line.encode()).hexdigest() for line in lines],
        }
        (folder / f"{self.params.name}.jsonl").write_bytes(body)
        text = json.dumps(manifest, indent=1)
        (folder / f"{self.params.name}.manifest.json").write_text(text, "utf-8")
        return rows
