"""A person's demand for children of a node, until the search has served it."""

from django.db import models

from explorer.models.node import Node


class Expansion(models.Model):
    """Served oldest first, before any choice of the policy."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="expansions")
    count = models.PositiveIntegerField()
    instruction = models.TextField()
    actor = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)
    served_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.count} children of {self.node}"
