"""A worker's side of a database whose disk fills up: `python full_database.py DISK`; prints what happened as JSON."""

import json
import os
import sys
import time
from pathlib import Path

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import OperationalError, connection  # noqa: E402

from explorer import store  # noqa: E402
from explorer.models import Event, Node, Project  # noqa: E402
from explorer.services import runs  # noqa: E402
from training.recipe import read  # noqa: E402

DISK = Path(sys.argv[1])


def project_with_a_node() -> Node:
    owner = get_user_model().objects.create_user("ada", password="x")
    project = Project.objects.create(
        name="Sentiment", owner=owner, task="sst2", task_title="SST-2", metric="accuracy",
        base_model="trex-tiny", node_budget=1, researcher_title="Rule-based",
    )  # fmt: skip
    recipe = read({"data": [], "training": None, "seed": 0})
    with store.writing(project.pk, actor="search") as log:
        node = Node.objects.create(
            project=project, number=0, kind="root", author="researcher", label="base",
            hypothesis="", rationale="", recipe=recipe.model_dump(mode="json"),
            fingerprint=recipe.fingerprint(), state="queued",
        )  # fmt: skip
        log.created(node)
    return node


def emit_until_full(claim: runs.Claim) -> tuple[int, str]:
    """How many events were acknowledged, and the refusal."""
    line = {"kind": "log", "data": {"lines": [{"level": "info", "text": "x" * 2000}]}}
    acknowledged = 0
    while True:
        try:
            runs.emit(claim, [line] * 10)
        except OperationalError as error:
            return acknowledged, str(error)
        acknowledged += 10


def state(node: Node) -> str:
    node.refresh_from_db()
    return node.state


def main() -> None:
    for folder in ("broker", "broker-control"):
        (DISK / folder).mkdir(exist_ok=True)
    call_command("migrate", verbosity=0)
    node = project_with_a_node()
    claim = runs.claim(node.pk, owner="one")
    assert claim is not None
    ballast = DISK / "ballast"
    free = os.statvfs(DISK).f_bavail * os.statvfs(DISK).f_frsize
    ballast.write_bytes(b"\0" * max(0, free - 256 * 1024))
    acknowledged, refused = emit_until_full(claim)
    states = [state(node)]
    ballast.unlink()

    time.sleep(2.1)  # the lease is the database's, and its clock cannot be turned
    runs.reap()
    states.append(state(node))
    runs.claim(node.pk, owner="two")
    states.append(state(node))
    with connection.cursor() as cursor:
        (integrity,) = cursor.execute("PRAGMA integrity_check").fetchone()
    told = {
        "acknowledged": acknowledged,
        "kept": sum("x" * 2000 in json.dumps(event.data) for event in Event.objects.all()),
        "refused": refused,
        "states": states,
        "integrity": integrity,
        "sequence": list(Event.objects.order_by("seq").values_list("seq", flat=True)),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
