"""Which archive belongs to a node, and whether it is there to be downloaded."""

from pathlib import Path
from typing import Any

from django.utils.text import slugify

from explorer.models import Export, Node, Run

ARCHIVE = "export.zip"
"""Name of the archive in the folder of its run, which keeps it as long as the run."""


def run_of(node: Node) -> Run | None:
    """The run that trained the node's model: its own, or the one whose result it took over; None without a model."""
    if node.kind == "root" or node.state != Node.State.DONE:
        return None
    return (node.reused_from or node).runs.filter(outcome="done").first()


def archive(export: Export) -> Path | None:
    """The archive, or None while there is none; someone may have cleared the folder of the runs."""
    path = Path(export.run.directory) / ARCHIVE
    return path if export.state == Export.State.DONE and path.is_file() else None


def of(node: Node) -> Export | None:
    """The export of the node's model, as far as one was asked for."""
    run = run_of(node)
    return None if run is None else Export.objects.filter(run=run).select_related("run").first()


def shown(node: Node) -> dict[str, Any]:
    """What the node's panel says: whether people may ask for it, its state, whether the archive is there, its share done."""
    export = of(node)
    if export is None:
        return {"possible": run_of(node) is not None}
    is_active = export.state in {Export.State.QUEUED, Export.State.RUNNING}
    is_there = archive(export) is not None
    is_lost = export.state == Export.State.DONE and not is_there
    return {
        **export.as_json(),
        "possible": not is_active and not is_there,
        "active": is_active,
        "ready": is_there,
        "reason": "The file is no longer there." if is_lost else export.reason,
    }


def file_name(node: Node) -> str:
    """How the download is called: `sentiment-demo-node-3.zip`."""
    return f"{slugify(node.project.name) or 'project'}-node-{node.number}.zip"
