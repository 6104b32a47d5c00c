"""One model for one seed: loaded, and trained where the recipe says so, in batches that fit into memory."""

import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from training import examples, extensions, loading, logs, memory, operators
from training.checkpoints import Checkpoints
from training.data import models
from training.data.catalogue import Edition
from training.ending import Ending
from training.errors import Cancelled, TrialFailed
from training.estimate import Estimate
from training.failures import is_out_of_memory
from training.ftbench import Task
from training.journal import Journal
from training.methods import Bench, Example, Method, Trained
from training.milestones import milestones, scoring
from training.pace import telling
from training.recipe import RunSpec, Step
from training.trial import TOO_SHORT, Trial, lacks_options

_log = logging.getLogger("training.run")


@dataclass(frozen=True)
class Experiment:
    """What every replica of a run shares."""

    spec: RunSpec
    task: type[Task]
    edition: Edition
    base: Path
    parent: Path | None
    examples: list[Example]
    scratch: Path
    """A folder that is gone when the run has ended."""


@dataclass(frozen=True)
class Subject:
    """A model at hand, and how it was trained unless it is the untrained baseline."""

    model: Any
    tokenizer: Any
    trained: Trained | None


class Attempt:
    """Brings one replica of an experiment to a model that can be evaluated."""

    def __init__(
        self, experiment: Experiment, seed: int, *, journal: Journal, ending: Ending
    ) -> None:
        self._experiment = experiment
        self._seed = seed
        self._journal = journal
        self._ending = ending

    def subject(self) -> Subject:
        """Load and train, with smaller batches as long as memory is short. Raises Cancelled, TrainingError and others."""
        step = self._experiment.spec.recipe.training
        while True:
            try:
                return self._once(step)
            except Exception as error:
                # Short memory has no class of its own on every device; all else is raised again.
                smaller = step and memory.smaller(step) if is_out_of_memory(error) else None
                if smaller is None:
                    raise
                self._tell_smaller(smaller, in_trial=isinstance(error, TrialFailed))
            step = smaller
            memory.free()

    def _tell_smaller(self, step: Step, *, in_trial: bool) -> None:
        self._journal.known["adjusted"] = adjusted = memory.batch(step)
        words = ", ".join(f"{name}={value}" for name, value in adjusted.items())
        where = "Out of memory in the trial" if in_trial else "Out of memory"
        _log.warning("%s: training starts again with %s.", where, words)

    def _once(self, step: Step | None) -> Subject:
        if step is None:
            return Subject(*self._load(), None)
        bench = self._ready(step)
        found = extensions.load(extensions.METHODS, step.use)
        method: Method = found(found.Params.model_validate(step.params))
        with self._journal.stage("train"):
            trained = self._train(method, bench)
        return Subject(trained.model, bench.tokenizer, trained)

    def _ready(self, step: Step) -> Bench:
        """A bench whose model nothing has touched; a trial comes before where the training can pay for one."""
        started = time.monotonic()
        bench = self._bench(*self._load(step))
        if not self._is_worth_telling(step, bench):
            return self._followed(bench)
        trial = Trial(step, self._experiment.examples)
        steps = trial.affordable(bench, load_s=time.monotonic() - started)
        if not steps:
            return self._followed(bench, telling(self._tell, note=TOO_SHORT))
        with self._journal.stage("trial"):
            self._tell(trial.run(bench, steps))
        bench = replace(bench, model=None, tokenizer=None)
        memory.free()
        model, tokenizer = self._load(step)
        return self._followed(replace(bench, model=model, tokenizer=tokenizer))

    def _is_worth_telling(self, step: Step, bench: Bench) -> bool:
        """Only the first replica, from its first step: what others need is known by then.

        Not on several devices, whose processes must all do the same, and each would judge by its own clock.
        """
        spec, checkpoints = self._experiment.spec, bench.checkpoints
        is_first = self._seed == spec.recipe.seed and (checkpoints is None or checkpoints.is_empty)
        return (
            spec.trial and spec.recipe.devices == 1 and is_first and not lacks_options(step.params)
        )

    def _tell(self, estimate: Estimate) -> None:
        self._journal.known["estimate"] = facts = estimate.facts()
        self._journal.emit("estimate", **facts)

    def _followed(self, bench: Bench, *callbacks: Any) -> Bench:
        """The bench with all that looks on while its model trains."""
        spec, task = self._experiment.spec, self._experiment.task
        if spec.milestones and self._seed == spec.recipe.seed:
            score = scoring(task, self._experiment.edition, bench.tokenizer)
            callbacks = (*callbacks, milestones(score, self._journal.emit))
        return replace(bench, callbacks=callbacks)

    def _load(self, step: Step | None = None) -> tuple[Any, Any]:
        with self._journal.stage("load"):
            return self._loaded(trains_all=step is not None and step.params.get("tuner") == "full")

    def _loaded(self, *, trains_all: bool) -> tuple[Any, Any]:
        import torch

        logs.quieten_libraries()
        torch.set_num_threads(self._experiment.spec.threads)
        known = self._journal.known
        known["base_hash"] = models.content_hash(self._experiment.base)
        base, parent = self._experiment.base, self._experiment.parent
        model, tokenizer = loading.load(base, parent, trains_all=trains_all)
        known["parameters"] = {"total": model.num_parameters(), "trainable": 0}
        return model, tokenizer

    def _bench(self, model: Any, tokenizer: Any) -> Bench:
        spec = self._experiment.spec
        return Bench(
            model,
            tokenizer,
            self._experiment.scratch,
            self._journal.emit,
            self._seed,
            reward=examples.reward(self._experiment.task),
            checkpoints=self._checkpoints(),
            in_order=operators.order_matters(spec.recipe.data),
            cache=Path(spec.cache) if spec.cache else None,
        )

    def _checkpoints(self) -> Checkpoints | None:
        spec = self._experiment.spec
        if spec.checkpoints is None:
            return None
        checkpoints = Checkpoints(Path(spec.checkpoints) / f"seed-{self._seed}")
        identity = {
            "recipe": spec.recipe.fingerprint(),
            "rows": examples.content_hash(self._experiment.examples),
            **loading.identity(self._experiment.base, self._experiment.parent),
        }
        checkpoints.open(identity, _log.warning)
        return checkpoints

    def _train(self, method: Method, bench: Bench) -> Trained:
        """Raises Cancelled when a stop was asked for and a checkpoint is saved."""
        from transformers import set_seed

        # Methods draw before their trainer seeds: an adapter's first weights, say.
        set_seed(bench.seed)
        self._ending.checkpoints = checkpoints = bench.checkpoints
        try:
            trained = method.train(self._experiment.examples, bench)
        finally:
            self._ending.checkpoints = None
        if checkpoints and checkpoints.stop_asked:
            raise Cancelled(self._ending.stopped(checkpoints.step))
        self._note(trained, checkpoints)
        return trained

    def _note(self, trained: Trained, checkpoints: Checkpoints | None) -> None:
        """The facts of the first replica stand for the run."""
        known = self._journal.known
        if known["train"] is None:
            resumed = checkpoints.resumed_from_step if checkpoints else None
            known["train"] = {**trained.facts(), "resumed_from_step": resumed}
            known["parameters"]["trainable"] = trained.trainable
