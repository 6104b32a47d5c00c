"""One step of the search: which node grows next, and by which children."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.errors import SteeringRefused
from agents.ports import Choice, Policy, Proposal, Request, Researcher, Say, Term
from agents.search import steering
from agents.search.tree import Tree

CHILDREN = 3
"""Most children of one expansion that nobody forced."""
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Forced:
    """A person's request to expand one node."""

    node: int
    count: int
    instruction: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the step decides on."""

    tree: Tree
    room: int
    """Nodes that may be created now."""
    tried: frozenset[str]
    """Fingerprints of the recipes already in the tree."""
    forced: tuple[Forced, ...] = ()
    """Requests that were not served yet, the oldest first."""


@dataclass(frozen=True, slots=True)
class Search:
    """What does not change from step to step of one project."""

    policy: Policy
    researcher: Researcher
    task: Mapping[str, Any]
    schemas: Mapping[str, Mapping[str, Any]]
    fingerprint: Callable[[Mapping[str, Any]], str]
    invalid: type[Exception]
    """What `fingerprint` raises when a recipe is not valid."""
    reuse: bool = False
    """Whether children may go on from what their parent trained."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step decided; `refusal` says why a forced expansion cannot be served any more."""

    choice: Choice
    proposals: tuple[Proposal, ...] = ()
    forced: Forced | None = None
    refusal: str = ""

    @property
    def is_exhausted(self) -> bool:
        """Nothing untried was found from the best candidates."""
        return self.forced is None and not self.proposals


Watch = Callable[[Choice, Forced | None], Say]
"""Told of each node before it is expanded; returns where its reasoning goes."""


def plan(snapshot: Snapshot, search: Search, *, rng: random.Random, watch: Watch) -> Step | None:
    """The next step: the oldest forced expansion first, else what the policy chooses.

    None when there is no room or no candidate. A candidate without proposals makes way for the next
    best, five times at most; then the step is exhausted.
    """
    if snapshot.room < 1:
        return None
    if snapshot.forced:
        return _serve(snapshot, search, rng=rng, watch=watch)
    choice = search.policy.choose(snapshot.tree, rng)
    if choice is None:
        return None
    for candidate in _by_total(choice)[:_TRIES]:
        tried = Choice(candidate, choice.terms)
        request = _request(snapshot, search, node=candidate, rng=rng)
        proposals = _propose(request, search, watch(tried, None))
        if proposals:
            return Step(tried, proposals)
    return Step(choice)


def _serve(snapshot: Snapshot, search: Search, *, rng: random.Random, watch: Watch) -> Step:
    forced = snapshot.forced[0]
    choice = Choice(forced.node, ())
    try:
        steering.expand(snapshot.tree, forced.node, count=forced.count)
    except SteeringRefused as refusal:
        return Step(choice, forced=forced, refusal=str(refusal))
    request = _request(snapshot, search, node=forced.node, rng=rng, forced=forced)
    return Step(choice, _propose(request, search, watch(choice, forced)), forced)


def _request(
    snapshot: Snapshot,
    search: Search,
    *,
    node: int,
    rng: random.Random,
    forced: Forced | None = None,
) -> Request:
    return Request(
        tree=snapshot.tree,
        node=node,
        count=min(snapshot.room, forced.count if forced else CHILDREN),
        task=search.task,
        schemas=search.schemas,
        rng=rng,
        instruction=forced.instruction if forced else "",
        reuse=search.reuse,
        exactly=forced is not None,
        tried=snapshot.tried,
        fingerprint=search.fingerprint,
    )


def _propose(request: Request, search: Search, say: Say) -> tuple[Proposal, ...]:
    """What the Researcher proposes, without what is invalid, was tried, or is too much."""
    kept: list[Proposal] = []
    seen = set(request.tried)
    for proposal in search.researcher.propose(request, say):
        problem = _problem(proposal, search, seen)
        if problem:
            say(f"\n\nDropped “{proposal.hypothesis}”: {problem}.")
        elif len(kept) < request.count:
            kept.append(proposal)
    return tuple(kept)


def _problem(proposal: Proposal, search: Search, seen: set[str]) -> str:
    """Why this proposal cannot be used; empty, and remembered as seen, when it can."""
    try:
        fingerprint = search.fingerprint(proposal.recipe)
    except search.invalid as error:
        return str(error)
    if fingerprint in seen:
        return "this recipe was tried already"
    seen.add(fingerprint)
    return ""


def _by_total(choice: Choice) -> Sequence[int]:
    """The chosen node, then the others from the highest total down."""
    others = sorted(choice.terms, key=_descending)
    return [choice.node, *(term.node for term in others if term.node != choice.node)]


def _descending(term: Term) -> float:
    return -term.total
