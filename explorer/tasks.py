"""Celery tasks: a message is a hint that something may be due; what is due stands in the database."""

import json
import logging
import os
import shutil
import socket
import threading
import uuid
from functools import cache
from pathlib import Path
from typing import Any

from celery import bootsteps, shared_task, signals
from django.conf import settings
from django.db import close_old_connections

from agents.devices import Devices, Lease
from agents.errors import LeaseLost, RunnerError
from agents.executor import Executor
from agents.llm import answers
from agents.ports import Answerer, Process, Runner
from explorer import dispatch
from explorer.services import exports, planning, runs, stopping
from training import devices, extensions
from training.errors import TrainingError
from training.rundir import RunDir

SWEEP_S = 2.0
EXPORT_POLL_S = 0.25
EXPORT_GRACE_S = 5.0

log = logging.getLogger(__name__)
slots = threading.BoundedSemaphore(settings.TREX_RUN_SLOTS)
exporting = threading.Lock()
"""One archive at a time: they are made of disk reads, and runs need the disk too."""
leaving = threading.Event()


class WorkerLeaving(Exception):
    """This worker was asked to end; its runs go to another one."""


@cache
def owner() -> str:
    """This worker's name in leases; no two processes share one."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


@cache
def runner() -> Runner:
    """Starts this worker's training processes."""
    local = extensions.load("agents.runners", "local")
    made: Runner = local(local.Params())
    return made


@cache
def answerer() -> Answerer:
    """Puts to the configured language model what this worker's runs ask."""
    return answers.answerer(
        runs.llm_provider(),
        deadline_s=settings.TREX_LLM_TIMEOUT_S,
        folder=settings.TREX_CACHE / "answers",
    )


@cache
def leases() -> Devices:
    """This machine's devices, shared among its workers."""
    folder = settings.TREX_HOME / "devices" / socket.gethostname()
    return Devices(folder, devices.available())


@shared_task
def advance(project_id: int) -> None:
    """Plan the project's next nodes, as many as there is room for."""
    planning.advance(project_id, owner=owner())


@shared_task
def run_node(node_pk: int) -> None:
    """Run this node if it is still to be had, and a slot and devices are free; then whatever else waits."""
    if leaving.is_set() or not slots.acquire(blocking=False):
        return
    try:
        # Without a look at the others a waiting node would idle until the next hint.
        is_run = _lease_and_run(node_pk)
        while is_run:
            is_run = any(_lease_and_run(other) for other in runs.waiting())
    finally:
        slots.release()


def _lease_and_run(node_pk: int) -> bool:
    """Run the node; False when it, or a device for it, is not to be had: then it waits in the queue."""
    if leaving.is_set() or (lease := leases().lease(runs.devices(node_pk))) is None:
        return False
    try:
        claim = runs.claim(node_pk, owner=owner())
        if claim is not None:
            _run(claim, lease)
        return claim is not None
    finally:
        lease.release()


def sweep() -> None:
    """What lost hints would have started: expired leases, waiting nodes, searches with room."""
    runs.reap()
    for node_pk in runs.waiting()[: settings.TREX_RUN_SLOTS]:
        dispatch.run_node(node_pk)
    for project_id in planning.idle():
        dispatch.advance(project_id)
    exports.reap()
    for export_pk in exports.waiting()[:1]:
        dispatch.export_run(export_pk)


@shared_task
def export_run(export_pk: int) -> None:
    """Make this archive if it is still wanted and none is being made here."""
    if leaving.is_set() or not exporting.acquire(blocking=False):
        return
    try:
        if job := exports.claim(export_pk):
            _export(job)
    except LeaseLost:
        log.info("Export %s was cancelled or taken from this worker", export_pk)
    finally:
        exporting.release()


def _export(job: exports.Job) -> None:
    status = job.directory / "export.json"
    status.unlink(missing_ok=True)
    words = ["training.export", str(job.directory), str(job.archive)]
    words += ["--status", str(status), "--lifeline"]
    try:
        process: Process = runner().start_tool(words, output=job.directory / "export.log")  # type: ignore[attr-defined]  # the local runner's own
    except (RunnerError, OSError) as error:
        gone = "The folder of the run is no longer there."
        reason = f"The export cannot start: {error}." if job.directory.is_dir() else gone
        exports.finish(job, {"state": "failed", "reason": reason})
        return
    try:
        told = _watch_export(process, job, status)
    finally:
        process.stop(EXPORT_GRACE_S)
    if told is not None:
        exports.finish(job, told | {"state": told["status"]})


def _watch_export(process: Process, job: exports.Job, status: Path) -> dict[str, Any] | None:
    """What the process says at its end; None when this worker leaves and another one begins anew. Raises LeaseLost."""
    seen: dict[str, Any] = {}
    while process.poll() is None:
        if leaving.wait(EXPORT_POLL_S):
            exports.hand_over(job)
            return None
        told = _told(status)
        if told.get("status") == "running" and told != seen:
            exports.tell(job, told)
            seen = told
        exports.beat(job)
    told = _told(status)
    if told.get("status") in {"done", "failed"}:
        return told
    reason = f"The export ended with status {process.poll()} before it was done; the run's export.log has more."
    return {"status": "failed", "reason": reason}


def _told(status: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(status.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return told


class _Report:
    """The Executor's line to the database for one claim."""

    def __init__(self, claim: runs.Claim) -> None:
        self.stop_reason = ""
        self._claim = claim

    def emit(self, events: Any) -> None:
        """Store a batch of run events, and judge the scores on the way among them. Raises LeaseLost."""
        runs.emit(self._claim, events)
        for event in events:
            if event["kind"] == "intermediate" and not self.stop_reason:
                self.stop_reason = stopping.judge(self._claim, event["data"])

    def beat(self) -> None:
        """Renew the lease. Raises LeaseLost, WorkerLeaving."""
        if leaving.is_set():
            raise WorkerLeaving
        runs.beat(self._claim)


def _run(claim: runs.Claim, lease: Lease) -> None:
    try:
        if not runs.reuse(claim):
            _execute(claim, lease)
    except LeaseLost:
        log.info("Run %s was taken from this worker", claim.spec.run_id)
    except WorkerLeaving:
        runs.hand_over(claim, "its worker was shut down")
    except (
        TrainingError
    ) as error:  # the recipe or the model cannot be used: a result to learn from
        runs.finish(claim, {"status": "failed", "reason": str(error)})
    except (
        Exception
    ) as error:  # one broken run must not end the worker; the failure stands on the node
        log.exception("Run %s broke", claim.spec.run_id)
        runs.lose(claim, f"{type(error).__name__}: {error}")


def _execute(claim: runs.Claim, lease: Lease) -> None:
    devices.refuse_too_many(claim.spec.recipe.devices)
    spec = claim.spec.model_copy(update={"devices": lease.names})
    run_dir = RunDir.create(Path(claim.directory), spec)
    executor = Executor(runner(), answerer=answerer())
    result = executor.execute(run_dir, _Report(claim))
    if result["status"] == "cancelled" and result.get("cause") != "hopeless":
        _put_back(claim, result["reason"])
    elif result.get("cause") == "lost":
        runs.lose(claim, result["reason"])
    else:
        runs.finish(claim, result)
        # They serve the next attempt, and there is none.
        shutil.rmtree(claim.spec.checkpoints or "", ignore_errors=True)


def _put_back(claim: runs.Claim, reason: str) -> None:
    """The run was ended by somebody else than us, who would not look at its result: it goes on elsewhere."""
    if leaving.is_set():
        runs.hand_over(claim, "its worker was shut down")
    else:
        runs.lose(claim, reason)


class Sweeper(bootsteps.StartStopStep):
    """Sweeps every few seconds in each worker; all of it is conditional updates, so many may do it."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        self.timer_reference: Any = None

    def start(self, parent: Any) -> None:
        """Begin to sweep."""
        self.timer_reference = parent.timer.call_repeatedly(SWEEP_S, _sweep_safely)

    def stop(self, parent: Any) -> None:
        """Sweep no more."""
        if self.timer_reference:
            self.timer_reference.cancel()


def _sweep_safely() -> None:
    try:
        close_old_connections()
        sweep()
    except Exception:  # the timer would drop a sweep that raised once, and with it every later one
        log.exception("The sweep failed; the next one comes in %s s", SWEEP_S)


@signals.worker_init.connect
def _warm_up(**kwargs: Any) -> None:
    runner().warm_up()  # type: ignore[attr-defined]  # the local runner's own


@signals.worker_shutting_down.connect
def _leave(**kwargs: Any) -> None:
    leaving.set()


@signals.worker_shutdown.connect
def _close_runner(**kwargs: Any) -> None:
    runner().close()
    answerer().close()
