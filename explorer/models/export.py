"""An export: a finished run as a zip file that people can download."""

from typing import Any

from django.db import models

from explorer.models.node import Node
from explorer.models.run import Run


class Export(models.Model):
    """One for each run, so that it is made once; the row is also the job that workers claim."""

    class State(models.TextChoices):
        """Where the export is in its life."""

        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="export")
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="+")
    """Where it was asked for last; a node that took over a result shares the run with the one that ran."""
    asked_by = models.CharField(max_length=150)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    stage = models.CharField(max_length=10, default="")
    done_bytes = models.PositiveBigIntegerField(default=0)
    total_bytes = models.PositiveBigIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    reason = models.TextField(default="")
    """Why it failed or was cancelled."""
    script_refusal = models.TextField(default="")
    """Why the archive holds no script that repeats the training; empty when it does."""
    attempt = models.PositiveIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"export of {self.run}"

    def as_json(self) -> dict[str, Any]:
        """The export as docs/events.md describes it."""
        names = "state stage done_bytes total_bytes size_bytes reason script_refusal"
        return {name: getattr(self, name) for name in names.split()}
