"""The rows that a recipe prepares, as the examples that methods train on."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from training import asking, extensions, operators
from training.data import prepared
from training.data.catalogue import Edition, Row
from training.data.decontamination import Guard
from training.ftbench import Metric, Task
from training.methods import Emit, Example
from training.recipe import RunSpec


def prepare(
    spec: RunSpec, task: type[Task], *, edition: Edition, base: Path, folder: Path, emit: Emit
) -> list[Example]:
    """Run the data recipe; none without training. Raises RecipeError, EmptyData and what operators raise."""
    if spec.recipe.training is None:
        return []
    asker = asking.of(spec, folder, emit)
    guard = Guard(task.text(row) for row in (*edition.validation, *edition.test))

    def around(field: str) -> operators.Surroundings:
        return operators.Surroundings(
            edition, task, guard, spec.recipe.seed, field, base, folder, asker
        )

    counts: list[operators.Count] = []

    def report(count: operators.Count) -> None:
        counts.append(count)
        emit("data", **vars(count))

    rows = operators.prepare_cached(
        operators.build(spec.recipe.data, around),
        report,
        folder=Path(spec.cache) if spec.cache else None,
        task=[spec.task, spec.edition],
        seed=spec.recipe.seed,
        evaluation=prepared.content_hash((*edition.validation, *edition.test)),
    )
    operators.refuse_empty(counts)
    return [example(task, row) for row in rows]


def example(task: type[Task], row: Row) -> Example:
    """What data operators put on the row goes before what the task makes of it."""
    return Example(
        row.get("prompt") or task.prompt(row),
        row.get("completion") or task.target(row),
        rejected=row.get("rejected"),
        desirable=row.get("desirable"),
        text=row.get("text") or task.text(row),
        row=row,
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
