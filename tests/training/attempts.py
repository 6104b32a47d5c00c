"""One training in this process, with everything around it that a run has."""

from pathlib import Path
from typing import Any

from tests.training.test_methods import EXAMPLES, FEW, Recorder
from training import extensions
from training.attempt import Attempt, Experiment, Subject
from training.data import models
from training.ending import Ending
from training.journal import Journal
from training.recipe import Recipe, RunSpec, Step, complete
from training.rundir import RunDir


def attempt(
    folder: Path, use: str = "sft", *, record: Recorder | None = None, **fields: Any
) -> tuple[Subject, dict[str, Any]]:
    """The trained model and what is known for the result; options of the method in `params`."""
    step = Step(use=use, params=FEW | fields.pop("params", {}))
    recipe = complete(Recipe(training=step, seed=7))
    known = {"run_id": "r", "kind": "trial", "task": "sst2", "edition": "mini"}
    spec = RunSpec(**known, base_model="trex-tiny", recipe=recipe, **fields)
    task = extensions.load(extensions.TASKS, "sst2")
    base = models.resolve("trex-tiny")
    experiment = Experiment(
        spec, task, task.edition("mini"), base, None, EXAMPLES, folder / "scratch"
    )
    journal = Journal(record or Recorder())
    ending = Ending(RunDir(folder), journal.known)
    return Attempt(experiment, 7, journal=journal, ending=ending).subject(), journal.known
