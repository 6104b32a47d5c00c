"""Scores on the way: the task's metric on a few validation rows at fixed fractions of a training's steps.

Nothing of the training changes: answers are greedy, every random state is put back, and the trainer decides alone when
it saves and logs. So the weights are those of a training without milestones.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from training.data.catalogue import Edition, Row
from training.evaluate import Evaluation, evaluate
from training.evaluate.decoding import Decoding
from training.ftbench import Task
from training.methods import Emit

FRACTIONS = (0.25, 0.5, 0.75)
"""Of the steps; after a quarter the learning rate has passed its peak in every schedule there is."""
ROWS = 64
_SEED = 0

Score = Callable[[Any], Evaluation]


def due(step: int, steps: int) -> float | None:
    """The fraction that `step` of `steps` completes, the later one of two; None when it completes none."""
    found = [each for each in FRACTIONS if math.ceil(each * steps) == step < steps]
    return found[-1] if found else None


def subset(rows: Sequence[Row]) -> list[Row]:
    """The same rows for every training on the task, whatever its seed: only equals can be compared."""
    places = random.Random(_SEED).sample(range(len(rows)), min(ROWS, len(rows)))  # noqa: S311  # nothing secret
    return [rows[place] for place in sorted(places)]


def scoring(task: type[Task], edition: Edition, tokenizer: Any) -> Score:
    """Evaluates a model as the end of the run will, on fewer rows."""
    few = subset(edition.validation)
    decoding = Decoding(max_new_tokens=edition.answer_tokens(task.max_new_tokens))

    def score(model: Any) -> Evaluation:
        return evaluate(
            task, few, model=model, tokenizer=tokenizer, emit=_ignore, decoding=decoding
        )

    return score


def milestones(score: Score, emit: Emit) -> Any:
    """A callback that emits `intermediate` at each fraction that a training's steps complete."""
    from transformers import TrainerCallback

    class Milestones(TrainerCallback):  # type: ignore[misc]  # transformers ships no types we follow
        def on_step_end(self, args: Any, state: Any, control: Any, **known: Any) -> None:
            fraction = due(state.global_step, state.max_steps)
            if fraction is None:
                return
            with undisturbed():
                found = score(known["model"])
            emit(
                "intermediate",
                fraction=fraction,
                step=state.global_step,
                score=found.score,
                rows=len(found.predictions),
            )

    return Milestones()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Puts back every random state that a training draws from."""
    import numpy
    import torch

    python, arrays = random.getstate(), numpy.random.get_state()
    with torch.random.fork_rng():
        yield
    random.setstate(python)
    numpy.random.set_state(arrays)


def _ignore(kind: Any, **fields: Any) -> None:
    """Rows that are done on the way are no progress of the run."""
