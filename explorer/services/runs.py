"""The life of a run: claimed by a conditional update, kept by a lease, ended once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import DateTimeField, ExpressionWrapper, F, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils import timezone

from agents.errors import LeaseLost
from agents.llm import Provider
from explorer import dispatch, store
from explorer.models import Node, Project, Run
from training import named_nodes
from training.fingerprint import identity, is_repeatable
from training.recipe import Recipe, RunSpec, TrainedNode

MAX_LOST_RUNS = 3
"""A node whose workers vanished so often is given up: it may be what kills them."""

_ENDED = ("state", "score", "interval", "rows", "failure", "cause", "finished_at", "saved_s")


@dataclass(frozen=True)
class Claim:
    """The right to run one node, as long as the fence stands."""

    node_pk: int
    project_id: int
    fence: int
    directory: Path
    spec: RunSpec
    parent_identity: str | None = None


def lease_end() -> Combinable:
    """When a lease renewed now will end, by the database's clock."""
    length = Value(timedelta(seconds=settings.TREX_LEASE_S))
    return ExpressionWrapper(Now() + length, output_field=DateTimeField())


def claim(node_pk: int, *, owner: str) -> Claim | None:
    """Take a queued node of a running search; None when it is not there to be taken."""
    project_id = Node.objects.values_list("project_id", flat=True).get(pk=node_pk)
    with store.writing(project_id, actor="worker") as log:
        if log.project.state != Project.State.RUNNING or _is_full(log.project):
            return None
        won = Node.objects.filter(pk=node_pk, state=Node.State.QUEUED).update(
            state=Node.State.RUNNING,
            lease_owner=owner,
            lease_until=lease_end(),
            heartbeat_at=Now(),
            started_at=Now(),
            attempt=F("attempt") + 1,
            fence=F("fence") + 1,
        )
        if not won:
            return None
        node = Node.objects.get(pk=node_pk)
        log.changed(node, "state", "started_at", "attempt")
        return _claim_of(node, log.project)


def devices(node_pk: int) -> int:
    """How many devices the node's recipe trains on."""
    recipe: dict[str, Any] = Node.objects.values_list("recipe", flat=True).get(pk=node_pk)
    return Recipe.model_validate(recipe).devices


def _is_full(project: Project) -> bool:
    return project.nodes.filter(state=Node.State.RUNNING).count() >= project.parallel_runs


def _claim_of(node: Node, project: Project) -> Claim:
    directory = settings.TREX_RUNS / str(project.pk) / f"{node.number}-{node.attempt}"
    Run.objects.create(
        node=node, attempt=node.attempt, owner=node.lease_owner, directory=str(directory)
    )
    recipe = Recipe.model_validate(node.recipe)
    spec = RunSpec(
        run_id=f"{project.pk}/{node.number}/{node.attempt}",
        kind="baseline" if node.kind == "root" else "trial",
        task=project.task,
        edition="mini" if project.edition == "mini" else "full",
        base_model=project.base_model,
        recipe=recipe,
        threads=max(1, settings.CPUS // settings.TREX_RUN_SLOTS),
        checkpoints=str(settings.TREX_RUNS / str(project.pk) / f"{node.number}-checkpoints"),
        parent_model=node.parent and _model_of(node.parent),
        nodes=nodes_of(recipe, project),
        cache=str(settings.TREX_CACHE),
        milestones=project.early_stopping,
        answerer=llm_provider().name,
        generate_with=settings.TREX_GENERATE_WITH,
    )
    parent_identity = None if node.parent is None else node.parent.identity
    return Claim(node.pk, project.pk, node.fence, directory, spec, parent_identity)


def llm_provider() -> Provider:
    """The language model that this worker's runs may have asked, by its settings."""
    return Provider(settings.TREX_LLM_MODEL, settings.TREX_LLM_BASE_URL, settings.TREX_LLM_API_KEY)


def nodes_of(recipe: Recipe, project: Project) -> dict[int, TrainedNode]:
    """What the nodes are that the recipe's data steps name; numbers that the project does not have are left out."""
    numbers = {number for _, _, number in named_nodes.named(recipe)}
    found = project.nodes.filter(number__in=numbers) if numbers else ()
    return {node.number: _trained(node) for node in found}


def _trained(node: Node) -> TrainedNode:
    identity = node.identity or node.fingerprint
    if node.kind == "root":
        return TrainedNode(identity=identity, missing="is the baseline, which was not trained")
    if node.state != Node.State.DONE:
        return TrainedNode(identity=identity, missing=f"is {node.state}, and must be done")
    folder = _model_of(node)
    missing = "" if folder else "has lost its model: no run of it is known"
    return TrainedNode(identity=identity, folder=folder, missing=missing)


def _model_of(node: Node) -> str | None:
    """Where the node's trained model lies; a reused result lies with the node that was run."""
    trained = node.reused_from or node
    run = trained.runs.filter(outcome="done").first()
    return None if run is None or trained.kind == "root" else str(Path(run.directory) / "model")


def emit(claim: Claim, events: Sequence[Mapping[str, Any]]) -> None:
    """Store a batch of the run's events. Raises LeaseLost when the claim no longer stands."""
    with store.writing(claim.project_id, actor="worker") as log:
        node = mine(claim)
        for event in events:
            log.add(event["kind"], event["data"], node=node, attempt=node.attempt)


def beat(claim: Claim) -> None:
    """Renew the lease. Raises LeaseLost when the claim no longer stands."""
    mine = Node.objects.filter(pk=claim.node_pk, fence=claim.fence, state=Node.State.RUNNING)
    if not mine.update(lease_until=lease_end(), heartbeat_at=Now()):
        raise LeaseLost(f"node {claim.node_pk} is no longer ours")


def reuse(claim: Claim) -> bool:
    """Finish the node with the result of an identical experiment, if there is one. Raises LeaseLost, RecipeError."""
    found = identity(claim.spec, parent=claim.parent_identity)
    Node.objects.filter(pk=claim.node_pk, fence=claim.fence).update(identity=found)
    twin = Node.objects.filter(identity=found, state=Node.State.DONE, reused_from=None).first()
    wanted = Project.objects.get(pk=claim.project_id).reuse and is_repeatable(claim.spec.recipe)
    if twin is None or not wanted:
        return False
    saved_s = sum((twin.result or {}).get("timings", {}).values())
    _finish(claim, twin.result or {}, reused_from=twin, saved_s=saved_s)
    return True


def finish(claim: Claim, result: dict[str, Any]) -> None:
    """Store the result and free the place. Raises LeaseLost when the claim no longer stands."""
    _finish(claim, result)


def _finish(claim: Claim, result: dict[str, Any], **reuse: Any) -> None:
    low, high = result.get("interval") or (None, None)
    changed = {
        "state": _state(result),
        "score": result.get("score"),
        "interval_low": low,
        "interval_high": high,
        "rows": result.get("rows"),
        "failure": result.get("reason", ""),
        "cause": "hopeless" if _state(result) == Node.State.CANCELLED else "",
        "result": result,
        "finished_at": timezone.now(),
        **reuse,
    }
    with store.writing(claim.project_id, actor="worker") as log:
        node = mine(claim)
        for field, value in changed.items():
            setattr(node, field, value)
        node.save(update_fields=list(changed))
        _end_run(node, outcome=result["status"], reason=node.failure)
        log.changed(node, *_ENDED)
        dispatch.advance(claim.project_id)


def _state(result: Mapping[str, Any]) -> Node.State:
    """A run that was stopped as hopeless was cancelled by the search; any other one without a score failed."""
    if result["status"] == "done":
        return Node.State.DONE
    return Node.State.CANCELLED if result.get("cause") == "hopeless" else Node.State.FAILED


def hand_over(claim: Claim, reason: str) -> None:
    """This worker is leaving: another one may take the node at once. Raises LeaseLost."""
    with store.writing(claim.project_id, actor="worker") as log:
        requeue(log, mine(claim), reason=reason, outcome="left")


def lose(claim: Claim, reason: str) -> None:
    """The run broke without a result: queue the node again, or fail it for good. Raises LeaseLost."""
    with store.writing(claim.project_id, actor="worker") as log:
        _retry_or_fail(log, mine(claim), reason=reason)


def reap() -> int:
    """Queue again every node whose worker has let its lease run out; returns how many."""
    expired = Node.objects.filter(state=Node.State.RUNNING, lease_until__lt=Now())
    return sum(_reap(pk, project_id) for pk, project_id in expired.values_list("pk", "project_id"))


def _reap(node_pk: int, project_id: int) -> bool:
    with store.writing(project_id, actor="worker") as log:
        node = Node.objects.filter(
            pk=node_pk, state=Node.State.RUNNING, lease_until__lt=Now()
        ).first()
        if node is None:
            return False
        _retry_or_fail(log, node, reason=f"its worker {node.lease_owner} stopped answering")
        return True


def _retry_or_fail(log: store.Log, node: Node, *, reason: str) -> None:
    if node.runs.filter(outcome="lost").count() + 1 < MAX_LOST_RUNS:
        requeue(log, node, reason=reason, outcome="lost")
        return
    node.state, node.finished_at = Node.State.FAILED, timezone.now()
    node.failure = f"given up after {MAX_LOST_RUNS} lost runs: {reason}"
    node.fence += 1
    node.save(update_fields=["state", "failure", "finished_at", "fence"])
    _end_run(node, outcome="lost", reason=reason)
    log.changed(node, "state", "failure", "finished_at")
    dispatch.advance(node.project_id)


def requeue(log: store.Log, node: Node, *, reason: str, outcome: str) -> None:
    """Put a running node back into the queue; the raised fence makes its executor stop itself."""
    node.state, node.started_at, node.lease_owner, node.lease_until = (
        Node.State.QUEUED,
        None,
        "",
        None,
    )
    node.fence += 1
    node.save(update_fields=["state", "started_at", "lease_owner", "lease_until", "fence"])
    _end_run(node, outcome=outcome, reason=reason)
    line = {
        "level": "warning",
        "text": f"Attempt {node.attempt} ended: {reason}. The node is queued again.",
    }
    log.add("log", {"lines": [line]}, node=node, attempt=node.attempt)
    log.changed(node, "state", "started_at")
    dispatch.run_node(node.pk)


def waiting() -> list[int]:
    """Keys of the nodes that could run now, oldest first."""
    queued = Q(state=Node.State.QUEUED, project__state=Project.State.RUNNING)
    return list(Node.objects.filter(queued).order_by("pk").values_list("pk", flat=True))


def mine(claim: Claim) -> Node:
    """The claimed node. Raises LeaseLost when the claim no longer stands."""
    node = Node.objects.filter(
        pk=claim.node_pk, fence=claim.fence, state=Node.State.RUNNING
    ).first()
    if node is None:
        raise LeaseLost(f"node {claim.node_pk} is no longer ours")
    return node


def _end_run(node: Node, *, outcome: str, reason: str) -> None:
    node.runs.filter(ended_at=None).update(ended_at=timezone.now(), outcome=outcome, reason=reason)
