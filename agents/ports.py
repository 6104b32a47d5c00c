"""What the search needs from the world, as protocols; standard library only."""

import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from agents.search.tree import Tree

if TYPE_CHECKING:
    from training.asking import Answers, Ask, Usage

Say = Callable[[str], None]
"""Streams one piece of reasoning (markdown) to whoever watches."""


@dataclass(frozen=True, slots=True)
class Term:
    """Why one candidate was worth this much to a policy; the numbers add up to `total`."""

    node: int
    n: int
    """Visits: the node and its descendants, running ones included."""
    q: float
    """What is known to be good here: for `uct` the mean normalised score of those visits, 0 to 1,
    where a running one counts 0 (virtual loss); for `greedy` the node's own."""
    exploration: float
    pin: float
    total: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The node that a policy expands next, with the terms of every candidate."""

    node: int
    terms: tuple[Term, ...]

    @classmethod
    def of(cls, terms: Sequence[Term], rng: random.Random) -> "Choice | None":
        """The term with the highest total; equals are drawn by `rng`. None without terms."""
        if not terms:
            return None
        highest = max(term.total for term in terms)
        ties = [term.node for term in terms if term.total == highest]
        return cls(ties[0] if len(ties) == 1 else rng.choice(ties), tuple(terms))


class Policy(Protocol):
    """Picks among `candidates(tree)`; the same tree and rng give the same choice."""

    name: str

    def choose(self, tree: Tree, rng: random.Random) -> Choice | None:
        """The next node to expand, or None when there is no candidate."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One child to try: `recipe` is the whole recipe in JSON form, not a difference."""

    hypothesis: str
    rationale: str
    recipe: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """Asks a Researcher for at most `count` children of one node."""

    tree: Tree
    node: int
    count: int
    task: Mapping[str, Any]
    """Facts of the task: name, title, metric, direction, and sources, each with name, rows, licence, training_allowed, note."""
    schemas: Mapping[str, Mapping[str, Any]]
    """JSON schemas of options by "operators.x" and "methods.x"."""
    rng: random.Random
    instruction: str = ""
    """What the person who forced this expansion asks for; empty otherwise."""
    reuse: bool = False
    """True when children may go on from what their parent trained, rather than pay for its steps again."""
    exactly: bool = False
    """True when a person asked for exactly `count` children."""
    tried: frozenset[str] = field(default_factory=frozenset)
    """Fingerprints of the recipes already in the tree."""
    fingerprint: Callable[[Mapping[str, Any]], str] = repr
    """Fingerprint of a recipe; raises an error that names field and value when it is not valid."""


class Researcher(Protocol):
    """Proposes children and explains itself while it does."""

    name: str
    title: str
    """How it introduces itself to people; says so when it is rule-based."""

    def propose(self, request: Request, say: Say) -> Sequence[Proposal]:
        """At most `request.count` valid proposals, none of them tried before; may be empty."""


class Process(Protocol):
    """One training process group."""

    pid: int

    def poll(self) -> int | None:
        """Its exit status (negative: killed by that signal), or None while it runs."""

    def stop(self, grace_s: float) -> None:
        """SIGTERM to the group, SIGKILL after `grace_s`; returns when the group is gone."""


class Runner(Protocol):
    """Starts training processes on this machine."""

    name: str

    def start(self, run_dir: Path) -> Process:
        """Start the run described in `run_dir`. Raises RunnerError."""

    def close(self) -> None:
        """End every process this runner started."""


class Answerer(Protocol):
    """Answers what data steps of running processes ask a language model; any number of threads may use it."""

    name: str
    """The model and where it runs, without any secret; empty when none is configured."""

    def answer(
        self, ask: "Ask", *, spent: "Usage", tell: Callable[[int], None]
    ) -> "Future[Answers]":
        """Begin, and return at once; the future never raises, for what goes wrong is a refusal.

        spent: what the step has used before. tell: hears how many prompts are answered, in another
        thread. A cancelled future ends the calls.
        """

    def close(self) -> None:
        """End every call."""


class Report(Protocol):
    """The Executor's line to the database; every call is fenced by the run's lease."""

    stop_reason: str
    """Why the run is to be stopped as hopeless; empty while it may go on. Looked at after each batch of events."""

    def emit(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Store a batch of run events in order. Raises LeaseLost."""

    def beat(self) -> None:
        """Renew the lease. Raises LeaseLost when it is no longer ours."""
