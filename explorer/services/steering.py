"""What people do to a search: every act is checked by the rules, recorded, and then takes effect."""

from collections.abc import Iterable

from django.utils import timezone

from agents.errors import SteeringRefused
from agents.search import steering as rules
from explorer import dispatch, store
from explorer.models import Expansion, Node, Project
from explorer.selectors import trees
from explorer.services import runs

STATES = Project.State


def prune(project_id: int, number: int, *, actor: str, reason: str = "") -> None:
    """Take the node and all below it out of the search; what is queued or running there is cancelled.

    Raises SteeringRefused, Node.DoesNotExist.
    """
    with store.writing(project_id, actor=actor) as log:
        node = _node(log, number)
        effect = rules.prune(trees.search_tree(log.project), number)
        log.add("steering", {"act": "prune", "reason": reason}, node=node)
        node.pruned, node.pruned_reason = True, reason
        node.save(update_fields=["pruned", "pruned_reason"])
        log.changed(node, "pruned", "pruned_reason")
        _cancel(log, effect.cancel, why=f"node {number} was pruned by {actor}")
        dispatch.advance(project_id)


def restore(project_id: int, number: int, *, actor: str, reason: str = "") -> None:
    """Take a prune back; what it cancelled stays cancelled. Raises SteeringRefused, Node.DoesNotExist."""
    with store.writing(project_id, actor=actor) as log:
        node = _node(log, number)
        rules.restore(trees.search_tree(log.project), number)
        log.add("steering", {"act": "restore", "reason": reason}, node=node)
        node.pruned, node.pruned_reason = False, ""
        node.save(update_fields=["pruned", "pruned_reason"])
        log.changed(node, "pruned", "pruned_reason")
        dispatch.advance(project_id)


def pin(project_id: int, number: int, *, actor: str, reason: str = "") -> None:
    """Make the policy prefer this node. Raises SteeringRefused, Node.DoesNotExist."""
    _set_pinned(project_id, number, pinned=True, actor=actor, reason=reason)


def unpin(project_id: int, number: int, *, actor: str, reason: str = "") -> None:
    """Take a pin back. Raises SteeringRefused, Node.DoesNotExist."""
    _set_pinned(project_id, number, pinned=False, actor=actor, reason=reason)


def _set_pinned(project_id: int, number: int, *, pinned: bool, actor: str, reason: str) -> None:
    act, check = ("pin", rules.pin) if pinned else ("unpin", rules.unpin)
    with store.writing(project_id, actor=actor) as log:
        node = _node(log, number)
        check(trees.search_tree(log.project), number)
        log.add("steering", {"act": act, "reason": reason}, node=node)
        node.pinned = pinned
        node.save(update_fields=["pinned"])
        log.changed(node, "pinned")


def expand(
    project_id: int, number: int, *, actor: str, count: int = 1, instruction: str = ""
) -> None:
    """Demand `count` children of this node before anything else, beyond the budget if need be.

    A finished search wakes up for it. Raises SteeringRefused, Node.DoesNotExist.
    """
    with store.writing(project_id, actor=actor) as log:
        node = _node(log, number)
        rules.expand(trees.search_tree(log.project), number, count=count)
        if log.project.state not in {STATES.RUNNING, STATES.PAUSED, STATES.FINISHED}:
            raise SteeringRefused(
                f"The search is {log.project.state}: resume it before expanding node {number}"
            )
        log.add(
            "steering",
            {"act": "expand", "reason": "", "count": count, "instruction": instruction},
            node=node,
        )
        Expansion.objects.create(node=node, count=count, instruction=instruction, actor=actor)
        if log.project.state == STATES.FINISHED:
            log.set_state(STATES.RUNNING, reason=f"{actor} asked for children of node {number}")
        dispatch.advance(project_id)


def pause(project_id: int, *, actor: str, reason: str = "") -> None:
    """Start nothing new; what runs goes on. Raises SteeringRefused."""
    with store.writing(project_id, actor=actor) as log:
        _move(log, "pause", {STATES.RUNNING}, STATES.PAUSED, reason=reason)


def resume(project_id: int, *, actor: str, reason: str = "") -> None:
    """Go on after a pause or a stop. Raises SteeringRefused."""
    with store.writing(project_id, actor=actor) as log:
        _move(log, "resume", {STATES.PAUSED, STATES.STOPPED}, STATES.RUNNING, reason=reason)
        for pk in log.project.nodes.filter(state=Node.State.QUEUED).values_list("pk", flat=True):
            dispatch.run_node(pk)
        dispatch.advance(project_id)


def stop(project_id: int, *, actor: str, reason: str = "") -> None:
    """End the search and cancel what is queued or running; the baseline waits instead. Raises SteeringRefused."""
    with store.writing(project_id, actor=actor) as log:
        _move(log, "stop", {STATES.RUNNING, STATES.PAUSED}, STATES.STOPPED, reason=reason)
        trials = log.project.nodes.filter(kind="trial").values_list("number", flat=True)
        _cancel(log, trials, why=f"the search was stopped by {actor}")
        # Without a baseline there is nothing to resume: it goes back to the queue.
        for root in log.project.nodes.filter(kind="root", state=Node.State.RUNNING):
            runs.requeue(log, root, reason=f"the search was stopped by {actor}", outcome="left")


def stop_early(project_id: int, *, actor: str, reason: str = "") -> None:
    """Stop hopeless runs among those that start from now on. Raises SteeringRefused."""
    _set_early_stopping(project_id, act="stop_early", wanted=True, actor=actor, reason=reason)


def let_finish(project_id: int, *, actor: str, reason: str = "") -> None:
    """Stop no run early any more, nor those in progress. Raises SteeringRefused."""
    _set_early_stopping(project_id, act="let_finish", wanted=False, actor=actor, reason=reason)


def _set_early_stopping(
    project_id: int, *, act: str, wanted: bool, actor: str, reason: str
) -> None:
    with store.writing(project_id, actor=actor) as log:
        if log.project.early_stopping == wanted:
            raise SteeringRefused(f"Early stopping is {'on' if wanted else 'off'} already")
        log.add("steering", {"act": act, "reason": reason})
        log.project.early_stopping = wanted
        log.project.save(update_fields=["early_stopping"])
        log.add("project.changed", {"early_stopping": wanted, "reason": reason})


def _move(
    log: store.Log, act: str, allowed: set[Project.State], target: Project.State, *, reason: str
) -> None:
    if log.project.state not in allowed:
        wanted = " or ".join(sorted(allowed))
        raise SteeringRefused(f"Cannot {act}: the search is {log.project.state}, not {wanted}")
    log.add("steering", {"act": act, "reason": reason})
    log.set_state(target, reason=reason)


def _node(log: store.Log, number: int) -> Node:
    return Node.objects.select_related("parent").get(project=log.project, number=number)


def _cancel(log: store.Log, numbers: Iterable[int], *, why: str) -> None:
    """The raised fence is what a running executor notices: it then ends its process group."""
    active = [Node.State.QUEUED, Node.State.RUNNING]
    for node in log.project.nodes.filter(number__in=list(numbers), state__in=active):
        node.state, node.failure, node.finished_at = Node.State.CANCELLED, why, timezone.now()
        node.fence += 1
        node.save(update_fields=["state", "failure", "finished_at", "fence"])
        node.runs.filter(ended_at=None).update(
            ended_at=timezone.now(), outcome="cancelled", reason=why
        )
        log.changed(node, "state", "failure", "finished_at")
