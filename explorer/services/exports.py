"""The life of an export: asked for by a person, claimed once, kept by a lease, ended once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Now

from agents.errors import LeaseLost, SteeringRefused
from explorer import dispatch, store
from explorer.models import Export, Node
from explorer.selectors import exports as found
from explorer.services.runs import lease_end

ACTIVE = [Export.State.QUEUED, Export.State.RUNNING]
MAX_ATTEMPTS = 3
"""Workers that may vanish over one export before it is given up."""
_FRESH: dict[str, Any] = {
    "state": Export.State.QUEUED,
    "stage": "",
    "done_bytes": 0,
    "total_bytes": 0,
    "size_bytes": 0,
    "reason": "",
    "script_refusal": "",
    "attempt": 0,
    "lease_until": None,
}


@dataclass(frozen=True)
class Job:
    """The right to make one archive, as long as the fence stands."""

    export_pk: int
    project_id: int
    fence: int
    directory: Path

    @property
    def archive(self) -> Path:
        """The file to make."""
        return self.directory / found.ARCHIVE


def ask(project_id: int, number: int, *, actor: str, reason: str = "") -> None:
    """Have the node's trained model packed; does nothing where that is done or under way.

    Raises SteeringRefused, Node.DoesNotExist.
    """
    with store.writing(project_id, actor=actor) as log:
        node = _node(log, number)
        run = found.run_of(node)
        if run is None:
            raise SteeringRefused(f"Node {number} holds no trained model to export")
        export = Export.objects.filter(run=run).first()
        if export and (export.state in ACTIVE or found.archive(export) is not None):
            return
        values = {**_FRESH, "node": node, "asked_by": actor}
        export, _ = Export.objects.update_or_create(run=run, defaults=values)
        log.add("export", export.as_json(), node=node)
        dispatch.export_run(export.pk)


def cancel(project_id: int, number: int, *, actor: str, reason: str = "") -> None:
    """Give up an export that is not done yet. Raises SteeringRefused, Node.DoesNotExist."""
    with store.writing(project_id, actor=actor) as log:
        run = found.run_of(_node(log, number))
        export = Export.objects.filter(run=run, state__in=ACTIVE).first()
        if export is None:
            raise SteeringRefused(f"No export of node {number} is under way")
        _end(log, export, state=Export.State.CANCELLED, reason=f"Cancelled by {actor}.")


def claim(export_pk: int) -> Job | None:
    """Take a queued export; None when it is not there to be taken."""
    won = Export.objects.filter(pk=export_pk, state=Export.State.QUEUED).update(
        state=Export.State.RUNNING,
        lease_until=lease_end(),
        attempt=F("attempt") + 1,
        fence=F("fence") + 1,
    )
    if not won:
        return None
    export = Export.objects.select_related("run", "node").get(pk=export_pk)
    job = Job(export_pk, export.node.project_id, export.fence, Path(export.run.directory))
    tell(job, {"stage": "collect"})
    return job


def beat(job: Job) -> None:
    """Renew the lease. Raises LeaseLost when the export is no longer ours to make."""
    if not _mine(job).update(lease_until=lease_end()):
        raise LeaseLost(f"export {job.export_pk} is no longer ours")


def tell(job: Job, status: Mapping[str, Any]) -> None:
    """Record how far it is. Raises LeaseLost."""
    _record(job, status, names=("stage", "done_bytes", "total_bytes"))


def finish(job: Job, status: Mapping[str, Any]) -> None:
    """Record how it ended. Raises LeaseLost."""
    _record(job, status, names=("state", "reason", "size_bytes", "script_refusal"))


def hand_over(job: Job) -> None:
    """This worker is leaving: another one may begin anew."""
    _mine(job).update(state=Export.State.QUEUED, lease_until=None, fence=F("fence") + 1)


def reap() -> None:
    """Queue again every export whose worker has let its lease run out, a few times at most."""
    expired = Export.objects.filter(state=Export.State.RUNNING, lease_until__lt=Now())
    for export in expired.select_related("node"):
        job = Job(export.pk, export.node.project_id, export.fence, Path())
        if export.attempt < MAX_ATTEMPTS:
            hand_over(job)
        else:
            _give_up(job)


def waiting() -> list[int]:
    """Keys of the exports that could be made now, oldest first."""
    queued = Export.objects.filter(state=Export.State.QUEUED).order_by("pk")
    return list(queued.values_list("pk", flat=True))


def _give_up(job: Job) -> None:
    reason = f"Given up: {MAX_ATTEMPTS} workers vanished while they made it."
    try:
        finish(job, {"state": Export.State.FAILED, "reason": reason})
    except LeaseLost:
        return  # someone else ended it first


def _record(job: Job, status: Mapping[str, Any], *, names: tuple[str, ...]) -> None:
    known = {name: status[name] for name in names if name in status}
    with store.writing(job.project_id, actor="worker") as log:
        if not _mine(job).update(**known):
            raise LeaseLost(f"export {job.export_pk} is no longer ours")
        export = Export.objects.select_related("node").get(pk=job.export_pk)
        log.add("export", export.as_json(), node=export.node)


def _mine(job: Job) -> QuerySet[Export]:
    return Export.objects.filter(pk=job.export_pk, fence=job.fence, state=Export.State.RUNNING)


def _end(log: store.Log, export: Export, *, state: Export.State, reason: str) -> None:
    """The raised fence is what the worker notices: it then ends the process."""
    export.state, export.reason, export.fence = state, reason, export.fence + 1
    export.save(update_fields=["state", "reason", "fence"])
    log.add("export", export.as_json(), node=export.node)


def _node(log: store.Log, number: int) -> Node:
    nodes = Node.objects.select_related("project", "reused_from")
    return nodes.get(project=log.project, number=number)
