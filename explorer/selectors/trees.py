"""Projects and their trees, as the search, the pages and the sockets see them."""

from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery

from agents.search import tree as search
from explorer.models import Node, Project
from explorer.selectors import milestones


def search_tree(project: Project) -> search.Tree:
    """The project's nodes as the search sees them."""
    numbers = dict(project.nodes.values_list("pk", "number"))
    stopped = milestones.stopped(project)
    nodes = (
        _search_node(node, numbers, stopped.get(node.number))
        for node in project.nodes.defer("result")
    )
    return search.Tree.of(nodes, maximise=project.maximise)


def _search_node(
    node: Node, numbers: dict[int, int], stopped: search.Stopped | None
) -> search.Node:
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
        stopped=stopped,
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
