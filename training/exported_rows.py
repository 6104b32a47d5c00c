"""The prepared training rows of a run, kept so that a trial can be exported."""

import json
from collections.abc import Sequence
from pathlib import Path

from training.methods import Example

ROWS = "train.jsonl"
_FIELDS = ("prompt", "completion", "rejected", "desirable", "text")


def write_rows(examples: Sequence[Example], path: Path) -> None:
    """Write every example as one JSON line, in the order in which it is trained on; nothing for a baseline."""
    if not examples:
        return
    with path.open("w", encoding="utf-8") as file:
        for example in examples:
            known = {name: getattr(example, name) for name in _FIELDS}
            row = {name: value for name, value in known.items() if value is not None}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_rows(path: Path) -> list[Example]:
    """What `write_rows` wrote; the rows of the catalogue, which rewards need, are not kept."""
    # By the file: `splitlines` would also split at the line separators that a text may hold.
    with path.open(encoding="utf-8") as lines:
        return [Example(**json.loads(line)) for line in lines]
