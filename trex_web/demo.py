"""`trex demo`: a real exploration on this machine, from nothing to a tree."""

import argparse
import json
import sys
import time
import webbrowser
from collections.abc import Callable
from typing import Any, TextIO

from trex_web import supervisor, text_tree

NAME = "Sentiment demo"
ENDED = {"finished", "failed", "stopped"}


def run(options: argparse.Namespace) -> int:
    """Serve, explore, report; status 0 when the best node beats the baseline or Ctrl-C ended it, else 1."""
    started = time.monotonic()
    out = sys.stderr if options.json else sys.stdout
    screen = Screen(out, started)
    try:
        supervisor.check_port(options.port)
        screen.say("Preparing the database and the pages")
        supervisor.prepare_home()
        with supervisor.ending_on_signals() as wait, supervisor.running(options.port) as both:
            project_id = start_project(options.nodes)
            url = f"http://{supervisor.HOST}:{options.port}/projects/{project_id}/"
            screen.say(f"The explorer is at {url}  (Ctrl-C ends it)")
            if not options.no_browser:
                webbrowser.open(url)
            interrupted = _watch(
                project_id, options=options, screen=screen, children=both, wait=wait
            )
    except supervisor.CannotServe as error:
        screen.say(str(error))
        return 1
    summary = summarise(project_id)
    screen.say("The tree:")
    for line in text_tree.lines(summary["nodes"], best=summary["best"] and summary["best"]["id"]):
        screen.say("  " + line)
    if options.json:
        json.dump({"url": url, **summary}, sys.stdout)
        sys.stdout.write("\n")
    return 0 if interrupted or summary["beats_baseline"] else 1


def _watch(
    project_id: int,
    *,
    options: argparse.Namespace,
    screen: "Screen",
    children: list[supervisor.Child],
    wait: Callable[[float], bool],
) -> bool:
    """Print what happens until Ctrl-C (True) or, where asked for, the end of the search (False)."""
    from explorer.selectors import log as event_log

    seq = 0
    while True:
        for child in children:
            child.restart_if_dead(screen.say)
        page = event_log.events(project_id, after=seq)
        seq = page["last"]
        for event in page["events"]:
            screen.show(event)
        if page["more"]:
            continue
        if options.exit_when_done and screen.state in ENDED:
            return False
        if wait(0.2):
            return True


def start_project(node_budget: int) -> int:
    """A new demo project; earlier ones that still run are paused, so that this one has the machine."""
    from django.contrib.auth import get_user_model

    from explorer.models import Project
    from explorer.services import projects, steering

    for earlier in Project.objects.filter(name__startswith=NAME, state=Project.State.RUNNING):
        steering.pause(earlier.pk, actor="trex demo", reason="a new demo was started")
    user, _ = get_user_model().objects.get_or_create(username="local")
    names = set(Project.objects.values_list("name", flat=True))
    name = next(name for name in _names() if name not in names)
    # A second demo should train before people's eyes, not repeat what the first one found.
    draft = projects.Draft(name=name, node_budget=node_budget, reuse=False)
    return projects.create(draft, owner=user).pk


def _names() -> Any:
    yield NAME
    number = 2
    while True:
        yield f"{NAME} {number}"
        number += 1


def summarise(project_id: int) -> dict[str, Any]:
    """The project, its tree, the baseline and the best node."""
    from explorer.models import Project
    from explorer.selectors import trees

    found = trees.snapshot(project_id)
    best = trees.search_tree(Project.objects.get(pk=project_id)).best
    nodes = {node["id"]: node for node in found["nodes"]}
    baseline = nodes[0]["score"]
    beats = (
        best is not None
        and baseline is not None
        and best.score is not None
        and best.score > baseline
    )
    return {
        "project": found["project"],
        "baseline": baseline,
        "best": best and nodes[best.number],
        "beats_baseline": beats,
        "nodes": found["nodes"],
    }


class Screen:
    """Says in the terminal what the events mean."""

    def __init__(self, out: TextIO, started: float) -> None:
        self.state = "running"
        self._out = out
        self._started = started
        self._labels: dict[int, str] = {}
        self._baseline: float | None = None

    def say(self, line: str) -> None:
        """One line with the time since the command."""
        self._out.write(f"[{time.monotonic() - self._started:6.1f} s] {line}\n")
        self._out.flush()

    def show(self, event: dict[str, Any]) -> None:
        """Say what a person at the terminal wants to know of this event."""
        data, node = event["data"], event["node"]
        if event["kind"] == "node.created":
            self._labels[node] = data["label"]
        elif event["kind"] == "node.changed" and "state" in data:
            self._show_state(node, data)
        elif event["kind"] == "project.changed" and "state" in data:
            self.state = data["state"]
            self.say(
                f"The search is {data['state']}"
                + (f": {data['reason']}" if data["reason"] else "")
            )
        elif event["kind"] == "steering":
            self.say(
                f"{event['actor']}: {data['act']}" + ("" if node is None else f" node {node}")
            )

    def _show_state(self, node: int, data: dict[str, Any]) -> None:
        name = f"Node {node} ({self._labels.get(node, '')})" if node else "The base model"
        if data["state"] == "running":
            self.say(f"{name} " + ("trains" if node else "is evaluated"))
        elif data["state"] == "done":
            self._show_score(name, node, data)
        elif data["state"] == "queued":
            self.say(f"{name} is queued again")
        else:
            self.say(f"{name} {data['state']}: {data['failure']}")

    def _show_score(self, name: str, node: int, data: dict[str, Any]) -> None:
        low, high = data["interval"]
        against = (
            ""
            if self._baseline is None
            else f", {data['score'] - self._baseline:+.3f} to the base model"
        )
        self.say(
            f"{name} scored {data['score']:.3f} [{low:.3f}-{high:.3f}] on {data['rows']} rows{against}"
        )
        if node == 0:
            self._baseline = data["score"]
