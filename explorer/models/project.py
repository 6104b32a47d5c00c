"""A project: target, base model, budget, policy, and who works on it."""

from typing import Any

from django.conf import settings
from django.db import models


class Project(models.Model):
    """One exploration; its row is also the lock under which its events are numbered."""

    class State(models.TextChoices):
        """Whether the search goes on."""

        RUNNING = "running"
        PAUSED = "paused"
        STOPPED = "stopped"
        FINISHED = "finished"
        FAILED = "failed"

    name = models.CharField(max_length=100, unique=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    task = models.CharField(max_length=50)
    task_title = models.CharField(max_length=100)
    edition = models.CharField(max_length=10, default="mini")
    metric = models.CharField(max_length=50)
    maximise = models.BooleanField(default=True)
    base_model = models.CharField(max_length=500)
    node_budget = models.PositiveIntegerField()
    policy = models.CharField(max_length=50, default="uct")
    policy_params = models.JSONField(default=dict)
    researcher = models.CharField(max_length=50, default="rules")
    researcher_title = models.CharField(max_length=100)
    parallel_runs = models.PositiveIntegerField(default=2)
    reuse = models.BooleanField(default=True)
    """Take the result of an identical experiment instead of running it again."""
    early_stopping = models.BooleanField(default=False)
    """Stop trials that fall behind the median of the others on their way (agents.search.stopping)."""
    seed = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seq = models.PositiveBigIntegerField(default=0)
    planner_owner = models.CharField(max_length=100, default="")
    planner_until = models.DateTimeField(null=True)
    planner_fence = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name

    def as_json(self) -> dict[str, Any]:
        """The project as docs/events.md describes it."""
        names = (
            "id name task task_title edition metric base_model node_budget state policy researcher "
            "researcher_title parallel_runs reuse early_stopping maximise"
        )
        return {name: getattr(self, name) for name in names.split()} | {
            "created_at": self.created_at.isoformat()
        }
