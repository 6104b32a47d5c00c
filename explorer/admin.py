"""The admin site: look at everything, change nothing that the services should change."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from explorer.models import Event, Node, Project, Run


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Rows are changed by services, which record who and why."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Project)
class ProjectAdmin(ReadOnly):
    """Projects."""

    list_display = ("name", "task", "state", "node_budget", "owner", "created_at")
    list_filter = ("state", "task")


@admin.register(Node)
class NodeAdmin(ReadOnly):
    """Nodes."""

    list_display = ("project", "number", "state", "score", "attempt", "pinned", "pruned")
    list_filter = ("state", "project")


@admin.register(Run)
class RunAdmin(ReadOnly):
    """Attempts."""

    list_display = ("node", "attempt", "outcome", "owner", "started_at", "ended_at")
    list_filter = ("outcome",)


@admin.register(Event)
class EventAdmin(ReadOnly):
    """The event log."""

    list_display = ("project", "seq", "kind", "actor", "node", "at")
    list_filter = ("kind",)
