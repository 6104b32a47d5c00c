"""The log of all that happened in a project; docs/events.md describes each kind."""

from typing import Any

from django.db import models

from explorer.models.project import Project


class Event(models.Model):
    """`seq` starts at 1 in each project and has no gaps; rows are never changed."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=30)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    node = models.PositiveIntegerField(null=True)
    attempt = models.PositiveIntegerField(null=True)
    data = models.JSONField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["project", "seq"], name="event_seq_unique"),
        )
        indexes = (models.Index(fields=["project", "node", "kind", "seq"], name="event_by_node"),)

    def __str__(self) -> str:
        return f"{self.project_id}#{self.seq} {self.kind}"

    def as_json(self) -> dict[str, Any]:
        """The event as docs/events.md describes it."""
        names = "seq kind actor node attempt data"
        return {name: getattr(self, name) for name in names.split()} | {"at": self.at.isoformat()}
