"""The only writer of events: a change of state and its event are one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from explorer import live
from explorer.models import Event, Node, Project


class Log:
    """Collects the events of one transaction; `project` is locked until it ends."""

    def __init__(self, project: Project, actor: str) -> None:
        self.project = project
        self.actor = actor
        self._events: list[Event] = []

    def add(
        self,
        kind: str,
        data: dict[str, Any],
        *,
        node: Node | None = None,
        attempt: int | None = None,
    ) -> None:
        """Record one event, after those already added."""
        self._events.append(
            Event(
                project=self.project,
                seq=self.project.last_seq + len(self._events) + 1,
                kind=kind,
                at=timezone.now(),
                actor=self.actor,
                node=None if node is None else node.number,
                attempt=attempt,
                data=data,
            )
        )

    def created(self, node: Node) -> None:
        """Record that `node` now exists."""
        self.add(
            "node.created",
            node.as_json(parent_number=node.parent_number),
            node=node,
        )

    def changed(self, node: Node, *fields: str) -> None:
        """Record the current values of `fields`, names as in the node's JSON."""
        values = node.changing()
        self.add(
            "node.changed",
            {field: values[field] for field in fields},
            node=node,
            attempt=node.attempt or None,
        )

    def set_state(self, state: Project.State, *, reason: str = "") -> None:
        """Move the project to `state` and record it."""
        self.project.state = state
        self.project.save(update_fields=["state"])
        self.add("project.changed", {"state": str(state), "reason": reason})

    def flush(self) -> None:
        """Write the events and the number of the last one."""
        if not self._events:
            return
        Event.objects.bulk_create(self._events)
        self.project.last_seq = self._events[-1].seq
        self.project.save(update_fields=["last_seq"])
        # After commit: a reader must never look before the row is there.
        transaction.on_commit(partial(live.ring, self.project.pk))


@contextmanager
def writing(project_id: int, *, actor: str) -> Iterator[Log]:
    """One transaction that holds the project's lock, so that `seq` has no gap and acts have an order.

    Raises Project.DoesNotExist.
    """
    with transaction.atomic():
        log = Log(Project.objects.select_for_update().get(pk=project_id), actor)
        yield log
        log.flush()
