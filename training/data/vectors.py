"""Embeddings by content hash, shared by all runs on a machine: a lost or damaged entry costs only its computation."""

import contextlib
import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

WAIT_S = 10.0
"""For another run that writes; then this run goes on without the cache."""
_AT_ONCE = 500
_TABLE = "CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, checksum TEXT, vector BLOB)"


class Vectors:
    """Vectors of texts in the space of one embedder; without a folder nothing is kept."""

    def __init__(self, folder: Path | None, space: str) -> None:
        self._folder = folder
        self._space = space

    def all(self, texts: Sequence[str], embed: Callable[[Sequence[str]], Any]) -> Any:
        """(texts, dimensions) float32: what is known, and what `embed` makes of the distinct texts that are not."""
        import numpy

        if not texts:
            return numpy.zeros((0, 0), dtype=numpy.float32)
        distinct = list(dict.fromkeys(texts))
        known = self._read(distinct)
        new = [text for text in distinct if text not in known]
        if new:
            found = dict(zip(new, embed(new), strict=True))
            self._write(found)
            known |= found
        return numpy.stack([known[text] for text in texts])

    def _read(self, texts: Sequence[str]) -> dict[str, Any]:
        """What is stored and unharmed."""
        found: dict[str, Any] = {}
        by_key = {self._key(text): text for text in texts}
        keys = list(by_key)
        with contextlib.suppress(sqlite3.Error, OSError), self._open() as database:
            for at in range(0, len(keys), _AT_ONCE):
                part = keys[at : at + _AT_ONCE]
                marks = ",".join("?" * len(part))
                query = f"SELECT key, checksum, vector FROM vectors WHERE key IN ({marks})"  # noqa: S608  # marks only
                for key, checksum, vector in database.execute(query, part):
                    if _checksum(key, vector) == checksum:
                        found[by_key[key]] = _vector(vector)
        return found

    def _write(self, vectors: dict[str, Any]) -> None:
        """In one transaction; a disk or a database that refuses is not worth the run."""
        rows = [(self._key(text), each.astype("<f4").tobytes()) for text, each in vectors.items()]
        checked = [(key, _checksum(key, vector), vector) for key, vector in rows]
        with contextlib.suppress(sqlite3.Error, OSError), self._open() as database:
            database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", checked)
            database.commit()

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Raises sqlite3.Error, OSError."""
        if self._folder is None:
            raise FileNotFoundError("no cache folder")
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{self._space}.sqlite"
        with contextlib.closing(sqlite3.connect(path, timeout=WAIT_S)) as database:
            try:
                database.execute(_TABLE)
            except sqlite3.DatabaseError as error:
                # Only a file that is no database is worth starting over.
                if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
                    path.unlink()
                raise
            yield database

    def _key(self, text: str) -> str:
        # Lone surrogates, which JSON may bring, have no UTF-8.
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _checksum(key: str, vector: bytes) -> str:
    return hashlib.sha256(key.encode() + vector).hexdigest()


def _vector(stored: bytes) -> Any:
    import numpy

    return numpy.frombuffer(stored, dtype="<f4").astype(numpy.float32)
