"""Prepared rows as the examples that training methods learn from."""

from collections.abc import Iterable

from training.data import conversations
from training.data.catalogue import Row
from training.data.reserved import DESIRABLE, EMBEDDING, REJECTED, TEXT
from training.ftbench import Task
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
