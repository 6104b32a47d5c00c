"""Hints to workers, sent after the commit: they hold ids, and losing one costs only time.

So one that cannot be sent, because the broker is away or its disk is full, is logged and undoes nothing.
"""

from functools import partial

from celery import current_app
from django.db import transaction


def _send(name: str, argument: int) -> None:
    # `send_task` would ignore eager mode; a signature honours it.
    current_app.signature(name, args=(argument,)).apply_async()


def advance(project_id: int) -> None:
    """Ask a worker to plan this project's next nodes, once the current transaction has committed."""
    transaction.on_commit(partial(_send, "explorer.tasks.advance", project_id), robust=True)


def run_node(node_pk: int) -> None:
    """Ask a worker to claim this node, once the current transaction has committed."""
    transaction.on_commit(partial(_send, "explorer.tasks.run_node", node_pk), robust=True)


def export_run(export_pk: int) -> None:
    """Ask a worker to make this archive, once the current transaction has committed."""
    transaction.on_commit(partial(_send, "explorer.tasks.export_run", export_pk), robust=True)
