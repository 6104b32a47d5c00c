"""Reads: what pages, sockets and the search are shown."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery

from agents.errors import SteeringRefused
from agents.search import recipes, steering
from agents.search import tree as search
from explorer.models import Event, Node, Project
from training import extensions

Rule = Callable[[search.Tree, int], object]


def search_tree(project: Project) -> search.Tree:
    """The project's nodes as the search sees them."""
    numbers = dict(project.nodes.values_list("pk", "number"))
    nodes = (_search_node(node, numbers) for node in project.nodes.defer("result"))
    return search.Tree.of(nodes, maximise=project.maximise)


def _search_node(node: Node, numbers: dict[int, int]) -> search.Node:
    seconds = (
        (node.finished_at - node.started_at).total_seconds()
        if node.finished_at and node.started_at
        else None
    )
    return search.Node(
        number=node.number,
        parent=None if node.parent_id is None else numbers[node.parent_id],
        kind=node.kind,
        state=node.state,
        recipe=node.recipe,
        hypothesis=node.hypothesis,
        score=node.score,
        interval=node.interval,
        pinned=node.pinned,
        pruned=node.pruned,
        failure=node.failure,
        duration_s=seconds,
    )


def projects_with_scores() -> QuerySet[Project]:
    """Projects, newest first, each with `trials`, `running`, `best` and `baseline`."""
    scored = Q(nodes__state=Node.State.DONE)
    root = Node.objects.filter(project=OuterRef("pk"), kind="root")
    return Project.objects.annotate(
        trials=Count("nodes", filter=Q(nodes__kind="trial")),
        running=Count("nodes", filter=Q(nodes__state=Node.State.RUNNING)),
        highest=Max("nodes__score", filter=scored),
        lowest=Min("nodes__score", filter=scored),
        baseline=Subquery(root.values("score")[:1]),
    ).order_by("-created_at")


def snapshot(project_id: int) -> dict[str, Any]:
    """The tree after event `seq`: read in one transaction, so that no event falls between. Raises DoesNotExist."""
    with transaction.atomic():
        project = Project.objects.get(pk=project_id)
        nodes = list(project.nodes.defer("result", "rationale").order_by("number"))
    numbers = {node.pk: node.number for node in nodes}
    return {
        "seq": project.last_seq,
        "project": project.as_json(),
        "nodes": [node.as_json(parent_number=numbers.get(node.parent_id or 0)) for node in nodes],
    }


def events(
    project_id: int,
    *,
    after: int = 0,
    node: int | None = None,
    kinds: list[str] | None = None,
    limit: int = 500,
) -> dict[str, Any]:
    """A page of events after `after`, oldest first; `more` says whether another page follows."""
    found = Event.objects.filter(project_id=project_id, seq__gt=after)
    found = found if node is None else found.filter(node=node)
    found = found.filter(kind__in=kinds) if kinds else found
    rows = list(found.order_by("seq")[: limit + 1])
    page = [event.as_json() for event in rows[:limit]]
    return {"events": page, "last": page[-1]["seq"] if page else after, "more": len(rows) > limit}


def node_events(node: Node, *kinds: str) -> list[dict[str, Any]]:
    """All events of these kinds about `node`, oldest first."""
    found = Event.objects.filter(project=node.project_id, node=node.number, kind__in=kinds)
    return [event.as_json() for event in found.order_by("seq")]


def node_panel(node: Node) -> dict[str, Any]:
    """All that the node's panel shows; `node` comes with its project and parent."""
    tree = search_tree(node.project)
    baseline, parent_score = tree.root.score, None if node.parent is None else node.parent.score
    chosen = _selection(node)
    result = node.result or {}
    return {
        "project": node.project.as_json(),
        "node": node.as_json(parent_number=node.parent_number)
        | {
            "number": node.number,
            "rationale": node.rationale,
            "recipe_json": json.dumps(node.recipe, indent=2),
            "why": chosen and chosen["terms"],
            "chosen_by": chosen and ("a person" if chosen["forced"] else chosen["policy"]),
        },
        "diff": _difference(node),
        "baseline": baseline,
        "parent_score": parent_score,
        "delta": None if node.score is None or parent_score is None else node.score - parent_score,
        "stages": _stages(node),
        "data_steps": [
            event["data"]
            for event in node_events(node, "data")
            if event["attempt"] == node.attempt
        ],
        "samples": result.get("samples", []),
        "train": result.get("train"),
        "parameters": result.get("parameters"),
        "can": _allowed(tree, node.number),
    }


def _selection(node: Node) -> dict[str, Any] | None:
    """The choice that led to this node: the last one of its parent before the node was created."""
    if node.parent is None:
        return None
    created = Event.objects.filter(project=node.project_id, node=node.number, kind="node.created")
    choices = Event.objects.filter(
        project=node.project_id,
        node=node.parent.number,
        kind="selection",
        seq__lt=created.values("seq")[:1],
    )
    return choices.order_by("-seq").values_list("data", flat=True).first()


def _stages(node: Node) -> list[dict[str, Any]]:
    """The current attempt's stages in order, each with its last status."""
    stages: dict[str, dict[str, Any]] = {}
    for event in node_events(node, "stage"):
        if event["attempt"] == node.attempt:
            stages[event["data"]["stage"]] = event["data"]
    return list(stages.values())


def _difference(node: Node) -> list[dict[str, Any]]:
    """What the node's recipe changes against its parent's; against the baseline, what is not a default."""
    if node.parent is None:
        return []
    changes = recipes.changes(node.parent.recipe, node.recipe)
    if not node.parent.recipe["training"]:
        changes = tuple(
            change for change in changes if not _is_default(node.recipe["training"], change)
        )
    return [
        {"field": change.field, "before": change.before, "after": change.after}
        for change in changes
    ]


def _is_default(training: dict[str, Any], change: recipes.Change) -> bool:
    option = change.field.removeprefix("training.params.")
    known = extensions.schema(extensions.METHODS, training["use"])["properties"]
    return option in known and known[option].get("default") == change.after


def _allowed(tree: search.Tree, number: int) -> dict[str, bool]:
    """Which acts the rules would accept now."""
    acts: dict[str, Rule] = {
        "prune": steering.prune,
        "restore": steering.restore,
        "pin": steering.pin,
        "unpin": steering.unpin,
        "expand": partial(steering.expand, count=1),
    }
    return {act: _accepts(rule, tree, number) for act, rule in acts.items()}


def _accepts(rule: Rule, tree: search.Tree, number: int) -> bool:
    try:
        rule(tree, number)
    except SteeringRefused:
        return False
    return True
