"""How much computing a search saves when children go on from what their parents trained.

Two searches of 40 nodes on the mini sentiment task with the same seed and policy, side by side, each with a home, a
process and one thread of its own: one with `reuse`, one that trains every node from the base model. The peer is the
search without reuse. A third one, with `reuse` and the median rule, is shown beside. Compute is the sum of all stages'
seconds over all runs, from their results. Rows are generated film opinions (licence: that of the project), one real
example: `{"sentence": "a joy from start to finish .", "label": 1}`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from benchmarks.report import Bar, finish

LIMIT = 0.7
NODES, QUICK_NODES = 40, 10
MODES: dict[str, dict[str, bool]] = {
    "without": {"reuse": False},
    "with": {"reuse": True},
}


def main() -> int:
    """Run both; exit status 1 when a bar does not hold."""
    parser = argparse.ArgumentParser(
        description="Compute of a search with reuse over one without."
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_NODES} nodes, not {NODES}")
    parser.add_argument("--one", choices=list(MODES), help=argparse.SUPPRESS)
    options = parser.parse_args()
    nodes = QUICK_NODES if options.quick else NODES
    if options.one:
        sys.stdout.write(json.dumps(search(nodes, **MODES[options.one])) + "\n")
        return 0
    samples = both(nodes)
    share = samples["with"]["compute_s"] / samples["without"]["compute_s"]
    # The same within noise: the better end of one interval reaches the other's score.
    margin = samples["with"]["interval"][1] - samples["without"]["best"]
    bars = [Bar("compute with reuse over without", share, LIMIT)]
    bars.append(
        Bar("upper bound of the best score with reuse minus best without", margin, 0.0, "at least")
    )
    return finish("reuse", bars, [samples], as_json=options.json)


def both(nodes: int) -> dict[str, dict[str, Any]]:
    """Side by side, so that a slow hour of the machine is slow for both."""
    quick = ["--quick"] if nodes == QUICK_NODES else []
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="trex-bench-") as home:
        started = {mode: _start(mode, f"{home}/{mode}", quick) for mode in MODES}
        for mode, process in started.items():
            output, _ = process.communicate()
            if process.returncode:
                raise SystemExit(f"the search {mode} reuse ended with {process.returncode}")
            found[mode] = json.loads(output.splitlines()[-1])
    return found


def _start(mode: str, home: str, quick: list[str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.reuse", "--one", mode, *quick]
    own = {"TREX_HOME": home, "TREX_RUN_SLOTS": str(os.cpu_count() or 1)}
    return subprocess.Popen(command, env=os.environ | own, stdout=subprocess.PIPE, text=True)


def search(nodes: int, **project: Any) -> dict[str, Any]:
    """One whole search, planned and run in this process, one node after another."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trex_web.settings")
    from trex_web import supervisor

    supervisor.prepare_home()
    from django.contrib.auth.models import User

    from explorer import tasks
    from explorer.models import Project
    from explorer.services import projects

    owner = User.objects.create_user("bench")
    made = projects.create(
        projects.Draft(name="Reuse", node_budget=nodes, parallel_runs=1, **project), owner=owner
    )
    try:
        while Project.objects.get(pk=made.pk).state == Project.State.RUNNING:
            for node_pk in made.nodes.filter(state="queued").values_list("pk", flat=True):
                tasks.run_node(node_pk)
            tasks.advance(made.pk)
    finally:
        tasks.runner().close()
    return _summary(made.pk)


def _summary(project_id: int) -> dict[str, Any]:
    from explorer.models import Node

    nodes = list(Node.objects.filter(project=project_id).order_by("number"))
    best = max(nodes, key=lambda node: node.score or 0.0)
    return {
        "compute_s": sum(_compute_s(node) for node in nodes if node.reused_from_id is None),
        "best": best.score,
        "interval": best.interval,
        "nodes": [
            [
                node.number,
                node.parent and node.parent.number,
                node.score,
                node.label,
                _compute_s(node),
            ]
            for node in nodes
        ],
    }


def _compute_s(node: Any) -> float:
    return float(sum((node.result or {}).get("timings", {}).values()))


if __name__ == "__main__":
    sys.exit(main())
