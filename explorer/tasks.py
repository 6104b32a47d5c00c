"""Celery tasks: a message is a hint that something may be due; what is due stands in the database."""

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
from agents.errors import LeaseLost
from agents.executor import Executor
from agents.ports import Runner
from explorer import dispatch
from explorer.services import planning, runs
from training import devices, extensions
from training.errors import TrainingError
from training.rundir import RunDir

SWEEP_S = 2.0

log = logging.getLogger(__name__)
slots = threading.BoundedSemaphore(settings.TREX_RUN_SLOTS)
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


class _Report:
    """The Executor's line to the database for one claim."""

    def __init__(self, claim: runs.Claim) -> None:
        self._claim = claim

    def emit(self, events: Any) -> None:
        """Store a batch of run events. Raises LeaseLost."""
        runs.emit(self._claim, events)

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
    result = Executor(runner()).execute(run_dir, _Report(claim))
    if result["status"] == "cancelled":
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
