"""Plan a project's next nodes: one planner at a time, fenced, as many nodes as there is room for."""

import hashlib
import random
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from agents import loop
from agents.errors import LeaseLost
from agents.ports import Choice, Proposal, Say
from agents.search import recipes
from explorer import dispatch, store
from explorer.models import Expansion, Node, Project
from explorer.selectors import trees
from explorer.services import runs, terms
from explorer.services.projects import POLICIES, RESEARCHERS, task_facts
from training import extensions, named_nodes, recipe
from training.errors import RecipeError

IN_FLIGHT = [Node.State.QUEUED, Node.State.RUNNING]
FLUSH_S = 0.25
FLUSH_CHARS = 200


def idle() -> list[int]:
    """Keys of the running searches that nobody plans although they have a free place or a waiting demand."""
    free = Q(planner_until=None) | Q(planner_until__lt=Now())
    active = Count("nodes", filter=Q(nodes__state__in=IN_FLIGHT))
    wanted = Expansion.objects.filter(node__project=OuterRef("pk"), served_at=None)
    found = Project.objects.filter(free, state=Project.State.RUNNING).annotate(active=active)
    return list(
        found.filter(Q(active__lt=F("parallel_runs")) | Exists(wanted)).values_list(
            "pk", flat=True
        )
    )


def advance(project_id: int, *, owner: str) -> None:
    """Plan until there is no room, or nothing left to try; does nothing where another planner is at work."""
    free = Q(planner_until=None) | Q(planner_until__lt=Now())
    taken = Project.objects.filter(free, pk=project_id, state=Project.State.RUNNING).update(
        planner_owner=owner, planner_until=runs.lease_end(), planner_fence=F("planner_fence") + 1
    )
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
        self.search = _search(project, self._fingerprint)
        self._expanding: Node | None = None

    def release(self) -> None:
        """Let the next planner in."""
        mine = Project.objects.filter(pk=self.project.pk, planner_fence=self.fence)
        mine.update(planner_until=None, planner_owner="")

    def check(self, log: store.Log) -> None:
        """Renew the lease inside a write. Raises LeaseLost when another planner has taken over."""
        if log.project.planner_fence != self.fence:
            raise LeaseLost(f"project {self.project.pk} is planned by another worker")
        Project.objects.filter(pk=self.project.pk).update(planner_until=runs.lease_end())

    def step(self) -> bool:
        """Expand one node; False when there is nothing to do now."""
        self.project.refresh_from_db()
        if self.project.state != Project.State.RUNNING:
            return False
        waiting = list(_waiting(self.project))
        snapshot = self._snapshot(waiting)
        rng = random.Random(f"{self.project.seed}/{len(snapshot.tree.nodes)}")  # noqa: S311  a search, no secret
        streams: list[Reasoning] = []
        step = loop.plan(snapshot, self.search, rng=rng, watch=partial(self._watch, streams))
        for stream in streams:
            stream.close()
        if step is None or step.is_exhausted:
            return self._end_if_done(snapshot, exhausted=step is not None)
        self._store(step, waiting)
        return True

    def _fingerprint(self, raw: Mapping[str, Any]) -> str:
        """Of a child of the node that is being expanded. Raises RecipeError."""
        made = recipe.read(raw)
        terms.refuse_undeclared(made, self.project)
        return lineage(made, self._expanding)

    def _snapshot(self, waiting: list[Expansion]) -> loop.Snapshot:
        forced = tuple(
            loop.Forced(each.node.number, each.count, each.instruction) for each in waiting
        )
        return loop.Snapshot(
            tree=trees.search_tree(self.project),
            room=waiting[0].count if waiting else self._room(),
            tried=frozenset(self.project.nodes.values_list("fingerprint", flat=True)),
            forced=forced,
        )

    def _room(self) -> int:
        """How many nodes the search may add on its own account."""
        trials = self.project.nodes.filter(kind="trial")
        spent = trials.exclude(state=Node.State.CANCELLED, attempt=0).count()
        free = self.project.parallel_runs - self.project.nodes.filter(state__in=IN_FLIGHT).count()
        # The first expansion opens the tree wide; later ones wait for what the last results teach.
        wanted = max(free, loop.CHILDREN) if free > 0 and not spent else free
        return min(self.project.node_budget - spent, wanted)

    def _watch(
        self, streams: list["Reasoning"], choice: Choice, forced: loop.Forced | None
    ) -> Say:
        for stream in streams:
            stream.close()
        with store.writing(self.project.pk, actor="search") as log:
            self.check(log)
            node = log.project.nodes.get(number=choice.node)
            terms = [_as_json(term) for term in choice.terms]
            log.add(
                "selection",
                {"policy": log.project.policy, "forced": forced is not None, "terms": terms},
                node=node,
            )
            step = log.project.last_seq + 1
        self._expanding = node
        streams.append(Reasoning(self, node, step=step))
        return streams[-1].say

    def _store(self, step: loop.Step, waiting: list[Expansion]) -> None:
        with store.writing(self.project.pk, actor="researcher") as log:
            self.check(log)
            if step.forced:
                Expansion.objects.filter(pk=waiting[0].pk).update(served_at=timezone.now())
            if step.refusal:
                _refuse(log, waiting[0], step.refusal)
            # Someone may have pruned the parent, or stopped the search, while the Researcher thought.
            parent = log.project.nodes.get(number=step.choice.node)
            alive = parent.number in trees.search_tree(log.project).alive
            if alive and log.project.state in {Project.State.RUNNING, Project.State.PAUSED}:
                for proposal in step.proposals:
                    _create(log, parent, proposal)

    def _end_if_done(self, snapshot: loop.Snapshot, *, exhausted: bool) -> bool:
        """End the search when nothing is under way and nothing can be; always returns False."""
        with store.writing(self.project.pk, actor="search") as log:
            self.check(log)
            if (
                log.project.nodes.filter(state__in=IN_FLIGHT).exists()
                or _waiting(log.project).exists()
            ):
                return False
            root = log.project.nodes.get(kind="root")
            if root.state != Node.State.DONE:
                log.set_state(
                    Project.State.FAILED,
                    reason=f"the baseline could not be evaluated: {root.failure}",
                )
            elif exhausted:
                log.set_state(
                    Project.State.FINISHED, reason="no untried recipe is left near the best nodes"
                )
            elif snapshot.room < 1:
                budget = log.project.node_budget
                log.set_state(
                    Project.State.FINISHED, reason=f"the budget of {budget} nodes is used up"
                )
        return False


class Reasoning:
    """Streams what the Researcher says about one expansion into the event log, in pieces."""

    def __init__(self, planner: Planner, node: Node, *, step: int) -> None:
        self._planner = planner
        self._node = node
        self._step = step
        self._buffer = ""
        self._flushed = time.monotonic()
        self._closed = False

    def say(self, text: str) -> None:
        """Take one piece; it is stored at once unless pieces come faster than people read. Raises LeaseLost."""
        self._buffer += text
        late = time.monotonic() - self._flushed > FLUSH_S
        if late or "\n" in text or len(self._buffer) > FLUSH_CHARS:
            self._write(final=False)

    def close(self) -> None:
        """Store what is left and say that no more comes. Raises LeaseLost."""
        if not self._closed:
            self._closed = True
            self._write(final=True)

    def _write(self, *, final: bool) -> None:
        text, self._buffer, self._flushed = self._buffer, "", time.monotonic()
        with store.writing(self._node.project_id, actor="researcher") as log:
            self._planner.check(log)
            log.add(
                "reasoning", {"step": self._step, "text": text, "final": final}, node=self._node
            )


def _search(project: Project, fingerprint: Callable[[Mapping[str, Any]], str]) -> loop.Search:
    policy, researcher = (
        extensions.load(POLICIES, project.policy),
        extensions.load(RESEARCHERS, project.researcher),
    )
    return loop.Search(
        policy=policy(policy.Params(**project.policy_params)),
        researcher=researcher(researcher.Params()),
        task=task_facts(project.task),
        schemas={
            f"{package.rsplit('.', 1)[-1]}.{name}": extensions.schema(package, name)
            for package in (extensions.OPERATORS, extensions.METHODS)
            for name in extensions.names(package)
        },
        fingerprint=fingerprint,
        invalid=RecipeError,
        reuse=project.reuse,
    )


def lineage(made: recipe.Recipe, parent: Node | None) -> str:
    """The recipe's fingerprint; one that starts from its parent is another experiment below another parent.

    So is one that asks another node's model, for other weights of that node. Raises RecipeError.
    """
    found = made.fingerprint()
    asked = _asked_nodes(made, parent)
    if asked:
        found = hashlib.sha256(f"{found}/{asked}".encode()).hexdigest()
    if made.start_from == "base" or parent is None:
        return found
    return hashlib.sha256(f"{found}/{parent.fingerprint}".encode()).hexdigest()


def _asked_nodes(made: recipe.Recipe, parent: Node | None) -> list[str]:
    """What the nodes are whose models the data steps ask. Raises RecipeError where one has none to ask."""
    nodes = {} if parent is None else runs.nodes_of(made, parent.project)
    named_nodes.check(made, nodes)
    return [nodes[number].identity for _, _, number in named_nodes.named(made)]


def _waiting(project: Project) -> Any:
    waiting = Expansion.objects.filter(node__project=project, served_at=None)
    return waiting.select_related("node").order_by("pk")


def _refuse(log: store.Log, expansion: Expansion, reason: str) -> None:
    text = f"Asked by {expansion.actor} to expand node {expansion.node.number}, but: {reason}"
    log.add(
        "reasoning",
        {"step": log.project.last_seq + 1, "text": text, "final": True},
        node=expansion.node,
    )


def _create(log: store.Log, parent: Node, proposal: Proposal) -> None:
    made = recipe.read(proposal.recipe)
    node = Node.objects.create(
        project=log.project,
        number=log.project.nodes.count(),
        parent=parent,
        kind="trial",
        author="researcher",
        label=_label(parent.recipe, made.model_dump(mode="json")),
        hypothesis=proposal.hypothesis,
        rationale=proposal.rationale,
        recipe=made.model_dump(mode="json"),
        fingerprint=lineage(made, parent),
    )
    log.created(node)
    dispatch.run_node(node.pk)


def _label(parent: dict[str, Any], child: dict[str, Any]) -> str:
    """A few words: what the child changes; for a child of the baseline, how it trains and on what."""
    if parent["training"]:
        return ", ".join(str(change) for change in recipes.changes(parent, child))[:200]
    params = child["training"]["params"]
    rate = f"{params['learning_rate']:g}" if "learning_rate" in params else ""
    words = [params.get("tuner", child["training"]["use"]), rate, "+".join(recipes.sources(child))]
    return " · ".join(word for word in words if word)[:200]


def _as_json(term: Any) -> dict[str, float]:
    return {
        name: getattr(term, name) for name in ("node", "n", "q", "exploration", "pin", "total")
    }
