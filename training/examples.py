"""Prepared rows as the examples that training methods learn from, and what their answers are worth."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence

from training import extensions
from training.data import conversations
from training.data.catalogue import Row
from training.data.reserved import DESIRABLE, EMBEDDING, REJECTED, TEXT
from training.ftbench import Metric, Task
from training.methods import Example


def examples(task: type[Task], rows: Iterable[Row]) -> list[Example]:
    """One example of each row. Raises RecipeError naming row, field and value of a malformed conversation."""
    return [_example(task, row, number) for number, row in enumerate(rows, start=1)]


def _example(task: type[Task], row: Row, number: int) -> Example:
    """What data operators put on the row goes before what the task makes of it."""
    prompt, answer = conversations.split(task, row, number=number)
    return Example(
        prompt,
        answer,
        rejected=row.get(REJECTED),
        desirable=row.get(DESIRABLE),
        text=row.get(TEXT) or task.text(row),
        # Training reads no embedding, and every row's would be hashed, copied and kept.
        row={key: value for key, value in row.items() if key != EMBEDDING},
    )


def reward(task: type[Task]) -> Callable[[str, Row], float]:
    """The task's metric on one completion, so that more is better."""
    metric: type[Metric] = extensions.load(extensions.METRICS, task.metric)
    sign = 1 if metric.direction == "maximise" else -1

    def score(completion: str, row: Row) -> float:
        return sign * metric.score([task.extract(completion)], [task.gold(row)])

    return score


def content_hash(examples: Sequence[Example]) -> str:
    """SHA-256 over all that methods may read of the examples, in order."""
    digest = hashlib.sha256()
    for each in examples:
        digest.update(json.dumps(vars(each), sort_keys=True, default=str).encode() + b"\n")
    return digest.hexdigest()
