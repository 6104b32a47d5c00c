"""A run: one attempt to execute a node."""

from django.db import models

from explorer.models.node import Node


class Run(models.Model):
    """Made by the claim; `outcome` is empty while it goes on, `lost` when its worker vanished."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="runs")
    attempt = models.PositiveIntegerField()
    owner = models.CharField(max_length=100)
    directory = models.CharField(max_length=500)
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, default="")
    reason = models.TextField(default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["node", "attempt"], name="run_attempt_unique"),
        )

    def __str__(self) -> str:
        return f"{self.node} attempt {self.attempt}"
