"""How much computing a search saves when children go on from what their parents trained.

Two searches of 40 nodes on the mini sentiment task with the same seed and policy, each in a home of its own: one with
`reuse`, one that trains every node from the base model. The peer is the search without reuse. Compute is the sum of all
stages' seconds over all runs, from their results.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from typing import Any

from benchmarks.report import Bar, finish

LIMIT = 0.7
DEADLINE_S = 3600.0


def main() -> int:
    """Run both; exit status 1 when a bar does not hold."""
    parser = argparse.ArgumentParser(
        description="Compute of a search with reuse over one without."
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="10 nodes instead of 40")
    parser.add_argument("--one", choices=["with", "without"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    nodes = 10 if options.quick else 40
    if options.one:
        sys.stdout.write(json.dumps(search(nodes, reuse=options.one == "with")) + "\n")
        return 0
    samples = {mode: _in_new_home(mode, quick=options.quick) for mode in ("without", "with")}
    share = samples["with"]["compute_s"] / samples["without"]["compute_s"]
    # The same within noise: the better end of one interval reaches the other's score.
    margin = samples["with"]["interval"][1] - samples["without"]["best"]
    bars = [Bar("compute with reuse over without", share, LIMIT)]
    bars.append(
        Bar("upper bound of the best score with reuse minus best without", margin, 0.0, "at least")
    )
    return finish("reuse", bars, [samples], as_json=options.json)


def _in_new_home(mode: str, *, quick: bool) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "benchmarks.reuse",
        "--one",
        mode,
        *(["--quick"] if quick else []),
    ]
    with tempfile.TemporaryDirectory(prefix="trex-bench-") as home:
        done = subprocess.run(
            command,
            env=os.environ | {"TREX_HOME": home},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def search(nodes: int, *, reuse: bool) -> dict[str, Any]:
    """One whole search in this process's home."""
    from trex_web import supervisor

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trex_web.settings")
    supervisor.prepare_home()
    from benchmarks.start import free_port
    from explorer.models import Project

    with supervisor.running(free_port()):
        project_id = _create(nodes, reuse=reuse)
        deadline = time.monotonic() + DEADLINE_S
        while Project.objects.get(pk=project_id).state == Project.State.RUNNING:
            if time.monotonic() > deadline:
                raise SystemExit(f"the search did not end within {DEADLINE_S:g} s")
            time.sleep(0.5)  # another process's state
    return _summary(project_id)


def _create(nodes: int, *, reuse: bool) -> int:
    from django.contrib.auth import get_user_model

    from explorer.services import projects

    owner, _ = get_user_model().objects.get_or_create(username="local")
    draft = projects.Draft(name="Reuse", node_budget=nodes, reuse=reuse)
    return projects.create(draft, owner=owner).pk


def _summary(project_id: int) -> dict[str, Any]:
    from explorer.models import Node

    nodes = list(Node.objects.filter(project=project_id).order_by("number"))
    ran = [node for node in nodes if node.reused_from_id is None]
    best = max(
        (node for node in nodes if node.score is not None), key=lambda node: node.score or 0.0
    )
    return {
        "compute_s": sum(sum((node.result or {}).get("timings", {}).values()) for node in ran),
        "best": best.score,
        "interval": best.interval,
        "nodes": [[node.number, node.score, node.label] for node in nodes],
    }


if __name__ == "__main__":
    sys.exit(main())
