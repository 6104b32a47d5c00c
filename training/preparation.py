"""A data recipe from its first step to examples: with all that its operators may ask."""

from pathlib import Path

from training import asking, operators
from training.data import prepared
from training.data.catalogue import Edition, Row
from training.data.decontamination import Guard
from training.examples import examples
from training.ftbench import Task
from training.methods import Emit, Example
from training.oracle import LocalOracle
from training.recipe import RunSpec


def prepare(
    spec: RunSpec, task: type[Task], *, edition: Edition, base: Path, folder: Path, emit: Emit
) -> list[Example]:
    """Run the data recipe; none without training. Raises RecipeError, EmptyData and what operators raise."""
    if spec.recipe.training is None:
        return []
    sealed = (*edition.validation, *edition.test)
    guard = Guard(task.text(row) for row in sealed)
    oracle, asker = LocalOracle(spec, base, emit), asking.of(spec, folder, emit)

    def around(field: str) -> operators.Surroundings:
        seed = spec.recipe.seed
        return operators.Surroundings(
            edition, task, guard, seed, field, base, folder, asker=asker, oracle=oracle
        )

    rows = _rows(spec, operators.build(spec.recipe.data, around), sealed, emit)
    oracle.release()
    return examples(task, rows)


def _rows(
    spec: RunSpec, steps: list[operators.Operator], sealed: tuple[Row, ...], emit: Emit
) -> list[Row]:
    counts: list[operators.Count] = []

    def report(count: operators.Count) -> None:
        counts.append(count)
        emit("data", **vars(count))

    rows = operators.prepare_cached(
        steps,
        report,
        folder=Path(spec.cache) if spec.cache else None,
        task=[spec.task, spec.edition],
        seed=spec.recipe.seed,
        evaluation=prepared.content_hash(sealed),
    )
    operators.refuse_empty(counts)
    return rows
