"""A node: one hypothesis with one recipe; its row is also the job that workers claim."""

from typing import Any

from django.db import models

from explorer.models.project import Project


class Node(models.Model):
    """States only go `queued → running → done | failed | cancelled`, or back to `queued` by a lost lease."""

    class State(models.TextChoices):
        """Where the node is in its life."""

        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="nodes")
    number = models.PositiveIntegerField()
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="children"
    )
    kind = models.CharField(max_length=10, choices=[("root", "root"), ("trial", "trial")])
    author = models.CharField(max_length=150)
    label = models.CharField(max_length=200)
    """The recipe in a few words, for places where there is no room for more."""
    hypothesis = models.TextField()
    rationale = models.TextField()
    recipe = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    pinned = models.BooleanField(default=False)
    pruned = models.BooleanField(default=False)
    pruned_reason = models.TextField(default="")
    score = models.FloatField(null=True)
    interval_low = models.FloatField(null=True)
    interval_high = models.FloatField(null=True)
    rows = models.PositiveIntegerField(null=True)
    failure = models.TextField(default="")
    cause = models.CharField(max_length=20, default="")
    """Why a trial ended without a score, in one word where the search needs to know: `hopeless`."""
    result = models.JSONField(null=True)
    identity = models.CharField(max_length=64, default="", db_index=True)
    """Hash of all that decides the result (training.fingerprint); empty until the node is claimed."""
    reused_from = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    """The node whose result this one has, because it was the same experiment."""
    saved_s = models.FloatField(null=True)
    """Seconds of training and evaluation that the reuse saved."""
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    attempt = models.PositiveIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=100, default="")
    lease_until = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["project", "number"], name="node_number_unique"),
            models.UniqueConstraint(
                fields=["project"],
                condition=models.Q(kind="root"),
                name="one_root_for_each_project",
            ),
        )
        indexes = (models.Index(fields=["state", "lease_until"], name="node_jobs"),)

    def __str__(self) -> str:
        return f"{self.project_id}/{self.number}"

    @property
    def parent_number(self) -> int | None:
        """The parent's number, or None for the root."""
        return None if self.parent is None else self.parent.number

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the score, or None without a score."""
        if self.interval_low is None or self.interval_high is None:
            return None
        return self.interval_low, self.interval_high

    def as_json(self, *, parent_number: int | None) -> dict[str, Any]:
        """The node as docs/events.md describes it."""
        return {
            "id": self.number,
            "parent": parent_number,
            "kind": self.kind,
            "author": self.author,
            "label": self.label,
            "hypothesis": self.hypothesis,
            "created_at": self.created_at.isoformat(),
            **self.changing(),
        }

    def changing(self) -> dict[str, Any]:
        """The fields that change during the node's life."""
        names = "state score rows failure cause pinned pruned pruned_reason attempt saved_s"
        return {name: getattr(self, name) for name in names.split()} | {
            "interval": self.interval and list(self.interval),
            "started_at": self.started_at and self.started_at.isoformat(),
            "finished_at": self.finished_at and self.finished_at.isoformat(),
        }
