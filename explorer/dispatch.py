"""Hints to workers, sent after the commit: they hold ids, and losing one costs only time.

So one that cannot be sent, because the broker is away or its disk is full, is logged and undoes nothing.
"""

from celery import current_app
from django.db import transaction


def advance(project_id: int) -> None:
    """Ask a worker to plan this project's next nodes, once the current transaction has committed."""
    _after_commit("explorer.tasks.advance", project_id)


def run_node(node_pk: int) -> None:
    """Ask a worker to claim this node, once the current transaction has committed."""
    _after_commit("explorer.tasks.run_node", node_pk)


def export_run(export_pk: int) -> None:
    """Ask a worker to make this archive, once the current transaction has committed."""
    _after_commit("explorer.tasks.export_run", export_pk)


def _after_commit(name: str, argument: int) -> None:
    # A function and no partial: Django logs a robust callback's error by its qualified name.
    def send() -> None:
        # `send_task` would ignore eager mode; a signature honours it.
        current_app.signature(name, args=(argument,)).apply_async()

    transaction.on_commit(send, robust=True)
