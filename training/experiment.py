"""One experiment from its recipe to its score: rows prepared, replicas trained and evaluated, the first one saved."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from training import devices, extensions, loading, ranks, replicas
from training.attempt import Attempt, Experiment, Subject
from training.data import models
from training.ending import Ending
from training.errors import RecipeError
from training.evaluate import Evaluation, evaluate, write
from training.evaluate.decoding import Decoding
from training.events import EventWriter
from training.exported_rows import ROWS, write_rows
from training.ftbench import Metric, Task
from training.journal import Journal
from training.preparation import prepare
from training.recipe import Recipe, RunSpec, complete
from training.rundir import RunDir


class Run:
    """One experiment in progress: stages in order."""

    def __init__(self, run_dir: RunDir, writer: EventWriter) -> None:
        self._run_dir = run_dir
        self._journal = Journal(writer.emit)
        self.ending = Ending(run_dir, self._journal.known)

    def work(self, spec: RunSpec) -> None:
        """Prepare; then load, train, evaluate each replica, and save the first. Raises TrainingError and others."""
        devices.take(spec.devices, spec.recipe.devices)
        experiment = self._experiment(spec.model_copy(update={"recipe": complete(spec.recipe)}))
        known, results = self._journal.known, list[Evaluation]()
        with self._ranks(experiment) as others:
            for seed in _seeds(experiment.spec.recipe):
                others.go()
                results.append(self._replica(experiment, seed, is_first=not results))
                known["replicas"].append({"seed": seed, "score": results[-1].score})
        metric: type[Metric] = extensions.load(extensions.METRICS, experiment.task.metric)
        known.update(results[0].facts())
        known.update(replicas.combine(results, bounds=metric.range))
        known.update(replicas.apart(known, experiment.task.metric))

    def _ranks(self, experiment: Experiment) -> contextlib.AbstractContextManager[ranks.Ranks]:
        """The processes for the recipe's other devices, which load and train each replica and tell nobody."""
        recipe = experiment.spec.recipe

        def follow(wait: Callable[[], object]) -> None:
            unheard = Journal(EventWriter(Path(os.devnull)).emit)
            for seed in _seeds(recipe):
                wait()
                Attempt(experiment, seed, journal=unheard, ending=self.ending).subject()

        return ranks.started(
            recipe.devices if recipe.training else 1,
            follow,
            meeting=self._run_dir.path / ".ranks.tmp",
            fail=self.ending.fail_now,
        )

    def _experiment(self, spec: RunSpec) -> Experiment:
        _check_kind(spec)
        task: type[Task] = extensions.load(extensions.TASKS, spec.task)
        edition = task.edition(spec.edition)
        base, parent = models.resolve(spec.base_model), loading.parent_folder(spec)
        with self._journal.stage("prepare"):
            rows = prepare(
                spec,
                task,
                edition=edition,
                base=base,
                folder=self._run_dir.path,
                emit=self._journal.emit,
            )
        write_rows(rows, self._run_dir.path / ROWS)
        return Experiment(spec, task, edition, base, parent, rows, self._run_dir.scratch)

    def _replica(self, experiment: Experiment, seed: int, *, is_first: bool) -> Evaluation:
        """Train with `seed` and evaluate; model and predictions are kept of the first replica."""
        attempt = Attempt(experiment, seed, journal=self._journal, ending=self.ending)
        subject = attempt.subject()
        with self._journal.stage("evaluate"):
            result = self._evaluation(experiment, subject)
        if is_first:
            with self._journal.stage("save"):
                self._save(experiment, subject, result)
        return result

    def _evaluation(self, experiment: Experiment, subject: Subject) -> Evaluation:
        task, edition = experiment.task, experiment.edition
        return evaluate(
            task,
            edition.validation,
            model=subject.model,
            tokenizer=subject.tokenizer,
            emit=self._journal.emit,
            decoding=Decoding(max_new_tokens=edition.answer_tokens(task.max_new_tokens)),
        )

    def _save(self, experiment: Experiment, subject: Subject, result: Evaluation) -> None:
        with self._run_dir.staged(result.file) as path:
            write(result, path)
        if subject.trained is not None:
            with self._run_dir.staged("model") as path:
                loading.save(
                    subject.model, subject.tokenizer, path, started_from=experiment.parent
                )


def _seeds(recipe: Recipe) -> range:
    """Without training there is no seed: greedy answers of one model are always the same."""
    return range(recipe.seed, recipe.seed + (recipe.replicas if recipe.training else 1))


def _check_kind(spec: RunSpec) -> None:
    if spec.kind == "baseline" and spec.recipe.training is not None:
        raise RecipeError(
            "recipe.training", spec.recipe.training.use, "must be null for a baseline"
        )
    if spec.kind == "trial" and spec.recipe.training is None:
        raise RecipeError("recipe.training", None, "must name a training method for a trial")
