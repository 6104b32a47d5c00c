"""Plan a project's next nodes: one planner at a time, fenced, as many nodes as there is room for."""

import random
from functools import partial
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from agents import loop
from agents.errors import LeaseLost
from agents.ports import Policy, Proposal, Researcher
from explorer import dispatch, selectors, store
from explorer.models import Expansion, Node, Project
from explorer.services import runs
from explorer.services.projects import POLICIES, RESEARCHERS, task_facts
from training import extensions, recipe

IN_FLIGHT = [Node.State.QUEUED, Node.State.RUNNING]


def idle() -> list[int]:
    """Keys of the running searches in which nothing is under way that would wake the planner."""
    free = Q(planner_until=None) | Q(planner_until__lt=Now())
    busy = Node.objects.filter(project=OuterRef("pk"), state__in=IN_FLIGHT)
    wanted = Expansion.objects.filter(node__project=OuterRef("pk"), served_at=None)
    return list(
        Project.objects.filter(free, ~Exists(busy) | Exists(wanted), state=Project.State.RUNNING).values_list(
            "pk", flat=True
        )
    )


def advance(project_id: int, *, owner: str) -> None:
    """Plan until there is no room, or nothing left to try; does nothing where another planner is at work."""
    taken = Project.objects.filter(
        Q(planner_until=None) | Q(planner_until__lt=Now()), pk=project_id, state=Project.State.RUNNING
    ).update(planner_owner=owner, planner_until=runs.lease_end(), planner_fence=F("planner_fence") + 1)
    if not taken:
        return
    planner = Planner(Project.objects.get(pk=project_id))
    try:
        while planner.step():
            pass
    except LeaseLost:
        return
    finally:
        planner.release()


class Planner:
    """Holds the project's planning lease; every write checks that it still does."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.fence = project.planner_fence

    def release(self) -> None:
        """Let the next planner in."""
        mine = Project.objects.filter(pk=self.project.pk, planner_fence=self.fence)
        mine.update(planner_until=None, planner_owner="")

    def step(self) -> bool:
        """Expand one node; False when there is nothing to do now."""
        self.project.refresh_from_db()
        expansion = _next_expansion(self.project)
        room = expansion.count if expansion else self._room()
        if self.project.state != Project.State.RUNNING or room <= 0:
            return self._finish_if_done()
        step = self._plan(expansion, room)
        self._store(step, expansion)
        return step is not None or expansion is not None or self._finish_if_done(exhausted=True)

    def _room(self) -> int:
        """How many nodes the search may add on its own account."""
        nodes = self.project.nodes
        if nodes.get(kind="root").state != Node.State.DONE:
            return 0
        never_ran = Q(state=Node.State.CANCELLED, attempt=0)
        budget = self.project.node_budget - nodes.filter(kind="trial").exclude(never_ran).count()
        return min(budget, self.project.parallel_runs - nodes.filter(state__in=IN_FLIGHT).count())
