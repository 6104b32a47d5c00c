"""Pages of the event log."""

from typing import Any

from explorer.models import Event, Node


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
