"""The prepared training rows of a run, in the columns that TRL reads; kept so that a trial can be exported."""

import json
from collections.abc import Sequence
from pathlib import Path

from training.methods import Example

ROWS = "train.jsonl"


def write_rows(examples: Sequence[Example], path: Path) -> None:
    """Write every example as one JSON line, in the order in which it is trained on; nothing for a baseline."""
    if not examples:
        return
    with path.open("w", encoding="utf-8") as file:
        for example in examples:
            answer = [{"role": "assistant", "content": example.completion}]
            row = {"prompt": example.prompt, "completion": answer}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
