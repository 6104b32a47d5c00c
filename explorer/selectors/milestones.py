"""Scores of models on the way through their training, and what they were compared with."""

from typing import Any

from agents.search.tree import Stopped
from explorer.models import Event, Node, Project


def finished_at(project: Project, fraction: float) -> dict[int, float]:
    """What each finished trial of the project scored at `fraction` of its steps, by number."""
    done = project.nodes.filter(kind="trial", state=Node.State.DONE)
    found = Event.objects.filter(
        project=project, kind="intermediate", node__in=done.values("number")
    )
    # An attempt that was cut short may have told the same score before; the last one stands.
    return {
        event.node: event.data["score"]
        for event in found.order_by("seq")
        if event.node is not None and event.data["fraction"] == fraction
    }


def stopped(project: Project) -> dict[int, Stopped]:
    """How each trial stood that was stopped as hopeless, by number."""
    hopeless = project.nodes.filter(cause="hopeless").values("number")
    found = Event.objects.filter(project=project, kind="comparison", node__in=hopeless)
    return {
        event.node: Stopped(event.data["score"], event.data["median"])
        for event in found.order_by("seq")
        if event.node is not None and event.data["hopeless"]
    }


def of_node(node: Node) -> list[dict[str, Any]]:
    """The current attempt's scores on the way, each with its `comparison` or None."""
    found = Event.objects.filter(
        project=node.project_id,
        node=node.number,
        attempt=node.attempt,
        kind__in=("intermediate", "comparison"),
    )
    shown: dict[float, dict[str, Any]] = {}
    for event in found.order_by("seq"):
        at = shown.setdefault(event.data["fraction"], {"comparison": None})
        at.update({"comparison": event.data} if event.kind == "comparison" else event.data)
    return list(shown.values())
