"""An exported trial as one zip file, and how far its making is."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.export import export
from training.export.trial import Trial

CHUNK_BYTES = 1 << 20
_PACKED = {".safetensors"}
"""Random numbers, which no compression makes smaller."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that zip knows: equal contents make equal archives."""
Tell = Callable[[str, int, int], None]
"""Called with stage, bytes done and bytes in all."""


def pack(run_dir: Path, archive: Path, tell: Tell) -> Trial:
    """Export the trial in `run_dir` into the new file `archive`, which appears whole or not at all.

    Raises NotExportable, OSError.
    """
    folder, unfinished = (archive.with_name(f".{archive.name}.{part}.tmp") for part in ("d", "f"))
    shutil.rmtree(folder, ignore_errors=True)
    try:
        tell("collect", 0, 0)
        trial = export(run_dir, folder)
        _zip(folder, unfinished, top=_name(trial), tell=tell)
        unfinished.replace(archive)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.unlink(missing_ok=True)
    return trial


def _name(trial: Trial) -> str:
    return f"trial-{trial.spec.recipe.fingerprint()[:8]}"


def _zip(folder: Path, archive: Path, *, top: str, tell: Tell) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    total, done = sum(path.stat().st_size for path in files), 0
    with zipfile.ZipFile(archive, "w") as packed:
        for path in files:
            entry = zipfile.ZipInfo(f"{top}/{path.relative_to(folder).as_posix()}", _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = (
                zipfile.ZIP_STORED if path.suffix in _PACKED else zipfile.ZIP_DEFLATED
            )
            entry.file_size = path.stat().st_size
            with path.open("rb") as source, packed.open(entry, "w") as target:
                while chunk := source.read(CHUNK_BYTES):
                    target.write(chunk)
                    done += len(chunk)
                    tell("pack", done, total)


class Status:
    """A small JSON file that always holds the newest word about an export."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def say(self, **fields: Any) -> None:
        """Replace what it holds. Raises OSError."""
        temporary = self._path.with_name(f".{self._path.name}.tmp")
        temporary.write_text(json.dumps(fields), encoding="utf-8")
        temporary.replace(self._path)

    def tell(self, stage: str, done: int, total: int) -> None:
        """How far it is, in bytes."""
        self.say(status="running", stage=stage, done_bytes=done, total_bytes=total)
