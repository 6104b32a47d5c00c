"""Tokenised rows by content hash: the trainer is given what it made of the same rows before."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from training.data import verified

LIBRARIES = ("trl", "transformers", "tokenizers", "datasets", "jinja2")
"""What turns rows into tokens."""
COLUMNS = ["input_ids", "labels"]
"""All that TRL's SFTTrainer reads of a prepared dataset; the labels are its masks."""


class Tokens:
    """Tokens of one training's rows; where `folder` is None nothing is kept."""

    def __init__(self, folder: Path | None, name: str) -> None:
        self._path = folder and folder / "tokens" / f"{name}.arrow"

    def load(self) -> Any:
        """A dataset that needs no preparation, or None."""
        import pyarrow as pa
        from datasets import Dataset

        body = verified.read(self._path) if self._path else None
        try:
            return None if body is None else Dataset.from_buffer(pa.py_buffer(body))
        except pa.ArrowException:
            return None

    def store(self, dataset: Any) -> bool:
        """Keep what the trainer has prepared; False where it cannot be: a cache may be missing."""
        import pyarrow as pa

        if self._path is None or not set(COLUMNS) <= set(dataset.column_names):
            return False
        table = dataset.select_columns(COLUMNS).with_format("arrow")[:]
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        try:
            verified.write(self._path, sink.getvalue().to_pybytes())
        except OSError:
            return False
        return True


def key(columns: Mapping[str, Any], tokenizer: Any, **options: Any) -> str | None:
    """SHA-256 over all that decides the tokens; None for a tokenizer that cannot be written down.

    columns: as the trainer gets them. options: of the method, as far as they matter to tokens.
    """
    if not getattr(tokenizer, "is_fast", False):
        return None
    facts = {
        "columns": columns,
        "tokenizer": tokenizer.backend_tokenizer.to_str(),
        "template": tokenizer.chat_template,
        "special": tokenizer.special_tokens_map,
        "options": options,
        "versions": {name: version(name) for name in LIBRARIES},
        "code": _code_hash(),
    }
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _code_hash() -> str:
    """Of the methods, which choose the trainer's other options."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(f"{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()
